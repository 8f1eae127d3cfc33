import type { Page } from '@playwright/test';
import { CampaignApi } from '../campaigns.ts';
import { expect, ready, test } from '../fixtures.ts';
import { LeadApi } from '../leads.ts';
import { names } from '../rows.ts';

const figure = (page: Page, label: string) => page.locator('.strip > a').filter({ hasText: label });

test('figures are those of the leads and campaigns, and each leads to its rows', async ({ own: { page, api }, js }) => {
  const leads = new LeadApi(api, 'dash');
  const campaigns = new CampaignApi(api, 'dash');
  const [ann, bo] = await leads.addAll(['Ann', 'Bo', 'Cy'], (name) => ({ value: 50_000, stage: name === 'Cy' ? 'Closed Won' : 'New Lead' }));
  const spring = await campaigns.add('Spring', { status: 'active' });
  await campaigns.add('Autumn');
  await campaigns.enroll(spring, [ann!, bo!]);
  await leads.set(ann!, { status: 'responded', connection: 'connected' } as never);

  await page.goto('/');
  await expect(page).toHaveURL(/\/dashboard$/);
  if (js) await ready(page);
  await expect(figure(page, 'Total leads').locator('.value')).toHaveText('3');
  await expect(figure(page, 'New today').locator('.value')).toHaveText('3');
  await expect(figure(page, 'Active campaigns').locator('.value')).toHaveText('1');
  await expect(figure(page, 'Response rate').locator('.value')).toHaveText('100.0%');
  await expect(figure(page, 'Response rate')).toContainText('1 of 1 contacted replied');
  await expect(figure(page, 'Response rate')).toHaveAccessibleDescription(/Leads that replied, of those contacted/);
  await expect(figure(page, 'Total leads')).toContainText('3 new in 30 days');
  // The shares add up to 100%.
  const shares = await page.getByRole('region', { name: 'Connection status' }).locator('.num.muted').allInnerTexts();
  expect(shares.filter(Boolean).reduce((sum, text) => sum + Math.round(parseFloat(text) * 10), 0)).toBe(1_000);
  const pipeline = page.getByRole('region', { name: 'Pipeline' }).getByRole('listitem');
  await expect(pipeline.filter({ hasText: 'New Lead' })).toContainText('2');
  await expect(pipeline.filter({ hasText: 'Closed Won' })).toContainText('€500');
  const connections = page.getByRole('region', { name: 'Connection status' }).getByRole('listitem');
  await expect(connections.filter({ hasText: /^Connected/ })).toContainText('33.3%');
  await expect(connections.filter({ hasText: 'Replied' })).toContainText('1');
  await expect(page.getByRole('region', { name: 'Active campaigns' })).toContainText('Spring dash');
  await expect(page.getByRole('region', { name: 'Activity' }).getByRole('listitem').first()).toContainText('Ann replied to Spring dash');

  // The chart's days, as a table.
  await page.getByText('Numbers as a table').click();
  await expect(page.getByRole('row').nth(1).getByRole('cell')).toHaveText(['3', '1', '0', '0']);

  for (const [open, found] of [
    [figure(page, 'Total leads'), ['Cy', 'Bo', 'Ann']],
    [figure(page, 'New today'), ['Cy', 'Bo', 'Ann']],
    [figure(page, 'Response rate'), ['Ann']],
    [figure(page, 'Active campaigns'), ['Spring dash']],
    [pipeline.filter({ hasText: 'Closed Won' }).getByRole('link'), ['Cy']],
    [connections.filter({ hasText: /^Connected/ }).getByRole('link'), ['Ann']],
    [connections.filter({ hasText: 'Replied' }).getByRole('link'), ['Ann']],
  ] as const) {
    await page.goto('/dashboard');
    await open.click();
    await expect(names(page)).toHaveText([...found]);
  }
  await page.goto('/dashboard');
  await page.getByText('Numbers as a table').click();
  await page.getByRole('row').nth(1).getByRole('link').nth(1).click();
  await expect(names(page)).toHaveText(['Ann']);
});

test('the range is in the address, with or without the days before', async ({ own: { page, server }, js }) => {
  server.cli(['demo']);
  await page.goto('/dashboard');
  if (js) await ready(page);
  await expect(page.getByText('New, 30 days before')).toBeVisible();
  await page.getByRole('button', { name: 'Last 30 days' }).click();
  await page.getByRole('menuitem', { name: 'Last 7 days' }).click();
  await expect(page).toHaveURL(/\/dashboard\?days=7$/);
  await expect(page.getByText('New, 7 days before')).toBeVisible();
  await page.getByText('Numbers as a table').click();
  await expect(page.getByRole('rowheader')).toHaveCount(7);
  await page.getByRole('link', { name: 'Compare' }).click();
  await expect(page).toHaveURL(/\/dashboard\?days=7&compare=no$/);
  await expect(page.getByText('New, 7 days before')).toBeHidden();
  await page.goto('/dashboard?days=nonsense');
  await expect(page.getByRole('button', { name: 'Last 30 days' })).toBeVisible();
});

test('without leads it says how to begin', async ({ own: { page } }) => {
  await page.goto('/dashboard');
  await expect(figure(page, 'Total leads').locator('.value')).toHaveText('0');
  await expect(page.getByRole('heading', { name: 'Nothing to count yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Add a lead' }).click();
  await expect(page).toHaveURL(/\/leads\/new$/);
});
