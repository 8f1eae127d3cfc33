//! A checked mapping of the columns of one file to targets.

use super::{Column, ForeignAmounts, ImportKind, Marks, Owners, Target, cell::plain};
use crate::{
    Currency, Error, Result, Zone,
    fields::Fields,
    leads::{KEY_MAX, NewLead},
    text::{clean_line, date::DateOrder, fold},
};
use std::{borrow::Cow, collections::HashSet, sync::Arc};

/// What all cells of a column show of how they are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Writing {
    pub(super) marks: Marks,
    pub(super) dates: DateOrder,
}

/// One target per column, and the file's headers for error messages.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub kind: ImportKind,
    pub(super) targets: Vec<Target>,
    pub(super) headers: Vec<String>,
    /// For each column.
    pub(super) writing: Vec<Writing>,
    /// Times without an offset are those of this zone, and days begin there.
    pub(super) zone: Arc<Zone>,
    /// Definitions of custom fields.
    pub(super) fields: Arc<Fields>,
    pub(super) owners: Arc<Owners>,
    /// Tags of the import, cleaned.
    pub tags: Vec<String>,
}

impl Mapping {
    /// Empty `targets` means the guessed ones. `tags` are added to every lead.
    ///
    /// # Errors
    /// `Invalid` on `mapping` or `tags`, with a remedy.
    pub fn new(kind: ImportKind, columns: &[Column], targets: &[Target], tags: &[String]) -> Result<Self> {
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
            if !target.is_of(kind) {
                let what = kind.label().to_lowercase();
                return wrong(format!("A file of {what} has no “{}”; choose another field for that column", target.name()));
            }
            let place = match target {
                Target::Custom(key) => Cow::Owned(Target::Custom(fold(key))),
                known => Cow::Borrowed(known),
            };
            if !target.is_shared() && !seen.insert(place) {
                return wrong(format!("Two columns are mapped to “{}”; choose another field for one of them", target.name()));
            }
            if let Target::Custom(name) = target
                && (name.is_empty() || clean_line(name) != *name || name.chars().count() > KEY_MAX)
            {
                return wrong(format!("A custom field's name has 1 to {KEY_MAX} characters that can be seen; shorten or retype it"));
            }
        }
        if let Some(lacks) = kind.lacks(targets.iter()) {
            return wrong(lacks.to_owned());
        }
        let probe =
            NewLead { name: "x".to_owned(), email: "x@example.com".to_owned(), tags: tags.to_vec(), ..NewLead::default() }.check()?;
        let headers = columns.iter().map(|column| column.header.clone()).collect();
        let writing = vec![Writing::default(); targets.len()];
        Ok(Self { kind, targets, headers, writing, zone: Arc::default(), fields: Arc::default(), owners: Arc::default(), tags: probe.tags })
    }

    /// Amounts are stored in this currency.
    pub fn stored_in(&mut self, currency: Currency, foreign: ForeignAmounts) {
        for (writing, header) in self.writing.iter_mut().zip(&self.headers) {
            writing.marks.stored_in(currency, header, foreign);
        }
    }

    /// Times without an offset are those of this zone, and days begin there.
    pub fn timed_in(&mut self, zone: Arc<Zone>) {
        self.zone = zone;
    }

    /// Cells of custom fields are read as these definitions say.
    pub fn typed_by(&mut self, fields: Arc<Fields>) {
        self.fields = fields;
    }

    /// Cells of owners name these.
    pub fn owned_by(&mut self, owners: Owners) {
        self.owners = Arc::new(owners);
    }

    /// Whether cells name owners.
    pub fn has_owners(&self) -> bool {
        self.targets.contains(&Target::Owner)
    }

    /// Whether there is a column of amounts or dates, whose cells must all be seen before the first row is read.
    pub fn looks_ahead(&self) -> bool {
        self.targets.iter().any(|target| target.is_amount() || target.is_date())
    }

    /// A split cell would put others into the wrong columns: an amount has marks that may be delimiters.
    pub(super) fn has_amounts(&self) -> bool {
        self.targets.iter().any(Target::is_amount)
    }

    /// Adds what one record shows about the decimal mark and the currency of the amounts, and about the writing of dates.
    pub fn see<'c>(&mut self, cells: impl Iterator<Item = &'c str> + Clone) {
        if self.beyond(&cells).is_some() {
            return;
        }
        for ((target, writing), cell) in self.targets.iter().zip(&mut self.writing).zip(cells) {
            if target.is_amount() {
                writing.marks.see(&plain(cell));
            } else if target.is_date() {
                writing.dates.see(&plain(cell));
            }
        }
    }

    /// The number of cells, and the last cell, of a record with text beyond the last column: its cells are in the wrong columns.
    pub(super) fn beyond<'c>(&self, cells: &(impl Iterator<Item = &'c str> + Clone)) -> Option<(usize, &'c str)> {
        let beyond = cells.clone().enumerate().skip(self.targets.len());
        beyond.filter(|(_, cell)| !plain(cell).is_empty()).last().map(|(at, cell)| (at + 1, cell))
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
            assert!(matches!(Mapping::new(ImportKind::Leads, &columns, &[], &[]), Err(Error::Invalid(_))), "{targets:?}");
        }
        assert!(Mapping::new(ImportKind::Leads, &[column("name"), column("email")], &[Target::Email], &[]).is_err());
    }

    #[test]
    fn a_mapping_of_orders_needs_customer_date_and_amount() {
        let whole = |names: &[&str]| {
            let target = |name: &&str| Target::try_from((*name).to_owned()).unwrap();
            let columns: Vec<Column> = names.iter().map(|name| Column { target: target(name), ..Column::default() }).collect();
            Mapping::new(ImportKind::Orders, &columns, &[], &[]).is_ok()
        };
        assert!(whole(&["customer", "orderedAt", "amount"]) && whole(&["customerEmail", "orderedAt", "product", "price"]));
        for lacking in [
            &["customer", "orderedAt"][..],
            &["customer", "amount"],
            &["orderedAt", "amount"],
            &["customer", "orderedAt", "amount", "quantity"],
            &["customer", "orderedAt", "price"],
            &["customer", "orderedAt", "amount", "email"],
        ] {
            assert!(!whole(lacking), "{lacking:?}");
        }
    }
}
