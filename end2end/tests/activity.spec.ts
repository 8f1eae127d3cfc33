import { CampaignApi } from '../campaigns.ts';
import { expect, ready, test } from '../fixtures.ts';
import { LeadApi } from '../leads.ts';

test('what happened stands in plain sentences, searched, by period and by campaign', async ({ own: { page, api }, js }) => {
  const leads = new LeadApi(api, 'act');
  const campaigns = new CampaignApi(api, 'act');
  const ann = await leads.add('Ann Asked');
  await leads.set(ann, { stage: 'Negotiation' });
  const spring = await campaigns.add('Spring');
  await campaigns.act(spring, 'start');
  await campaigns.enroll(spring, [ann]);
  await page.goto('/activity?period=today');
  if (js) await ready(page);
  const lines = page.getByRole('region', { name: 'Activity' }).getByRole('listitem');
  await expect(lines.nth(0)).toContainText('enrolled 1 lead in Spring act');
  await expect(lines.nth(1)).toContainText('started Spring act');
  await expect(lines.nth(3)).toContainText('moved Ann Asked to Negotiation');
  await lines.nth(3).getByRole('link', { name: 'Ann Asked' }).click();
  await expect(page).toHaveURL(new RegExp(`/leads/${ann.id}$`));

  await page.goto('/activity');
  if (js) await ready(page);
  await page.getByRole('searchbox', { name: 'Search activity' }).fill('NEGOTIATION');
  if (!js) await page.getByRole('button', { name: 'Search' }).click();
  await expect(lines).toHaveCount(1);
  await expect(page).toHaveURL(/q=NEGOTIATION/);
  await page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: 'Month' }).click();
  await expect(page).toHaveURL(/period=month/);
  await expect(lines).toHaveCount(1);
  await page.goto('/activity?q=nothing-of-the-kind');
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();

  await page.goto(`/campaigns/${spring.id}`);
  if (js) await ready(page);
  await page.getByRole('navigation', { name: 'Campaign' }).getByRole('link', { name: 'Activity' }).click();
  await expect(lines).toHaveCount(3);
  await expect(lines.last()).toContainText('created the campaign Spring act');
});

test('older pages follow by a link', async ({ own: { page, api } }) => {
  const leads = new LeadApi(api, 'act');
  const ann = await leads.add('Ann');
  for (let score = 1; score <= 60; score += 1) await leads.set(ann, { score });
  await page.goto('/activity');
  const lines = page.getByRole('region', { name: 'Activity' }).getByRole('listitem');
  await expect(lines).toHaveCount(50);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(lines.filter({ hasText: 'added Ann' })).toHaveCount(1);
  await expect(page.getByRole('link', { name: 'Next page' })).toHaveCount(0);
});
