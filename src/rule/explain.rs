//! Explains why a lead matches a rule or not: the tree of the rule, with the result and the lead's value for each test.

use super::{
    Facts, FieldKind, Rule, Subject,
    describe::test_sentence,
    matches,
    read::{LeadValue, readings},
};
use crate::{Timestamp, leads::Stage, text::grouped, time::DAY};
use serde::{Deserialize, Serialize};

/// Result of a rule, or of a part of it, for one lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    pub passed: bool,
    /// The test as a sentence; for groups `all of`, `any of` or `not`.
    pub sentence: String,
    /// The lead's value for people; `None` for groups, and when the lead has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Explanation>,
}

/// Explains the result of `rule` for a lead.
pub fn explain(rule: &Rule, facts: &Facts<'_>, now: Timestamp) -> Explanation {
    let group = |sentence: &str, parts: &[Rule]| Explanation {
        passed: matches(rule, facts, now),
        sentence: sentence.to_owned(),
        actual: None,
        parts: parts.iter().map(|part| explain(part, facts, now)).collect(),
    };
    match rule {
        Rule::All(parts) => group("all of", parts),
        Rule::Any(parts) => group("any of", parts),
        Rule::Not(part) => group("not", std::slice::from_ref(part)),
        Rule::Test(test) => Explanation {
            passed: matches(rule, facts, now),
            sentence: test_sentence(test, &|_| None),
            actual: Subject::find(&test.field).and_then(|subject| actual(&subject, facts, now)),
            parts: Vec::new(),
        },
    }
}

/// The value that was tested; of several enrollments, the value of each.
fn actual(subject: &Subject, facts: &Facts<'_>, now: Timestamp) -> Option<String> {
    let all: Vec<_> = readings(subject, facts).filter_map(|reading| shown(reading, subject.kind(), now)).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn shown(reading: LeadValue<'_>, kind: FieldKind, now: Timestamp) -> Option<String> {
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
                FieldKind::DaysSince => {
                    let days = (i128::from(now.0) - i128::from(number)).div_euclid(i128::from(DAY));
                    grouped(days as i64)
                }
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
        let why = explain(&rule, &Facts::new(&generate::plain_lead(), generate::PLAIN_ENROLLMENTS), generate::NOW);
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
}
