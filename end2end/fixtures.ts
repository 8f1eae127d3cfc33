// What every spec starts from: a server per worker, a signed-in page, an API client, and ears for what a browser complains about.
import { type APIRequestContext, type BrowserContext, type BrowserContextOptions, type Page, test as base, expect } from '@playwright/test';
import { hash } from 'node:crypto';
import { CampaignApi } from './campaigns.ts';
import { LeadApi } from './leads.ts';
import { ADMIN, Server } from './server.ts';

type Tests = {
  /** Patterns of complaints this test causes on purpose; any other on the console, or a page error, fails it. */
  noise: RegExp[];
  /** A page of somebody unknown. */
  guest: Page;
  /** Opens another browser; the administrator's unless told otherwise. */
  open: (options?: BrowserContextOptions) => Promise<Page>;
  /** What `own` is to be on. */
  onPostgres: boolean;
  /** A server with nobody's leads but this test's, and a signed-in page on it. */
  own: { server: Server; page: Page; api: APIRequestContext; key: string };
  /** Goes to a page and, with JavaScript, waits until it runs. */
  visit: (path: string, page?: Page) => Promise<void>;
  /** The REST API, with an administrator's key. */
  api: APIRequestContext;
  leads: LeadApi;
  campaigns: CampaignApi;
  /** A word no other test uses: what this test makes carries it, and is found by it. */
  word: string;
  js: boolean;
};

type Workers = {
  /** Sample data in the server of this file alone: `test.use({ demo: true })`. */
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
  // Signed in once per worker, by the way the page's form does it.
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
  own: async ({ open, playwright, onPostgres }, use) => {
    const server = await Server.start({ onPostgres });
    const key = server.addKey('end2end', 'admin');
    const api = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Authorization: `Bearer ${key}` } });
    const page = await open({ baseURL: server.url, storageState: NOBODY });
    await signIn(page, ADMIN);
    await use({ server, page, api, key });
    // Before its server: a page complains when that goes, and a window that this test opened beside it too.
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

/** The page runs and its socket is open: what is pressed from now on is heard. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator('.conn[data-state="live"]')).toBeAttached();
}

/** By the form. Ends on the list of leads, or where the gate had stopped the page. */
export async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  if (!page.url().includes('/signin')) await page.goto('/signin');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).not.toHaveURL(/\/signin/);
}

/** Something waits until the test lets it go on. */
export function hold(): { released: Promise<void>; release: () => void } {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  return { released, release };
}

/** Errors and warnings of the console, and what was thrown and not caught. */
function listen(context: BrowserContext, js: boolean): string[] {
  const heard: string[] = [];
  // Where scripts are off, all there is to hear is that their preloads were for nothing.
  if (!js) return heard;
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) heard.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => heard.push(`thrown: ${error.error().stack ?? error.error().message}`));
  return heard;
}

export { ADMIN, Server, expect };
