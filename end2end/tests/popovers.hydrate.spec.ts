// Every menu, popover and dialog of every page, at each width: inside the window, beside its button, and focused inside; Escape closes it
// and returns the focus.
import type { Locator, Page } from '@playwright/test';
import { NOBODY, expect, ready, test } from '../fixtures.ts';
import { type Place, SIZES, places } from '../pages.ts';

test.use({ demo: true });

let all: Place[] = [];

test.beforeAll(async ({ server, key, playwright }) => {
  const api = await playwright.request.newContext({ baseURL: server.url, extraHTTPHeaders: { Authorization: `Bearer ${key}` } });
  all = await places(api);
  await api.dispose();
});

const opened = (page: Page) => page.locator('[popover]:popover-open, dialog[open]').last();

/** Position of an open panel relative to the window and its button. */
function stands(panel: Locator, button?: Locator): Promise<Record<string, boolean>> {
  const beside = button ? button.elementHandle() : Promise.resolve(null);
  return beside.then((button) =>
    panel.evaluate((panel, button) => {
      const at = panel.getBoundingClientRect();
      const of = button?.getBoundingClientRect();
      const near = (a: number, b: number) => Math.abs(a - b) <= 8;
      return {
        inside: at.left >= 0 && at.top >= 0 && at.right <= innerWidth && at.bottom <= innerHeight && at.width > 0 && at.height > 0,
        beside: !of || ((near(at.top, of.bottom) || near(at.bottom, of.top)) && at.left < of.right && at.right > of.left),
        focused: panel.contains(document.activeElement),
      };
    }, button),
  );
}

const WELL = { inside: true, beside: true, focused: true };

async function press(page: Page, button: Locator, name: string): Promise<void> {
  await button.click();
  await expect(opened(page), name).toBeVisible();
  await expect.poll(() => stands(opened(page), button), name).toEqual(WELL);
  await page.keyboard.press('Escape');
  await expect(opened(page), name).toBeHidden();
  await expect(button, name).toBeFocused();
}

/** Buttons that open a popover: for each popover, the first and the last visible one. */
async function openers(page: Page): Promise<string[]> {
  return page.locator('button[popovertarget]').evaluateAll((buttons) => {
    const seen = new Map<string, Element[]>();
    for (const button of buttons) {
      const { left, width, top, height } = button.getBoundingClientRect();
      // Covered by another element, or out of view.
      if (!button.contains(document.elementFromPoint(left + width / 2, top + height / 2))) continue;
      const target = button.getAttribute('popovertarget')!;
      seen.set(target, [...(seen.get(target) ?? []), button]);
    }
    return [...seen.values()].flatMap((same) => [...new Set([same[0]!, same.at(-1)!])]).map((button, at) => {
      button.setAttribute('data-opener', `${at}`);
      return `${at}`;
    });
  });
}

for (const width of [1440, 1024, 390] as const) {
  test(`what opens stands beside its button: ${width} px`, async ({ open, session, noise }) => {
    noise.push(/404|422/);
    test.setTimeout(900_000);
    let pressed = 0;
    // One context, because its cache holds the WebAssembly file for all pages.
    const browser = async (storageState: typeof session) =>
      (await open({ viewport: SIZES[width], storageState, reducedMotion: 'reduce' })).context();
    const [ours, strangers] = [await browser(session), await browser(NOBODY)];
    for (const { name, open: visit, signedIn } of all) {
      await test.step(name, async () => {
        const page = await (signedIn ? ours : strangers).newPage();
        await visit(page);
        if (signedIn) await ready(page);
        for (const opener of await openers(page)) {
          await press(page, page.locator(`[data-opener="${opener}"]`), `${name}, ${opener}`);
          pressed += 1;
        }
        await page.close();
      });
    }
    expect(pressed).toBeGreaterThan(40);
  });

  test(`dialogs stand inside the window: ${width} px`, async ({ open }) => {
    const page = await open({ viewport: SIZES[width], reducedMotion: 'reduce' });
    await all.find(({ name }) => name === 'leads')!.open(page);
    const name = page.getByRole('rowheader').getByRole('link').first();
    await name.focus();
    for (const key of ['?', 'Control+k']) {
      await page.keyboard.press(key);
      await expect(opened(page)).toBeVisible();
      await expect.poll(() => stands(opened(page)), key).toEqual(WELL);
      await page.keyboard.press('Escape');
      await expect(opened(page)).toBeHidden();
      await expect(name).toBeFocused();
    }
    // Closed by its button, not by a key.
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByRole('button', { name: 'Close' }).click();
    await expect(opened(page)).toBeHidden();
  });

  test(`actions on what is selected stand beside their buttons: ${width} px`, async ({ open }) => {
    const page = await open({ viewport: SIZES[width], reducedMotion: 'reduce' });
    await all.find(({ name }) => name === 'leads')!.open(page);
    await page.locator('tbody').getByRole('checkbox').nth(2).click();
    const bar = page.getByRole('toolbar', { name: 'Actions on selected leads' });
    for (const label of ['Set stage', 'Set status', 'Assign', 'Tag', 'Add to campaign']) {
      await press(page, bar.getByRole('button', { name: label, exact: true }), label);
    }
  });
}

test('a chip opens its own values, and a new filter is a new one', async ({ page, visit }) => {
  const filters = { all: [{ field: 'score', op: 'gte', value: 10 }, { field: 'stage', op: 'is_not', value: 'Closed Lost' }] };
  await visit(`/leads?${new URLSearchParams({ rule: JSON.stringify(filters) })}`);
  const chip = (field: string) => page.getByRole('group', { name: 'Filters' }).getByRole('button', { name: new RegExp(`^${field}`) });
  const form = page.getByRole('dialog', { name: 'Filter' });
  const holds = async (field: string, op: string, value: string) => {
    await expect(form.getByLabel('Field')).toHaveValue(field);
    await expect(form.getByLabel('Operator')).toHaveValue(op);
    await expect(form.getByLabel('Value')).toHaveValue(value);
  };
  // A click anywhere on the chip opens it.
  await chip('Stage').getByText('Closed Lost').click();
  await holds('stage', 'is_not', 'Closed Lost');
  // A choice that was not applied is dropped.
  await form.getByLabel('Field').selectOption('company');
  await page.keyboard.press('Escape');
  await expect(form).toBeHidden();
  await chip('Score').getByText('Score').click();
  await holds('score', 'gte', '10');
  await page.keyboard.press('Escape');
  await chip('Stage').getByText('Stage').click();
  await holds('stage', 'is_not', 'Closed Lost');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await holds('stage', 'is', 'New Lead');
  await form.getByLabel('Value').selectOption('Negotiation');
  await form.getByRole('button', { name: 'Add filter' }).click();
  await expect(page.locator('.chip .edit')).toHaveText([/Score.*10/, /Stage.*Closed Lost/, /Stage.*Negotiation/]);
  await chip('Score').click();
  await form.getByLabel('Value').fill('20');
  await form.getByRole('button', { name: 'Change filter' }).click();
  await expect(page.locator('.chip .edit')).toHaveText([/Score.*20/, /Stage.*Closed Lost/, /Stage.*Negotiation/]);
});

test('a filter on an owner or a campaign asks for one, and choices have the labels of the product', async ({ page, visit }) => {
  await visit('/leads');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const form = page.getByRole('dialog', { name: 'Filter' });
  for (const [field, remedy] of [['Owner', 'Choose an owner'], ['Campaign', 'Choose a campaign']] as const) {
    await form.getByLabel('Field').selectOption(field);
    await form.getByRole('button', { name: 'Add filter' }).click();
    await expect(form.getByRole('alert')).toHaveText(remedy);
  }
  await form.getByLabel('Field').selectOption('Connection');
  await expect(form.getByLabel('Value').getByRole('option')).toHaveText(['Not connected', 'Request sent', 'Connected', 'Request received', 'Do not contact']);
  await form.getByLabel('Value').selectOption('Do not contact');
  await form.getByRole('button', { name: 'Add filter' }).click();
  await expect(page.locator('.chip .edit')).toHaveText(/Connection.*Do not contact/);
});

test('by keys: a filter, and a stage; what is chosen leaves the focus in the list', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann Keys', 'Ben Keys']);
  await visit(leads.href());
  await page.keyboard.press('f');
  await expect(page.getByRole('dialog', { name: 'Filter' }).getByLabel('Field')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Filter', exact: true })).toBeFocused();
  await page.getByRole('link', { name: 'Ann Keys' }).focus();
  await page.keyboard.press('j');
  await page.keyboard.press('e');
  const menu = page.getByRole('menu', { name: 'Stage' });
  await expect(menu.getByRole('menuitemradio', { name: 'New Lead' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(menu).toBeHidden();
  await expect(page.locator('tr[data-id]:focus-within, tr[data-id]:focus')).toContainText('Initial Contact');
});

test('on a phone, More has what the sidebar has', async ({ open, leads }) => {
  const page = await open({ viewport: SIZES[390], reducedMotion: 'reduce' });
  await leads.addAll(['Ann Phone', 'Ben Phone']);
  await page.goto(leads.href());
  await expect(page.locator('.conn[data-state="live"]')).toBeAttached();
  const more = page.getByRole('button', { name: 'More' });
  const panel = page.getByRole('dialog', { name: 'More' });
  await more.click();
  for (const name of ['Activity log', 'Settings']) await expect(panel.getByRole('link', { name })).toBeVisible();
  await expect(panel.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await expect(panel.getByRole('group', { name: 'Theme' })).toBeVisible();
  // The list's sort and display menus, opened from this menu.
  await panel.getByRole('button', { name: 'Sort' }).click();
  const sorts = page.locator('#sort-menu');
  await expect.poll(() => stands(sorts, panel.getByRole('button', { name: 'Sort' }))).toEqual(WELL);
  await sorts.getByRole('menuitemradio', { name: 'Name' }).click();
  await expect(page).toHaveURL(/sort=name/);
  await expect(opened(page)).toBeHidden();
  await expect(page.getByRole('button', { name: /^Sorted by Name.*ascending/ })).toBeVisible();
  await more.click();
  await panel.getByRole('button', { name: 'Display' }).click();
  await expect.poll(() => stands(page.locator('#display-menu'), panel.getByRole('button', { name: 'Display' }))).toEqual(WELL);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(more).toBeFocused();
  // The palette.
  await more.click();
  await panel.getByRole('link', { name: 'Search or jump to' }).click();
  await expect(page.getByRole('dialog', { name: 'Search and commands' }).getByRole('combobox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(more).toBeFocused();
  // A page.
  await more.click();
  await panel.getByRole('link', { name: 'Activity log' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Activity');
  await expect(panel).toBeHidden();
});

test('on a phone the panel takes the whole screen, and a number is dialled', async ({ open, api, leads }) => {
  const lead = await leads.add('Ann Screen');
  await api.patch(`/api/leads/${lead.id}`, { data: { phone: '+49 (0)30 / 12 34-56' } });
  const page = await open({ viewport: SIZES[390] });
  await page.goto(`${leads.href()}&peek=${lead.id}`);
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  await expect(panel.getByRole('link', { name: 'Call' })).toHaveAttribute('href', 'tel:+4930123456');
  await expect.poll(() => panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
  await page.goto(`/leads/${lead.id}`);
  await expect(page.getByRole('link', { name: '+49 (0)30 / 12 34-56' })).toHaveAttribute('href', 'tel:+4930123456');
});
