//! Values of custom fields: how people and files write them, and how they are kept.

use super::CustomField;
use crate::{
    rule::{CustomKind, DIGITS, NO, YES, day, number},
    text::{
        clean,
        date::{self, DateOrder},
        fold, folded, same,
    },
};

impl CustomField {
    /// The value as it is kept: `1250.5` for `1250,50`, `2026-11-30` for `30.11.2026`, a choice in its spelling, `yes` or `no`.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn read(&self, text: &str) -> Result<String, String> {
        let text = clean(text);
        match self.kind {
            CustomKind::Text => Ok(text),
            CustomKind::Number => read_number(&text),
            CustomKind::Date => read_date(&text),
            CustomKind::Choice => {
                let known = self.choices.iter().find(|choice| same(choice, &text)).cloned();
                known.ok_or_else(|| match self.choices.len() {
                    0..=10 => format!("No choice of this field; use one of: {}", self.choices.join(", ")),
                    many => format!("No choice of this field; use one of its {many}, such as {}", self.choices[0]),
                })
            }
            CustomKind::YesNo => match fold(&text).as_str() {
                "yes" | "y" | "true" | "1" | "x" | "on" | "ja" | "oui" | "si" | "sí" | "sì" | "sim" => Ok(YES.to_owned()),
                "no" | "n" | "false" | "0" | "off" | "nein" | "non" | "nee" | "não" => Ok(NO.to_owned()),
                _ => Err("Not yes or no; write one of them".to_owned()),
            },
        }
    }

    /// Whether a kept value is one of this field. Others stay as they are, and no test of a number or a date finds them.
    pub fn fits(&self, kept: &str) -> bool {
        match self.kind {
            CustomKind::Text => true,
            CustomKind::Number => number(&folded(kept)).is_some(),
            CustomKind::Date => day(&folded(kept)).is_some(),
            CustomKind::Choice => self.choices.iter().any(|choice| same(choice, kept)),
            CustomKind::YesNo => [YES, NO].contains(&folded(kept).as_ref()),
        }
    }

    /// The value for people.
    pub fn shown(&self, kept: &str) -> String {
        match (self.kind, folded(kept).as_ref()) {
            (CustomKind::YesNo, YES) => "Yes".to_owned(),
            (CustomKind::YesNo, NO) => "No".to_owned(),
            _ => kept.to_owned(),
        }
    }
}

/// A number with a decimal point or comma. A point is always one, because numbers are kept and shown so.
fn read_number(text: &str) -> Result<String, String> {
    let compact: String = text.chars().filter(|sign| !sign.is_whitespace()).map(|sign| if sign == '−' { '-' } else { sign }).collect();
    let compact = fold(&compact);
    let (sign, digits) = compact.strip_prefix('-').map_or(("", compact.trim_start_matches('+')), |digits| ("-", digits));
    let wrong = || "Not a number; write it as 1250.5".to_owned();
    let (whole, part) = match digits.split_once(['.', ',']) {
        None => (digits, ""),
        // `1,250` may be either; `0,250` is not.
        Some((whole, part)) if digits.contains(',') && part.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0') => {
            return Err(format!("Thousands or three decimals? Write {whole}{part} or {whole}.{part}"));
        }
        Some((whole, part)) => (whole, part),
    };
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() && digits.starts_with('0') { "0" } else { whole };
    let plain = if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") };
    if whole.len() > DIGITS.0 || part.len() > DIGITS.1 {
        return Err(format!("At most {} digits before and {} after the decimal point", DIGITS.0, DIGITS.1));
    }
    number(&plain).map(|value| if value == 0 { plain.clone() } else { format!("{sign}{plain}") }).ok_or_else(wrong)
}

/// A date in one of the forms in which day and month cannot be taken for each other.
fn read_date(text: &str) -> Result<String, String> {
    // A time of day is no part of a date; midnight is how files write a date.
    let date = match text.split_once(['T', ' ']) {
        Some((date, time)) if time.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.' | b'Z')) => date,
        _ => text,
    };
    date::read_date(date, DateOrder::default())
}
