// Bulk actions: at once for few leads, with progress for many, cancelled, undone, and correct in every window.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../axe.ts';
import { expect, ready, test } from '../fixtures.ts';
import { LeadApi } from '../leads.ts';
import { bar, box, everyBox, picked } from '../selection.ts';

const toast = (page: Page, text: string) => page.getByRole('status').locator('.toast').filter({ hasText: text });
const running = (page: Page) => page.getByRole('region', { name: 'Bulk action' });
const stages = (page: Page) => page.locator('tbody tr[data-id] [data-facet=stage]');

test('few leads are moved at once, seen in another window, and Z takes it back', async ({ page, visit, leads, open }) => {
  await leads.addAll(['Cy', 'Bo', 'Al']);
  const theirs = await open();
  for (const window of [page, theirs]) await visit(leads.href(), window);
  await box(page, 'Al').click();
  await box(page, 'Bo').click();
  await bar(page).getByRole('button', { name: 'Set stage' }).click();
  await page.getByRole('menuitem', { name: 'Negotiation' }).click();
  await expect(toast(page, 'Moved 2 leads to Negotiation')).toBeVisible();
  await expect(bar(page)).toHaveCount(0);
  for (const window of [page, theirs]) await expect(stages(window)).toHaveText(['Negotiation', 'Negotiation', 'New Lead']);
  await page.keyboard.press('z');
  for (const window of [page, theirs]) await expect(stages(window)).toHaveText(['New Lead', 'New Lead', 'New Lead']);
  await expect(toast(page, 'Moved 2 leads back from Negotiation')).toBeVisible();
  expect(await leads.count({ stage: 'New Lead' })).toBe(3);
});

test('by the keyboard alone: select, extend, assign, tag, stage', async ({ page, visit, leads }) => {
  const [, bo, al] = await leads.addAll(['Cy', 'Bo', 'Al']);
  await visit(leads.href());
  await expect(stages(page)).toHaveCount(3);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+J');
  await expect(picked(page)).toHaveText(['Al', 'Bo']);
  await page.keyboard.press('s');
  await expect(page.getByRole('menuitem', { name: 'New Lead' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(stages(page)).toHaveText(['Initial Contact', 'Initial Contact', 'New Lead']);
  // Without a selection, keys act on the active row.
  await expect(page.locator('tr[data-id]').nth(1)).toBeFocused();
  await page.keyboard.press('t');
  await expect(page.getByRole('textbox', { name: 'Tag' })).toBeFocused();
  await page.keyboard.type('  ');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Tag' })).toHaveAccessibleDescription('Enter a tag');
  await page.keyboard.type('vip');
  await page.keyboard.press('Enter');
  await expect(toast(page, 'Tagged 1 lead “vip”')).toBeVisible();
  expect((await leads.get(bo!)).tags).toEqual(['vip']);
  await page.keyboard.press('a');
  await expect(page.getByRole('menuitem', { name: 'Ada Admin' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(toast(page, 'Gave 1 lead to Ada Admin')).toBeVisible();
  await expect.poll(async () => (await leads.get(bo!)) as object).toHaveProperty('owner');
  expect(await leads.get(al!)).not.toHaveProperty('owner', expect.anything());
});

test('status, tag, campaign and delete from the bar; each is taken back by its toast', async ({ page, visit, leads, campaigns }) => {
  const campaign = await campaigns.add('Spring');
  await leads.addAll(['Bo', 'Al'], () => ({ tags: ['old'] }));
  await visit(leads.href());
  const back = async (text: string) => toast(page, text).getByRole('button', { name: 'Undo' }).click();
  const select = async () => {
    if (!(await everyBox(page).isChecked())) await everyBox(page).click();
    await expect(bar(page)).toContainText('2 selected');
  };
  await select();
  await expectAccessible(page);
  await bar(page).getByRole('button', { name: 'Set status' }).click();
  await page.getByRole('menuitem', { name: 'Qualified' }).click();
  await expect.poll(() => leads.count({ status: 'qualified' })).toBe(2);
  await back('Set 2 leads to Qualified');
  await expect.poll(() => leads.count({ status: 'pending' })).toBe(2);

  await select();
  await bar(page).getByRole('button', { name: /^Tag/ }).click();
  await page.getByRole('textbox', { name: 'Tag' }).fill('old');
  await page.getByRole('button', { name: 'Remove tag' }).click();
  await expect(toast(page, 'Removed the tag “old” from 2 leads')).toBeVisible();
  expect((await leads.all()).flatMap((lead) => lead.tags ?? [])).toEqual([]);

  await select();
  await bar(page).getByRole('button', { name: 'Add to campaign' }).click();
  await page.getByRole('menuitem', { name: campaign.name }).click();
  await expect(toast(page, `Enrolled 2 leads in ${campaign.name}`)).toBeVisible();
  expect(await campaigns.get(campaign)).toMatchObject({ totalLeads: 2 });
  await back(`Enrolled 2 leads in ${campaign.name}`);
  await expect.poll(async () => (await campaigns.get(campaign)).totalLeads).toBe(0);

  await select();
  // Deleting several leads needs their number typed.
  await bar(page).getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: 'Delete 2 leads?' });
  await expect(question.getByRole('button', { name: 'Delete', exact: true })).toBeDisabled();
  await question.getByLabel('Type 2 to confirm').fill('3');
  await question.getByLabel('Type 2 to confirm').press('Enter');
  expect(await leads.count()).toBe(2);
  await question.getByLabel('Type 2 to confirm').fill('2');
  await question.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(stages(page)).toHaveCount(0);
  await back('Deleted 2 leads');
  await expect(stages(page)).toHaveCount(2);
  expect(await leads.count()).toBe(2);
});

test('a hundred thousand: progress, stopped half-way, undone, then done to the end, and every window right', async ({ own, open, word }) => {
  test.setTimeout(1_200_000);
  const { server, page, api } = own;
  const leads = new LeadApi(api, word);
  await leads.import(100_000);
  const session = await page.context().storageState();
  const [theirs, late] = [await open({ baseURL: server.url, storageState: session }), await open({ baseURL: server.url, storageState: session })];
  const all = { mine: `/leads?${new URLSearchParams({ sort: 'name' })}`, won: `/leads?${new URLSearchParams({ rule: JSON.stringify({ all: [{ field: 'stage', op: 'is', value: 'Closed Won' }] }) })}` };
  await page.goto(all.mine);
  await theirs.goto(all.won);
  // Its code is loaded before the action starts, which may be over before another page is.
  await late.goto('/dashboard');
  for (const window of [page, theirs, late]) await ready(window);
  await expect(page.locator('tfoot')).toContainText('100,000 leads');

  const moveAll = async () => {
    await everyBox(page).click();
    await bar(page).getByRole('button', { name: 'Select all 100,000 matching' }).click();
    await bar(page).getByRole('button', { name: 'Set stage' }).click();
    await page.getByRole('menuitem', { name: 'Closed Won' }).click();
    await expect(running(page).getByRole('progressbar')).toBeVisible();
  };
  const done = () => running(page).getByRole('progressbar').evaluate((one) => (one as HTMLProgressElement).value);

  await moveAll();
  await expect.poll(done, { intervals: [50] }).toBeGreaterThan(0);
  // Other windows of the same person show it, too.
  await late.reload({ waitUntil: 'commit' });
  await expect(running(late)).toBeVisible();
  await running(page).getByRole('button', { name: 'Cancel' }).click();
  // Waits for the toast, and reads it before it goes.
  const said = (await toast(page, 'Stopped: moved').textContent()) ?? '';
  await expect(toast(late, 'Stopped: moved')).toBeVisible();
  await late.context().close();
  const some = Number(/moved ([\d,]+)/.exec(said)?.[1]?.replaceAll(',', ''));
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(100_000);
  expect(await leads.count({ stage: 'Closed Won' })).toBe(some);
  await expect(theirs.locator('tfoot')).toContainText(`${some.toLocaleString('en')} leads`);

  await page.keyboard.press('z');
  await expect(toast(page, `Moved ${some.toLocaleString('en')} leads back from Closed Won`)).toBeVisible({ timeout: 300_000 });
  expect(await leads.count({ stage: 'New Lead' })).toBe(100_000);
  await expect(theirs.getByRole('heading', { name: 'No lead matches' })).toBeVisible();

  await moveAll();
  // After a reload the running action is shown again, or its result.
  await page.reload();
  await expect(toast(page, 'Moved 100,000 leads to Closed Won')).toBeVisible({ timeout: 300_000 });
  await expect(theirs.locator('tfoot')).toContainText('100,000 leads');
  for (const window of [page, theirs]) await expect(stages(window).first()).toHaveText('Closed Won');
  await expect(page.locator('tbody tr[data-id]').filter({ hasText: 'New Lead' })).toHaveCount(0);
  expect(await leads.count({ stage: 'Closed Won' })).toBe(100_000);
  // Before its server ends: pages log errors when it ends.
  await theirs.context().close();
});
