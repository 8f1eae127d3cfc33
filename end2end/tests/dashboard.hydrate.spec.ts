import type { APIRequestContext } from '@playwright/test';
import { CampaignApi } from '../campaigns.ts';
import { ADMIN, NOBODY, expect, ready, signIn, test } from '../fixtures.ts';
import { figures, rate } from '../figures.ts';
import { LeadApi } from '../leads.ts';

/** Number of leads that replied, or are at a later status. */
function replied(statuses: { status: string; leads: number }[]): number {
  const some = statuses.filter((one) => ['responded', 'qualified', 'nurturing', 'converted'].includes(one.status));
  return some.reduce((sum, one) => sum + one.leads, 0);
}

/** Figures of the dashboard from the API. */
async function counted(api: APIRequestContext): Promise<Record<string, string>> {
  const of = await (await api.get('/api/dashboard')).json();
  const stages = of.stages.map((one: { stage: string; leads: number }) => [one.stage, `${one.leads}`]);
  return {
    ...Object.fromEntries(stages),
    'Total leads': `${of.totalLeads}`,
    'New today': `${of.newToday}`,
    'Active campaigns': `${of.activeCampaigns}`,
    'Response rate': rate(replied(of.statuses), of.activeLeads),
  };
}

test('two windows follow; one is paused through 12 changes and ends equal', async ({ own: { page, api, server }, open }) => {
  const leads = new LeadApi(api, 'dash');
  const campaigns = new CampaignApi(api, 'dash');
  const theirs = await open({ baseURL: server.url, storageState: NOBODY });
  await signIn(theirs, ADMIN);
  for (const window of [page, theirs]) {
    await window.goto('/dashboard');
    await ready(window);
  }
  const ann = await leads.add('Ann');
  await expect(page.getByRole('heading', { name: 'Nothing to count yet' })).toBeHidden();
  for (const window of [page, theirs]) await expect(async () => expect(await figures(window)).toMatchObject(await counted(api))).toPass();

  await page.keyboard.press('p');
  await expect(page.locator('.conn')).toHaveAttribute('data-state', 'paused');
  const before = await figures(page);
  const made = await leads.addAll(['Bo', 'Cy', 'Di', 'Ed', 'Flo', 'Gus']);
  await leads.set(ann, { stage: 'Negotiation' });
  await leads.set(made[0]!, { status: 'converted' });
  await leads.remove(made[1]!);
  const spring = await campaigns.add('Spring');
  await campaigns.act(spring, 'start');
  await leads.set(made[2]!, { stage: 'Closed Won' });
  await expect(async () => expect(await figures(theirs)).toMatchObject(await counted(api))).toPass();
  await expect(page.getByRole('button', { name: /Paused, 12 changes/ })).toBeVisible();
  expect(await figures(page)).toEqual(before);

  await page.keyboard.press('p');
  const now = await counted(api);
  for (const window of [page, theirs]) {
    await expect.poll(() => figures(window)).toMatchObject(now);
    await expect(window.getByRole('region', { name: 'Activity' }).getByRole('listitem').first()).toContainText('moved Di to Closed Won');
  }
});

test('arrow keys and the pointer move one cross-hair that says the day', async ({ own: { page, server } }) => {
  server.cli(['demo']);
  await page.goto('/dashboard?days=7');
  await ready(page);
  const chart = page.getByRole('slider');
  await expect(chart).toHaveAccessibleName(/new leads in 7 days/);
  const tip = page.locator('.tip');
  await expect(tip).toHaveCount(0);
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuenow', '1');
  const first = await tip.locator('b').textContent();
  await page.keyboard.press('ArrowRight');
  await expect(chart).toHaveAttribute('aria-valuenow', '2');
  await expect(tip).not.toContainText(first!);
  await page.keyboard.press('Escape');
  await expect(tip).toHaveCount(0);
  const box = (await page.locator('.plot .field').boundingBox())!;
  await page.mouse.move(box.x + 4, box.y + 40);
  await expect(tip).toContainText(first!);
  await expect(page.locator('.plot .cross')).toHaveCount(1);
});

test('keys go to the dashboard and to the activity log', async ({ page, visit }) => {
  await visit('/leads');
  await page.keyboard.press('g');
  await page.keyboard.press('d');
  await expect(page).toHaveURL(/\/dashboard$/);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page).toHaveURL(/\/activity$/);
});
