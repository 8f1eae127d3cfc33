// The table of leads on a page.
import { type Locator, type Page, expect } from '@playwright/test';
import type { Lead, LeadApi } from './leads.ts';

export const names = (page: Page): Locator => page.getByRole('rowheader').getByRole('link');

export const row = (page: Page, name: string): Locator => page.getByRole('row', { name });

/** The button in a row that shows and edits the stage or status. */
export const cell = (page: Page, name: string, facet: 'Stage' | 'Status'): Locator =>
  page.getByRole('button', { name: new RegExp(`^${facet} of ${name}:`) });

/** Sets a stage or status in the row. */
export async function pick(page: Page, name: string, facet: 'Stage' | 'Status', to: string): Promise<void> {
  await cell(page, name, facet).click();
  await page.getByRole('menu', { name: facet }).getByRole('menuitemradio', { name: to }).click();
}

/** Name, stage and status of every row in the document. */
export function shown(page: Page): Promise<string[]> {
  return page.locator('tr[data-id]').evaluateAll((rows) =>
    rows.map((row) => {
      const label = (facet: string) => row.querySelector(`[data-facet=${facet}]`)?.getAttribute('aria-label')?.split(': ').at(-1);
      return [row.querySelector('th a')?.textContent, label('stage'), label('status')].join(' | ');
    }),
  );
}

/** Checks the list against the database; shows rows that wait above first. */
export async function expectEqualToDatabase(page: Page, leads: LeadApi): Promise<void> {
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  const read = async () => {
    const waiting = page.locator('.newrows');
    if (await waiting.isVisible()) await waiting.click({ timeout: 1_000 });
    return shown(page);
  };
  // Both are read again each time: an edit may be shown before it is written.
  await expect(async () => {
    const kept = (await leads.all()).map((lead: Lead) => [lead.name, lead.stage, capital(lead.status)].join(' | '));
    expect(await read()).toEqual(kept);
    await expect(page.locator('tfoot')).toContainText(`${kept.length} lead`, { timeout: 1_000 });
  }).toPass();
}

/** Records which rows flash from now on. */
export async function watchFlashes(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const flashed: string[] = [];
    (window as unknown as { flashed: string[] }).flashed = flashed;
    const look = (row: Element) => row.matches('tr.flash') && flashed.push(row.querySelector('th a')?.textContent ?? '');
    const table = document.querySelector('table.leads tbody');
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes) {
        if (target instanceof Element) look(target);
        for (const node of addedNodes) if (node instanceof Element) look(node);
      }
    }).observe(table!, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
  });
  return () => page.evaluate(() => [...new Set((window as unknown as { flashed: string[] }).flashed)]);
}
