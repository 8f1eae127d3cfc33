// Screenshots of every page, for comparison with the reference: `SHOTS=<folder> npx playwright test shots`. Nothing is asserted.
import { join } from 'node:path';
import { NOBODY, Server, test } from '../fixtures.ts';
import { SIZES, THEMES, places } from '../pages.ts';

test.use({ demo: true });

const folder = process.env['SHOTS'] ?? '';

test('every page in both themes at each size', async ({ server, session, open, api, noise }) => {
  test.skip(!folder, 'SHOTS names no folder');
  test.setTimeout(1_200_000);
  noise.push(/./);
  for (const { name, open: visit, signedIn } of await places(api)) {
    for (const colorScheme of THEMES) {
      for (const width of [1440, 1024, 390] as const) {
        if (width === 1024 && !name.startsWith('leads')) continue;
        const page = await open({ colorScheme, viewport: SIZES[width], storageState: signedIn ? session : NOBODY });
        await visit(page);
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
        await page.close();
      }
    }
  }
  const fresh = await Server.start({ admin: false });
  try {
    for (const colorScheme of THEMES) {
      for (const width of [1440, 390] as const) {
        const page = await open({ baseURL: fresh.url, colorScheme, viewport: SIZES[width], storageState: NOBODY });
        await page.goto('/setup');
        await page.screenshot({ path: join(folder, `setup-${width}-${colorScheme}.png`) });
        await page.close();
      }
    }
  } finally {
    await fresh.remove();
  }
});
