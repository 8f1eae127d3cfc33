// Tasks by hand on a lead's page: its campaigns, recorded tasks and next steps. The forms work without JavaScript.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../axe.ts';
import { expect, test } from '../fixtures.ts';

const section = (page: Page) => page.getByRole('region', { name: 'Campaigns', exact: true });

test('a lead goes through a campaign by hand, step by step', async ({ page, visit, leads, campaigns, js }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const lead = await leads.add('Ann Asked');
  await visit(`/leads/${lead.id}`);
  await expect(section(page)).toContainText('Not in any campaign.');
  await section(page).getByRole('combobox', { name: 'Campaign' }).selectOption({ label: campaign.name });
  await section(page).getByRole('button', { name: 'Enroll' }).click();
  const way = section(page).getByRole('listitem');
  await expect(way).toContainText(campaign.name);
  await expect(way).toContainText('Not started');
  await expect(way).toContainText('Next: Connection Request');
  if (js) await expectAccessible(page);

  await section(page).getByRole('button', { name: 'Mark request as sent' }).click();
  await expect(section(page)).toContainText('Request sent');
  await expect(way).toContainText('Step 1 of 3');
  await expect.poll(() => leads.get(lead)).toMatchObject({ status: 'contacted', connection: 'request_sent' });

  await section(page).getByRole('button', { name: 'Mark as accepted' }).click();
  await expect(way).toContainText('Connected');
  await way.getByRole('button', { name: 'Mark as sent' }).click();
  await expect(way).toContainText('Step 2 of 3');
  await way.getByRole('button', { name: 'Mark as sent' }).click();
  await expect(way).toContainText('Step 3 of 3');
  await expect(way).toContainText('Finished');
  await expect(way.getByRole('button')).toHaveCount(0);
  await expect.poll(async () => (await campaigns.get(campaign)) as object).toMatchObject({ totalLeads: 1, connected: 1, messagesSent: 2 });
});

test('a request is declined, and the campaign stops for this lead', async ({ page, visit, leads, campaigns }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const lead = await leads.add('Dee Declines', { connection: 'request_received' } as never);
  await campaigns.enroll(campaign, [lead]);
  await visit(`/leads/${lead.id}`);
  await section(page).getByRole('button', { name: 'Mark as declined' }).click();
  await expect(section(page).getByRole('listitem')).toContainText('Stopped');
  await expect.poll(() => leads.get(lead)).toMatchObject({ connection: 'not_connected' });
});

test('a lead in many campaigns shows some of them, and more on demand', async ({ page, visit, leads, campaigns, api, js }) => {
  const lead = await leads.add('Mia Many');
  for (let n = 0; n < 25; n++) await campaigns.enroll(await campaigns.add(`Many ${n}`, { status: 'active' }), [lead]);
  await visit(`/leads/${lead.id}`);
  const ways = section(page).getByRole('listitem');
  await expect(ways).toHaveCount(20);
  await expect(section(page)).toContainText('20 of 25');
  await section(page).getByRole('link', { name: 'Show more' }).click();
  await expect(ways).toHaveCount(js ? 25 : 5);
  await expect(ways.last()).toContainText('Many 24');
  await expect(section(page).getByRole('link', { name: 'Show more' })).toHaveCount(0);
  if (js) {
    // What was loaded stays when the lead changes, and is read again.
    await api.post(`/api/leads/${lead.id}/tasks/send-request`);
    await expect(ways.last()).toContainText('Step 1 of 3');
    await expect(ways).toHaveCount(25);
  } else {
    await section(page).getByRole('link', { name: 'First campaigns' }).click();
    await expect(ways).toHaveCount(20);
  }
});
