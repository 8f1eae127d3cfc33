// The server or the session is gone for a while: pages recover by themselves, and no typed text is lost.
import { NOBODY, complete, expect, ready, signIn, test } from '../fixtures.ts';
import { CampaignApi } from '../campaigns.ts';
import { LeadApi } from '../leads.ts';
import { names } from '../rows.ts';
import { everyBox } from '../selection.ts';

const AWAY = /WebSocket|ERR_CONNECTION|Failed to load resource|Failed to fetch/;

test('a page that could not be loaded loads by itself once the server is back', async ({ own: { server, page, api }, noise }) => {
  noise.push(AWAY);
  const leads = new LeadApi(api, 'away');
  await leads.addAll(['Ann', 'Bo']);
  await page.goto('/leads');
  await ready(page);
  await complete(page);
  await server.kill();
  const problem = page.getByRole('alert').filter({ hasText: 'This could not be loaded.' });
  for (const link of ['Campaigns', 'Activity', 'Dashboard', 'Leads']) {
    await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link', { name: link }).click();
    await expect(problem.first()).toBeVisible();
  }
  await server.up();
  await expect(names(page)).toHaveText(['Bo', 'Ann']);
  await expect(problem).toHaveCount(0);
});

test('a menu that could not be read is whole once the server is back', async ({ own: { server, page, api }, noise }) => {
  noise.push(AWAY);
  await new LeadApi(api, 'away').addAll(['Ann']);
  const campaign = await new CampaignApi(api, 'away').add('Spring');
  await page.goto('/leads');
  await ready(page);
  await complete(page);
  await server.kill();
  await everyBox(page).click();
  await page.getByRole('toolbar', { name: 'Actions on selected leads' }).getByRole('button', { name: 'Add to campaign' }).click();
  const menu = page.getByRole('menu').filter({ visible: true });
  await expect(menu).toContainText('No answer from Linnet');
  await server.up();
  await expect(menu.getByRole('menuitem', { name: campaign.name })).toBeVisible();
});

test('Retry reads again when the server answers and the socket does not know', async ({ page, visit, leads, noise }) => {
  noise.push(AWAY);
  await leads.add('Ann');
  await visit('/dashboard');
  await page.route('**/sfn/leads/list', (route) => route.abort());
  await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link', { name: 'Leads' }).click();
  const retry = page.getByRole('button', { name: 'Retry' });
  await expect(retry).toBeVisible();
  await page.unroute('**/sfn/leads/list');
  await retry.click();
  await expect(names(page).first()).toBeVisible();
  await expect(retry).toHaveCount(0);
});

test('what was typed stays when the session ends elsewhere, and can be saved after signing in again', async ({ server, open, leads, word, noise }) => {
  noise.push(AWAY, /401/);
  const lead = await leads.add('Nora Noted');
  const person = { email: `${word}@linnet.example`, password: 'a long enough password' };
  server.addUser(person.email, 'Mia Member', 'member', person.password);
  const page = await open({ storageState: NOBODY });
  const other = await open({ storageState: NOBODY });
  for (const one of [page, other]) await signIn(one, person);
  await page.goto(`/leads/${lead.id}`);
  await ready(page);
  await page.getByRole('textbox', { name: 'Note' }).fill('half a note');

  await other.goto('/settings');
  await ready(other);
  const sessions = other.getByRole('region', { name: 'Sessions' });
  await sessions.getByRole('listitem').filter({ hasNotText: 'This session' }).getByRole('button', { name: /^Sign out/ }).last().click();
  await expect(page.getByRole('alert').filter({ hasText: 'You were signed out.' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Note' })).toHaveValue('half a note');

  const opened = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'Sign in' }).click();
  const again = await opened;
  await signIn(again, person);
  await again.close();
  await page.bringToFront();
  await expect(page.getByRole('alert').filter({ hasText: 'You were signed out.' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Save note' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'half a note' })).toBeVisible();
});

test('a changed role is said, and what was typed stays', async ({ server, open, leads, word, noise }) => {
  noise.push(AWAY);
  const lead = await leads.add('Nora Noted');
  const person = { email: `${word}@linnet.example`, password: 'a long enough password' };
  server.addUser(person.email, `Mia ${word}`, 'member', person.password);
  const theirs = await open({ storageState: NOBODY });
  await signIn(theirs, person);
  await theirs.goto(`/leads/${lead.id}/edit`);
  await ready(theirs);
  await theirs.getByLabel('Company').fill('Half a comp');
  server.cli(['user', 'role', person.email, 'viewer']);
  await expect(theirs.getByRole('alert')).toContainText('Your role is now viewer.');
  await expect(theirs.getByLabel('Company')).toHaveValue('Half a comp');
  await expect(theirs).toHaveURL(/\/edit$/);
});
