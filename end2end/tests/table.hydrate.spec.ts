// Content of the table of leads: amounts not truncated, names visible, scripts in their own direction, any sort.
import { expect, test } from '../fixtures.ts';
import { SIZES } from '../pages.ts';
import { names, row } from '../rows.ts';

const LONG = 987_654_321_098_76;

for (const width of [1440, 1024, 390] as const) {
  test(`money is never cut: ${width} px`, async ({ page, visit, leads }) => {
    const company = `${leads.company} and a name that is longer than there is room for in any column`;
    await leads.add('Ann Rich', { value: LONG, stage: 'Meeting Scheduled' });
    await leads.add('Ben Poor with a rather long name, too', { value: 150, company, stage: 'Meeting Scheduled' });
    await page.setViewportSize(SIZES[width]);
    await visit(leads.href());
    for (const [name, text] of [['Ann Rich', '€987,654,321,098.76'], ['Ben Poor', '€1.50']] as const) {
      const amount = row(page, name).locator('[data-col=value] .num');
      await expect(amount).toHaveText(text);
      const cut = await amount.evaluate((amount) => {
        const range = document.createRange();
        range.selectNodeContents(amount);
        const [text, cell, line] = [range, amount.closest('td')!, amount.closest('tr')!].map((one) => one.getBoundingClientRect());
        const beside = [...amount.closest('tr')!.querySelectorAll('td:not([data-col=value]) :is(.trunc, .stage, .avatar), th .trunc')].map((one) => one.getBoundingClientRect());
        const over = beside.some((one) => one.width > 0 && one.left < text!.right - 1 && one.right > text!.left + 1 && one.top < text!.bottom - 1 && one.bottom > text!.top + 1);
        return text!.left < cell!.left - 0.5 || text!.right > cell!.right + 0.5 || text!.right > line!.right + 0.5 || over;
      });
      expect(cut, `${name}, ${width} px`).toBe(false);
    }
  });
}

test('the name stays when the table is scrolled sideways', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann Stays', 'Ben Stays'], () => ({ value: 1_000_000 }));
  await page.setViewportSize(SIZES[1024]);
  await visit(leads.href({ cols: 'name,email,company,title,location,status,stage,score,owner,value,activity,created' }));
  const region = page.getByRole('region', { name: 'Leads' });
  const name = names(page).first();
  const head = page.getByRole('columnheader', { name: 'Name' });
  const start = (await name.boundingBox())!.x;
  await region.evaluate((region) => (region.scrollLeft = 1_000));
  await expect.poll(() => region.evaluate((region) => region.scrollLeft)).toBeGreaterThan(100);
  await expect(region).toHaveAttribute('data-aside');
  expect((await name.boundingBox())!.x).toBeCloseTo(start, 0);
  // Scrolled cells are below the sticky name, and the head scrolls with its column.
  for (const one of [name, head.getByRole('link')]) {
    const isOnTop = await one.evaluate((one) => {
      const { left, top, height } = one.getBoundingClientRect();
      return one.contains(document.elementFromPoint(left + 3, top + height / 2));
    });
    expect(isOnTop).toBe(true);
  }
  await region.evaluate((region) => (region.scrollLeft = 0));
  await expect(region).not.toHaveAttribute('data-aside');
});

test('what people wrote goes in the direction of its own script', async ({ page, visit, leads, api }) => {
  const name = 'דנה כהן';
  const lead = await leads.add('Dana Cohen', { notes: 'שלום (1) עולם' });
  await api.patch(`/api/leads/${lead.id}`, { data: { name, company: leads.company, title: 'مدير' } });
  await visit(leads.href({ cols: 'name,title', peek: lead.id }));
  const panel = page.getByRole('complementary', { name: 'Lead', exact: true });
  const rtl = (text: string) => page.getByText(text, { exact: true });
  for (const one of [names(page).first(), row(page, name).getByText('مدير'), panel.getByRole('heading', { name })]) await expect(one).toHaveCSS('direction', 'rtl');
  await visit(`/leads/${lead.id}`);
  for (const one of [page.getByRole('heading', { level: 1 }).locator('.trunc'), rtl('שלום (1) עולם')]) await expect(one).toHaveCSS('direction', 'rtl');
  await visit(`/leads/${lead.id}/edit`);
  await expect(page.getByLabel('Name')).toHaveCSS('direction', 'rtl');
  await expect(page.getByLabel('E-mail')).toHaveCSS('direction', 'ltr');
});

test('by status and by owner, with every row in its place as it comes', async ({ page, visit, leads }) => {
  await leads.add('Ann', { status: 'qualified' });
  await leads.add('Ben', { status: 'contacted' });
  await leads.add('Cem', { status: 'pending' });
  await visit(leads.href());
  await page.getByRole('columnheader', { name: 'Status' }).getByRole('link').click();
  await expect(names(page)).toHaveText(['Cem', 'Ben', 'Ann']);
  await expect(page.getByRole('columnheader', { name: 'Status' })).toHaveAttribute('aria-sort', 'ascending');
  await leads.add('Dora', { status: 'nurturing' });
  await expect(names(page)).toHaveText(['Cem', 'Ben', 'Ann', 'Dora']);
  await page.getByRole('columnheader', { name: 'Status' }).getByRole('link').click();
  await expect(names(page)).toHaveText(['Dora', 'Ann', 'Ben', 'Cem']);
  await expect(page).toHaveURL(/sort=-status/);
  await page.getByRole('columnheader', { name: 'Owner' }).getByRole('link').click();
  await expect(page).toHaveURL(/sort=owner/);
  await expect(names(page)).toHaveCount(4);
  await expect(page.getByRole('columnheader', { name: 'Owner' })).toHaveAttribute('aria-sort', 'ascending');
});

test('the order is shown when its column is not, and a view keeps it', async ({ page, visit, leads }) => {
  await leads.addAll(['Ann', 'Ben']);
  await visit(leads.href({ sort: '-status', cols: 'name,company' }));
  const sorted = page.getByRole('button', { name: /^Sorted by Status.*descending/ });
  await expect(sorted).toBeVisible();
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByLabel('Name of the new view').fill(leads.company);
  await page.getByRole('dialog', { name: 'Save view' }).getByRole('button', { name: 'Save view' }).click();
  const tab = page.getByRole('navigation', { name: 'Views of leads' }).getByRole('link', { name: leads.company });
  await expect(tab).toHaveAttribute('aria-current', 'page');
  await visit('/leads');
  await tab.click();
  await expect(sorted).toBeVisible();
  await sorted.click();
  await page.getByRole('menuitem', { name: 'Reverse order' }).click();
  await expect(page.getByRole('button', { name: /^Sorted by Status.*ascending/ })).toBeVisible();
  await expect(page).toHaveURL(/sort=status/);
});
