import type { Page } from '@playwright/test';
import { expect, ready, test } from '../fixtures.ts';
import { PAYLOADS, texts } from '../payloads.ts';

/** All payloads, one per line, after a line feed and before a character reference, which must both stay. */
const LONG = `x\n${PAYLOADS.join('\n')}\n&lt;end`;

/** Opens a page and checks that none of its texts became markup. */
async function clean(page: Page, js: boolean, path: string): Promise<void> {
  await page.goto(path);
  if (js) await ready(page);
  const found = await page.locator('[stray], meta[http-equiv], base, object, embed, iframe, [onerror], [onload], [onfocus], [ontoggle], [onmouseover]').count();
  expect(found, `stray elements at ${path.slice(0, 200)}`).toBe(0);
  for (const form of await page.locator('form').all()) {
    expect(await form.evaluate((one) => one.hasAttribute('class') || one.hasAttribute('action') || one.children.length > 0), path).toBe(true);
  }
  expect(await page.evaluate(() => 'hacked' in window), path).toBe(false);
}

test('80 texts that try to be markup stay texts, in every field and on every page', async ({ page, api, key, server, leads, campaigns, word, js, noise }) => {
  // It opens every page.
  test.slow();
  expect(PAYLOADS.length).toBe(80);
  const refused: string[] = [];
  const outside: string[] = [];
  page.on('console', (message) => /content security policy/i.test(message.text()) && refused.push(message.text()));
  page.on('request', (request) => new URL(request.url()).host !== new URL(server.url).host && outside.push(request.url()));
  noise.push(/40[49]|422/);

  const names = texts(450);
  const tags = PAYLOADS.map((one) => one.replaceAll(/[,\n\t]/g, ' ').slice(0, 60)).slice(0, 40);
  const made = [];
  for (const [at, name] of names.entries()) {
    const short = Object.fromEntries(['company', 'title', 'phone', 'location'].map((field) => [field, name]));
    const custom = Object.fromEntries(PAYLOADS.slice(at * 10, at * 10 + 20).map((one, n) => [`${n} ${one}`.slice(0, 90), one]));
    const more = { ...short, name, notes: LONG, tags, custom, linkedinUrl: `https://x.example/${name}`.slice(0, 490) };
    made.push(await leads.add(`markup ${at}`, more as never));
  }
  const lead = made[0]!;
  for (const one of made) expect((await api.post(`/api/leads/${one.id}/notes`, { data: { body: LONG } })).ok()).toBe(true);
  const all = [];
  for (const [at, name] of texts(180).entries()) all.push(await campaigns.add(`${at} ${name}`, at === 0 ? { description: LONG.slice(0, 4_900) } : {}));
  const campaign = all[0]!;
  // Braces would be placeholders for fields of the lead.
  const content = LONG.replaceAll(/[{}]/g, '');
  await campaigns.set(campaign, { steps: campaign.steps.map((step, at) => ({ ...step, title: names[at % names.length]!.slice(0, 190), content })) });
  await campaigns.enroll(campaign, made);
  for (const [at, name] of texts(55).slice(0, 8).entries()) {
    const answer = await api.post('/api/views', { data: { name: `${at}${name}`.slice(0, 60), shared: true, query: {} } });
    expect([201, 403, 422], await answer.text()).toContain(answer.status());
  }
  server.addUser(`user-${word}@b.example`, `Una ${texts(90)[0]}`, 'member', 'correct horse battery staple');
  const file = `name,email,${names.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')}\nAna,${word}@b.example,${names.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')}\n`;
  const upload = await api.post('/api/imports', { multipart: { file: { name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from(file) } } });
  const { id: imported } = (await upload.json()) as { id: string };

  // Each name is in a page title. Pages with scripts are slower and hold the same markup, so they get a sample.
  for (const one of js ? made.slice(0, 2) : made) await clean(page, js, `/leads/${one.id}`);
  for (const one of js ? all.slice(0, 1) : all) await clean(page, js, `/campaigns/${one.id}`);
  for (const path of [
    leads.href(),
    leads.href({ layout: 'board' }),
    leads.href({ peek: lead.id }),
    `/campaigns?q=${word}`,
    ...['leads', 'sequence', 'activity', 'settings'].map((tab) => `/campaigns/${campaign.id}?tab=${tab}`),
    `/campaigns/${campaign.id}?tab=sequence&edit=1`,
    '/activity?period=month',
    '/dashboard',
    '/imports',
    `/imports/${imported}`,
    '/settings',
    '/settings/api',
    '/settings/ingestion',
  ])
    await clean(page, js, path);

  // Values that an address fills into forms.
  const some = texts(900)[0]!;
  const filled = new URLSearchParams(['name', 'email', 'company', 'title', 'phone', 'location', 'tags', 'notes', 'description', 'q', 'add', 'note', 'base', 'state', 'show', 'steps', 'view', 'sort', 'cursor', 'stage', 'sure'].map((name) => [name, some]));
  for (const path of ['/leads/new', '/campaigns/new', `/leads/${lead.id}`, `/leads/${lead.id}/edit`, '/campaigns', '/leads', '/activity', '/settings', `/campaigns/${campaign.id}`])
    await clean(page, js, `${path}?${filled}`);
  await page.goto(`/leads/new?${new URLSearchParams({ notes: `\n\n${some}` })}`);
  if (js) await ready(page);
  await expect(page.getByLabel('Notes')).toHaveValue(`\n\n${some}`);

  // Fields hold the stored text before and after hydration, and saving another field leaves it unchanged.
  const stored = await leads.get(lead);
  await clean(page, js, `/leads/${lead.id}/edit`);
  await expect(page.getByLabel('Notes')).toHaveValue(stored.notes!);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(stored.name);
  await expect(page.getByLabel('Company')).toHaveValue(stored.company!);
  await page.getByLabel('Phone').fill('1');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/leads/${lead.id}$`));
  const after = await leads.get(lead);
  expect([after.notes, after.name, after.company, after.tags]).toEqual([stored.notes, stored.name, stored.company, stored.tags]);

  expect(refused).toEqual([]);
  expect(outside).toEqual([]);
  expect(key).not.toBe('');
});

test('an address cannot put words into our mouth', async ({ page, visit }) => {
  const forged = Buffer.from(JSON.stringify({ conflict: 'Call 0900 123 to unlock' })).toString('base64url');
  await visit(`/leads/new?${new URLSearchParams({ __path: '/sfn/leads/save', __err: `${forged}=`, notes: 'kept' })}`);
  await expect(page.getByLabel('Notes')).toHaveValue('kept');
  await expect(page.getByText('unlock')).toHaveCount(0);
  await expect(page).not.toHaveURL(/__err/);
});
