// Page addresses, with scripts and without.
import { expect, test } from '../fixtures.ts';

test('an address is decoded once', async ({ page, visit }) => {
  for (const text of ['a%26b', '100 %', 'a&b=c+d', 'é%C3%A9']) {
    await visit(`/leads?q=${encodeURIComponent(text)}`);
    await expect(page.getByRole('searchbox').first()).toHaveValue(text);
  }
});

test('a slash at the end leads to the page', async ({ page }) => {
  await page.goto('/leads/?q=ana');
  await expect(page).toHaveURL('/leads?q=ana');
  await expect(page.getByRole('searchbox').first()).toHaveValue('ana');
});
