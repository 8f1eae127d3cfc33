import { expect, ready, test } from '../fixtures.ts';

const body = (orderId: string, customer: string, amount: number, name: string) => ({
  orderId,
  customer,
  amount,
  lines: [{ name, quantity: 2, price: amount / 2 }],
  orderedAt: '2026-11-21T09:30:00Z',
});

test('orders are listed, wait for their customer, and are found on the lead', async ({ own: { page, api }, js }) => {
  const add = async (data: object) => expect((await api.post('/api/orders', { data })).ok()).toBe(true);
  const lead = await api.post('/api/leads', { data: { name: 'Ann Orders', email: 'ann@orders.example', customerId: 'c-1' } });
  const { id } = (await lead.json()) as { id: string };
  await add(body('o-1', 'c-1', 2400, 'Green tea'));
  await add(body('o-2', 'c-late', 500, 'Cup'));

  await page.goto('/orders');
  if (js) await ready(page);
  const rows = page.getByRole('table', { name: 'Orders, newest first' }).locator('tbody').getByRole('row');
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: 'o-1' })).toContainText('€24');
  await expect(rows.filter({ hasText: 'o-2' })).toContainText('Waiting');
  await page.getByRole('navigation', { name: 'Which orders' }).getByRole('link', { name: 'Waiting' }).click();
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(/waiting=1/);

  // Their customer comes.
  await api.post('/api/leads', { data: { name: 'Bo Late', email: 'bo@orders.example', customerId: 'c-late' } });
  if (!js) await page.reload();
  await expect(page.getByRole('heading', { name: 'Nothing found' })).toBeVisible();
  await page.getByRole('link', { name: 'Reset' }).click();
  await expect(rows.filter({ hasText: 'o-2' })).toContainText('Bo Late');

  await page.getByLabel('Customer number').fill('c-1');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(rows).toHaveCount(1);
  await page.goto('/orders?q=TEA');
  await expect(rows).toHaveCount(1);

  await page.goto(`/leads/${id}`);
  if (js) await ready(page);
  const card = page.getByRole('region', { name: 'Orders' });
  await expect(card.getByRole('row').filter({ hasText: 'o-1' })).toBeVisible();
  await expect(page.getByText('placed order o-1')).toBeVisible();
  if (js) {
    await add(body('o-3', 'c-1', 600, 'Pot'));
    await expect(card.getByRole('row').filter({ hasText: 'o-3' })).toBeVisible();
  }
  await card.getByRole('button', { name: 'Delete o-1' }).click();
  await expect(card.getByText('o-1')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(card.getByText('o-1')).toBeVisible();
});

test('customers are leads with orders, with their sums', async ({ own: { page, api }, js }) => {
  await api.post('/api/leads', { data: { name: 'Ann Orders', email: 'ann@orders.example', customerId: 'c-1' } });
  await api.post('/api/leads', { data: { name: 'Bo None', email: 'bo@orders.example' } });
  await api.post('/api/orders', { data: body('o-1', 'c-1', 2400, 'Green tea') });
  await page.goto('/orders');
  if (js) await ready(page);
  await page.getByRole('link', { name: 'Customers' }).click();
  const rows = page.locator('tbody').getByRole('row');
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText('Ann Orders');
  await expect(rows.first()).toContainText('€24');
  if (js) {
    await api.post('/api/orders', { data: body('o-2', 'c-1', 600, 'Cup') });
    await expect(rows.first()).toContainText('€30');
  }
});

test('the filters of orders are one line', async ({ page, visit }) => {
  await visit('/orders');
  const top = async (label: string) => (await page.getByLabel(label, { exact: true }).boundingBox())!.y;
  const line = await top('Customer number');
  for (const label of ['From day', 'Until day']) expect(Math.abs((await top(label)) - line)).toBeLessThan(6);
});
