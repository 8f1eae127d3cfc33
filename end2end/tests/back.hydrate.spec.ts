// Back restores a list, opening the panel is a history entry of its own, and bulk changes by others move no rows.
import type { Locator } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { cell, names } from '../rows.ts';
import { bar, box, everyBox, picked } from '../selection.ts';

const top = (container: Locator): Promise<number> => container.evaluate((one) => one.scrollTop);

/** Scrolls to `to` px, waiting for rows to load. */
async function scroll(container: Locator, to: number): Promise<void> {
  await expect(async () => {
    await container.evaluate((one, px) => one.scrollTo(0, px), to);
    expect(await top(container)).toBe(to);
  }).toPass();
}

test('Back from a lead finds the list where it was: filter, rows, scroll and the row', async ({ page, visit, leads }) => {
  await leads.import(300);
  await visit(leads.href({ sort: 'name' }));
  const container = page.getByRole('region', { name: 'Leads' });
  // Beyond the first page.
  await scroll(container, 4_000);
  const shown = (await container.boundingBox())!;
  // The row in the middle.
  const middle = () =>
    page.evaluate(([x, y]) => document.elementFromPoint(x!, y!)?.closest('tr')?.querySelector('th a')?.textContent ?? '', [
      shown.x + shown.width / 2,
      shown.y + shown.height / 2,
    ]);
  await expect.poll(middle, 'its rows are loaded').not.toBe('');
  const name = await middle();
  const left = page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
  await left.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(leads.href({ sort: 'name' }));
  await expect.poll(() => top(container)).toBe(4_000);
  await expect(left).toBeFocused();
});

test('the breadcrumb leads back to the list with its filter', async ({ page, visit, leads }) => {
  const lead = await leads.add('Ann Able');
  await visit(leads.href({ sort: 'name' }));
  await expect(names(page)).toHaveText(['Ann Able']);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/leads/${lead.id}`);
  await page.locator('a.crumb').click();
  await expect(page).toHaveURL(leads.href({ sort: 'name' }));
  await expect(names(page)).toHaveText(['Ann Able']);
});

test('Back closes the panel, Forward opens it again', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann Able', 'Bo Berg']);
  await visit(leads.href({ sort: 'name' }));
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await expect(names(page)).toHaveText(['Ann Able', 'Bo Berg']);
  await page.keyboard.press('j');
  await page.keyboard.press(' ');
  await expect(panel).toContainText('Ann Able');
  await page.keyboard.press('j');
  await expect(panel).toContainText('Bo Berg');
  await page.goBack();
  await expect(panel).toHaveCount(0);
  await expect(names(page)).toHaveText(['Ann Able', 'Bo Berg']);
  await page.goForward();
  await expect(panel).toContainText('Bo Berg');
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(page).not.toHaveURL(/peek=/);
});

test('closing the panel keeps what was searched for while it was open', async ({ page, visit, leads }) => {
  const [lead] = await leads.addAll(['Ann Able', 'Bo Berg']);
  await visit(leads.href({ sort: 'name' }));
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await expect(names(page)).toHaveText(['Ann Able', 'Bo Berg']);
  await page.keyboard.press('j');
  await page.keyboard.press(' ');
  await expect(panel).toContainText('Ann Able');
  await page.locator('#search').fill(`ann.able@${leads.company}`);
  await expect(names(page)).toHaveText(['Ann Able']);
  await panel.getByRole('link', { name: 'Close panel' }).click();
  await expect(panel).toHaveCount(0);
  await expect(page).toHaveURL(/q=ann\.able/);
  await expect(page).not.toHaveURL(new RegExp(`peek=${lead!.id}`));
  await expect(names(page)).toHaveText(['Ann Able']);
});

test('what a teammate imports, changes or takes back at once moves nothing in a list that is scrolled', async ({ page, visit, leads, api }) => {
  await leads.import(120);
  await visit(leads.href());
  const container = page.getByRole('region', { name: 'Leads' });
  await scroll(container, 1_500);
  await expect(box(page, 'Row 70')).toBeVisible();
  await box(page, 'Row 70').click();
  await expect(bar(page)).toContainText('1 selected');
  const before = await top(container);
  const place = async () => (await box(page, 'Row 70').boundingBox())!.y;
  const at = await place();
  const unmoved = async () => {
    expect([await top(container), await place()]).toEqual([before, at]);
    await expect(picked(page)).toHaveText(['Row 70']);
  };

  // 40 leads by an import.
  const rows = Array.from({ length: 40 }, (_, at) => `New ${at + 1},new.${at + 1}@${leads.company}.example,${leads.company}`);
  const file = { name: 'new.csv', mimeType: 'text/csv', buffer: Buffer.from(['name,email,company', ...rows].join('\n')) };
  const { id } = await (await api.post('/api/imports', { multipart: { file } })).json();
  expect((await api.post(`/api/imports/${id}/start`, { data: {} })).ok()).toBe(true);
  const chip = page.locator('.newrows');
  await expect(chip).toHaveText('40 new');
  await expect(page.locator('tfoot')).toContainText('160 leads');
  await unmoved();

  // A bulk change of rows in and out of view is shown in place.
  const mine = (await leads.all()).filter((lead) => lead.name.startsWith('Row'));
  const data = { action: { kind: 'set_stage', stage: 'Negotiation' }, leadIds: mine.map((lead) => lead.id) };
  const { id: bulk } = await (await api.post('/api/bulk', { data })).json();
  await expect(cell(page, 'Row 70', 'Stage')).toHaveAccessibleName(/Negotiation$/);
  await expect(chip).toHaveText('40 new');
  await unmoved();

  // Its undo.
  expect((await api.post(`/api/bulk/${bulk}/undo`, { data: {} })).ok()).toBe(true);
  await expect(cell(page, 'Row 70', 'Stage')).toHaveAccessibleName(/New Lead$/);
  await expect(chip).toHaveText('40 new');
  await unmoved();

  // More new leads, singly and in bulk.
  await leads.add('Late Lena');
  await expect(chip).toHaveText('41 new');
  await unmoved();
  await chip.click();
  await expect(names(page).first()).toHaveText('Late Lena');
  await expect(names(page).nth(1)).toHaveText(/^New /);
  await expect(chip).toHaveCount(0);
  await expect.poll(() => top(container)).toBe(0);
});

test('a bulk change that moves rows in the order takes none away, and what a teammate deletes at once leaves the selection', async ({ page, visit, leads, api }) => {
  const old = await leads.addAll(['Ann Able', 'Bo Berg', 'Cy Cole']);
  await visit(leads.href({ sort: 'stage' }));
  await expect(names(page)).toHaveText(['Ann Able', 'Bo Berg', 'Cy Cole']);
  await everyBox(page).click();
  const at = async (action: object, ...which: typeof old) =>
    expect((await api.post('/api/bulk', { data: { action, leadIds: which.map((lead) => lead.id) } })).ok()).toBe(true);
  // The first row would sort last now.
  await at({ kind: 'set_stage', stage: 'Closed Won' }, old[0]!);
  await expect(cell(page, 'Ann Able', 'Stage')).toHaveAccessibleName(/Closed Won$/);
  await expect(names(page)).toHaveText(['Ann Able', 'Bo Berg', 'Cy Cole']);
  await expect(picked(page)).toHaveCount(3);
  await expect(page.locator('tr[data-left]')).toHaveCount(0);
  await at({ kind: 'delete' }, old[1]!);
  await expect(names(page)).toHaveText(['Ann Able', 'Cy Cole']);
  await expect(picked(page)).toHaveText(['Ann Able', 'Cy Cole']);
  await expect(page.locator('tfoot')).toContainText('2 leads');
  await expect(page.locator('.newrows')).toHaveCount(0);
});
