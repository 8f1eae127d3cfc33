// Settings → Tags: numbers, other names, two that become one, and none.
import { expect, ready, test } from '../fixtures.ts';

test('tags are renamed, merged and deleted', async ({ page, visit, api, noise, word, js }) => {
  noise.push(/422/);
  const [fair, vip] = [`fair-${word}`, `vip-${word}`];
  for (const [n, tag] of [fair, fair, vip.toUpperCase()].entries()) {
    const data = { name: `Tagged ${n}`, email: `${n}@${word}.example`, tags: [tag] };
    expect((await api.post('/api/leads', { data })).ok()).toBe(true);
  }
  await visit(`/settings/tags?q=${word}`);
  const rows = page.getByRole('list', { name: 'Tags' }).getByRole('listitem');
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText(`${fair}`);
  await expect(rows.first()).toContainText('2 leads');

  await rows.first().getByRole('link', { name: `Edit ${fair}` }).click();
  if (js) await ready(page);
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('a, b');
  await page.getByRole('button', { name: 'Rename tag' }).click();
  await expect(page.getByText('A tag has at most 60 characters and no commas')).toBeVisible();
  await name.fill(vip);
  await page.getByRole('button', { name: 'Rename tag' }).click();
  await expect(page).toHaveURL(/settings\/tags$/);
  await visit(`/settings/tags?q=${word}`);
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText('3 leads');

  await rows.first().getByRole('link', { name: 'Edit' }).click();
  if (js) await ready(page);
  await page.getByRole('button', { name: 'Delete tag' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete tag' }).click();
  await expect(page).toHaveURL(/settings\/tags$/);
  await visit(`/settings/tags?q=${word}`);
  await expect(page.getByText('No tag found')).toBeVisible();
});
