import { Way } from '../broker.ts';
import { complete, expect, ready, test } from '../fixtures.ts';

test('what cannot be applied is parked, retried and discarded', async ({ own: { page, api }, js }) => {
  const send = async (orders: object[]) => expect((await api.post('/api/ingest/orders', { data: { orders } })).status()).toBe(202);
  await page.goto('/settings/ingestion');
  if (js) await ready(page);
  await expect(page.getByRole('heading', { name: 'Nothing is parked' })).toBeVisible();
  await send([{ orderId: 'o-1', customer: 'c-1', amount: 100 }]);
  await send([1, 2].map((amount) => ({ orderId: 'o-1', customer: 'c-1', amount })));
  await expect.poll(async () => ((await (await api.get('/api/ingest/parked')).json()) as { data: object[] }).data.length).toBe(2);
  if (!js) await page.reload();
  const parked = page.getByRole('region', { name: 'Parked' });
  await expect(parked.getByRole('listitem')).toHaveCount(2);
  await expect(parked.getByRole('listitem').first()).toContainText('The order o-1 is there with other content');
  await expect(page.getByRole('row').filter({ hasText: 'Orders' })).toContainText('2');
  const first = parked.getByRole('listitem').first();
  await first.getByRole('link', { name: 'Discard' }).click();
  await expect(first.getByRole('status')).toContainText('Discard this item? This cannot be undone.');
  await first.getByRole('link', { name: 'Keep' }).click();
  await expect(parked.getByRole('status')).toHaveCount(0);
  await first.getByRole('link', { name: 'Discard' }).click();
  await first.getByRole('button', { name: 'Discard permanently' }).click();
  await expect(parked.getByRole('listitem')).toHaveCount(1);
  const [order] = ((await (await api.get('/api/orders')).json()) as { data: { id: string }[] }).data;
  await api.delete(`/api/orders/${order!.id}`);
  await parked.getByRole('button', { name: 'Retry all' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing is parked' })).toBeVisible();
  await expect.poll(async () => ((await (await api.get('/api/orders')).json()) as { data: object[] }).data.length).toBe(1);
});

test('RabbitMQ: the page says when it is away and when it is back', async ({ own: { server, page, api }, js, noise, word }) => {
  noise.push(/WebSocket|ERR_CONNECTION|Failed to (load|fetch)/);
  const way = await Way.start();
  if (js) await complete(page);
  server.options = ['--broker', way.url, '--broker-prefix', `${word}_`];
  await server.restart();
  await page.goto(`${server.url}/settings/ingestion`);
  if (js) await ready(page);
  const shows = async (text: string) => {
    if (js) await expect(page.getByRole('status').filter({ hasText: text })).toBeVisible();
    else await expect(async () => {
      await page.reload();
      await expect(page.getByRole('status').filter({ hasText: text })).toBeVisible({ timeout: 500 });
    }).toPass();
  };
  await shows('RabbitMQ carries batches');
  way.cut();
  await shows('RabbitMQ is away');
  await shows('The connection to 127.0.0.1');
  const sent = await api.post('/api/ingest/orders', { data: { orders: [{ orderId: 'o-1', customer: 'c-1', amount: 100 }] } });
  expect(((await sent.json()) as { notice?: string }).notice).toContain('RabbitMQ');
  await expect.poll(async () => ((await (await api.get('/api/orders')).json()) as { data: object[] }).data.length).toBe(1);
  way.mend();
  await shows('RabbitMQ carries batches');
  way.remove();
});
