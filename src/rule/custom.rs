//! How rules compare custom fields. A lead keeps their values as texts; the operator and the value of a test decide whether it compares them
//! as texts, numbers or days, so that a rule means the same whatever becomes of the field's definition.

use super::{Op, Value, plan::days_since_1970};
use crate::{Error, Result, leads::Custom, text::folded, time::DAY, words::words};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

words! {
    /// Type of a custom field.
    CustomKind, "kind", default Text {
        Text = "text", "Text";
        Number = "number", "Number";
        Date = "date", "Date";
        Choice = "choice", "Choice";
        YesNo = "yes_no", "Yes or no";
    }
}

/// Stored values of `CustomKind::YesNo`.
pub const YES: &str = "yes";
pub const NO: &str = "no";

/// Most digits before and after the decimal point of a number in a custom field.
pub const DIGITS: (usize, usize) = (12, 6);

impl CustomKind {
    /// As what a test compares the values of the field.
    pub(super) fn asked(op: Op, value: &Value) -> Self {
        match (op, value) {
            (Op::Is | Op::IsNot, Value::Flag(_)) => Self::YesNo,
            (Op::Is | Op::IsNot | Op::Gt | Op::Gte | Op::Lt | Op::Lte, Value::Number(_)) => Self::Number,
            (Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::WithinDays | Op::OlderThanDays, _) => Self::Date,
            _ => Self::Text,
        }
    }
}

/// What a text can be measured as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// In millionths.
    Number,
    /// Its first microsecond.
    Day,
}

impl Measure {
    /// The measured value of a folded text; `None` for a text that is no such value.
    pub(super) fn of(self, folded: &str) -> Option<i64> {
        match self {
            Self::Number => number(folded),
            Self::Day => day(folded),
        }
    }

    /// Its key in the column `custom_fold`. No folded key has a capital letter.
    pub(super) fn key(self, key: &str) -> String {
        match self {
            Self::Number => format!("N {key}"),
            Self::Day => format!("D {key}"),
        }
    }
}

/// Value of the column `custom_fold`: each folded text under its folded key, and beside it what it is measured as.
pub fn custom_fold(custom: &Custom) -> BTreeMap<String, serde_json::Value> {
    let mut fold = BTreeMap::new();
    for (key, text) in custom {
        let (key, text) = (folded(key), folded(text));
        for measure in [Measure::Number, Measure::Day] {
            if let Some(value) = measure.of(&text) {
                fold.insert(measure.key(&key), value.into());
            }
        }
        fold.insert(key.into_owned(), text.into());
    }
    fold
}

/// A plain decimal number, such as `-1250.5`, in millionths.
pub(crate) fn number(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |digits: &str, most: usize| (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole, DIGITS.0) || !plain(part, DIGITS.1) {
        return None;
    }
    format!("{whole}{part:0<6}").parse::<i64>().ok().map(|millionths| sign * millionths)
}

/// A date, such as `2026-11-30`, as its first microsecond in UTC.
pub(crate) fn day(text: &str) -> Option<i64> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = text.parse().ok().filter(|_| is_plain)?;
    i64::try_from(days_since_1970(date)).ok().map(|days| days * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_measured_as_written() {
        for (text, expected) in [
            ("0", Some(0)),
            ("-1250.5", Some(-1_250_500_000)),
            ("007", Some(7_000_000)),
            ("0.000001", Some(1)),
            ("999999999999", Some(999_999_999_999_000_000)),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
        for text in ["", "-", "1,5", "1.", ".5", "1e3", "1 000", "+1", "0.0000001", "1000000000000", "2026-01-01"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!((day("1970-01-02"), day("2026-1-2"), day("2026-02-30"), day("20260102")), (Some(DAY), None, None, None));
    }

    #[test]
    fn measures_stand_beside_the_texts() {
        let custom = [("Age", "30"), ("N age", "x"), ("Ends", "1970-01-02")].map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        let expected = serde_json::json!({ "age": "30", "N age": 30_000_000, "n age": "x", "ends": "1970-01-02", "D ends": DAY });
        assert_eq!(serde_json::to_value(custom_fold(&custom)).unwrap(), expected);
    }
}
