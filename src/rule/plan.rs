//! A compiled rule: each test becomes a primitive predicate on one column, with folded values and whole-number bounds.
//! All engines evaluate these few predicates, so that none can interpret a rule differently.

use super::{Field, FieldKind, Op, Rule, Subject, Test, Value};
use crate::{
    Timestamp,
    leads::Stage,
    text::{clean, fold, fold_email},
    time::{DAY, SECOND},
};
use jiff::civil::{Date, DateTime};
use uuid::Uuid;

pub(super) enum Plan {
    All(Vec<Plan>),
    Any(Vec<Plan>),
    Not(Box<Plan>),
    Test(Subject, Predicate),
}

/// A predicate on one column. It is false for absent values, and for empty lists and ranges.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Predicate {
    Set,
    /// The folded text matches one of these texts; none of them is empty.
    Text(TextMatch, Vec<String>),
    Words(Vec<&'static str>),
    /// The number is one of these.
    OneOf(Vec<i64>),
    /// Inclusive at both ends; `i64::MIN` and `i64::MAX` mean no bound.
    Range(i64, i64),
    Flag(bool),
    /// The lead has one of these folded tags.
    Tags(Vec<String>),
    Ids(Vec<Uuid>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextMatch {
    Equal,
    Contains,
    Starts,
    Ends,
}

const UNBOUNDED: (i128, i128) = (i64::MIN as i128, i64::MAX as i128);

impl Plan {
    pub(super) fn new(rule: &Rule, now: Timestamp) -> Self {
        let each = |parts: &[Rule]| parts.iter().map(|part| Self::new(part, now)).collect();
        match rule {
            Rule::All(parts) => Self::All(each(parts)),
            Rule::Any(parts) => Self::Any(each(parts)),
            Rule::Not(part) => Self::Not(Box::new(Self::new(part, now))),
            Rule::Test(test) => Self::test(test, now),
        }
    }

    /// An invalid test matches nobody; `Rule::check` rejects such tests.
    fn test(test: &Test, now: Timestamp) -> Self {
        let nobody = || Self::Any(Vec::new());
        let Some(subject) = Subject::find(&test.field).map(Subject::compared) else { return nobody() };
        let op = test.op.canonical(subject.kind());
        let Some(predicate) = predicate(subject.kind(), op.positive().unwrap_or(op), &test.value, now) else { return nobody() };
        let plan = if predicate.is_never() { nobody() } else { Self::asked(subject, predicate) };
        if op.positive().is_some() { Self::Not(Box::new(plan)) } else { plan }
    }
}

impl Plan {
    /// The plan of a test. The `search` column holds several fields separated by line feeds, which no folded text contains; each field is
    /// tested separately.
    fn asked(subject: Subject, predicate: Predicate) -> Self {
        let (Subject::Field(Field { name: "search", .. }), Predicate::Text(how, needles)) = (&subject, &predicate) else {
            return Self::Test(subject, predicate);
        };
        let test = |how: TextMatch, before: &str, after: &str| {
            let needles = needles.iter().map(|needle| format!("{before}{needle}{after}")).collect();
            Self::Test(subject.clone(), Predicate::Text(how, needles))
        };
        let border = "\n";
        match how {
            TextMatch::Contains => test(TextMatch::Contains, "", ""),
            TextMatch::Starts => Self::Any(vec![test(TextMatch::Starts, "", ""), test(TextMatch::Contains, border, "")]),
            TextMatch::Ends => Self::Any(vec![test(TextMatch::Ends, "", ""), test(TextMatch::Contains, "", border)]),
            // The name comes first and is never empty; the other fields are between two line feeds, or at the end.
            TextMatch::Equal => Self::Any(vec![
                test(TextMatch::Starts, "", border),
                test(TextMatch::Contains, border, border),
                test(TextMatch::Ends, border, ""),
            ]),
        }
    }
}

impl Predicate {
    fn is_never(&self) -> bool {
        match self {
            Self::Set | Self::Flag(_) => false,
            Self::Text(_, needles) | Self::Tags(needles) => needles.is_empty(),
            Self::Words(words) => words.is_empty(),
            Self::OneOf(numbers) => numbers.is_empty(),
            Self::Range(min, max) => min > max,
            Self::Ids(ids) => ids.is_empty(),
        }
    }
}

/// `None` when the kind does not have this operator, or the value is invalid for it. `op` is canonical and positive.
pub(super) fn predicate(kind: FieldKind, op: Op, value: &Value, now: Timestamp) -> Option<Predicate> {
    if !super::ops_for(kind).iter().any(|(known, _)| *known == op) {
        return None;
    }
    if op == Op::IsSet {
        return value.is_none().then_some(Predicate::Set);
    }
    match kind {
        FieldKind::Text | FieldKind::Custom => text(op, folded(texts(value)?, fold)),
        FieldKind::Email => text(op, folded(texts(value)?, fold_email)),
        FieldKind::Words(list) => texts(value)?.iter().map(|text| word(list, text)).collect::<Option<_>>().map(Predicate::Words),
        FieldKind::Stage if op == Op::Is => texts(value)?.iter().map(|text| rank(text)).collect::<Option<_>>().map(Predicate::OneOf),
        FieldKind::Stage => one_text(value).and_then(rank).and_then(|rank| bounds(op, rank as f64)).map(range),
        FieldKind::Number => number(value).and_then(|number| bounds(op, number)).map(range),
        FieldKind::Money => number(value).and_then(minor_units).and_then(|minor| bounds(op, minor)).map(range),
        FieldKind::DaysSince => number(value).and_then(|days| bounds(op, days)).map(|days| range(days_ago(days, now))),
        FieldKind::Time => time(op, value, now).map(range),
        FieldKind::Flag => match value {
            Value::Flag(flag) => Some(Predicate::Flag(*flag)),
            _ => None,
        },
        FieldKind::Tags => Some(Predicate::Tags(folded(texts(value)?, fold))),
        FieldKind::Id(_) => texts(value)?.iter().map(|id| Uuid::parse_str(id.trim()).ok()).collect::<Option<_>>().map(Predicate::Ids),
    }
}

fn texts(value: &Value) -> Option<&[String]> {
    match value {
        Value::Text(text) => Some(std::slice::from_ref(text)),
        Value::List(texts) => Some(texts),
        _ => None,
    }
}

fn one_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number).filter(|number| number.is_finite()),
        _ => None,
    }
}

/// The stored word for a text in any case.
pub(super) fn word(list: &'static [&'static str], text: &str) -> Option<&'static str> {
    let wanted = fold(text.trim()).replace(' ', "_");
    list.iter().copied().find(|word| *word == wanted)
}

fn rank(text: &str) -> Option<i64> {
    text.parse::<Stage>().ok().map(Stage::rank)
}

/// Values in the form in which they are compared. Blank values are dropped, because no lead has them.
fn folded(texts: &[String], fold: fn(&str) -> String) -> Vec<String> {
    texts.iter().map(|text| fold(&clean(text))).filter(|text| !text.is_empty()).collect()
}

fn text(op: Op, needles: Vec<String>) -> Option<Predicate> {
    let how = match op {
        Op::Is => TextMatch::Equal,
        Op::Contains => TextMatch::Contains,
        Op::StartsWith => TextMatch::Starts,
        Op::EndsWith => TextMatch::Ends,
        _ => return None,
    };
    Some(Predicate::Text(how, needles))
}

/// Converts major units to minor units by moving the decimal point, because 0.29 × 100 is not 29 in binary.
fn minor_units(major: f64) -> Option<f64> {
    format!("{major}e2").parse().ok().filter(|minor: &f64| minor.is_finite())
}

/// The range of whole numbers that satisfy `op` with `x`.
fn bounds(op: Op, x: f64) -> Option<(i128, i128)> {
    let (below, above) = (x.floor() as i128, x.ceil() as i128);
    let (least, most) = UNBOUNDED;
    Some(match op {
        Op::Is => (above, below), // empty unless `x` is whole
        Op::Gt => (below.saturating_add(1), most),
        Op::Gte => (above, most),
        Op::Lt => (least, above.saturating_sub(1)),
        Op::Lte => (least, below),
        _ => return None,
    })
}

/// Clamps a range to `i64`. A bound outside of it is either no bound or makes the range empty.
fn range((min, max): (i128, i128)) -> Predicate {
    let (least, most) = UNBOUNDED;
    if min > max || min > most || max < least {
        return Predicate::Range(1, 0);
    }
    Predicate::Range(min.max(least) as i64, max.min(most) as i64)
}

/// The range of times that are `min` to `max` whole days before now.
fn days_ago((min, max): (i128, i128), now: Timestamp) -> (i128, i128) {
    let before = |days: i128| i128::from(now.0).saturating_sub(days.saturating_mul(i128::from(DAY)));
    let first = if max >= UNBOUNDED.1 { UNBOUNDED.0 } else { before(max.saturating_add(1)).saturating_add(1) };
    let last = if min <= UNBOUNDED.0 { UNBOUNDED.1 } else { before(min) };
    (first, last)
}

fn time(op: Op, value: &Value, now: Timestamp) -> Option<(i128, i128)> {
    let (least, most) = UNBOUNDED;
    if op.counts_days() {
        let days = number(value).filter(|days| *days >= 0.0)?;
        let at = i128::from(now.0).saturating_sub((days * DAY as f64).round() as i128);
        return Some(if op == Op::WithinDays { (at, now.0.into()) } else { (least, at) });
    }
    let (first, last) = moment(one_text(value)?)?;
    Some(match op {
        Op::Is => (first, last),
        Op::Gt => (last + 1, most),
        Op::Gte => (first, most),
        Op::Lt => (least, first - 1),
        Op::Lte => (least, last),
        _ => return None,
    })
}

/// A time is a range of 1 µs; a date is its whole day in UTC, so that `on or before 2026-11-21` includes that day.
fn moment(text: &str) -> Option<(i128, i128)> {
    let text = text.trim();
    // Without this check a time without offset would be parsed as its date.
    if !text.contains(['T', 't', ' ', ':']) {
        let first = days_since_1970(text.parse().ok()?) * i128::from(DAY);
        return Some((first, first + i128::from(DAY) - 1));
    }
    let moment = match text.parse::<jiff::Timestamp>() {
        Ok(at) => at.as_microsecond().into(),
        Err(_) => at_the_ends_of_time(text)?,
    };
    Some((moment, moment))
}

fn days_since_1970(date: Date) -> i128 {
    // Years begin in March here, so that the leap day is the last day of a year.
    let (year, month, day) = (i128::from(date.year()), i128::from(date.month()), i128::from(date.day()));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// Times in the first and last hours of the calendar, which jiff cannot convert to every zone: `9999-12-31T23:59:59Z`.
fn at_the_ends_of_time(text: &str) -> Option<i128> {
    let (clock, east) = if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        (clock, 0)
    } else {
        let (clock, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
        let (hours, minutes) = offset.get(1..)?.split_once(':')?;
        let minutes = hours.parse::<u8>().ok().map(i128::from)? * 60 + minutes.parse::<u8>().ok().map(i128::from)?;
        (clock, if offset.starts_with('-') { -minutes } else { Some(minutes).filter(|_| offset.starts_with('+'))? })
    };
    let at: DateTime = clock.parse().ok()?;
    let seconds = (i128::from(at.hour()) * 60 + i128::from(at.minute()) - east) * 60 + i128::from(at.second());
    Some(days_since_1970(at.date()) * i128::from(DAY) + seconds * i128::from(SECOND) + i128::from(at.subsec_nanosecond() / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000 * DAY);

    fn ask(kind: FieldKind, op: Op, value: Value) -> Option<Predicate> {
        predicate(kind, op, &value, NOW)
    }

    #[test]
    fn numbers_become_whole_bounds() {
        let ask = |op, x| ask(FieldKind::Number, op, Value::Number(x));
        assert_eq!(ask(Op::Gt, 29.5), Some(Predicate::Range(30, i64::MAX)));
        assert_eq!(ask(Op::Gte, 30.0), Some(Predicate::Range(30, i64::MAX)));
        assert_eq!(ask(Op::Lt, -0.5), Some(Predicate::Range(i64::MIN, -1)));
        assert_eq!(ask(Op::Lte, 29.5), Some(Predicate::Range(i64::MIN, 29)));
        assert_eq!(ask(Op::Lte, 1e300), Some(Predicate::Range(i64::MIN, i64::MAX)));
        assert_eq!(ask(Op::Is, 0.5), Some(Predicate::Range(1, 0)));
        assert_eq!(ask(Op::Is, 9_223_372_036_854_775_808.0), Some(Predicate::Range(1, 0)), "one more than fits");
        assert_eq!(ask(Op::Is, i64::MIN as f64), Some(Predicate::Range(i64::MIN, i64::MIN)));
        assert_eq!(ask(Op::Gt, f64::NAN), None);
        assert_eq!(ask(Op::Lt, f64::INFINITY), None);
    }

    #[test]
    fn money_is_exact_to_the_cent() {
        let ask = |op, x| ask(FieldKind::Money, op, Value::Number(x));
        assert_eq!(ask(Op::Lte, 0.29), Some(Predicate::Range(i64::MIN, 29)));
        assert_eq!(ask(Op::Is, 4.35), Some(Predicate::Range(435, 435)));
        assert_eq!(ask(Op::Gt, 0.005), Some(Predicate::Range(1, i64::MAX)));
    }

    #[test]
    fn days_are_counted_whole() {
        let ask = |op, x| ask(FieldKind::DaysSince, op, Value::Number(x));
        assert_eq!(ask(Op::Gte, 30.0), Some(Predicate::Range(i64::MIN, 970 * DAY)));
        assert_eq!(ask(Op::Gt, 30.0), Some(Predicate::Range(i64::MIN, 969 * DAY)));
        assert_eq!(ask(Op::Is, 0.0), Some(Predicate::Range(999 * DAY + 1, 1_000 * DAY)));
        assert_eq!(ask(Op::Lt, 1.0), Some(Predicate::Range(999 * DAY + 1, i64::MAX)));
        assert_eq!(ask(Op::Lt, -1e300), Some(Predicate::Range(1, 0)));
    }

    #[test]
    fn dates_are_whole_days_and_times_are_moments() {
        let ask = |op, text: &str| ask(FieldKind::Time, op, Value::Text(text.into()));
        assert_eq!(ask(Op::Lte, "1970-01-02"), Some(Predicate::Range(i64::MIN, 2 * DAY - 1)));
        assert_eq!(ask(Op::Gt, "1970-01-02"), Some(Predicate::Range(2 * DAY, i64::MAX)));
        assert_eq!(ask(Op::Is, "1970-01-01T02:00:00+02:00"), Some(Predicate::Range(0, 0)));
        assert_eq!(ask(Op::Is, "1970-01-01T02:00:00"), None, "in which zone?");
        assert_eq!(ask(Op::Is, "soon"), None);
        let days = |op, x| predicate(FieldKind::Time, op, &Value::Number(x), NOW);
        assert_eq!(days(Op::WithinDays, 0.5), Some(Predicate::Range(1_000 * DAY - DAY / 2, 1_000 * DAY)), "not what is to come");
        assert_eq!(days(Op::OlderThanDays, 7.0), Some(Predicate::Range(i64::MIN, 993 * DAY)));
        assert_eq!(days(Op::WithinDays, -1.0), None);
    }

    #[test]
    fn the_calendar_is_known_to_its_ends() {
        let ask = |op, text: &str| ask(FieldKind::Time, op, Value::Text(text.into()));
        let last = 253_402_214_400 * SECOND;
        assert_eq!(ask(Op::Is, "9999-12-31"), Some(Predicate::Range(last, last + DAY - 1)));
        assert_eq!(ask(Op::Is, "9999-12-31T23:59:59.999999Z"), Some(Predicate::Range(last + DAY - 1, last + DAY - 1)));
        assert_eq!(ask(Op::Is, "9999-12-31T23:59:59.999999+00:30"), ask(Op::Is, "9999-12-31T23:29:59.999999Z"));
        assert_eq!(ask(Op::Lt, "9999-12-31"), Some(Predicate::Range(i64::MIN, last - 1)));
        assert_eq!(ask(Op::Gte, "-009999-01-01"), Some(Predicate::Range(-377_705_116_800 * SECOND, i64::MAX)));
        assert_eq!(
            ask(Op::Is, "-009999-01-01T00:00:00-01:00"),
            Some(Predicate::Range((3_600 - 377_705_116_800) * SECOND, (3_600 - 377_705_116_800) * SECOND))
        );
        for odd in
            ["10000-01-01", "9999-12-32", "9999-12-31T23:59:59", "9999-12-31T24:00:00Z", "2026-02-30", "9999-12-31Tü+00:00", "+00:00", "é"]
        {
            assert_eq!(ask(Op::Lt, odd), None, "{odd}");
        }
        for days in [-719_468, -1, 0, 58, 59, 60, 789, 19_782, 19_783, 2_932_896] {
            let date = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            assert_eq!(days_since_1970(date), days.into());
        }
    }

    #[test]
    fn words_are_read_as_people_write_them() {
        let stage = FieldKind::Stage;
        let list = Value::List(vec!["closed won".into(), "New Lead".into()]);
        assert_eq!(ask(stage, Op::Is, list), Some(Predicate::OneOf(vec![5, 0])));
        assert_eq!(ask(stage, Op::Gt, Value::Text("Negotiation".into())), Some(Predicate::Range(5, i64::MAX)));
        assert_eq!(ask(stage, Op::Is, Value::Text("Lost".into())), None);
        let connection = super::super::field("connection").unwrap().kind;
        assert_eq!(ask(connection, Op::Is, Value::Text("Not connected".into())), Some(Predicate::Words(vec!["not_connected"])));
    }
}
