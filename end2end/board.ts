// The board of leads on a page.
import { type APIRequestContext, type Locator, type Page, expect } from '@playwright/test';
import { money } from './figures.ts';
import type { LeadApi } from './leads.ts';

export const board = (page: Page): Locator => page.getByRole('group', { name: 'Leads by stage' });

export const column = (page: Page, stage: string): Locator => page.locator(`section[data-stage="${stage}"]`);

/** Names on the cards of one stage, from the top. */
export const cards = (page: Page, stage: string): Locator => column(page, stage).getByRole('heading', { level: 3 }).getByRole('link');

export const card = (page: Page, name: string): Locator => board(page).getByRole('article', { name });

/** Drags the card by pointer and drops it in the column. */
export async function drag(page: Page, name: string, to: string): Promise<void> {
  await carry(page, name, to);
  await page.mouse.up();
}

/** Drags the card by pointer over the column, without dropping it. */
export async function carry(page: Page, name: string, to: string): Promise<void> {
  const from = (await card(page, name).boundingBox())!;
  await page.mouse.move(from.x + from.width / 2, from.y + from.height - 12);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2 + 12, from.y + from.height, { steps: 3 });
  const target = (await column(page, to).boundingBox())!;
  await page.mouse.move(target.x + target.width / 2, target.y + 120, { steps: 6 });
}

type Sum = { stage: string; total: number; value: number };

/** Checks the sums and cards of all columns against the API. Both are read again each time: a move may be shown before it is written. */
export async function expectEqualToApi(page: Page, api: APIRequestContext, leads: LeadApi): Promise<void> {
  await expect(() => compareToApi(page, api, leads)).toPass();
}

async function compareToApi(page: Page, api: APIRequestContext, leads: LeadApi): Promise<void> {
  const answer = await api.get('/api/leads/board', { params: { search: leads.company } });
  expect(answer.ok(), await answer.text()).toBe(true);
  const { columns } = (await answer.json()) as { columns: (Sum & { data: { name: string }[] })[] };
  for (const { stage, total, value, data } of columns) {
    await expect(column(page, stage).locator('header .num').first()).toHaveText(total.toLocaleString('en'), { timeout: 1_000 });
    await expect(column(page, stage).locator('header .sum')).toHaveText(money(value), { timeout: 1_000 });
    await expect(cards(page, stage)).toHaveText(data.map((lead) => lead.name), { timeout: 1_000 });
  }
}
