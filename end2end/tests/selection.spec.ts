// Rows can be selected only with JavaScript and the permission to change leads.
import { NOBODY, expect, signIn, test } from '../fixtures.ts';

test('checkboxes are there with JavaScript alone, for those who may change leads', async ({ page, visit, leads, open, server, js }) => {
  await leads.add('Ann Alone');
  await visit(leads.href());
  await expect(page.getByRole('checkbox', { name: 'Select Ann Alone' })).toHaveCount(js ? 1 : 0);
  const vera = { email: `vera.${leads.company}@example.com`, password: 'correct horse battery staple' };
  server.addUser(vera.email, 'Vera Viewer', 'viewer', vera.password);
  const hers = await open({ storageState: NOBODY });
  await signIn(hers, vera);
  await visit(leads.href(), hers);
  await expect(hers.getByRole('link', { name: 'Ann Alone' })).toBeVisible();
  await expect(hers.getByRole('checkbox')).toHaveCount(0);
  // Its stage is read-only.
  await expect(hers.getByRole('button', { name: 'Stage of Ann Alone' })).toHaveCount(0);
  await hers.getByRole('row', { name: 'Ann Alone' }).getByText('New Lead').click();
  await hers.getByRole('link', { name: 'Ann Alone' }).hover();
  await expect(hers.getByRole('menu')).toHaveCount(0);
});
