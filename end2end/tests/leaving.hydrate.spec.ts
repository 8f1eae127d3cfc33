// Typed text is not lost without a confirmation, and changes can be undone.
import type { Page } from '@playwright/test';
import { expect, ready, test } from '../fixtures.ts';
import { everyBox } from '../selection.ts';

/** Answers the next confirmation; returns its message. */
function answer(page: Page, yes: boolean): Promise<string> {
  return new Promise((told) => page.once('dialog', (dialog) => void (yes ? dialog.accept() : dialog.dismiss()).then(() => told(dialog.message()))));
}

test('a link asks before typed text is lost; saved text is not asked about', async ({ page, visit, campaigns, leads }) => {
  const lead = await leads.add('Ann Typed');
  await visit(leads.href());
  await page.getByRole('link', { name: 'Ann Typed' }).click();
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Company').fill('Typed');
  for (const leave of [() => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Campaigns' }).click(), () => page.getByRole('link', { name: 'Cancel' }).click()]) {
    const question = answer(page, false);
    await leave();
    expect(await question).toContain('Your changes on this page will be lost');
    await expect(page).toHaveURL(new RegExp(`/leads/${lead.id}/edit$`));
    await expect(page.getByLabel('Company')).toHaveValue('Typed');
  }
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/leads/${lead.id}$`));

  // A note, and a form that stays open after it was saved.
  await page.getByLabel('Note', { exact: true }).fill('Half a note');
  const yes = answer(page, true);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Campaigns' }).click();
  await yes;
  await expect(page).toHaveURL(/\/campaigns$/);
  const campaign = await campaigns.add('Spring', { description: 'before' });
  await visit(`/campaigns/${campaign.id}?tab=settings`);
  await page.getByRole('textbox', { name: 'Description' }).fill('after');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText(`Saved ${campaign.name}`)).toBeVisible();
  page.on('dialog', () => expect('a question about saved text').toBe(''));
  await page.getByRole('navigation', { name: 'Campaign', exact: true }).getByRole('link', { name: 'Leads' }).click();
  await expect(page).toHaveURL(/tab=leads/);
});

test('Back and Forward ask, keep text and history when told no, and a link within the page does not ask', async ({ page, visit }) => {
  await visit('/campaigns');
  const main = page.getByRole('navigation', { name: 'Main' });
  await main.getByRole('link', { name: 'Leads' }).click();
  await page.getByRole('link', { name: 'New lead' }).first().click();
  await expect(page).toHaveURL(/\/leads\/new$/);
  await main.getByRole('link', { name: 'Imports' }).click();
  await expect(page).toHaveURL(/\/imports$/);
  await main.getByRole('link', { name: 'Activity' }).click();
  await expect(page).toHaveURL(/\/activity$/);
  // Two history entries forward and two back.
  await page.evaluate(() => history.go(-2));
  await expect(page).toHaveURL(/\/leads\/new$/);
  await page.getByLabel('Name', { exact: true }).fill('Half a name');
  for (const distance of [-1, 1, -2, 2]) {
    const question = answer(page, false);
    await page.evaluate((distance) => history.go(distance), distance);
    expect(await question).toContain('Your changes on this page will be lost');
    await expect(page).toHaveURL(/\/leads\/new$/);
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Half a name');
  }
  const unasked = () => expect('a question about a link within the page').toBe('');
  page.on('dialog', unasked);
  await page.getByRole('link', { name: 'Skip to content' }).press('Enter');
  await expect(page).toHaveURL(/\/leads\/new#main$/);
  await page.goBack();
  await expect(page).toHaveURL(/\/leads\/new$/);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Half a name');
  page.off('dialog', unasked);
});

test('Back goes where it was told to after a yes, and Forward is still there after a no', async ({ page, visit }) => {
  await visit('/leads');
  await page.getByRole('link', { name: 'New lead' }).first().click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Imports' }).click();
  await expect(page).toHaveURL(/\/imports$/);
  await page.goBack();
  await page.getByLabel('Name', { exact: true }).fill('Half a name');
  const no = answer(page, false);
  await page.evaluate(() => history.back());
  await no;
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Half a name');
  const yes = answer(page, true);
  await page.evaluate(() => history.forward());
  await yes;
  await expect(page).toHaveURL(/\/imports$/);
  await expect(page.getByRole('heading', { name: 'Imports', level: 1 })).toBeVisible();
});

test('the palette asks before it leaves', async ({ page, visit, leads, word }) => {
  await leads.add('Ann Found');
  await visit('/leads/new');
  await page.getByLabel('Name', { exact: true }).fill('Half a name');
  for (const [text, option] of [
    [word, 'Ann Found'],
    ['Nobody Known', 'New lead named'],
    ['imports', 'Imports'],
  ] as const) {
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Search and commands' });
    await palette.getByRole('combobox').fill(text);
    await expect(palette.getByRole('option', { selected: true })).toContainText(option);
    const question = answer(page, false);
    await page.keyboard.press('Enter');
    expect(await question).toContain('Your changes on this page will be lost');
    await expect(page).toHaveURL(/\/leads\/new$/);
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Half a name');
  }
});

test('a note half written in the panel is asked about, by whatever way the panel goes', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann Half', 'Ben Other']);
  await visit(leads.href());
  await page.getByRole('link', { name: 'Ann Half' }).click();
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await panel.getByLabel('Note', { exact: true }).fill('Half a note');
  for (const leave of [() => page.keyboard.press('Escape'), () => page.getByRole('link', { name: 'Ben Other' }).click()]) {
    const question = answer(page, false);
    await leave();
    expect(await question).toContain('Your changes on this page will be lost');
    await expect(panel.getByLabel('Note', { exact: true })).toHaveValue('Half a note');
  }
  const yes = answer(page, true);
  await page.keyboard.press('Escape');
  await yes;
  await expect(panel).toHaveCount(0);
});

test('Z takes an edit in place back, also later, and says when there is nothing', async ({ page, visit, leads }) => {
  const lead = await leads.add('Ann Inline');
  await visit(`/leads/${lead.id}`);
  await page.keyboard.press('z');
  await expect(page.getByText('Nothing to undo')).toBeVisible();
  await page.getByLabel('Consent', { exact: true }).selectOption('Unsubscribed');
  await expect.poll(async () => ((await leads.get(lead)) as unknown as { consent: string }).consent).toBe('unsubscribed');
  await page.locator('main').focus();
  await page.keyboard.press('z');
  await expect(page.getByText('Undone: Ann Inline restored')).toBeVisible();
  expect(((await leads.get(lead)) as unknown as { consent: string }).consent).toBe('subscribed');
  await expect(page.getByLabel('Consent', { exact: true })).toHaveValue('subscribed');
});

test('what a form saved can be undone from its toast and by Z', async ({ page, visit, leads, campaigns }) => {
  const lead = await leads.add('Ann Form');
  await visit(`/leads/${lead.id}`);
  for (const undo of [() => page.getByRole('button', { name: 'Undo' }).click(), () => page.keyboard.press('z')]) {
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await page.getByLabel('Name', { exact: true }).fill('Anna Form');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page).toHaveURL(new RegExp(`/leads/${lead.id}$`));
    await expect(page.getByText('Saved Anna Form')).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Anna Form' }).first()).toBeVisible();
    await undo();
    await expect(page.getByRole('heading', { name: 'Ann Form' }).first()).toBeVisible();
    await expect(page.getByText('Saved Anna Form')).toHaveCount(0);
    await expect.poll(async () => (await leads.get(lead)).name).toBe('Ann Form');
  }
  await page.keyboard.press('c');
  await page.getByLabel('Name', { exact: true }).fill('Ben New');
  await page.getByLabel('E-mail').fill(`ben@${leads.company}.example`);
  await page.getByRole('button', { name: 'Add lead' }).click();
  await expect(page.getByText('Added Ben New')).toBeVisible();
  await page.keyboard.press('z');
  await expect(page.getByText('This lead was deleted')).toBeVisible();

  const campaign = await campaigns.add('Spring', { description: 'before' });
  await visit(`/campaigns/${campaign.id}?tab=settings`);
  const description = page.getByRole('textbox', { name: 'Description' });
  await description.fill('after');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('status').filter({ hasText: `Saved ${campaign.name}` }).getByRole('button', { name: 'Undo' }).click();
  await expect(description).toHaveValue('before');
  await expect.poll(async () => (await campaigns.get(campaign)).description).toBe('before');
});

test('an ended campaign comes back as it was', async ({ page, visit, campaigns, leads }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  await campaigns.enroll(campaign, await leads.addAll(['Ann Open']));
  await visit(`/campaigns/${campaign.id}`);
  await page.getByRole('link', { name: 'Complete', exact: true }).click();
  await page.getByRole('button', { name: 'Complete campaign' }).click();
  await expect(page.getByText(`Completed ${campaign.name}`)).toBeVisible();
  await page.keyboard.press('z');
  await expect.poll(async () => (await campaigns.get(campaign)).status).toBe('active');
  await ready(page);
});

test('whoever said no is left out, and that is said', async ({ page, visit, campaigns, leads }) => {
  const campaign = await campaigns.add('Spring');
  const gone = await leads.add('Ann Gone', { consent: 'unsubscribed' } as never);
  await leads.add('Ben There');
  await visit(`/campaigns/${campaign.id}?tab=leads&add=${leads.company}`);
  await page.getByRole('button', { name: 'Add Ann Gone' }).click();
  await expect(page.getByText('Ann Gone was left out: unsubscribed, bounced, complained or do not contact')).toBeVisible();
  await visit(leads.href());
  await everyBox(page).click();
  await page.getByRole('toolbar', { name: 'Actions on selected leads' }).getByRole('button', { name: 'Add to campaign' }).click();
  await page.getByRole('menuitem', { name: campaign.name }).click();
  await expect(page.getByText(`Enrolled 1 lead in ${campaign.name}, 1 left out`)).toBeVisible();
  expect((await campaigns.leads(campaign)).map(({ id }) => id)).not.toContain(gone.id);
});
