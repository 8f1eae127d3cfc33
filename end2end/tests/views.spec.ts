// Saved views, with and without JavaScript: saved by a form, opened by a tab or in the sidebar.
import { expect, test } from '../fixtures.ts';

test('a list is saved under a name, and opens again by its tab and in the sidebar', async ({ page, visit, leads, word }) => {
  await leads.add('Ann Able', { value: 5_000_00 });
  await leads.add('Bo Berg');
  await visit(`${leads.href()}&sort=-value&layout=board`);
  const name = `Warm ${word}`;
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByLabel('Name of the new view').fill(name);
  await page.getByRole('dialog', { name: 'Save view' }).getByRole('button', { name: 'Save view' }).click();
  const tab = page.getByRole('navigation', { name: 'Views of leads' }).getByRole('link', { name });
  await expect(tab).toHaveAttribute('aria-current', 'page');

  await visit('/leads');
  await page.getByRole('navigation', { name: 'Saved views' }).getByRole('link', { name }).click();
  await expect(page).toHaveURL(/layout=board/);
  await expect(tab).toHaveAttribute('aria-current', 'page');
  await expect(page.locator('section[data-stage="New Lead"]').getByRole('heading', { level: 3 })).toHaveText(['Ann Able', 'Bo Berg']);

  // Another sort is a change, which can be saved or reset.
  await page.getByRole('group', { name: 'Layout' }).getByRole('link', { name: 'Table' }).click();
  await expect(tab).toContainText('(changed)');
  await page.getByRole('link', { name: 'Reset view' }).click();
  await expect(page).toHaveURL(/layout=board/);
  await expect(tab).not.toContainText('(changed)');
  await page.getByRole('group', { name: 'Layout' }).getByRole('link', { name: 'Table' }).click();
  await page.getByRole('navigation', { name: 'Views of leads' }).getByRole('button', { name: 'Save', exact: true }).click();
  await expect(tab).not.toContainText('(changed)');
  await visit('/leads');
  await tab.click();
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['Ann Able', 'Bo Berg']);

  await page.getByRole('button', { name: 'Edit view' }).click();
  await page.getByLabel('Name', { exact: true }).fill(`Hot ${word}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  const renamed = page.getByRole('navigation', { name: 'Views of leads' }).getByRole('link', { name: `Hot ${word}` });
  await expect(renamed).toHaveAttribute('aria-current', 'page');

  await page.getByRole('button', { name: 'Edit view' }).click();
  await page.getByRole('dialog', { name: 'Edit view' }).getByRole('button', { name: 'Delete' }).click();
  await expect(renamed).toHaveCount(0);
  await expect(page).toHaveURL(/\/leads$/);
});

test('a name that is taken is refused, and says so', async ({ page, visit, leads, word, noise }) => {
  noise.push(/409/);
  await visit(leads.href());
  for (const last of [false, true]) {
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByLabel('Name of the new view').fill(`Taken ${word}`);
    await page.getByRole('dialog', { name: 'Save view' }).getByRole('button', { name: 'Save view' }).click();
    if (last) await expect(page.getByText('exists already').or(page.getByText('already; choose another name'))).toBeAttached();
    else await expect(page).toHaveURL(/view=/);
  }
});
