// The selection in the list of leads, and the toolbar that acts on it.
import type { Locator, Page } from '@playwright/test';

export const bar = (page: Page): Locator => page.getByRole('toolbar', { name: 'Actions on selected leads' });

export const box = (page: Page, name: string): Locator => page.getByRole('checkbox', { name: `Select ${name}`, exact: true });

export const everyBox = (page: Page): Locator => page.getByRole('checkbox', { name: 'Select all loaded leads' });

/** Names of the selected rows, from the top. */
export const picked = (page: Page): Locator => page.locator('tr[aria-selected=true] th a');
