//! One record of a file as a lead. What is tolerated: surrounding space, empty cells, missing cells at the end and cells beyond the
//! last column, amounts in both conventions, words in any case, links without a scheme. Formulas stay the text they are.

use super::{Mapping, Target, amount};
use crate::{
    Error, Timestamp,
    leads::{Consent, Lead, NewLead},
    text::{clean, fold},
};

/// A lead as the file tells it, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub lead: NewLead,
    // Fields that always have a value: whether it is the file's.
    pub says_status: bool,
    pub says_consent: bool,
    pub says_stage: bool,
    pub says_score: bool,
}

/// Why a record is no lead: the column's header, its value cut to 200 characters, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    pub column: String,
    pub value: String,
    pub reason: String,
}

impl Mapping {
    /// Reads one record. Cells beyond the last column are left out.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read<'c>(&self, cells: impl Iterator<Item = &'c str> + Clone) -> Result<Row, BadRow> {
        let mut row = Row { lead: NewLead::default(), says_status: false, says_consent: false, says_stage: false, says_score: false };
        let (mut first, mut last, mut empty) = ("", "", true);
        for (at, (cell, target)) in cells.clone().zip(&self.targets).enumerate() {
            let cell = plain(cell);
            if cell.is_empty() {
                continue;
            }
            empty = false;
            match target {
                Target::FirstName => first = cell,
                Target::LastName => last = cell,
                target => Self::put(&mut row, target, cell).map_err(|reason| self.bad(at, cell, reason))?,
            }
        }
        if empty {
            return Err(BadRow { column: String::new(), value: String::new(), reason: "The row is empty; delete it".to_owned() });
        }
        if row.lead.name.is_empty() {
            row.lead.name = if first.is_empty() || last.is_empty() { format!("{first}{last}") } else { format!("{first} {last}") };
        }
        row.lead.tags.extend(self.tags.iter().cloned());
        row.lead = row.lead.check().map_err(|error| self.wrong(&error, cells))?;
        Ok(row)
    }

    fn put(row: &mut Row, target: &Target, cell: &str) -> Result<(), String> {
        let lead = &mut row.lead;
        match target {
            Target::Name => lead.name = cell.to_owned(),
            Target::Email => lead.email = cell.strip_prefix("mailto:").unwrap_or(cell).to_owned(),
            Target::Company => lead.company = Some(cell.to_owned()),
            Target::Title => lead.title = Some(cell.to_owned()),
            Target::Phone => lead.phone = Some(cell.to_owned()),
            Target::Location => lead.location = Some(cell.to_owned()),
            Target::LinkedinUrl => lead.linkedin_url = Some(link(cell)),
            Target::CustomerId => lead.customer_id = Some(cell.to_owned()),
            Target::Notes => match &mut lead.notes {
                Some(notes) => {
                    notes.push('\n');
                    notes.push_str(cell);
                }
                none => *none = Some(cell.to_owned()),
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
            Target::Value => lead.value = Some(amount(cell).ok_or("Not an amount of money; write it as 12400.50 or 12.400,50 €")?),
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

    fn bad(&self, at: usize, cell: &str, reason: String) -> BadRow {
        BadRow { column: self.headers[at].clone(), value: cut(cell), reason }
    }

    /// The first field error of a check, at the column it came from.
    fn wrong<'c>(&self, error: &Error, mut cells: impl Iterator<Item = &'c str>) -> BadRow {
        let Error::Invalid(errors) = error else {
            return BadRow { column: String::new(), value: String::new(), reason: error.to_string() };
        };
        let Some(first) = errors.first() else {
            return BadRow { column: String::new(), value: String::new(), reason: "The row could not be read".to_owned() };
        };
        let from = |target: &Target| match first.field.as_str() {
            "name" => matches!(target, Target::Name | Target::FirstName | Target::LastName),
            "custom" => matches!(target, Target::Custom(_)),
            field => target.name() == field,
        };
        let Some(at) = self.targets.iter().position(from) else {
            return BadRow { column: first.field.clone(), value: String::new(), reason: first.message.clone() };
        };
        self.bad(at, cells.nth(at).unwrap_or_default(), first.message.clone())
    }
}

impl Row {
    /// `lead` with what this row says of it; `None` when it says nothing new. Empty cells leave fields as they are, and tags are added.
    pub fn update(self, lead: &Lead, now: Timestamp) -> Option<Lead> {
        let new = self.lead;
        let mut after = lead.clone();
        after.name = new.name;
        for (field, text) in [
            (&mut after.company, new.company),
            (&mut after.title, new.title),
            (&mut after.phone, new.phone),
            (&mut after.location, new.location),
            (&mut after.linkedin_url, new.linkedin_url),
            (&mut after.notes, new.notes),
            (&mut after.customer_id, new.customer_id),
        ] {
            if text.is_some() {
                *field = text;
            }
        }
        after.value = new.value.or(after.value);
        if self.says_status {
            after.status = new.status;
        }
        if self.says_consent {
            after.consent = new.consent;
        }
        if self.says_stage {
            after.stage = new.stage;
        }
        if self.says_score {
            after.score = new.score;
        }
        for (name, text) in new.custom {
            if after.custom.len() < 100 || after.custom.contains_key(&name) {
                after.custom.insert(name, text);
            }
        }
        // Tags are no activity with the person.
        if after != *lead {
            after.last_activity_at = now;
            "Updated by import".clone_into(&mut after.last_activity);
        }
        for tag in new.tags {
            if !after.tags.contains(&tag) && after.tags.len() < 50 {
                after.tags.push(tag);
            }
        }
        if after == *lead {
            return None;
        }
        if after.stage != lead.stage {
            after.stage_at = now;
        }
        after.revision += 1;
        after.updated_at = now;
        Some(after)
    }
}

/// A cell's text. Our own error files, like Excel, put a `'` before what would else be a formula.
fn plain(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

/// 0–100, also written `85%` or `85.0`.
pub(super) fn score(text: &str) -> Option<i32> {
    let number: f64 = text.trim().trim_end_matches('%').trim_end().parse().ok()?;
    ((0.0..=100.0).contains(&number) && number.fract() == 0.0).then_some(number as i32)
}

/// A word of ours, or what tools write into a column of this name.
pub(super) fn consent(cell: &str) -> Result<Consent, String> {
    match fold(cell).as_str() {
        "yes" | "true" | "1" | "opted in" | "opt-in" | "active" => Ok(Consent::Subscribed),
        "no" | "false" | "0" | "opted out" | "opt-out" => Ok(Consent::Unsubscribed),
        _ => cell.parse().map_err(|error: Error| error.to_string()),
    }
}

/// `linkedin.com/in/x` is a link too.
fn link(text: &str) -> String {
    if text.contains("://") || text.contains(char::is_whitespace) || !text.contains('.') || text.contains(':') {
        text.to_owned()
    } else {
        format!("https://{text}")
    }
}

fn cut(text: &str) -> String {
    clean(text).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId,
        imports::Column,
        leads::{NOTES_MAX, Stage, Status},
    };

    fn mapping(targets: &[&str]) -> Mapping {
        let columns: Vec<Column> = targets
            .iter()
            .map(|name| Column { header: format!("H {name}"), samples: Vec::new(), target: Target::try_from((*name).to_owned()).unwrap() })
            .collect();
        Mapping::new(&columns, &[], &["fair".to_owned()]).unwrap()
    }

    fn read(targets: &[&str], cells: &[&str]) -> Result<Row, BadRow> {
        mapping(targets).read(cells.iter().copied())
    }

    #[test]
    fn consent_is_a_word_of_ours_or_a_tools() {
        for (cell, consent) in [
            ("unsubscribed", Consent::Unsubscribed),
            ("Bounced", Consent::Bounced),
            ("yes", Consent::Subscribed),
            ("Opted out", Consent::Unsubscribed),
        ] {
            let row = read(&["email", "name", "consent"], &["a@b.example", "Ana", cell]).unwrap();
            assert_eq!((row.lead.consent, row.says_consent), (consent, true), "{cell}");
        }
        assert!(read(&["email", "name", "consent"], &["a@b.example", "Ana", "perhaps"]).is_err());
        let lead = read(&["email", "name"], &["a@b.example", "Ana"]).unwrap().lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let gone = Lead { consent: Consent::Unsubscribed, ..lead };
        let says_nothing = read(&["email", "name", "company"], &["a@b.example", "Ana", "New"]).unwrap();
        assert_eq!(says_nothing.update(&gone, Timestamp(2)).unwrap().consent, Consent::Unsubscribed);
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
            "more",
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

    #[test]
    fn what_is_wrong_is_named() {
        let bad = |targets: &[&str], cells: &[&str]| {
            let bad = read(targets, cells).unwrap_err();
            (bad.column, bad.value)
        };
        assert_eq!(bad(&["name", "email"], &["Ana", "nobody"]), ("H email".to_owned(), "nobody".to_owned()));
        assert_eq!(bad(&["name", "email"], &["Ana"]), ("H email".to_owned(), String::new()));
        assert_eq!(bad(&["lastName", "email"], &["", "a@b.example"]), ("H lastName".to_owned(), String::new()));
        assert_eq!(bad(&["name", "email", "value"], &["A", "a@b.example", "much"]), ("H value".to_owned(), "much".to_owned()));
        assert_eq!(bad(&["name", "email", "stage"], &["A", "a@b.example", "Dreaming"]), ("H stage".to_owned(), "Dreaming".to_owned()));
        assert_eq!(bad(&["name", "email"], &["", " ", ""]), (String::new(), String::new()));
        let long = "x".repeat(10_000);
        assert_eq!(bad(&["name", "email", "company"], &["A", "a@b.example", &long]).0, "H company");
        assert!(read(&["name", "email", "notes"], &["A", "a@b.example", &long]).is_ok());
        assert_eq!(bad(&["name", "email", "notes"], &["A", "a@b.example", &"x".repeat(NOTES_MAX + 1)]).0, "H notes");
    }

    #[test]
    fn an_error_file_reads_back_as_it_was() {
        let row = read(&["name", "email", "phone"], &["Ana", "a@b.example", "'+49 30 1"]).unwrap();
        assert_eq!(row.lead.phone.as_deref(), Some("+49 30 1"));
    }

    #[test]
    fn an_update_adds_and_never_clears() {
        let row = read(&["name", "email", "company", "stage"], &["Ana", "a@b.example", "Tern", "Negotiation"]).unwrap();
        let lead = row.lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let again = read(&["name", "email", "company", "position"], &["Ana", "a@b.example", "", "CTO"]).unwrap();
        let after = again.clone().update(&lead, Timestamp(5)).unwrap();
        assert_eq!(
            (after.company.as_deref(), after.title.as_deref(), after.stage, after.revision),
            (Some("Tern"), Some("CTO"), Stage::Negotiation, 2)
        );
        assert_eq!(again.update(&after, Timestamp(9)), None);
    }

    #[test]
    fn a_mapping_needs_an_address_and_a_name() {
        let column =
            |name: &str| Column { header: name.to_owned(), samples: Vec::new(), target: Target::try_from(name.to_owned()).unwrap() };
        for targets in [&["name"][..], &["email"], &["name", "email", "email"]] {
            let columns: Vec<Column> = targets.iter().map(|name| column(name)).collect();
            assert!(matches!(Mapping::new(&columns, &[], &[]), Err(Error::Invalid(_))), "{targets:?}");
        }
        assert!(Mapping::new(&[column("name"), column("email")], &[Target::Email], &[]).is_err());
    }
}
