// What the board of leads shows.
import { type APIRequestContext, type Locator, type Page, expect } from '@playwright/test';
import { money } from './figures.ts';
import type { LeadApi } from './leads.ts';

export const board = (page: Page): Locator => page.getByRole('group', { name: 'Leads by stage' });

export const column = (page: Page, stage: string): Locator => page.locator(`section[data-stage="${stage}"]`);

/** The names on the cards of one stage, from the top. */
export const cards = (page: Page, stage: string): Locator => column(page, stage).getByRole('heading', { level: 3 }).getByRole('link');

export const card = (page: Page, name: string): Locator => board(page).getByRole('article', { name });

/** Takes the card by the pointer and puts it down in the column. */
export async function drag(page: Page, name: string, to: string): Promise<void> {
  await carry(page, name, to);
  await page.mouse.up();
}

/** Takes the card by the pointer to the column, without putting it down. */
export async function carry(page: Page, name: string, to: string): Promise<void> {
  const from = (await card(page, name).boundingBox())!;
  await page.mouse.move(from.x + from.width / 2, from.y + from.height - 12);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2 + 12, from.y + from.height, { steps: 3 });
  const target = (await column(page, to).boundingBox())!;
  await page.mouse.move(target.x + target.width / 2, target.y + 120, { steps: 6 });
}

type Sum = { stage: string; total: number; value: number };

/** Each column's head says what the API says, and its cards are those that the API lists. */
export async function expectEqualToApi(page: Page, api: APIRequestContext, leads: LeadApi): Promise<void> {
  const answer = await api.get('/api/leads/board', { params: { search: leads.company } });
  expect(answer.ok(), await answer.text()).toBe(true);
  const { columns } = (await answer.json()) as { columns: (Sum & { data: { name: string }[] })[] };
  for (const { stage, total, value, data } of columns) {
    await expect(column(page, stage).locator('header .num').first()).toHaveText(total.toLocaleString('en'));
    await expect(column(page, stage).locator('header .sum')).toHaveText(money(value));
    await expect(cards(page, stage)).toHaveText(data.map((lead) => lead.name));
  }
}
