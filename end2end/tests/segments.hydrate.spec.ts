// Segments with JavaScript: live counts, keys, the pointer, a colleague's edit, and the filter of the list.
import type { Page } from '@playwright/test';
import { expect, ready, test } from '../fixtures.ts';

const rules = (page: Page) => page.getByRole('listitem', { name: /^Rule on/ });
const score = (value: number) => ({ field: 'score', op: 'gt', value });

test('count and sample follow typing and edits in another window', async ({ page, visit, leads, word }) => {
  await visit('/segments/new');
  await rules(page).first().getByLabel('Field', { exact: true }).selectOption({ label: 'Company' });
  await rules(page).first().getByLabel('Value', { exact: true }).fill(leads.company);
  await expect(page.locator('.segment-count')).toHaveText('0');
  await leads.add('Ann Able');
  await expect(page.locator('.segment-count')).toHaveText('1');
  await expect(page.getByRole('table', { name: 'The newest matching leads' })).toContainText('Ann Able');
  await rules(page).first().getByLabel('Value', { exact: true }).fill(`${word} nobody`);
  await expect(page.locator('.segment-count')).toHaveText('0');
  await rules(page).first().getByLabel('Operator', { exact: true }).selectOption({ label: 'is not' });
  await expect(page.locator('.segment-count')).not.toHaveText('0');
});

test('rules move by keys and by the pointer, and keep the focus', async ({ page, visit, api, word }) => {
  const made = await api.post('/api/segments', { data: { name: `Keys ${word}`, rule: { all: [score(1), score(2), score(3)] } } });
  const { id } = (await made.json()) as { id: string };
  await visit(`/segments/${id}`);
  const say = page.locator('.say');
  await rules(page).nth(0).getByLabel('Value', { exact: true }).focus();
  await page.keyboard.press('Alt+ArrowDown');
  await expect(say).toHaveText('Leads where score more than 2 and score more than 1 and score more than 3');
  await expect(rules(page).nth(1).getByLabel('Value', { exact: true })).toBeFocused();
  await rules(page).nth(2).locator('.grip').hover();
  await page.mouse.down();
  const first = (await rules(page).nth(0).boundingBox())!;
  await page.mouse.move(first.x + 200, first.y + 3, { steps: 5 });
  await page.mouse.up();
  await expect(say).toHaveText('Leads where score more than 3 and score more than 2 and score more than 1');
  await expect(page.getByText('Edited')).toBeVisible();
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(say).toHaveText('Leads where score more than 1 and score more than 2 and score more than 3');
});

test('a colleague who saves first is shown, and nothing is overwritten unasked', async ({ page, visit, api, word }) => {
  const made = await api.post('/api/segments', { data: { name: `Two ${word}`, rule: { all: [score(1)] } } });
  const { id } = (await made.json()) as { id: string };
  await visit(`/segments/${id}`);
  await api.patch(`/api/segments/${id}`, { data: { rule: { all: [score(5)] } } });
  await expect(rules(page).first().getByLabel('Value', { exact: true })).toHaveValue('5');
  await rules(page).first().getByLabel('Value', { exact: true }).fill('7');
  await api.patch(`/api/segments/${id}`, { data: { rule: { all: [score(9)] } } });
  const theirs = page.getByRole('alert').filter({ hasText: 'Someone else saved this segment meanwhile' });
  await expect(theirs).toContainText('score more than 9');
  await expect(rules(page).first().getByLabel('Value', { exact: true })).toHaveValue('7');
  await theirs.getByRole('button', { name: 'Keep mine' }).click();
  await page.keyboard.press('Control+s');
  await expect.poll(async () => ((await (await api.get(`/api/segments/${id}`)).json()) as { rule: unknown }).rule).toEqual({ all: [score(7)] });
});

test('the list of leads is filtered by a segment', async ({ page, visit, api, leads, word }) => {
  await leads.add('Ann Able', { stage: 'Negotiation' });
  await leads.add('Bo Berg');
  const rule = { all: [{ field: 'company', op: 'is', value: leads.company }, { field: 'stage', op: 'is', value: 'Negotiation' }] };
  await api.post('/api/segments', { data: { name: `Filter ${word}`, rule } });
  await visit('/leads');
  await page.getByRole('button', { name: 'Segment', exact: true }).click();
  await page.getByRole('dialog', { name: 'Segment' }).getByRole('link', { name: `Filter ${word}` }).click();
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['Ann Able']);
  await ready(page);
});

test('the filter form offers segments, and where one is used follows', async ({ page, visit, api, leads, word }) => {
  await leads.add('Ann Able');
  const made = await api.post('/api/segments', { data: { name: `Offered ${word}`, rule: { all: [{ field: 'company', op: 'is', value: leads.company }] } } });
  const { id } = (await made.json()) as { id: string };
  await visit('/leads');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.getByLabel('Field', { exact: true }).selectOption({ label: 'Segment' });
  await page.getByLabel('Value', { exact: true }).selectOption({ label: `Offered ${word}` });
  await page.getByRole('button', { name: 'Add filter' }).click();
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['Ann Able']);

  await visit(`/segments/${id}`);
  const used = page.getByRole('region', { name: 'Used by' });
  await expect(used).toHaveCount(0);
  await api.post('/api/segments', { data: { name: `User ${word}`, rule: { all: [{ field: 'segment', op: 'is', value: id }] } } });
  await expect(used.getByRole('link', { name: `User ${word}` })).toBeVisible();
});

test('on a phone the result stands below the builder, not over it', async ({ page, visit, word }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit('/segments/new');
  // A click fails on what something else covers.
  await page.getByLabel('Name', { exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill(`Phone ${word}`);
  await page.getByRole('button', { name: 'Save segment' }).click();
  await expect(page).toHaveURL(/\/segments\/[0-9a-f-]+$/);
});
