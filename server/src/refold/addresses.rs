//! Leads and accounts: their e-mail addresses, and what is kept beside a lead for comparing.

use super::clash;
use crate::{
    accounts,
    leads::{self, Refold},
    store::Tx,
};
use domain::{LeadId, Record, Result, leads::Lead, text::normalise_email};

/// An address that is in the present form, or cannot be, stays.
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

/// The next leads after `after`. Answers the last one, or none at the end, and how many were written.
pub(super) async fn leads(tx: &mut Tx, after: LeadId, limit: usize) -> Result<(Option<LeadId>, usize)> {
    let rows = leads::to_refold(tx, after, limit).await?;
    let last = rows.last().map(|row| row.lead.id).filter(|_| rows.len() == limit);
    let mut written = 0;
    for Refold { lead: before, folded } in rows {
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
        if let Some(email) = email {
            let after = Lead { email, revision: before.revision + 1, ..before.clone() };
            leads::put(tx, before, after).await?;
        } else if !folded {
            leads::refold(tx, &before).await?;
        } else {
            continue;
        }
        written += 1;
    }
    Ok((last, written))
}
