import { actions, status } from '../campaigns.ts';
import { expect, ready, signIn, test } from '../fixtures.ts';
import { names } from '../rows.ts';

test('the list shows its campaigns, newest first, and sorts by its heads', async ({ page, visit, leads, campaigns, word }) => {
  const [spring, autumn] = [await campaigns.add('Spring'), await campaigns.add('Autumn', { status: 'active' })];
  const people = await leads.addAll(['Ann', 'Bo', 'Cy', 'Di']);
  await campaigns.enroll(autumn, people);
  await campaigns.enroll(spring, people.slice(0, 1));
  await leads.set(people[0]!, { status: 'converted' });
  await visit(campaigns.href());
  await expect(names(page)).toHaveText([`Autumn ${word}`, `Spring ${word}`]);
  // 1 of 4 leads converted, which counts as a reply. A draft has not started: its leads do not count.
  const row = (name: string) => page.getByRole('row', { name });
  for (const text of ['Active', '4', '1', '100.0%']) await expect(row('Autumn')).toContainText(text);
  await expect(row('Autumn').getByRole('progressbar', { name: '0 of 12 steps done' })).toBeVisible();
  for (const text of ['Draft', '–']) await expect(row('Spring')).toContainText(text);
  await expect(page.getByText('2 campaigns')).toBeVisible();

  const head = (name: string) => page.getByRole('columnheader', { name });
  await head('Name').getByRole('link').click();
  await expect(page).toHaveURL(/sort=name/);
  await expect(head('Name')).toHaveAttribute('aria-sort', 'ascending');
  await expect(names(page)).toHaveText([`Autumn ${word}`, `Spring ${word}`]);
  await head('Name').getByRole('link').click();
  await expect(head('Name')).toHaveAttribute('aria-sort', 'descending');
  await expect(names(page)).toHaveText([`Spring ${word}`, `Autumn ${word}`]);
  for (const column of ['Leads', 'Successful', 'Response rate']) {
    await head(column).getByRole('link').click();
    await expect(head(column)).toHaveAttribute('aria-sort', 'descending');
    await expect(names(page)).toHaveText([`Autumn ${word}`, `Spring ${word}`]);
  }
});

test('a search and a status narrow the list, and the address keeps both', async ({ page, visit, campaigns, word, js }) => {
  await campaigns.add('Spring', { description: 'To the north of Åland' });
  await campaigns.add('Autumn', { status: 'active' });
  await campaigns.add('Winter', { status: 'paused' });
  await visit(campaigns.href({ sort: 'name' }));
  await page.getByRole('navigation', { name: 'Status' }).getByRole('link', { name: 'Active' }).click();
  await expect(names(page)).toHaveText([`Autumn ${word}`]);
  await page.reload();
  await expect(names(page)).toHaveText([`Autumn ${word}`]);
  await page.getByRole('navigation', { name: 'Status' }).getByRole('link', { name: 'All' }).click();
  await expect(names(page)).toHaveText([`Autumn ${word}`, `Spring ${word}`, `Winter ${word}`]);

  const search = async (text: string) => {
    await page.getByRole('searchbox').fill(text);
    if (!js) await page.getByRole('button', { name: 'Search', exact: true }).click();
  };
  await search(`winter ${word}`);
  await expect(names(page)).toHaveText([`Winter ${word}`]);
  await expect(page).toHaveURL(/[?&]q=winter/);
  await expect(page).toHaveURL(/sort=name/);
  await search(`nothing ${word}`);
  await expect(page.getByText('No campaign matches')).toBeVisible();
  await page.getByRole('link', { name: 'Show all campaigns' }).click();
  await expect(names(page).first()).toBeVisible();
});

test('a campaign is made; what is wrong is said at its field and what was typed stays', async ({ own: { page }, js, noise }) => {
  noise.push(/409|422/);
  if (js) await ready(page);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Campaigns' }).click();
  await expect(page.getByText('No campaigns yet')).toBeVisible();
  await page.getByRole('link', { name: 'Create the first campaign' }).click();
  await page.getByLabel('Description').fill('Everyone we met in spring');
  await page.getByRole('button', { name: 'Add campaign' }).click();
  await expect(page.getByLabel('Name')).toHaveAccessibleDescription('Enter a name');
  await expect(page.getByLabel('Description')).toHaveValue('Everyone we met in spring');

  await page.getByLabel('Name').fill('Spring');
  await page.getByRole('button', { name: 'Add campaign' }).click();
  await expect(page).toHaveURL(/\/campaigns\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { name: 'Spring', level: 1 })).toBeVisible();
  await expect(page.getByText('Everyone we met in spring')).toBeVisible();
  await expect(status(page)).toHaveText('Draft');
  const first = page.url();

  // A name that is taken: an error at the field, with a link to that campaign.
  await page.goto('/campaigns/new');
  if (js) await ready(page);
  await page.getByLabel('Name').fill('SPRING');
  await page.getByRole('button', { name: 'Add campaign' }).click();
  await expect(page.getByLabel('Name')).toHaveAccessibleDescription(/“Spring” exists already/);
  await expect(page.getByLabel('Name')).toHaveValue('SPRING');
  // Typed text would be lost: with scripts, a confirmation comes first.
  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByRole('link', { name: 'Open Spring' }).click();
  await expect(page).toHaveURL(first);
});

test('only what is possible now can be pressed, from the draft to the end', async ({ page, visit, campaigns }) => {
  const campaign = await campaigns.add('Spring');
  await visit(`/campaigns/${campaign.id}`);
  const turns: [string, string, string[]][] = [
    ['', 'Draft', ['Start', 'Stop campaign']],
    ['Start', 'Active', ['Pause', 'Complete', 'Stop campaign']],
    ['Pause', 'Paused', ['Resume', 'Complete', 'Stop campaign']],
    ['Resume', 'Active', ['Pause', 'Complete', 'Stop campaign']],
    ['Complete', 'Completed', ['Reopen']],
    ['Reopen', 'Paused', ['Resume', 'Complete', 'Stop campaign']],
  ];
  for (const [press, now, possible] of turns) {
    if (press === 'Complete') {
      await page.getByRole('link', { name: press, exact: true }).click();
      await expect(page.getByRole('status').filter({ hasText: 'Complete Spring' })).toContainText('No leads are still open. You can reopen it.');
      expect((await campaigns.get(campaign)).status).toBe('active');
      await page.getByRole('button', { name: 'Complete campaign' }).click();
    } else if (press) await page.getByRole('button', { name: press, exact: true }).click();
    await expect(status(page)).toHaveText(now);
    await expect(actions(page)).toHaveText(possible);
    await expect.poll(async () => (await campaigns.get(campaign)).status).toBe(now.toLowerCase());
  }
});

test('a campaign is stopped once it was asked, with the open leads by name, and the tab stays', async ({ page, visit, campaigns, leads, js }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  await campaigns.enroll(campaign, await leads.addAll(['Ann Open', 'Ben Open', 'Cid Open', 'Dan Open']));
  await visit(`/campaigns/${campaign.id}?tab=sequence`);
  await page.getByRole('link', { name: 'Stop campaign' }).click();
  const question = page.getByRole('status').filter({ hasText: 'Stop Spring' });
  await expect(question).toContainText('4 leads are still open: Dan Open, Cid Open, Ben Open and 1 more.');
  await question.getByRole('link', { name: 'Keep running' }).click();
  await expect(question).toHaveCount(0);
  if (js) {
    await page.getByRole('link', { name: 'Stop campaign' }).click();
    await expect(question).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(question).toHaveCount(0);
    await expect(page).toHaveURL(/tab=sequence$/);
  }
  await page.getByRole('link', { name: 'Stop campaign' }).click();
  await expect(question).toContainText('4 leads are still open');
  // Also on a phone, and when the page begins with the question.
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(new URL(page.url()).pathname + new URL(page.url()).search);
  await expect(question).toContainText('Ben Open and 1 more. They get no further steps. You can reopen it.');
  await question.getByRole('button', { name: 'Stop campaign' }).click();
  await expect(status(page)).toHaveText('Stopped');
  await expect(actions(page)).toHaveText(['Reopen']);
  await expect(page).toHaveURL(/tab=sequence$/);
  await expect.poll(async () => (await campaigns.get(campaign)).status).toBe('cancelled');
});

test('what has become impossible meanwhile is refused, with what is possible', async ({ page, visit, campaigns, noise, js }) => {
  noise.push(/409/);
  const campaign = await campaigns.add('Spring');
  await visit(`/campaigns/${campaign.id}`);
  // Paused, or the button would disappear before it can be pressed.
  if (js) {
    await page.keyboard.press('p');
    await expect(page.locator('.conn')).toHaveText(/^Paused/);
  }
  await campaigns.act(campaign, 'start');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('“Start” is not possible now: the campaign is active. Possible: Pause, Complete, Stop');
  expect((await campaigns.get(campaign)).status).toBe('active');
});

test('the overview counts what came of it, the leads say how far each is', async ({ page, visit, leads, campaigns }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const people = await leads.addAll(['Ann Asked', 'Bo Back', 'Cy Calm', 'Di Done']);
  await campaigns.enroll(campaign, people);
  await leads.set(people[0]!, { connection: 'request_sent' } as never);
  await leads.set(people[1]!, { connection: 'connected', status: 'responded' } as never);
  await leads.set(people[3]!, { status: 'converted' });
  await visit(`/campaigns/${campaign.id}`);
  const figure = (label: string) => page.locator('.strip > div').filter({ hasText: label });
  await expect(figure('Total leads').locator('.value')).toHaveText('4');
  await expect(figure('Connected').locator('.value')).toHaveText('1');
  // 2 of 3 contacted leads replied; 1 of 12 steps is done. Each figure has an explanation.
  await expect(figure('Response rate').locator('.value')).toHaveText('66.7%');
  await expect(figure('Response rate')).toContainText('2 of 3 contacted replied');
  await expect(figure('Response rate')).toHaveAttribute('title', /Leads that replied .* of those contacted/);
  await expect(figure('Progress').locator('.value')).toHaveText('8.3%');
  await expect(figure('Progress')).toContainText('1 of 12 steps done');
  const part = (label: string) => page.getByRole('region', { name: 'Funnel' }).getByRole('listitem').filter({ hasText: label });
  await expect(part('Requests sent')).toContainText('1');
  await expect(part('Successful')).toContainText('25.0%');

  await page.getByRole('navigation', { name: 'Campaign' }).getByRole('link', { name: 'Leads 4' }).click();
  await expect(names(page)).toHaveText(['Di Done', 'Cy Calm', 'Bo Back', 'Ann Asked']);
  const row = (name: string) => page.getByRole('row', { name });
  await expect(row('Ann Asked')).toContainText('Request sent');
  await expect(row('Ann Asked')).toContainText('1 of 3, Connection Request');
  await expect(row('Bo Back')).toContainText('Replied');
  await expect(row('Cy Calm')).toContainText('Not started');
  await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: 'Pending' }).click();
  await expect(names(page)).toHaveText(['Cy Calm']);
  await names(page).first().click();
  await expect(page).toHaveURL(new RegExp(`/leads/${people[2]!.id}$`));
});

test('many leads go on below', async ({ page, visit, leads, campaigns, js }) => {
  const campaign = await campaigns.add('Spring');
  await campaigns.enroll(campaign, await leads.addAll(Array.from({ length: 60 }, (_, at) => `Lead ${100 + at}`)));
  await visit(`/campaigns/${campaign.id}?tab=leads`);
  await expect(names(page)).toHaveCount(50);
  await page.getByRole('link', { name: 'More leads' }).click();
  // Without scripts it is a new page.
  await expect(names(page)).toHaveCount(js ? 60 : 10);
  await expect(names(page).last()).toHaveText('Lead 100');
  await expect(page.getByRole('link', { name: 'More leads' })).toHaveCount(0);
});

test('the sequence is read, and edited by a plain form', async ({ page, visit, campaigns, noise }) => {
  noise.push(/422/);
  const campaign = await campaigns.add('Spring');
  const titles = async () => (await campaigns.get(campaign)).steps.map((step) => step.title);
  await visit(`/campaigns/${campaign.id}?tab=sequence`);
  const steps = page.getByRole('region', { name: 'Sequence' }).getByRole('listitem');
  await expect(steps).toHaveCount(3);
  await expect(steps.nth(1)).toContainText('3 days later');
  await expect(steps.nth(1)).toContainText('Follow-up 1');
  await expect(steps.nth(0)).toContainText('{firstName}');

  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  const step = (number: number) => page.getByRole('group', { name: `Step ${number}` });
  await step(2).getByLabel('Title').fill('A call');
  await step(2).getByLabel('Type').selectOption('Call');
  await step(2).getByLabel('Wait (days)').fill('9');
  await step(2).getByLabel('Text').fill('Ask {firstName} how it goes');
  await step(3).getByLabel('Active').uncheck();
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect(steps.nth(1)).toContainText('9 days later');
  await expect(steps.nth(1)).toContainText('Ask {firstName} how it goes');
  await expect(steps.nth(2)).toContainText('inactive');
  expect((await campaigns.get(campaign)).steps[1]).toMatchObject({ title: 'A call', kind: 'call', delayDays: 9, active: true });

  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.getByRole('button', { name: 'Add a step' }).click();
  await expect(step(4).getByLabel('Title')).toHaveValue('New step');
  await step(4).getByLabel('Title').fill('A farewell');
  await page.getByRole('button', { name: 'Move step 4 up' }).click();
  await expect(step(3).getByLabel('Title')).toHaveValue('A farewell');
  await page.getByRole('button', { name: 'Remove step 4' }).click();
  await expect(step(4)).toHaveCount(0);
  // Nothing is saved before “Save sequence”.
  expect(await titles()).toEqual(['Connection Request', 'A call', 'Follow-up 2']);
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect.poll(titles).toEqual(['Connection Request', 'A call', 'A farewell']);
  await page.getByRole('link', { name: 'Edit', exact: true }).click();

  // Errors are shown at their fields, and nothing is saved.
  await step(1).getByLabel('Title').fill('');
  await step(2).getByLabel('Wait (days)').fill('999');
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect(step(1).getByLabel('Title')).toHaveAccessibleDescription(/Enter a title/);
  await expect(step(2).getByLabel('Wait (days)')).toHaveAccessibleDescription(/0 to 365 days/);
  await expect(step(2).getByLabel('Wait (days)')).toHaveValue('999');
  expect(await titles()).toEqual(['Connection Request', 'A call', 'A farewell']);
});

test('a step that was added goes with Cancel, and an unknown field is refused by name', async ({ page, visit, campaigns, noise, js }) => {
  noise.push(/422/);
  const campaign = await campaigns.add('Spring');
  await visit(`/campaigns/${campaign.id}?tab=sequence&edit=1`);
  const step = (number: number) => page.getByRole('group', { name: `Step ${number}` });
  await step(1).getByLabel('Text').fill('Hi {firstname}, from {shoeSize}');
  await page.getByRole('button', { name: 'Add a step' }).click();
  await expect(step(4).getByLabel('Title')).toHaveValue('New step');
  await expect(step(1).getByLabel('Text')).toHaveValue('Hi {firstname}, from {shoeSize}');
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect(step(1).getByLabel('Text')).toHaveAccessibleDescription(/\{firstname\} is not a field of a lead; write \{firstName\}\. Fields are \{firstName\}, \{lastName\}/);
  page.once('dialog', (dialog) => void dialog.accept());
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(page.getByRole('region', { name: 'Sequence', exact: true }).getByRole('listitem')).toHaveCount(3);
  expect((await campaigns.get(campaign)).steps).toEqual(campaign.steps);
  if (!js) return;
  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await expect(step(4)).toHaveCount(0);
  await expect(step(1).getByLabel('Text')).toHaveAccessibleDescription(/in braces/);
});

test('a step that leads come to next can be removed, and what becomes of them is said before', async ({ page, visit, leads, campaigns }) => {
  const campaign = await campaigns.add('Spring', { status: 'active' });
  const [asked, fresh] = [await leads.add('Ann Asked'), await leads.add('Fay Fresh')];
  await campaigns.enroll(campaign, [asked, fresh]);
  await leads.set(asked, { connection: 'request_sent' } as never);
  await visit(`/campaigns/${campaign.id}?tab=sequence&edit=1`);
  const step = (number: number) => page.getByRole('group', { name: `Step ${number}` });
  for (const number of [1, 2]) {
    await expect(step(number)).toContainText('1 lead comes to this step next. If you remove the step, it continues with the next remaining step or finishes the campaign.');
  }
  await expect(step(3)).not.toContainText('to this step next');
  await page.getByRole('button', { name: 'Remove step 2' }).click();
  await expect(step(3)).toHaveCount(0);
  await page.getByRole('button', { name: 'Move step 2 up' }).click();
  await expect(step(1).getByLabel('Title')).toHaveValue('Follow-up 2');
  // The text moves with its step, which has another position now.
  await expect(step(1)).not.toContainText('to this step next');
  await expect(step(2)).toContainText('1 lead comes to this step next');
  await page.getByRole('button', { name: 'Save sequence' }).click();
  const [first, , third] = campaign.steps.map((step) => step.id);
  await expect.poll(async () => (await campaigns.get(campaign)).steps.map((step) => step.id)).toEqual([third, first]);
  await visit(`/campaigns/${campaign.id}?tab=leads`);
  // The request is the last step now, so leads who were sent one have completed the sequence.
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });
  await expect(row('Ann Asked')).toContainText('2 of 2, Connection Request');
  await expect(row('Ann Asked')).toContainText('Finished');
  await expect(row('Fay Fresh')).toContainText('Not started');
});

test('a long text that is refused or moved comes back whole, and nothing is saved by it', async ({ page, visit, campaigns, noise }) => {
  noise.push(/422/);
  const campaign = await campaigns.add('Spring');
  await visit(`/campaigns/${campaign.id}?tab=sequence&edit=1`);
  const step = (number: number) => page.getByRole('group', { name: `Step ${number}` });
  // Longer than any address may be.
  const [first, second] = ['Ü', 'z'].map((letter) => `Hi {firstname}, ${`${letter} & <b>`.repeat(1_000)}`) as [string, string];
  await step(1).getByLabel('Text').fill(first);
  await step(2).getByLabel('Text').fill(second);
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect(step(1).getByLabel('Text')).toHaveAccessibleDescription(/\{firstname\} is not a field of a lead/);
  await expect(step(1).getByLabel('Text')).toHaveValue(first);
  await expect(step(2).getByLabel('Text')).toHaveValue(second);
  await page.getByRole('button', { name: 'Move step 2 up' }).click();
  await expect(step(1).getByLabel('Text')).toHaveValue(second);
  await page.getByRole('button', { name: 'Add a step' }).click();
  await expect(step(4).getByLabel('Title')).toHaveValue('New step');
  await expect(step(2).getByLabel('Text')).toHaveValue(first);
  expect((await campaigns.get(campaign)).steps).toEqual(campaign.steps);
  for (const number of [1, 2]) await step(number).getByLabel('Text').fill(number === 1 ? second.replace('firstname', 'firstName') : '');
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect.poll(async () => (await campaigns.get(campaign)).steps.map((one) => one.content.length)).toEqual([second.length, 0, expect.any(Number), 0]);
  await expect(page).toHaveURL(/tab=sequence$/);
});

test('two edits of the same sequence: the second is told, and saves when it means it', async ({ page, visit, campaigns, noise }) => {
  noise.push(/409/);
  const campaign = await campaigns.add('Spring');
  await visit(`/campaigns/${campaign.id}?tab=sequence&edit=1`);
  const title = page.getByRole('group', { name: 'Step 1' }).getByLabel('Title');
  await title.fill('Mine');
  await campaigns.set(campaign, { steps: campaign.steps.map((step) => ({ ...step, delayDays: step.delayDays + 1 })) });
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect(page.getByRole('alert')).toContainText('Someone else changed this sequence meanwhile');
  await expect(title).toHaveValue('Mine');
  await page.getByRole('button', { name: 'Save sequence' }).click();
  await expect(page.getByRole('region', { name: 'Sequence', exact: true }).getByRole('listitem').first()).toContainText('Mine');
  expect((await campaigns.get(campaign)).steps[0]).toMatchObject({ title: 'Mine', delayDays: 0 });
});

test('a campaign is renamed, duplicated and deleted', async ({ page, visit, campaigns, word, noise, js }) => {
  noise.push(/404/);
  const campaign = await campaigns.add('Spring', { description: 'kept as it was' });
  await visit(`/campaigns/${campaign.id}`);
  await page.getByRole('navigation', { name: 'Campaign' }).getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Name', { exact: true }).fill(`Summer ${word}`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { name: `Summer ${word}`, level: 1 })).toBeVisible();
  expect(await campaigns.get(campaign)).toMatchObject({ name: `Summer ${word}`, description: 'kept as it was' });

  await page.getByRole('button', { name: 'Duplicate campaign' }).click();
  await expect(page.getByRole('heading', { name: `Summer ${word} (copy)`, level: 1 })).toBeVisible();
  await expect(status(page)).toHaveText('Draft');
  await expect(page).not.toHaveURL(new RegExp(campaign.id));

  await page.getByRole('navigation', { name: 'Campaign' }).getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Delete campaign' }).click();
  // With JavaScript it is deleted at once, and a toast offers “Undo”. Without, a confirmation comes first.
  if (!js) {
    await page.getByRole('link', { name: 'Keep campaign' }).click();
    await expect(page.getByRole('button', { name: 'Delete permanently' })).toHaveCount(0);
    await page.getByRole('link', { name: 'Delete campaign' }).click();
    await page.getByRole('button', { name: 'Delete permanently' }).click();
  }
  await expect(page).toHaveURL(/\/campaigns$/);
  await visit(campaigns.href());
  await expect(names(page)).toHaveText([`Summer ${word}`]);
});

test('two renames at once: the second sees the first, and saves when it means it', async ({ page, visit, campaigns, word, noise }) => {
  noise.push(/409/);
  const campaign = await campaigns.add('Spring');
  await visit(`/campaigns/${campaign.id}?tab=settings`);
  await page.getByLabel('Name', { exact: true }).fill(`Mine ${word}`);
  await campaigns.set(campaign, { name: `Theirs ${word}` });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText(`It is now called “Theirs ${word}”`);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(`Mine ${word}`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { name: `Mine ${word}`, level: 1 })).toBeVisible();
});

test('leads are found and added by hand', async ({ page, visit, leads, campaigns, word }) => {
  const campaign = await campaigns.add('Spring');
  const [ann] = await leads.addAll(['Ann Added', 'Bo Beside']);
  await visit(`/campaigns/${campaign.id}?${new URLSearchParams({ tab: 'leads', add: word })}`);
  const found = page.getByRole('list', { name: 'Leads found' });
  await expect(found.getByRole('listitem')).toHaveCount(2);
  await found.getByRole('button', { name: 'Add Ann Added' }).click();
  await expect(page.getByRole('row', { name: /Ann Added.*Pending/ })).toBeVisible();
  await expect.poll(async () => (await campaigns.get(campaign)).totalLeads).toBe(1);
  expect(await leads.get(ann!)).toMatchObject({ name: 'Ann Added' });
});

test('figures over all campaigns open the rows behind them', async ({ page, visit }) => {
  await visit('/campaigns');
  const figure = (label: string) => page.locator('.strip > div').filter({ hasText: label });
  await expect(figure('Response rate in campaigns')).toContainText('replied');
  await figure('Active').getByRole('link').click();
  await expect(page).toHaveURL(/\/campaigns\?status=active$/);
});

test('who only reads sees campaigns, and no way to change them', async ({ server, campaigns, guest }) => {
  const campaign = await campaigns.add('Spring');
  const vera = { email: 'vera@linnet.example', password: 'a long password' };
  server.addUser(vera.email, 'Vera Viewer', 'viewer', vera.password);
  await signIn(guest, vera);
  await guest.goto(campaigns.href());
  await expect(names(guest)).toHaveCount(1);
  await expect(guest.getByRole('link', { name: 'New campaign' })).toHaveCount(0);
  await guest.goto(`/campaigns/${campaign.id}?tab=settings`);
  await expect(actions(guest)).toHaveCount(0);
  await expect(guest.getByText('Your role can only view campaigns')).toBeVisible();
  await guest.goto(`/campaigns/${campaign.id}?tab=sequence&edit=1`);
  await expect(guest.getByRole('button', { name: 'Save sequence' })).toHaveCount(0);
});
