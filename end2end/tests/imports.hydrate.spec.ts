import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIRequestContext, Page } from '@playwright/test';
import { complete, expect, ready, test } from '../fixtures.ts';

const ROWS = 100_000;
let dir = '';
let file = '';

// Large enough to be observed and cancelled, and to kill the server meanwhile.
test.beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'linnet-import-'));
  file = join(dir, 'large.csv');
  const line = (at: number) => `Lead ${at},lead${at}@large.example,Company ${at % 500},"Said: ""perhaps, later"" on call ${at}"`;
  writeFileSync(file, ['name,email,company,notes', ...Array.from({ length: ROWS }, (_, at) => line(at)), ''].join('\n'));
});
test.afterAll(() => rmSync(dir, { recursive: true, force: true }));
test.describe.configure({ timeout: 900_000 });

/** Uploads and starts the file; ends when its first rows were read. */
async function begin(page: Page): Promise<void> {
  await page.goto('/imports/new');
  await ready(page);
  await complete(page);
  await page.getByLabel('Choose a file').setInputFiles(file);
  await page.getByRole('button', { name: 'Start import' }).click();
  await expect.poll(() => percent(page), { timeout: 120_000, intervals: [50] }).toBeGreaterThan(0);
}

async function percent(page: Page): Promise<number> {
  const heading = page.getByRole('heading', { name: 'of the file read' });
  return (await heading.isVisible()) ? Number.parseFloat((await heading.textContent()) ?? '') : 0;
}

async function count(page: Page, word: string): Promise<number> {
  const item = page.getByRole('list', { name: /^Check/ }).getByRole('listitem').filter({ hasText: word });
  return Number((await item.textContent())?.replaceAll(/\D/g, ''));
}

async function leads(api: APIRequestContext): Promise<number> {
  return (await (await api.get('/api/leads', { params: { limit: '1' } })).json()).pagination.total;
}

const over = (page: Page) => page.getByRole('button', { name: 'Undo import' });

test('a running import shows how far it is, live, here and in the list', async ({ own: { page, api } }) => {
  await begin(page);
  const other = await page.context().newPage();
  await other.goto('/imports');
  await expect(page.getByText('All rows counted')).toBeVisible();
  await expect(over(page)).toBeVisible({ timeout: 300_000 });
  await expect(page.getByRole('heading', { name: '100,000 new leads' })).toBeVisible();
  await expect.poll(() => count(page, 'rows read')).toBe(ROWS);
  await expect(other.getByRole('row', { name: 'large.csv' })).toContainText('Completed');
  await expect(other.getByRole('row', { name: 'large.csv' })).toContainText('100,000');
  await expect.poll(() => leads(api)).toBe(ROWS);
});

test('a running import is stopped; what it wrote stays and can be undone', async ({ own: { page, api } }) => {
  await begin(page);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(over(page)).toBeVisible();
  const created = await count(page, 'created');
  expect(created).toBeGreaterThan(0);
  expect(created).toBeLessThan(ROWS);
  await expect(page.getByText('All rows counted')).toBeVisible();
  await expect.poll(() => leads(api)).toBe(created);
  await over(page).click();
  await expect(page.getByText('This import was undone.')).toBeVisible({ timeout: 300_000 });
  await expect.poll(() => leads(api)).toBe(0);
});

test('a killed server goes on with the import where it was, and no lead comes twice', async ({ own: { server, page, api }, noise }) => {
  noise.push(/WebSocket|ERR_CONNECTION|Failed to load resource/);
  await begin(page);
  await server.restart();
  await expect(over(page)).toBeVisible({ timeout: 300_000 });
  await expect(page.getByRole('heading', { name: '100,000 new leads' })).toBeVisible();
  await expect(page.getByText('All rows counted')).toBeVisible();
  await expect.poll(() => leads(api)).toBe(ROWS);
});
