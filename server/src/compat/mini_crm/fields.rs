//! Fields of a body as the contract checks them, each with its text. All that is wrong is told at once, in the order of the checks.

use super::errors::{flaw, refused};
use axum::response::Response;
use domain::{FieldError, Result, Timestamp, amount::amount, text::clean_line};
use serde_json::Value;

/// The fields of a body.
pub struct Fields<'b> {
    body: &'b Value,
    /// Field and text of what is wrong.
    wrong: Vec<(&'static str, &'static str)>,
}

impl<'b> Fields<'b> {
    pub fn of(body: &'b Value) -> Self {
        Self { body, wrong: Vec::new() }
    }

    /// The field as a text, read by `read`; `msg` is what is wrong otherwise.
    pub fn read<T>(&mut self, field: &'static str, msg: &'static str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = self.body.get(field).and_then(text).and_then(|text| read(&text));
        if found.is_none() {
            self.wrong.push((field, msg));
        }
        found
    }

    /// The response when a field was wrong.
    pub fn refused(self) -> Result<Option<Response>> {
        if self.wrong.is_empty() { Ok(None) } else { told(self.body, self.wrong).map(Some) }
    }
}

/// What our own rules refuse, in the contract's format; `theirs` gives the contract's names of our fields.
pub fn ours(errors: &[FieldError], body: &Value, theirs: impl Fn(&str) -> &'static str) -> Result<Response> {
    told(body, errors.iter().map(|error| (theirs(&error.field), error.message.as_str())))
}

fn told<'e>(body: &Value, wrong: impl IntoIterator<Item = (&'e str, &'e str)>) -> Result<Response> {
    let flaws = wrong.into_iter().map(|(field, msg)| flaw(field, msg, body.get(field))).collect::<Result<_>>()?;
    refused("Some fields need attention", flaws)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Any text that is not blank: a blank id would identify nothing.
pub fn some(text: &str) -> Option<String> {
    (!clean_line(text).is_empty()).then(|| text.to_owned())
}

/// Minor units of a number such as `200`, `12.5` or `.5`, also as a text.
pub fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if decimals.is_empty() || !plain(whole) || !plain(decimals) {
        return None;
    }
    // More decimals than the currency has are rounded.
    match amount(text) {
        Some(minor) if decimals.len() <= 2 => Some(minor),
        _ => text.parse::<f64>().ok().map(|number| (number * 100.0).round()).filter(|minor| minor.abs() < 9e15).map(|minor| minor as i64),
    }
}

/// A whole number, also as a text.
pub fn whole(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The beginning of the day `2023-06-12` or `2023/06/12`; no other form.
pub fn date(text: &str) -> Option<Timestamp> {
    let mark = if text.contains('/') { '/' } else { '-' };
    let parts: Vec<&str> = text.split(mark).collect();
    let [year, month, day] = parts[..] else { return None };
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return None;
    }
    [year, month, day].join("-").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_are_read_as_the_contract_reads_them() {
        for (text, minor) in [("200", Some(20_000)), ("12.5", Some(1_250)), ("-1", Some(-100)), (".5", Some(50)), ("1.239", Some(124))] {
            assert_eq!(number(text), minor, "{text}");
        }
        for wrong in ["", "12.", "1,5", "1e3", "a", "$5"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        assert_eq!(date("2023-06-12"), date("2023/06/12"));
        assert!(date("2023-06-12").is_some());
        for wrong in ["2023-06-12T00:00:00Z", "2023-6-12", "12-06-2023", "2023-02-30", "2023/06-12", ""] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }
}
