// An older backup is restored: open pages reload.
import { join } from 'node:path';
import { ADMIN, complete, expect, ready, signIn, test } from '../fixtures.ts';
import { LeadApi } from '../leads.ts';

test('after a restore every open page starts anew', async ({ own: { server, page, api }, noise }) => {
  noise.push(/WebSocket|ERR_CONNECTION|Failed to (load|fetch)|401/);
  const leads = new LeadApi(api, 'restore');
  const copy = join(server.dir, 'copy.db');
  await leads.addAll(['Before']);
  server.cli(['backup', copy]);
  await leads.addAll(['After']);
  await page.goto(`${server.url}/leads`);
  await ready(page);
  await complete(page);
  await expect(page.getByRole('link', { name: /^After/ })).toBeVisible();

  await server.kill('SIGTERM');
  server.cli(['restore', copy, '--force']);
  await server.up();
  await expect(page).toHaveURL(/\/signin/);
  await signIn(page, ADMIN);
  await page.goto(`${server.url}/leads`);
  await expect(page.getByRole('link', { name: /^Before/ })).toBeVisible();
  await expect(page.getByRole('link', { name: /^After/ })).toHaveCount(0);
});
