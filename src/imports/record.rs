//! Parsing of one record of a file into a lead. Tolerated: surrounding space, empty cells, missing cells at the end, empty cells beyond the
//! last column, amounts in both conventions, words in any case, links without a scheme. Formulas are kept as plain text. A cell that cannot
//! be read is left out alone, unless the lead requires it. Text beyond the last column is left out and reported. Where the file has amounts,
//! such a record is rejected: the delimiter may have split its amount, and the cells behind it are in the wrong columns.

use super::{
    Mapping, Row, Target,
    cell::{plain, put},
};
use crate::{
    Error, FieldError,
    leads::{CUSTOM_MAX, NOTES_MAX, TextField},
    text::{clean, date::read_moment},
};
use std::borrow::Cow;

/// A cell that could not be read: the column's header (empty beyond the last column), its value cut to 200 characters, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    pub column: String,
    pub value: String,
    pub reason: String,
}

impl BadCell {
    /// The reason, after the column's name.
    pub fn sentence(&self) -> String {
        if self.column.is_empty() { self.reason.clone() } else { format!("{}: {}", self.column, self.reason) }
    }
}

/// Errors found in a record so far.
#[derive(Default)]
struct Found {
    /// Columns to leave out.
    without: Vec<usize>,
    left_out: Vec<BadCell>,
    /// Cells without which no lead can be created.
    missing: Vec<BadCell>,
}

pub(super) const NOT_TEXT: &str = "Not readable text; save the file as UTF-8 again";

impl Mapping {
    /// Reads one record; `None` when all of its cells are empty.
    /// In a `damaged` record, U+FFFD marks bytes that could not be decoded.
    ///
    /// # Errors
    /// All errors of the record, when it is no valid lead.
    pub fn read<'c>(&self, cells: impl Iterator<Item = &'c str> + Clone, damaged: bool) -> Result<Option<Row>, Vec<BadCell>> {
        let mut beyond = self.beyond(&cells).map(|(count, last)| {
            let columns = self.targets.len();
            let reason = format!("{count} cells under {columns} columns; put quotes around a cell that holds the delimiter");
            BadCell { column: String::new(), value: cut(last), reason }
        });
        if self.has_amounts()
            && let Some(beyond) = beyond.take()
        {
            return Err(vec![beyond]);
        }
        let mut found = Found::default();
        loop {
            let Some(mut row) = self.row(cells.clone(), damaged, &mut found) else {
                return beyond.map_or(Ok(None), |beyond| Err(vec![beyond]));
            };
            match row.lead.check() {
                Ok(lead) if found.missing.is_empty() => {
                    row.lead = lead;
                    found.left_out.extend(beyond);
                    row.left_out = found.left_out;
                    return Ok(Some(row));
                }
                Ok(_) => {}
                Err(error) => {
                    self.leave_out(error, &cells, &mut found);
                    if found.missing.is_empty() {
                        // Read again without the wrong cells, which may have hidden other errors.
                        continue;
                    }
                }
            }
            found.missing.append(&mut found.left_out);
            found.missing.extend(beyond);
            return Err(found.missing);
        }
    }

    fn row<'c>(&self, cells: impl Iterator<Item = &'c str> + Clone, damaged: bool, found: &mut Found) -> Option<Row> {
        let mut row = Row::default();
        let (mut first, mut last, mut empty) = (Cow::default(), Cow::default(), true);
        for (at, (target, cell)) in self.targets.iter().zip(cells).enumerate() {
            let cell = plain(cell);
            if cell.is_empty() {
                continue;
            }
            empty = false;
            if found.without.contains(&at) {
                continue;
            }
            let put = match target {
                Target::Skip => Ok(()),
                _ if damaged && cell.contains('\u{fffd}') => Err(NOT_TEXT.to_owned()),
                Target::FirstName => {
                    first = cell.clone();
                    Ok(())
                }
                Target::LastName => {
                    last = cell.clone();
                    Ok(())
                }
                Target::Custom(key) => self.fields.read(key, &cell).map(|(key, text)| {
                    row.lead.custom.insert(key, text);
                }),
                Target::Owner => self.owners.find(&cell).map(|id| row.lead.owner = Some(id)),
                Target::LastContacted => {
                    read_moment(&cell, self.writing[at].dates, &self.zone).map(|moment| row.lead.last_contacted_at = Some(moment))
                }
                target => put(&mut row, target, &cell, self.writing[at].marks),
            };
            if let Err(reason) = put {
                let bad = self.bad(at, &cell, reason);
                found.without.push(at);
                if is_needed(target) { found.missing.push(bad) } else { found.left_out.push(bad) }
            }
        }
        if empty {
            return None;
        }
        if row.lead.name.is_empty() {
            row.lead.name = if first.is_empty() || last.is_empty() { format!("{first}{last}") } else { format!("{first} {last}") };
        }
        row.lead.tags.extend(self.tags.iter().cloned());
        Some(row)
    }

    /// Finds the cells that a check refused: adds at least one column to leave out, or one required cell.
    fn leave_out<'c>(&self, error: Error, cells: &(impl Iterator<Item = &'c str> + Clone), found: &mut Found) {
        let errors = match error {
            Error::Invalid(errors) => errors,
            other => vec![FieldError::new("", other.to_string())],
        };
        for FieldError { field, message } in errors {
            let columns = self.columns_of(&field, cells, &found.without);
            let bad = |at: usize| self.bad(at, &plain(cells.clone().nth(at).unwrap_or_default()), message.clone());
            match columns.first() {
                // Reported before, when its cell could not be read.
                Some(at) if is_needed(&self.targets[*at]) && found.without.contains(at) => {}
                Some(at) if is_needed(&self.targets[*at]) => found.missing.push(bad(*at)),
                Some(_) => {
                    found.left_out.extend(columns.iter().map(|at| bad(*at)));
                    found.without.extend(columns);
                }
                // Another error of a cell that is left out already.
                None if self.columns_of(&field, cells, &[]).iter().any(|at| found.without.contains(at)) => {}
                None => found.missing.push(BadCell { column: field, value: String::new(), reason: message }),
            }
        }
    }

    /// The columns of a field error.
    fn columns_of<'c>(&self, field: &str, cells: &(impl Iterator<Item = &'c str> + Clone), without: &[usize]) -> Vec<usize> {
        let of = |fits: &dyn Fn(&Target) -> bool| {
            self.targets.iter().enumerate().filter(|(_, target)| fits(target)).map(|(at, _)| at).collect::<Vec<_>>()
        };
        let lengths = |columns: Vec<usize>| columns.into_iter().map(|at| (at, cells.clone().nth(at).map_or(0, |cell| cell.trim().len())));
        match field {
            "name" => of(&|target| matches!(target, Target::Name | Target::FirstName | Target::LastName)),
            "email" => of(&|target| *target == Target::Email),
            // Several columns may be mapped to a text of several lines: the longest one is too long.
            field if TextField::named(field).is_some_and(TextField::has_lines) => {
                let columns = of(&|target| target.name() == field).into_iter().filter(|at| !without.contains(at)).collect();
                lengths(columns).max_by_key(|(_, length)| *length).map(|(at, _)| at).into_iter().collect()
            }
            "custom" => {
                let columns: Vec<usize> =
                    of(&|target| matches!(target, Target::Custom(_))).into_iter().filter(|at| !without.contains(at)).collect();
                let long: Vec<usize> = lengths(columns.clone()).filter(|(_, length)| *length > NOTES_MAX).map(|(at, _)| at).collect();
                let filled = lengths(columns).filter(|(_, length)| *length > 0).map(|(at, _)| at);
                if long.is_empty() { filled.skip(CUSTOM_MAX).collect() } else { long }
            }
            field => of(&|target| target.name() == field).into_iter().filter(|at| !without.contains(at)).collect(),
        }
    }

    pub(super) fn bad(&self, at: usize, cell: &str, reason: String) -> BadCell {
        BadCell { column: self.headers[at].clone(), value: cut(cell), reason }
    }
}

/// Whether the lead requires this cell. An unreadable consent must not become “subscribed”, nor “do not contact” something else.
fn is_needed(target: &Target) -> bool {
    let consents = matches!(target, Target::Consent | Target::OptedOut | Target::Bounced | Target::Connection);
    consents || matches!(target, Target::Name | Target::FirstName | Target::LastName | Target::Email)
}

pub(super) fn cut(text: &str) -> String {
    clean(text).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId, Timestamp, Zone,
        imports::{Column, ImportKind},
        leads::{Consent, Lead, Stage, Status},
    };
    use std::sync::Arc;

    fn mapping(targets: &[&str]) -> Mapping {
        let columns: Vec<Column> = targets
            .iter()
            .map(|name| Column { header: format!("H {name}"), target: Target::try_from((*name).to_owned()).unwrap(), ..Column::default() })
            .collect();
        Mapping::new(ImportKind::Leads, &columns, &[], &["fair".to_owned()]).unwrap()
    }

    fn read(targets: &[&str], cells: &[&str]) -> Result<Row, Vec<BadCell>> {
        mapping(targets).read(cells.iter().copied(), false).map(Option::unwrap)
    }

    /// Columns and values of the cells.
    fn told(cells: Vec<BadCell>) -> Vec<(String, String)> {
        cells.into_iter().map(|cell| (cell.column.trim_start_matches("H ").to_owned(), cell.value)).collect()
    }

    #[test]
    fn consent_is_a_word_of_ours_or_a_tools() {
        for (cell, consent) in [
            ("unsubscribed", Consent::Unsubscribed),
            ("Bounced", Consent::Bounced),
            ("yes", Consent::Subscribed),
            ("Opted out", Consent::Unsubscribed),
            ("pending", Consent::Unsubscribed),
        ] {
            let row = read(&["email", "name", "consent"], &["a@b.example", "Ana", cell]).unwrap();
            assert_eq!((row.lead.consent, row.says_consent), (consent, true), "{cell}");
        }
        assert!(read(&["email", "name", "consent"], &["a@b.example", "Ana", "perhaps"]).is_err());
        let marks = ["email", "name", "optedOut", "optedOut", "bounced", "consent"];
        for (cells, consent, says) in [
            (["no", "X", "", ""], Consent::Unsubscribed, true),
            (["", "0", "TRUE", ""], Consent::Bounced, true),
            (["1", "", "yes", "subscribed"], Consent::Unsubscribed, true),
            (["false", "", "no", ""], Consent::Subscribed, false),
            (["2024-01-31", "", "", ""], Consent::Unsubscribed, true),
            (["31.01.2024 12:00", "", "soft", ""], Consent::Unsubscribed, true),
            (["0000-00-00 00:00:00", "", "Hard bounce", ""], Consent::Bounced, true),
            (["", "", "", ""], Consent::Subscribed, false),
        ] {
            let row = read(&marks, &[&["a@b.example", "Ana"][..], &cells].concat()).unwrap();
            assert_eq!((row.lead.consent, row.says_consent), (consent, says), "{cells:?}");
        }
        assert!(read(&marks, &["a@b.example", "Ana", "perhaps"]).is_err());
        let lead = read(&["email", "name"], &["a@b.example", "Ana"]).unwrap().lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let gone = Lead { consent: Consent::Unsubscribed, ..lead };
        let says_nothing = read(&["email", "name", "company"], &["a@b.example", "Ana", "New"]).unwrap();
        assert_eq!(says_nothing.update(&gone, Timestamp(2)).unwrap().lead.unwrap().consent, Consent::Unsubscribed);
    }

    #[test]
    fn the_last_contact_is_read_by_all_dates_of_its_column_in_the_zone() {
        let mut mapping = mapping(&["email", "name", "lastContactedAt"]);
        mapping.timed_in(Arc::new(Zone::new("Test/One", 3_600, [])));
        let cells = |at| ["a@b.example", "Ana", at].into_iter();
        mapping.see(cells("30/11/2025"));
        for (at, read) in [
            ("02/03/2026", "2026-03-01T23:00:00.000Z"),
            ("2026-03-02 09:30", "2026-03-02T08:30:00.000Z"),
            ("2026-03-02T09:30:00Z", "2026-03-02T09:30:00.000Z"),
        ] {
            let row = mapping.read(cells(at), false).unwrap().unwrap();
            assert_eq!(row.lead.last_contacted_at.map(|at| at.to_string()).as_deref(), Some(read), "{at}");
        }
        let row = mapping.read(cells("soon"), false).unwrap().unwrap();
        assert_eq!(told(row.left_out), [("lastContactedAt".to_owned(), "soon".to_owned())]);
    }

    #[test]
    fn every_target_is_read_tolerantly() {
        let targets = [
            "firstName",
            "lastName",
            "email",
            "value",
            "stage",
            "status",
            "score",
            "tags",
            "linkedinUrl",
            "notes",
            "notes",
            "custom.Size",
            "skip",
        ];
        let cells = [
            " Ana ",
            "Ruiz",
            " ANA@B.example ",
            "12.400,50 €",
            "closed won",
            "Contacted",
            "85%",
            "a; b|c",
            "linkedin.com/in/ana",
            "=cmd|' /C calc'!A0",
            "two",
            "L",
            "x",
            " ",
        ];
        let row = read(&targets, &cells).unwrap();
        let lead = row.lead;
        assert_eq!((lead.name.as_str(), lead.email.as_str(), lead.value), ("Ana Ruiz", "ana@b.example", Some(1_240_050)));
        assert_eq!((lead.stage, lead.status, lead.score), (Stage::ClosedWon, Status::Contacted, 85));
        assert_eq!(lead.tags, ["a", "b", "c", "fair"]);
        assert_eq!(lead.linkedin_url.as_deref(), Some("https://linkedin.com/in/ana"));
        assert_eq!(lead.notes.as_deref(), Some("=cmd|' /C calc'!A0\ntwo"));
        assert_eq!(lead.custom.get("Size").map(String::as_str), Some("L"));
    }

    fn pairs(cells: &[(&str, &str)]) -> Vec<(String, String)> {
        cells.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let bad = |targets: &[&str], cells: &[&str]| told(read(targets, cells).unwrap_err());
        assert_eq!(bad(&["name", "email"], &["Ana", "nobody"]), pairs(&[("email", "nobody")]));
        assert_eq!(bad(&["name", "email"], &["Ana"]), pairs(&[("email", "")]));
        assert_eq!(bad(&["lastName", "email"], &["", "a@b.example"]), pairs(&[("lastName", "")]));
        let several = bad(&["name", "email", "value", "stage"], &["", "nobody", "much", "Dreaming"]);
        let mut columns: Vec<_> = several.iter().map(|(column, _)| column.as_str()).collect();
        columns.sort_unstable();
        assert_eq!(columns, ["email", "name", "stage", "value"]);
    }

    #[test]
    fn a_cell_that_cannot_be_read_costs_only_itself() {
        let long = "x".repeat(10_000);
        let left_out = |targets: &[&str], cells: &[&str]| {
            let row = read(&[&["name", "email"][..], targets].concat(), &[&["A", "a@b.example"][..], cells].concat()).unwrap();
            (told(row.left_out), row.lead)
        };
        let (told, lead) = left_out(&["value", "stage", "score", "phone"], &["much", "Dreaming", "101", "+49"]);
        assert_eq!(told, pairs(&[("value", "much"), ("stage", "Dreaming"), ("score", "101")]));
        assert_eq!((lead.value, lead.stage, lead.phone.as_deref()), (None, Stage::default(), Some("+49")));
        let (told, lead) = left_out(&["company", "title", "linkedinUrl"], &[&long, "CTO", "javascript:alert(1)"]);
        assert_eq!((told.len(), lead.company, lead.title.as_deref(), lead.linkedin_url), (2, None, Some("CTO"), None));
        let (told, lead) = left_out(&["linkedinUrl", "title"], &["x".repeat(1_001).as_str(), "CTO"]);
        assert_eq!((told.len(), lead.linkedin_url, lead.title.as_deref()), (1, None, Some("CTO")), "too long, and no link");
        assert!(left_out(&["notes"], &[&long]).0.is_empty());
        let (told, lead) = left_out(&["notes", "notes"], &["short", &"x".repeat(NOTES_MAX + 1)]);
        assert_eq!((told.len(), lead.notes.as_deref()), (1, Some("short")));
        let most = "x".repeat(NOTES_MAX);
        let (told, lead) = left_out(&["notes", "custom.Bio", "custom.Long", "custom.S"], &[&most, &most, &format!("{most}{most}"), "L"]);
        assert_eq!((told[0].0.as_str(), lead.custom.len()), ("custom.Long", 2));
        let (told, lead) = left_out(&["notes", "custom.Bio", "custom.Cv"], &[&most, &most, &most]);
        assert_eq!((told.len(), lead.custom.len() + usize::from(lead.notes.is_some())), (1, 2), "256 kB in all");
        let (told, lead) = left_out(&["tags"], &[&"t".repeat(100)]);
        assert_eq!((told.len(), lead.tags), (1, vec!["fair".to_owned()]));
        let damaged = mapping(&["name", "email", "notes"]).read(["Ana", "a@b.example", "Caf\u{fffd}"].into_iter(), true).unwrap().unwrap();
        assert_eq!((damaged.left_out.len(), damaged.lead.notes), (1, None));
        assert!(mapping(&["name", "email"]).read(["An\u{fffd}", "a@b.example"].into_iter(), true).is_err());
    }

    #[test]
    fn a_row_with_text_beyond_the_last_column_is_rejected_where_there_are_amounts() {
        let targets = ["name", "email", "value", "company", "notes"];
        let wide = read(&targets, &["O", "o@b.example", "12", "50", "Acme", "hi", ""]).unwrap_err();
        assert_eq!((wide.len(), wide[0].column.as_str(), wide[0].value.as_str()), (1, "", "hi"));
        assert!(wide[0].reason.starts_with("6 cells under 5 columns"), "{}", wide[0].reason);
        let texts = read(&["name", "email", "notes"], &["A", "a@b.example", "x", "y"]).unwrap();
        assert_eq!((texts.lead.notes.as_deref(), told(texts.left_out)), (Some("x"), pairs(&[("", "y")])), "no amount can be split");
        assert_eq!(told(read(&["name", "email"], &["", "", "beyond"]).unwrap_err()), pairs(&[("", "beyond")]));
        assert_eq!(read(&["name", "email", "value"], &["A", "a@b.example", "1", "", " "]).unwrap().lead.value, Some(100));
    }

    #[test]
    fn a_row_of_delimiters_is_no_row() {
        for cells in [&["", " ", ""][..], &[], &[""]] {
            assert_eq!(mapping(&["name", "email"]).read(cells.iter().copied(), false), Ok(None));
        }
    }

    #[test]
    fn schemes_and_line_ends_in_any_form() {
        let row =
            read(&["name", "email", "linkedinUrl", "notes"], &["A", "MailTo:a@b.example", "HTTPS://L.example/In", "a\r\nb\rc"]).unwrap();
        assert!(row.left_out.is_empty());
        assert_eq!((row.lead.email.as_str(), row.lead.linkedin_url.as_deref()), ("a@b.example", Some("https://L.example/In")));
        assert_eq!(row.lead.notes.as_deref(), Some("a\nb\nc"));
    }

    #[test]
    fn an_error_file_reads_back_as_it_was() {
        let row = read(&["name", "email", "phone"], &["Ana", "a@b.example", "'+49 30 1"]).unwrap();
        assert_eq!(row.lead.phone.as_deref(), Some("+49 30 1"));
    }
}
