// Fixtures of all specs: a server per worker, a signed-in page, an API client, and a check for browser errors.
import { type APIRequestContext, type BrowserContext, type BrowserContextOptions, type Page, test as base, expect } from '@playwright/test';
import { hash } from 'node:crypto';
import { CampaignApi } from './campaigns.ts';
import { LeadApi } from './leads.ts';
import { ADMIN, Server } from './server.ts';

type Tests = {
  /** Patterns of console messages that this test causes on purpose. Any other error or warning, or a page error, fails it. */
  noise: RegExp[];
  /** A page without a session. */
  guest: Page;
  /** Opens another browser context; signed in as the administrator by default. */
  open: (options?: BrowserContextOptions) => Promise<Page>;
  /** Whether `own` uses Postgres. */
  onPostgres: boolean;
  /** A server with only this test's data, and a signed-in page on it. */
  own: { server: Server; page: Page; api: APIRequestContext; key: string };
  /** Goes to a page and, with JavaScript, waits until it is hydrated and live. */
  visit: (path: string, page?: Page) => Promise<void>;
  /** The REST API, with an administrator's key. */
  api: APIRequestContext;
  leads: LeadApi;
  campaigns: CampaignApi;
  /** A word unique to this test: part of all names that it creates, to search for them. */
  word: string;
  js: boolean;
};

type Workers = {
  /** Sample data in the server of this file: `test.use({ demo: true })`. */
  demo: boolean;
  server: Server;
  key: string;
  session: Session;
};
type Session = Awaited<ReturnType<APIRequestContext['storageState']>>;

export const NOBODY: Session = { cookies: [], origins: [] };

export const test = base.extend<Tests, Workers>({
  demo: [false, { option: true, scope: 'worker' }],
  server: [
    async ({ demo }, use) => {
      const server = await Server.start();
      if (demo) server.cli(['demo']);
      await use(server);
      await server.remove();
    },
    { scope: 'worker' },
  ],
  key: [async ({ server }, use) => use(server.addKey('end2end', 'admin')), { scope: 'worker' }],
  // Signed in once per worker, by the request that the page's form sends.
  session: [
    async ({ server, playwright }, use) => {
      const request = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Origin: server.url } });
      const answer = await request.post('/api/auth/login', { data: { email: ADMIN.email, password: ADMIN.password } });
      expect(answer.status(), await answer.text()).toBe(200);
      await use(await request.storageState());
      await request.dispose();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  storageState: async ({ session }, use) => use(session),
  js: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
  noise: async ({}, use) => {
    await use([]);
  },
  context: async ({ context, noise, js }, use) => {
    const heard = listen(context, js);
    await use(context);
    expect(heard.filter((one) => !noise.some((known) => known.test(one)))).toEqual([]);
  },
  open: async ({ browser, server, session, noise, js, viewport, colorScheme }, use) => {
    const opened: { context: BrowserContext; heard: string[] }[] = [];
    await use(async (options = {}) => {
      const usual = { baseURL: server.url, storageState: session, javaScriptEnabled: js, viewport, colorScheme };
      const context = await browser.newContext({ ...usual, ...options });
      opened.push({ context, heard: listen(context, js) });
      return context.newPage();
    });
    for (const { context } of opened) await context.close();
    expect(opened.flatMap(({ heard }) => heard).filter((one) => !noise.some((known) => known.test(one)))).toEqual([]);
  },
  guest: async ({ open }, use) => use(await open({ storageState: NOBODY })),
  onPostgres: [false, { option: true }],
  own: async ({ open, playwright, onPostgres, js }, use) => {
    const server = await Server.start({ onPostgres });
    const key = server.addKey('end2end', 'admin');
    const api = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Authorization: `Bearer ${key}` } });
    const page = await open({ baseURL: server.url, storageState: NOBODY });
    await signIn(page, ADMIN);
    // A page throws when its server ends while it still loads its code.
    if (js) await ready(page);
    await use({ server, page, api, key });
    // Before its server ends: pages log errors when it ends, including other windows of this test.
    for (const context of page.context().browser()?.contexts() ?? []) await context.close();
    await api.dispose();
    await server.remove();
  },
  visit: async ({ page, js }, use) => {
    await use(async (path, where = page) => {
      await where.goto(path);
      if (js) await ready(where);
    });
  },
  api: async ({ server, key, playwright }, use) => {
    const api = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Authorization: `Bearer ${key}` } });
    await use(api);
    await api.dispose();
  },
  leads: async ({ api, word }, use) => use(new LeadApi(api, word)),
  campaigns: async ({ api, word }, use) => use(new CampaignApi(api, word)),
  word: async ({}, use, info) => use(`w${hash('sha1', `${info.testId} ${info.repeatEachIndex} ${info.retry}`).slice(0, 10)}`),
});

/** Waits until the page is hydrated and its socket is open. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator('.conn[data-state="live"]')).toBeAttached();
}

/** Waits until the browser also has the code of all other pages. */
export async function complete(page: Page): Promise<void> {
  const areas = () => page.evaluate(() => new Set(performance.getEntriesByType('resource').map(({ name }) => /linnet-(campaigns|office)\.\w+\.wasm$/.exec(name)?.[1]).filter(Boolean)).size);
  await expect.poll(areas).toBe(2);
}

/** Signs in by the form. Ends on the list of leads, or on the page that had redirected to sign-in. */
export async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  if (!page.url().includes('/signin')) await page.goto('/signin');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/\/signin/);
}

/** A promise that the test resolves. */
export function hold(): { released: Promise<void>; release: () => void } {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  return { released, release };
}

/** Collects console errors and warnings, and uncaught exceptions. */
function listen(context: BrowserContext, js: boolean): string[] {
  const heard: string[] = [];
  // Without scripts, the only messages are about unused preloads.
  if (!js) return heard;
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) heard.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => heard.push(`thrown: ${error.error().message} ${error.error().stack ?? ''} (${error.page()?.url() ?? ''})`));
  return heard;
}

export { ADMIN, Server, expect };
