// Selection of rows by pointer and keyboard, and what stays selected while the list changes.
import { expectAccessible } from '../axe.ts';
import { expect, test } from '../fixtures.ts';
import { bar, box, everyBox, picked } from '../selection.ts';

const FIVE = ['Eve', 'Dan', 'Cy', 'Bo', 'Al'];

test('a click selects, with Shift a range, and the head all that is loaded', async ({ page, visit, leads }) => {
  await leads.addAll(FIVE);
  await visit(leads.href());
  await box(page, 'Bo').click();
  await expect(picked(page)).toHaveText(['Bo']);
  await expect(everyBox(page)).toHaveJSProperty('indeterminate', true);
  await box(page, 'Dan').click({ modifiers: ['Shift'] });
  await expect(picked(page)).toHaveText(['Bo', 'Cy', 'Dan']);
  await box(page, 'Cy').click();
  await expect(picked(page)).toHaveText(['Bo', 'Dan']);
  await expect(bar(page)).toContainText('2 selected');
  // Announced outside the toolbar, which is removed with the selection.
  await expect(page.locator('.sr[role=status]').filter({ hasText: '2 selected' })).toBeAttached();
  await everyBox(page).click();
  await expect(picked(page)).toHaveCount(5);
  await expect(everyBox(page)).toBeChecked();
  await expectAccessible(page);
  await everyBox(page).click();
  await expect(picked(page)).toHaveCount(0);
  await expect(bar(page)).toBeHidden();
});

test('on a narrow screen a tap on the avatar selects, and one beside it opens the panel', async ({ page, visit, leads }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await leads.addAll(FIVE);
  await visit(leads.href());
  const avatar = (await page.getByRole('row', { name: 'Bo' }).locator('th .avatar').boundingBox())!;
  await page.mouse.click(avatar.x + avatar.width / 2, avatar.y + avatar.height / 2);
  await expect(picked(page)).toHaveText(['Bo']);
  await expect(bar(page)).toContainText('1 selected');
  await expect(page.locator('aside.panel')).toHaveCount(0);
  await page.mouse.click(avatar.x + avatar.width + 40, avatar.y + avatar.height / 2);
  await expect(page.locator('aside.panel')).toContainText('Bo');
});

test('X selects, Shift with J and K extends, Escape clears after what floats is closed', async ({ page, visit, leads }) => {
  await leads.addAll(FIVE);
  await visit(leads.href());
  await expect(page.locator('tbody tr[data-id]')).toHaveCount(5);
  await page.keyboard.press('j');
  await expect(page.locator('tr[data-id]').first()).toBeFocused();
  await page.keyboard.press('x');
  await page.keyboard.press('Shift+J');
  await page.keyboard.press('Shift+J');
  await expect(picked(page)).toHaveText(['Al', 'Bo', 'Cy']);
  await page.keyboard.press('Shift+K');
  await page.keyboard.press('x');
  await expect(picked(page)).toHaveText(['Al', 'Cy']);
  await page.keyboard.press('Space');
  await expect(page.getByRole('complementary', { name: 'Lead', exact: true })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary', { name: 'Lead', exact: true })).toBeHidden();
  await expect(picked(page)).toHaveText(['Al', 'Cy']);
  await page.keyboard.press('Escape');
  await expect(picked(page)).toHaveCount(0);
});

test('a selection stays with its leads while others come, change and go', async ({ page, visit, leads }) => {
  const [eve, , cy, , al] = await leads.addAll(FIVE);
  await visit(leads.href({ sort: 'name' }));
  await box(page, 'Al').click();
  await box(page, 'Cy').click();
  await leads.set(cy!, { score: 77 });
  await leads.add('Aaron');
  await leads.remove(eve!);
  // There is room for whoever comes.
  await expect(box(page, 'Aaron')).toBeVisible();
  await expect(page.locator('tbody tr[data-id]')).toHaveCount(5);
  await expect(picked(page)).toHaveText(['Al', 'Cy']);
  await leads.remove(al!);
  await expect(picked(page)).toHaveText(['Cy']);
  await expect(bar(page)).toContainText('1 selected');
});

test('all that match are a rule: more than are loaded, counted as they come', async ({ page, visit, leads }) => {
  await leads.import(600);
  await visit(leads.href({ sort: 'name' }));
  await expect(page.locator('tfoot')).toContainText('600 leads');
  await everyBox(page).click();
  await bar(page).getByRole('button', { name: 'Select all 600 matching' }).click();
  await expect(bar(page)).toContainText('600 selected');
  await expect(everyBox(page)).toBeChecked();
  await leads.add('Aaron Added');
  await expect(bar(page)).toContainText('601 selected');
  // Deselecting one after “all matching” selects the other loaded leads.
  await box(page, 'Row 1').click();
  await expect(box(page, 'Row 1')).not.toBeChecked();
  await expect(bar(page)).not.toContainText(/60\d selected/);
  await expect(everyBox(page)).toHaveJSProperty('indeterminate', true);
});
