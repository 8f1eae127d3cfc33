// Accessibility checks by axe-core of the current page. Any violation fails.
import type { Page } from '@playwright/test';
import axe from 'axe-core';
import { expect } from './fixtures.ts';

/** Checks all rules, in the page's current theme. */
export async function expectAccessible(page: Page, name = page.url()): Promise<void> {
  await page.evaluate(axe.source);
  await settle(page);
  await violates(page, name, {});
}

/** Checks the dark theme, after `expectAccessible`: the document is the same in both, so only the rules for colours run again. */
export async function expectAccessibleColours(page: Page, name: string): Promise<void> {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background, `${name} has a dark theme`).not.toBe(light);
  await settle(page);
  await violates(page, `${name}, dark`, { runOnly: ['color-contrast', 'link-in-text-block'] });
}

/** Ends what moves or fades, because a colour in between may have too little contrast. The end of one transition may start another. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => {
    const changing = () => document.getAnimations().filter((one) => one.playState !== 'finished' && Number(one.effect?.getComputedTiming().endTime ?? Infinity) < 2_000);
    for (let round = 0; round < 5 && changing().length > 0; round++) for (const one of changing()) one.finish();
  });
}

async function violates(page: Page, name: string, options: axe.RunOptions): Promise<void> {
  const { violations } = await page.evaluate((options) => (window as unknown as { axe: typeof axe }).axe.run(options), options);
  const found = violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((node) => `${node.html.slice(0, 300)} ${node.failureSummary}`) }));
  expect.soft(found, name).toEqual([]);
}
