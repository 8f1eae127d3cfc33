// Segments with and without JavaScript: made by the builder, listed, used as a filter, explained, deleted.
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { names } from '../rows.ts';

/** A button of the builder: without JavaScript it is a request. */
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).last().click();
const rules = (page: Page) => page.getByRole('listitem', { name: /^Rule on/ });
/** Sets field, operator and value of the last rule. */
async function rule(page: Page, js: boolean, field: string, op: string, value: string) {
  const last = rules(page).last();
  await last.getByLabel('Field', { exact: true }).selectOption({ label: field });
  if (!js) await page.getByRole('button', { name: 'Update' }).click();
  await last.getByLabel('Operator', { exact: true }).selectOption({ label: op });
  if (!js) await page.getByRole('button', { name: 'Update' }).click();
  const input = last.getByLabel('Value', { exact: true });
  if ((await input.evaluate((element) => element.tagName)) === 'SELECT') await input.selectOption({ label: value });
  else await input.fill(value);
}

test('a segment is made by rules and groups, and says how many leads it has', async ({ page, visit, leads, word, js }) => {
  await leads.add('Ann Able', { value: 5_000_00, stage: 'Negotiation' });
  await leads.add('Bo Berg', { value: 10_00, stage: 'Negotiation' });
  await leads.add('Cy Chen', { value: 10_00 });
  await visit('/segments');
  await page.getByRole('link', { name: 'New segment' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('New segment');
  await page.getByLabel('Name', { exact: true }).fill(`Warm ${word}`);
  await rule(page, js, 'Company', 'is', leads.company);
  await press(page, 'Group');
  await expect(rules(page)).toHaveCount(2);
  await rule(page, js, 'Stage', 'is', 'Negotiation');
  await page.getByRole('list', { name: 'Any of these' }).getByRole('button', { name: 'Rule', exact: true }).click();
  await expect(rules(page)).toHaveCount(3);
  await rule(page, js, 'Value', 'more than', '1,000');
  if (!js) await page.getByRole('button', { name: 'Update' }).click();
  await expect(page.locator('.say')).toHaveText(`Leads where company is “${leads.company}” and (stage is Negotiation or value more than 1,000)`);
  await expect(page.locator('.segment-count')).toHaveText('2');
  await expect(page.getByRole('table', { name: 'The newest matching leads' }).getByRole('rowheader')).toContainText(['Bo Berg', 'Ann Able']);
  await page.getByRole('button', { name: 'Save segment' }).click();
  await expect(page).toHaveURL(/\/segments\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(`Warm ${word}`);

  await visit('/segments');
  await expect(page.getByRole('row', { name: `Warm ${word}` })).toContainText('2');
  await page.getByRole('link', { name: `Warm ${word}` }).click();
  await page.getByRole('link', { name: 'Open all 2' }).click();
  await expect(names(page)).toHaveText(['Bo Berg', 'Ann Able']);
});

test('what is wrong is said at its rule, and nothing is lost', async ({ page, visit, word, noise }) => {
  noise.push(/422/);
  await visit('/segments/new');
  await page.getByLabel('Name', { exact: true }).fill(`Wrong ${word}`);
  await rules(page).first().getByLabel('Field', { exact: true }).selectOption({ label: 'Score' });
  await page.getByRole('button', { name: 'Save segment' }).click();
  await expect(page.getByText('some rules need attention')).toBeVisible();
  await expect(rules(page).first()).toContainText('Give a number');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`Wrong ${word}`);
  await rules(page).first().getByLabel('Value', { exact: true }).fill('30');
  await page.getByRole('button', { name: 'Save segment' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(`Wrong ${word}`);
});

test('rules move by buttons, into and out of groups', async ({ page, visit, api, word }) => {
  const tree = { all: [{ field: 'score', op: 'gt', value: 1 }, { any: [{ field: 'score', op: 'gt', value: 2 }, { field: 'score', op: 'gt', value: 3 }] }] };
  const made = await api.post('/api/segments', { data: { name: `Moves ${word}`, rule: tree } });
  const { id } = (await made.json()) as { id: string };
  await visit(`/segments/${id}`);
  const say = page.locator('.say');
  await expect(say).toHaveText('Leads where score more than 1 and (score more than 2 or score more than 3)');
  await rules(page).first().getByRole('button', { name: 'Move rule down' }).click();
  await expect(say).toHaveText('Leads where score more than 1 or score more than 2 or score more than 3');
  await rules(page).first().getByRole('button', { name: 'Move rule up' }).click();
  await expect(say).toHaveText('Leads where score more than 1 and (score more than 2 or score more than 3)');
  await rules(page).first().getByRole('button', { name: 'Remove rule' }).click();
  await expect(say).toHaveText('Leads where score more than 2 or score more than 3');
});

test('why a lead is in or out', async ({ page, visit, api, leads, word, js }) => {
  await leads.add(`Ann ${word}`, { stage: 'Negotiation' });
  const made = await api.post('/api/segments', { data: { name: `Why ${word}`, rule: { all: [{ field: 'stage', op: 'is', value: 'Closed Won' }] } } });
  const { id } = (await made.json()) as { id: string };
  await visit(`/segments/${id}`);
  await page.getByLabel('Lead to explain').fill(`Ann ${word}`);
  if (!js) await page.getByRole('button', { name: 'Find leads' }).click();
  await page.getByRole('list', { name: 'Leads found' }).getByRole('link', { name: `Ann ${word}` }).click();
  const why = page.getByRole('region', { name: 'Why is a lead in or out?' });
  await expect(why).toContainText(`Ann ${word} is not in`);
  await expect(why).toContainText('Stage is Closed Won');
  await expect(why).toContainText('Negotiation');
});

test('a segment names another, whose rule it follows, and that says where it is used', async ({ page, visit, api, leads, word, js }) => {
  await leads.add('Ann Able', { stage: 'Negotiation' });
  await leads.add('Bo Berg');
  const of = (stage: string) => ({ all: [{ field: 'company', op: 'is', value: leads.company }, { field: 'stage', op: 'is', value: stage }] });
  const made = await api.post('/api/segments', { data: { name: `Inner ${word}`, rule: of('Negotiation') } });
  const { id } = (await made.json()) as { id: string };
  await visit('/segments/new');
  await page.getByLabel('Name', { exact: true }).fill(`Outer ${word}`);
  await rule(page, js, 'Segment', 'is', `Inner ${word}`);
  if (!js) await page.getByRole('button', { name: 'Update' }).click();
  await expect(page.locator('.say')).toHaveText(`Leads where segment is Inner ${word}`);
  await expect(page.locator('.segment-count')).toHaveText('1');
  await page.getByRole('button', { name: 'Save segment' }).click();
  await expect(page).toHaveURL(/\/segments\/[0-9a-f-]{36}$/);
  const outer = page.url();
  await page.getByRole('link', { name: 'Open all 1' }).click();
  await expect(names(page)).toHaveText(['Ann Able']);
  await expect(page.locator('.chip').filter({ hasText: `Outer ${word}` })).toBeVisible();

  // The list follows the rule of the segment that its segment names.
  await api.patch(`/api/segments/${id}`, { data: { rule: of('New Lead') } });
  if (!js) await page.reload();
  await expect(names(page)).toHaveText(['Bo Berg']);

  await visit(`/segments/${id}`);
  await expect(page.getByRole('region', { name: 'Used by' }).getByRole('link', { name: `Outer ${word}` })).toHaveAttribute('href', new URL(outer).pathname);
  await page.getByRole('button', { name: 'Delete segment' }).first().click();
  const question = page.getByRole('dialog', { name: 'Delete segment' });
  await expect(question).toContainText(`It is used by the segment “Outer ${word}”.`);
  await question.getByRole('button', { name: 'Delete segment' }).click();
  await expect(page).toHaveURL(/\/segments$/);
  await visit(new URL(outer).pathname);
  await expect(page.locator('.say')).toHaveText('Leads where segment is a deleted segment');
  await expect(page.locator('.segment-count')).toHaveText('0');
});

test('a segment that would be inside itself is not saved', async ({ page, visit, api, word, js, noise }) => {
  noise.push(/422/);
  const add = async (name: string, rule: object) => ((await (await api.post('/api/segments', { data: { name, rule } })).json()) as { id: string }).id;
  const inner = await add(`Within ${word}`, { all: [{ field: 'score', op: 'gt', value: 1 }] });
  await add(`Around ${word}`, { all: [{ field: 'segment', op: 'is', value: inner }] });
  await visit(`/segments/${inner}`);
  await rule(page, js, 'Segment', 'is', `Around ${word}`);
  await page.getByRole('button', { name: 'Save segment' }).click();
  await expect(page.getByRole('alert').first()).toContainText(`Within ${word} → Around ${word} → Within ${word}`);
});

test('a deleted segment leaves the list', async ({ page, visit, api, word, js }) => {
  const made = await api.post('/api/segments', { data: { name: `Gone ${word}` } });
  const { id } = (await made.json()) as { id: string };
  await visit(`/segments/${id}`);
  await page.getByRole('button', { name: 'Delete segment' }).first().click();
  await page.getByRole('dialog', { name: 'Delete segment' }).getByRole('button', { name: 'Delete segment' }).click();
  await expect(page).toHaveURL(/\/segments$/);
  await expect(page.getByRole('link', { name: `Gone ${word}` })).toHaveCount(0);
  if (!js) return;
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('link', { name: `Gone ${word}` })).toBeVisible();
});
