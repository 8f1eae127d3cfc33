// Figures as pages show them.
import type { Page } from '@playwright/test';

/** Key figures and funnel of the page, by label. */
export async function figures(page: Page): Promise<Record<string, string>> {
  const parts = await page.locator('.strip > *, .funnel > li').evaluateAll((all) =>
    all.map((one) => [
      one.querySelector('.label, .stage')?.textContent?.trim() ?? '',
      one.querySelector('.value, a.num')?.textContent?.trim() ?? '',
    ]),
  );
  return Object.fromEntries(parts);
}

/** Formats cents as pages do. */
export function money(minor: number): string {
  return `€${(minor / 100).toLocaleString('en', minor % 100 ? { minimumFractionDigits: 2 } : {})}`;
}

/** Formats a share as pages do: rounded; a dash if the whole is 0. */
export function rate(part: number, whole: number): string {
  return whole ? `${(Math.round((part / whole) * 1_000) / 10).toFixed(1)}%` : '–';
}
