'use client';
import { useState } from 'react';

const Icon = ({ name }) => <svg className="i" aria-hidden="true"><use href={`/icons.svg#${name}`} /></svg>;
const initials = (name) => name.split(/\s+/).map((word) => word[0]).slice(0, 2).join('').toUpperCase();
const hue = (name) => [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 0);

export function Table({ leads }) {
  const [rows, setRows] = useState(leads);
  return (
    <div className="table-wrap scroll" role="region" aria-label="Leads" tabIndex={0}>
      <table className="table leads">
        <caption className="sr">Leads</caption>
        <thead>
          <tr>
            {['Name', 'Company', 'Status', 'Stage', 'Score', 'Owner', 'Value', 'Last activity', ''].map((head) => <th scope="col" key={head}>{head}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((lead, at) => <Row key={lead.id} at={at} lead={lead} remove={() => setRows(rows.filter((other) => other.id !== lead.id))} />)}
        </tbody>
      </table>
    </div>
  );
}

function Row({ lead, at, remove }) {
  return (
    <tr data-id={lead.id} aria-rowindex={at + 2} tabIndex={-1}>
      <th scope="row">
        <span className="cell">
          <span className="avatar" aria-hidden="true" style={{ '--h': hue(lead.name) }}>{initials(lead.name)}</span>
          <a className="trunc" href={`/leads/${lead.id}`}>{lead.name}</a>
        </span>
      </th>
      <td className="sub">
        {lead.company ? (
          <span className="cell">
            <span className="avatar org" aria-hidden="true" style={{ '--h': hue(lead.company) }}>{lead.company[0]}</span>
            <span className="trunc" title={lead.company}>{lead.company}</span>
          </span>
        ) : <span className="muted">–</span>}
      </td>
      <td>
        <button type="button" className="pick" aria-haspopup="menu" aria-label={`Status of ${lead.name}: ${lead.status}`}>
          <span className="status" data-tone="info"><Icon name="mail" />{lead.status}</span>
        </button>
      </td>
      <td>
        <button type="button" className="pick" aria-haspopup="menu" aria-label={`Stage of ${lead.name}: ${lead.stage}`}>
          <span className="stage"><Icon name="st-new" />{lead.stage}</span>
        </button>
      </td>
      <td><span className="score">{lead.score}<i style={{ '--v': lead.score }} /></span></td>
      <td>{lead.owner ? <span className="avatar">{lead.owner.slice(0, 2)}</span> : <span className="muted" title="No owner">–</span>}</td>
      <td className="num">{lead.value == null ? <span className="muted">–</span> : <span className="num">€{(lead.value / 100).toLocaleString('en')}</span>}</td>
      <td className="sub">
        <span className="cell" title={lead.lastActivity}>
          <Icon name="activity" />
          <span className="trunc">{lead.lastActivity}</span>
          <time className="push num" dateTime={lead.lastActivityDate}>{lead.lastActivityDate.slice(0, 10)}</time>
        </span>
      </td>
      <td className="acts">
        <button type="button" className="btn ghost icon sm" aria-label={`Delete ${lead.name}`} onClick={remove}><Icon name="trash" /></button>
      </td>
    </tr>
  );
}
