// Saved views are live: a shared one appears for others at once, and a deleted one can be restored.
import type { Page } from '@playwright/test';
import { expect, ready, signIn, test } from '../fixtures.ts';

test('a view appears in other windows, and a deleted one comes back by its toast', async ({ page, visit, open, leads, word }) => {
  await leads.add('Ann Able');
  await visit(leads.href());
  const other = await open();
  await other.goto('/leads');
  await ready(other);
  const name = `Ours ${word}`;
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByLabel('Name of the new view').fill(name);
  await page.getByLabel('Share with everyone').check();
  await page.getByRole('dialog', { name: 'Save view' }).getByRole('button', { name: 'Save view' }).click();
  const tab = (where: Page) => where.getByRole('navigation', { name: 'Views of leads' }).getByRole('link', { name });
  await expect(tab(other)).toBeVisible();


  const place = (where: Page) => where.getByRole('navigation', { name: 'Saved views' }).getByRole('link', { name });
  await expect(tab(page)).toHaveText(`${name}1`);
  await leads.add('Bo Baker');
  for (const where of [page, other]) {
    await expect(tab(where)).toHaveText(`${name}2`);
    await expect(place(where)).toHaveText(`${name}2`);
  }

  // Renamed, and back.
  await page.getByRole('button', { name: 'Edit view' }).click();
  await page.getByRole('dialog', { name: 'Edit view' }).getByLabel('Name').fill(`Theirs ${word}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  await expect(tab(page)).toHaveCount(0);
  await page.getByRole('status').filter({ hasText: `Saved the view Theirs ${word}` }).getByRole('button', { name: 'Undo' }).click();
  await expect(tab(page)).toBeVisible();
  await expect(tab(other)).toBeVisible();

  await page.getByRole('button', { name: 'Edit view' }).click();
  await page.getByRole('dialog', { name: 'Edit view' }).getByRole('button', { name: 'Delete' }).click();
  await expect(tab(page)).toHaveCount(0);
  await expect(tab(other)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(tab(page)).toBeVisible();
  await expect(tab(other)).toBeVisible();
});

test('someone else sees a view once it is shared, and cannot change it', async ({ page, visit, guest, server, leads, word }) => {
  const person = { email: `${word}@views.example`, password: 'correct horse battery' };
  server.addUser(person.email, 'Bo Views', 'member', person.password);
  await leads.add('Ann Able');
  await visit(leads.href());
  const name = `Mine ${word}`;
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByLabel('Name of the new view').fill(name);
  await page.getByRole('dialog', { name: 'Save view' }).getByRole('button', { name: 'Save view' }).click();
  const tab = (where: Page) => where.getByRole('navigation', { name: 'Views of leads' }).getByRole('link', { name });
  await expect(tab(page)).toBeVisible();

  await signIn(guest, person);
  await guest.goto('/leads');
  await ready(guest);
  await expect(tab(guest)).toHaveCount(0);
  await page.getByRole('button', { name: 'Edit view' }).click();
  await page.getByRole('button', { name: 'Share with everyone' }).click();
  await expect(tab(guest)).toBeVisible();
  await tab(guest).click();
  await expect(tab(guest)).toHaveAttribute('aria-current', 'page');
  await expect(guest.getByRole('button', { name: 'Edit view' })).toHaveCount(0);
});
