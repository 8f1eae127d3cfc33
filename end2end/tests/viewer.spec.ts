// A viewer is offered nothing that changes data: on no page, by no key, with and without JavaScript.
import type { Page } from '@playwright/test';
import { NOBODY, expect, signIn, test } from '../fixtures.ts';

test.use({ demo: true });

/** Controls that would change leads, campaigns or imports. A viewer may change their own saved views. */
const CHANGES =
  /^(import|new (lead|campaign|segment)|add|edit|delete|discard|undo|duplicate|enroll|mark|start|pause|resume|complete|cancel|reopen|stop|assign|set|save (note|sequence|lead)|tag|select|status of|stage of|upload|share|note|choose a file|make)\b/i;

/** Accessible names of all controls. */
async function controls(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const role of ['button', 'link', 'checkbox', 'textbox', 'combobox', 'radio', 'menuitem', 'menuitemradio'] as const) {
    for (const one of await page.getByRole(role).all()) {
      const name = await one.evaluate((element) => element.getAttribute('aria-label') ?? (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent);
      found.push(`${(name ?? '').trim()}`);
    }
  }
  return found;
}

test('who only reads is offered nothing that changes', async ({ server, api, open, visit, js, noise }) => {
  test.setTimeout(900_000);
  noise.push(/404/);
  const vera = { email: 'vera.reads@linnet.example', password: 'correct horse battery staple' };
  server.addUser(vera.email, 'Vera Viewer', 'viewer', vera.password);
  const first = async (path: string) => ((await (await api.get(path)).json()) as { data: { id: string }[] }).data[0]!.id;
  const lead = await first('/api/leads?limit=1');
  const campaign = `/campaigns/${await first('/api/campaigns?sort=-totalLeads')}`;
  const made = await api.post('/api/segments', { data: { name: 'Warm', rule: { field: 'score', op: 'gte', value: 10 } } });
  const segment = `/segments/${((await made.json()) as { id: string }).id}`;
  const file = { name: 'few.csv', mimeType: 'text/csv', buffer: Buffer.from('name,email\nAnn Few,ann.few@viewer.example\n') };
  const upload = async () => ((await (await api.post('/api/imports', { multipart: { file } })).json()) as { id: string }).id;
  const [waiting, done] = [await upload(), await upload()];
  await api.post(`/api/imports/${done}/start`, { data: {} });
  await expect.poll(async () => (await (await api.get(`/api/imports/${done}`)).json()).status).toBe('completed');

  const page = await open({ storageState: NOBODY });
  await signIn(page, vera);
  const paths = ['/dashboard', '/leads', '/leads?q=nobody-is-called-this', '/leads?layout=board', `/leads?peek=${lead}`, `/leads/${lead}`, '/leads/new', `/leads/${lead}/edit`];
  paths.push('/campaigns', '/campaigns/new', campaign, ...['leads', 'sequence', 'sequence&edit=1', 'activity', 'settings'].map((tab) => `${campaign}?tab=${tab}`));
  paths.push('/segments', '/segments/new', segment, '/imports', '/imports/new', `/imports/${waiting}`, `/imports/${done}`, '/activity', '/settings', '/settings/api');
  for (const path of paths) {
    await visit(path, page);
    await expect(page.getByRole('heading', { level: 1 })).not.toBeEmpty();
    const names = await controls(page);
    expect.soft(names.length, path).toBeGreaterThan(5);
    expect.soft(names.filter((name) => CHANGES.test(name)), path).toEqual([]);
  }
  if (!js) return;
  // No key changes data.
  await visit('/leads', page);
  await page.getByRole('rowheader').getByRole('link').first().focus();
  for (const key of ['c', 'j', 'x', 's', 'a', 't', 'e']) await page.keyboard.press(key);
  await expect(page).toHaveURL(/\/leads$/);
  await expect(page.getByRole('toolbar')).toHaveCount(0);
  await expect(page.locator('[popover]:popover-open, dialog[open]')).toHaveCount(0);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys.getByText('Next row')).toBeVisible();
  await expect(keys.getByText(/New lead|Edit the stage|Select|Assign|Tag it/)).toHaveCount(0);
  await page.keyboard.press('Escape');
  // No drag changes data.
  await visit('/leads?layout=board', page);
  const card = page.getByRole('region', { name: /^New Lead/ }).getByRole('article').first();
  await card.focus();
  await page.keyboard.press(' ');
  await card.dragTo(page.getByRole('region', { name: /^Negotiation/ }), { sourcePosition: { x: 30, y: 60 } });
  await expect(page.locator('[data-state="lifted"]')).toHaveCount(0);
});
