// Input into a page before it is hydrated.
import type { Page } from '@playwright/test';
import { expect, hold, ready, test } from '../fixtures.ts';
import { names } from '../rows.ts';

/** Opens a page, and holds back its WebAssembly until `early` is done. */
async function before(page: Page, path: string, early: () => Promise<void>): Promise<void> {
  const program = hold();
  const asked = page.waitForRequest('**/*.wasm');
  await page.route('**/*.wasm', async (route) => {
    await program.released;
    await route.continue();
  });
  await page.goto(path);
  await asked;
  await early();
  program.release();
  await ready(page);
}

test('what was typed into a search before the program runs stays, and is searched', async ({ page, campaigns, leads, word }) => {
  await campaigns.add('Spring');
  await campaigns.add('Autumn');
  await leads.addAll(['Ann', 'Bo']);
  const lists = [
    { path: campaigns.href(), words: `spring ${word}`, left: `Spring ${word}` },
    { path: leads.href(), words: `ann@${leads.company}`, left: 'Ann' },
  ];
  for (const { path, words, left } of lists) {
    const box = page.locator('#search');
    await before(page, path, async () => {
      await expect(names(page)).toHaveCount(2);
      await box.fill(words);
    });
    await expect(names(page)).toHaveText([left]);
    await expect(box).toHaveValue(words);
  }
});

test('what was typed into a form before the program runs is what is saved', async ({ page, campaigns, word }) => {
  await before(page, '/campaigns/new', async () => {
    await page.getByLabel('Name').fill(`Early ${word}`);
    await page.getByRole('textbox', { name: 'Description' }).fill('Written at once');
  });
  await page.getByRole('button', { name: 'Add campaign' }).click();
  await expect(page.getByRole('heading', { name: `Early ${word}`, level: 1 })).toBeVisible();
  await page.goto(campaigns.href());
  const id = (await page.locator('tr[data-id]').getAttribute('data-id'))!;
  expect(await campaigns.get({ id })).toMatchObject({ name: `Early ${word}`, description: 'Written at once' });
  await before(page, `/campaigns/${id}?tab=settings`, () => page.getByRole('textbox', { name: 'Description' }).fill('Written later'));
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(`Saved Early ${word}`)).toBeVisible();
  expect(await campaigns.get({ id })).toMatchObject({ description: 'Written later' });
});

test('what is done while the page is taken over is heard', async ({ page, leads }) => {
  await leads.addAll(['Ann', 'Bo']);
  // Slices are separated by timers of 0 ms. Here they never fire, so only the first slice runs by itself.
  await page.addInitScript(() => {
    const later = window.setTimeout;
    const slices = { waiting: 0 };
    const hold = (act: () => void, wait?: number) => (wait === 0 ? ++slices.waiting : later(act, wait));
    Object.assign(window, { slices, setTimeout: hold });
  });
  await page.goto(leads.href());
  await page.waitForFunction(() => (window as unknown as { slices: { waiting: number } }).slices.waiting > 0);
  await page.getByRole('link', { name: 'Ann', exact: true }).click();
  await expect(page.getByRole('complementary', { name: 'Lead', exact: true })).toBeVisible();
  await expect(page).toHaveURL(/peek=/);
});
