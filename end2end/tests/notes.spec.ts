import { NOBODY, expect, ready, signIn, test } from '../fixtures.ts';

test('a note is edited and deleted by its author, and both can be undone', async ({ page, visit, leads, js }) => {
  const lead = await leads.add('Nora Noted');
  await visit(`/leads/${lead.id}`);
  await page.getByRole('textbox', { name: 'Note' }).fill('caled <b>twice</b>');
  await page.getByRole('button', { name: 'Save note' }).click();
  const note = page.getByRole('listitem').filter({ hasText: 'wrote a note' });
  await expect(note).toContainText('caled <b>twice</b>');

  await note.getByRole('link', { name: 'Edit this note' }).click();
  await note.getByRole('textbox', { name: 'Note' }).fill('called');
  await note.getByRole('button', { name: 'Save note' }).click();
  await expect(note.locator('.quote')).toHaveText('called');
  await expect(note).toContainText('edited');
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(note.locator('.quote')).toHaveText('caled <b>twice</b>');
  await expect(note).not.toContainText('edited');

  await note.getByRole('button', { name: 'Delete this note' }).click();
  await expect(note).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect(note.locator('.quote')).toHaveText('caled <b>twice</b>');
  await expect(note).toContainText('Ada Admin wrote a note');
  if (js) await expect(page).toHaveURL(`/leads/${lead.id}`);
});

test('another member can neither edit nor delete it', async ({ page, visit, leads, server, open, word, js }) => {
  const lead = await leads.add('Nora Noted');
  await visit(`/leads/${lead.id}`);
  await page.getByRole('textbox', { name: 'Note' }).fill('mine');
  await page.getByRole('button', { name: 'Save note' }).click();
  await expect(page.getByText('Ada Admin wrote a note')).toBeVisible();
  const person = { email: `${word}@linnet.example`, password: 'a long enough password' };
  server.addUser(person.email, 'Mia Member', 'member', person.password);
  const theirs = await open({ storageState: NOBODY });
  await signIn(theirs, person);
  await theirs.goto(`/leads/${lead.id}`);
  if (js) await ready(theirs);
  await expect(theirs.getByText('Ada Admin wrote a note')).toBeVisible();
  await expect(theirs.getByRole('link', { name: 'Edit this note' })).toHaveCount(0);
  await expect(theirs.getByRole('button', { name: 'Delete this note' })).toHaveCount(0);
});

test('a message and an activity that another program records are in the timeline', async ({ visit, page, leads, api, js }) => {
  const lead = await leads.add('Nora Noted');
  await visit(`/leads/${lead.id}`);
  const message = { leadId: lead.id, messageType: 'email', subject: 'Hello <b>', content: 'How are you?', status: 'sent' };
  expect((await api.post('/api/messages', { data: message })).status()).toBe(200);
  const activity = { leadId: lead.id, activityType: 'profile_viewed', description: 'Looked at the profile' };
  expect((await api.post('/api/activity', { data: activity })).status()).toBe(200);
  if (!js) await page.reload();
  const item = (text: string) => page.getByRole('listitem').filter({ hasText: text });
  await expect(item('wrote a message “Hello <b>” (e-mail, sent)')).toContainText('How are you?');
  await expect(item('recorded an activity: profile_viewed')).toContainText('Looked at the profile');
});
