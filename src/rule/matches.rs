//! The native rule engine, used on the server and in the browser.

use super::{
    Facts, Rule,
    plan::{Plan, Predicate, TextMatch},
    read::{LeadValue, readings},
};
use crate::{Moment, text::folded};

/// Whether the lead matches the rule. For many leads, create one `Matcher`.
pub fn matches(rule: &Rule, facts: &Facts<'_>, at: &Moment) -> bool {
    Matcher::new(rule, at).matches(facts)
}

/// A rule compiled as of one moment. A rule that `depends_on_time` needs a new `Matcher` later, one that `depends_on_zone` in another zone.
pub struct Matcher(Plan);

impl Matcher {
    pub fn new(rule: &Rule, at: &Moment) -> Self {
        Self(Plan::new(rule, at))
    }

    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        holds(&self.0, facts)
    }
}

fn holds(plan: &Plan, facts: &Facts<'_>) -> bool {
    match plan {
        Plan::All(parts) => parts.iter().all(|part| holds(part, facts)),
        Plan::Any(parts) => parts.iter().any(|part| holds(part, facts)),
        Plan::Not(part) => !holds(part, facts),
        Plan::Test(subject, predicate) => readings(subject, facts).any(|reading| answers(predicate, reading, facts)),
        Plan::Orders(asked, predicate) => answers(predicate, LeadValue::Int(asked.value(facts.orders)), facts),
    }
}

fn answers(predicate: &Predicate, reading: LeadValue<'_>, facts: &Facts<'_>) -> bool {
    match (predicate, reading) {
        (Predicate::Text(how, needles), LeadValue::Text(text)) => how.any(&folded(text), needles),
        (Predicate::Text(how, needles), LeadValue::Email(email)) => how.any(email, needles),
        (Predicate::Text(how, needles), LeadValue::Search) => how.any(facts.search_text(), needles),
        (Predicate::Words(words), LeadValue::Word(word)) => words.contains(&word),
        (Predicate::OneOf(numbers), LeadValue::Int(Some(number))) => numbers.contains(&number),
        (Predicate::Range(min, max), LeadValue::Int(Some(number))) => (*min..=*max).contains(&number),
        (Predicate::Measured(measure, min, max), LeadValue::Text(text)) => {
            measure.of(&folded(text)).is_some_and(|value| (*min..=*max).contains(&value))
        }
        (Predicate::Flag(wanted), LeadValue::Flag(flag)) => *wanted == flag,
        (Predicate::Tags(wanted), LeadValue::Tags(tags)) => tags.iter().any(|tag| wanted.iter().any(|one| *one == folded(tag))),
        (Predicate::Ids(ids), LeadValue::Id(Some(id))) => ids.contains(&id),
        (Predicate::Set, reading) => match reading {
            LeadValue::Text(text) | LeadValue::Email(text) => !text.is_empty(),
            LeadValue::Int(number) => number.is_some(),
            LeadValue::Tags(tags) => !tags.is_empty(),
            LeadValue::Id(id) => id.is_some(),
            LeadValue::Search | LeadValue::Word(_) | LeadValue::Flag(_) => true,
        },
        _ => false,
    }
}

impl TextMatch {
    fn any(self, text: &str, needles: &[String]) -> bool {
        needles.iter().any(|needle| match self {
            Self::Equal => text == needle,
            Self::Contains => text.contains(needle.as_str()),
            Self::Starts => text.starts_with(needle.as_str()),
            Self::Ends => text.ends_with(needle.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Op, Value, generate};

    fn ask(field: &str, op: Op, value: Value) -> bool {
        matches(&Rule::test(field, op, value), &Facts::new(&generate::plain_lead(), generate::PLAIN_ENROLLMENTS), &generate::now())
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn text_is_compared_without_case() {
        assert!(ask("name", Op::Is, text("maren holt")));
        assert!(ask("search", Op::Contains, text("HALDEN")));
        assert!(ask("company", Op::StartsWith, text("hal")));
        assert!(ask("company", Op::EndsWith, Value::List(vec!["x".into(), "WORKS".into()])));
        assert!(!ask("company", Op::Contains, text("%")));
        assert!(ask("custom.plan", Op::Is, text("gold")));
    }

    #[test]
    fn what_is_absent_fails_positive_tests_and_passes_negative_ones() {
        for (op, expected) in [(Op::Is, false), (Op::Contains, false), (Op::IsNot, true), (Op::NotContains, true), (Op::IsEmpty, true)] {
            let value = if op == Op::IsEmpty { Value::None } else { text("") };
            assert_eq!(ask("custom.none", op, value), expected, "{op:?}");
        }
    }

    #[test]
    fn what_says_nothing_is_asked_of_nobody() {
        for nothing in ["", " ", "\n", "\u{7}\t", "\u{200b}", "\u{200d}"] {
            for op in [Op::Is, Op::Contains, Op::StartsWith, Op::EndsWith] {
                for field in ["search", "name", "email", "custom.plan"] {
                    assert!(!ask(field, op, text(nothing)), "{field} {op:?} {nothing:?}");
                }
            }
            assert!(ask("company", Op::NotContains, text(nothing)));
            assert!(!ask("tags", Op::Contains, text(nothing)));
        }
        assert!(ask("company", Op::Contains, Value::List(vec![" ".into(), "hal".into()])), "the others of a list still count");
    }

    #[test]
    fn a_search_stays_within_one_field() {
        assert!(!ask("search", Op::Contains, text("holt\nmaren")));
        assert!(!ask("search", Op::Contains, text("holt maren")));
        assert!(ask("search", Op::Contains, text(" holt\n")));
        let mut lead = generate::plain_lead();
        lead.notes = Some("Met at\nthe fair".into());
        for (words, found) in [("at\nthe", true), ("at the", true), ("the fair\n", true), ("works\nhead", false), ("sales\nmet", false)] {
            assert_eq!(matches(&Rule::search(words), &Facts::new(&lead, &[]), &generate::now()), found, "{words:?}");
        }
    }

    #[test]
    fn an_address_is_asked_for_in_any_of_its_forms() {
        let mut lead = generate::plain_lead();
        lead.email = crate::text::normalise_email("ana@straße.bücher.example").unwrap();
        let asks = |field: &str, op, value: &str| matches(&Rule::test(field, op, text(value)), &Facts::new(&lead, &[]), &generate::now());
        assert!(asks("email", Op::Is, "ANA@straße.XN--BCHER-KVA.example"));
        assert!(asks("email", Op::Is, " ana\u{200b}@xn--strae-oqa.bu\u{308}cher.example "));
        assert!(asks("email", Op::EndsWith, "xn--bcher-kva.example"));
        assert!(!asks("email", Op::Contains, "strasse"), "another domain");
        assert!(asks("search", Op::Contains, "STRASSE"), "a search is for what looks alike");
        assert!(asks("search", Op::Contains, "xn--bcher-kva.example"));
    }

    #[test]
    fn each_kind_compares_in_its_own_way() {
        assert!(ask("stage", Op::Gte, text("Proposal Sent")));
        assert!(ask("value", Op::Is, Value::Number(12.34)));
        assert!(ask("tags", Op::Is, text("VIP")));
        assert!(!ask("tags", Op::Contains, text("vi")), "a part of a tag is not the tag");
        assert!(ask("engaged", Op::Is, Value::Flag(true)));
        assert!(ask("days_since_last_active", Op::Is, Value::Number(10.0)));
        assert!(ask("last_active_at", Op::OlderThanDays, Value::Number(9.0)));
        assert!(!ask("last_active_at", Op::OlderThanDays, Value::Number(10.0)));
        assert!(ask("last_active_at", Op::WithinDays, Value::Number(10.0)));
        assert!(!ask("no_such_field", Op::IsEmpty, Value::None));
    }

    #[test]
    fn one_enrollment_is_enough_and_a_negative_test_asks_all() {
        let [replied, other] = generate::PLAIN_ENROLLMENTS else { panic!() };
        let is = |id: crate::CampaignId| ask("campaign", Op::Is, text(&id.to_string()));
        let is_not = |id: crate::CampaignId| ask("campaign", Op::IsNot, text(&id.to_string()));
        assert!(is(replied.campaign_id) && is(other.campaign_id) && !is_not(other.campaign_id));
        assert!(is_not(crate::CampaignId(uuid::Uuid::from_u128(77))));
        assert!(ask("replied_at", Op::IsSet, Value::None) && ask("replied_at", Op::WithinDays, Value::Number(3.0)));
        assert!(ask("replied_at", Op::OlderThanDays, Value::Number(2.0)) && !ask("replied_at", Op::WithinDays, Value::Number(2.0)));
        let none =
            |field: &str, op| matches(&Rule::test(field, op, Value::None), &Facts::new(&generate::plain_lead(), &[]), &generate::now());
        assert!(none("campaign", Op::IsEmpty) && !none("campaign", Op::IsSet) && none("replied_at", Op::IsEmpty));
    }
}
