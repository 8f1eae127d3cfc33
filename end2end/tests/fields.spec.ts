// Custom fields with and without JavaScript: defined, ordered, used in the form, the page and rules, edited and deleted.
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { names } from '../rows.ts';

const rows = (page: Page) => page.getByRole('list', { name: 'Custom fields' }).getByRole('listitem');

async function define(page: Page, visit: (path: string) => Promise<void>, label: string, type: string, more: { choices?: string; required?: boolean } = {}) {
  await visit('/settings/fields/new');
  await page.getByLabel('Label', { exact: true }).fill(label);
  await page.getByLabel('Type', { exact: true }).selectOption({ label: type });
  if (more.choices) await page.getByLabel('Choices', { exact: true }).fill(more.choices);
  if (more.required) await page.getByLabel('Required when people add a lead').check();
  await page.getByRole('button', { name: 'Add field' }).click();
  await expect(page).toHaveURL(/\/settings\/fields$/);
  await expect(rows(page).filter({ hasText: label })).toBeVisible();
}

test('a field is defined, put in order, edited and deleted', async ({ page, visit, word }) => {
  const [plan, seats] = [`Plan ${word}`, `Seats ${word}`];
  await define(page, visit, plan, 'Choice', { choices: 'Free\nTeam', required: false });
  await define(page, visit, seats, 'Number');
  await expect(rows(page).filter({ hasText: plan })).toContainText('Choice: Free, Team');
  const order = async () => (await rows(page).allInnerTexts()).map((text) => text.split('\n')[0]).filter((text) => text?.includes(word));
  expect(await order()).toEqual([plan, seats]);
  await page.getByRole('button', { name: `Move ${seats} up` }).click();
  await expect.poll(order).toEqual([seats, plan]);
  await page.getByRole('button', { name: `Move ${seats} down` }).click();
  await expect.poll(order).toEqual([plan, seats]);

  await page.getByRole('link', { name: `Edit ${plan}` }).click();
  await expect(page.getByText('No lead has a value.')).toBeVisible();
  await page.getByLabel('Label', { exact: true }).fill(`Tariff ${word}`);
  await page.getByRole('button', { name: 'Save field' }).click();
  await expect(rows(page).filter({ hasText: `Tariff ${word}` })).toContainText(`key ${plan}`);

  await page.getByRole('link', { name: `Edit ${seats}` }).click();
  await page.getByRole('button', { name: 'Delete field' }).first().click();
  await page.getByRole('dialog', { name: 'Delete field' }).getByRole('button', { name: 'Delete field' }).click();
  await expect(page).toHaveURL(/\/settings\/fields$/);
  await expect(rows(page).filter({ hasText: seats })).toHaveCount(0);
});

test('what is wrong is said at its input', async ({ page, visit, word, noise }) => {
  noise.push(/422/);
  await visit('/settings/fields/new');
  await page.getByLabel('Label', { exact: true }).fill(`Empty ${word}`);
  await page.getByLabel('Type', { exact: true }).selectOption({ label: 'Choice' });
  await page.getByRole('button', { name: 'Add field' }).click();
  await expect(page.getByText('Enter at least one choice')).toBeVisible();
  await expect(page.getByLabel('Label', { exact: true })).toHaveValue(`Empty ${word}`);
});

test('the form of a lead has inputs of its type, and its page shows the values', async ({ page, visit, word, leads, noise }) => {
  noise.push(/422/);
  const [plan, ends] = [`Plan ${word}`, `Ends ${word}`];
  await define(page, visit, plan, 'Choice', { choices: 'Free\nTeam' });
  await define(page, visit, ends, 'Date');
  const ann = await leads.add('Ann Able', { custom: { [plan]: 'Free', [`Other ${word}`]: 'kept' } });
  await visit(`/leads/${ann.id}/edit`);
  await expect(page.getByLabel(plan, { exact: true })).toHaveValue('Free');
  await page.getByLabel(plan, { exact: true }).selectOption('Team');
  await page.getByLabel(ends, { exact: true }).fill('2026-11-30');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/leads/${ann.id}$`));
  const facts = page.locator('dl.facts').first();
  for (const value of ['Team', '2026-11-30', 'kept']) await expect(facts).toContainText(value);
});

test('two people edit two custom fields, and then the same one', async ({ page, visit, word, leads, noise }) => {
  noise.push(/409/);
  const [plan, seats] = [`Plan ${word}`, `Seats ${word}`];
  await define(page, visit, plan, 'Choice', { choices: 'Free\nTeam\nGold' });
  await define(page, visit, seats, 'Number');
  const ann = await leads.add('Ann Able', { custom: { [plan]: 'Free', [seats]: '1' } });
  await visit(`/leads/${ann.id}/edit`);
  await page.getByLabel(plan, { exact: true }).selectOption('Team');
  await leads.set(ann, { custom: { [plan]: 'Free', [seats]: '2' } });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/leads/${ann.id}$`));
  expect((await leads.get(ann)).custom).toEqual({ [plan]: 'Team', [seats]: '2' });
  await visit(`/leads/${ann.id}/edit`);
  await page.getByLabel(plan, { exact: true }).selectOption('Gold');
  await leads.set(ann, { custom: { [plan]: 'Free', [seats]: '2' } });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const conflict = page.getByRole('alert').filter({ hasText: 'Someone else changed this lead meanwhile' });
  await expect(conflict.getByRole('row', { name: plan }).getByRole('cell')).toContainText(['Team', 'Free', 'Gold']);
  await expect(page.getByLabel(plan, { exact: true })).toHaveValue('Gold');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/leads/${ann.id}$`));
  expect((await leads.get(ann)).custom).toEqual({ [plan]: 'Gold', [seats]: '2' });
});

test('a change that values do not fit needs a confirmation, and keeps them', async ({ page, visit, word, leads, noise }) => {
  noise.push(/422/);
  const plan = `Plan ${word}`;
  await define(page, visit, plan, 'Text');
  const ann = await leads.add('Ann Able', { custom: { [plan]: 'many' } });
  await visit('/settings/fields');
  await page.getByRole('link', { name: `Edit ${plan}` }).click();
  await expect(page.getByText('1 lead has a value.')).toBeVisible();
  await page.getByLabel('Type', { exact: true }).selectOption({ label: 'Number' });
  await page.getByRole('button', { name: 'Save field' }).click();
  await expect(page.getByText('1 lead has a value that does not fit')).toBeVisible();
  await page.getByLabel('Save, and keep the values that do not fit').check();
  await page.getByRole('button', { name: 'Save field' }).click();
  await expect(page).toHaveURL(/\/settings\/fields$/);
  await visit(`/leads/${ann.id}`);
  await expect(page.locator('dl.facts').first()).toContainText('does not fit');
});

type Part = [field: string, op: string, value: string];

/** Makes a segment of these rules, whose count must be `count`, and opens its leads. */
async function segment(page: Page, visit: (path: string) => Promise<void>, js: boolean, name: string, parts: Part[], count: string) {
  await visit('/segments/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  const rules = page.getByRole('listitem', { name: /^Rule on/ });
  const update = async () => {
    if (!js) await page.getByRole('button', { name: 'Update' }).click();
  };
  for (const [at, [field, op, value]] of parts.entries()) {
    if (at > 0) await page.getByRole('button', { name: 'Rule', exact: true }).last().click();
    await expect(rules).toHaveCount(at + 1);
    const rule = rules.last();
    await rule.getByLabel('Field', { exact: true }).selectOption({ label: field });
    await update();
    await rule.getByLabel('Operator', { exact: true }).selectOption({ label: op });
    await update();
    const input = rule.getByLabel('Value', { exact: true });
    if ((await input.evaluate((element) => element.tagName)) === 'SELECT') await input.selectOption({ label: value });
    else await input.fill(value);
  }
  await update();
  await expect(page.locator('.segment-count')).toHaveText(count);
  await page.getByRole('button', { name: 'Save segment' }).click();
  await expect(page).toHaveURL(/\/segments\/[0-9a-f-]{36}$/);
}

test('a segment compares numbers and offers choices', async ({ page, visit, word, leads, js }) => {
  const [plan, seats] = [`Plan ${word}`, `Seats ${word}`];
  await define(page, visit, plan, 'Choice', { choices: 'Free\nTeam' });
  await define(page, visit, seats, 'Number');
  await leads.add('Ann Able', { custom: { [plan]: 'Team', [seats]: '9' } });
  await leads.add('Bo Berg', { custom: { [plan]: 'Team', [seats]: '100' } });
  await leads.add('Cy Chen', { custom: { [plan]: 'Free', [seats]: '100' } });
  await segment(page, visit, js, `Large ${word}`, [[plan, 'is', 'Team'], [seats, 'more than', '9']], '1');
  await page.getByRole('link', { name: 'Open all 1' }).click();
  await expect(names(page)).toHaveText(['Bo Berg']);
});

test('dates count from today, and sentences have the labels', async ({ page, visit, word, leads, js }) => {
  const ends = `Ends ${word}`;
  await define(page, visit, ends, 'Date');
  const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString().slice(0, 10);
  await leads.add('Ann Able', { custom: { [ends]: days(-3) } });
  await leads.add('Bo Berg', { custom: { [ends]: days(-30) } });
  await leads.add('Cy Chen', { custom: { [ends]: days(3) } });
  await visit('/settings/fields');
  await page.getByRole('link', { name: `Edit ${ends}` }).click();
  await page.getByLabel('Label', { exact: true }).fill(`Renewal ${word}`);
  await page.getByRole('button', { name: 'Save field' }).click();
  await expect(rows(page).filter({ hasText: `Renewal ${word}` })).toBeVisible();
  await segment(page, visit, js, `Due ${word}`, [[`Renewal ${word}`, 'in the last', '7']], '1');
  await expect(page.getByText(`Leads where Renewal ${word} in the last 7 days`).first()).toBeVisible();
  await page.getByRole('link', { name: 'Open all 1' }).click();
  await expect(names(page)).toHaveText(['Ann Able']);
});
