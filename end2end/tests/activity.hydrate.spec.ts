import { expect, ready, test } from '../fixtures.ts';
import { LeadApi } from '../leads.ts';

test('what happens comes in at the top; further down it waits until asked for', async ({ own: { page, api } }) => {
  const leads = new LeadApi(api, 'act');
  const ann = await leads.add('Ann');
  for (let score = 1; score <= 45; score += 1) await leads.set(ann, { score });
  await page.goto('/activity');
  await ready(page);
  const lines = page.getByRole('region', { name: 'Activity' }).getByRole('listitem');
  await leads.set(ann, { stage: 'Negotiation' });
  await expect(lines.first()).toContainText('moved Ann to Negotiation');

  await page.locator('main .scroll').evaluate(async (scroll) => {
    scroll.scrollTo(0, 400);
    // The page learns of it in the next frame.
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  });
  await leads.set(ann, { stage: 'Closed Won' });
  await leads.remove(ann);
  const chip = page.getByRole('button', { name: '2 new' });
  await expect(chip).toBeVisible();
  await expect(lines.first()).toContainText('to Negotiation');
  await chip.click();
  await expect(lines.first()).toContainText('deleted Ann');
  await expect(chip).toBeHidden();

  // A filtered list shows only new activities that match; while paused, none.
  await page.goto('/activity?q=added');
  await ready(page);
  await page.keyboard.press('p');
  await leads.add('Bo');
  await expect(page.getByRole('button', { name: /Paused, [12] change/ })).toBeVisible();
  await expect(lines.filter({ hasText: 'added Bo' })).toHaveCount(0);
  await page.keyboard.press('p');
  await expect(lines.first()).toContainText('added Bo');
  await leads.set(await leads.add('Cy'), { stage: 'Closed Won' });
  await expect(lines.first()).toContainText('added Cy');
});

test("a campaign's activity follows what happens in it", async ({ page, open, visit, leads, campaigns }) => {
  const spring = await campaigns.add('Spring', { status: 'active' });
  const bo = await leads.add('Bo Back');
  await visit(`/campaigns/${spring.id}?tab=activity`);
  const theirs = await open();
  await visit(`/campaigns/${spring.id}`, theirs);
  await theirs.getByRole('navigation', { name: 'Campaign' }).getByRole('link', { name: 'Activity' }).click();
  await campaigns.enroll(spring, [bo]);
  await leads.set(bo, { status: 'responded' });
  for (const window of [page, theirs]) {
    const lines = window.getByRole('region', { name: 'Activity' }).getByRole('listitem');
    await expect(lines.first()).toContainText('Bo Back replied to');
    await expect(lines).toHaveCount(3);
  }
});
