// Cards are moved by pointer, keys and menu; other windows see it at once.
import { expectAccessible } from '../axe.ts';
import { board, card, cards, carry, column, drag, expectEqualToApi } from '../board.ts';
import { expect, hold, ready, test } from '../fixtures.ts';
import { bar } from '../selection.ts';

const UPDATE = '**/sfn/leads/update';

test('moves by pointer and by keys in one window are seen in the other, with their sums', async ({ page, visit, open, leads, api }) => {
  await leads.addAll(['Ann Able', 'Bo Berg', 'Cy Cole'], (_, at) => ({ value: (at + 1) * 1_000_50 }));
  const address = `${leads.href()}&layout=board`;
  await visit(address);
  const other = await open();
  await other.goto(address);
  await ready(other);

  await drag(page, 'Bo Berg', 'Meeting Scheduled');
  await expect(cards(page, 'Meeting Scheduled')).toHaveText(['Bo Berg']);
  await expect(cards(other, 'Meeting Scheduled')).toHaveText(['Bo Berg']);
  await expect(cards(other, 'New Lead')).toHaveText(['Cy Cole', 'Ann Able']);

  await card(page, 'Ann Able').focus();
  await page.keyboard.press('Space');
  await expect(card(page, 'Ann Able')).toHaveAttribute('data-state', 'lifted');
  for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('status').filter({ hasText: 'Over Negotiation, position 1' })).toBeAttached();
  await page.keyboard.press('Enter');
  await expect(cards(page, 'Negotiation')).toHaveText(['Ann Able']);
  await expect(card(page, 'Ann Able')).toBeFocused();
  await expect(cards(other, 'Negotiation')).toHaveText(['Ann Able']);

  await leads.set((await leads.all())[0]!, { value: 9_999_99 });
  await expectEqualToApi(page, api, leads);
  await expectEqualToApi(other, api, leads);
});

test('Escape puts a card back, and Z takes a move back', async ({ page, visit, leads }) => {
  const lead = await leads.add('Ann Able');
  await visit(`${leads.href()}&layout=board`);
  await carry(page, 'Ann Able', 'Negotiation');
  await expect(column(page, 'Negotiation')).toHaveAttribute('data-drop', '');
  await page.keyboard.press('Escape');
  await expect(column(page, 'Negotiation')).not.toHaveAttribute('data-drop', '');
  await page.mouse.up();
  await expect(cards(page, 'New Lead')).toHaveText(['Ann Able']);
  await expect(page).not.toHaveURL(/peek=/);

  await card(page, 'Ann Able').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Escape');
  await expect(cards(page, 'New Lead')).toHaveText(['Ann Able']);
  expect((await leads.get(lead)).stage).toBe('New Lead');

  await drag(page, 'Ann Able', 'Negotiation');
  await expect.poll(async () => (await leads.get(lead)).stage).toBe('Negotiation');
  await expect(card(page, 'Ann Able')).not.toHaveAttribute('data-state', 'pending');
  await page.keyboard.press('z');
  await expect(cards(page, 'New Lead')).toHaveText(['Ann Able']);
  await expect.poll(async () => (await leads.get(lead)).stage).toBe('New Lead');
});

test('the menu moves a card too, and a click opens the panel', async ({ page, visit, leads }) => {
  await leads.add('Ann Able');
  await visit(`${leads.href()}&layout=board`);
  await page.getByRole('button', { name: 'Stage of Ann Able: New Lead' }).click();
  await page.getByRole('menu', { name: 'Stage' }).getByRole('menuitemradio', { name: 'Closed Won' }).click();
  await expect(cards(page, 'Closed Won')).toHaveText(['Ann Able']);
  await card(page, 'Ann Able').click();
  await expect(page.getByRole('complementary', { name: 'Lead', exact: true })).toContainText('Ann Able');
});

test('a move shows at once, and a refused one goes back and says why', async ({ page, visit, leads, noise }) => {
  noise.push(/ERR_FAILED/);
  const lead = await leads.add('Ann Able');
  await visit(`${leads.href()}&layout=board`);
  const answer = hold();
  await page.route(UPDATE, async (route) => {
    await answer.released;
    await route.abort();
  });
  await drag(page, 'Ann Able', 'Negotiation');
  await expect(cards(page, 'Negotiation')).toHaveText(['Ann Able']);
  await expect(card(page, 'Ann Able')).toHaveAttribute('data-state', 'pending');
  answer.release();
  await expect(cards(page, 'New Lead')).toHaveText(['Ann Able']);
  await expect(page.getByText(/^Not changed/)).toBeVisible();
  expect((await leads.get(lead)).stage).toBe('New Lead');
});

test('a long column has few cards in the document, and goes on as one scrolls', async ({ page, visit, leads }) => {
  await leads.addAll(Array.from({ length: 60 }, (_, at) => `Card ${String(at).padStart(2, '0')}`));
  await visit(`${leads.href()}&layout=board`);
  const list = column(page, 'New Lead').getByRole('list');
  await expect(cards(page, 'New Lead').first()).toHaveText('Card 59');
  await expect(async () => {
    await list.evaluate((one) => one.scrollTo(0, one.scrollHeight));
    await expect(cards(page, 'New Lead').last()).toHaveText('Card 00', { timeout: 500 });
  }).toPass();
  await expect(cards(page, 'New Lead').last()).toBeInViewport({ ratio: 1 });
  expect(await cards(page, 'New Lead').count()).toBeLessThan(30);
});

test('cards are selected with X, by their box, and with Shift a range; one that is carried takes the others along', async ({ page, visit, open, leads, api }) => {
  await leads.addAll(['Dan', 'Cy', 'Bo', 'Al']);
  const address = `${leads.href()}&layout=board`;
  await visit(address);
  const other = await open();
  await other.goto(address);
  await ready(other);
  const picked = page.locator('.lead-card[data-picked] h3');

  await card(page, 'Al').focus();
  await page.keyboard.press('x');
  await expect(picked).toHaveText(['Al']);
  await card(page, 'Cy').getByRole('checkbox').click({ modifiers: ['Shift'] });
  await expect(picked).toHaveText(['Al', 'Bo', 'Cy']);
  await card(page, 'Bo').click({ modifiers: ['ControlOrMeta'] });
  await expect(picked).toHaveText(['Al', 'Cy']);
  await expect(bar(page)).toContainText('2 selected');
  await expectAccessible(page);

  // A card that a colleague moves to another column stays selected.
  await leads.set((await leads.all()).find((lead) => lead.name === 'Al')!, { stage: 'Negotiation' });
  await expect(cards(page, 'Negotiation')).toHaveText(['Al']);
  await expect(picked).toHaveText(['Cy', 'Al']);

  await drag(page, 'Cy', 'Meeting Scheduled');
  await expect(cards(page, 'Meeting Scheduled')).toHaveText(['Al', 'Cy']);
  await expect(cards(other, 'Meeting Scheduled')).toHaveText(['Al', 'Cy']);
  await expect(bar(page)).toBeHidden();
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await expect(cards(page, 'Negotiation')).toHaveText(['Al']);
  await expect(cards(page, 'New Lead')).toHaveText(['Bo', 'Cy', 'Dan']);

  await card(page, 'Bo').getByRole('checkbox').click();
  await card(page, 'Dan').getByRole('checkbox').click();
  await page.keyboard.press('Escape');
  await expect(picked).toHaveCount(0);
  await expectEqualToApi(page, api, leads);
});
