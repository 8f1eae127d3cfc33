//! Customers of a shop: each adds a lead, or updates the one that it is, thousands in few statements.

use super::{
    Leads,
    commit::{LogMode, Write, commit},
    customers::customers,
    row::LeadRow,
    sql,
};
use crate::store::{self, Tx, Value};
use domain::{
    Actor, Error, LeadId, Op, Record, Result, Timestamp,
    change::Set,
    leads::{Lead, NewCustomer},
    text::grouped,
};
use std::collections::HashMap;

/// Customers whose leads are read at once.
const AT_ONCE: usize = 200;
/// Tries of a write that meets another one of the same lead on Postgres.
const TRIES: usize = 4;

impl Leads {
    pub(super) async fn put(&self, actor: &Actor, customer: NewCustomer) -> Result<Lead> {
        let customer = customer.check()?;
        for _ in 1..TRIES {
            match self.put_once(actor, customer.clone()).await {
                Err(Error::Conflict(_)) => {}
                done => return done,
            }
        }
        self.put_once(actor, customer).await
    }

    async fn put_once(&self, actor: &Actor, customer: NewCustomer) -> Result<Lead> {
        self.store
            .write(actor, move |tx| Box::pin(async move { put_customers(tx, vec![customer]).await?.pop().ok_or(Error::Internal)? }))
            .await
    }
}

/// Writes checked customers in their order. Returns the lead of each, or why it could not be written. One written lead is recorded as its own
/// change, several as a set.
///
/// # Errors
/// `Conflict` when a lead of one of them came or went at the same moment (Postgres): try again. `Invalid` on `totalSpend` when a sum is too
/// large.
pub async fn put_customers(tx: &mut Tx, new: Vec<NewCustomer>) -> Result<Vec<Result<Lead>>> {
    let (single, mut put, mut written) = (new.len() == 1, Vec::with_capacity(new.len()), 0);
    let mut new = new.into_iter().peekable();
    while new.peek().is_some() {
        let part: Vec<NewCustomer> = new.by_ref().take(AT_ONCE).collect();
        let mut batch = Batch::read(tx, &part).await?;
        let at: Vec<Result<usize>> = part.into_iter().map(|customer| batch.put(customer, LeadId(tx.new_id()), tx.now())).collect();
        written += batch.write(tx, if single { LogMode::Each } else { LogMode::Set }).await?;
        put.extend(at.into_iter().map(|at| at.map(|at| batch.leads[at].1.clone())));
    }
    if !single && written > 0 {
        let what = if written == 1 { "ingested a customer".to_owned() } else { format!("ingested {} customers", grouped(written as i64)) };
        tx.record(Op::Bulk, None, Some(Record::Set(Set::of_leads(what, written as i64))));
    }
    Ok(put)
}

/// Leads of customers, before and after. A new one has no before.
#[derive(Default)]
struct Batch {
    leads: Vec<(Option<Lead>, Lead)>,
    by_email: HashMap<String, usize>,
    by_number: HashMap<String, usize>,
}

impl Batch {
    /// The leads of these customers, locked.
    async fn read(tx: &mut Tx, new: &[NewCustomer]) -> Result<Self> {
        let emails: Vec<&str> = new.iter().map(|customer| customer.email.as_str()).collect();
        let numbers: Vec<&str> = new.iter().filter_map(|customer| customer.customer_id.as_deref()).collect();
        let numbered = customers(tx.conn(), &numbers).await?;
        let ids: Vec<LeadId> = numbered.values().copied().collect();
        let rows = tx.all::<LeadRow>(store::sql(sql::LOCK_CUSTOMERS).bind_all([Value::json(&emails)?, Value::json(&ids)?])).await?;
        let mut batch = Self::default();
        let mut places = HashMap::new();
        for row in rows {
            let lead = Lead::try_from(row)?;
            places.insert(lead.id, batch.leads.len());
            batch.by_email.insert(lead.email.clone(), batch.leads.len());
            batch.leads.push((Some(lead.clone()), lead));
        }
        // Of several leads with one number it is the oldest.
        batch.by_number = numbered.into_iter().filter_map(|(number, id)| Some((number, *places.get(&id)?))).collect();
        Ok(batch)
    }

    /// The place of the customer's lead, as it is now.
    fn put(&mut self, customer: NewCustomer, id: LeadId, now: Timestamp) -> Result<usize> {
        let number = customer.customer_id.clone();
        let by_number = || number.as_ref().and_then(|number| self.by_number.get(number));
        let known = self.by_email.get(&customer.email).or_else(by_number).copied();
        let at = if let Some(at) = known {
            if let Some(after) = customer.update(&self.leads[at].1, now)? {
                self.by_email.remove(&self.leads[at].1.email);
                self.leads[at].1 = after;
            }
            at
        } else {
            self.leads.push((None, customer.into_lead(id, now)));
            self.leads.len() - 1
        };
        self.by_email.insert(self.leads[at].1.email.clone(), at);
        if let Some(number) = number {
            self.by_number.entry(number).or_insert(at);
        }
        Ok(at)
    }

    /// Writes the leads that changed. Returns their number.
    async fn write(&mut self, tx: &mut Tx, mode: LogMode) -> Result<usize> {
        let (mut updated, mut added) = (Vec::new(), Vec::new());
        for (before, after) in &mut self.leads {
            if before.as_ref() == Some(after) {
                continue;
            }
            // One revision, however often it came.
            after.revision = before.as_ref().map_or(0, |before| before.revision) + 1;
            after.edited = after.revision;
            match before {
                Some(before) => updated.push((before.clone(), after.clone())),
                None => added.push(after.clone()),
            }
        }
        let expected = updated.len() + added.len();
        let mut written = 0;
        // An update may free the e-mail that a new lead has.
        for write in [Write::Update(updated), Write::Insert(added)] {
            written += commit(tx, write, mode).await.map_err(taken)?.written.len();
        }
        if written == expected { Ok(written) } else { Err(came()) }
    }
}

fn came() -> Error {
    Error::Conflict("The lead of a customer was added at the same moment; try again".to_owned())
}

/// Nobody had the e-mail when the batch was read.
fn taken(error: Error) -> Error {
    if matches!(error, Error::Duplicate { .. }) { came() } else { error }
}
