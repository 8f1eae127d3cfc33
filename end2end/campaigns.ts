// Campaigns through the REST API: sets up data for a test, and reads what the page is checked against.
import { type APIRequestContext, type APIResponse, type Locator, type Page, expect } from '@playwright/test';
import type { Lead } from './leads.ts';

export type Step = { id: string; position: number; kind: string; title: string; content: string; delayDays: number; active: boolean };
export type Campaign = { id: string; name: string; description: string; status: string; steps: Step[]; totalLeads: number; successfulLeads: number };

/** Buttons for the possible actions on the page's campaign. Those that end it are links to a confirmation. */
export const actions = (page: Page): Locator => page.locator('.page form button[name="action"]:not(.danger), .page form a[href*="sure="]');

/** The pill with the status of the page's campaign. */
export const status = (page: Page): Locator => page.locator('.page .pill');

export class CampaignApi {
  constructor(
    private readonly api: APIRequestContext,
    /** Part of the name of every campaign created here. */
    readonly word: string,
  ) {}

  async add(name: string, more: { description?: string; status?: string } = {}): Promise<Campaign> {
    const answer = await this.api.post('/api/campaigns', { data: { name: `${name} ${this.word}`, ...more } });
    return (await read<{ data: Campaign }>(answer)).data;
  }

  async act(campaign: Pick<Campaign, 'id'>, action: string): Promise<Campaign> {
    return read(await this.api.post(`/api/campaigns/${campaign.id}/${action}`));
  }

  async set(campaign: Pick<Campaign, 'id'>, values: Partial<Campaign>): Promise<Campaign> {
    return read(await this.api.patch(`/api/campaigns/${campaign.id}`, { data: values }));
  }

  async get(campaign: Pick<Campaign, 'id'>): Promise<Campaign> {
    return read(await this.api.get(`/api/campaigns/${campaign.id}`));
  }

  async enroll(campaign: Pick<Campaign, 'id'>, leads: Pick<Lead, 'id'>[]): Promise<void> {
    await read(await this.api.post(`/api/campaigns/${campaign.id}/leads`, { data: { leadIds: leads.map((lead) => lead.id) } }));
  }

  /** All its enrolled leads, over all pages. */
  async leads(campaign: Pick<Campaign, 'id'>): Promise<{ id: string }[]> {
    const all: { id: string }[] = [];
    let cursor: string | null = null;
    do {
      const params: Record<string, string> = { limit: '200', ...(cursor ? { cursor } : {}) };
      const answer = await this.api.get(`/api/campaigns/${campaign.id}/leads`, { params });
      const page: { data: { id: string }[]; pagination: { nextCursor: string | null } } = await read(answer);
      all.push(...page.data);
      cursor = page.pagination.nextCursor;
    } while (cursor);
    return all;
  }

  async takeOut(campaign: Pick<Campaign, 'id'>, lead: Pick<Lead, 'id'>): Promise<void> {
    await read(await this.api.delete(`/api/campaigns/${campaign.id}/leads/${lead.id}`));
  }

  async remove(campaign: Pick<Campaign, 'id'>): Promise<void> {
    await read(await this.api.delete(`/api/campaigns/${campaign.id}`));
  }

  /** Address of the list with only this test's campaigns. */
  href(more: Record<string, string> = {}): string {
    return `/campaigns?${new URLSearchParams({ q: this.word, ...more })}`;
  }
}

async function read<T>(answer: APIResponse): Promise<T> {
  expect(answer.ok(), `${answer.status()} ${await answer.text()}`).toBe(true);
  return answer.json();
}
