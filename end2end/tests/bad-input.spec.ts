import type { APIResponse } from '@playwright/test';
import { NOBODY, expect, test } from '../fixtures.ts';
import { names } from '../rows.ts';

const STRANGE = [
  '<script>window.hacked = 1</script>',
  '"><img src=x onerror="window.hacked = 1">',
  'مريم العربية',
  '🦜 Linnéa 👩‍👩‍👧‍👦 Ø',
  '=HYPERLINK("http://evil.example")',
  "Robert'); DROP TABLE lead;--",
  '‮gnp.exe',
];

test('strange names are text like any other', async ({ page, visit, leads }) => {
  const made = [];
  for (const [at, name] of STRANGE.entries()) made.push(await leads.add(`strange ${at}`, { name, notes: name }));
  await visit(leads.href());
  // Controls of direction are removed.
  await expect(names(page)).toHaveText(STRANGE.map((name) => name.replace('\u202e', '')).reverse());
  for (const lead of made) {
    await visit(`/leads/${lead.id}`);
    await expect(page.getByRole('heading', { level: 2, name: lead.name, exact: true })).toBeVisible();
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  }
});

test('a name that is far too long is refused at its field, and nothing is saved', async ({ page, visit, leads, word, noise }) => {
  noise.push(/422/);
  await visit('/leads/new');
  await page.getByLabel('Name', { exact: true }).fill('x'.repeat(100_000));
  await page.getByLabel('E-mail').fill(`long@${word}.example`);
  await page.getByLabel('Company').fill(word);
  await page.getByRole('button', { name: 'Add lead' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveAccessibleDescription(/At most 500 characters/);
  await expect(page.getByLabel('E-mail')).toHaveValue(`long@${word}.example`);
  await expect(page.getByLabel('Company')).toHaveValue(word);
  expect(await leads.all()).toEqual([]);
});

test('a NUL is left out and the rest is kept', async ({ leads }) => {
  const lead = await leads.add('Nul', { name: 'Ann\0 Nul', notes: 'before\0after' });
  expect(lead.name).toBe('Ann Nul');
  expect(lead.notes).toMatch(/^before\s?after$/);
});

async function problem(answer: APIResponse, status: number): Promise<Record<string, unknown>> {
  expect(answer.status(), await answer.text()).toBe(status);
  expect(answer.headers()['content-type']).toContain('application/problem+json');
  const body = await answer.json();
  expect(body).toMatchObject({ status, success: false, type: expect.stringMatching(/^\/problems\//), detail: expect.stringMatching(/\w/) });
  return body;
}

test('every refusal is a problem document that names field and remedy', async ({ api, leads, playwright, server }) => {
  const json = { 'content-type': 'application/json' };
  await problem(await api.post('/api/leads', { headers: json, data: Buffer.from('{"name":') }), 400);
  await problem(await api.post('/api/leads', { data: { name: ' ', email: '' } }), 400);
  await problem(await api.post('/api/leads', { headers: { 'content-type': 'text/plain' }, data: 'name=Ann' }), 415);

  const invalid = await problem(await api.post('/api/leads', { data: { name: 'x'.repeat(501), email: 'nobody', score: 101 } }), 422);
  const fields = (invalid['errors'] as { field: string; message: string }[]).map(({ field }) => field).sort();
  expect(fields).toEqual(['email', 'name', 'score']);
  await problem(await api.post('/api/leads', { data: { name: 'A', email: 'a@b.example', stage: 'Hot' } }), 422);
  await problem(await api.post('/api/leads', { headers: { prefer: 'handling=strict' }, data: { name: 'A', email: 'a@b.example', colour: 'red' } }), 422);
  await problem(await api.post('/api/leads', { headers: json, data: Buffer.alloc(2 * 1024 * 1024 + 1, 'x') }), 413);

  const known = await leads.add('Ann Known');
  const duplicate = await problem(await api.post('/api/leads', { data: { name: 'Other', email: ` ${known.email.toUpperCase()} ` } }), 409);
  expect(duplicate['existing']).toEqual({ entity: 'lead', id: known.id, name: 'Ann Known', email: known.email });

  await leads.set(known, { stage: 'Negotiation' });
  const seen = { 'If-Match': `"${known.revision}"` };
  const stale = await problem(await api.patch(`/api/leads/${known.id}`, { headers: seen, data: { stage: 'Closed Won' } }), 409);
  expect(stale).toMatchObject({ fields: ['stage'], theirs: { stage: 'Negotiation' }, yours: { stage: 'Closed Won' } });

  for (const id of ['01890000-0000-7000-8000-000000000000', 'nonsense']) {
    await problem(await api.get(`/api/leads/${id}`), 404);
    await problem(await api.patch(`/api/leads/${id}`, { data: { name: 'x' } }), 404);
    await problem(await api.delete(`/api/leads/${id}`), 404);
  }
  await problem(await api.get('/api/nothing'), 404);
  for (const query of ['cursor=nonsense', 'sort=shoe', 'limit=many', 'rule=%7B', 'stage=Hot']) {
    const answer = await api.get(`/api/leads?${query}`);
    expect([400, 422], `${query}: ${await answer.text()}`).toContain(answer.status());
    await problem(answer, answer.status());
  }

  const nobody = await playwright.request.newContext({ baseURL: server.url, storageState: NOBODY });
  await problem(await nobody.get('/api/leads'), 401);
  await problem(await nobody.post('/api/leads', { data: {} }), 401);
  await nobody.dispose();
});

test('addresses that lead nowhere say so, with their status', async ({ page, noise }) => {
  noise.push(/404/);
  const missing = await page.goto('/nothing/here');
  expect(missing?.status()).toBe(404);
  await expect(page.getByText('This page does not exist')).toBeVisible();
  for (const id of ['01890000-0000-7000-8000-000000000000', 'nonsense', '%00', "'"]) {
    const lead = await page.goto(`/leads/${id}`);
    expect(lead?.status(), id).toBe(404);
    await expect(page.getByText('This lead does not exist')).toBeVisible();
    const file = await page.goto(`/imports/${id}`);
    expect(file?.status(), id).toBe(404);
    await expect(page.getByText('This import does not exist')).toBeVisible();
    const campaign = await page.goto(`/campaigns/${id}`);
    expect(campaign?.status(), id).toBe(404);
    await expect(page.getByText('This campaign does not exist')).toBeVisible();
  }
  await page.goto('/nothing/here');
  await page.getByRole('link', { name: 'Go to leads' }).click();
  await expect(page).toHaveURL(/\/leads$/);
});

test('an address with nonsense in it shows the list, or says what is wrong', async ({ page, noise }) => {
  noise.push(/4\d\d/);
  for (const query of ['rule=nonsense', 'rule=%7B%22all%22%3A', 'cursor=x', 'sort=x', 'cols=x', 'peek=x', 'stage=Hot', `q=${'x'.repeat(3_000)}`, 'q=%00']) {
    const answer = await page.goto(`/leads?${query}`);
    expect(answer?.status(), query).toBeLessThan(500);
    await expect(page.getByRole('heading', { name: 'Leads', level: 1 })).toBeVisible();
  }
  for (const query of ['status=x', 'cursor=x', 'sort=x', `q=${'x'.repeat(3_000)}`, 'q=%00']) {
    const answer = await page.goto(`/campaigns?${query}`);
    expect(answer?.status(), query).toBeLessThan(500);
    await expect(page.getByRole('heading', { name: 'Campaigns', level: 1 })).toBeVisible();
  }
});
