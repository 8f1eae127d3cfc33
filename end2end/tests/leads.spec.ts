import { expect, test } from '../fixtures.ts';
import { names } from '../rows.ts';

test('the list shows its leads, newest first, and sorts by its heads', async ({ page, visit, leads }) => {
  await leads.addAll(['Bo Berg', 'Cy Cole', 'Al Ash'], (_, at) => ({ value: [500_00, 1_200_00, 90_00][at] }));
  await visit(leads.href());
  await expect(names(page)).toHaveText(['Al Ash', 'Cy Cole', 'Bo Berg']);
  await expect(page.getByRole('row', { name: 'Cy Cole' })).toContainText('1,200');
  await expect(page.locator('tfoot')).toContainText('3 leads');

  const head = (name: string) => page.getByRole('columnheader', { name });
  await head('Name').getByRole('link').click();
  await expect(names(page)).toHaveText(['Al Ash', 'Bo Berg', 'Cy Cole']);
  await expect(head('Name')).toHaveAttribute('aria-sort', 'ascending');
  await head('Name').getByRole('link').click();
  await expect(names(page)).toHaveText(['Cy Cole', 'Bo Berg', 'Al Ash']);
  await expect(head('Name')).toHaveAttribute('aria-sort', 'descending');
  await head('Value').getByRole('link').click();
  await expect(names(page)).toHaveText(['Cy Cole', 'Bo Berg', 'Al Ash']);
  await expect(page).toHaveURL(/sort=(-|%2D)value/);
});

test('search finds by any part of name, e-mail, company, title and notes', async ({ page, visit, leads, js }) => {
  await leads.add('Åsa Öberg', { notes: 'met at the harbour' });
  await leads.add('Bo Berg');
  await visit(leads.href());
  const search = async (text: string) => {
    await page.getByRole('searchbox').fill(text);
    if (!js) await page.getByRole('button', { name: 'Search', exact: true }).click();
  };
  await search(`bo.berg@${leads.company}`);
  await expect(names(page)).toHaveText(['Bo Berg']);
  await expect(page).toHaveURL(/[?&]q=bo/);
  await search('åsa ö');
  await expect(names(page)).toHaveText(['Åsa Öberg']);
  await search(`nobody ${leads.company}`);
  await expect(page.getByText('No lead matches')).toBeVisible();
  await page.getByRole('link', { name: 'Show all leads' }).click();
  await expect(names(page).first()).toBeVisible();
});

test('filters by stage and status narrow the list, and their chips take them away', async ({ page, visit, leads, js }) => {
  await leads.add('Won Ann', { stage: 'Closed Won', status: 'converted' });
  await leads.add('Open Bo', { stage: 'Negotiation', status: 'qualified' });
  await leads.add('Open Cy', { stage: 'Negotiation', status: 'contacted' });
  await visit(leads.href());
  const choose = async (field: 'Stage' | 'Status', label: string) => {
    if (js) {
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await page.getByRole('combobox', { name: 'Field' }).selectOption({ label: field });
      await page.getByRole('combobox', { name: 'Value' }).selectOption({ label });
      await page.getByRole('button', { name: 'Add filter' }).click();
    } else {
      await page.getByRole('combobox', { name: field }).selectOption({ label });
      await page.getByRole('button', { name: 'Search', exact: true }).click();
    }
  };
  await choose('Stage', 'Negotiation');
  await expect(names(page)).toHaveText(['Open Cy', 'Open Bo']);
  await choose('Status', 'Qualified');
  await expect(names(page)).toHaveText(['Open Bo']);
  await page.getByRole('link', { name: 'Remove filter on stage' }).click();
  await expect(names(page)).toHaveText(['Open Bo']);
  await page.getByRole('link', { name: 'Remove filter on status' }).click();
  await expect(names(page)).toHaveText(['Open Cy', 'Open Bo', 'Won Ann']);
});

test('without scripts the list goes on by pages', async ({ page, visit, leads, js }) => {
  test.skip(js, 'rows load as one scrolls');
  await leads.addAll(Array.from({ length: 60 }, (_, at) => `Lead ${100 + at}`));
  await visit(leads.href());
  await expect(names(page)).toHaveCount(32);
  await page.getByRole('link', { name: 'Next page' }).click();
  await expect(names(page)).toHaveText(Array.from({ length: 28 }, (_, at) => `Lead ${127 - at}`));
  await expect(page.getByRole('link', { name: 'Next page' })).toHaveCount(0);
});

test('a lead is added; what is wrong is said at its field and what was typed stays', async ({ page, visit, word, noise }) => {
  noise.push(/409|422/);
  const email = `ann@${word}.example`;
  await visit('/leads');
  await page.getByRole('link', { name: 'New lead' }).click();
  await page.getByLabel('E-mail').fill('nobody');
  await page.getByLabel('Company').fill(word);
  await page.getByLabel('Value').fill('much');
  await page.getByRole('combobox', { name: 'Stage' }).selectOption('Negotiation');
  await page.getByRole('button', { name: 'Add lead' }).click();

  await expect(page.getByLabel('Name', { exact: true })).toHaveAccessibleDescription('Enter a name');
  await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Value')).toHaveAccessibleDescription(/such as 24,000/);
  await expect(page.getByLabel('E-mail')).toHaveValue('nobody');
  await expect(page.getByLabel('Company')).toHaveValue(word);
  await expect(page.getByLabel('Value')).toHaveValue('much');
  await expect(page.getByRole('combobox', { name: 'Stage' })).toHaveValue('Negotiation');

  await page.getByLabel('Name', { exact: true }).fill('Ann Added');
  await page.getByLabel('E-mail').fill(email.toUpperCase());
  await page.getByLabel('Value').fill('24,000.50');
  await page.getByLabel('LinkedIn').fill('linkedin.com/in/ann');
  await page.getByLabel('Customer number').fill('K-1047');
  await page.getByRole('button', { name: 'Add lead' }).click();
  await expect(page).toHaveURL(/\/leads\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { name: 'Ann Added' }).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Details' })).toContainText(email);
  await expect(page.getByRole('region', { name: 'Details' })).toContainText('K-1047');
  await expect(page.getByRole('link', { name: 'https://linkedin.com/in/ann' })).toHaveAttribute('href', 'https://linkedin.com/in/ann');
  const first = page.url();

  // An e-mail address that is taken: an error with a link to that lead.
  await visit('/leads/new');
  await page.getByLabel('Name', { exact: true }).fill('Ann Again');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Add lead' }).click();
  await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription(/Ann Added already has the e-mail/);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Ann Again');
  // Typed text would be lost: with scripts, a confirmation comes first.
  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByRole('alert').getByRole('link', { name: 'Open this lead' }).click();
  await expect(page).toHaveURL(first);
});

test('an address stays as it was typed and as it is stored', async ({ page, visit, leads, word }) => {
  const stored = await leads.add('Szl', { email: `stored@faß-${word}.example` });
  await visit(`/leads/${stored.id}/edit`);
  await expect(page.getByLabel('E-mail')).toHaveValue(stored.email);
  await page.getByLabel('Title').fill('Captain');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(new RegExp(`/leads/${stored.id}$`));
  expect((await leads.get(stored)).email).toBe(`stored@faß-${word}.example`);

  await visit('/leads/new');
  await page.getByLabel('Name', { exact: true }).fill('Typed');
  await page.getByLabel('E-mail').fill(`typed@faß-${word}.example`);
  await page.getByLabel('Company').fill(word);
  await page.getByRole('button', { name: 'Add lead' }).click();
  await expect(page).toHaveURL(/\/leads\/[0-9a-f-]{36}$/);
  const made = await leads.get({ id: page.url().slice(-36) });
  expect(made.email).toBe(`typed@faß-${word}.example`);
});

test('a lead is edited, and only what was changed is written', async ({ page, visit, leads, word }) => {
  const lead = await leads.add('Ed Edit', { notes: 'kept as it was' });
  await visit(`/leads/${lead.id}`);
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Ed Edit');
  await expect(page.getByLabel('Notes')).toHaveValue('kept as it was');
  await page.getByLabel('Title').fill('Captain');
  // Meanwhile another field is changed by the API: both changes stay.
  await leads.set(lead, { company: `${word} sailing` });
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Captain, ')).toBeVisible();
  expect(await leads.get(lead)).toMatchObject({ title: 'Captain', company: `${word} sailing`, notes: 'kept as it was' });
});

test('two edits of the same field: before, theirs and mine are shown, nothing is lost', async ({ page, visit, leads, noise }) => {
  noise.push(/409/);
  const lead = await leads.add('Coco Conflict');
  await visit(`/leads/${lead.id}/edit`);
  await page.getByLabel('Title').fill('Mine');
  await leads.set(lead, { title: 'Theirs' } as never);
  await page.getByRole('button', { name: 'Save' }).click();
  const conflict = page.getByRole('alert').filter({ hasText: 'Someone else changed this lead meanwhile' });
  const row = conflict.getByRole('row', { name: 'Title' });
  await expect(row).toContainText('empty');
  await expect(row).toContainText('Theirs');
  await expect(row).toContainText('Mine');
  await expect(page.getByLabel('Title')).toHaveValue('Mine');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(/\/leads\/[0-9a-f-]{36}$/);
  expect(await leads.get(lead)).toMatchObject({ title: 'Mine' });
});

test('the two sides of a conflict are whole and in the words of the form', async ({ page, visit, leads, noise }) => {
  noise.push(/409/);
  const lead = await leads.add('Lina Links');
  const link = (end: string) => `https://www.linkedin.com/in/${'a-very-long-name-'.repeat(12)}${end}`;
  await visit(`/leads/${lead.id}/edit`);
  await page.getByLabel('LinkedIn').fill(link('mine'));
  await page.getByLabel('Consent').selectOption('Complained');
  await leads.set(lead, { linkedinUrl: link('theirs'), consent: 'bounced' } as never);
  await page.getByRole('button', { name: 'Save' }).click();
  const conflict = page.getByRole('alert').filter({ hasText: 'Someone else changed this lead meanwhile' });
  await expect(conflict.getByRole('row', { name: 'Consent' }).getByRole('cell')).toContainText(['Subscribed', 'Bounced', 'Complained']);
  for (const side of ['theirs', 'mine']) {
    const cell = conflict.getByRole('cell', { name: link(side), exact: true });
    expect(await cell.evaluate((cell) => cell.scrollWidth - cell.clientWidth)).toBe(0);
    expect((await cell.boundingBox())!.height).toBeGreaterThan(60);
  }
});

test('the page of a lead shows stages, timeline and notes', async ({ page, visit, leads }) => {
  const lead = await leads.add('Pat Page');
  await visit(`/leads/${lead.id}`);
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await expect(timeline.getByRole('listitem')).toHaveCount(1);
  await page.getByRole('list', { name: 'Stage' }).getByRole('button', { name: 'Negotiation' }).click();
  await expect(timeline.getByRole('listitem').first()).toContainText('moved New Lead to Negotiation');
  await expect(page.getByRole('region', { name: 'Stage history' }).getByRole('row', { name: 'Negotiation' })).toContainText('New Lead');
  expect((await leads.get(lead)).stage).toBe('Negotiation');

  await page.getByLabel('Note', { exact: true }).fill('called: <b>not</b> in\nsecond line');
  await page.getByRole('button', { name: 'Save note' }).click();
  await expect(timeline.getByText('called: <b>not</b> in')).toBeVisible();
  await expect(page.getByLabel('Note', { exact: true })).toHaveValue('');
  await page.getByRole('navigation', { name: 'Show' }).getByRole('link', { name: 'Notes' }).click();
  await expect(timeline.getByRole('listitem')).toHaveCount(1);
  await expect(page).toHaveURL(/show=notes/);
});

test('a lead is deleted from its page and brought back', async ({ page, visit, leads, noise }) => {
  noise.push(/404/);
  const lead = await leads.add('Del Gone');
  await visit(`/leads/${lead.id}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  const gone = page.getByRole('status').filter({ hasText: 'This lead was deleted' });
  await expect(gone).toBeVisible();
  await expect.poll(() => leads.all()).toEqual([]);
  await gone.getByRole('button', { name: 'Undo' }).click();
  await expect(gone).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Delete' })).toBeVisible();
  await expect.poll(async () => (await leads.all()).map(({ name }) => name)).toEqual(['Del Gone']);
});
