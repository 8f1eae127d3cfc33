//! A second, slow and obvious evaluator that shares nothing with `Plan`, and property tests of the engine.

use super::*;
use crate::{
    rule::{Dialect, Explanation, Facts, Matcher, Reach, Test, explain, matches, to_sql},
    text::{fold, fold_email},
};
use crate::{
    time::SECOND,
    zone::{Zone, tests::known},
};
use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};
use std::{cmp::Ordering, sync::Arc};

/// The time and the place of an evaluation, for the obvious evaluator and for ours.
struct Here {
    calendar: TimeZone,
    at: Moment,
}

impl Here {
    fn new(name: &str) -> Self {
        let (calendar, zone) = known(name);
        Self { calendar, at: Moment { now: NOW, zone: Arc::<Zone>::new(zone) } }
    }

    /// What clocks show, as a day since 1970. Before 1970 and after 2099 they are not set.
    fn shown(&self, at: i64) -> i64 {
        let known = jiff::Timestamp::from_microsecond(at.clamp(0, 4_102_444_799 * SECOND)).unwrap();
        (at + i64::from(self.calendar.to_offset(known).seconds()) * SECOND).div_euclid(DAY)
    }

    /// The day: the last one that clocks have shown.
    fn day(&self, at: i64) -> i64 {
        let by_then = jiff::Timestamp::from_microsecond(at + 1).ok();
        let set = by_then.and_then(|at| self.calendar.preceding(at).next()).map(|change| change.timestamp().as_microsecond() - 1);
        let before = set.filter(|set| (0..2 * DAY).contains(&(at - set))).map(|set| self.shown(set));
        before.into_iter().fold(self.shown(at), i64::max)
    }

    /// Days between the day of `at` and today.
    fn days_since(&self, at: i64) -> i64 {
        self.day(NOW.0) - self.day(at)
    }
}

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

type Person = (Lead, Vec<EnrollmentFacts>, Vec<OrderFacts>);

fn people() -> impl Strategy<Value = Person> {
    (leads(), enrollments(), orders())
}

fn facts((lead, enrollments, orders): &Person) -> Facts<'_> {
    Facts::new(lead, enrollments).with_orders(orders)
}

/// What a field of orders computes, over those that each member of `where` lets through.
fn of_orders(test: &Test, orders: &[OrderFacts], here: &Here) -> Option<Has> {
    let OrderFilter { product, within_days, from, to } = &test.which;
    let is = |order: &OrderFacts, op, value| {
        answer(&Test { field: "created_at".into(), op, value, which: OrderFilter::default() }, Has::Number(order.ordered_at.0), here)
    };
    let asked: Vec<&OrderFacts> = orders
        .iter()
        .filter(|order| product.as_ref().is_none_or(|product| order.products.iter().any(|one| *one == fold(product))))
        .filter(|order| within_days.is_none_or(|days| is(order, Op::WithinDays, Value::Number(days))))
        .filter(|order| from.as_ref().is_none_or(|from| is(order, Op::Gte, Value::Text(from.clone()))))
        .filter(|order| to.as_ref().is_none_or(|to| is(order, Op::Lte, Value::Text(to.clone()))))
        .collect();
    let time = |time: Option<i64>| time.map_or(Has::Nothing, Has::Number);
    Some(match test.field.as_str() {
        "orders" => Has::Number(asked.len() as i64),
        "order_total" => Has::Number(asked.iter().map(|order| order.amount).sum()),
        "first_order_at" => time(asked.iter().map(|order| order.ordered_at.0).min()),
        "last_order_at" => time(asked.iter().map(|order| order.ordered_at.0).max()),
        _ => return None,
    })
}

fn has((lead, enrollments, _): &Person, name: &str) -> Has {
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
        "last_contacted_at" | "last_contacted" => number(lead.last_contacted_at.map(|at| at.0)),
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

/// A test that compares a custom field as a number, a day, or yes or no; `None` for other tests.
fn typed(test: &Test, lead: &Lead, here: &Here) -> Option<bool> {
    let key = test.field.strip_prefix(CUSTOM)?;
    let (_, text) = lead.custom.iter().find(|(one, _)| fold(one) == fold(key)).unzip();
    let text = text.map(|text| fold(text)).unwrap_or_default();
    let date = || text.parse::<Date>().ok().filter(|_| text.len() == 10);
    let ordering = match (&test.value, test.op) {
        (Value::Flag(flag), Op::Is | Op::IsNot) => return Some((text == if *flag { "yes" } else { "no" }) == (test.op == Op::Is)),
        (Value::Number(days), Op::WithinDays | Op::OlderThanDays) => {
            let since = |date: Date| here.day(NOW.0) - i64::from(date.since(Date::constant(1970, 1, 1)).unwrap().get_days());
            let is_older = |since: i64| since as f64 > *days;
            let holds = |since| if test.op == Op::WithinDays { since >= 0 && !is_older(since) } else { is_older(since) };
            return Some(date().map(since).is_some_and(holds));
        }
        (Value::Number(x), _) => {
            let is_number = |digits: &str, most| (1..=most).contains(&digits.len()) && digits.chars().all(|digit| digit.is_ascii_digit());
            let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
            let plain = is_number(whole.strip_prefix('-').unwrap_or(whole), 12) && is_number(part, 6);
            plain.then(|| {
                let millionths: i128 = format!("{whole}{part:0<6}").parse().unwrap();
                compare(millionths, 6, *x)
            })
        }
        (Value::Text(day), Op::Gt | Op::Gte | Op::Lt | Op::Lte) => date().map(|date| date.cmp(&day.parse::<Date>().unwrap())),
        _ => return None,
    };
    Some(ordering.map_or(test.op == Op::IsNot, |ordering| ordered(test.op, ordering)))
}

/// Whether a test of segments holds; `None` for other tests.
fn in_segments(test: &Test, person: &Person, here: &Here) -> Option<bool> {
    if !matches!(test.field.as_str(), "segment" | "segmentId") {
        return None;
    }
    let ids = match &test.value {
        Value::Text(id) => vec![id],
        Value::List(ids) => ids.iter().collect(),
        value => panic!("{value:?}"),
    };
    let segments = segments();
    let is_in = |id: &&String| segments.rule(id.parse().unwrap()).is_some_and(|rule| naive(rule, person, here));
    Some(ids.iter().any(is_in) == (test.op == Op::Is))
}

fn naive_test(test: &Test, person: &Person, here: &Here) -> bool {
    if let Some(answer) = in_segments(test, person, here) {
        return answer;
    }
    if let Some(answer) = typed(test, &person.0, here) {
        return answer;
    }
    answer(test, of_orders(test, &person.2, here).unwrap_or_else(|| has(person, &test.field)), here)
}

fn answer(test: &Test, has: Has, here: &Here) -> bool {
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
            numbers.into_iter().any(|number| answer(&positive, Has::Number(number), here)) != negative
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
        (Has::Number(at), FieldKind::DaysSince, Value::Number(x)) => ordered(test.op, compare(here.days_since(at).into(), 0, *x)),
        (Has::Number(at), FieldKind::Time, Value::Number(days)) => {
            let is_older = here.days_since(at) as f64 > *days;
            if test.op == Op::WithinDays { at <= NOW.0 && !is_older } else { is_older }
        }
        (Has::Number(at), FieldKind::Time, Value::Text(text)) => {
            if !text.contains('T') {
                let since = text.parse::<Date>().unwrap().since(Date::constant(1970, 1, 1)).unwrap().get_days();
                return ordered(test.op, here.day(at).cmp(&since.into()));
            }
            let wanted =
                text.parse::<Timestamp>().map_or_else(|_| text.trim_end_matches('Z').parse::<DateTime>().unwrap(), Timestamp::civil);
            ordered(test.op, Timestamp(at).civil().cmp(&wanted))
        }
        _ => panic!("{test:?}"),
    }
}

fn naive(rule: &Rule, person: &Person, here: &Here) -> bool {
    match rule {
        Rule::All(parts) => !parts.iter().any(|part| !naive(part, person, here)),
        Rule::Any(parts) => parts.iter().any(|part| naive(part, person, here)),
        Rule::Not(part) => !naive(part, person, here),
        Rule::Test(test) => naive_test(test, person, here),
    }
}

/// Whether each group of an explanation has the result that its parts give.
fn is_sound(why: &Explanation) -> bool {
    let mut parts = why.parts.iter().map(|part| part.passed);
    let passed = match why.sentence.as_str() {
        "all of" => parts.all(|passed| passed),
        "any of" => parts.any(|passed| passed),
        "not" => parts.all(|passed| !passed),
        _ => why.passed,
    };
    passed == why.passed && why.parts.iter().all(is_sound)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_the_obvious(rule in rules(), people in vec(people(), 4), zone in select(ZONES)) {
        let here = Here::new(zone);
        let asked = segments().expand(&rule).unwrap();
        let matcher = Matcher::new(&asked, &here.at);
        let opposite = Matcher::new(&Rule::Not(Box::new(asked)), &here.at);
        for person in &people {
            prop_assert_eq!(matcher.matches(&facts(person)), naive(&rule, person, &here), "{} {:?}", zone, person);
            prop_assert_ne!(matcher.matches(&facts(person)), opposite.matches(&facts(person)));
        }
        // Of one of them: an explanation evaluates each part of the rule by itself.
        let why = explain(&rule, &segments(), &facts(&people[0]), &here.at);
        prop_assert_eq!(why.passed, naive(&rule, &people[0], &here), "{} {:?}", zone, people[0]);
        prop_assert!(is_sound(&why), "{:?}", why);
    }

    #[test]
    fn single_tests_agree_too(rule in test(), people in vec(people(), 8), zone in select(ZONES)) {
        let here = Here::new(zone);
        for person in &people {
            let said = matches(&segments().expand(&rule).unwrap(), &facts(person), &here.at);
            prop_assert_eq!(said, naive(&rule, person, &here), "{} {:?}", zone, person);
            prop_assert_eq!(explain(&rule, &segments(), &facts(person), &here.at).passed, said);
        }
    }

    #[test]
    fn checking_accepts_them_and_changes_no_answer(rule in rules(), person in people()) {
        let checked = rule.clone().check();
        prop_assert!(checked.is_ok(), "{:?}", checked);
        let checked = checked.unwrap();
        let answer = |rule: &Rule| matches(&segments().expand(rule).unwrap(), &facts(&person), &now());
        prop_assert_eq!(answer(&rule), answer(&checked));
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
        let both = |dialect| [Reach::Many, Reach::Few].map(|reach| (dialect, reach));
        for (dialect, reach) in [Dialect::Sqlite, Dialect::Postgres].into_iter().flat_map(both) {
            let part = to_sql(&rule, dialect, reach, &now(), first);
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
    let [mut runner, mut of_enrollments, mut of_orders] = [(); 3].map(|()| TestRunner::deterministic());
    let mut seen: BTreeMap<(String, &str), [u32; 2]> = BTreeMap::new();
    // Fields that every lead has are always set.
    let always = |name: &str| {
        let is_text = crate::rule::field(name).is_some_and(|field| field.text.is_some());
        !is_text
            && !matches!(
                name,
                "value"
                    | "last_active_at"
                    | "last_contacted_at"
                    | "days_since_last_active"
                    | "tags"
                    | "owner"
                    | "import"
                    | "campaign"
                    | "replied_at"
                    | "first_order_at"
                    | "last_order_at"
                    | "custom."
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
        let bought = orders().new_tree(&mut of_orders).unwrap().current();
        let person = (lead, enrollments().new_tree(&mut of_enrollments).unwrap().current(), bought);
        let subject = Subject::find(&test.field).unwrap();
        let name = if matches!(subject, Subject::Custom(_)) { CUSTOM.to_owned() } else { subject.name() };
        let op = test.op.as_str();
        let asked = segments().expand(&Rule::Test(test)).unwrap();
        seen.entry((name, op)).or_default()[usize::from(matches(&asked, &facts(&person), &now()))] += 1;
    }
    let one_sided: Vec<_> = seen.iter().filter(is_one_sided).collect();
    assert!(one_sided.is_empty(), "{one_sided:?}");
}
