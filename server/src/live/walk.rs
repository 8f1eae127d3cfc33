//! Leads with their enrollments and sums, as they were before and after each of several changes. A change has one record before and after.
//! The other values that a rule tests are read from the database later, and the changes since then are reverted on them.

use super::lead_facts::{LeadFacts, lead_facts};
use crate::store::Conn;
use domain::{
    Change, LeadId, Record, Result,
    leads::Lead,
    record::Concerned,
    rule::{EnrollmentFacts, Facts},
};
use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

/// The leads for which a change may alter the result of a rule over enrollments or sums.
pub(super) fn concern(change: &Change) -> Concerned {
    if change.is_of_zone() {
        return Concerned::Anyone;
    }
    change.record().map_or(Concerned::Nobody, |record| record.concerns(change.op))
}

/// What must be read for several changes.
pub(super) struct Wanted {
    leads: Vec<LeadId>,
    /// Those without a change of their own row.
    with_row: Vec<LeadId>,
}

impl Wanted {
    pub(super) fn new<'c>(changes: impl Iterator<Item = &'c Change>) -> Self {
        let (mut all, mut with_record) = (HashSet::new(), HashSet::new());
        for change in changes {
            let Concerned::Lead(id) = concern(change) else { continue };
            all.insert(id);
            if matches!(change.record(), Some(Record::Lead(_))) {
                with_record.insert(id);
            }
        }
        Self { with_row: all.difference(&with_record).copied().collect(), leads: all.into_iter().collect() }
    }

    pub(super) async fn read(self, conn: &mut Conn) -> Result<HashMap<LeadId, LeadFacts>> {
        lead_facts(conn, &self.leads, &self.with_row).await
    }
}

/// A lead at one position in the log.
#[derive(Clone)]
pub(super) struct Known<'c> {
    lead: Option<Cow<'c, Lead>>,
    enrollments: Vec<EnrollmentFacts>,
}

impl Known<'_> {
    /// `None` if the lead does not exist.
    pub(super) fn facts(&self) -> Option<Facts<'_>> {
        self.lead.as_deref().map(|lead| Facts::new(lead, &self.enrollments))
    }
}

/// Steps through changes in the order of the log.
pub(super) struct Walk<'c> {
    leads: HashMap<LeadId, Known<'c>>,
}

impl<'c> Walk<'c> {
    /// Begins before the first of `changes`. These must include all later changes that `read` has; they may include more.
    pub(super) fn new(read: &'c HashMap<LeadId, LeadFacts>, changes: impl DoubleEndedIterator<Item = &'c Change>) -> Self {
        let known = |facts: &'c LeadFacts| Known { lead: facts.lead.as_ref().map(Cow::Borrowed), enrollments: facts.enrollments.clone() };
        let mut walk = Self { leads: read.iter().map(|(id, facts)| (*id, known(facts))).collect() };
        for change in changes.rev() {
            walk.set(change, change.before.as_ref());
        }
        walk
    }

    /// The lead before and after the next change; `None` if it was not read.
    pub(super) fn step(&mut self, change: &'c Change) -> Option<(Known<'c>, Known<'c>)> {
        let Concerned::Lead(id) = concern(change) else { return None };
        let before = self.leads.get(&id)?.clone();
        self.set(change, change.after.as_ref());
        Some((before, self.leads.get(&id)?.clone()))
    }

    /// Sets the change's record to `side`: its `before` or its `after`.
    fn set(&mut self, change: &Change, side: Option<&'c Record>) {
        let Concerned::Lead(id) = concern(change) else { return };
        let Some(known) = self.leads.get_mut(&id) else { return };
        if let Some(Record::Totals(_)) = change.record() {
            // A deleted lead has no sums.
            if let (Some(Record::Totals(totals)), Some(lead)) = (side, &mut known.lead) {
                totals.set(lead.to_mut());
            }
        } else if let Some(Record::Enrollment(enrollment)) = change.record() {
            known.enrollments.retain(|one| one.campaign_id != enrollment.campaign_id);
            if let Some(Record::Enrollment(enrollment)) = side {
                known.enrollments.push(enrollment.into());
            }
        } else {
            known.lead = side.and_then(Record::as_lead).map(Cow::Borrowed);
        }
    }
}
