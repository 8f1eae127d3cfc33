//! Explains why a lead matches a rule or not: the tree of the rule, with the result and the lead's value for each test.

use super::{
    FieldKind, Rule, Subject,
    describe::test_sentence,
    matches,
    read::{Reading, read},
};
use crate::{
    Timestamp,
    leads::{Lead, Stage},
    text::grouped,
    time::DAY,
};
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

/// Explains the result of `rule` for `lead`.
pub fn explain(rule: &Rule, lead: &Lead, now: Timestamp) -> Explanation {
    let group = |sentence: &str, parts: &[Rule]| Explanation {
        passed: matches(rule, lead, now),
        sentence: sentence.to_owned(),
        actual: None,
        parts: parts.iter().map(|part| explain(part, lead, now)).collect(),
    };
    match rule {
        Rule::All(parts) => group("all of", parts),
        Rule::Any(parts) => group("any of", parts),
        Rule::Not(part) => group("not", std::slice::from_ref(part)),
        Rule::Test(test) => Explanation {
            passed: matches(rule, lead, now),
            sentence: test_sentence(test, &|_| None),
            actual: Subject::find(&test.field).and_then(|subject| actual(&subject, lead, now)),
            parts: Vec::new(),
        },
    }
}

fn actual(subject: &Subject, lead: &Lead, now: Timestamp) -> Option<String> {
    Some(match read(subject, lead) {
        Reading::Text("") | Reading::Tags([]) | Reading::Search | Reading::Elsewhere => return None,
        Reading::Text(text) | Reading::Email(text) => text.to_owned(),
        Reading::Word(word) => word.replace('_', " "),
        Reading::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
        Reading::Tags(tags) => tags.join(", "),
        Reading::Id(id) => id?.to_string(),
        Reading::Int(number) => {
            let number = number?;
            match subject.kind() {
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
        ]);
        let why = explain(&rule, &generate::plain_lead(), generate::NOW);
        assert!(!why.passed);
        let parts: Vec<_> = why.parts.iter().map(|part| (part.passed, part.sentence.as_str(), part.actual.as_deref())).collect();
        assert_eq!(
            parts,
            [
                (false, "stage is Closed Won", Some("Negotiation")),
                (true, "not", None),
                (true, "days since last active more than 3", Some("10")),
                (true, "none is empty", None),
            ]
        );
        assert_eq!(why.parts[1].parts[0].actual.as_deref(), Some("12.34"));
    }
}
