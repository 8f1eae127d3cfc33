//! A compiled rule: each test becomes a primitive predicate on one column, with folded values and whole-number bounds.
//! All engines evaluate these few predicates, so that none can interpret a rule differently.

use super::{CustomKind, Field, FieldKind, NO, Op, Rule, Source, Subject, Test, Value, YES, custom::Measure, orders::OrdersAsked};
use crate::{
    Moment, Timestamp, Zone,
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
    /// A predicate on one value over a lead's orders: a set value or a range.
    Orders(OrdersAsked, Predicate),
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
    /// The same of what the text of a custom field is measured as.
    Measured(Measure, i64, i64),
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

pub(super) const UNBOUNDED: (i128, i128) = (i64::MIN as i128, i64::MAX as i128);

impl Plan {
    pub(super) fn new(rule: &Rule, at: &Moment) -> Self {
        let each = |parts: &[Rule]| parts.iter().map(|part| Self::new(part, at)).collect();
        match rule {
            Rule::All(parts) => Self::All(each(parts)),
            Rule::Any(parts) => Self::Any(each(parts)),
            Rule::Not(part) => Self::Not(Box::new(Self::new(part, at))),
            Rule::Test(test) => Self::test(test, at),
        }
    }

    /// An invalid test matches nobody; `Rule::check` rejects such tests. So does a test of segments, which must be expanded before.
    fn test(test: &Test, at: &Moment) -> Self {
        let nobody = || Self::Any(Vec::new());
        let Some(subject) = Subject::find(&test.field).map(Subject::compared) else { return nobody() };
        let kind = subject.asked(test.op, &test.value);
        let op = test.op.canonical(kind);
        let Some(predicate) = predicate(kind, op.positive().unwrap_or(op), &test.value, at) else { return nobody() };
        let plan = match subject.source() {
            // It was not expanded.
            Source::Segments => return nobody(),
            _ if predicate.is_never() => nobody(),
            Source::Orders => match OrdersAsked::new(test, at) {
                Some(asked) => Self::Orders(asked, predicate),
                None => return nobody(),
            },
            Source::Lead | Source::Totals | Source::Enrollments => Self::asked(subject, predicate),
        };
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
            Self::Range(min, max) | Self::Measured(_, min, max) => min > max,
            Self::Ids(ids) => ids.is_empty(),
        }
    }
}

/// `None` when the kind does not have this operator, or the value is invalid for it. `op` is canonical and positive.
pub(super) fn predicate(kind: FieldKind, op: Op, value: &Value, at: &Moment) -> Option<Predicate> {
    if !super::ops_for(kind).iter().any(|(known, _)| *known == op) {
        return None;
    }
    if op == Op::IsSet {
        return value.is_none().then_some(Predicate::Set);
    }
    match kind {
        FieldKind::Text | FieldKind::Custom(CustomKind::Text | CustomKind::Choice) => text(op, folded(texts(value)?, fold)),
        FieldKind::Custom(CustomKind::Number) => number(value)
            .and_then(|number| scaled(number, 6))
            .and_then(|millionths| bounds(op, millionths))
            .and_then(measured(Measure::Number)),
        // Dates and today are measured as the beginning of their days in UTC, in whatever zone it is today.
        FieldKind::Custom(CustomKind::Date) => {
            let today = Timestamp(at.today().saturating_mul(DAY));
            time(op, value, &Moment::utc(today)).and_then(measured(Measure::Day))
        }
        FieldKind::Custom(CustomKind::YesNo) => match value {
            Value::Flag(flag) => text(op, vec![if *flag { YES } else { NO }.to_owned()]),
            _ => None,
        },
        FieldKind::Email => text(op, folded(texts(value)?, fold_email)),
        FieldKind::Words(list) => texts(value)?.iter().map(|text| word(list, text)).collect::<Option<_>>().map(Predicate::Words),
        FieldKind::Stage if op == Op::Is => texts(value)?.iter().map(|text| rank(text)).collect::<Option<_>>().map(Predicate::OneOf),
        FieldKind::Stage => one_text(value).and_then(rank).and_then(|rank| bounds(op, rank as f64)).map(range),
        FieldKind::Number => number(value).and_then(|number| bounds(op, number)).map(range),
        FieldKind::Money => number(value).and_then(|major| scaled(major, 2)).and_then(|minor| bounds(op, minor)).map(range),
        FieldKind::DaysSince => days_since(kind, op, value).map(|days| range(days_ago(days, at))),
        FieldKind::Time => time(op, value, at).map(range),
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

/// Moves the decimal point, because 0.29 × 100 is not 29 in binary.
fn scaled(number: f64, places: u8) -> Option<f64> {
    format!("{number}e{places}").parse().ok().filter(|number: &f64| number.is_finite())
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

fn measured(measure: Measure) -> impl Fn((i128, i128)) -> Option<Predicate> {
    move |bounds| match range(bounds) {
        Predicate::Range(min, max) => Some(Predicate::Measured(measure, min, max)),
        _ => None,
    }
}

/// How many days ago, in calendar days, a value is for which such a test holds; `None` when the test does not count days.
pub(super) fn days_since(kind: FieldKind, op: Op, value: &Value) -> Option<(i128, i128)> {
    let days = number(value)?;
    match (kind, op) {
        (FieldKind::DaysSince, op) => bounds(op, days),
        (_, Op::WithinDays) if days >= 0.0 => bounds(Op::Lte, days),
        (_, Op::OlderThanDays) if days >= 0.0 => bounds(Op::Gt, days),
        _ => None,
    }
}

/// The range of times whose day is `min` to `max` days before today.
fn days_ago((min, max): (i128, i128), at: &Moment) -> (i128, i128) {
    let before = |days: i128| i128::from(at.today()).saturating_sub(days);
    let first = if max >= UNBOUNDED.1 { UNBOUNDED.0 } else { day_start(before(max), &at.zone) };
    let last = if min <= UNBOUNDED.0 { UNBOUNDED.1 } else { day_start(before(min).saturating_add(1), &at.zone).saturating_sub(1) };
    (first, last)
}

/// The start of a day in microseconds since 1970. A day that no time can hold begins at its midnight in UTC.
fn day_start(day: i128, zone: &Zone) -> i128 {
    // Two days for the largest offset.
    match i64::try_from(day) {
        Ok(day) if day.unsigned_abs() < (i64::MAX / DAY - 2).unsigned_abs() => zone.day_start(day).0.into(),
        _ => day.saturating_mul(DAY.into()),
    }
}

fn time(op: Op, value: &Value, at: &Moment) -> Option<(i128, i128)> {
    let (least, most) = UNBOUNDED;
    if op.counts_days() {
        let (first, last) = days_ago(days_since(FieldKind::Time, op, value)?, at);
        return Some((first, if op == Op::WithinDays { last.min(at.now.0.into()) } else { last }));
    }
    let (first, last) = moment(one_text(value)?, &at.zone)?;
    Some(match op {
        Op::Is => (first, last),
        Op::Gt => (last + 1, most),
        Op::Gte => (first, most),
        Op::Lt => (least, first - 1),
        Op::Lte => (least, last),
        _ => return None,
    })
}

/// A time is a range of 1 µs; a date is its whole day in the zone, so that `on or before 2026-11-21` includes that day. A day that the zone
/// leaves out is an empty range.
fn moment(text: &str, zone: &Zone) -> Option<(i128, i128)> {
    let text = text.trim();
    // Without this check a time without offset would be parsed as its date.
    if !text.contains(['T', 't', ' ', ':']) {
        let day = days_since_1970(text.parse().ok()?);
        return Some((day_start(day, zone), day_start(day + 1, zone) - 1));
    }
    let moment = match text.parse::<jiff::Timestamp>() {
        Ok(at) => at.as_microsecond().into(),
        Err(_) => at_the_ends_of_time(text)?,
    };
    Some((moment, moment))
}

pub(super) fn days_since_1970(date: Date) -> i128 {
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
    use crate::time::HOUR;
    use std::sync::Arc;

    /// At six in the morning.
    const NOW: Timestamp = Timestamp(1_000 * DAY + 6 * HOUR);

    fn ask(kind: FieldKind, op: Op, value: Value) -> Option<Predicate> {
        predicate(kind, op, &value, &Moment::utc(NOW))
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
    fn days_are_those_of_the_calendar() {
        let ask = |op, x| ask(FieldKind::DaysSince, op, Value::Number(x));
        assert_eq!(ask(Op::Gte, 30.0), Some(Predicate::Range(i64::MIN, 971 * DAY - 1)));
        assert_eq!(ask(Op::Gt, 30.0), Some(Predicate::Range(i64::MIN, 970 * DAY - 1)));
        assert_eq!(ask(Op::Is, 0.0), Some(Predicate::Range(1_000 * DAY, 1_001 * DAY - 1)), "today, to its end");
        assert_eq!(ask(Op::Lt, 1.0), Some(Predicate::Range(1_000 * DAY, i64::MAX)));
        assert_eq!(ask(Op::Lt, -1e300), Some(Predicate::Range(1, 0)));
        assert_eq!(ask(Op::Gt, -1e300), Some(Predicate::Range(i64::MIN, i64::MAX)));
    }

    #[test]
    fn dates_are_whole_days_and_times_are_moments() {
        let ask = |op, text: &str| ask(FieldKind::Time, op, Value::Text(text.into()));
        assert_eq!(ask(Op::Lte, "1970-01-02"), Some(Predicate::Range(i64::MIN, 2 * DAY - 1)));
        assert_eq!(ask(Op::Gt, "1970-01-02"), Some(Predicate::Range(2 * DAY, i64::MAX)));
        assert_eq!(ask(Op::Is, "1970-01-01T02:00:00+02:00"), Some(Predicate::Range(0, 0)));
        assert_eq!(ask(Op::Is, "1970-01-01T02:00:00"), None, "in which zone?");
        assert_eq!(ask(Op::Is, "soon"), None);
        let days = |op, x| predicate(FieldKind::Time, op, &Value::Number(x), &Moment::utc(NOW));
        assert_eq!(days(Op::WithinDays, 0.0), Some(Predicate::Range(1_000 * DAY, NOW.0)), "today, not what is to come");
        assert_eq!(days(Op::WithinDays, 1.0), Some(Predicate::Range(999 * DAY, NOW.0)));
        assert_eq!(days(Op::OlderThanDays, 7.0), Some(Predicate::Range(i64::MIN, 993 * DAY - 1)));
        assert_eq!(days(Op::WithinDays, 7.9), days(Op::WithinDays, 7.0), "a part of a day, as older versions stored it");
        assert_eq!(days(Op::OlderThanDays, 7.9), days(Op::OlderThanDays, 7.0));
        assert_eq!(days(Op::WithinDays, 1e300), Some(Predicate::Range(i64::MIN, NOW.0)));
        assert_eq!(days(Op::OlderThanDays, 1e300), Some(Predicate::Range(1, 0)));
        assert_eq!(days(Op::WithinDays, -1.0), None);
    }

    #[test]
    fn custom_dates_are_days_in_every_zone() {
        let kiritimati = Zone::new("Pacific/Kiritimati", 14 * 3_600, []);
        // The next day has begun there.
        let at = Moment { now: Timestamp(1_000 * DAY + 11 * HOUR), zone: Arc::new(kiritimati) };
        let ask = |op, value| predicate(FieldKind::Custom(CustomKind::Date), op, &value, &at);
        let days = |min, max| Some(Predicate::Measured(Measure::Day, min, max));
        assert_eq!(ask(Op::WithinDays, Value::Number(0.0)), days(1_001 * DAY, 1_001 * DAY));
        assert_eq!(ask(Op::WithinDays, Value::Number(7.0)), days(994 * DAY, 1_001 * DAY));
        assert_eq!(ask(Op::OlderThanDays, Value::Number(7.0)), days(i64::MIN, 994 * DAY - 1));
        assert_eq!(ask(Op::Gt, Value::Text("1970-01-02".into())), days(2 * DAY, i64::MAX));
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let berlin = Zone::new("Europe/Berlin", 3_600, [(1_774_746_000, 7_200)]); // 2026-03-29T01:00Z
        let at = Moment { now: "2026-03-29T21:59:59Z".parse().unwrap(), zone: Arc::new(berlin) };
        let micros = |text: &str| text.parse::<Timestamp>().unwrap().0;
        let day = Predicate::Range(micros("2026-03-28T23:00:00Z"), micros("2026-03-29T22:00:00Z") - 1);
        assert_eq!(predicate(FieldKind::Time, Op::Is, &Value::Text("2026-03-29".into()), &at), Some(day.clone()), "23 hours");
        assert_eq!(predicate(FieldKind::DaysSince, Op::Is, &Value::Number(0.0), &at), Some(day));
        let end = |text: &str| predicate(FieldKind::Time, Op::Lte, &Value::Text(text.into()), &at);
        assert_eq!(end("9999-12-31"), Some(Predicate::Range(i64::MIN, 253_402_300_800 * SECOND - 2 * HOUR - 1)));
        assert_eq!(end("-009999-01-01"), Some(Predicate::Range(i64::MIN, (86_400 - 377_705_116_800) * SECOND - HOUR - 1)));
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
