//! Guesses the target of each column of a file of leads from its header and, where the header is ambiguous, from its values.

use super::{Target, words::WORDS};
use crate::{
    Zone,
    amount::{amount, split_header},
    leads::{CUSTOM_MAX, Connection, KEY_MAX, Stage, Status, TextField},
    text::{
        clean_line,
        date::{DateOrder, read_moment},
        fold, normalise_email,
    },
};
use std::collections::HashSet;

/// Headers of the columns that Linnet appends to a file of rejected rows.
pub const ERROR_COLUMNS: (&str, &str) = ("line", "reason");

/// One target per header. `values[n]` are the non-empty values of column `n` in the first rows.
/// A column with an unknown header becomes a custom field of that name, so that no data are lost unnoticed; columns beyond the most custom
/// fields of a lead are skipped.
pub fn guess(headers: &[String], values: &[Vec<String>]) -> Vec<Target> {
    let none = Vec::new();
    let values_of = |at: usize| values.get(at).unwrap_or(&none).as_slice();
    let mut taken = HashSet::new();
    let mut targets: Vec<Option<Target>> = headers
        .iter()
        .enumerate()
        .map(|(at, header)| {
            by_header(header, values_of(at))
                .filter(|target| matches!(target, Target::Skip | Target::OptedOut | Target::Bounced) || taken.insert(target.clone()))
        })
        .collect();
    // A column of e-mail addresses is the e-mail, whatever its header.
    if !taken.contains(&Target::Email)
        && let Some(at) = (0..headers.len()).find(|at| targets[*at].is_none() && all(values_of(*at), |text| normalise_email(text).is_ok()))
    {
        targets[at] = Some(Target::Email);
    }
    split_names(&mut targets, values);
    for at in error_columns(headers, |at| values_of(at)) {
        targets[at] = Some(Target::Skip);
    }
    let mut names = HashSet::new();
    headers
        .iter()
        .zip(targets)
        .enumerate()
        .map(|(at, (header, target))| match target {
            Some(target) => target,
            None if names.len() == CUSTOM_MAX => Target::Skip,
            None => custom(header, at, values_of(at), &mut names),
        })
        .collect()
}

/// Indexes of `ERROR_COLUMNS` in a corrected file of rejected rows; these describe the row, not the person. People add and move columns,
/// and spreadsheets add empty ones, so the two may be anywhere, as long as they are adjacent.
pub(super) fn error_columns<'v>(headers: &[impl AsRef<str>], values_of: impl Fn(usize) -> &'v [String]) -> Vec<usize> {
    let is = |at: usize, name: &str| headers.get(at).is_some_and(|header| fold(header.as_ref()) == name);
    let numbers = |at: usize| values_of(at).iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let begins = |at: &usize| is(*at, ERROR_COLUMNS.0) && is(at + 1, ERROR_COLUMNS.1) && numbers(*at);
    (0..headers.len()).filter(begins).flat_map(|at| [at, at + 1]).collect()
}

fn by_header(header: &str, values: &[String]) -> Option<Target> {
    if let Some(name) = header.strip_prefix("custom.").filter(|name| !name.is_empty() && name.chars().count() <= KEY_MAX) {
        return Some(Target::Custom(name.to_owned()));
    }
    let word = letters(split_header(header).0);
    let known = || WORDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(target, _)| target.clone());
    let own = || TextField::ALL.into_iter().find(|field| [field.name(), field.label()].iter().any(|own| letters(own) == word));
    let target = known().or_else(|| own().map(Target::Text))?;
    match target {
        // The status of one tool is the stage of another: the values decide.
        Target::Status if values.is_empty() => Some(target),
        Target::Stage | Target::Status if most(values, |text| text.parse::<Stage>().is_ok()) => Some(Target::Stage),
        Target::Stage | Target::Status => most(values, |text| text.parse::<Status>().is_ok()).then_some(Target::Status),
        // Whatever the values: what cannot be read there is reported, so that nobody counts as subscribed for a word that was not understood.
        Target::OptedOut | Target::Bounced | Target::Consent => Some(target),
        Target::Connection => most(values, |text| text.parse::<Connection>().is_ok()).then_some(target),
        Target::Engaged => most(values, |text| super::cell::flag(text).is_ok()).then_some(target),
        Target::LastContacted => {
            let (order, zone) = (DateOrder::of(values.iter().map(String::as_str)), Zone::utc());
            most(values, |text| read_moment(text, order, &zone).is_ok()).then_some(target)
        }
        Target::Value => most(values, |text| amount(text).is_some()).then_some(Target::Value),
        Target::Score => most(values, |text| super::cell::score(text).is_some()).then_some(Target::Score),
        other => Some(other),
    }
}

/// A header as `WORDS` has it.
pub(super) fn letters(text: &str) -> String {
    fold(text).replace(|c: char| !c.is_alphanumeric(), "")
}

/// At least half of the values fit, so that a few typing errors do not change the guess.
pub(super) fn most(values: &[String], fits: impl Fn(&str) -> bool) -> bool {
    values.iter().filter(|text| fits(text)).count() * 2 >= values.len()
}

fn all(values: &[String], fits: impl Fn(&str) -> bool) -> bool {
    !values.is_empty() && values.iter().all(|text| fits(text))
}

/// `Name; Vorname` and `First name, Name`: beside a first or last name, `Name` is the other part, unless it contains both.
fn split_names(targets: &mut [Option<Target>], values: &[Vec<String>]) {
    let place = |target: Target| targets.iter().position(|one| one.as_ref() == Some(&target));
    let (name, first, last) = (place(Target::Name), place(Target::FirstName), place(Target::LastName));
    let (Some(name), Some(half)) = (name, first.xor(last)) else { return };
    let whole = values.get(name).zip(values.get(half)).is_some_and(|(names, halves)| {
        names.iter().any(|name| halves.iter().any(|half| name.len() > half.len() && name.contains(half.as_str())))
    });
    if !whole {
        targets[name] = Some(if first.is_some() { Target::LastName } else { Target::FirstName });
    }
}

fn custom(header: &str, at: usize, values: &[String], names: &mut HashSet<String>) -> Target {
    let mut name: String = clean_line(header).chars().take(90).collect();
    if name.is_empty() {
        if values.is_empty() {
            return Target::Skip;
        }
        name = format!("Column {}", at + 1);
    }
    if !names.insert(fold(&name)) {
        name = format!("{name} ({})", at + 1);
        names.insert(fold(&name));
    }
    Target::Custom(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(columns: &[(&str, &[&str])]) -> Vec<String> {
        let headers: Vec<String> = columns.iter().map(|(header, _)| (*header).to_owned()).collect();
        let values: Vec<Vec<String>> = columns.iter().map(|(_, values)| values.iter().map(|text| (*text).to_owned()).collect()).collect();
        guess(&headers, &values).iter().map(Target::name).collect()
    }

    #[test]
    fn headers_of_known_tools() {
        let hubspot =
            ["Record ID", "First Name", "Last Name", "Email", "Phone Number", "Company name", "Job Title", "Notes", "Create Date"];
        let columns: Vec<(&str, &[&str])> = hubspot.iter().map(|header| (*header, &["x"][..])).collect();
        assert_eq!(
            guessed(&columns),
            ["custom.Record ID", "firstName", "lastName", "email", "phone", "company", "title", "notes", "custom.Create Date"]
        );
        let german: Vec<(&str, &[&str])> =
            ["Name", "E-Mail", "Firma", "Position", "Ort", "Telefon"].iter().map(|header| (*header, &[][..])).collect();
        assert_eq!(guessed(&german), ["name", "email", "company", "title", "location", "phone"]);
    }

    #[test]
    fn values_decide_where_a_word_does_not() {
        assert_eq!(guessed(&[("Lead Status", &["New Lead", "closed won"])]), ["stage"]);
        assert_eq!(guessed(&[("Lead Status", &["pending", "Contacted"])]), ["status"]);
        assert_eq!(guessed(&[("Lead Status", &["Hot"])]), ["custom.Lead Status"]);
        assert_eq!(guessed(&[("Wert", &["1.200,00 €"]), ("Value", &["low"])]), ["value", "custom.Value"]);
        assert_eq!(guessed(&[("Amount USD", &["5"])]), ["value"]);
        assert_eq!(guessed(&[("Last contacted", &["30/11/2026", "02/03/2026 9:30"])]), ["lastContactedAt"]);
        assert_eq!(guessed(&[("Last contacted", &["02/03/2026", "in May"])]), ["custom.Last contacted"]);
        assert_eq!(guessed(&[("Kontaktadresse", &["a@b.example"])]), ["email"]);
    }

    #[test]
    fn consent_is_never_guessed_away() {
        let columns: &[(&str, &[&str])] = &[
            ("Consent", &["pending", "double opt-in", "unsubscribed"]),
            ("Bounced", &["hard", "no idea", "yes"]),
            ("Unsubscribed", &["yes", "2024-01-01", "?"]),
            ("Do not contact", &["see notes"]),
        ];
        assert_eq!(guessed(columns), ["consent", "bounced", "optedOut", "optedOut"]);
        assert_eq!(guessed(&[("Subscribed", &["no"])]), ["consent"]);
    }

    #[test]
    fn a_corrected_error_file_brings_no_fields_of_its_own() {
        let column = |name: &'static str, values: &'static [&str]| (name, values);
        let (name, email) = (column("Name", &["Ana"]), column("E-Mail", &["a@b.example"]));
        assert_eq!(guessed(&[name, email, ("line", &["2", "17"]), ("reason", &["Enter a name"])]), ["name", "email", "skip", "skip"]);
        assert_eq!(guessed(&[name, email, ("line", &["product"]), ("reason", &["x"])]), ["name", "email", "custom.line", "custom.reason"]);
        let (line, reason, empty) = (column(" Line", &["2"]), column("REASON", &["x"]), column("", &[]));
        assert_eq!(guessed(&[line, reason, name, email]), ["skip", "skip", "name", "email"], "moved");
        assert_eq!(
            guessed(&[name, email, line, reason, empty, empty]),
            ["name", "email", "skip", "skip", "skip", "skip"],
            "a spreadsheet's"
        );
        assert_eq!(guessed(&[name, email, line, reason, ("Plan", &["x"])])[2..], ["skip", "skip", "custom.Plan"], "one more column");
        assert_eq!(guessed(&[name, email, line, reason, line, reason])[2..], ["skip"; 4], "the second time");
        assert_eq!(guessed(&[name, line, email, reason]), ["name", "custom.Line", "email", "custom.REASON"], "not beside each other");
    }

    #[test]
    fn columns_beyond_the_most_custom_fields_are_skipped() {
        let headers: Vec<String> = (0..CUSTOM_MAX + 5).map(|at| format!("Answer {at}")).chain(["E-mail".to_owned()]).collect();
        let targets = guess(&headers, &[]);
        let count = |is: fn(&Target) -> bool| targets.iter().filter(|target| is(target)).count();
        assert_eq!((count(|one| matches!(one, Target::Custom(_))), count(|one| *one == Target::Skip)), (CUSTOM_MAX, 5));
        assert_eq!(targets.last(), Some(&Target::Email), "a known field is not");
    }

    #[test]
    fn half_names_and_odd_headers() {
        assert_eq!(guessed(&[("Name", &["Holt"]), ("Vorname", &["Maren"])]), ["lastName", "firstName"]);
        assert_eq!(guessed(&[("Name", &["Maren Holt"]), ("First name", &["Maren"])]), ["name", "firstName"]);
        assert_eq!(guessed(&[("Nombre", &["Ana"]), ("Apellidos", &["Ruiz"])]), ["firstName", "lastName"]);
        assert_eq!(
            guessed(&[("", &[]), ("", &["x"]), ("Colour", &[]), ("COLOUR", &[])]),
            ["skip", "custom.Column 2", "custom.Colour", "custom.COLOUR (4)"]
        );
        assert_eq!(guessed(&[("Email", &[]), ("E-mail", &["a@b.example"])]), ["email", "custom.E-mail"]);
    }
}
