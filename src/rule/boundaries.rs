//! Boundaries of a rule that depends on the current time: when a lead enters or leaves it without any change of the lead.

use super::{
    Facts, Field, FieldKind, Op, Rule, Source, Subject, Test, Value,
    plan::{UNBOUNDED, days_since},
    read::{LeadValue, readings},
};
use crate::{Moment, Timestamp, Zone, zone::Day};
use std::sync::Arc;

/// A border that moves with the clock, such as “7 days ago”.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// The field whose values it passes. `None`: dates of custom fields; it passes at the beginning of each day, whatever leads have.
    pub field: Option<&'static Field>,
    /// The smallest value that the boundary has not passed yet; without a field, the beginning of tomorrow.
    pub from: i64,
    /// It passes a value when a day begins: this many days after that of the value. `None`: it is “now”, and passes a value at its own time.
    days: Option<Day>,
    zone: Arc<Zone>,
}

impl Boundary {
    /// “Now”, up to which a number of days counts.
    fn now(field: &'static Field, at: &Moment) -> Self {
        Self { field: Some(field), from: at.now.0.saturating_add(1), days: None, zone: at.zone.clone() }
    }

    fn midnight(at: &Moment) -> Self {
        Self { field: None, from: at.start(at.today().saturating_add(1)).0, days: None, zone: at.zone.clone() }
    }

    fn days(field: &'static Field, days: Day, at: &Moment) -> Self {
        // The first day that is less than so many days before today.
        let day = at.today().saturating_sub(days).saturating_add(1);
        Self { field: Some(field), from: at.zone.day_start(day).0, days: Some(days), zone: at.zone.clone() }
    }

    /// When the boundary passes `value`: the result for a lead with this value may change at that time.
    pub fn passes(&self, value: i64) -> Timestamp {
        let value = Timestamp(value);
        self.days.map_or(value, |days| self.zone.day_start(self.zone.day(value).saturating_add(days)))
    }

    /// The beginnings of the next days, for a boundary without a field.
    pub fn midnights(&self) -> impl Iterator<Item = i64> {
        let tomorrow = self.zone.day(Timestamp(self.from));
        (tomorrow..).map(|day| self.zone.day_start(day).0)
    }

    /// The same for each value of a lead that was not passed already; none if the lead has no value, and for fields of orders.
    pub fn passes_facts(&self, facts: &Facts<'_>) -> Vec<Timestamp> {
        let Some(field) = self.field else { return vec![Timestamp(self.from)] };
        let passes = |reading| match reading {
            LeadValue::Int(Some(value)) if value >= self.from => Some(self.passes(value)),
            _ => None,
        };
        readings(&Subject::Field(field), facts).filter_map(passes).collect()
    }
}

/// The boundaries of a checked rule as of a moment; empty when it does not depend on time.
pub fn boundaries(rule: &Rule, at: &Moment) -> Vec<Boundary> {
    rule.tests().into_iter().filter(|test| test.counts_from_now()).flat_map(|test| of(test, at)).collect()
}

fn of(test: &Test, at: &Moment) -> Vec<Boundary> {
    let Some(Subject::Field(field)) = test.subject() else { return vec![Boundary::midnight(at)] };
    let op = test.op.canonical(field.kind);
    let mut found = Vec::new();
    // Of a number of orders, only the window moves.
    if field.source != Source::Orders || op.counts_days() {
        found.extend(ends(field, field.kind, op.positive().unwrap_or(op), &test.value, at));
    }
    if let Some(days) = test.which.within_days {
        found.extend(ends(field, FieldKind::Time, Op::WithinDays, &Value::Number(days), at));
    }
    found
}

fn ends(field: &'static Field, kind: FieldKind, op: Op, value: &Value, at: &Moment) -> Vec<Boundary> {
    let Some((min, max)) = days_since(kind, op, value).filter(|(min, max)| min <= max) else { return Vec::new() };
    // A value enters when it is `min` days old, and leaves after its day `max`. Open ends do not move, and those too far away pass nothing.
    let enters = (min > UNBOUNDED.0).then_some(min);
    let leaves = (max < UNBOUNDED.1).then(|| max + 1);
    let days = enters.into_iter().chain(leaves).filter_map(|days| Day::try_from(days).ok()).map(|days| Boundary::days(field, days, at));
    days.chain((op == Op::WithinDays).then(|| Boundary::now(field, at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rule::{EnrollmentFacts, OrderFacts, OrderFilter, generate, matches},
        time::DAY,
        zone::tests::known,
    };
    use proptest::{prelude::*, sample::select};

    /// Values of which the boundaries of `rule` as of `at` have not passed, with the times at which they pass, in order.
    fn passed(rule: &Rule, at: &Moment, facts: &Facts<'_>) -> Vec<Timestamp> {
        let passes = |border: &Boundary| match border.field {
            Some(_) => border.passes_facts(facts),
            None => border.midnights().take(10).map(Timestamp).collect(),
        };
        let mut passed: Vec<_> = boundaries(rule, at).iter().flat_map(passes).collect();
        passed.sort();
        passed.dedup();
        passed
    }

    fn days(field: &str, op: Op, days: f64) -> Rule {
        Rule::test(field, op, Value::Number(days))
    }

    /// Around clocks that are set forward over midnight, back over it, and by half an hour; around a day that is left out.
    const STARTS: &[(&str, &str)] = &[
        ("UTC", "2026-03-28T12:00:00Z"),
        ("Europe/Berlin", "2026-03-28T12:00:00Z"),
        ("Europe/Berlin", "2026-10-24T22:00:00Z"),
        ("America/Santiago", "2026-09-05T12:00:00Z"),
        ("America/Santiago", "2026-04-04T12:00:00Z"),
        ("America/Havana", "2026-11-01T03:30:00Z"),
        ("Asia/Kolkata", "2026-01-01T18:29:59Z"),
        ("Pacific/Apia", "2011-12-29T12:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T12:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T12:00:00Z"),
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// The result changes only when a boundary passes the lead: it is constant between two of them.
        #[test]
        fn answers_change_only_where_boundaries_pass(
            (name, start) in select(STARTS),
            [created, active, replied] in [-4 * DAY..4 * DAY, -4 * DAY..4 * DAY, -4 * DAY..4 * DAY],
            asked in (0..6_u8, -1..4_i32),
            probes in proptest::collection::vec(0..8 * DAY, 24),
        ) {
            let (_, zone) = known(name);
            let start: Timestamp = start.parse().unwrap();
            let at = |now| Moment { now: Timestamp(now), zone: Arc::new(zone.clone()) };
            let mut lead = generate::plain_lead();
            (lead.created_at, lead.last_active_at) = (Timestamp(start.0 + created), Some(Timestamp(start.0 + active)));
            lead.custom.insert("Ends".to_owned(), Timestamp(start.0 + active).date());
            let enrollments = [EnrollmentFacts { replied_at: Some(Timestamp(start.0 + replied)), ..generate::PLAIN_ENROLLMENTS[0] }];
            let facts = Facts::new(&lead, &enrollments);
            let number = f64::from(asked.1);
            let rule = match asked.0 {
                0 => days("created_at", Op::WithinDays, number.max(0.0)),
                1 => Rule::Not(Box::new(days("replied_at", Op::OlderThanDays, number.max(0.0)))),
                2 => days("days_since_last_active", Op::Is, number),
                3 => days("custom.ends", Op::WithinDays, number.max(0.0)),
                4 => Rule::Not(Box::new(days("custom.ends", Op::OlderThanDays, number.max(0.0)))),
                _ => Rule::All(vec![days("days_since_last_active", Op::Lte, number), days("created_at", Op::OlderThanDays, 0.0)]),
            };
            let passed = passed(&rule, &at(start.0), &facts);
            prop_assert!(passed.iter().all(|passed| *passed > start));
            // At, before and after each, and at random times: the answer is that of the last one before.
            let near = passed.iter().flat_map(|passed| [passed.0 - 1, passed.0, passed.0 + 1]);
            for probe in near.chain(probes.iter().map(|by| start.0 + by)).filter(|probe| *probe >= start.0) {
                let last = passed.iter().rev().find(|passed| passed.0 <= probe).map_or(start.0, |passed| passed.0);
                prop_assert_eq!(matches(&rule, &facts, &at(probe)), matches(&rule, &facts, &at(last)), "{} {:?}", Timestamp(probe), rule);
            }
        }
    }

    /// One boundary, one change, at the start of the day.
    #[test]
    fn answers_change_where_boundaries_pass() {
        let berlin = Arc::new(known("Europe/Berlin").1);
        let at = |now| Moment { now, zone: berlin.clone() };
        // The evening before clocks are set forward: the day that follows has 23 hours.
        let start: Timestamp = "2026-03-28T20:00:00Z".parse().unwrap();
        let mut lead = generate::plain_lead();
        (lead.created_at, lead.last_active_at) = (start, Some(start));
        let replied = |replied_at| EnrollmentFacts { replied_at, ..generate::PLAIN_ENROLLMENTS[0] };
        let enrollments = [replied(None), replied(Some(start))];
        let facts = Facts::new(&lead, &enrollments);
        let (first, second) = ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        for (rule, expected) in [
            (days("created_at", Op::WithinDays, 0.0), vec![first]),
            (days("created_at", Op::OlderThanDays, 1.0), vec![second]),
            (Rule::Not(Box::new(days("days_since_last_active", Op::Is, 1.0))), vec![first, second]),
            (days("days_since_last_active", Op::Lte, 1.0), vec![second]),
            (Rule::Any(vec![days("created_at", Op::WithinDays, 0.0), days("last_active_at", Op::OlderThanDays, 1.0)]), vec![first, second]),
            (days("replied_at", Op::WithinDays, 1.0), vec![second]),
            (days("days_since_last_active", Op::Is, 1.5), vec![]),
        ] {
            let passed = passed(&rule, &at(start), &facts);
            assert_eq!(passed, expected.iter().map(|at| at.parse().unwrap()).collect::<Vec<Timestamp>>(), "{rule:?}");
            let mut answer = matches(&rule, &facts, &at(start));
            for passed in passed {
                assert_eq!(matches(&rule, &facts, &at(Timestamp(passed.0 - 1))), answer, "before {passed} {rule:?}");
                assert_ne!(matches(&rule, &facts, &at(passed)), answer, "at {passed} {rule:?}");
                answer = !answer;
            }
            assert_eq!(matches(&rule, &facts, &at(start.plus_days(400))), answer, "{rule:?}");
        }
        let window = OrderFilter { within_days: Some(1.0), ..OrderFilter::default() };
        let orders = [OrderFacts { ordered_at: start, amount: 100, products: Vec::new() }];
        let facts = Facts::new(&lead, &[]).with_orders(&orders);
        for rule in
            [Rule::of_orders("orders", Op::Is, Value::Number(1.0), window), Rule::Not(Box::new(days("last_order_at", Op::WithinDays, 1.0)))]
        {
            let leaves: Timestamp = second.parse().unwrap();
            let boundaries = boundaries(&rule, &at(start));
            let first = boundaries.iter().filter(|border| start.0 >= border.from).map(|border| border.passes(start.0));
            assert_eq!(first.collect::<Vec<_>>(), [leaves], "{rule:?}");
            let answer = |now| matches(&rule, &facts, &at(now));
            assert!(answer(Timestamp(leaves.0 - 1)) != answer(leaves), "{rule:?}");
            assert!(answer(start) == answer(Timestamp(leaves.0 - 1)), "{rule:?}");
        }
        let midnight = &boundaries(&days("custom.ends", Op::WithinDays, 7.0), &at(start))[0];
        assert_eq!(midnight.midnights().take(2).collect::<Vec<_>>(), [first, second].map(|at| at.parse::<Timestamp>().unwrap().0));
        assert_eq!(boundaries(&Rule::test("orders", Op::Gt, Value::Number(3.0)), &at(start)), []);
        assert_eq!(boundaries(&Rule::test("created_at", Op::Gt, Value::Text("2026-01-01".into())), &at(start)), []);
    }
}
