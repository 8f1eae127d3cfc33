// The program in files: the main one, and areas that are fetched beside it, when idle, or when a page needs them.
import type { Page } from '@playwright/test';
import { expect, hold, ready, test } from '../fixtures.ts';
import { places } from '../pages.ts';

test.use({ demo: true });

const AREA = '**/pkg/linnet-*.wasm';
const MAIN = '**/pkg/linnet.*.wasm';

/** Goes to a page as a link does, without loading a document. */
async function follow(page: Page, href: string): Promise<void> {
  await page.evaluate((href) => {
    const link = Object.assign(document.createElement('a'), { href });
    document.body.append(link);
    link.click();
    link.remove();
  }, href);
}

/** Marks the document, and tells later whether it is still the same. */
async function marked(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => Object.assign(window, { marked: true }));
  return () => page.evaluate(() => 'marked' in window);
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const problem = (page: Page) => page.getByRole('alert').filter({ hasText: 'This part of Linnet could not be loaded.' });

test('every page opens directly and from the leads, by the same document', async ({ page, api, noise }) => {
  noise.push(/404|422/);
  test.setTimeout(900_000);
  const names = new Map<string, string>();
  for (const place of await places(api)) {
    if (!place.signedIn) continue;
    await place.open(page);
    const { pathname, search } = new URL(page.url());
    names.set(pathname + search, await heading(page).innerText());
  }
  expect(names.size).toBeGreaterThan(20);
  await page.goto('/leads');
  await ready(page);
  const isSame = await marked(page);
  for (const [path, name] of names) {
    await follow(page, path);
    await expect(page).toHaveURL(path);
    await expect(heading(page), path).toHaveText(name, { useInnerText: true });
    await follow(page, '/leads');
    await expect(heading(page)).toContainText('Leads');
  }
  expect(await isSame()).toBe(true);
});

test('an area is fetched beside the main file, and the others when the page is idle', async ({ page }) => {
  const program = hold();
  await page.route(MAIN, async (route) => {
    await program.released;
    await route.continue();
  });
  const beside = page.waitForRequest('**/pkg/linnet-office.*.wasm');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('/settings');
  await beside;
  expect(asked.filter((url) => url.includes('linnet-campaigns'))).toEqual([]);
  const later = page.waitForRequest('**/pkg/linnet-campaigns.*.wasm');
  program.release();
  await ready(page);
  await later;
});

test('a page whose area cannot be fetched says so, and reloads', async ({ page, noise }) => {
  noise.push(/Failed to load resource|Failed to fetch/);
  await page.route(AREA, (route) => route.abort());
  await page.goto('/leads');
  await ready(page);
  await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link', { name: 'Campaigns' }).click();
  await expect(problem(page)).toBeVisible();
  await expect(page).toHaveURL('/campaigns');
  await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link', { name: 'Leads' }).click();
  await expect(heading(page)).toContainText('Leads');
  await expect(problem(page)).toHaveCount(0);
  await page.getByRole('navigation', { name: 'Main' }).first().getByRole('link', { name: 'Campaigns' }).click();
  await expect(problem(page)).toBeVisible();
  await page.unroute(AREA);
  await problem(page).getByRole('button', { name: 'Reload' }).click();
  await expect(heading(page)).toContainText('Campaigns');
  await ready(page);
});

test('a page that is opened without its area stays readable, and says so', async ({ page, noise, campaigns, word }) => {
  noise.push(/Failed to load resource|Failed to fetch/);
  await campaigns.add('Spring');
  await page.route(AREA, (route) => route.abort());
  await page.goto(campaigns.href());
  await expect(problem(page)).toBeVisible();
  await expect(page.getByRole('link', { name: `Spring ${word}` }).first()).toBeVisible();
  await page.unroute(AREA);
  await problem(page).getByRole('button', { name: 'Reload' }).click();
  await ready(page);
  await expect(problem(page)).toHaveCount(0);
});

test('after a release, a tab loads the next page from the server', async ({ page, noise }) => {
  noise.push(/Failed to load resource|HTTP status code is not ok/);
  let old = true;
  await page.route(AREA, (route) => (old ? route.fulfill({ status: 404 }) : route.continue()));
  await page.goto('/leads');
  await ready(page);
  const isSame = await marked(page);
  page.on('request', (request) => (old &&= !request.isNavigationRequest()));
  await follow(page, '/campaigns?q=spring');
  await expect(page).toHaveURL('/campaigns?q=spring');
  await ready(page);
  expect(await isSame()).toBe(false);
  await expect(problem(page)).toHaveCount(0);
});

test('a file that stays missing does not reload a page again and again', async ({ page, noise }) => {
  noise.push(/Failed to load resource|HTTP status code is not ok/);
  await page.route(AREA, (route) => route.fulfill({ status: 404 }));
  await page.goto('/leads');
  await ready(page);
  const loads: string[] = [];
  page.on('request', (request) => request.isNavigationRequest() && loads.push(new URL(request.url()).pathname));
  await follow(page, '/campaigns');
  await expect(problem(page)).toBeVisible();
  expect(loads).toEqual(['/campaigns']);
});
