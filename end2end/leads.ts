// Leads through the REST API: sets up data for a test, and reads what the page is checked against.
import { type APIRequestContext, type APIResponse, expect } from '@playwright/test';

export type Lead = {
  id: string;
  revision: number;
  name: string;
  email: string;
  company?: string;
  stage: string;
  status: string;
  value?: number;
  score: number;
  notes?: string;
  tags?: string[];
  custom?: Record<string, string>;
};

export const STAGES = ['New Lead', 'Initial Contact', 'Meeting Scheduled', 'Proposal Sent', 'Negotiation', 'Closed Won', 'Closed Lost'];

export class LeadApi {
  constructor(
    private readonly api: APIRequestContext,
    /** Company of every lead created here. */
    readonly company: string,
  ) {}

  /** Adds a lead; its e-mail address is derived from `name`. */
  async add(name: string, more: Partial<Lead> = {}): Promise<Lead> {
    const email = `${name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}@${this.company}.example`;
    return read(await this.api.post('/api/leads', { data: { name, email, company: this.company, ...more } }));
  }

  /** Adds leads in this order, so that the last is the newest. */
  async addAll(names: string[], more: (name: string, at: number) => Partial<Lead> = () => ({})): Promise<Lead[]> {
    const made = [];
    for (const [at, name] of names.entries()) made.push(await this.add(name, more(name, at)));
    return made;
  }

  /** Adds many leads by an import: `Row 1` to `Row <count>`. */
  async import(count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, at) => `Row ${at + 1},row.${at + 1}@${this.company}.example,${this.company}`);
    const file = { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(['name,email,company', ...rows].join('\n')) };
    const { id } = await read<{ id: string }>(await this.api.post('/api/imports', { multipart: { file } }));
    await read(await this.api.post(`/api/imports/${id}/start`, { data: {} }));
    const done = async () => (await read<{ status: string }>(await this.api.get(`/api/imports/${id}`))).status;
    await expect.poll(done, { timeout: 180_000 }).toBe('completed');
  }

  async set(lead: Pick<Lead, 'id'>, values: Partial<Lead>): Promise<Lead> {
    return read(await this.api.patch(`/api/leads/${lead.id}`, { data: values }));
  }

  async remove(lead: Pick<Lead, 'id'>): Promise<void> {
    expect((await this.api.delete(`/api/leads/${lead.id}`)).ok()).toBe(true);
  }

  async get(lead: Pick<Lead, 'id'>): Promise<Lead> {
    return read(await this.api.get(`/api/leads/${lead.id}`));
  }

  /** Exact number of this test's leads that match. */
  async count(more: Record<string, string> = {}): Promise<number> {
    const params = { search: this.company, limit: '1', total: 'exact', ...more };
    return (await read<{ pagination: { total: number } }>(await this.api.get('/api/leads', { params }))).pagination.total;
  }

  /** All leads of this test, over all pages, in the default order of the list. */
  async all(): Promise<Lead[]> {
    const all: Lead[] = [];
    let cursor: string | null = null;
    do {
      const params: Record<string, string> = { search: this.company, sort: '-createdAt', limit: '200', ...(cursor ? { cursor } : {}) };
      const page = await read<{ data: Lead[]; pagination: { nextCursor: string | null } }>(await this.api.get('/api/leads', { params }));
      all.push(...page.data);
      cursor = page.pagination.nextCursor;
    } while (cursor);
    return all;
  }

  /** Address of the list with only this test's leads. */
  href(more: Record<string, string> = {}): string {
    return `/leads?${new URLSearchParams({ q: this.company, ...more })}`;
  }
}

async function read<T = Lead>(answer: APIResponse): Promise<T> {
  expect(answer.ok(), `${answer.status()} ${await answer.text()}`).toBe(true);
  return answer.json();
}
