//! One batch of an import of orders: they are recorded as orders of any other origin are. The rows of those that are refused are rejected.

use super::{intake::rejected, read::ReportedRow};
use crate::{leads, orders, store::Tx};
use domain::{
    Error, Result,
    imports::{BadCell, Import, ImportCounts, ReadOrder},
    orders::Outcome,
};

/// Records the orders. Returns the reports on rejected rows.
///
/// # Errors
/// `Conflict` when a customer or an order came or went at the same moment (Postgres): try again.
pub(super) async fn apply(tx: &mut Tx, import: &Import, read: Vec<ReadOrder>, counts: &mut ImportCounts) -> Result<Vec<ReportedRow>> {
    let mut reported = Vec::new();
    let known = name_customers(tx, read, &mut reported).await?;
    let new = known.iter().map(|read| read.order.clone()).collect();
    for (read, outcome) in known.into_iter().zip(orders::import(tx, import.id, new).await?) {
        let waits = matches!(outcome, Outcome::Waiting(_));
        match outcome {
            Outcome::Applied(_) | Outcome::Waiting(_) => {
                counts.created += read.rows.len() as i64;
                counts.orders += 1;
                counts.waiting += i64::from(waits);
            }
            // Its rows are counted as duplicates.
            Outcome::Known(_) => {}
            Outcome::Rejected(Error::Conflict(why)) => return Err(Error::Conflict(why)),
            Outcome::Rejected(error) => reject(read, &error.to_string(), &mut reported),
        }
    }
    counts.rejected += reported.len() as i64;
    Ok(reported)
}

/// Puts the lead's id in place of its e-mail. Orders of an e-mail that no lead has are rejected: they could not wait for it. So are those with the
/// number of one lead and the e-mail of another.
async fn name_customers(tx: &mut Tx, read: Vec<ReadOrder>, reported: &mut Vec<ReportedRow>) -> Result<Vec<ReadOrder>> {
    let by_email = |read: &ReadOrder| read.by_email.then(|| read.order.customer.clone());
    let emails: Vec<String> = read.iter().filter_map(|read| by_email(read).or_else(|| read.email.clone())).collect();
    let leads = leads::by_email(tx.conn(), &emails.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let both = read.iter().filter(|read| read.email.is_some()).map(|read| read.order.customer.as_str());
    let numbered = leads::customers(tx.conn(), &both.collect::<Vec<_>>()).await?;
    let mut known = Vec::with_capacity(read.len());
    for mut read in read {
        if read.by_email {
            let Some(lead) = leads.get(&read.order.customer) else {
                let why = format!("No lead has the e-mail {}; import the customers first", read.order.customer);
                reject(read, &why, reported);
                continue;
            };
            read.order.customer = lead.to_string();
        } else if let Some(email) = &read.email
            && let (Some(one), Some(other)) = (numbered.get(&read.order.customer), leads.get(email))
            && one != other
        {
            let why = format!("Customer {} is another lead than {email}; correct one of them", read.order.customer);
            reject(read, &why, reported);
            continue;
        }
        known.push(read);
    }
    Ok(known)
}

fn reject(read: ReadOrder, reason: &str, reported: &mut Vec<ReportedRow>) {
    let bad = |value: Option<String>| BadCell { column: String::new(), value: value.unwrap_or_default(), reason: reason.to_owned() };
    reported.extend(read.rows.into_iter().map(|row| {
        let bad = vec![bad(row.order_id.clone())];
        rejected(row, bad)
    }));
}
