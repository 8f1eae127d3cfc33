// All pages, filled with demo data: for screenshots and accessibility checks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { APIRequestContext, Page } from '@playwright/test';
import { expect, ready } from './fixtures.ts';

export const THEMES = ['light', 'dark'] as const;
export const SIZES = { 1440: { width: 1440, height: 900 }, 1024: { width: 1024, height: 768 }, 390: { width: 390, height: 844 } } as const;

export type Place = { name: string; open: (page: Page) => Promise<void>; signedIn: boolean };

/** Creates what the pages show: imports at each of their steps. */
export async function places(api: APIRequestContext): Promise<Place[]> {
  const file = join(import.meta.dirname, '../server/tests/data/leads/hubspot_contacts.csv');
  const upload = async () => {
    const answer = await api.post('/api/imports', { multipart: { file: { name: 'hubspot_contacts.csv', mimeType: 'text/csv', buffer: readFileSync(file) } } });
    expect(answer.status(), await answer.text()).toBe(201);
    return ((await answer.json()) as { id: string }).id;
  };
  const mapping = await upload();
  const result = await upload();
  expect((await api.post(`/api/imports/${result}/start`, { data: {} })).ok()).toBe(true);
  await expect.poll(async () => (await (await api.get(`/api/imports/${result}`)).json()).status).toBe('completed');
  const { data } = (await (await api.get('/api/leads', { params: { limit: '50' } })).json()) as { data: { id: string }[] };
  const lead = data[3]!.id;
  const campaigns = (await (await api.get('/api/campaigns', { params: { sort: '-totalLeads' } })).json()) as { data: { id: string }[] };
  const campaign = `/campaigns/${campaigns.data[0]!.id}`;

  const rule = { all: [{ field: 'stage', op: 'is_not', value: 'Closed Lost' }, { any: [{ field: 'score', op: 'gte', value: 10 }, { field: 'owner', op: 'is_empty' }] }] };
  const made = await api.post('/api/segments', { data: { name: `Open and warm ${result}`, rule } });
  expect(made.status(), await made.text()).toBe(201);
  const segment = `/segments/${((await made.json()) as { id: string }).id}`;

  const users = (await (await api.get('/api/users')).json()) as { data: { id: string }[] };
  const person = users.data[1]!.id;

  const signedIn = (name: string, path: string, then?: (page: Page) => Promise<void>): Place => ({
    name,
    signedIn: true,
    open: async (page) => {
      await page.goto(path);
      await ready(page);
      await then?.(page);
    },
  });
  const outside = (name: string, path: string): Place => ({ name, signedIn: false, open: async (page) => void (await page.goto(path)) });
  // Each page of the navigation, also one that nobody named here.
  const sidebar = /<nav aria-label="Main">.*?<\/nav>/s.exec(await (await api.get('/leads')).text())?.[0] ?? '';
  const main = [...sidebar.matchAll(/<a href="\/(\w+)"/g)].map(([, name = '']) => name);
  expect(main).toContain('leads');
  const filters = JSON.stringify({ all: [{ field: 'stage', op: 'is_not', value: 'Closed Lost' }, { field: 'score', op: 'gte', value: 10 }] });
  return [
    ...main.map((name) => signedIn(name, `/${name}`)),
    signedIn('activity-month', '/activity?period=month'),
    signedIn('dashboard-chart', '/dashboard?days=7', async (page) => {
      await page.getByRole('slider').focus();
      await page.keyboard.press('ArrowLeft');
      await page.getByText('Numbers as a table').click();
      await expect(page.getByRole('table', { name: 'New leads and replies per day' })).toBeVisible();
    }),
    signedIn('activity-none', '/activity?q=nothing-of-the-kind'),
    signedIn('leads-filtered', `/leads?${new URLSearchParams({ rule: filters, sort: '-value' })}`),
    signedIn('leads-none', '/leads?q=nobody-is-called-this'),
    signedIn('leads-board', '/leads?layout=board'),
    signedIn('leads-view', `/leads?${new URLSearchParams({ rule: filters, sort: '-value', layout: 'board' })}`, async (page) => {
      const tab = page.getByRole('navigation', { name: 'Views of leads' }).getByRole('link', { name: 'Warm pipeline' });
      if ((await tab.count()) === 0) {
        await page.getByRole('button', { name: 'Save view' }).click();
        await page.getByLabel('Name of the new view').fill('Warm pipeline');
        await page.getByRole('dialog', { name: 'Save view' }).getByRole('button', { name: 'Save view' }).click();
      } else await tab.click();
      await expect(tab).toHaveAttribute('aria-current', 'page');
    }),
    signedIn('leads-peek', `/leads?peek=${lead}`, async (page) => expect(page.getByRole('complementary', { name: 'Lead', exact: true })).toContainText('Timeline')),
    signedIn('leads-selected', '/leads', async (page) => {
      // Rows on narrow screens have no checkboxes.
      if ((page.viewportSize()?.width ?? 0) < 768) return;
      for (const at of [2, 4, 9]) await page.locator('tbody').getByRole('checkbox').nth(at).click();
      await expect(page.getByRole('toolbar', { name: 'Actions on selected leads' })).toContainText('3 selected');
    }),
    signedIn('palette', '/leads', async (page) => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('ma');
      await expect(page.getByRole('dialog', { name: 'Search and commands' }).getByRole('group', { name: 'Leads' })).toBeVisible();
    }),
    signedIn('lead', `/leads/${lead}`),
    signedIn('lead-form', '/leads/new'),
    signedIn('lead-form-wrong', '/leads/new', async (page) => {
      await page.getByLabel('E-mail').fill('nobody');
      await page.getByRole('button', { name: 'Add lead' }).click();
      await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
    }),
    signedIn('campaigns-none', '/campaigns?q=nothing-is-called-this'),
    signedIn('campaign-new', '/campaigns/new'),
    signedIn('campaign-new-wrong', '/campaigns/new', async (page) => {
      await page.getByRole('button', { name: 'Add campaign' }).click();
      await expect(page.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
    }),
    signedIn('campaign', campaign),
    signedIn('campaign-leads', `${campaign}?tab=leads`),
    signedIn('campaign-sequence', `${campaign}?tab=sequence`),
    signedIn('campaign-sequence-edit', `${campaign}?tab=sequence&edit=1`),
    signedIn('campaign-activity', `${campaign}?tab=activity`),
    signedIn('campaign-settings', `${campaign}?tab=settings`),
    signedIn('campaign-delete', `${campaign}?tab=settings&sure=delete`),
    signedIn('segment-new', '/segments/new'),
    signedIn('segment-new-wrong', '/segments/new', async (page) => {
      await page.getByRole('listitem', { name: /^Rule on/ }).getByLabel('Field', { exact: true }).selectOption({ label: 'Score' });
      await page.getByRole('button', { name: 'Save segment' }).click();
      await expect(page.getByText('Give a number')).toBeVisible();
    }),
    signedIn('segment', segment, async (page) => expect(page.locator('.segment-count')).toHaveText(/^\d/)),
    signedIn('segment-why', `${segment}?lead=${lead}`, async (page) => expect(page.getByRole('region', { name: 'Why is a lead in or out?' })).toContainText(/ is (not )?in/)),
    signedIn('import-new', '/imports/new'),
    signedIn('import-mapping', `/imports/${mapping}`),
    signedIn('import-orders', `/imports/${mapping}?kind=orders`, async (page) => expect(page.getByText('Choose the column that holds the date of the order')).toBeVisible()),
    signedIn('import-result', `/imports/${result}`),
    signedIn('settings', '/settings', async (page) => expect(page.getByRole('region', { name: 'People and roles' })).toBeVisible()),
    signedIn('settings-api', '/settings/api', async (page) => expect(page.getByRole('region', { name: 'Events' })).toContainText('Live')),
    signedIn('settings-fields', '/settings/fields', async (page) => expect(page.getByRole('heading', { name: 'Custom fields', exact: true })).toBeVisible()),
    signedIn('settings-field-new', '/settings/fields/new', async (page) => expect(page.getByLabel('Label', { exact: true })).toBeVisible()),
    signedIn('settings-tags', '/settings/tags', async (page) => expect(page.getByRole('heading', { name: 'Tags', exact: true })).toBeVisible()),
    signedIn('settings-ingestion', '/settings/ingestion', async (page) => expect(page.getByRole('region', { name: 'Queues' })).toBeVisible()),
    signedIn('person', `/settings/people/${person}`, async (page) => expect(page.getByRole('region', { name: 'Access' })).toBeVisible()),
    signedIn('keyboard', '/leads', async (page) => {
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    }),
    signedIn('lead-missing', '/leads/01890000-0000-7000-8000-000000000000'),
    outside('signin', '/signin'),
    outside('join-over', '/join?token=used'),
    outside('signin-wrong', '/signin?error=credentials&email=ana%40linnet.example'),
    { ...outside('not-found', '/nothing/here'), signedIn: true },
  ];
}
