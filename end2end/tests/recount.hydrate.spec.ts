// After many random changes and server kills, windows show the same as an exact count.
import type { Page } from '@playwright/test';
import { column } from '../board.ts';
import { CampaignApi } from '../campaigns.ts';
import { ADMIN, NOBODY, complete, expect, hold, ready, signIn, test } from '../fixtures.ts';
import { figures, money, rate } from '../figures.ts';
import { type Lead, LeadApi, STAGES } from '../leads.ts';

const CHANGES = Number(process.env.LINNET_TEST_CHANGES ?? 1_000);
const WORKERS = 6;
const KILLS = 3;
const STATUSES = ['pending', 'contacted', 'responded', 'qualified', 'nurturing', 'converted'];

const any = <T>(of: T[]): T => of[Math.floor(Math.random() * of.length)]!;

// A trace would store every request.
test.use({ trace: 'off' });

for (const onPostgres of [false, true]) {
  test.describe(onPostgres ? 'on Postgres' : 'on SQLite', () => {
    test.use({ onPostgres });

    test('dashboard, board, campaign and the counts of views equal a recount', async ({ own: { page, api, server, key }, open, noise }) => {
      noise.push(/WebSocket|ERR_CONNECTION|Failed to (load|fetch)/);
      test.setTimeout(600_000 + CHANGES * 20);
      const leads = new LeadApi(api, 'recount');
      const campaigns = new CampaignApi(api, 'recount');
      let known: Lead[] = await leads.addAll(['Ann', 'Bo', 'Cy', 'Di', 'Ed', 'Flo', 'Gus', 'Hal']);
      const spring = await campaigns.add('Spring', { status: 'active' });
      const query = { rule: { all: [{ field: 'score', op: 'gte', value: 50 }] } };
      // Only a person has saved views, so not by the API key.
      const view = await page.request.post(`${server.url}/api/views`, { data: { name: 'Warm', query }, headers: { Origin: server.url } });
      expect(view.status(), await view.text()).toBe(201);

      const windows: Page[] = [page, await open({ baseURL: server.url, storageState: NOBODY }), await open({ baseURL: server.url, storageState: NOBODY })];
      const [dashboard, board, overview] = windows as [Page, Page, Page];
      for (const window of [board, overview]) await signIn(window, ADMIN);
      for (const [at, path] of ['/dashboard', '/leads?layout=board', `/campaigns/${spring.id}`].entries()) {
        await windows[at]!.goto(path);
        await ready(windows[at]!);
        await complete(windows[at]!);
      }

      // Not by the API fixture, which stores every request and becomes slower with each.
      const ask = async (method: string, path: string, data?: object): Promise<Lead> => {
        const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
        const answer = await fetch(`${server.url}/api${path}`, { method, headers, body: JSON.stringify(data) });
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
        return (await answer.json()) as Lead;
      };
      const set = (lead: Lead, values: Partial<Lead>): Promise<Lead> => ask('PATCH', `/leads/${lead.id}`, values);
      let made = 0;
      const change = async (): Promise<void> => {
        const dice = Math.random();
        const lead = any(known);
        if (dice < 0.22 || known.length < 5) {
          const name = `Lead ${++made}`;
          known.push(await ask('POST', '/leads', { name, email: `lead.${made}@recount.example`, stage: any(STAGES), value: Math.floor(Math.random() * 1e6) }));
        } else if (dice < 0.4) {
          known = known.filter((one) => one.id !== lead.id);
          await ask('DELETE', `/leads/${lead.id}`);
        } else if (dice < 0.5) {
          await ask('POST', `/campaigns/${spring.id}/leads`, { leadIds: [lead.id] });
        } else if (dice < 0.53) {
          await ask('DELETE', `/campaigns/${spring.id}/leads/${lead.id}`);
        } else if (dice < 0.8) {
          await set(lead, { stage: any(STAGES), score: Math.floor(Math.random() * 100) });
        } else {
          await set(lead, { status: any(STATUSES), value: Math.floor(Math.random() * 1e6) });
        }
      };
      let [done, failed] = [0, 0];
      let up: Promise<void> = Promise.resolve();
      const kills = Array.from({ length: KILLS }, (_, at) => ({ after: (CHANGES * (at + 1)) / (KILLS + 1), due: hold() }));
      const worker = async (): Promise<void> => {
        while (done < CHANGES) {
          done += 1;
          for (const { after, due } of kills) if (done >= after) due.release();
          await up;
          // The server may be killed, or another worker may have changed the lead. The count below covers every outcome.
          await change().catch(() => (failed += 1));
        }
      };
      const killer = async (): Promise<void> => {
        for (const { due } of kills) {
          await due.released;
          await (up = server.restart());
        }
      };
      await Promise.all([killer(), ...Array.from({ length: WORKERS }, worker)]);

      expect(failed).toBeLessThan(CHANGES / 5);

      const all = await leads.all();
      const count = (test: (lead: Lead) => boolean): number => all.filter(test).length;
      const grouped = (number: number): string => number.toLocaleString('en');
      const contacted = count((lead) => lead.status !== 'pending');
      const replied = count((lead) => !['pending', 'contacted'].includes(lead.status));
      await expect.poll(() => figures(dashboard)).toMatchObject({
        'Total leads': grouped(all.length),
        'Active campaigns': '1',
        'Response rate': rate(replied, contacted),
        ...Object.fromEntries(STAGES.map((stage) => [stage, grouped(count((lead) => lead.stage === stage))])),
      });
      for (const stage of STAGES) {
        const sum = all.filter((lead) => lead.stage === stage).reduce((sum, lead) => sum + (lead.value ?? 0), 0);
        await expect(column(board, stage).locator('header .num').first()).toHaveText(grouped(count((lead) => lead.stage === stage)));
        await expect(column(board, stage).locator('header .sum')).toHaveAttribute('title', money(sum));
      }
      const warm = grouped(count((lead) => lead.score >= 50));
      for (const window of windows) await expect(window.getByRole('navigation', { name: 'Saved views' }).getByRole('link')).toHaveText(`Warm${warm}`);

      const enrolled = grouped((await campaigns.leads(spring)).length);
      await expect.poll(async () => (await figures(overview))['Total leads']).toBe(enrolled);
    });
  });
}
