//! A second, slow and obvious evaluator that shares nothing with `Plan`, and property tests of the engine.

use super::*;
use crate::{
    rule::{Dialect, Facts, Matcher, Test, matches, to_sql},
    text::{fold, fold_email},
};
use jiff::civil::{Date, DateTime};
use std::cmp::Ordering;

enum Has {
    Nothing,
    Text(String),
    Many(Vec<String>),
    /// Several texts, of which one must match, each on its own.
    Some(Vec<String>),
    Number(i64),
    /// The same of numbers.
    Numbers(Vec<i64>),
    Flag(bool),
}

type Person = (Lead, Vec<EnrollmentFacts>);

fn facts((lead, enrollments): &Person) -> Facts<'_> {
    Facts::new(lead, enrollments)
}

fn has((lead, enrollments): &Person, name: &str) -> Has {
    let text = |text: &str| if text.is_empty() { Has::Nothing } else { Has::Text(fold(text)) };
    let number = |number: Option<i64>| number.map_or(Has::Nothing, Has::Number);
    if let Some(key) = name.strip_prefix(CUSTOM) {
        return lead.custom.iter().find(|(one, _)| fold(one) == fold(key)).map_or(Has::Nothing, |(_, value)| text(value));
    }
    match name {
        "search" => Has::Some(
            [&lead.name, &lead.email]
                .into_iter()
                .chain(&lead.company)
                .chain(&lead.title)
                .chain(&lead.notes)
                .map(|text| fold(text))
                .collect(),
        ),
        "name" => text(&lead.name),
        "email" => Has::Text(lead.email.clone()),
        "status" => text(lead.status.as_str()),
        "connection" | "connectionStatus" => text(lead.connection.as_str()),
        "consent" => text(lead.consent.as_str()),
        "stage" | "current_stage" => Has::Number(lead.stage as i64),
        "engaged" => Has::Flag(lead.engaged),
        "owner" => lead.owner.map_or(Has::Nothing, |owner| Has::Text(owner.to_string())),
        "import" | "importId" => lead.import_id.map_or(Has::Nothing, |import| Has::Text(import.to_string())),
        "campaign" | "campaignId" if enrollments.is_empty() => Has::Nothing,
        "campaign" | "campaignId" => Has::Some(enrollments.iter().map(|one| one.campaign_id.to_string()).collect()),
        "replied_at" | "repliedAt" => {
            let replies: Vec<_> = enrollments.iter().filter_map(|one| one.replied_at).map(|at| at.0).collect();
            if replies.is_empty() { Has::Nothing } else { Has::Numbers(replies) }
        }
        "value" => number(lead.value),
        "score" => Has::Number(lead.score.into()),
        "tags" | "tag" if lead.tags.is_empty() => Has::Nothing,
        "tags" | "tag" => Has::Many(lead.tags.iter().map(|tag| fold(tag)).collect()),
        "total_spend" | "total_spends" | "totalSpend" => Has::Number(lead.total_spend),
        "visits" | "visit_count" | "visits_count" => Has::Number(lead.visits),
        "last_active_at" | "last_visit_date" | "days_since_last_active" | "inactive_days" => number(lead.last_active_at.map(|at| at.0)),
        "last_activity_at" | "lastActivityDate" => Has::Number(lead.last_activity_at.0),
        "created_at" | "createdAt" => Has::Number(lead.created_at.0),
        "updated_at" | "updatedAt" => Has::Number(lead.updated_at.0),
        other => {
            let named = |field: &TextField| field.filter().is_some_and(|filter| field.column() == other || filter.aliases.contains(&other));
            let field = TextField::ALL.into_iter().find(named).unwrap_or_else(|| panic!("{other}"));
            lead.text(field).map_or(Has::Nothing, text)
        }
    }
}

/// Compares `number / 10^places` with `x`, in decimal.
fn compare(number: i128, places: usize, x: f64) -> Ordering {
    if x.abs() > 1e25 {
        return if x > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    let shown = format!("{x:.9}"); // every number of the generator has fewer decimals
    let x: i128 = shown.replace('.', "").parse().unwrap();
    (number * 10_i128.pow(9 - places as u32)).cmp(&x)
}

fn ordered(op: Op, ordering: Ordering) -> bool {
    match op {
        Op::Is => ordering.is_eq(),
        Op::IsNot => ordering.is_ne(),
        Op::Gt => ordering.is_gt(),
        Op::Gte => ordering.is_ge(),
        Op::Lt => ordering.is_lt(),
        Op::Lte => ordering.is_le(),
        _ => panic!("{op:?}"),
    }
}

fn relates(op: Op, text: &str, wanted: &str) -> bool {
    match op {
        Op::Is | Op::IsNot => text == wanted,
        Op::Contains | Op::NotContains => text.contains(wanted),
        Op::StartsWith => text.starts_with(wanted),
        _ => text.ends_with(wanted),
    }
}

fn naive_test(test: &Test, person: &Person) -> bool {
    answer(test, has(person, &test.field))
}

fn answer(test: &Test, has: Has) -> bool {
    let negative = matches!(test.op, Op::IsNot | Op::NotContains | Op::IsEmpty);
    if matches!(has, Has::Nothing) {
        return negative;
    }
    if matches!(test.op, Op::IsSet | Op::IsEmpty) {
        return !negative;
    }
    let kind = Subject::find(&test.field).unwrap().kind();
    let fold: fn(&str) -> String = if kind == FieldKind::Email { fold_email } else { fold };
    let plain = |text: &String| fold(&text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', ""));
    let mut wanted: Vec<String> = match &test.value {
        Value::Text(text) => vec![plain(text)],
        Value::List(texts) => texts.iter().map(plain).collect(),
        _ => Vec::new(),
    };
    wanted.retain(|text| !text.is_empty());
    let any = |one: &dyn Fn(&String) -> bool| wanted.iter().any(one) != negative;
    match (has, kind, &test.value) {
        (Has::Numbers(numbers), ..) => {
            let op = if test.op == Op::IsNot { Op::Is } else { test.op };
            let positive = Test { op, ..test.clone() };
            numbers.into_iter().any(|number| answer(&positive, Has::Number(number))) != negative
        }
        (Has::Text(text), ..) => any(&|wanted| relates(test.op, &text, wanted)),
        (Has::Some(texts), ..) => any(&|wanted| texts.iter().any(|text| relates(test.op, text, wanted))),
        (Has::Many(tags), ..) => any(&|wanted| tags.contains(wanted)),
        (Has::Flag(flag), _, Value::Flag(wanted)) => flag == *wanted,
        (Has::Number(rank), FieldKind::Stage, _) => {
            let order = |text: &String| Stage::ALL.iter().position(|stage| fold(stage.as_str()) == *text).unwrap() as i64;
            match test.op {
                Op::Is | Op::IsNot => any(&|text| rank == order(text)),
                op => ordered(op, rank.cmp(&order(&wanted[0]))),
            }
        }
        (Has::Number(number), FieldKind::Number, Value::Number(x)) => ordered(test.op, compare(number.into(), 0, *x)),
        (Has::Number(number), FieldKind::Money, Value::Number(x)) => ordered(test.op, compare(number.into(), 2, *x)),
        (Has::Number(at), FieldKind::DaysSince, Value::Number(x)) => {
            let days = (i128::from(NOW.0) - i128::from(at)).div_euclid(i128::from(DAY));
            ordered(test.op, compare(days, 0, *x))
        }
        (Has::Number(at), FieldKind::Time, Value::Number(days)) => {
            // Clamped far beyond any time, so that the product fits.
            let span = (days.min(1e7) * DAY as f64).round() as i128;
            let ago = i128::from(NOW.0) - i128::from(at);
            if test.op == Op::WithinDays { (0..=span).contains(&ago) } else { ago >= span }
        }
        (Has::Number(at), FieldKind::Time, Value::Text(text)) => {
            let at = Timestamp(at).civil();
            if !text.contains('T') {
                return ordered(test.op, at.date().cmp(&text.parse::<Date>().unwrap()));
            }
            let wanted =
                text.parse::<Timestamp>().map_or_else(|_| text.trim_end_matches('Z').parse::<DateTime>().unwrap(), Timestamp::civil);
            ordered(test.op, at.cmp(&wanted))
        }
        _ => panic!("{test:?}"),
    }
}

fn naive(rule: &Rule, person: &Person) -> bool {
    match rule {
        Rule::All(parts) => !parts.iter().any(|part| !naive(part, person)),
        Rule::Any(parts) => parts.iter().any(|part| naive(part, person)),
        Rule::Not(part) => !naive(part, person),
        Rule::Test(test) => naive_test(test, person),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_obvious(rule in rules(), people in vec((leads(), enrollments()), 4)) {
        let matcher = Matcher::new(&rule, NOW);
        let opposite = Matcher::new(&Rule::Not(Box::new(rule.clone())), NOW);
        for person in &people {
            prop_assert_eq!(matcher.matches(&facts(person)), naive(&rule, person), "{:?}", person);
            prop_assert_ne!(matcher.matches(&facts(person)), opposite.matches(&facts(person)));
        }
    }

    #[test]
    fn single_tests_agree_too(rule in test(), people in vec((leads(), enrollments()), 8)) {
        for person in &people {
            prop_assert_eq!(matches(&rule, &facts(person), NOW), naive(&rule, person), "{:?}", person);
        }
    }

    #[test]
    fn checking_accepts_them_and_changes_no_answer(rule in rules(), person in (leads(), enrollments())) {
        let checked = rule.clone().check();
        prop_assert!(checked.is_ok(), "{:?}", checked);
        let checked = checked.unwrap();
        prop_assert_eq!(matches(&rule, &facts(&person), NOW), matches(&checked, &facts(&person), NOW));
        prop_assert_eq!(checked.clone().check().unwrap(), checked);
    }

    #[test]
    fn json_brings_them_back(rule in rules(), lead in leads()) {
        let json = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Rule>(&json).unwrap(), &rule);
        let parsed = crate::rule::parse(&serde_json::from_str(&json).unwrap()).unwrap();
        prop_assert_eq!(parsed, rule.check().unwrap());
        prop_assert_eq!(serde_json::from_value::<Lead>(serde_json::to_value(&lead).unwrap()).unwrap(), lead);
    }

    #[test]
    fn sql_counts_its_placeholders(rule in rules(), first in 1..9_usize) {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let part = to_sql(&rule, dialect, NOW, first);
            for at in 0..part.binds.len() {
                prop_assert!(part.text.contains(&format!("${}", first + at)), "{}", part.text);
            }
            let next = format!("${}", first + part.binds.len());
            prop_assert!(!part.text.contains(&next), "{}", part.text);
        }
    }
}

#[test]
fn both_answers_occur_for_every_operator_of_every_field() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    use std::collections::BTreeMap;
    let (mut runner, mut of_enrollments) = (TestRunner::deterministic(), TestRunner::deterministic());
    let mut seen: BTreeMap<(String, &str), [u32; 2]> = BTreeMap::new();
    // Fields that every lead has are always set.
    let always = |name: &str| {
        let is_text = crate::rule::field(name).is_some_and(|field| field.text.is_some());
        !is_text
            && !matches!(
                name,
                "value" | "last_active_at" | "days_since_last_active" | "tags" | "owner" | "import" | "campaign" | "replied_at" | "custom."
            )
    };
    let is_one_sided = |((name, op), answers): &(&(String, &str), &[u32; 2])| {
        let fixed = matches!(*op, "is_set" | "is_empty") && always(name);
        // Random values never equal a whole address or the whole search text.
        let rare = matches!(name.as_str(), "email" | "search") && !matches!(*op, "contains" | "not_contains");
        !fixed && !rare && answers.contains(&0)
    };
    // At least 20,000 tests, so that each operator of each field occurs; more until the rarest answer has occurred, however many fields
    // there are.
    for n in 0..200_000 {
        if n >= 20_000 && n % 1_000 == 0 && !seen.iter().any(|one| is_one_sided(&one)) {
            break;
        }
        let Rule::Test(test) = test().new_tree(&mut runner).unwrap().current() else { panic!("not a test") };
        let lead = leads().new_tree(&mut runner).unwrap().current();
        let person = (lead, enrollments().new_tree(&mut of_enrollments).unwrap().current());
        let subject = Subject::find(&test.field).unwrap();
        let name = if matches!(subject, Subject::Custom(_)) { CUSTOM.to_owned() } else { subject.name() };
        let op = test.op.as_str();
        seen.entry((name, op)).or_default()[usize::from(matches(&Rule::Test(test), &facts(&person), NOW))] += 1;
    }
    let one_sided: Vec<_> = seen.iter().filter(is_one_sided).collect();
    assert!(one_sided.is_empty(), "{one_sided:?}");
}
