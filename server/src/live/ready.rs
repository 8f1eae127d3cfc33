//! One change made ready for many queries: what each of them needs is worked out at most once.

use super::frame::Item;
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
    /// The lead before and after, with its search text folded when the first rule asks for it.
    pub(super) before: Option<Facts<'c>>,
    pub(super) after: Option<Facts<'c>>,
    items: [OnceCell<Item>; 4],
}

impl<'c> Ready<'c> {
    pub(super) fn new(change: &'c Change, seq: i64) -> Self {
        let lead = |record: &'c Option<Record>| record.as_ref().and_then(Record::as_lead).map(|lead: &Lead| Facts::new(lead));
        Self { change, seq, before: lead(&change.before), after: lead(&change.after), items: Default::default() }
    }

    /// The delta as JSON. It differs between queries in nothing but `op`.
    pub(super) fn item(&self, op: DeltaOp) -> Item {
        let place = match op {
            DeltaOp::Enter => 0,
            DeltaOp::Update => 1,
            DeltaOp::Leave => 2,
            DeltaOp::Bulk => 3,
        };
        self.items[place].get_or_init(|| Item::new(&self.delta(op))).clone()
    }

    fn delta(&self, op: DeltaOp) -> Delta {
        let change = self.change;
        let record = match (op, &change.before) {
            // Whoever loses sight of a view is told what they saw, and nothing of what it became. (Leads and the like are open to all who read.)
            (DeltaOp::Leave, Some(before)) if is_of_its_owner(before) => Some(before),
            _ => change.record(),
        };
        Delta {
            op,
            change: change.id,
            seq: self.seq,
            origin: change.origin,
            who: change.who.clone(),
            id: record.map(Record::id).unwrap_or_default(),
            record: record.cloned(),
        }
    }
}

/// Whether not everyone who reads may see it.
fn is_of_its_owner(record: &Record) -> bool {
    match record {
        Record::View(_) => true,
        Record::Lead(_)
        | Record::Note(_)
        | Record::Import(_)
        | Record::Bulk(_)
        | Record::Campaign(_)
        | Record::Enrollment(_)
        | Record::Figures(_)
        | Record::User(_)
        | Record::ApiKey(_)
        | Record::Set(_) => false,
    }
}
