import { ADMIN, NOBODY, Server, expect, ready, signIn, test } from '../fixtures.ts';

test('the first start makes the administrator, and what was wrong stands at its field', async ({ guest, js }) => {
  const server = await Server.start({ admin: false });
  try {
    await guest.goto(`${server.url}/leads`);
    await expect(guest).toHaveURL(/\/setup$/);
    await expect(guest.getByLabel('Set-up token')).toHaveAccessibleDescription(/first start/);
    await guest.goto(`${server.url}/setup?token=${server.setupToken}`);
    await expect(guest.getByLabel('Set-up token')).toHaveValue(server.setupToken);
    await guest.getByLabel('Your name').fill('x'.repeat(101));
    await guest.getByLabel('E-mail').fill('boss@linnet.example');
    await guest.getByLabel('Password').fill('short');
    await guest.getByLabel('Load sample data').check();
    await guest.getByRole('button', { name: 'Create account' }).click();

    await expect(guest.getByLabel('Password')).toHaveAccessibleDescription(/at least 10 characters/);
    await expect(guest.getByLabel('Password')).toHaveValue('');
    await expect(guest.getByLabel('Your name')).toHaveAccessibleDescription(/at most 100 characters/);
    await expect(guest.getByLabel('Your name')).toHaveValue('x'.repeat(101));
    await expect(guest.getByLabel('E-mail')).toHaveValue('boss@linnet.example');
    await expect(guest.getByLabel('E-mail')).not.toHaveAttribute('aria-invalid');
    await expect(guest.getByLabel('Load sample data')).toBeChecked();

    await guest.getByLabel('Your name').fill('Bo Boss');
    await guest.getByLabel('Password').fill('correct horse battery staple');
    await guest.getByRole('button', { name: 'Create account' }).click();
    await expect(guest).toHaveURL(`${server.url}/dashboard`);
    if (js) await ready(guest);
    await expect(guest.getByRole('link', { name: /^Total leads 1,200/ })).toBeVisible();

    // Set-up is available only once.
    await guest.goto(`${server.url}/setup`);
    await expect(guest).toHaveURL(`${server.url}/dashboard`);
  } finally {
    // Before its server ends: pages log errors when it ends.
    await guest.close();
    await server.remove();
  }
});

test('the first start asks for the token of the log', async ({ open, js }) => {
  const server = await Server.start({ admin: false });
  try {
    expect(server.setupToken).not.toBe('');
    // Headers as a reverse proxy on this machine sets them.
    const page = await open({ storageState: NOBODY, extraHTTPHeaders: { 'X-Forwarded-For': '203.0.113.9' } });
    await page.goto(`${server.url}/`);
    await expect(page).toHaveURL(/\/setup$/);
    await page.getByLabel('Your name').fill('Bo Boss');
    await page.getByLabel('E-mail').fill('boss@linnet.example');
    await page.getByLabel('Password').fill('correct horse battery staple');
    await page.getByLabel('Set-up token').fill('a guess');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('Set-up token')).toHaveAccessibleDescription(/not the set-up token/);
    await expect(page.getByLabel('Your name')).toHaveValue('Bo Boss');

    await page.getByLabel('Set-up token').fill(server.setupToken);
    await page.getByLabel('Password').fill('password12345');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/first that are tried/);
    await expect(page.getByLabel('Set-up token')).toHaveValue(server.setupToken);
    await page.getByLabel('Password').fill('correct horse battery staple');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page).toHaveURL(`${server.url}/dashboard`);
    if (js) await ready(page);
    await page.close();
  } finally {
    await server.remove();
  }
});

test('the gate leads to sign-in, and back to where one was going', async ({ guest }) => {
  await guest.goto('/leads?q=ana%20b&sort=name');
  await expect(guest).toHaveURL(/\/signin\?next=/);
  await guest.getByLabel('E-mail').fill(ADMIN.email);
  await guest.getByLabel('Password').fill('a wrong password');
  await guest.getByRole('button', { name: 'Sign in' }).click();

  await expect(guest.getByLabel('Password')).toHaveAccessibleDescription('E-mail or password is wrong');
  await expect(guest.getByLabel('E-mail')).toHaveValue(ADMIN.email);
  await guest.getByLabel('Password').fill(ADMIN.password);
  await guest.getByRole('button', { name: 'Sign in' }).click();
  await expect(guest).toHaveURL(/\/leads\?q=ana(%20|\+)b&sort=name$/);
});

test('another site cannot be the place to go back to', async ({ guest, server }) => {
  await guest.goto('/signin?next=//example.com/');
  await signIn(guest, ADMIN);
  expect(new URL(guest.url()).origin).toBe(server.url);
});

test('signing out ends the session, in the browser and on the server', async ({ guest, js, noise }) => {
  // The page that is being left may notice first, and request `/sfn/who`.
  noise.push(/401.*\/sfn\/who/);
  await signIn(guest, ADMIN);
  if (js) await ready(guest);
  const kept = await guest.context().cookies();
  await guest.getByRole('button', { name: ADMIN.name }).click();
  await guest.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(guest).toHaveURL(/\/signin$/);
  await guest.context().addCookies(kept);
  await guest.goto('/leads');
  await expect(guest).toHaveURL(/\/signin\?next=/);
});

test('a session can be ended from another one', async ({ server, open, word, js, noise }) => {
  // The ended session requests `/sfn/who`.
  noise.push(/401/);
  const person = { email: `${word}@linnet.example`, password: 'a long enough password' };
  server.addUser(person.email, 'Sessions', 'member', person.password);
  const here = await open({ storageState: NOBODY });
  const there = await open({ storageState: NOBODY, userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' });
  for (const page of [here, there]) {
    await signIn(page, person);
    if (js) await ready(page);
  }

  await here.goto('/settings');
  if (js) await ready(here);
  const sessions = here.getByRole('region', { name: 'Sessions' });
  await expect(sessions.getByRole('listitem')).toHaveCount(2);
  await sessions.getByRole('button', { name: 'Sign out Firefox on Linux' }).click();
  await expect(sessions.getByRole('listitem')).toHaveCount(1);

  // With scripts the page redirects by itself; without, at the next navigation.
  if (!js) await there.goto('/leads');
  await expect(there).toHaveURL(/\/signin/);
  await here.goto('/leads');
  await expect(here).toHaveURL(/\/leads$/);
});
