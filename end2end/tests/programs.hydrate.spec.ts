// The live view of events on the page "API", and its copy buttons.
import { NOBODY, complete, expect, ready, signIn, test } from '../fixtures.ts';

test('events appear as they happen, newest first, at most 100; a pause holds them', async ({ visit, page, leads, word }) => {
  await visit('/settings/api');
  const events = page.getByRole('region', { name: 'Events' });
  await expect(events.getByRole('status')).toHaveText('Live');
  const rows = events.getByRole('listitem');
  const lead = await leads.add(`Eva ${word}`);
  await expect(rows.filter({ hasText: lead.id })).toHaveCount(1);
  await expect(rows.first()).toContainText(/create lead\s*#\d+\s*\{/);

  await events.getByRole('button', { name: 'Hold' }).click();
  const before = await rows.count();
  await leads.add(`Fritz ${word}`);
  await expect(events.getByRole('status')).toHaveText('On hold, 1 waiting');
  await expect(rows).toHaveCount(before);
  await events.getByRole('button', { name: 'Continue' }).click();
  await expect(rows.first()).toContainText(`Fritz ${word}`);

  for (let n = 0; n < 101; n += 1) await leads.add(`Many ${n} ${word}`);
  await expect(rows.first()).toContainText(`Many 100 ${word}`);
  await expect(rows).toHaveCount(100);
});

test('the events end with the session, and when the page is left', async ({ server, open, word, noise }) => {
  noise.push(/401/);
  const person = { email: `${word}@linnet.example`, password: 'correct horse battery staple' };
  server.addUser(person.email, 'Eve Ends', 'viewer', person.password);
  const page = await open({ storageState: NOBODY });
  await signIn(page, person);
  await page.goto('/settings/api');
  await ready(page);
  await complete(page);
  const events = page.getByRole('region', { name: 'Events' });
  await expect(events.getByRole('status')).toHaveText('Live');
  // The page of the profile has no stream; coming back opens another.
  const closed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/events'));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Imports' }).click();
  await closed;
  await page.goBack();
  await expect(events.getByRole('status')).toHaveText('Live');
  server.cli(['user', 'role', person.email, 'member']);
  await expect(events.getByRole('status')).toHaveText('Ended; reload to listen again');
});

test('an example is copied', async ({ visit, page, server }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await visit('/settings/api');
  await page.getByRole('button', { name: 'Copy List leads', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Copied List leads', exact: true })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(`curl -H "Authorization: Bearer $LINNET_KEY" "${server.url}/api/leads?limit=5"`);
});

test('the palette finds the page', async ({ visit, page }) => {
  await visit('/leads');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Search and commands' }).getByRole('combobox')).toBeFocused();
  await page.keyboard.type('api');
  await page.getByRole('option', { name: 'API', exact: true }).click();
  await expect(page).toHaveURL(/\/settings\/api$/);
});
