import { readFileSync } from 'node:fs';
import { Table } from './table.jsx';

export const dynamic = 'force-dynamic';

// In memory: the peer is spared the database.
let leads;

export default function Page() {
  leads ??= JSON.parse(readFileSync(process.env.LEADS_FILE, 'utf8')).data;
  return (
    <>
      <header className="topbar"><h1>Leads</h1><a className="btn primary" href="/leads/new">New lead</a></header>
      <div role="group" aria-label="Filters" className="viewbar">
        <form role="search" action="/leads"><input type="search" name="q" placeholder="Search" /></form>
      </div>
      <Table leads={leads} />
    </>
  );
}
