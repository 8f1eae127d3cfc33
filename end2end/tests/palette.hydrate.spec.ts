// The command palette, by keyboard alone.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../axe.ts';
import { NOBODY, expect, hold, signIn, test } from '../fixtures.ts';

const palette = (page: Page) => page.getByRole('dialog', { name: 'Search and commands' });
const line = (page: Page) => palette(page).getByRole('combobox');
const chosen = (page: Page) => palette(page).getByRole('option', { selected: true });

async function open(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(line(page)).toBeFocused();
}

test('finds leads and campaigns, and opens what is chosen', async ({ page, visit, leads, campaigns, word }) => {
  await leads.addAll(['Maren Holt', 'Idris Okafor'], () => ({ stage: 'Negotiation' }));
  const campaign = await campaigns.add('Spring');
  await visit('/imports');
  await open(page);
  await line(page).pressSequentially(word);
  await expect(palette(page).getByRole('group', { name: 'Leads' }).getByRole('option')).toHaveText([/^IO\s*Idris Okafor.*Negotiation$/, /^MH\s*Maren Holt/]);
  await expect(palette(page).getByRole('group', { name: 'Campaigns' }).getByRole('option')).toContainText(['Spring']);
  await expect(palette(page).locator('mark:not(:empty)').first()).toHaveText(word);
  await expect(line(page)).toHaveAttribute('aria-activedescendant', (await chosen(page).getAttribute('id'))!);
  await expectAccessible(page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(chosen(page)).toContainText('Spring');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/campaigns/${campaign.id}$`));
  await expect(palette(page)).toBeHidden();
});

test('Shift and Enter peek at a lead beside the list', async ({ page, visit, leads, word }) => {
  const lead = await leads.add('Pia Peeked');
  await visit('/campaigns');
  await open(page);
  await line(page).pressSequentially(word);
  await expect(chosen(page)).toContainText('Pia Peeked');
  await page.keyboard.press('Shift+Enter');
  await expect(page).toHaveURL(new RegExp(`/leads\\?peek=${lead.id}`));
  await expect(page.getByRole('complementary', { name: 'Lead', exact: true })).toContainText('Pia Peeked');
});

test('runs pages and actions, and hands a name to the form of a new lead', async ({ page, visit }) => {
  await visit('/leads');
  await open(page);
  await line(page).pressSequentially('dark');
  await expect(chosen(page)).toHaveText('Dark theme');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await open(page);
  await line(page).pressSequentially('imports');
  await expect(chosen(page)).toContainText('Imports');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/imports$/);
  await open(page);
  await line(page).pressSequentially('pause');
  await expect(chosen(page)).toContainText('Pause or resume live updates');
  await page.keyboard.press('Enter');
  await expect(page.locator('.conn')).toHaveText(/^Paused/);
  await expect(palette(page)).toBeHidden();
  await page.keyboard.press('p');
  await open(page);
  await line(page).pressSequentially('Zoë Nobody');
  await expect(chosen(page)).toHaveText('New lead named “Zoë Nobody”');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Name')).toHaveValue('Zoë Nobody');
});

test('opens from inside a field, and closes with Escape, by its key, or by a press beside it', async ({ page, visit }) => {
  await visit('/leads');
  await page.locator('#search').focus();
  await open(page);
  await page.keyboard.press('Escape');
  await expect(palette(page)).toBeHidden();
  await expect(page.locator('#search')).toBeFocused();
  await open(page);
  await page.keyboard.press('Control+k');
  await expect(palette(page)).toBeHidden();
  await open(page);
  // A close is told later by the browser: by then it may be open again.
  await palette(page).dispatchEvent('close');
  await line(page).pressSequentially('leads');
  await expect(line(page)).toHaveValue('leads');
  await page.mouse.click(5, 5);
  await expect(palette(page)).toBeHidden();
});

test('an answer to an earlier question is dropped', async ({ page, visit, leads, word }) => {
  await leads.addAll(['Anna First', 'Berta Second']);
  await visit('/campaigns');
  const { released, release } = hold();
  const asked: string[] = [];
  await page.route('**/sfn/find', async (route) => {
    const text = (route.request().postDataJSON() as { text: string }).text;
    asked.push(text);
    if (text === 'Anna') await released;
    await route.continue();
  });
  await open(page);
  await line(page).fill('Anna');
  await expect.poll(() => asked).toEqual(['Anna']);
  await line(page).fill(word);
  await expect(palette(page).getByRole('group', { name: 'Leads' }).getByRole('option')).toHaveCount(2);
  const late = page.waitForResponse((answer) => answer.url().endsWith('/sfn/find'));
  release();
  await late;
  await expect(palette(page).getByRole('group', { name: 'Leads' }).getByRole('option')).toHaveCount(2);
});

test('whoever only reads is offered nothing that writes', async ({ server, open: browser, visit }) => {
  const vera = { email: 'vera.palette@example.com', password: 'correct horse battery staple' };
  server.addUser(vera.email, 'Vera Viewer', 'viewer', vera.password);
  const page = await browser({ storageState: NOBODY });
  await signIn(page, vera);
  await visit('/campaigns', page);
  await open(page);
  await line(page).pressSequentially('new');
  await expect(palette(page).getByRole('status')).toHaveText('Nothing found');
  await expectAccessible(page);
});
