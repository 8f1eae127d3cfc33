import { complete, expect, hold, ready, test } from '../fixtures.ts';
import { LeadApi } from '../leads.ts';
import { cell, expectEqualToDatabase, names, pick, row, shown, watchFlashes } from '../rows.ts';

const UPDATE = '**/sfn/leads/update';

test('a change in one window is in the other at once: update, enter, leave, total', async ({ page, open, visit, leads }) => {
  await leads.addAll(['Dan Low', 'Ann High']);
  const mine = page;
  const theirs = await open();
  await visit(leads.href({ sort: 'name' }), mine);
  await visit(leads.href({ sort: 'name' }), theirs);
  const [mineFlashed, theirsFlashed] = [await watchFlashes(mine), await watchFlashes(theirs)];

  await pick(mine, 'Dan Low', 'Stage', 'Negotiation');
  await expect(cell(theirs, 'Dan Low', 'Stage')).toHaveAccessibleName(/Negotiation$/);
  await expect.poll(theirsFlashed).toEqual(['Dan Low']);
  await expect(mine.locator('[data-edit="pending"]')).toHaveCount(0);
  expect(await mineFlashed()).toEqual([]);

  // It is inserted at its sorted position, and the total changes.
  await leads.add('Bob Between');
  for (const window of [mine, theirs]) {
    await expect(names(window)).toHaveText(['Ann High', 'Bob Between', 'Dan Low']);
    await expect(window.locator('tfoot')).toContainText('3 leads');
  }
  await expect.poll(mineFlashed).toEqual(['Bob Between']);

  await row(mine, 'Ann High').hover();
  await mine.getByRole('button', { name: 'Delete Ann High' }).click();
  for (const window of [mine, theirs]) {
    await expect(names(window)).toHaveText(['Bob Between', 'Dan Low']);
    await expect(window.locator('tfoot')).toContainText('2 leads');
  }
});

test('a row leaves a filtered list when it no longer matches, and enters when it does', async ({ page, visit, leads }) => {
  const [won, open] = await leads.addAll(['Ann Won', 'Bo Open'], (_, at) => (at === 0 ? { stage: 'Closed Won' } : {}));
  const rule = JSON.stringify({ all: [{ field: 'stage', op: 'is', value: 'Closed Won' }] });
  await visit(leads.href({ rule, sort: 'name' }));
  await expect(names(page)).toHaveText(['Ann Won']);
  await leads.set(open!, { stage: 'Closed Won' });
  await expect(names(page)).toHaveText(['Ann Won', 'Bo Open']);
  await leads.set(won!, { stage: 'Closed Lost' });
  await expect(names(page)).toHaveText(['Bo Open']);
  await expect(page.locator('tfoot')).toContainText('1 lead');
});

test('the panel of another window follows', async ({ page, visit, leads }) => {
  const lead = await leads.add('Pia Peeked');
  await visit(leads.href({ peek: lead.id }));
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await leads.set(lead, { stage: 'Meeting Scheduled', company: `${leads.company} moved` });
  await expect(panel).toContainText('Meeting Scheduled');
  await expect(panel).toContainText(`${leads.company} moved`);
  await expect(panel.getByRole('listitem').filter({ hasText: 'moved New Lead to Meeting Scheduled' })).toBeVisible();
});

test('answers that come in another order than they were asked for end with the newest', async ({ page, visit, leads, api }) => {
  const lead = await leads.add('Lena Late');
  await visit(`/leads/${lead.id}`);
  const note = async (text: string) => expect((await api.post(`/api/leads/${lead.id}/notes`, { data: { body: text } })).status()).toBe(201);
  const told = (text: string) => page.getByRole('listitem').filter({ hasText: text });
  // The first read has its answer, which comes to the page after the second's.
  const [older, newer] = [hold(), hold()];
  let reads = 0;
  await page.route('**/sfn/leads/detail', async (route) => {
    const first = reads++ === 0;
    const response = await route.fetch();
    if (first) {
      older.release();
      await newer.released;
    }
    await route.fulfill({ response });
  });
  await note('the first');
  await older.released;
  await note('the second');
  await expect(told('the second')).toBeVisible();
  const lost = await page.evaluateHandle(() => {
    const lost: (string | null)[] = [];
    const watch = (changes: MutationRecord[]) => lost.push(...changes.flatMap((change) => [...change.removedNodes].map((node) => node.textContent)));
    new MutationObserver(watch).observe(document.querySelector('.timeline')!, { childList: true });
    return lost;
  });
  const late = page.waitForResponse('**/sfn/leads/detail');
  newer.release();
  await (await late).finished();
  // What the late answer did is done when what is read after it is shown.
  await note('the third');
  await expect(told('the third')).toBeVisible();
  expect(await lost.jsonValue()).toEqual([]);
});

test('new leads above what is seen wait behind a chip, and nothing moves until it is pressed', async ({ page, visit, leads }) => {
  await leads.addAll(Array.from({ length: 3 }, (_, at) => `Old ${at}`));
  await visit(leads.href());
  await expect(names(page)).toHaveText(['Old 2', 'Old 1', 'Old 0']);
  // While the list does not fill the screen, a new row is shown at once.
  await leads.add('Old 3');
  await expect(names(page)).toHaveText(['Old 3', 'Old 2', 'Old 1', 'Old 0']);
  await page.setViewportSize({ width: 1280, height: 330 });
  await page.waitForFunction(() => innerHeight === 330);
  // The page learns of it in the next frame.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  });
  await leads.addAll(Array.from({ length: 12 }, (_, at) => `New ${10 + at}`));
  const chip = page.getByRole('button', { name: '12 new' });
  await expect(chip).toBeVisible();
  await expect(names(page)).toHaveText(['Old 3', 'Old 2', 'Old 1', 'Old 0']);
  await expect(page.locator('tfoot')).toContainText('16 leads');
  await chip.click();
  await expect(names(page)).toHaveCount(16);
  await expect(names(page).first()).toHaveText('New 21');
  await expect(chip).toHaveCount(0);
});

test('the live switch holds changes back, counts them, and applies them all', async ({ page, visit, leads }) => {
  const all = await leads.addAll(['Cy', 'Bo', 'Al']);
  await visit(leads.href());
  await page.keyboard.press('p');
  const conn = page.locator('.conn');
  await expect(conn).toHaveText(/^Paused/);
  const before = await shown(page);
  await leads.set(all[0]!, { stage: 'Closed Won' });
  await leads.set(all[1]!, { status: 'qualified' });
  await leads.remove(all[2]!);
  await expect(conn).toHaveText(/^Paused, 3 changes/);
  expect(await shown(page)).toEqual(before);
  await conn.click();
  await expect(conn).toHaveText(/^Live/);
  await expectEqualToDatabase(page, leads);
});

test('two people change the same field: the one who comes second sees before, theirs and mine', async ({ page, visit, leads, noise }) => {
  noise.push(/409/);
  const lead = await leads.add('Con Flict');
  await visit(leads.href());
  const answer = hold();
  await page.route(UPDATE, async (route) => {
    await answer.released;
    await route.continue();
  });
  const dialog = page.getByRole('dialog', { name: 'Con Flict was changed meanwhile' });
  const collide = async (theirs: string, mine: string) => {
    await pick(page, 'Con Flict', 'Stage', mine);
    await leads.set(lead, { stage: theirs });
    answer.release();
    await expect(dialog.getByRole('row', { name: 'Stage' })).toContainText(theirs);
    await expect(dialog.getByRole('row', { name: 'Stage' })).toContainText(mine);
  };
  await collide('Proposal Sent', 'Negotiation');
  await expect(dialog.getByRole('row', { name: 'Stage' })).toContainText('New Lead');
  await dialog.getByRole('button', { name: 'Use mine' }).click();
  await expect.poll(async () => (await leads.get(lead)).stage).toBe('Negotiation');
  await expect(cell(page, 'Con Flict', 'Stage')).toHaveAccessibleName(/Negotiation$/);
});

test('edits of different fields at the same time both stay', async ({ page, visit, leads }) => {
  const lead = await leads.add('Dif Ferent');
  await visit(leads.href());
  const answer = hold();
  await page.route(UPDATE, async (route) => {
    await answer.released;
    await route.continue();
  });
  await pick(page, 'Dif Ferent', 'Stage', 'Negotiation');
  await leads.set(lead, { status: 'qualified' });
  answer.release();
  await expect(cell(page, 'Dif Ferent', 'Status')).toHaveAccessibleName(/Qualified$/);
  await expect(page.locator('[data-edit="pending"]')).toHaveCount(0);
  await expect(cell(page, 'Dif Ferent', 'Stage')).toHaveAccessibleName(/Negotiation$/);
  expect(await leads.get(lead)).toMatchObject({ stage: 'Negotiation', status: 'qualified' });
});

test('a killed server, changes meanwhile, a window offline: both windows end equal to the database', async ({ own: { server, page, api }, open, noise }) => {
  noise.push(/WebSocket|ERR_CONNECTION|ERR_INTERNET_DISCONNECTED|Failed to load resource/);
  const leads = new LeadApi(api, 'restart');
  const all = await leads.addAll(Array.from({ length: 12 }, (_, at) => `Lead ${10 + at}`));
  const other = await open({ baseURL: server.url, storageState: await page.context().storageState() });
  for (const window of [page, other]) {
    await window.goto(leads.href());
    await ready(window);
    await complete(window);
    await expectEqualToDatabase(window, leads);
  }

  // Pages wait before they reconnect, so these changes are made while none is connected.
  await server.restart();
  await leads.set(all[0]!, { stage: 'Closed Won' });
  await leads.set(all[1]!, { status: 'converted' });
  await leads.remove(all[2]!);
  await leads.addAll(['Meanwhile A', 'Meanwhile B']);
  for (const window of [page, other]) await expectEqualToDatabase(window, leads);

  // One window is offline while the other makes changes.
  await other.context().setOffline(true);
  await pick(page, 'Lead 14', 'Stage', 'Negotiation');
  await leads.set(all[5]!, { stage: 'Proposal Sent', status: 'contacted' });
  await leads.remove(all[6]!);
  await leads.add('Offline C');
  await server.restart();
  await leads.set(all[7]!, { stage: 'Closed Lost' });
  await expectEqualToDatabase(page, leads);
  await other.context().setOffline(false);
  for (const window of [page, other]) await expectEqualToDatabase(window, leads);

  // Both windows are live again.
  await leads.set(all[8]!, { stage: 'Meeting Scheduled' });
  for (const window of [page, other]) await expectEqualToDatabase(window, leads);
});
