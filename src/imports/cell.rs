//! Parsing of a single cell.

use super::{Marks, Row, Target, guess::letters};
use crate::{
    Error,
    amount::amount,
    leads::{Consent, TextField},
    text::{csv, fold, seen_ascii},
};
use std::borrow::Cow;

/// Text of a cell, with line feeds as line ends. Removes the `'` that files of Linnet, and Excel, put before text that looks like a formula.
pub(super) fn plain(cell: &str) -> Cow<'_, str> {
    let cell = csv::unguarded(cell.trim());
    if cell.contains('\r') { Cow::Owned(cell.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(cell) }
}

/// Writes the value of a cell into the row, or returns what is wrong with it. `marks`: of the column of amounts.
pub(super) fn put(row: &mut Row, target: &Target, cell: &str, marks: Marks) -> Result<(), String> {
    let lead = &mut row.lead;
    match target {
        Target::Name => lead.name = cell.to_owned(),
        Target::Email => cell.clone_into(&mut lead.email),
        Target::Text(TextField::CustomerId) if is_no_number(cell) => {}
        Target::Text(field) => match lead.text_mut(*field) {
            // Several columns of a file can become notes.
            Some(lines) if field.has_lines() => {
                lines.push('\n');
                lines.push_str(cell);
            }
            text => *text = Some(cell.to_owned()),
        },
        Target::Tags => {
            // A comma shows that the other marks are part of tags.
            let marks: &[char] = if cell.contains(',') { &[',', '\n', '\t'] } else { &[';', '|', '\n', '\t'] };
            lead.tags.extend(cell.split(marks).map(|tag| tag.trim().to_owned()));
        }
        Target::Status => {
            lead.status = cell.parse().map_err(|error: Error| error.to_string())?;
            row.says_status = true;
        }
        Target::Connection => {
            lead.connection = cell.parse().map_err(|error: Error| error.to_string())?;
            row.says_connection = true;
        }
        Target::Engaged => {
            lead.engaged = flag(cell)?;
            row.says_engaged = true;
        }
        Target::Consent => row.tighten(consent(cell)?),
        Target::OptedOut if flag(cell)? => row.tighten(Consent::Unsubscribed),
        Target::Bounced if flag(cell)? => row.tighten(Consent::Bounced),
        Target::Stage => {
            lead.stage = cell.parse().map_err(|error: Error| error.to_string())?;
            row.says_stage = true;
        }
        Target::Value => lead.value = Some(value(cell, marks)?),
        Target::Score => {
            lead.score = score(cell).ok_or("Not a score; write a whole number from 0 to 100")?;
            row.says_score = true;
        }
        // These depend on more than the cell, or are no fields of a lead.
        Target::Custom(_)
        | Target::FirstName
        | Target::LastName
        | Target::Owner
        | Target::LastContacted
        | Target::OptedOut
        | Target::Bounced
        | Target::Order(_)
        | Target::Skip => {}
    }
    Ok(())
}

pub(super) fn value(cell: &str, marks: Marks) -> Result<i64, String> {
    if marks.are_foreign_to(cell) {
        return Err("Another currency than the workspace's, and amounts are not converted. Convert it, or import the numbers as they are"
            .to_owned());
    }
    if marks.are_ambiguous_for(cell) {
        return Err("Thousands or three decimals? The currency, or other amounts in this column, have decimals behind such a mark; write it as 12400.50 or 12.400,50 €".to_owned());
    }
    amount(cell).ok_or_else(|| "Not an amount of money; write it as 12400.50 or 12.400,50 €".to_owned())
}

/// Whether a cell of customer numbers says that there is none: `N/A`, `-`, `0`, `none`.
pub(super) fn is_no_number(cell: &str) -> bool {
    let word = letters(cell);
    let words = [
        "na",
        "nan",
        "nil",
        "none",
        "null",
        "nonumber",
        "noid",
        "unknown",
        "undefined",
        "tbd",
        "missing",
        "keine",
        "unbekannt",
        "aucun",
        "inconnu",
        "ninguno",
        "nessuno",
    ];
    word.bytes().all(|byte| byte == b'0') || words.contains(&word.as_str())
}

/// A score of 0–100, also written `85%` or `85.0`.
pub(super) fn score(text: &str) -> Option<i32> {
    let number: f64 = text.trim().trim_end_matches('%').trim_end().parse().ok()?;
    ((0.0..=100.0).contains(&number) && number.fract() == 0.0).then_some(number as i32)
}

/// A whole number, also written `2.0` or `2,00`.
pub(super) fn whole(text: &str) -> Option<i64> {
    let text = seen_ascii(text.trim());
    let (number, decimals) = text.split_once(['.', ',']).unwrap_or((&text, ""));
    (decimals.len() <= 2 && decimals.bytes().all(|digit| digit == b'0')).then(|| number.parse().ok()).flatten()
}

/// A mark in a column such as “Do not contact”, in the words of other tools. A day says when it was set; a day of zeros, never.
pub(super) fn flag(cell: &str) -> Result<bool, String> {
    if is_day(cell) {
        return Ok(cell.bytes().any(|byte| matches!(byte, b'1'..=b'9')));
    }
    match fold(cell).as_str() {
        "yes" | "y" | "true" | "1" | "x" | "✓" | "✔" | "on" | "ja" | "wahr" | "oui" | "vrai" | "sí" | "sì" | "si" | "verdadero"
        | "vero" | "sim" | "unsubscribed" | "opted out" | "opt-out" | "do not contact" | "dnc" | "bounced" | "hard" | "soft"
        | "hard bounce" | "soft bounce" | "blocked" => Ok(true),
        "no" | "n" | "false" | "0" | "-" | "off" | "nein" | "falsch" | "non" | "faux" | "falso" | "nee" | "não" | "subscribed" => {
            Ok(false)
        }
        _ => Err("Not yes or no; write one of them, or leave the cell empty".to_owned()),
    }
}

/// `2026-11-30`, `30.11.2026`, `1/2/26`, each also with a time.
fn is_day(cell: &str) -> bool {
    let day = cell.trim().split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '.', '/']).collect();
    parts.len() == 3 && parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A value of `Consent`, or a common word of other tools in such a column.
pub(super) fn consent(cell: &str) -> Result<Consent, String> {
    match fold(cell).as_str() {
        "yes" | "y" | "true" | "1" | "opted in" | "opt-in" | "active" | "confirmed" | "ja" | "oui" | "sí" | "sì" | "si" | "sim" => {
            Ok(Consent::Subscribed)
        }
        // Who has not confirmed has not consented.
        "no" | "n" | "false" | "0" | "opted out" | "opt-out" | "pending" | "unconfirmed" | "not confirmed" | "not subscribed"
        | "non-subscribed" | "inactive" | "nein" | "non" | "não" => Ok(Consent::Unsubscribed),
        "cleaned" => Ok(Consent::Bounced),
        _ => cell.parse().map_err(|error: Error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_thousandths_in_its_column_is_no_amount() {
        let mut dot = Marks::default();
        for cell in ["99.900", "12.5", "7.255", "1200"] {
            dot.see(cell);
        }
        assert!(value("7.255", dot).is_err() && value("€ 99.900", dot).is_err());
        for (cell, cents) in [("12.5", 1_250), ("7,255.00", 725_500), ("7,255", 725_500), ("1.234.567", 123_456_700), ("8", 800)] {
            assert_eq!(value(cell, dot), Ok(cents), "{cell}");
        }
        assert_eq!(value("7.255", Marks::default()), Ok(725_500), "no value shows a decimal mark");
    }
}
