//! Explains why a lead matches a rule or not: the tree of the rule, with the result and the lead's value for each test.

use super::{
    Facts, FieldKind, Named, Rule, SegmentRules, Source, Test,
    describe::test_sentence,
    matches,
    orders::OrdersAsked,
    read::{LeadValue, readings},
};
use crate::{Moment, SegmentId, Timestamp, fields::Fields, leads::Stage, text::grouped};
use serde::{Deserialize, Serialize};

/// Result of a rule, or of a part of it, for one lead.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub passed: bool,
    /// The test as a sentence; for groups `all of`, `any of` or `not`. A test of segments has a part for each of them: its name, and its rule
    /// as the only part of that.
    pub sentence: String,
    /// The lead's value for people; `None` for groups, and when the lead has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub parts: Vec<Explanation>,
}

/// Name of a segment that is not there any more.
pub const DELETED_SEGMENT: &str = "a deleted segment";

/// Explains the result of `rule` for a lead. `segments`: those that it names; none of them is inside itself.
pub fn explain(rule: &Rule, segments: &SegmentRules, facts: &Facts<'_>, at: &Moment) -> Explanation {
    let passed = matches(&segments.expand_saved(rule), facts, at);
    let group = |sentence: &str, parts: &[Rule]| Explanation {
        passed,
        sentence: sentence.to_owned(),
        actual: None,
        parts: parts.iter().map(|part| explain(part, segments, facts, at)).collect(),
    };
    match rule {
        Rule::All(parts) => group("all of", parts),
        Rule::Any(parts) => group("any of", parts),
        Rule::Not(part) => group("not", std::slice::from_ref(part)),
        Rule::Test(test) => {
            let of_segment = |id| of_segment(id, segments, facts, at);
            let record = |id| test.segments().map(|_| segments.name(SegmentId(id)).unwrap_or(DELETED_SEGMENT).to_owned());
            Explanation {
                passed,
                sentence: test_sentence(test, Named { record: &record, fields: &Fields::default() }),
                actual: actual(test, facts, at),
                parts: test.segments().unwrap_or_default().into_iter().map(of_segment).collect(),
            }
        }
    }
}

fn of_segment(id: SegmentId, segments: &SegmentRules, facts: &Facts<'_>, at: &Moment) -> Explanation {
    let rule = segments.rule(id).map(|rule| explain(rule, segments, facts, at));
    Explanation {
        passed: rule.as_ref().is_some_and(|rule| rule.passed),
        sentence: segments.name(id).unwrap_or(DELETED_SEGMENT).to_owned(),
        actual: None,
        parts: rule.into_iter().collect(),
    }
}

/// The value that was tested; of several enrollments, the value of each.
fn actual(test: &Test, facts: &Facts<'_>, at: &Moment) -> Option<String> {
    let subject = test.subject()?;
    if subject.source() == Source::Orders {
        let value = OrdersAsked::new(test, at)?.value(facts.orders);
        return shown(LeadValue::Int(value), subject.kind(), at);
    }
    let all: Vec<_> = readings(&subject, facts).filter_map(|reading| shown(reading, subject.kind(), at)).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn shown(reading: LeadValue<'_>, kind: FieldKind, at: &Moment) -> Option<String> {
    Some(match reading {
        LeadValue::Text("") | LeadValue::Tags([]) | LeadValue::Search => return None,
        LeadValue::Text(text) | LeadValue::Email(text) => text.to_owned(),
        LeadValue::Word(word) => word.replace('_', " "),
        LeadValue::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
        LeadValue::Tags(tags) => tags.join(", "),
        LeadValue::Id(id) => id?.to_string(),
        LeadValue::Int(number) => {
            let number = number?;
            match kind {
                FieldKind::Stage => Stage::from_rank(number)?.to_string(),
                FieldKind::Money => {
                    let sign = if number < 0 { "-" } else { "" };
                    let (major, minor) = (number.unsigned_abs() / 100, number.unsigned_abs() % 100);
                    format!("{sign}{}.{minor:02}", grouped(major as i64))
                }
                FieldKind::Time => Timestamp(number).to_string(),
                FieldKind::DaysSince => grouped(at.zone.days_between(Timestamp(number), at.now)),
                _ => grouped(number),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Op, Value, generate};

    #[test]
    fn each_test_says_what_the_lead_has() {
        let rule = Rule::All(vec![
            Rule::test("stage", Op::Is, Value::Text("Closed Won".into())),
            Rule::Not(Box::new(Rule::test("value", Op::Lt, Value::Number(5.0)))),
            Rule::test("inactive_days", Op::Gt, Value::Number(3.0)),
            Rule::test("custom.none", Op::IsEmpty, Value::None),
            Rule::test("replied_at", Op::WithinDays, Value::Number(5.0)),
        ]);
        let why =
            explain(&rule, &SegmentRules::default(), &Facts::new(&generate::plain_lead(), generate::PLAIN_ENROLLMENTS), &generate::now());
        assert!(!why.passed);
        let parts: Vec<_> = why.parts.iter().map(|part| (part.passed, part.sentence.as_str(), part.actual.as_deref())).collect();
        assert_eq!(
            parts,
            [
                (false, "stage is Closed Won", Some("Negotiation")),
                (true, "not", None),
                (true, "days since last active more than 3", Some("10")),
                (true, "none is empty", None),
                (true, "replied in the last 5 days", Some("2026-03-26T01:30:00.000Z")),
            ]
        );
        assert_eq!(why.parts[1].parts[0].actual.as_deref(), Some("12.34"));
    }

    #[test]
    fn a_test_of_segments_says_each_of_them() {
        let [known, gone] = [1, 2].map(|id| SegmentId(uuid::Uuid::from_u128(id)));
        let rule = Rule::test("score", Op::Gte, Value::Number(30.0));
        let segments = SegmentRules::from_iter([(known, "Warm".to_owned(), rule)]);
        let named = Rule::test("segment", Op::IsNot, Value::List(vec![known.to_string(), gone.to_string()]));
        let why = explain(&named, &segments, &Facts::new(&generate::plain_lead(), &[]), &generate::now());
        assert_eq!((why.passed, why.sentence.as_str()), (false, "segment is not Warm or a deleted segment"));
        let parts: Vec<_> = why.parts.iter().map(|part| (part.passed, part.sentence.as_str(), part.parts.len())).collect();
        assert_eq!(parts, [(true, "Warm", 1), (false, "a deleted segment", 0)]);
        assert_eq!(why.parts[0].parts[0].actual.as_deref(), Some("40"));
    }
}
