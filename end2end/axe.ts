// Accessibility: axe-core on the page as it stands. No violation is small enough to pass.
import type { Page } from '@playwright/test';
import axe from 'axe-core';
import { expect } from './fixtures.ts';

export async function expectAccessible(page: Page, name = page.url()): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => `${node.html.slice(0, 300)} ${node.failureSummary}`) }));
  expect.soft(found, name).toEqual([]);
}
