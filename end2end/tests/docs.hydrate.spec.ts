// The pages with the API's documentation. The fixtures check that they load nothing from other sites and break no policy.
import { expect, test } from '../fixtures.ts';

for (const path of ['/docs', '/api/docs']) {
  test(`Swagger UI at ${path} shows every group and sends a request as whoever is signed in`, async ({ page, leads }) => {
    const lead = await leads.add('Dora Docs');
    await page.goto(path);
    await expect(page.getByRole('heading', { name: /^Linnet/, level: 1 })).toBeVisible();
    for (const group of ['leads', 'campaigns', 'imports', 'users', 'auth']) {
      await expect(page.getByRole('heading', { name: new RegExp(`^${group} (Collapse|Expand)`), level: 3 })).toBeVisible();
    }
    const group = (name: string) => page.getByRole('heading', { name: new RegExp(`^${name} (Collapse|Expand)`), level: 3 });
    const open = (name: string) => group(name).getByRole('button', { name: 'Expand operation' }).click();
    const close = (name: string) => group(name).getByRole('button', { name: 'Collapse operation' }).click();
    await open('leads');
    const operation = page.locator('#operations-leads-get_leads_id');
    await operation.getByRole('button', { name: /^get/i }).first().click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByPlaceholder('id').fill(lead.id);
    await operation.getByRole('button', { name: 'Execute' }).click();
    await expect(operation.locator('.live-responses-table')).toContainText('Dora Docs');
    await close('leads');
    // A route of each contract, too.
    for (const [contract, id, answer] of [
      ['Leads Artisan', 'Leads_Artisan-get_leads_artisan_v1_leads', 'Dora Docs'],
      ['Kandid', 'Kandid-get_test_auth', 'working'],
    ] as const) {
      await open(contract);
      const operation = page.locator(`#operations-${id}`);
      await operation.getByRole('button', { name: /^get/i }).first().click();
      await operation.getByRole('button', { name: 'Try it out' }).click();
      await operation.getByRole('button', { name: 'Execute' }).click();
      await expect(operation.locator('.live-responses-table')).toContainText(answer);
      await close(contract);
    }
  });
}

test('ReDoc shows every group and finds an operation', async ({ page }) => {
  // Its program is large, and renders every operation at once.
  test.slow();
  const patient = { timeout: 120_000 };
  await page.goto('/redoc');
  await expect(page.getByRole('heading', { name: /^Linnet/, level: 1 })).toBeVisible(patient);
  for (const group of ['leads', 'campaigns', 'imports', 'users', 'auth']) {
    await expect(page.getByRole('menuitem', { name: group, exact: true })).toBeVisible(patient);
  }
  await page.getByPlaceholder('Search...').fill('uploads');
  await expect(page.locator('[data-role="search:results"]')).toContainText('Uploads a file of leads or orders to import.', patient);
});

test('whoever is not signed in is asked to sign in, and gets there', async ({ guest }) => {
  await guest.goto('/docs');
  await expect(guest).toHaveURL(/\/signin\?next=%2Fdocs$/);
});
