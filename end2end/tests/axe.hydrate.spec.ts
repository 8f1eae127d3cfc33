import { expectAccessible, expectAccessibleColours } from '../axe.ts';
import { NOBODY, Server, test } from '../fixtures.ts';
import { type Place, SIZES, places } from '../pages.ts';

test.use({ demo: true });

let all: Place[] = [];

test.beforeAll(async ({ server, key, playwright }) => {
  const api = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Authorization: `Bearer ${key}` } });
  all = await places(api);
  await api.dispose();
});

for (const width of [1440, 390] as const) {
  test(`every page is accessible, light and dark: ${width} px`, async ({ open, session, noise }) => {
    noise.push(/404|422/);
    test.setTimeout(1_200_000);
    // One context, because its cache holds the WebAssembly file for all pages.
    const browser = async (storageState: typeof session) =>
      (await open({ colorScheme: 'light', viewport: SIZES[width], storageState, reducedMotion: 'reduce' })).context();
    const [ours, strangers] = [await browser(session), await browser(NOBODY)];
    for (const { name, open: visit, signedIn } of all) {
      await test.step(name, async () => {
        const page = await (signedIn ? ours : strangers).newPage();
        await visit(page);
        await expectAccessible(page, name);
        await expectAccessibleColours(page, name);
        await page.close();
      });
    }
  });
}

test('the first start is accessible, light and dark', async ({ open }) => {
  const server = await Server.start({ admin: false });
  try {
    for (const width of [1440, 390] as const) {
      const page = await open({ baseURL: server.url, colorScheme: 'light', viewport: SIZES[width], storageState: NOBODY });
      await page.goto('/setup');
      await expectAccessible(page, 'setup');
      await expectAccessibleColours(page, 'setup');
      await page.close();
    }
  } finally {
    await server.remove();
  }
});
