//! A checked mapping of the columns of one file to targets.

use super::{Column, Target};
use crate::{
    Error, Result,
    leads::{KEY_MAX, NewLead},
    text::{clean_line, fold},
};
use std::{borrow::Cow, collections::HashSet};

/// One target per column, and the file's headers for error messages.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(super) targets: Vec<Target>,
    pub(super) headers: Vec<String>,
    /// The decimal mark of each column that shows one.
    pub(super) decimals: Vec<Option<char>>,
    /// Tags of the import, cleaned.
    pub tags: Vec<String>,
}

impl Mapping {
    /// Empty `targets` means the guessed ones. `tags` are added to every lead.
    ///
    /// # Errors
    /// `Invalid` on `mapping` or `tags`, with a remedy.
    pub fn new(columns: &[Column], targets: &[Target], tags: &[String]) -> Result<Self> {
        let wrong = |message: String| Err(Error::invalid("mapping", message));
        let targets: Vec<Target> =
            if targets.is_empty() { columns.iter().map(|column| column.target.clone()).collect() } else { targets.to_vec() };
        if targets.len() != columns.len() {
            return wrong(format!(
                "The file has {} columns, and the mapping {}; choose a target for each column",
                columns.len(),
                targets.len()
            ));
        }
        let mut seen = HashSet::new();
        for target in &targets {
            let shared = match target {
                Target::Text(text) => text.has_lines(),
                target => matches!(target, Target::Skip | Target::Tags),
            };
            let place = match target {
                Target::Custom(key) => Cow::Owned(Target::Custom(fold(key))),
                known => Cow::Borrowed(known),
            };
            if !shared && !seen.insert(place) {
                return wrong(format!("Two columns are mapped to “{}”; choose another field for one of them", target.name()));
            }
            if let Target::Custom(name) = target
                && (name.is_empty() || clean_line(name) != *name || name.chars().count() > KEY_MAX)
            {
                return wrong(format!("A custom field's name has 1 to {KEY_MAX} characters that can be seen; shorten or retype it"));
            }
        }
        if !seen.contains(&Target::Email) {
            return wrong("No column goes to “E-mail”, which tells leads apart; choose the column that holds it".to_owned());
        }
        if ![Target::Name, Target::FirstName, Target::LastName].iter().any(|target| seen.contains(target)) {
            return wrong("No column is mapped to the name; choose the column that holds it, or first and last name".to_owned());
        }
        let probe =
            NewLead { name: "x".to_owned(), email: "x@example.com".to_owned(), tags: tags.to_vec(), ..NewLead::default() }.check()?;
        let headers = columns.iter().map(|column| column.header.clone()).collect();
        Ok(Self { targets, headers, decimals: columns.iter().map(|column| column.decimal).collect(), tags: probe.tags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{imports::ImportOptions, leads::TextField};

    #[test]
    fn targets_of_older_rows_are_read() {
        let read: Vec<Target> = serde_json::from_str(r#"["name","position","custom.position"]"#).unwrap();
        assert_eq!(read, [Target::Name, Target::Text(TextField::Title), Target::Custom("position".to_owned())]);
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["name","title","custom.position"]"#);
        assert_eq!(serde_json::from_str::<ImportOptions>(r#"{"onDuplicate":"skip","gone":1}"#).unwrap(), ImportOptions::default());
    }

    #[test]
    fn a_mapping_needs_an_address_and_a_name() {
        let column =
            |name: &str| Column { header: name.to_owned(), target: Target::try_from(name.to_owned()).unwrap(), ..Column::default() };
        for targets in [&["name"][..], &["email"], &["name", "email", "email"]] {
            let columns: Vec<Column> = targets.iter().map(|name| column(name)).collect();
            assert!(matches!(Mapping::new(&columns, &[], &[]), Err(Error::Invalid(_))), "{targets:?}");
        }
        assert!(Mapping::new(&[column("name"), column("email")], &[Target::Email], &[]).is_err());
    }
}
