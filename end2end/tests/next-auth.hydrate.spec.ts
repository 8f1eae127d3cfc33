// The client of NextAuth 4.24 in a page of its own, as the pages of the contract "Kandid" use it, against Linnet.
import type { Page } from '@playwright/test';
import { build } from 'esbuild';
import { ADMIN, expect, test } from '../fixtures.ts';

const PAGE = `
  import { createRoot } from 'react-dom/client';
  import { useState } from 'react';
  import { SessionProvider, signIn, signOut, useSession } from 'next-auth/react';

  function Account() {
    const { data, status } = useSession();
    const [answer, setAnswer] = useState('');
    const enter = async (event) => {
      event.preventDefault();
      const { email, password, back } = Object.fromEntries(new FormData(event.currentTarget));
      const options = back ? { callbackUrl: back } : { redirect: false };
      const said = await signIn('credentials', { email, password, ...options });
      setAnswer(JSON.stringify(said ?? null));
    };
    return <main>
      <p role="status">{status} {data?.user?.email}</p>
      <pre id="answer">{answer}</pre>
      <form onSubmit={enter}>
        <input name="email" aria-label="E-mail" /><input name="password" aria-label="Password" /><input name="back" aria-label="Then to" />
        <button>Sign in</button>
      </form>
      <button onClick={() => signOut({ redirect: false })}>Sign out</button>
    </main>;
  }
  createRoot(document.body).render(<SessionProvider><Account /></SessionProvider>);
`;

let script = '';

test.beforeAll(async () => {
  const bundle = await build({
    stdin: { contents: PAGE, loader: 'jsx', resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}' },
  });
  script = bundle.outputFiles[0]!.text;
});

/** Serves the page on the server's own origin, so that its cookies are sent. */
async function open(page: Page): Promise<void> {
  await page.route('**/stock-client', (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src 'self'" },
      body: '<!doctype html><html lang="en"><title>Stock client</title><body><script src="/stock-client.js"></script></body></html>',
    }),
  );
  await page.route('**/stock-client.js', (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
  await page.goto('/stock-client');
}

async function signIn(page: Page, password: string, back = ''): Promise<void> {
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Then to').fill(back);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('its sign-in, session and sign-out work', async ({ guest, noise }) => {
  noise.push(/401/);
  await open(guest);
  const status = guest.getByRole('status');
  await expect(status).toHaveText('unauthenticated');

  await signIn(guest, 'a wrong password');
  await expect(guest.locator('#answer')).toContainText('"error":"CredentialsSignin"');
  await expect(guest.locator('#answer')).toContainText('"ok":false');
  await expect(status).toHaveText('unauthenticated');

  await signIn(guest, ADMIN.password);
  await expect(guest.locator('#answer')).toContainText('"ok":true');
  await expect(status).toHaveText(`authenticated ${ADMIN.email}`);
  const read = () => guest.evaluate(async () => (await fetch('/api/campaigns')).status);
  expect(await read()).toBe(200);
  await guest.reload();
  await expect(status).toHaveText(`authenticated ${ADMIN.email}`);

  await guest.getByRole('button', { name: 'Sign out' }).click();
  await expect(status).toHaveText('unauthenticated');
  expect(await read()).toBe(401);
});

test('its sign-in goes to the page that it names', async ({ guest }) => {
  await open(guest);
  await expect(guest.getByRole('status')).toHaveText('unauthenticated');
  await signIn(guest, ADMIN.password, '/leads');
  await expect(guest).toHaveURL(/\/leads$/);
  await expect(guest.getByRole('heading', { name: 'Leads', level: 1 })).toBeVisible();
});
