//! A rule as a plain sentence, and each test as the texts of a filter chip.

use super::{CustomKind, FieldKind, Op, Rule, Subject, Test, Value, ops_for};
use crate::{fields::Fields, text::grouped};
use uuid::Uuid;

/// Texts of a test: `Stage` `is not` `Closed Lost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestWords {
    pub field: String,
    pub op: &'static str,
    /// Empty for an operator without value.
    pub value: String,
}

/// Names for people of what a rule refers to.
#[derive(Clone, Copy)]
pub struct Named<'n> {
    /// Returns the name of a user, import, campaign or segment.
    pub record: &'n dyn Fn(Uuid) -> Option<String>,
    /// Definitions of custom fields, which have labels and types.
    pub fields: &'n Fields,
}

/// `stage is not Closed Lost and score at least 30`; users, imports, campaigns and segments are shown by their ids, custom fields by their keys.
pub fn describe(rule: &Rule) -> String {
    unnamed(|name| describe_named(rule, name))
}

fn unnamed<T>(describe: impl FnOnce(Named<'_>) -> T) -> T {
    describe(Named { record: &|_| None, fields: &Fields::default() })
}

/// Like `describe`, with these names.
pub fn describe_named(rule: &Rule, name: Named<'_>) -> String {
    sentence(rule, name, false)
}

fn sentence(rule: &Rule, name: Named<'_>, inner: bool) -> String {
    let (parts, between, none) = match rule {
        Rule::All(parts) => (parts, " and ", "everybody"),
        Rule::Any(parts) => (parts, " or ", "nobody"),
        Rule::Not(part) => return format!("not ({})", sentence(part, name, false)),
        Rule::Test(test) => return test_sentence(test, name),
    };
    match parts.as_slice() {
        [] => none.to_owned(),
        [part] => sentence(part, name, inner),
        parts => {
            let joined = parts.iter().map(|part| sentence(part, name, true)).collect::<Vec<_>>().join(between);
            if inner { format!("({joined})") } else { joined }
        }
    }
}

pub(super) fn test_sentence(test: &Test, name: Named<'_>) -> String {
    let words = describe_test(test, name);
    // Labels begin with a capital; inside a sentence they are lower case. The name of a custom field stays as written.
    let field = match Subject::find(&test.field) {
        Some(Subject::Field(field)) => crate::text::fold(field.label) + &test.which.words(),
        _ => words.field,
    };
    let mut sentence = format!("{field} {}", words.op);
    if !words.value.is_empty() {
        sentence.push(' ');
        sentence.push_str(&words.value);
    }
    sentence
}

/// The texts of a filter chip.
pub fn describe_test(test: &Test, name: Named<'_>) -> TestWords {
    let Some(subject) = Subject::find(&test.field) else {
        return TestWords { field: test.field.clone(), op: test.op.as_str(), value: value(FieldKind::Text, test.op, &test.value, name) };
    };
    let (asked, custom) = (subject.asked(test.op, &test.value), name.fields.named(&test.field));
    let kind = custom.map_or(asked, |custom| FieldKind::Custom(custom.kind));
    let op = test.op.canonical(kind);
    // A saved rule may have an operator that the type of the field has no longer.
    let op_words = ops_for(kind).iter().chain(ops_for(asked)).find(|(known, _)| *known == op).map_or(op.as_str(), |(_, words)| words);
    let label = custom.map_or_else(|| subject.label(), |custom| &custom.label);
    TestWords { field: label.to_owned() + &test.which.words(), op: op_words, value: value(kind, op, &test.value, name) }
}

fn value(kind: FieldKind, op: Op, value: &Value, name: Named<'_>) -> String {
    let text = |text: &String| match kind {
        FieldKind::Text | FieldKind::Email | FieldKind::Custom(CustomKind::Text | CustomKind::Choice) | FieldKind::Tags => {
            format!("“{text}”")
        }
        FieldKind::Words(_) => word_label(text),
        FieldKind::Id(_) => text.parse().ok().and_then(name.record).unwrap_or_else(|| text.clone()),
        _ => text.clone(),
    };
    match value {
        Value::None => String::new(),
        Value::Flag(flag) => if *flag { "Yes" } else { "No" }.to_owned(),
        Value::Number(count) if op == Op::OlderThanDays => format!("{} ago", days(*count)),
        Value::Number(count) if op.counts_days() => days(*count),
        Value::Number(amount) if kind == FieldKind::Money && amount.fract() != 0.0 => format!("{amount:.2}"),
        Value::Number(any) => number(*any),
        Value::Text(one) => text(one),
        Value::List(list) => list.iter().map(text).collect::<Vec<_>>().join(" or "),
    }
}

/// Label of a word of `FieldKind::Words`: `Do not contact`.
pub fn word_label(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    first.to_ascii_uppercase() + &rest.replace('_', " ")
}

/// `1 day`, `30 days`
pub(super) fn days(count: f64) -> String {
    let unit = if (count - 1.0).abs() < f64::EPSILON { "day" } else { "days" };
    format!("{} {unit}", number(count))
}

fn number(number: f64) -> String {
    let whole = number.fract() == 0.0 && number.abs() < 1e15;
    if whole { grouped(number as i64) } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        FieldId, Timestamp,
        fields::NewField,
        leads::{Connection, Consent, Status},
        rule::OrderFilter,
    };

    #[test]
    fn rules_read_as_sentences() {
        let rule = Rule::All(vec![
            Rule::test("stage", Op::IsNot, Value::Text("Closed Lost".into())),
            Rule::test("score", Op::Gte, Value::Number(30.0)),
            Rule::Any(vec![
                Rule::test("tags", Op::Is, Value::List(vec!["vip".into(), "beta".into()])),
                Rule::test("custom.Plan", Op::IsEmpty, Value::None),
                Rule::Not(Box::new(Rule::test("created_at", Op::WithinDays, Value::Number(7.0)))),
            ]),
        ]);
        assert_eq!(
            describe(&rule),
            "stage is not Closed Lost and score at least 30 and \
             (tags include “vip” or “beta” or Plan is empty or not (created in the last 7 days))"
        );
        let tea = OrderFilter { product: Some("Green Tea".into()), within_days: Some(30.0), ..OrderFilter::default() };
        assert_eq!(
            describe(&Rule::of_orders("orders", Op::Gte, Value::Number(2.0), tea)),
            "orders of “Green Tea” in the last 30 days at least 2"
        );
        let spring = OrderFilter { from: Some("2026-03-01".into()), to: Some("2026-05-31".into()), ..OrderFilter::default() };
        assert_eq!(
            describe(&Rule::of_orders("order_total", Op::Gte, Value::Number(5_000.0), spring)),
            "order total from 2026-03-01 to 2026-05-31 at least 5,000"
        );
        assert_eq!(describe(&Rule::everyone()), "everybody");
        assert_eq!(describe(&Rule::Any(Vec::new())), "nobody");
        assert_eq!(describe(&Rule::test("last_activity_at", Op::OlderThanDays, Value::Number(1.0))), "last activity more than 1 day ago");
    }

    #[test]
    fn chips_have_three_parts() {
        let chip = |field: &str, op, value| {
            let test = Test { field: field.into(), op, value, which: OrderFilter::default() };
            let words = unnamed(|name| describe_test(&test, name));
            format!("{}|{}|{}", words.field, words.op, words.value)
        };
        assert_eq!(chip("connectionStatus", Op::Is, Value::Text("not_connected".into())), "Connection|is|Not connected");
        assert_eq!(chip("value", Op::Gt, Value::Number(1_250.5)), "Value|more than|1250.50");
        assert_eq!(chip("total_spends", Op::Gt, Value::Number(12_000.0)), "Total spend|more than|12,000");
        assert_eq!(chip("engaged", Op::Is, Value::Flag(true)), "Engaged|is|Yes");
    }

    #[test]
    fn words_have_the_labels_of_the_product() {
        let labels = Status::ALL.iter().map(|one| (one.as_str(), one.label()));
        let labels = labels.chain(Connection::ALL.iter().map(|one| (one.as_str(), one.label())));
        for (word, label) in labels.chain(Consent::ALL.iter().map(|one| (one.as_str(), one.label()))) {
            assert_eq!(word_label(word), label);
        }
        assert_eq!(word_label("é"), "é", "from an address that someone typed");
    }

    #[test]
    fn custom_fields_have_the_words_of_their_definitions() {
        let field = |label: &str, key: &str, kind, id| {
            let new = NewField { label: label.into(), key: Some(key.into()), kind, ..NewField::default() };
            new.into_field(FieldId(Uuid::from_u128(id)), 1, Timestamp(1)).unwrap()
        };
        let fields =
            Fields::new(vec![field("Renewal", "ends", CustomKind::Date, 1), field("On press list", "press", CustomKind::YesNo, 2)]);
        let said = |field: &str, op, value| describe_named(&Rule::test(field, op, value), Named { record: &|_| None, fields: &fields });
        assert_eq!(said("custom.Ends", Op::WithinDays, Value::Number(7.0)), "Renewal in the last 7 days");
        assert_eq!(said("custom.Ends", Op::Is, Value::Text("2026-11-30".into())), "Renewal on 2026-11-30");
        assert_eq!(said("custom.Ends", Op::Contains, Value::Text("2026".into())), "Renewal contains 2026", "from before it was a date");
        assert_eq!(said("custom.press", Op::IsNot, Value::Flag(true)), "On press list is not Yes");
        assert_eq!(said("custom.other", Op::Is, Value::Text("x".into())), "other is “x”");
    }

    #[test]
    fn owners_and_campaigns_have_names() {
        let id = Uuid::from_u128(7);
        let record = |asked| (asked == id).then(|| "Ana".to_owned());
        let named = |rule: &Rule| describe_named(rule, Named { record: &record, fields: &Fields::default() });
        let rule = Rule::test("campaign", Op::IsNot, Value::Text(id.to_string()));
        assert_eq!(named(&rule), "campaign is not Ana");
        let rule = Rule::test("owner", Op::Is, Value::Text(id.to_string()));
        assert_eq!(named(&rule), "owner is Ana");
        assert_eq!(describe(&rule), format!("owner is {id}"));
    }
}
