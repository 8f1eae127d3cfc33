//! Leads and accounts: e-mail addresses and folded keys.

use super::clash;
use crate::{
    accounts,
    leads::{self, Refold},
    store::Tx,
};
use domain::{
    LeadId, Record, Result,
    leads::{Lead, with_own_keys},
    text::normalise_email,
};

/// Leads per read: each may have 256 kB of text and as much in folded keys.
const PAGE: usize = 50;
/// Text per transaction, in bytes; exceeded by at most one page.
const BYTES: usize = 8 << 20;

/// The address in the present form; `None` when it already is, or cannot be normalised.
fn moved(email: &str) -> Option<String> {
    normalise_email(email).ok().filter(|normal| normal != email)
}

pub(super) async fn accounts(tx: &mut Tx) -> Result<()> {
    for before in accounts::sql::all(tx.conn()).await? {
        let Some(email) = moved(&before.email) else { continue };
        if let Some((other, _)) = accounts::sql::by_email(tx.conn(), &email).await? {
            clash::note(tx, "account", before.id.0, other.id.0, &before.email, &email).await?;
            continue;
        }
        accounts::sql::set_email(tx, before.id, &email).await?;
        let after = domain::accounts::User { email, revision: before.revision + 1, ..before.clone() };
        tx.updated(Record::User(before), Record::User(after));
    }
    Ok(())
}

/// One batch of leads.
#[derive(Default)]
pub(super) struct Renewed {
    /// `None` at the end.
    pub(super) last: Option<LeadId>,
    pub(super) looked: usize,
    pub(super) written: usize,
}

/// Renews the next leads after `after`: at most `limit`, and at most `BYTES` of text.
pub(super) async fn leads(tx: &mut Tx, mut after: LeadId, limit: usize) -> Result<Renewed> {
    let (mut looked, mut bytes, mut written) = (0, 0, 0);
    loop {
        let page = PAGE.min(limit - looked);
        let rows = leads::to_refold(tx, after, page).await?;
        let more = rows.len() == page;
        looked += rows.len();
        for row in rows {
            after = row.lead.id;
            bytes += row.lead.size();
            written += usize::from(renew(tx, row).await?);
        }
        if !more {
            return Ok(Renewed { last: None, looked, written });
        }
        if looked >= limit || bytes >= BYTES {
            return Ok(Renewed { last: Some(after), looked, written });
        }
    }
}

/// Returns `true` when the lead was written.
async fn renew(tx: &mut Tx, Refold { lead: before, folded }: Refold) -> Result<bool> {
    let email = match moved(&before.email) {
        Some(email) => match leads::with_email(tx, &email).await? {
            Some(other) => {
                clash::note(tx, "lead", before.id.0, other.id.0, &before.email, &email).await?;
                None
            }
            None => Some(email),
        },
        None => None,
    };
    let custom = with_own_keys(before.custom.clone());
    if custom != before.custom {
        tracing::warn!(lead = %before.id, "two custom fields of a lead are one by now; the second got a number");
    }
    if email.is_some() || custom != before.custom {
        let email = email.unwrap_or_else(|| before.email.clone());
        let revision = before.revision + 1;
        let after = Lead { email, custom, revision, edited: revision, ..before.clone() };
        leads::put(tx, before, after).await?;
    } else if !folded {
        leads::refold(tx, &before).await?;
    } else {
        return Ok(false);
    }
    Ok(true)
}
