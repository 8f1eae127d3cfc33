import { expect, test } from '../fixtures.ts';

test('the server is ready and healthy', async ({ request, server }) => {
  for (const path of ['/readyz', '/healthz']) {
    expect((await request.get(server.url + path)).status()).toBe(200);
  }
});

test('the site serves its own files by hashed names, immutable', async ({ guest, request, server }) => {
  await guest.goto('/');
  const sheet = await guest.locator('link[rel="stylesheet"]').first().getAttribute('href');
  expect(sheet).toMatch(/\/pkg\/linnet\.[0-9a-f]{16}\.css$/);
  const answer = await request.get(server.url + sheet);
  expect(answer.status()).toBe(200);
  expect(answer.headers()['cache-control']).toContain('immutable');
});
