// Back finds a list as it was left, and the panel is a step of its own.
import { expect, ready, test } from '../fixtures.ts';
import { names, row } from '../rows.ts';
import { box, picked } from '../selection.ts';

test('Back from a lead finds the list where it was: filter, rows, scroll', async ({ page, visit, leads }) => {
  await leads.import(300);
  await visit(leads.href({ sort: 'name' }));
  const container = page.getByRole('region', { name: 'Leads' });
  // Further than the first page.
  await expect(async () => {
    await container.evaluate((one) => one.scrollTo(0, 4_000));
    expect(await container.evaluate((one) => one.scrollTop)).toBe(4_000);
  }).toPass();
  await expect.poll(async () => (await names(page).allInnerTexts()).length).toBeGreaterThan(10);
  const open = names(page).nth(20);
  const name = await open.innerText();
  await open.click();
  if (!/\/leads\/[0-9a-f-]{36}/.test(page.url())) await page.getByRole('link', { name: 'Open full page' }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await page.goBack();
  if (page.url().includes('peek=')) await page.goBack();
  await expect(page).toHaveURL(new RegExp(leads.company));
  await expect.poll(() => container.evaluate((one) => one.scrollTop)).toBe(4_000);
  await expect(row(page, name)).toBeVisible();
});

test('the breadcrumb leads back to the list with its filter', async ({ page, visit, leads }) => {
  const lead = await leads.add('Ann Able');
  await visit(leads.href({ sort: 'name' }));
  await row(page, 'Ann Able').hover();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/leads/${lead.id}`);
  await page.locator('a.crumb').click();
  await expect(page).toHaveURL(new RegExp(`/leads\\?.*q=${leads.company}`));
  await expect(names(page)).toHaveText(['Ann Able']);
});

test('Back closes the panel, Forward opens it again', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann Able', 'Bo Berg']);
  await visit(leads.href({ sort: 'name' }));
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await page.keyboard.press('j');
  await page.keyboard.press(' ');
  await expect(panel).toContainText('Ann Able');
  await page.keyboard.press('j');
  await expect(panel).toContainText('Bo Berg');
  await page.goBack();
  await expect(panel).toHaveCount(0);
  await expect(names(page)).toHaveText(['Ann Able', 'Bo Berg']);
  await page.goForward();
  await expect(panel).toContainText('Bo Berg');
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(page).not.toHaveURL(/peek=/);
});

test('what a teammate imports or changes at once waits above, and moves neither rows nor the selection', async ({ page, visit, leads, api }) => {
  const old = await leads.addAll(['Old A', 'Old B', 'Old C']);
  await visit(leads.href());
  await expect(names(page)).toHaveText(['Old C', 'Old B', 'Old A']);
  await box(page, 'Old B').click();
  await leads.import(40);
  const chip = page.getByRole('button', { name: '40 new' });
  await expect(chip).toBeVisible();
  await expect(names(page)).toHaveText(['Old C', 'Old B', 'Old A']);
  await expect(picked(page)).toHaveText(['Old B']);
  await expect(page.locator('tfoot')).toContainText('43 leads');
  // A bulk change shows in the rows where they are.
  const data = { action: { kind: 'set_stage', stage: 'Negotiation' }, leadIds: old.map((lead) => lead.id) };
  expect((await api.post('/api/bulk', { data })).ok()).toBe(true);
  await expect(page.locator('tbody tr[data-id] [data-facet=stage]')).toHaveText(['Negotiation', 'Negotiation', 'Negotiation']);
  await expect(picked(page)).toHaveText(['Old B']);
  await chip.click();
  await expect(names(page).first()).toHaveText(/^Row /);
  await expect(chip).toHaveCount(0);
});
