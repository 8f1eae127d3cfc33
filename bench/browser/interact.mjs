// What a person at a busy list feels: all rows loaded, others changing 50 leads a second, and every click and key timed by the
// browser itself (Event Timing). `node interact.mjs URL KEY EMAIL PASSWORD`, from `end2end`; prints one JSON line a figure.
import { createRequire } from 'node:module';
import { floorPage } from './floor.mjs';

const { chromium } = createRequire(`${process.cwd()}/`)('playwright-core');
const [url, key, email, password] = process.argv.slice(2);
const RATE = 50;
const TIMES = 15;
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
const context = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 } });
const signed = await context.request.post('/api/auth/login', { data: { email, password }, headers: { Origin: url } });
if (!signed.ok()) throw new Error(`sign-in: ${signed.status()} ${await signed.text()}`);
await context.addInitScript(() => {
  const seen = (window.seen = { events: [], tasks: [], frames: [] });
  new PerformanceObserver((list) => seen.events.push(...list.getEntries().filter((one) => one.interactionId).map((one) => ({ id: one.interactionId, ms: one.duration })))).observe({
    type: 'event',
    durationThreshold: 16,
    buffered: true,
  });
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask', buffered: true });
});

const page = await context.newPage();
const rows = page.locator('tr[data-id]');
const table = page.locator('.table-wrap').first();

/** Opens the list and scrolls until every row was fetched. */
async function loadAll() {
  await page.goto('/leads');
  await page.waitForFunction(() => document.querySelector('.conn')?.dataset.state === 'live');
  for (;;) {
    const [total, reached] = await table.evaluate((box) => {
      box.scrollTop = box.scrollHeight;
      const all = Number(box.querySelector('table').getAttribute('aria-rowcount')) - 1;
      const last = [...box.querySelectorAll('tr[aria-rowindex]')].at(-1);
      return [all, Number(last?.getAttribute('aria-rowindex') ?? 0) - 1];
    });
    if (total > 0 && reached >= total) return total;
    await page.waitForTimeout(20);
  }
}

const api = (path, options = {}) => fetch(url + path, { ...options, headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...options.headers } });

/** Changes leads at a steady rate until told to stop; answers how many were changed. */
function others(ids) {
  const STAGES = ['New Lead', 'Initial Contact', 'Meeting Scheduled', 'Proposal Sent', 'Negotiation'];
  let [going, changed, failed] = [true, 0, 0];
  const done = (async () => {
    const began = performance.now();
    while (going) {
      const due = Math.floor(((performance.now() - began) / 1000) * RATE) - changed;
      for (let n = 0; n < due; n += 1, changed += 1) {
        const id = ids[(changed * 7919) % ids.length];
        const body = JSON.stringify({ score: changed % 100, stage: STAGES[changed % STAGES.length] });
        api(`/api/leads/${id}`, { method: 'PATCH', body }).then((answer) => (failed += answer.ok ? 0 : 1), () => (failed += 1));
      }
      await new Promise((later) => setTimeout(later, 10));
    }
    return { changed, failed };
  })();
  return () => ((going = false), done);
}

const take = (page) => page.evaluate(() => Object.fromEntries(Object.entries(window.seen).map(([name, list]) => [name, list.splice(0)])));
const sorted = (list) => [...list].sort((a, b) => a - b);
const share = (list, at) => sorted(list)[Math.max(0, Math.ceil(list.length * at) - 1)] ?? 0;
const line = (figures) => console.log(JSON.stringify(figures));

/** Interactions shorter than the 16 ms that the browser reports count as 16. */
async function timed(page, name, act) {
  await take(page);
  let interactions = 0;
  for (let n = 0; n < TIMES; n += 1) interactions += await act(n);
  await page.waitForTimeout(200);
  const { events, tasks } = await take(page);
  const worst = new Map();
  for (const { id, ms } of events) worst.set(id, Math.max(ms, worst.get(id) ?? 0));
  const all = [...worst.values(), ...Array(Math.max(0, interactions - worst.size)).fill(16)];
  line({ bench: name, interactions: all.length, ms_p50: share(all, 0.5), ms_p98: share(all, 0.98), long_tasks: tasks.length, longest_task_ms: Math.round(Math.max(0, ...tasks)) });
  return all;
}

const total = await loadAll();
const ids = [];
for (let cursor = ''; ids.length < 2_000; ) {
  const answer = await (await api(`/api/leads?limit=200&sort=-createdAt${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)).json();
  ids.push(...answer.data.map((lead) => lead.id));
  cursor = answer.pagination.nextCursor;
  if (!cursor) break;
}
const stop = others(ids);
const felt = [];

/** The wheel, a notch every frame or so; then back to the top. */
async function scroll(page, name) {
  const table = page.locator('.table-wrap').first();
  await table.evaluate((box) => (box.scrollTop = 0));
  await table.hover();
  await take(page);
  await page.evaluate(() => {
    const frame = (at) => (window.seen.frames.push(at), (window.scrolling = requestAnimationFrame(frame)));
    window.scrolling = requestAnimationFrame(frame);
  });
  for (let n = 0; n < 200; n += 1) await page.mouse.wheel(0, 120);
  await page.evaluate(() => cancelAnimationFrame(window.scrolling));
  const { frames, tasks } = await take(page);
  const seconds = (frames.at(-1) - frames[0]) / 1000;
  line({ bench: name, rows: total, rows_in_document: await page.locator('tr[data-id]').count(), fps: Math.round((frames.length - 1) / seconds), long_tasks: tasks.length, longest_task_ms: Math.round(Math.max(0, ...tasks)) });
  await table.evaluate((box) => (box.scrollTop = 0));
}

const peek = (page) => async (n) => {
  await page.locator('tr[data-id]').nth(2 + (n % 8)).locator('td.sub').first().click();
  await page.locator('aside.panel').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('aside.panel').waitFor({ state: 'detached' });
  return 2;
};

// Again once the browser has compiled what was hot, as it has long done when the floor has its turn.
for (const name of ['interact_scroll', 'interact_scroll_again']) await scroll(page, name);
felt.push(...(await timed(page, 'interact_peek', peek(page))));
felt.push(...(await timed(page, 'interact_search', async () => {
  await page.locator('#search').click();
  await page.keyboard.type('martin gre');
  await page.locator('#search').fill('');
  return 11;
})));
felt.push(...(await timed(page, 'interact_sort', async (n) => {
  await page.getByRole('columnheader').getByRole('link', { name: ['Name', 'Score', 'Value'][n % 3] }).first().click();
  await rows.first().waitFor();
  return 1;
})));
felt.push(...(await timed(page, 'interact_filter', async () => {
  await page.locator('[popovertarget="filter-menu"]').first().click();
  await page.locator('#filter-menu button[type=submit]').click();
  await page.locator('.viewbar .chip a, .viewbar .chip button').last().waitFor();
  await page.keyboard.press('Escape');
  await page.goBack();
  return 2;
})));
// A card to the next column by pointer, and another by keys.
await page.goto('/leads?layout=board');
await page.waitForFunction(() => document.querySelector('.conn')?.dataset.state === 'live');
const columns = page.locator('section[data-stage]');
felt.push(...(await timed(page, 'interact_move', async (n) => {
  const [from, to] = [columns.nth(n % 4).locator('article').nth(2), columns.nth((n % 4) + 1)];
  const [card, goal] = [await from.boundingBox(), await to.boundingBox()];
  await page.mouse.move(card.x + card.width / 2, card.y + card.height - 12);
  await page.mouse.down();
  await page.mouse.move(goal.x + 40, goal.y + 120, { steps: 12 });
  await page.mouse.up();
  await columns.nth(n % 4).locator('article').nth(1).focus();
  for (const key of ['Space', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  return 4;
})));

await page.goto('/leads');
await page.waitForFunction(() => document.querySelector('.conn')?.dataset.state === 'live');
await rows.nth(2).locator('td.sub').first().click();
await page.locator('aside.panel').waitFor();
const floor = await floorPage(page, total);
await page.close();
await scroll(floor, 'floor_scroll');
await timed(floor, 'floor_peek', peek(floor));

const { changed, failed } = await stop();
line({ bench: 'interact_all', interactions: felt.length, ms_p50: share(felt, 0.5), ms_p98: share(felt, 0.98), changes: changed, changes_failed: failed });
await browser.close();
