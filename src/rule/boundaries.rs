//! Boundaries of a rule that depends on the current time: when a lead enters or leaves it without any change of the lead.

use super::{
    Facts, Field, Rule, Subject, Test,
    plan::{Predicate, predicate},
    read::{LeadValue, readings},
};
use crate::Timestamp;

/// One end of a time range that moves with the clock, such as “7 days ago”.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    pub field: &'static Field,
    /// The smallest value that the boundary has not passed at `now`.
    pub from: i64,
    now: Timestamp,
}

impl Boundary {
    /// When the boundary passes `value`: the result for a lead with this value may change at that time.
    pub fn passes(&self, value: i64) -> Timestamp {
        Timestamp(self.now.0.saturating_add(value.saturating_sub(self.from)).saturating_add(1))
    }

    /// The same for each value of a lead that was not passed already; none if the lead has no value.
    pub fn passes_facts(&self, facts: &Facts<'_>) -> Vec<Timestamp> {
        let passes = |reading| match reading {
            LeadValue::Int(Some(value)) if value >= self.from => Some(self.passes(value)),
            _ => None,
        };
        readings(&Subject::Field(self.field), facts).filter_map(passes).collect()
    }
}

/// The boundaries of a checked rule as of `now`; empty when it does not depend on time.
pub fn boundaries(rule: &Rule, now: Timestamp) -> Vec<Boundary> {
    rule.tests().into_iter().filter(|test| test.counts_from_now()).flat_map(|test| of(test, now)).collect()
}

fn of(test: &Test, now: Timestamp) -> Vec<Boundary> {
    let Some(Subject::Field(field)) = test.subject() else { return Vec::new() };
    let op = test.op.canonical(field.kind);
    let Some(Predicate::Range(first, last)) = predicate(field.kind, op.positive().unwrap_or(op), &test.value, now) else {
        return Vec::new();
    };
    // A value leaves the range at its first end and enters at its last. Open ends do not move.
    let left = (first != i64::MIN).then_some(first);
    let entered = (last != i64::MAX).then(|| last.saturating_add(1));
    left.into_iter().chain(entered).map(|from| Boundary { field, from, now }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{EnrollmentFacts, Op, Value, generate, matches};

    /// The result changes exactly when a boundary passes the lead, and at no other time.
    #[test]
    fn answers_change_where_borders_pass() {
        let mut lead = generate::plain_lead();
        let start = lead.created_at;
        lead.last_active_at = Some(start);
        let replied = |replied_at| EnrollmentFacts { replied_at, ..generate::PLAIN_ENROLLMENTS[0] };
        let enrollments = [replied(None), replied(Some(start))];
        let facts = Facts::new(&lead, &enrollments);
        let days = |field: &str, op, days: f64| Rule::test(field, op, Value::Number(days));
        for rule in [
            days("created_at", Op::WithinDays, 1.5),
            days("created_at", Op::OlderThanDays, 2.0),
            Rule::Not(Box::new(days("days_since_last_active", Op::Is, 1.0))),
            days("days_since_last_active", Op::Lte, 2.0),
            Rule::Any(vec![days("created_at", Op::WithinDays, 1.0), days("last_active_at", Op::OlderThanDays, 3.0)]),
            days("replied_at", Op::WithinDays, 3.0),
        ] {
            let mut passed: Vec<_> = boundaries(&rule, start).iter().flat_map(|border| border.passes_facts(&facts)).collect();
            passed.sort();
            passed.dedup();
            assert!(!passed.is_empty());
            let mut answer = matches(&rule, &facts, start);
            for at in passed {
                assert_eq!(matches(&rule, &facts, Timestamp(at.0 - 1)), answer, "before {at} {rule:?}");
                assert_ne!(matches(&rule, &facts, at), answer, "at {at} {rule:?}");
                answer = !answer;
            }
            assert_eq!(matches(&rule, &facts, start.plus_days(400)), answer, "{rule:?}");
        }
        assert_eq!(boundaries(&Rule::test("created_at", Op::Gt, Value::Text("2026-01-01".into())), start), []);
    }
}
