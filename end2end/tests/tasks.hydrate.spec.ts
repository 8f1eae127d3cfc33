// Tasks by hand with JavaScript: optimistic, reverted when refused, and undone.
import type { Page } from '@playwright/test';
import { expect, hold, test } from '../fixtures.ts';

const panel = (page: Page) => page.getByRole('complementary', { name: 'Lead', exact: true });

test('in the panel: shown before the server answers, confirmed, and undone with Z', async ({ page, visit, leads, campaigns }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const lead = await leads.add('Pia Peeked');
  await campaigns.enroll(campaign, [lead]);
  await visit(leads.href({ peek: lead.id }));
  const { released, release } = hold();
  await page.route('**/sfn/campaigns/work', async (route) => {
    await released;
    await route.continue();
  });
  await panel(page).getByRole('button', { name: 'Mark request as sent' }).click();
  await expect(panel(page)).toContainText('Step 1 of 3');
  expect(await leads.get(lead)).toMatchObject({ status: 'pending', connection: 'not_connected' });
  release();
  await expect(page.getByRole('status').filter({ hasText: 'Marked the connection request as sent' })).toBeVisible();
  expect(await leads.get(lead)).toMatchObject({ status: 'contacted', connection: 'request_sent' });
  await page.keyboard.press('z');
  await expect(panel(page)).toContainText('Not started');
  await expect.poll(() => leads.get(lead)).toMatchObject({ status: 'pending', connection: 'not_connected' });
  expect(await campaigns.get(campaign)).toMatchObject({ requestsSent: 0 });
});

test('what the server refuses goes back, and a toast says why', async ({ page, visit, leads, campaigns, noise }) => {
  noise.push(/500|503/);
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const lead = await leads.add('Rea Refused');
  await campaigns.enroll(campaign, [lead]);
  await visit(`/leads/${lead.id}`);
  const section = page.getByRole('region', { name: 'Campaigns', exact: true });
  await page.route('**/sfn/campaigns/work', (route) => route.fulfill({ status: 503, json: { kind: 'unavailable' } }));
  await section.getByRole('button', { name: 'Mark request as sent' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Not marked.' })).toBeVisible();
  await expect(section.getByRole('listitem')).toContainText('Not started');
  await expect(section.getByRole('button', { name: 'Mark request as sent' })).toBeVisible();
});

test('another window sees the step, and an enrollment is taken back', async ({ page, visit, leads, campaigns, open }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const lead = await leads.add('Wes Watched');
  const theirs = await open();
  await visit(`/leads/${lead.id}`);
  await visit(`/leads/${lead.id}`, theirs);
  const [mine, other] = [page, theirs].map((window) => window.getByRole('region', { name: 'Campaigns', exact: true }));
  await mine!.getByRole('combobox', { name: 'Campaign' }).selectOption({ label: campaign.name });
  await mine!.getByRole('button', { name: 'Enroll' }).click();
  await expect(other!.getByRole('listitem')).toContainText('Not started');
  await other!.getByRole('button', { name: 'Mark request as sent' }).click();
  await expect(mine!.getByRole('listitem')).toContainText('Step 1 of 3');
  await page.getByRole('button', { name: 'Undo' }).click();
  for (const window of [mine!, other!]) await expect(window).toContainText('Not in any campaign.');
  expect(await campaigns.get(campaign)).toMatchObject({ totalLeads: 0 });
});
