//! Crossings: the next times at which leads enter or leave a time-dependent query ("in the last 7 days") without a change.

use domain::{
    Timestamp,
    rule::{Boundary, Facts},
};
use std::collections::BTreeSet;

/// Resolution of the times: 250 ms, in microseconds.
pub(super) const PART: i64 = 250_000;
/// Maximum times kept per boundary. When they have passed, the next are read.
pub(super) const MOST: usize = 400;

/// The next values that cross a boundary, in units of `PART` and in order. With `MOST` values there may be more.
pub(super) type Next = (Boundary, Vec<i64>);

#[derive(Debug)]
pub(super) struct Crossings {
    boundaries: Vec<Boundary>,
    /// Times in units of `PART` since 1970.
    at: BTreeSet<i64>,
    /// All times up to this one are known, once read.
    upto: i64,
    read: bool,
    /// Since the read began, leads were written by a batch without changes of its own.
    missed: bool,
}

impl Crossings {
    pub(super) fn new(boundaries: Vec<Boundary>) -> Self {
        Self { boundaries, at: BTreeSet::new(), upto: i64::MAX, read: false, missed: false }
    }

    /// A read of the next times begins.
    pub(super) fn begin(&mut self) {
        self.missed = false;
    }

    pub(super) fn set_next(&mut self, next: Vec<Next>) {
        self.upto = i64::MAX;
        self.read = !self.missed;
        for (boundary, parts) in &next {
            // A part has passed when its last microsecond has passed.
            let passed = |part: &i64| rounded(boundary.passes(part.saturating_add(1).saturating_mul(PART) - 1));
            self.at.extend(parts.iter().map(passed));
            if let Some(last) = parts.last().filter(|_| parts.len() >= MOST) {
                self.upto = self.upto.min(passed(last));
            }
        }
        self.boundaries = next.into_iter().map(|(boundary, _)| boundary).collect();
        self.shorten();
    }

    /// Leads were written without changes of their own: the next times must be read again.
    pub(super) fn forget(&mut self) {
        self.read = false;
        self.missed = true;
    }

    /// Adds the crossings of a lead that was created or changed.
    pub(super) fn add_lead(&mut self, facts: &Facts<'_>) {
        for boundary in &self.boundaries {
            self.at.extend(boundary.passes_facts(facts).into_iter().map(rounded).filter(|at| *at <= self.upto));
        }
        self.shorten();
    }

    fn shorten(&mut self) {
        while self.at.len() > MOST * self.boundaries.len().max(1) {
            self.upto = self.upto.min(self.at.pop_last().unwrap_or(self.upto) - 1);
        }
    }

    /// Whether a time has passed since the last call.
    pub(super) fn passed(&mut self, now: Timestamp) -> bool {
        let later = self.at.split_off(&(now.0.div_euclid(PART) + 1));
        let passed = !self.at.is_empty();
        self.at = later;
        passed
    }

    /// Whether the next times are unknown and must be read.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        !self.read || now.0.div_euclid(PART) >= self.upto
    }
}

/// The end of the part that contains `at`.
fn rounded(at: Timestamp) -> i64 {
    at.0.div_euclid(PART).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        Moment,
        rule::{Op, Rule, Value, boundaries, generate},
        time::DAY,
    };

    /// Of leads that are created in these parts, which is still to come.
    fn crossings(now: Timestamp, parts: Vec<i64>) -> Crossings {
        let rule = Rule::test("created_at", Op::WithinDays, Value::Number(1.0));
        let boundaries = boundaries(&rule, &Moment::utc(now));
        // As the database does: only values that have not crossed the boundary yet.
        let to_come = |boundary: &Boundary| parts.iter().copied().filter(|part| part * PART >= boundary.from).collect();
        let next = boundaries.iter().map(|boundary| (boundary.clone(), to_come(boundary))).collect();
        let mut crossings = Crossings::new(boundaries);
        assert!(crossings.is_over(now));
        crossings.begin();
        crossings.set_next(next);
        crossings
    }

    fn later(now: Timestamp, parts: i64) -> Timestamp {
        Timestamp(now.0 + parts * PART)
    }

    #[test]
    fn each_moment_is_told_once_and_never_early() {
        let now = Timestamp(1_000 * DAY);
        let created = now.0 / PART + 8;
        let mut known = crossings(now, vec![created]);
        assert!(!known.passed(later(now, 8)));
        assert!(known.passed(later(now, 10)));
        assert!(!known.passed(later(now, 100)) && !known.is_over(later(now, 100)));

        let mut lead = generate::plain_lead();
        lead.created_at = Timestamp(now.0 + 40 * PART);
        known.add_lead(&Facts::new(&lead, &[]));
        assert!(!known.passed(later(now, 39)));
        assert!(known.passed(later(now, 42)));
    }

    #[test]
    fn what_comes_while_it_is_read_is_not_missed() {
        let now = Timestamp(1_000 * DAY);
        let mut known = crossings(now, Vec::new());
        let boundaries = known.boundaries.clone();
        let mut lead = generate::plain_lead();
        lead.created_at = Timestamp(now.0 + 8 * PART);
        known.begin();
        known.add_lead(&Facts::new(&lead, &[]));
        known.set_next(boundaries.iter().map(|boundary| (boundary.clone(), Vec::new())).collect());
        assert!(!known.is_over(now) && known.passed(later(now, 10)));
        known.begin();
        known.forget();
        known.set_next(boundaries.iter().map(|boundary| (boundary.clone(), Vec::new())).collect());
        assert!(known.is_over(now), "a batch that no change told may be missing");
    }

    #[test]
    fn what_is_too_much_is_read_later() {
        let now = Timestamp(1_000 * DAY);
        let first = now.0 / PART + 1;
        let full = crossings(now, (first..first + MOST as i64).collect());
        assert!(!full.is_over(later(now, 10)) && full.is_over(later(now, MOST as i64 + 2)));
        let mut known = crossings(now, Vec::new());
        let mut lead = generate::plain_lead();
        let most = MOST * known.boundaries.len();
        for n in 0..2 * most as i64 {
            lead.created_at = Timestamp(now.0 + (n + 1) * PART);
            known.add_lead(&Facts::new(&lead, &[]));
        }
        assert_eq!(known.at.len(), most);
        assert!(known.is_over(later(now, most as i64 + 2)));
    }
}
