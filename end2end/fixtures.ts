// What every spec starts from: a server per worker, a signed-in page, an API client.
import { type APIRequestContext, type Page, test as base, expect } from '@playwright/test';
import { ADMIN, Server } from './server.ts';

type Tests = {
  /** A page of a signed-in administrator. */
  page: Page;
  /** A page of somebody unknown. */
  guest: Page;
  /** The REST API, with an administrator's key. */
  api: APIRequestContext;
};

type Workers = { server: Server; key: string; session: Session };
type Session = Awaited<ReturnType<APIRequestContext['storageState']>>;

export const test = base.extend<Tests, Workers>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
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
  api: async ({ server, key, playwright }, use) => {
    const api = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Authorization: `Bearer ${key}` } });
    await use(api);
    await api.dispose();
  },
  guest: async ({ browser, server, javaScriptEnabled }, use) => {
    const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled, storageState: { cookies: [], origins: [] } });
    await use(await context.newPage());
    await context.close();
  },
});

export { ADMIN, Server, expect };
