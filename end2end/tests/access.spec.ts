import { ADMIN, NOBODY, expect, ready, signIn, test } from '../fixtures.ts';
import { SIZES } from '../pages.ts';

test('someone is invited by a link, chooses a password, gets a role and loses access', async ({ page, visit, open, guest, word, js, noise }) => {
  noise.push(/401|422/);
  const person = { name: `Pia ${word}`, email: `${word}@linnet.example`, password: 'a long enough password' };
  await visit('/settings');
  const people = page.getByRole('region', { name: 'People and roles' });
  await people.getByText('Invite a person').click();
  await people.getByLabel('Name').fill(person.name);
  await people.getByLabel('E-mail').fill('nobody');
  await people.getByRole('button', { name: 'Invite', exact: true }).click();
  await expect(people.getByLabel('E-mail')).toHaveAccessibleDescription(/name@example.com/);
  await expect(people.getByLabel('Name')).toHaveValue(person.name);
  await people.getByLabel('E-mail').fill(person.email);
  await people.getByRole('button', { name: 'Invite', exact: true }).click();
  const entry = people.getByRole('listitem').filter({ hasText: person.email });
  await expect(entry).toContainText('No password yet');
  const link = await page.locator('code', { hasText: '/join?token=' }).innerText();
  expect(page.url()).not.toContain('token');

  await guest.goto(link);
  await expect(guest.getByText(`You sign in as ${person.email}`)).toBeVisible();
  await guest.getByLabel('Password').fill('short');
  await guest.getByRole('button', { name: 'Save and sign in' }).click();
  await expect(guest.getByLabel('Password')).toHaveAccessibleDescription(/at least 10 characters/i);
  await guest.getByLabel('Password').fill(person.password);
  await guest.getByRole('button', { name: 'Save and sign in' }).click();
  await expect(guest).not.toHaveURL(/join|signin/);
  if (js) await ready(guest);

  await visit('/settings');
  await expect(page.locator('code', { hasText: '/join?token=' })).toHaveCount(0);
  await entry.getByRole('link', { name: `Manage ${person.name}` }).click();
  await expect(page).toHaveURL(/\/settings\/people\//);
  const role = page.getByRole('region', { name: 'Role' });
  await role.getByRole('combobox', { name: 'Role' }).selectOption('admin');
  await role.getByRole('button', { name: 'Save role' }).click();
  await expect(role.getByLabel('Your password')).toHaveAccessibleDescription(/Enter your own password/);
  await role.getByRole('combobox', { name: 'Role' }).selectOption('viewer');
  await role.getByRole('button', { name: 'Save role' }).click();
  await expect(role.getByLabel('Your password')).not.toHaveAttribute('aria-invalid');
  await expect(role.getByRole('combobox', { name: 'Role' })).toHaveValue('viewer');

  // A viewer sees leads and can change nothing.
  const theirs = await open({ storageState: NOBODY });
  await signIn(theirs, person);
  await visit('/leads', theirs);
  await expect(theirs.getByRole('heading', { name: 'Leads', level: 1 })).toBeVisible();
  await expect(theirs.getByRole('link', { name: 'New lead' })).toHaveCount(0);
  const refused = await theirs.request.post('/api/leads', { data: { name: 'No', email: 'no@linnet.example' }, headers: { Origin: new URL(theirs.url()).origin } });
  expect(refused.status()).toBe(403);

  const access = page.getByRole('region', { name: 'Access' });
  await access.getByRole('combobox', { name: 'Hand their leads to' }).selectOption({ label: ADMIN.name });
  await access.getByRole('button', { name: 'Deactivate' }).click();
  await expect(access.getByRole('button', { name: 'Reactivate' })).toBeVisible();
  // With scripts the page redirects by itself; without, at the next navigation.
  if (!js) await theirs.goto('/leads');
  await expect(theirs).toHaveURL(/\/signin/);
  await theirs.getByLabel('E-mail').fill(person.email);
  await theirs.getByLabel('Password').fill(person.password);
  await theirs.getByRole('button', { name: 'Sign in' }).click();
  await expect(theirs.getByLabel('Password')).toHaveAccessibleDescription('E-mail or password is wrong');
});

test('a key is created with the password, shown once, and revoked', async ({ page, visit, word, noise, playwright, server }) => {
  noise.push(/422/);
  await visit('/settings/api');
  const keys = page.getByRole('region', { name: 'API keys' });
  await keys.getByText('New key').click();
  await keys.getByLabel('Name').fill(`Shop ${word}`);
  await keys.getByRole('button', { name: 'Create key' }).click();
  await expect(keys.getByLabel('Your password')).toHaveAccessibleDescription(/Enter your own password/);
  await keys.getByLabel('Name').fill(`Shop ${word}`);
  await keys.getByLabel('Your password').fill(ADMIN.password);
  await keys.getByRole('button', { name: 'Create key' }).click();
  const secret = await page.locator('.secret code').innerText();
  const api = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Authorization: `Bearer ${secret}` } });
  expect((await api.get('/api/leads')).status()).toBe(200);
  await visit('/settings/api');
  await expect(page.locator('.secret')).toHaveCount(0);
  const entry = keys.getByRole('listitem').filter({ hasText: `Shop ${word}` });
  // The last use is written in the background.
  await expect(async () => {
    await visit('/settings/api');
    await expect(entry).toContainText('last used', { timeout: 1_000 });
  }).toPass();
  await expect(entry).toContainText('member');
  await entry.getByRole('button', { name: `Revoke Shop ${word}` }).click();
  await expect(entry).toHaveCount(0);
  expect((await api.get('/api/leads')).status()).toBe(401);
  await api.dispose();
});

test('a password is changed with the old one, and other sessions end', async ({ server, open, word, js, noise }) => {
  // The ended session requests `/sfn/who`.
  noise.push(/401|422/);
  const person = { email: `${word}@linnet.example`, password: 'a long enough password' };
  server.addUser(person.email, 'Changes', 'member', person.password);
  const here = await open({ storageState: NOBODY });
  const there = await open({ storageState: NOBODY });
  for (const page of [here, there]) {
    await signIn(page, person);
    if (js) await ready(page);
  }
  await here.goto('/settings');
  if (js) await ready(here);
  const profile = here.getByRole('region', { name: 'Profile' });
  await profile.getByLabel('Current password').fill('not this one');
  await profile.getByLabel('New password').fill('another long password');
  await profile.getByRole('button', { name: 'Change password' }).click();
  await expect(profile.getByLabel('Current password')).toHaveAccessibleDescription('This is not your current password');
  await profile.getByLabel('Current password').fill(person.password);
  await profile.getByLabel('New password').fill('another long password');
  await profile.getByRole('button', { name: 'Change password' }).click();
  if (js) await expect(profile.getByText('Password changed')).toBeVisible();
  await expect(profile.getByLabel('Current password')).toHaveValue('');
  await expect(profile.getByLabel('Current password')).not.toHaveAttribute('aria-invalid');
  if (!js) await there.goto('/leads');
  await expect(there).toHaveURL(/\/signin/);
  await profile.getByRole('textbox', { name: 'Name' }).fill('Changes Her Name');
  await profile.getByRole('button', { name: 'Save profile' }).click();
  await expect(profile.getByText('Changes Her Name')).toBeVisible();
  const zone = profile.getByRole('combobox', { name: 'Time zone' });
  await zone.fill('Kolkata');
  await profile.getByRole('button', { name: 'Save profile' }).click();
  await expect(here.getByText('No time zone “Kolkata”')).toBeVisible();
  await zone.fill('asia/kolkata');
  await profile.getByRole('button', { name: 'Save profile' }).click();
  await expect(zone).toHaveValue('Asia/Kolkata');
  await expect(here.getByRole('region', { name: 'Sessions' }).locator('time').first()).toHaveAttribute('title', /Asia\/Kolkata$/);
});

for (const [path, sections] of [
  ['/settings', ['Profile', 'Appearance', 'Sessions', 'People and roles']],
  ['/settings/api', ['API', 'API keys', 'Contracts', 'Examples', 'Events']],
] as const) {
  test(`${path} is one column on a phone`, async ({ open, js }) => {
    const page = await open({ viewport: SIZES[390] });
    await page.goto(path);
    if (js) await ready(page);
    for (const name of sections) {
      const box = await page.getByRole('region', { name, exact: true }).boundingBox();
      expect(box!.x).toBeGreaterThanOrEqual(0);
      expect(box!.x + box!.width).toBeLessThanOrEqual(390);
      expect(box!.width).toBeGreaterThan(320);
    }
    // The lines for a shell scroll.
    const wide = await page.evaluate(() => [...document.querySelectorAll('.settings *')].filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest('.sr, pre > *')).map((one) => one.outerHTML.slice(0, 80)));
    expect(wide).toEqual([]);
  });
}
