//! A total that is counted once and then moved by changes, each applied exactly once.

use domain::{ChangeId, Snapshot};
use std::{collections::HashSet, ops::AddAssign};

pub(super) struct Tally<T> {
    total: Option<T>,
    /// The count includes every change up to this one, and those in `included`, which had no `seq` yet.
    as_of: i64,
    included: HashSet<ChangeId>,
    /// While a count runs: moves that the count may or may not include.
    counting: Option<Vec<Move<T>>>,
    /// Another count is needed, because the running one may miss a change.
    again: bool,
}

struct Move<T> {
    seq: i64,
    change: ChangeId,
    by: T,
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self { total: None, as_of: 0, included: HashSet::new(), counting: None, again: false }
    }
}

impl<T: AddAssign + Copy> Tally<T> {
    pub(super) fn total(&self) -> Option<T> {
        self.total
    }

    /// The total, unless a count is running or owed.
    pub(super) fn settled(&self) -> Option<T> {
        self.total.filter(|_| self.counting.is_none() && !self.again)
    }

    /// The last count includes all changes up to this one.
    pub(super) fn as_of(&self) -> i64 {
        self.as_of
    }

    /// Applies the difference of one change.
    pub(super) fn moved(&mut self, seq: i64, change: ChangeId, by: T) {
        if let Some(moves) = &mut self.counting {
            moves.push(Move { seq, change, by });
        }
        if seq > self.as_of
            && !self.included.remove(&change)
            && let Some(total) = &mut self.total
        {
            *total += by;
        }
    }

    pub(super) fn is_counting(&self) -> bool {
        self.counting.is_some()
    }

    /// Requests a count. A running count is followed by another.
    pub(super) fn request_count(&mut self) {
        self.again = true;
    }

    /// A count begins.
    pub(super) fn begin(&mut self) {
        self.again = false;
        self.counting = Some(Vec::new());
    }

    /// Applies the result of a count. Returns `true` when another count is needed.
    pub(super) fn counted(&mut self, count: Snapshot<T>) -> bool {
        let moves = self.counting.take().unwrap_or_default();
        self.as_of = count.as_of;
        self.included = count.pending.into_iter().collect();
        self.total = Some(count.data);
        for Move { seq, change, by } in moves {
            self.moved(seq, change, by);
        }
        std::mem::take(&mut self.again)
    }

    pub(super) fn failed(&mut self) {
        self.counting = None;
        self.again = true;
    }

    /// A count is requested and none is running.
    pub(super) fn is_count_due(&self) -> bool {
        self.again && self.counting.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> ChangeId {
        ChangeId(Uuid::from_u128(n))
    }

    #[test]
    fn each_change_is_counted_once() {
        let mut tally = Tally::default();
        tally.begin();
        tally.moved(5, id(5), 1); // in the count
        tally.moved(6, id(6), 1); // in the count, but without a number then
        tally.moved(7, id(7), 1); // after the count
        assert!(!tally.counted(Snapshot { as_of: 5, pending: vec![id(6), id(8)], data: 10 }));
        assert_eq!(tally.total(), Some(11));
        tally.moved(8, id(8), -1);
        tally.moved(9, id(9), -1);
        assert_eq!(tally.total(), Some(10));
    }

    #[test]
    fn a_request_during_a_count_is_owed_after_it() {
        let mut tally = Tally::<i64>::default();
        tally.request_count();
        assert!(tally.is_count_due());
        tally.begin();
        assert!(!tally.is_count_due());
        tally.request_count();
        assert!(!tally.is_count_due() && tally.is_counting());
        assert!(tally.counted(Snapshot { as_of: 1, pending: vec![], data: 1 }));
        tally.begin();
        tally.failed();
        assert!(tally.is_count_due());
    }
}
