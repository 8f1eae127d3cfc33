// Accessibility: axe-core on the page as it stands. No violation is small enough to pass.
import type { Page } from '@playwright/test';
import axe from 'axe-core';
import { expect } from './fixtures.ts';

/** By every rule, in the colours that the page has now. */
export async function expectAccessible(page: Page, name = page.url()): Promise<void> {
  await page.evaluate(axe.source);
  await violates(page, name, {});
}

/** In the dark, after `expectAccessible`: the document is the same in both themes, so what may differ is what axe says of colours. */
export async function expectAccessibleColours(page: Page, name: string): Promise<void> {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await background(), `${name} has a dark theme`).not.toBe(light);
  // Buttons change their colour over some frames, and what is in them after them.
  await page.evaluate(() => {
    const changing = () => document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    for (let round = 0; round < 5 && changing().length > 0; round++) for (const transition of changing()) transition.finish();
  });
  await violates(page, `${name}, dark`, { runOnly: ['color-contrast', 'link-in-text-block'] });
}

async function violates(page: Page, name: string, options: axe.RunOptions): Promise<void> {
  const { violations } = await page.evaluate((options) => (window as unknown as { axe: typeof axe }).axe.run(options), options);
  const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => `${node.html.slice(0, 300)} ${node.failureSummary}`) }));
  expect.soft(found, name).toEqual([]);
}
