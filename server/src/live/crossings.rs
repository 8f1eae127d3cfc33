//! When the total of a query that counts from now changes by itself: the next moments at which leads enter and leave it.

use domain::{Timestamp, leads::Lead, rule::Border};
use std::collections::BTreeSet;

/// Moments are told apart this exactly, in microseconds.
pub(super) const PART: i64 = 250_000;
/// Moments that are known at most, of each border. When they are over, the next are read.
pub(super) const MOST: usize = 400;

#[derive(Debug)]
pub(super) struct Crossings {
    borders: Vec<Border>,
    /// In parts of a second since 1970.
    at: BTreeSet<i64>,
    /// Up to here every moment is known.
    upto: i64,
}

impl Crossings {
    /// `next`: for each border the next values that it passes, in parts, as they were read: in order, `MOST` when there may be more.
    pub(super) fn new(borders: Vec<Border>, next: &[Vec<i64>]) -> Self {
        let (mut at, mut upto) = (BTreeSet::new(), i64::MAX);
        for (border, parts) in borders.iter().zip(next) {
            // When the last value of the part is passed, all of it is.
            let passed = |part: &i64| rounded(border.passes(part.saturating_add(1).saturating_mul(PART) - 1));
            at.extend(parts.iter().map(passed));
            if let Some(last) = parts.last().filter(|_| parts.len() >= MOST) {
                upto = upto.min(passed(last));
            }
        }
        Self { borders, at, upto }
    }

    /// The lead has come or changed.
    pub(super) fn meet(&mut self, lead: &Lead) {
        for border in &self.borders {
            let Some(at) = border.passes_lead(lead).map(rounded).filter(|at| *at <= self.upto) else { continue };
            self.at.insert(at);
        }
        while self.at.len() > MOST * self.borders.len().max(1) {
            self.upto = self.at.pop_last().unwrap_or(self.upto) - 1;
        }
    }

    /// Whether a moment has come since the last question.
    pub(super) fn passed(&mut self, now: Timestamp) -> bool {
        let later = self.at.split_off(&(now.0.div_euclid(PART) + 1));
        let passed = !self.at.is_empty();
        self.at = later;
        passed
    }

    /// No moment is known any more, and there are others.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now.0.div_euclid(PART) >= self.upto
    }
}

/// The end of its part.
fn rounded(at: Timestamp) -> i64 {
    at.0.div_euclid(PART).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        rule::{Op, Rule, Value, borders, generate},
        time::DAY,
    };

    fn crossings(now: Timestamp, parts: Vec<i64>) -> Crossings {
        let rule = Rule::test("created_at", Op::WithinDays, Value::Number(1.0));
        Crossings::new(borders(&rule, now), &[parts])
    }

    fn later(now: Timestamp, parts: i64) -> Timestamp {
        Timestamp(now.0 + parts * PART)
    }

    #[test]
    fn each_moment_is_told_once_and_never_early() {
        let now = Timestamp(1_000 * DAY);
        let created = (now.0 - DAY) / PART + 8;
        let mut known = crossings(now, vec![created]);
        assert!(!known.passed(later(now, 8)));
        assert!(known.passed(later(now, 10)));
        assert!(!known.passed(later(now, 100)) && !known.is_over(later(now, 100)));

        let mut lead = generate::plain_lead();
        lead.created_at = Timestamp(now.0 - DAY + 40 * PART);
        known.meet(&lead);
        assert!(!known.passed(later(now, 39)));
        assert!(known.passed(later(now, 42)));
    }

    #[test]
    fn what_is_too_much_is_read_later() {
        let now = Timestamp(1_000 * DAY);
        let first = (now.0 - DAY) / PART;
        let full = crossings(now, (first..first + MOST as i64).collect());
        assert!(!full.is_over(later(now, 10)) && full.is_over(later(now, MOST as i64 + 2)));
        let mut known = crossings(now, Vec::new());
        let mut lead = generate::plain_lead();
        for n in 0..2 * MOST as i64 {
            lead.created_at = Timestamp(now.0 - DAY + n * PART);
            known.meet(&lead);
        }
        assert_eq!(known.at.len(), MOST);
        assert!(known.is_over(later(now, MOST as i64 + 2)));
    }
}
