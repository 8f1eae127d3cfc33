// The page "API" of the settings: address, contracts, examples that work when pasted, and keys for administrators.
import { execFileSync } from 'node:child_process';
import { NOBODY, expect, ready, signIn, test } from '../fixtures.ts';

const PASSWORD = 'correct horse battery staple';

for (const role of ['viewer', 'member', 'manager', 'admin'] as const) {
  test(`a ${role} sees what programs can do, and keys only as an administrator`, async ({ server, open, js, word }) => {
    const person = { email: `${word}@linnet.example`, password: PASSWORD };
    server.addUser(person.email, 'Pia Programs', role, person.password);
    const page = await open({ storageState: NOBODY });
    await signIn(page, person);
    await page.goto('/settings/api');
    if (js) await ready(page);
    await expect(page.getByRole('region', { name: 'API', exact: true })).toContainText(server.url);
    for (const name of ['Native', 'Kandid', 'Leads Artisan']) {
      const contract = page.getByRole('article', { name });
      await expect(contract).toContainText('Served');
      await expect(contract).toContainText(name === 'Leads Artisan' ? 'Refused; served with --open' : 'Refused');
    }
    await expect(page.getByRole('article', { name: 'Kandid' })).toContainText('Closed; open with --sign-up open');
    for (const path of ['/docs', '/redoc', '/openapi.json']) await expect(page.locator(`a[href="${path}"]`)).toBeVisible();
    await expect(page.getByRole('region', { name: 'API keys' })).toHaveCount(role === 'admin' ? 1 : 0);
    await expect(page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'API' })).toHaveAttribute('aria-current', 'page');
  });
}

test('every example works when it is pasted into a shell', async ({ visit, page, key, api }) => {
  await visit('/settings/api');
  const lines = await page.getByRole('region', { name: 'Examples' }).locator('pre').allTextContents();
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) {
    const streams = line.includes('/api/events');
    // An event stream ends by the time limit, which is curl's status 28.
    const pasted = `${line.replace('curl', 'curl --silent --show-error --fail-with-body --max-time ' + (streams ? '2' : '20'))} || [ $? = ${streams ? 28 : 0} ]`;
    execFileSync('bash', ['-c', pasted], { env: { ...process.env, LINNET_KEY: key } });
  }
  const added = (await (await api.get('/api/leads?search=Ana+Marques')).json()) as { data: { email: string }[] };
  expect(added.data.map(({ email }) => email)).toContainEqual(expect.stringMatching(/^ana\.\d+@example\.com$/));
});
