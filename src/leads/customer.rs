//! Input for a customer, as a shop knows them: it adds a lead, or updates the lead that this customer is.

use super::{Lead, NewLead};
use crate::{Error, FieldError, LeadId, Result, Timestamp, given};
use serde::{Deserialize, Serialize};

/// Largest spend in minor units, and most visits.
const SPEND_MAX: i64 = 1_000_000_000_000_000;
const VISITS_MAX: i64 = 1_000_000_000;

/// A customer: the lead with this e-mail, else the lead with this customer number, else a new lead.
///
/// `name` and `email` are required. What is given is set; a lead that is there keeps its name, which people may have corrected.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewCustomer {
    #[serde(deserialize_with = "given::present")]
    pub name: String,
    #[serde(deserialize_with = "given::present")]
    pub email: String,
    /// The shop's own number of the customer.
    pub customer_id: Option<String>,
    /// All that they have spent so far, in minor units (cents). Later orders add to it.
    pub total_spend: Option<i64>,
    /// Number of their visits so far. Later orders add to it.
    pub visits: Option<i64>,
    pub last_active_at: Option<Timestamp>,
}

impl NewCustomer {
    /// Cleans, normalises and checks all fields.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        let new = NewLead { name: self.name, email: self.email, customer_id: self.customer_id, ..NewLead::default() };
        (self.name, self.email, self.customer_id) = match new.check() {
            Ok(NewLead { name, email, customer_id, .. }) => (name, email, customer_id),
            Err(Error::Invalid(wrong)) => {
                errors = wrong;
                Default::default()
            }
            Err(error) => return Err(error),
        };
        if self.total_spend.is_some_and(|spend| !(0..=SPEND_MAX).contains(&spend)) {
            errors.push(FieldError::new("totalSpend", "Enter an amount from 0 to 10,000,000,000,000.00, in minor units"));
        }
        if self.visits.is_some_and(|visits| !(0..=VISITS_MAX).contains(&visits)) {
            errors.push(FieldError::new("visits", "Enter a whole number from 0 to 1,000,000,000"));
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }

    /// The new lead. `self` is checked.
    pub fn into_lead(self, id: LeadId, now: Timestamp) -> Lead {
        let Self { name, email, customer_id, total_spend, visits, last_active_at } = self;
        let lead = NewLead { name, email, customer_id, ..NewLead::default() }.into_lead(id, now);
        Lead { total_spend: total_spend.unwrap_or_default(), visits: visits.unwrap_or_default(), last_active_at, ..lead }
    }

    /// The lead of this customer after the update; `None` when nothing changes. `self` is checked.
    ///
    /// # Errors
    /// `Invalid` on the field to shorten, when the lead would be too large.
    pub fn update(self, lead: &Lead, now: Timestamp) -> Result<Option<Lead>> {
        let mut after = Lead {
            email: self.email,
            customer_id: self.customer_id.or_else(|| lead.customer_id.clone()),
            total_spend: self.total_spend.unwrap_or(lead.total_spend),
            visits: self.visits.unwrap_or(lead.visits),
            last_active_at: self.last_active_at.or(lead.last_active_at),
            ..lead.clone()
        };
        if after == *lead {
            return Ok(None);
        }
        if let Some(error) = after.too_large(lead.size()) {
            return Err(Error::Invalid(vec![error]));
        }
        after.revision += 1;
        after.edited = after.revision;
        after.updated_at = now;
        Ok(Some(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> NewCustomer {
        NewCustomer { name: "Ana".into(), email: "Ana@B.example".into(), total_spend: Some(500), visits: Some(2), ..NewCustomer::default() }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = NewCustomer { total_spend: Some(-1), visits: Some(-1), ..NewCustomer::default() };
        let Err(Error::Invalid(errors)) = wrong.check() else { panic!("accepted") };
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["name", "email", "totalSpend", "visits"]);
    }

    #[test]
    fn an_update_sets_what_is_given_and_keeps_the_name() {
        let lead = ana().check().unwrap().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        assert_eq!((lead.email.as_str(), lead.total_spend, lead.visits), ("ana@b.example", 500, 2));
        assert_eq!(NewCustomer { name: "A.".into(), ..ana() }.check().unwrap().update(&lead, Timestamp(2)), Ok(None));
        let told = NewCustomer { customer_id: Some(" c1 ".into()), total_spend: None, visits: Some(3), ..ana() };
        let after = told.check().unwrap().update(&lead, Timestamp(2)).unwrap().unwrap();
        assert_eq!((after.name.as_str(), after.customer_id.as_deref(), after.total_spend, after.visits), ("Ana", Some("c1"), 500, 3));
        assert_eq!((after.revision, after.edited, after.updated_at), (2, 2, Timestamp(2)));
    }
}
