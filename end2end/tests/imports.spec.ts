import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, ready, test } from '../fixtures.ts';
import expected from '../../server/tests/data/leads/expected.json' with { type: 'json' };

const data = join(import.meta.dirname, '../../server/tests/data/leads');

/** Uploads a file; ends on the page with the mapping of its columns. */
async function upload(page: Page, file: Parameters<Locator['setInputFiles']>[0], js: boolean): Promise<void> {
  await page.goto('/imports/new');
  if (js) await ready(page);
  await page.getByLabel('Choose a file').setInputFiles(file);
  if (!js) await page.getByRole('button', { name: 'Upload' }).click();
  await expect(page).toHaveURL(/\/imports\/[0-9a-f-]{36}$/);
  if (js) await ready(page);
  await expect(page.getByRole('heading', { name: 'Match columns to fields' })).toBeVisible();
}

/** Starts the import; ends on its result. Without scripts, reloads until it is shown. */
async function start(page: Page, js: boolean): Promise<void> {
  await page.getByRole('button', { name: 'Start import' }).click();
  const undo = page.getByRole('button', { name: 'Undo import' });
  if (!js) {
    await expect(async () => {
      await page.reload();
      await expect(undo).toBeVisible({ timeout: 500 });
    }).toPass();
  }
  await expect(undo).toBeVisible();
}

const part = (page: Page, word: string) => page.getByRole('list', { name: /^Check/ }).getByRole('listitem').filter({ hasText: word });

for (const [file, counts] of Object.entries(expected)) {
  test(`${file} gives what it must`, async ({ own: { page }, js }) => {
    await upload(page, join(data, file), js);
    await expect(page.getByText(/Ready. Rows without an e-mail or a name are rejected/)).toBeVisible();
    await start(page, js);
    await expect(page.getByRole('heading', { name: `${counts.new_leads} new leads` })).toBeVisible();
    await expect(part(page, 'created')).toContainText(String(counts.new_leads));
    await expect(part(page, 'duplicates')).toContainText(String(counts.duplicates_in_file));
    await expect(part(page, 'rejected')).toContainText(String(counts.rejected));
    await expect(part(page, 'rows read')).toContainText(String(counts.rows));
    await expect(page.getByText('All rows counted')).toBeVisible();
    // After a bulk write a page does not wait for the exact count; without scripts, the next load has it.
    await expect(async () => {
      await page.goto('/leads');
      await expect(page.locator('tfoot')).toContainText(`${counts.new_leads} leads`, { timeout: js ? 10_000 : 500 });
    }).toPass();
  });
}

test('the mapping shows guesses and samples, and can be changed', async ({ own: { page, api }, js }) => {
  await upload(page, join(data, 'hubspot_contacts.csv'), js);
  const becomes = (column: string) => page.getByRole('combobox', { name: `“${column}” becomes` });
  await expect(becomes('First Name')).toHaveValue('firstName');
  await expect(becomes('Email')).toHaveValue('email');
  await expect(becomes('Company name')).toHaveValue('company');
  await expect(becomes('Job Title')).toHaveValue('title');
  await expect(page.getByRole('row', { name: /^Email/ })).toContainText('browningjason0@hamilton.com');
  await becomes('Notes').selectOption('skip');
  await becomes('Record ID').selectOption('customerId');
  await page.getByLabel('Add to every lead of this import').fill('fair, 2026');
  await start(page, js);
  const found = await (await api.get('/api/leads', { params: { search: 'browningjason0@hamilton.com' } })).json();
  expect(found.data[0]).toMatchObject({ customerId: '100000', tags: ['fair', '2026'] });
  expect(found.data[0].notes).toBeUndefined();
});

test('amounts in another currency than the workspace are told before the import', async ({ own: { page }, js }) => {
  const text = 'Name,Email,Value,Price\nAna,ana@b.example,₹ 1200,1200\n';
  await upload(page, { name: 'rupees.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }, js);
  const row = (column: string) => page.getByRole('row', { name: new RegExp(`^${column}`) });
  await expect(row('Value').getByRole('combobox')).toHaveValue('value');
  await expect(page.getByText('“Value” holds amounts in ₹, which are not converted to EUR.')).toBeVisible();
  await expect(page.getByText('not converted')).toHaveCount(1);
  const choice = page.getByRole('group', { name: 'Amounts in another currency' });
  await expect(choice.getByRole('radio', { name: 'Leave them out' })).toBeChecked();
  await expect(choice.getByRole('radio', { name: 'Import their numbers as they are' })).not.toBeChecked();
  if (!js) return;
  await row('Value').getByRole('combobox').selectOption('skip');
  await expect(page.getByText('not converted')).toHaveCount(0);
});

test('orders are imported, applied to their customers, and undone', async ({ own: { page, api }, js }) => {
  const lead = await (await api.post('/api/leads', { data: { name: 'Ann Orders', email: 'ann@orders.example', customerId: 'c-1' } })).json();
  const spend = async () => (await (await api.get(`/api/leads/${lead.id}`)).json()).totalSpend;
  const text = [
    'Order number,Customer number,Date,Product,Quantity,Unit price',
    'o-1,c-1,2026-11-21,Green tea,2,4.50',
    'o-1,c-1,2026-11-21,Cup,1,15.00',
    'o-2,c-late,2026-11-22,Cup,1,15.00',
    'o-3,c-1,soon,Cup,1,15.00',
  ].join('\n');
  await upload(page, { name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }, js);
  const holds = page.getByRole('navigation', { name: 'What does the file hold?' });
  await expect(holds.getByRole('link', { name: 'Orders' })).toHaveAttribute('aria-current', 'true');
  const becomes = (column: string) => page.getByRole('combobox', { name: `“${column}” becomes` });
  await expect(becomes('Order number')).toHaveValue('orderId');
  await expect(page.getByLabel('Add to every lead of this import')).toHaveCount(0);

  // The fields follow what the file holds.
  await holds.getByRole('link', { name: 'Leads' }).click();
  await expect(becomes('Customer number')).toHaveValue('customerId');
  await expect(page.getByText('Choose the column that holds the e-mail')).toBeVisible();
  await holds.getByRole('link', { name: 'Orders' }).click();
  await expect(becomes('Customer number')).toHaveValue('customer');

  await start(page, js);
  await expect(page.getByRole('heading', { name: '2 new orders' })).toBeVisible();
  await expect(part(page, 'of new orders')).toContainText('3');
  await expect(part(page, 'rejected')).toContainText('1');
  await expect(page.getByText('All rows counted')).toBeVisible();
  await expect(page.getByText('1 order waits')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Rejected rows' })).toContainText('soon');
  expect(await spend()).toBe(2400);
  await page.getByRole('button', { name: 'Undo import' }).click();
  await undone(page, js);
  expect(await spend()).toBe(0);
  await page.goto('/orders');
  await expect(page.getByText('No orders yet')).toBeVisible();
});

test('rejected rows are named with line and reason, on the page and in a file', async ({ own: { page }, js }) => {
  await upload(page, join(data, 'hubspot_contacts.csv'), js);
  await start(page, js);
  const rejected = page.getByRole('region', { name: 'Rejected rows' });
  await expect(rejected.getByRole('table').getByRole('row')).toHaveCount(1 + 21);
  const download = page.waitForEvent('download');
  await rejected.getByRole('link', { name: 'Download as CSV' }).click();
  const text = readFileSync(await (await download).path(), 'utf8');
  const [head, ...rows] = table(text);
  expect(head!.slice(-2)).toEqual(['line', 'reason']);
  expect(rows).toHaveLength(21);
  for (const cells of rows) {
    expect(Number(cells.at(-2))).toBeGreaterThan(1);
    expect(cells.at(-1)).toMatch(/\w/);
  }
});

test('a known e-mail is kept as it is, or updated when asked', async ({ own: { page, api }, js }) => {
  const known = await (await api.post('/api/leads', { data: { name: 'Known Before', email: 'browningjason0@hamilton.com', company: 'Before' } })).json();
  await upload(page, join(data, 'hubspot_contacts.csv'), js);
  await start(page, js);
  await expect(part(page, 'duplicates')).toContainText('17');
  expect(await (await api.get(`/api/leads/${known.id}`)).json()).toMatchObject({ name: 'Known Before', company: 'Before' });

  await upload(page, join(data, 'hubspot_contacts.csv'), js);
  await page.getByLabel('Update the lead with the row').check();
  await start(page, js);
  await expect(part(page, 'created')).toContainText('0');
  expect(await (await api.get(`/api/leads/${known.id}`)).json()).toMatchObject({ name: '太田 真綾' });

  // After the undo, the lead is as before.
  await page.getByRole('button', { name: 'Undo import' }).click();
  await undone(page, js);
  expect(await (await api.get(`/api/leads/${known.id}`)).json()).toMatchObject({ name: 'Known Before', company: 'Before' });
});

test('a whole import is undone', async ({ own: { page }, js }) => {
  await upload(page, join(data, 'excel_unicode_text_utf16.txt'), js);
  await start(page, js);
  await page.getByRole('button', { name: 'Undo import' }).click();
  await undone(page, js);
  await page.goto('/leads');
  await expect(page.getByText('No leads yet')).toBeVisible();
  await page.goto('/imports');
  await expect(page.getByRole('row', { name: basename('excel_unicode_text_utf16.txt') })).toContainText('Undone');
});

test('a file is discarded before it is started', async ({ own: { page }, js }) => {
  await upload(page, join(data, 'ragged_utf8_bom.csv'), js);
  await page.getByRole('button', { name: 'Discard the file' }).click();
  await expect(page).toHaveURL(/\/imports$/);
  await expect(page.getByText('No imports yet')).toBeVisible();
});

test('a file that is none is refused with a reason, and nothing is imported', async ({ own: { page }, js, noise }) => {
  noise.push(/4\d\d/);
  await page.goto('/imports/new');
  if (js) await ready(page);
  await page.getByLabel('Choose a file').setInputFiles({ name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.alloc(0) });
  if (!js) await page.getByRole('button', { name: 'Upload' }).click();
  await expect(page.getByText(/empty|no rows|first row/i).last()).toBeVisible();
  await page.goto('/imports');
  await expect(page.getByText('No imports yet')).toBeVisible();
});

/** Parses CSV as Linnet writes it: cells are quoted where needed. */
function table(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== ',') rows.push([]);
  }
  return rows.filter((cells) => cells.length > 1);
}

async function undone(page: Page, js: boolean): Promise<void> {
  const status = page.getByText('This import was undone.');
  if (!js) {
    await expect(async () => {
      await page.reload();
      await expect(status).toBeVisible({ timeout: 500 });
    }).toPass();
  }
  await expect(status).toBeVisible();
}
