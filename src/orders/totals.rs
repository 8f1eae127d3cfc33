//! A lead's sums over its orders.

use crate::{LeadId, Op, Recorded, Timestamp, leads::Lead, record::Concerned};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A lead's sums over its orders, on top of its opening balance. The log has them as figures, without a copy of the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub lead_id: LeadId,
    /// The lead's revision with these sums.
    pub revision: i64,
    /// Minor units (cents).
    pub total_spend: i64,
    pub visits: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_active_at: Option<Timestamp>,
}

impl Totals {
    pub fn of(lead: &Lead) -> Self {
        let Lead { id, revision, total_spend, visits, last_active_at, .. } = *lead;
        Self { lead_id: id, revision, total_spend, visits, last_active_at }
    }

    /// The sums with one more order; `None` when the spend would be too large for a number.
    #[must_use]
    pub fn plus(self, amount: i64, ordered_at: Timestamp) -> Option<Self> {
        Some(Self {
            total_spend: self.total_spend.checked_add(amount)?,
            visits: self.visits.checked_add(1)?,
            last_active_at: self.last_active_at.max(Some(ordered_at)),
            ..self
        })
    }

    /// Whether the sums are the same, whatever the revision.
    pub fn are(&self, other: &Self) -> bool {
        (self.total_spend, self.visits, self.last_active_at) == (other.total_spend, other.visits, other.last_active_at)
    }

    /// Sets the sums of a lead, unless it is newer.
    pub fn write_to(&self, lead: &mut Lead) {
        if self.revision >= lead.revision {
            self.set(lead);
        }
    }

    /// Sets the sums of a lead as it was or will be with them.
    pub fn set(&self, lead: &mut Lead) {
        let Self { lead_id: _, revision, total_spend, visits, last_active_at } = *self;
        (lead.revision, lead.total_spend, lead.visits, lead.last_active_at) = (revision, total_spend, visits, last_active_at);
    }
}

/// Not part of the lead's timeline, which shows the orders themselves.
impl Recorded for Totals {
    /// That of the lead.
    fn id(&self) -> Uuid {
        self.lead_id.0
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Lead(self.lead_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_adds_to_the_sums_and_never_overflows_them() {
        let none = Totals { lead_id: LeadId(Uuid::nil()), revision: 1, total_spend: 0, visits: 0, last_active_at: None };
        let two = none.plus(500, Timestamp(9)).and_then(|sums| sums.plus(70, Timestamp(3))).unwrap();
        assert_eq!((two.total_spend, two.visits, two.last_active_at), (570, 2, Some(Timestamp(9))));
        assert_eq!(Totals { total_spend: i64::MAX, ..none }.plus(1, Timestamp(0)), None);
    }
}
