import { readFileSync } from 'node:fs';
import { expect, ready, test } from '../fixtures.ts';

test('a filtered list is exported with its columns, and the file fetched and deleted', async ({ own: { page, api }, js }) => {
  for (const [name, value] of [['=Ann', 120_050], ['Bo', 300]] as const) {
    const made = await api.post('/api/leads', { data: { name, email: `${name.replace('=', '')}@e.example`, value } });
    expect(made.ok()).toBe(true);
  }
  await page.goto('/leads?q=ann&cols=name,value');
  if (js) await ready(page);
  await page.getByRole('link', { name: 'Export', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Leads that match the filters' })).toBeVisible();
  if (js) await ready(page);
  for (const label of ['Name', 'E-mail', 'Value']) await expect(page.getByLabel(label, { exact: true })).toBeChecked();
  await page.getByLabel('Stage', { exact: true }).check();
  await page.getByRole('button', { name: 'Export' }).click();
  await expect(page).toHaveURL(/\/exports$/);
  if (js) await ready(page);
  const row = page.getByRole('table', { name: 'Your exports, newest first' }).locator('tbody').getByRole('row');
  if (!js) {
    await expect(async () => {
      await page.reload();
      await expect(row).toContainText('Ready', { timeout: 500 });
    }).toPass();
  }
  await expect(row).toContainText('Ready');
  const [download] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: 'Download' }).click()]);
  const text = readFileSync(await download.path(), 'utf8');
  expect(text).toBe("\ufeffName,E-mail,Stage,Value (EUR)\r\n'=Ann,ann@e.example,New Lead,1200.50\r\n");
  await row.getByRole('button', { name: /^Delete leads-/ }).click();
  await expect(page.getByRole('heading', { name: 'No exports yet' })).toBeVisible();
});

test('orders and a form without columns', async ({ own: { page, api }, js, noise }) => {
  noise.push(/422/);
  await api.post('/api/orders', { data: { orderId: 'o-1', customer: 'c-1', amount: 2400 } });
  await page.goto('/orders');
  if (js) await ready(page);
  await page.getByRole('link', { name: 'Export', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Orders, newest first' })).toBeVisible();
  if (js) await ready(page);
  for (const box of await page.getByRole('group', { name: 'Columns' }).getByRole('checkbox').all()) await box.uncheck();
  await page.getByRole('button', { name: 'Export' }).click();
  await expect(page.getByRole('alert')).toContainText('Choose at least one column');
});

test('an export that others start is not seen, and one that runs is followed', async ({ own: { page, api }, js }) => {
  // The key's export is the key's own.
  expect((await api.post('/api/exports', { data: { of: { orders: {} } } })).status()).toBe(201);
  await page.goto('/exports');
  if (js) await ready(page);
  await expect(page.getByRole('heading', { name: 'No exports yet' })).toBeVisible();
});
