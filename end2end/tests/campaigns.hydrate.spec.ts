import { actions, status } from '../campaigns.ts';
import { expect, ready, test } from '../fixtures.ts';
import { names } from '../rows.ts';

test('the list follows: campaigns enter, change and leave without a reload', async ({ page, open, visit, leads, campaigns, word }) => {
  const spring = await campaigns.add('Spring');
  const theirs = await open();
  await visit(campaigns.href({ sort: 'name' }));
  await visit(campaigns.href({ status: 'active' }), theirs);
  await expect(names(page)).toHaveText([`Spring ${word}`]);
  await expect(theirs.getByText('No campaign matches')).toBeVisible();

  // It is inserted at its sorted position.
  const autumn = await campaigns.add('Autumn');
  await expect(names(page)).toHaveText([`Autumn ${word}`, `Spring ${word}`]);
  await expect(page.getByText('2 campaigns')).toBeVisible();

  // A status changes: one window shows it; in the other, filtered one, the row enters, then leaves.
  await campaigns.act(spring, 'start');
  await expect(page.getByRole('row', { name: 'Spring' })).toContainText('Active');
  await expect(names(theirs)).toHaveText([`Spring ${word}`]);
  const [ann, bo] = await leads.addAll(['Ann', 'Bo']);
  await campaigns.enroll(spring, [ann!, bo!]);
  await leads.set(ann!, { status: 'converted' });
  for (const window of [page, theirs]) {
    await expect(window.getByRole('row', { name: 'Spring' }).getByRole('progressbar', { name: '0 of 6 steps done' })).toBeVisible();
    // 1 of 1 contacted lead.
    await expect(window.getByRole('row', { name: 'Spring' })).toContainText('100.0%');
  }
  await campaigns.act(spring, 'pause');
  await expect(theirs.getByText('No campaign matches')).toBeVisible();

  // A new name changes the order, a deletion removes the row.
  await campaigns.set(spring, { name: `Advent ${word}` });
  await expect(names(page)).toHaveText([`Advent ${word}`, `Autumn ${word}`]);
  await campaigns.remove(autumn);
  await expect(names(page)).toHaveText([`Advent ${word}`]);
  await expect(page.getByText('1 campaign', { exact: true })).toBeVisible();
});

test('what is pressed in one window is in the other at once', async ({ page, open, visit, campaigns }) => {
  const campaign = await campaigns.add('Spring');
  const theirs = await open();
  await visit(`/campaigns/${campaign.id}`);
  await visit(`/campaigns/${campaign.id}?tab=sequence`, theirs);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  for (const window of [page, theirs]) {
    await expect(status(window)).toHaveText('Active');
    await expect(actions(window)).toHaveText(['Pause', 'Complete', 'Stop campaign']);
  }
  await campaigns.set(campaign, { steps: campaign.steps.slice(0, 2) });
  await expect(theirs.getByRole('region', { name: 'Sequence' }).getByRole('listitem')).toHaveCount(2);

  await campaigns.remove(campaign);
  for (const window of [page, theirs]) {
    await expect(window.getByText('This campaign was deleted.')).toBeVisible();
    await expect(actions(window)).toHaveCount(0);
  }
});

test('counters and leads follow what becomes of the leads', async ({ page, open, visit, leads, campaigns }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const theirs = await open();
  await visit(`/campaigns/${campaign.id}`);
  await visit(`/campaigns/${campaign.id}?tab=leads`, theirs);
  await expect(theirs.getByText('No leads in this campaign yet')).toBeVisible();
  const [ann, bo] = await leads.addAll(['Ann Asked', 'Bo Back']);
  await campaigns.enroll(campaign, [ann!, bo!]);
  const figure = (label: string) => page.locator('.strip > div').filter({ has: page.getByText(label, { exact: true }) }).locator('.value');
  await expect(figure('Total leads')).toHaveText('2');
  await expect(names(theirs)).toHaveText(['Bo Back', 'Ann Asked']);
  await expect(theirs.getByRole('navigation', { name: 'Campaign' }).getByRole('link', { name: 'Leads 2' })).toBeVisible();

  await leads.set(ann!, { connection: 'request_sent' } as never);
  await expect(theirs.getByRole('row', { name: 'Ann Asked' })).toContainText('Request sent');
  await expect(theirs.getByRole('row', { name: 'Ann Asked' })).toContainText('1 of 3');
  await leads.set(ann!, { connection: 'connected', status: 'responded' } as never);
  await expect(figure('Connected')).toHaveText('1');
  await expect(figure('Response rate')).toHaveText('100.0%');
  await expect(figure('Progress')).toHaveText('16.7%');

  await campaigns.takeOut(campaign, bo!);
  await expect(names(theirs)).toHaveText(['Ann Asked']);
  await expect(figure('Total leads')).toHaveText('1');
});

test('the sidebar counts the active ones', async ({ own: { page, api } }) => {
  const link = page.getByRole('navigation', { name: 'Main' }).first().getByRole('link', { name: 'Campaigns' });
  await ready(page);
  await expect(link).not.toContainText('active');
  const made = (await (await api.post('/api/campaigns', { data: { name: 'Spring' } })).json()) as { data: { id: string } };
  expect((await api.post(`/api/campaigns/${made.data.id}/start`)).ok()).toBe(true);
  await expect(link).toContainText('1 active');
  await page.reload();
  await expect(link).toContainText('1 active');
  expect((await api.post(`/api/campaigns/${made.data.id}/complete`)).ok()).toBe(true);
  await expect(link).not.toContainText('active');
});

test('keys go to campaigns, make one there, and search', async ({ page, visit }) => {
  await visit('/leads');
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/\/campaigns$/);
  await expect(page.getByRole('heading', { name: 'Campaigns', level: 1 })).toBeVisible();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/\/campaigns\/new$/);
});

test('what is typed stays while the campaign changes', async ({ page, visit, campaigns, word }) => {
  const campaign = await campaigns.add('Spring');
  await visit(`/campaigns/${campaign.id}?tab=settings`);
  await page.getByLabel('Name', { exact: true }).fill(`Typed ${word}`);
  await page.getByLabel('Description', { exact: true }).fill('Half a sen');
  await campaigns.act(campaign, 'start');
  await expect(status(page)).toHaveText('Active');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`Typed ${word}`);
  await expect(page.getByLabel('Description', { exact: true })).toHaveValue('Half a sen');
});

test('a campaign is deleted from its row at once, in every window, and brought back with its leads', async ({ page, visit, leads, campaigns, open }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  await campaigns.enroll(campaign, [await leads.add('Ann Stays')]);
  const theirs = await open();
  for (const window of [page, theirs]) await visit(campaigns.href(), window);
  const row = (window: typeof page) => window.getByRole('row', { name: new RegExp(campaign.name) });
  await row(page).hover();
  await row(page).getByRole('button', { name: `Delete ${campaign.name}` }).click();
  for (const window of [page, theirs]) await expect(row(window)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  for (const window of [page, theirs]) await expect(row(window)).toBeVisible();
  await expect.poll(async () => (await campaigns.get(campaign)) as object).toMatchObject({ status: 'active', totalLeads: 1 });
});

test('a saved sequence is undone from its toast, in every window', async ({ page, visit, campaigns, open }) => {
  const campaign = await campaigns.add('Spring');
  const theirs = await open();
  for (const window of [page, theirs]) await visit(`/campaigns/${campaign.id}?tab=sequence`, window);
  const steps = (window: typeof page) => window.getByRole('region', { name: 'Sequence', exact: true }).getByRole('listitem');
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByRole('button', { name: 'Remove step 3' }).click();
  await page.getByRole('group', { name: 'Step 1' }).getByLabel('Title').fill('A letter');
  await page.getByRole('button', { name: 'Save sequence' }).click();
  for (const window of [page, theirs]) {
    await expect(steps(window)).toHaveCount(2);
    await expect(steps(window).first()).toContainText('A letter');
  }
  await expect(page.getByText('Sequence saved')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  for (const window of [page, theirs]) {
    await expect(steps(window)).toHaveCount(3);
    await expect(steps(window).first()).toContainText(campaign.steps[0]!.title);
  }
  expect((await campaigns.get(campaign)).steps).toEqual(campaign.steps);

  // Saving without a change offers nothing.
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect(steps(page)).toHaveCount(3);
  await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0);
});

test('a campaign that someone else renames flashes once; ticking counters do not', async ({ page, visit, leads, campaigns }) => {
  const campaign = await campaigns.add('Spring');
  await visit(campaigns.href());
  const row = page.locator(`tr[data-id="${campaign.id}"]`);
  // A flash is short, and over before the next look of a busy machine: each is recorded.
  await page.evaluate((id) => {
    const flashed: boolean[] = [];
    Object.assign(window, { flashed });
    new MutationObserver(() => {
      const is = document.querySelector(`tr[data-id="${id}"]`)?.classList.contains('flash') ?? false;
      if (is !== (flashed.at(-1) ?? false)) flashed.push(is);
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
  }, campaign.id);
  const flashed = () => page.evaluate(() => (window as unknown as { flashed: boolean[] }).flashed);
  await campaigns.enroll(campaign, [await leads.add('Ann Counted')]);
  await expect(row).toContainText('1');
  expect(await flashed()).toEqual([]);
  await campaigns.set(campaign, { description: 'Said anew' } as never);
  await expect.poll(flashed).toEqual([true, false]);
});

test('the figures follow', async ({ own, visit }) => {
  const { page, api } = own;
  const figure = (label: string) => page.locator('.strip > div').filter({ has: page.getByText(label, { exact: true }) }).locator('.value');
  await visit('/campaigns', page);
  await expect(figure('Campaigns')).toHaveText('0');
  await api.post('/api/campaigns', { data: { name: 'First', status: 'active' } });
  await expect(figure('Campaigns')).toHaveText('1');
  await expect(figure('Active')).toHaveText('1');
});
