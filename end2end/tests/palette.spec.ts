// Global search: the command palette with JavaScript, the search of leads without.
import { expect, test } from '../fixtures.ts';

test('the search of the sidebar opens the palette, or leads to the search of leads', async ({ page, visit, js }) => {
  await visit('/campaigns');
  await page.getByRole('link', { name: 'Search or jump to' }).click();
  if (js) {
    await expect(page.getByRole('dialog', { name: 'Search and commands' })).toBeVisible();
    await expect(page).toHaveURL(/\/campaigns$/);
  } else {
    await expect(page).toHaveURL(/\/leads\?focus=search/);
    await expect(page.getByRole('searchbox')).toBeVisible();
  }
});
