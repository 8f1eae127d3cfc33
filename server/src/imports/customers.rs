//! Rows with the customer number of a lead that has another e-mail: another person, or a mistake, and nobody knows which. They are rejected.

use super::read::{LeadRows, ReportedRow};
use crate::{
    leads::{self, NewLeads},
    store::Tx,
};
use domain::{
    LeadId, Result,
    imports::BadCell,
    leads::{Lead, TextField},
};
use std::collections::{HashMap, HashSet};

/// Takes such rows out. Returns the others, and the report on those. `updates`: leads take the numbers of rows with their e-mail.
pub(super) async fn refuse_taken(tx: &mut Tx, rows: LeadRows, updates: bool) -> Result<(LeadRows, Vec<ReportedRow>)> {
    if rows.numbered.is_empty() {
        return Ok((rows, Vec::new()));
    }
    let numbered = || rows.new.leads().iter().filter(|lead| lead.customer_id.is_some());
    let emails: Vec<&str> = numbered().map(|lead| lead.email.as_str()).collect();
    let numbers: Vec<&str> = numbered().filter_map(|lead| lead.customer_id.as_deref()).collect();
    let known = leads::by_email(tx.conn(), &emails).await?;
    let customers = Customers { emails: leads::emails_of_numbers(tx.conn(), &numbers).await?, known: known.into_keys().collect() };
    let taken = customers.taken(rows.new.leads(), updates);
    if taken.is_empty() { Ok((rows, Vec::new())) } else { without(rows, &taken) }
}

struct Customers {
    /// Of the leads with each number, the oldest first.
    emails: HashMap<String, Vec<String>>,
    /// E-mails that a lead has.
    known: HashSet<String>,
}

impl Customers {
    /// The rows whose number another lead has, each with the e-mail of that lead. The leads of earlier rows count, too.
    fn taken(mut self, leads: &[Lead], updates: bool) -> HashMap<LeadId, String> {
        let mut taken = HashMap::new();
        for lead in leads {
            // The lead with this e-mail stays as it is.
            if !updates && self.known.contains(&lead.email) {
                continue;
            }
            if let Some(number) = &lead.customer_id {
                let emails = self.emails.entry(number.clone()).or_default();
                if let Some(first) = emails.first().filter(|_| !emails.contains(&lead.email)) {
                    taken.insert(lead.id, first.clone());
                    continue;
                }
                emails.push(lead.email.clone());
            }
            self.known.insert(lead.email.clone());
        }
        taken
    }
}

fn without(rows: LeadRows, taken: &HashMap<LeadId, String>) -> Result<(LeadRows, Vec<ReportedRow>)> {
    let LeadRows { new, mut good, mut incomplete, mut numbered } = rows;
    good.retain(|good| !taken.contains_key(&good.id));
    incomplete.retain(|(id, _)| !taken.contains_key(id));
    let (refused, rest): (Vec<Lead>, Vec<Lead>) = new.into_leads().into_iter().partition(|lead| taken.contains_key(&lead.id));
    let report = |lead: Lead| {
        let mut row = numbered.remove(&lead.id)?;
        let number = lead.customer_id.unwrap_or_default();
        let reason = format!(
            "Customer {number} has the e-mail {}, not {}; correct one of them, or leave the number out",
            taken[&lead.id], lead.email
        );
        row.bad.insert(0, BadCell { column: TextField::CustomerId.label().to_owned(), value: number, reason });
        Some(row)
    };
    let refused = refused.into_iter().filter_map(report).collect();
    Ok((LeadRows { new: NewLeads::new(rest)?, good, incomplete, numbered }, refused))
}
