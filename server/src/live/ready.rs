//! One change prepared for many queries: folded text and encoded deltas are computed at most once.

use super::{frame::Item, walk::Known};
use domain::{
    Change, Record,
    leads::Lead,
    live::{Delta, DeltaOp},
    rule::Facts,
};
use std::cell::OnceCell;

pub(super) struct Ready<'c> {
    pub(super) change: &'c Change,
    pub(super) seq: i64,
    /// The lead before and after the change. Its search text is folded when the first rule needs it. Without `of_known` its enrollments
    /// are not known.
    pub(super) before: Option<Facts<'c>>,
    pub(super) after: Option<Facts<'c>>,
    items: [OnceCell<Item>; 8],
}

impl<'c> Ready<'c> {
    pub(super) fn new(change: &'c Change, seq: i64) -> Self {
        let lead = |record: &'c Option<Record>| record.as_ref().and_then(Record::as_lead).map(|lead: &Lead| Facts::new(lead, &[]));
        Self { change, seq, before: lead(&change.before), after: lead(&change.after), items: Default::default() }
    }

    /// For rules over enrollments or sums: with everything that is known of the lead. The delta of a change of an enrollment or of sums has
    /// the lead as record.
    pub(super) fn of_known(change: &'c Change, seq: i64, before: &'c Known<'_>, after: &'c Known<'_>) -> Self {
        Self { change, seq, before: before.facts(), after: after.facts(), items: Default::default() }
    }

    /// Whether the change is one of an enrollment, so that the lead itself is unchanged.
    pub(super) fn is_of_enrollment(&self) -> bool {
        matches!(self.change.record(), Some(Record::Enrollment(_)))
    }

    /// The delta as JSON. Between queries it differs only in `op`, and in whether the record is `whole` or as in lists.
    pub(super) fn item(&self, op: DeltaOp, whole: bool) -> Item {
        let slot = match op {
            DeltaOp::Enter => 0,
            DeltaOp::Update => 1,
            DeltaOp::Leave => 2,
            DeltaOp::Bulk => 3,
        };
        self.items[slot + if whole { 4 } else { 0 }].get_or_init(|| Item::new(&self.delta(op, whole))).clone()
    }

    fn delta(&self, op: DeltaOp, whole: bool) -> Delta {
        let change = self.change;
        let record = match (op, &change.before) {
            // A `Leave` of a view that is no longer shared carries the old version, because the user may not see the new one. Other records
            // are open to all who may read.
            (DeltaOp::Leave, Some(before)) if before.entity().is_hidden() => Some(before),
            _ => change.record(),
        };
        let record = match (record, self.after.as_ref().or(self.before.as_ref())) {
            (Some(Record::Enrollment(_) | Record::Totals(_)), Some(facts)) => Some(Record::Lead(Box::new(facts.lead.clone()))),
            (record, _) => record.cloned(),
        };
        Delta {
            op,
            change: change.id,
            seq: self.seq,
            origin: change.origin,
            who: change.who.clone(),
            id: record.as_ref().map(Record::id).unwrap_or_default(),
            record: record.map(|record| if whole { record } else { record.in_live_list() }),
        }
    }
}
