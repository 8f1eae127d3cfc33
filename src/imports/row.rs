//! A lead as read from one row of a file, and the update of an existing lead from it.

use super::BadCell;
use crate::{
    Error, Result, Timestamp,
    leads::{CUSTOM_MAX, Lead, NewLead, has_tag, spelled_as},
};

/// A checked lead from one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one field whether its value is the file's")]
pub struct Row {
    pub lead: NewLead,
    // For fields that always have a value: whether the value is from the file.
    pub says_status: bool,
    pub says_consent: bool,
    pub says_stage: bool,
    pub says_score: bool,
    /// Cells that could not be read; the lead is imported without them.
    pub left_out: Vec<BadCell>,
}

impl Row {
    /// `lead` updated with the values of this row; `None` when nothing changes. Empty cells leave fields unchanged, and tags are added.
    ///
    /// # Errors
    /// `Invalid` on the field to shorten, when the lead would be too large.
    pub fn update(self, lead: &Lead, now: Timestamp) -> Result<Option<Lead>> {
        let new = self.lead;
        let mut after = lead.clone();
        for (field, text) in after.texts_mut().into_iter().zip(new.texts()) {
            if text.is_some() {
                field.clone_from(text);
            }
        }
        after.name = new.name;
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
        for (name, text) in spelled_as(&lead.custom, new.custom) {
            if after.custom.len() < CUSTOM_MAX || after.custom.contains_key(&name) {
                after.custom.insert(name, text);
            }
        }
        // Adding tags is no activity with the person.
        if after != *lead {
            after.last_activity_at = now;
            "Updated by import".clone_into(&mut after.last_activity);
        }
        for tag in new.tags {
            if !has_tag(&after.tags, &tag) && after.tags.len() < 50 {
                after.tags.push(tag);
            }
        }
        if after == *lead {
            return Ok(None);
        }
        if let Some(error) = after.too_large(lead.size()) {
            return Err(Error::Invalid(vec![error]));
        }
        if after.stage != lead.stage {
            after.stage_at = now;
        }
        after.revision += 1;
        after.edited = after.revision;
        after.updated_at = now;
        Ok(Some(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId,
        imports::{Column, Mapping, Target},
        leads::Stage,
    };

    fn read(targets: &[&str], cells: &[&str]) -> Row {
        let target = |name: &&str| Target::try_from((*name).to_owned()).unwrap();
        let columns: Vec<Column> = targets.iter().map(|name| Column { target: target(name), ..Column::default() }).collect();
        Mapping::new(&columns, &[], &[]).unwrap().read(cells.iter().copied(), false).unwrap().unwrap()
    }

    #[test]
    fn an_update_adds_and_never_clears() {
        let row = read(&["name", "email", "company", "stage"], &["Ana", "a@b.example", "Tern", "Negotiation"]);
        let lead = row.lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let again = read(&["name", "email", "company", "title"], &["Ana", "a@b.example", "", "CTO"]);
        let after = again.clone().update(&lead, Timestamp(5)).unwrap().unwrap();
        assert_eq!(
            (after.company.as_deref(), after.title.as_deref(), after.stage, after.revision),
            (Some("Tern"), Some("CTO"), Stage::Negotiation, 2)
        );
        assert_eq!(again.update(&after, Timestamp(9)), Ok(None));
    }
}
