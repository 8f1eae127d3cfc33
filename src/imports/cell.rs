//! Parsing of a single cell.

use super::{Row, Target};
use crate::{
    Error,
    amount::{amount, decimal_mark, has_three_behind},
    leads::Consent,
    text::fold,
};
use std::borrow::Cow;

/// Text of a cell, with line feeds as line ends. Removes the `'` that error files of Linnet, and Excel, put before text that looks like a
/// formula.
pub(super) fn plain(cell: &str) -> Cow<'_, str> {
    let cell = cell.trim();
    let cell = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell);
    if cell.contains('\r') { Cow::Owned(cell.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(cell) }
}

/// Writes the value of a cell into the row, or returns what is wrong with it. `decimal`: the decimal mark of its column, if known.
pub(super) fn put(row: &mut Row, target: &Target, cell: &str, decimal: Option<char>) -> Result<(), String> {
    let lead = &mut row.lead;
    match target {
        Target::Name => lead.name = cell.to_owned(),
        Target::Email => cell.clone_into(&mut lead.email),
        Target::Text(field) => match lead.text_mut(*field) {
            // Several columns of a file can become notes.
            Some(lines) if field.has_lines() => {
                lines.push('\n');
                lines.push_str(cell);
            }
            text => *text = Some(cell.to_owned()),
        },
        Target::Tags => lead.tags.extend(cell.split([',', ';', '|', '\n', '\t']).map(|tag| tag.trim().to_owned())),
        Target::Status => {
            lead.status = cell.parse().map_err(|error: Error| error.to_string())?;
            row.says_status = true;
        }
        Target::Consent => {
            lead.consent = consent(cell)?;
            row.says_consent = true;
        }
        Target::Stage => {
            lead.stage = cell.parse().map_err(|error: Error| error.to_string())?;
            row.says_stage = true;
        }
        Target::Value => lead.value = Some(value(cell, decimal)?),
        Target::Score => {
            lead.score = score(cell).ok_or("Not a score; write a whole number from 0 to 100")?;
            row.says_score = true;
        }
        Target::Custom(name) => {
            lead.custom.insert(name.clone(), cell.to_owned());
        }
        Target::FirstName | Target::LastName | Target::Skip => {}
    }
    Ok(())
}

fn value(cell: &str, decimal: Option<char>) -> Result<i64, String> {
    if decimal.is_some_and(|mark| has_three_behind(cell, mark)) {
        return Err("Thousands or three decimals? Other amounts in this column have decimals behind the same mark; write it as 12400.50 or 12.400,50 €".to_owned());
    }
    amount(cell).ok_or_else(|| "Not an amount of money; write it as 12400.50 or 12.400,50 €".to_owned())
}

/// The decimal mark of a column of amounts, when all amounts that show one show the same.
pub fn decimal_of(values: &[String]) -> Option<char> {
    let mut marks = values.iter().filter_map(|value| decimal_mark(value));
    let first = marks.next()?;
    marks.all(|mark| mark == first).then_some(first)
}

/// A score of 0–100, also written `85%` or `85.0`.
pub(super) fn score(text: &str) -> Option<i32> {
    let number: f64 = text.trim().trim_end_matches('%').trim_end().parse().ok()?;
    ((0.0..=100.0).contains(&number) && number.fract() == 0.0).then_some(number as i32)
}

/// A value of `Consent`, or a common word of other tools in such a column.
pub(super) fn consent(cell: &str) -> Result<Consent, String> {
    match fold(cell).as_str() {
        "yes" | "true" | "1" | "opted in" | "opt-in" | "active" => Ok(Consent::Subscribed),
        "no" | "false" | "0" | "opted out" | "opt-out" => Ok(Consent::Unsubscribed),
        _ => cell.parse().map_err(|error: Error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_thousandths_in_its_column_is_no_amount() {
        let column = |values: &[&str]| decimal_of(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        let dot = column(&["99.900", "12.5", "7.255", "1200"]);
        assert_eq!(dot, Some('.'));
        assert!(value("7.255", dot).is_err() && value("€ 99.900", dot).is_err());
        for (cell, cents) in [("12.5", 1_250), ("7,255.00", 725_500), ("7,255", 725_500), ("1.234.567", 123_456_700), ("8", 800)] {
            assert_eq!(value(cell, dot), Ok(cents), "{cell}");
        }
        assert_eq!(value("7.255", column(&["99.900", "7.255"])), Ok(725_500), "no value shows a decimal mark");
        assert_eq!(column(&["1.234,50", "12,5"]), Some(','));
        assert_eq!(column(&["12.5", "12,5"]), None);
    }
}
