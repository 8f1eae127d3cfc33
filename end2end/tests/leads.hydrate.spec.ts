import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, hold, ready, test } from '../fixtures.ts';
import { cell, names, pick, row } from '../rows.ts';

const UPDATE = '**/sfn/leads/update';

test('/ goes to the search box, and the address keeps what was searched', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann Able', 'Bo Berg']);
  await visit(leads.href());
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.getByRole('searchbox').fill(`ann.able@${leads.company}`);
  await expect(names(page)).toHaveText(['Ann Able']);
  await page.reload();
  await ready(page);
  await expect(page.getByRole('searchbox')).toHaveValue(`ann.able@${leads.company}`);
  await expect(names(page)).toHaveText(['Ann Able']);

  // From another page it leads to the list first.
  await visit('/imports');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
});

test('chips are joined by AND or OR, and survive a reload', async ({ page, visit, leads }) => {
  await leads.add('Won Ann', { stage: 'Closed Won', value: 100_00 });
  await leads.add('Big Bo', { stage: 'Negotiation', value: 9_000_00 });
  await leads.add('Won Cy', { stage: 'Closed Won', value: 8_000_00 });
  await visit(leads.href());
  const add = async (field: string, op: string, value: string) => {
    await page.keyboard.press('f');
    await page.getByRole('combobox', { name: 'Field' }).selectOption({ label: field });
    await page.getByRole('combobox', { name: 'Operator' }).selectOption(op);
    const input = page.getByLabel('Value');
    if ((await input.evaluate((one) => one.tagName)) === 'SELECT') await input.selectOption(value);
    else await input.fill(value);
    await page.getByRole('button', { name: 'Add filter' }).click();
  };
  await add('Stage', 'is', 'Closed Won');
  await expect(names(page)).toHaveText(['Won Cy', 'Won Ann']);
  // Parsed like in the lead form: five thousand.
  await add('Value', 'gt', '5.000 €');
  await expect(names(page)).toHaveText(['Won Cy']);
  await page.getByRole('link', { name: /Match all/ }).click();
  await expect(names(page)).toHaveText(['Won Cy', 'Big Bo', 'Won Ann']);

  await page.reload();
  await ready(page);
  await expect(names(page)).toHaveText(['Won Cy', 'Big Bo', 'Won Ann']);
  await expect(page.getByRole('link', { name: /Match any/ })).toBeVisible();
  await page.goBack();
  await expect(names(page)).toHaveText(['Won Cy']);
  await page.getByRole('link', { name: 'Reset' }).click();
  await expect(page).toHaveURL(/\/leads$/);
});

test('a campaign is chosen by its name, and its chip says it', async ({ page, visit, leads, campaigns, word }) => {
  const ann = await leads.add('In Ann');
  await leads.add('Out Bo');
  const spring = await campaigns.add('Spring');
  await campaigns.enroll(spring, [ann]);
  await visit(leads.href());
  await page.keyboard.press('f');
  await page.getByRole('combobox', { name: 'Field' }).selectOption({ label: 'Campaign' });
  await page.getByLabel('Value').selectOption({ label: `Spring ${word}` });
  await page.getByRole('button', { name: 'Add filter' }).click();
  await expect(names(page)).toHaveText(['In Ann']);
  const chip = page.getByRole('group', { name: 'Filters' }).locator('.chip').filter({ hasText: 'Campaign' });
  await expect(chip).toHaveText(`CampaignisSpring ${word}`);
  await page.reload();
  await ready(page);
  await expect(chip).toHaveText(`CampaignisSpring ${word}`);
  await leads.remove(ann);
  await expect(names(page)).toHaveCount(0);
});

test('an edit in the row is there at once, and confirmed', async ({ page, visit, leads }) => {
  const lead = await leads.add('Opti Mist');
  await visit(leads.href());
  const answer = hold();
  await page.route(UPDATE, async (route) => {
    await answer.released;
    await route.continue();
  });
  await pick(page, 'Opti Mist', 'Stage', 'Negotiation');
  const pending = page.locator('[data-edit="pending"]');
  await expect(cell(page, 'Opti Mist', 'Stage')).toHaveAccessibleName(/Negotiation$/);
  await expect(pending).not.toHaveCount(0);
  expect((await leads.get(lead)).stage).toBe('New Lead');
  answer.release();
  await expect(pending).toHaveCount(0);
  expect((await leads.get(lead)).stage).toBe('Negotiation');

  await pick(page, 'Opti Mist', 'Status', 'Qualified');
  await expect(cell(page, 'Opti Mist', 'Status')).toHaveAccessibleName(/Qualified$/);
  await expect.poll(async () => (await leads.get(lead)).status).toBe('qualified');
});

test('an edit that does not arrive is taken back, and says why', async ({ page, visit, leads, noise }) => {
  noise.push(/ERR_FAILED/);
  const lead = await leads.add('Rolf Back');
  await visit(leads.href());
  const answer = hold();
  await page.route(UPDATE, async (route) => {
    await answer.released;
    await route.abort();
  });
  await pick(page, 'Rolf Back', 'Stage', 'Closed Won');
  await expect(cell(page, 'Rolf Back', 'Stage')).toHaveAccessibleName(/Closed Won$/);
  answer.release();
  await expect(cell(page, 'Rolf Back', 'Stage')).toHaveAccessibleName(/New Lead$/);
  await expect(page.getByRole('status').filter({ hasText: 'Not changed.' })).toBeVisible();
  expect((await leads.get(lead)).stage).toBe('New Lead');
});

test('the panel opens beside the list, follows J and K, and gives the focus back', async ({ page, visit, leads }) => {
  await leads.addAll(['Cy Three', 'Bo Two', 'Al One']);
  await visit(leads.href());
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await row(page, 'Al One').getByRole('cell', { name: leads.company }).click();
  await expect(panel).toBeFocused();
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText('Al One');
  await expect(page).toHaveURL(/peek=/);
  await expect(panel.getByText('1 of 3')).toBeVisible();
  await page.keyboard.press('j');
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText('Bo Two');
  await page.keyboard.press('ArrowDown');
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText('Cy Three');
  await page.keyboard.press('k');
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText('Bo Two');
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(row(page, 'Bo Two')).toBeFocused();

  // By keys alone.
  await page.keyboard.press('j');
  await expect(row(page, 'Cy Three')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText('Cy Three');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/leads\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { name: 'Cy Three' }).first()).toBeVisible();
  await page.goBack();
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText('Cy Three');
});

test('opening the panel writes nothing in the rows', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann Able', 'Bo Berg', 'Cy Cole']);
  await visit(leads.href());
  await page.evaluate(() => {
    const seen: string[] = ((window as unknown as { seen: string[] }).seen = []);
    const cells = [...document.querySelectorAll('table.leads tbody tr > *')];
    const watch = new MutationObserver((all) => seen.push(...all.map((one) => `${one.type} ${one.attributeName} ${one.target.nodeName}`)));
    for (const cell of cells) watch.observe(cell, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await page.getByRole('row', { name: 'Bo Berg' }).locator('td.sub').first().click();
  await expect(page.locator('aside.panel')).toContainText('Bo Berg');
  await page.keyboard.press('j');
  await expect(page.locator('aside.panel')).toContainText('Ann Able');
  expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual([]);
});

test('the panel changes the stage, and the row follows', async ({ page, visit, leads }) => {
  const lead = await leads.add('Pan El');
  await visit(leads.href({ peek: lead.id }));
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await panel.getByRole('button', { name: 'Proposal Sent' }).click();
  await expect(cell(page, 'Pan El', 'Stage')).toHaveAccessibleName(/Proposal Sent$/);
  await expect(panel.getByRole('listitem').filter({ hasText: 'moved' })).toBeVisible();
  await panel.getByLabel('Note', { exact: true }).fill('sent it');
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('listitem').filter({ hasText: 'sent it' })).toBeVisible();
});

test('a note being written stays while the lead is changed by another, and is of that lead', async ({ page, visit, leads }) => {
  await leads.add('Oth Er');
  const lead = await leads.add('Pan El');
  await visit(leads.href({ peek: lead.id }));
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  const note = panel.getByLabel('Note', { exact: true });
  await note.fill('half a thou');
  await leads.set(lead, { score: 61 });
  await expect(panel.getByRole('listitem').filter({ hasText: 'Score' })).toBeVisible();
  await expect(note).toHaveValue('half a thou');
  await expect(note).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('listitem').filter({ hasText: 'half a thou' })).toBeVisible();
  await expect(note).toHaveValue('');
  await note.fill('for this one');
  page.once('dialog', (question) => question.accept());
  await panel.getByRole('button', { name: 'Next lead' }).click();
  await expect(panel.getByRole('heading', { level: 2 })).toHaveText('Oth Er');
  await expect(note).toHaveValue('');
});

test('columns are shown and hidden, and stay so in this browser', async ({ page, visit, leads }) => {
  await leads.add('Col Umn');
  await visit(leads.href());
  await expect(page.getByRole('columnheader', { name: 'Company' })).toBeVisible();
  await page.getByRole('button', { name: 'Display' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Company' }).click();
  await expect(page.getByRole('columnheader', { name: 'Company' })).toHaveCount(0);
  await page.getByRole('menuitemcheckbox', { name: 'E-mail' }).click();
  await expect(page.getByRole('columnheader', { name: 'E-mail' })).toBeVisible();
  await expect(page).toHaveURL(/cols=/);
  await visit('/leads');
  await expect(page.getByRole('columnheader', { name: 'Company' })).toHaveCount(0);
  await expect(page.getByRole('columnheader', { name: 'E-mail' })).toBeVisible();
});

test('ten thousand leads: only the rows in sight are in the document, the rest come as one scrolls', async ({ own: { server, page } }) => {
  test.setTimeout(900_000);
  const dir = mkdtempSync(join(tmpdir(), 'linnet-many-'));
  const lines = Array.from({ length: 10_000 }, (_, at) => `Lead ${String(at + 1).padStart(5, '0')},lead${at}@many.example`);
  writeFileSync(join(dir, 'many.csv'), ['name,email', ...lines, ''].join('\n'));
  await ready(page);
  await page.goto('about:blank');
  await server.kill();
  server.cli(['import', 'leads', join(dir, 'many.csv')]);
  rmSync(dir, { recursive: true });
  await server.up();

  await page.goto('/leads?sort=name');
  await ready(page);
  await expect(page.getByRole('table')).toHaveAttribute('aria-rowcount', '10001');
  await expect(page.locator('tfoot')).toContainText('10,000 leads');
  const region = page.getByRole('region', { name: 'Leads' });
  const last = page.locator('tr[data-id]').last();
  const most = async () => {
    await region.evaluate((one) => (one.scrollTop = one.scrollHeight));
    expect(await page.locator('tr[data-id]').count()).toBeLessThan(120);
    return Number(await last.getAttribute('aria-rowindex'));
  };
  await expect.poll(most, { timeout: 600_000, intervals: [20] }).toBe(10_001);
  await expect(names(page).last()).toHaveText('Lead 10000');
  await region.evaluate((one) => (one.scrollTop = 0));
  await expect(names(page).first()).toHaveText('Lead 00001');
});

test('deleting happens at once, and Undo or Z takes it back', async ({ page, visit, leads }) => {
  await leads.addAll(['Bo Stays', 'Del Goes']);
  await visit(leads.href());
  const remove = async () => {
    await row(page, 'Del Goes').hover();
    await page.getByRole('button', { name: 'Delete Del Goes' }).click();
    await expect(names(page)).toHaveText(['Bo Stays']);
    await expect(page.locator('tfoot')).toContainText('1 lead');
  };
  await remove();
  const toast = page.getByRole('status').getByText('Deleted Del Goes');
  await expect(toast).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(names(page)).toHaveText(['Del Goes', 'Bo Stays']);
  await expect(toast).toHaveCount(0);
  await remove();
  await page.keyboard.press('z');
  await expect(names(page)).toHaveText(['Del Goes', 'Bo Stays']);
  await expect.poll(async () => (await leads.all()).map(({ name }) => name)).toEqual(['Del Goes', 'Bo Stays']);
});

test('Z before the answer undoes what is being deleted, and never the change before', async ({ page, visit, leads, noise }) => {
  noise.push(/ERR_FAILED/);
  await leads.addAll(['Bo Stays', 'Del Goes']);
  await visit(leads.href());
  const press = async (name: string) => {
    await row(page, name).hover();
    const asked = page.waitForRequest('**/sfn/leads/delete');
    await page.getByRole('button', { name: `Delete ${name}` }).click();
    await asked;
  };
  const undone: string[] = [];
  page.on('request', (request) => request.url().includes('/sfn/changes/undo') && undone.push(request.url()));
  let answer = hold();
  await page.route('**/sfn/leads/delete', async (route) => {
    await answer.released;
    await route.continue();
  });
  await press('Del Goes');
  await page.keyboard.press('z');
  const restored = page.waitForResponse('**/sfn/changes/undo');
  answer.release();
  await restored;
  await expect(names(page)).toHaveText(['Del Goes', 'Bo Stays']);
  expect((await leads.all()).map(({ name }) => name)).toEqual(['Del Goes', 'Bo Stays']);

  await page.unroute('**/sfn/leads/delete');
  await press('Bo Stays');
  await expect(page.getByRole('status').getByText('Deleted Bo Stays')).toBeVisible();
  answer = hold();
  await page.route('**/sfn/leads/delete', async (route) => {
    await answer.released;
    await route.abort();
  });
  await press('Del Goes');
  await page.keyboard.press('z');
  answer.release();
  await expect(page.getByRole('status').getByText('Not deleted')).toBeVisible();
  await expect(names(page)).toHaveText(['Del Goes']);
  expect(undone, 'the change before stays').toHaveLength(1);
});

test('a key pressed right after a dialog closed is not lost', async ({ page, visit }) => {
  await visit('/leads');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('Next row');
  // Before the next frame, the focus is still in the dialog.
  await page.evaluate(() => {
    document.querySelector<HTMLDialogElement>('dialog[open]')?.close();
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'g', bubbles: true, cancelable: true }));
  });
  await page.keyboard.press('i');
  await expect(page).toHaveURL(/\/imports$/);
});

test('? shows what the keys do, and they can be switched off', async ({ page, visit }) => {
  await visit('/leads');
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog).toContainText('Next row');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.keyboard.press('g');
  // The page may be busy between the two keys.
  await page.evaluate(() => {
    const end = performance.now() + 1_500;
    while (performance.now() < end);
  });
  await page.keyboard.press('i');
  await expect(page).toHaveURL(/\/imports$/);
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/\/leads\/new$/);

  await visit('/settings');
  await page.getByRole('switch', { name: 'Single-key shortcuts' }).click();
  await page.keyboard.press('c');
  await page.keyboard.press('?');
  await visit('/leads');
  await page.keyboard.press('?');
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/\/leads$/);
});
