// The board as rendered by the server, with and without JavaScript: columns, sums, cards that link to their leads.
import { STAGES } from '../leads.ts';
import { expect, test } from '../fixtures.ts';
import { board, column, cards } from '../board.ts';

test('shows each stage with its count, its sum and its cards, in the order of the list', async ({ page, visit, leads }) => {
  await leads.add('Ann Able', { value: 1_000_00 });
  await leads.add('Bo Berg', { value: 2_500_50 });
  await leads.add('Cy Cole', { stage: 'Negotiation', value: 7_000_00 });
  await leads.add('Di Dale', { stage: 'Negotiation' });
  await visit(leads.href());
  await page.getByRole('group', { name: 'Layout' }).getByRole('link', { name: 'Board' }).click();
  await expect(page).toHaveURL(/layout=board/);
  await expect(board(page).getByRole('region')).toHaveCount(STAGES.length);
  await expect(cards(page, 'New Lead')).toHaveText(['Bo Berg', 'Ann Able']);
  await expect(cards(page, 'Negotiation')).toHaveText(['Di Dale', 'Cy Cole']);
  await expect(column(page, 'New Lead').locator('header')).toContainText('€3,500.50');
  await expect(column(page, 'Negotiation').locator('header')).toContainText('2');
  await expect(column(page, 'Closed Won').locator('header')).toContainText('€0');

  // The table and the board keep each other's sort.
  await visit(`${leads.href()}&layout=board&sort=-value`);
  await expect(cards(page, 'Negotiation')).toHaveText(['Cy Cole', 'Di Dale']);
  await page.getByRole('group', { name: 'Layout' }).getByRole('link', { name: 'Table' }).click();
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['Cy Cole', 'Bo Berg', 'Ann Able', 'Di Dale']);
});

test('a card leads to its lead, where the stage can be changed', async ({ page, visit, leads, js }) => {
  test.skip(js, 'with JavaScript the card opens beside the board');
  const lead = await leads.add('Ann Able');
  await visit(`${leads.href()}&layout=board`);
  await cards(page, 'New Lead').click();
  await page.getByRole('button', { name: 'Negotiation' }).click();
  expect((await leads.get(lead)).stage).toBe('Negotiation');
  await visit(`${leads.href()}&layout=board`);
  await expect(cards(page, 'Negotiation')).toHaveText(['Ann Able']);
  await expect(cards(page, 'New Lead')).toHaveCount(0);
});

test('of a long column the first cards are there at once, and without JavaScript a link to all', async ({ page, visit, leads, js }) => {
  await leads.addAll(Array.from({ length: 15 }, (_, n) => `Lead ${n}`));
  await visit(`${leads.href()}&layout=board`);
  await expect(column(page, 'New Lead').locator('header')).toContainText('15');
  if (js) {
    const last = cards(page, 'New Lead').last();
    await cards(page, 'New Lead').first().hover();
    // A wheel event may arrive before the browser knows that the column scrolls.
    await expect(async () => {
      await page.mouse.wheel(0, 5_000);
      await expect(last).toHaveText('Lead 0', { timeout: 1_000 });
    }).toPass();
    await expect(last).toBeInViewport({ ratio: 1 });
  } else {
    await expect(cards(page, 'New Lead')).toHaveCount(12);
    await page.getByRole('link', { name: 'All in this stage' }).click();
    await expect(page.getByRole('rowheader').getByRole('link')).toHaveCount(15);
  }
});
