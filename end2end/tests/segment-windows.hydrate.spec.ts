// A segment's page and the list that it filters follow, without a reload, what another person, orders and an import change.
import { NOBODY, expect, ready, signIn, test } from '../fixtures.ts';
import { LeadApi } from '../leads.ts';
import { names, pick } from '../rows.ts';

const IMPORTED = 300;

for (const onPostgres of [false, true]) {
  test.describe(onPostgres ? 'on Postgres' : 'on SQLite', () => {
    test.use({ onPostgres });
    test.describe.configure({ timeout: 240_000 });

    test('the windows of a segment follow another person, orders and an import', async ({ own: { page, api, server }, open }) => {
      const leads = new LeadApi(api, 'windows');
      const ok = async (answer: ReturnType<typeof api.post>) => {
        expect((await answer).ok(), await (await answer).text()).toBe(true);
        return (await answer).json();
      };
      await leads.add('Ann Able');
      await ok(api.post('/api/leads', { data: { name: 'Bo Berg', email: 'bo@windows.example', company: leads.company, customerId: 'c-bo' } }));
      await leads.add('Cy Chen', { stage: 'Negotiation' });
      const rule = {
        any: [
          { field: 'stage', op: 'is', value: 'Negotiation' },
          { field: 'orders', op: 'gte', value: 2 },
          { field: 'company', op: 'is', value: 'imported' },
        ],
      };
      const { id } = (await ok(api.post('/api/segments', { data: { name: 'Warm', rule } }))) as { id: string };
      const filter = JSON.stringify({ all: [{ field: 'segment', op: 'is', value: id }] });

      const segment = page;
      const list = await page.context().newPage();
      await segment.goto(`/segments/${id}`);
      await list.goto(`/leads?${new URLSearchParams({ rule: filter, sort: 'name' })}`);
      const person = { email: 'bea@windows.example', password: 'correct horse battery staple' };
      server.addUser(person.email, 'Bea Other', 'member', person.password);
      const theirs = await open({ baseURL: server.url, storageState: NOBODY });
      await signIn(theirs, person);
      await theirs.goto(leads.href({ sort: 'name' }));
      for (const window of [segment, list, theirs]) await ready(window);
      // A reload would lose this.
      for (const window of [segment, list]) await window.evaluate(() => document.documentElement.setAttribute('data-loaded', 'once'));

      /** Both windows show so many leads, and the list these as its first four. Says how long that took, which nothing here depends on. */
      const follow = async (what: string, count: number, first: string[]) => {
        const start = performance.now();
        await expect(segment.locator('.segment-count')).toHaveText(count.toLocaleString('en'));
        await expect(list.locator('tfoot')).toContainText(new RegExp(`(^|[^\\d,])${count} leads?\\b`));
        const rows = async () => {
          const waiting = list.locator('.newrows');
          if (await waiting.isVisible()) await waiting.click();
          return (await names(list).allTextContents()).slice(0, 4);
        };
        await expect.poll(rows).toEqual(first);
        const took = `${Math.round(performance.now() - start)} ms`;
        test.info().annotations.push({ type: what, description: took });
        console.log(`${onPostgres ? 'Postgres' : 'SQLite'}, ${what}: ${took}`);
      };
      await follow('as loaded', 1, ['Cy Chen']);

      await pick(theirs, 'Ann Able', 'Stage', 'Negotiation');
      await follow('enters by an edit', 2, ['Ann Able', 'Cy Chen']);

      await ok(api.post('/api/orders', { data: { orderId: 'o-1', customer: 'c-bo', amount: 100, orderedAt: '2026-11-21T09:30:00Z' } }));
      await ok(api.post('/api/ingest/orders', { data: { orders: [{ orderId: 'o-2', customer: 'c-bo', amount: 200 }] } }));
      await follow('enters by orders', 3, ['Ann Able', 'Bo Berg', 'Cy Chen']);

      await pick(theirs, 'Ann Able', 'Stage', 'Closed Lost');
      await follow('leaves by an edit', 2, ['Bo Berg', 'Cy Chen']);

      const [order] = ((await ok(api.get('/api/orders'))) as { data: { id: string }[] }).data;
      await api.delete(`/api/orders/${order!.id}`);
      await follow('leaves by an order', 1, ['Cy Chen']);

      // While the import runs, another lead enters.
      await Promise.all([new LeadApi(api, 'imported').import(IMPORTED), pick(theirs, 'Ann Able', 'Stage', 'Negotiation')]);
      await follow('enter by an import', IMPORTED + 2, ['Ann Able', 'Cy Chen', 'Row 1', 'Row 10']);

      const listed = await ok(api.get('/api/leads', { params: { rule: filter, limit: '1', total: 'exact' } }));
      expect((listed as { pagination: { total: number } }).pagination.total).toBe(IMPORTED + 2);
      expect(((await ok(api.get(`/api/segments/${id}`))) as { size: number }).size).toBe(IMPORTED + 2);
      for (const window of [segment, list]) await expect(window.locator('html')).toHaveAttribute('data-loaded', 'once');
    });
  });
}
