//! A lead as read from one row of a file, and the update of an existing lead from it.

use super::BadCell;
use crate::{
    Error, Result, Timestamp,
    leads::{CUSTOM_MAX, Connection, Consent, Lead, NewLead, TAGS_MAX, has_tag, label, spelled_as},
};

/// A checked lead from one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one field whether its value is the file's")]
pub struct Row {
    pub lead: NewLead,
    // For fields that always have a value: whether the value is from the file.
    pub says_status: bool,
    pub says_connection: bool,
    pub says_engaged: bool,
    pub says_consent: bool,
    pub says_stage: bool,
    pub says_score: bool,
    /// Cells that could not be read; the lead is imported without them.
    pub left_out: Vec<BadCell>,
}

/// A lead after the update from a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// `None` when nothing changes.
    pub lead: Option<Lead>,
    /// Values of the row that the lead does not take, with the reason.
    pub left_out: Vec<BadCell>,
}

impl Row {
    /// Sets the consent, unless another cell of the row has set a stricter one.
    pub(super) fn tighten(&mut self, consent: Consent) {
        self.lead.consent = self.lead.consent.stricter(consent);
        self.says_consent = true;
    }

    /// `lead` updated with the values of this row. Empty cells leave fields unchanged, tags are added, consent becomes stricter only, “do not
    /// contact” and a later last contact stay: a file may be older than what happened since.
    ///
    /// # Errors
    /// `Invalid` on the field to shorten, when the lead would be too large.
    pub fn update(self, lead: &Lead, now: Timestamp) -> Result<Updated> {
        let new = self.lead;
        let mut after = lead.clone();
        let mut left_out = Vec::new();
        let mut leave_out =
            |column: &str, value: String, reason: String| left_out.push(BadCell { column: column.to_owned(), value, reason });
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
            after.consent = lead.consent.stricter(new.consent);
            if after.consent != new.consent {
                let is = lead.consent.label().to_lowercase();
                let why = format!("The lead is {is}, and an import never loosens consent; change it on the lead's page");
                leave_out(label::CONSENT, new.consent.label().to_owned(), why);
            }
        }
        if self.says_connection {
            if lead.connection == Connection::DoNotContact && new.connection != lead.connection {
                let why = "The lead is marked “do not contact”, which an import never takes away; change it on the lead's page".to_owned();
                leave_out(label::CONNECTION, new.connection.label().to_owned(), why);
            } else {
                after.connection = new.connection;
            }
        }
        if self.says_engaged {
            after.engaged = new.engaged;
        }
        after.owner = new.owner.or(after.owner);
        after.last_contacted_at = after.last_contacted_at.max(new.last_contacted_at);
        if self.says_stage {
            after.stage = new.stage;
        }
        if self.says_score {
            after.score = new.score;
        }
        for (name, text) in spelled_as(&lead.custom, new.custom) {
            if after.custom.len() < CUSTOM_MAX || after.custom.contains_key(&name) {
                after.custom.insert(name, text);
            } else {
                let why = format!("The lead has {CUSTOM_MAX} custom fields, as many as fit; remove one first");
                leave_out(&name, text.chars().take(200).collect(), why);
            }
        }
        // Adding tags is no activity with the person.
        if after != *lead {
            after.last_activity_at = now;
            "Updated by import".clone_into(&mut after.last_activity);
        }
        for tag in new.tags {
            if has_tag(&after.tags, &tag) {
                continue;
            }
            if after.tags.len() < TAGS_MAX {
                after.tags.push(tag);
            } else {
                leave_out(label::TAGS, tag, format!("The lead has {TAGS_MAX} tags, as many as fit; remove one first"));
            }
        }
        if after == *lead {
            return Ok(Updated { lead: None, left_out });
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
        Ok(Updated { lead: Some(after), left_out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId,
        imports::{Column, ImportKind, Mapping, Target},
        leads::Stage,
    };

    fn read(targets: &[&str], cells: &[&str]) -> Row {
        let target = |name: &&str| Target::try_from((*name).to_owned()).unwrap();
        let columns: Vec<Column> = targets.iter().map(|name| Column { target: target(name), ..Column::default() }).collect();
        Mapping::new(ImportKind::Leads, &columns, &[], &[]).unwrap().read(cells.iter().copied(), false).unwrap().unwrap()
    }

    #[test]
    fn an_update_adds_and_never_clears() {
        let row = read(&["name", "email", "company", "stage"], &["Ana", "a@b.example", "Tern", "Negotiation"]);
        let lead = row.lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let again = read(&["name", "email", "company", "title"], &["Ana", "a@b.example", "", "CTO"]);
        let after = again.clone().update(&lead, Timestamp(5)).unwrap().lead.unwrap();
        assert_eq!(
            (after.company.as_deref(), after.title.as_deref(), after.stage, after.revision),
            (Some("Tern"), Some("CTO"), Stage::Negotiation, 2)
        );
        assert_eq!(again.update(&after, Timestamp(9)), Ok(Updated::default()));
    }

    #[test]
    fn consent_is_tightened_and_never_loosened() {
        let lead = read(&["name", "email"], &["Ana", "a@b.example"]).lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let update = |from: Consent, cell: &str| {
            let lead = Lead { consent: from, ..lead.clone() };
            let Updated { lead: after, left_out } =
                read(&["name", "email", "consent"], &["Ana", "a@b.example", cell]).update(&lead, Timestamp(2)).unwrap();
            (after.unwrap_or(lead).consent, left_out.iter().map(|cell| cell.column.as_str()).collect::<Vec<_>>().join(","))
        };
        let said = || "Consent".to_owned();
        assert_eq!(update(Consent::Complained, "subscribed"), (Consent::Complained, said()));
        assert_eq!(update(Consent::Unsubscribed, "yes"), (Consent::Unsubscribed, said()));
        assert_eq!(update(Consent::Complained, "unsubscribed"), (Consent::Complained, said()));
        assert_eq!(update(Consent::Subscribed, "bounced"), (Consent::Bounced, String::new()));
        assert_eq!(update(Consent::Bounced, "unsubscribed"), (Consent::Unsubscribed, String::new()));
    }

    #[test]
    fn what_an_import_says_of_the_work_on_a_lead_never_takes_do_not_contact_away() {
        let targets = ["name", "email", "connection", "engaged", "lastContactedAt"];
        let row = |cells: [&str; 3]| read(&targets, &[&["Ana", "a@b.example"][..], &cells].concat());
        let lead = row(["DO NOT CONTACT", "yes", "2026-11-21"]).lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        assert_eq!(
            (lead.connection, lead.engaged, lead.last_contacted_at.map(Timestamp::date)),
            (Connection::DoNotContact, true, Some("2026-11-21".into()))
        );
        let Updated { lead: after, left_out } = row(["connected", "no", "2026-11-20"]).update(&lead, Timestamp(2)).unwrap();
        let after = after.unwrap();
        assert_eq!((after.connection, after.engaged, after.last_contacted_at), (lead.connection, false, lead.last_contacted_at));
        assert_eq!(left_out.iter().map(|cell| cell.column.as_str()).collect::<Vec<_>>(), ["Connection"]);
        let silent = read(&["name", "email"], &["Ana", "a@b.example"]);
        assert_eq!(silent.update(&lead, Timestamp(2)), Ok(Updated::default()));
    }

    #[test]
    fn what_a_full_lead_does_not_take_is_left_out() {
        let mut lead = read(&["name", "email"], &["Ana", "a@b.example"]).lead.into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        lead.tags = (0..TAGS_MAX).map(|at| format!("t{at}")).collect();
        lead.custom = (0..CUSTOM_MAX).map(|at| (format!("f{at}"), "x".to_owned())).collect();
        let row = read(&["name", "email", "tags", "custom.Plan"], &["Ana", "a@b.example", "T1; vip", "Gold"]);
        let Updated { lead: after, left_out } = row.update(&lead, Timestamp(2)).unwrap();
        let told: Vec<_> = left_out.iter().map(|cell| (cell.column.as_str(), cell.value.as_str())).collect();
        assert_eq!((after, told), (None, vec![("Plan", "Gold"), ("Tags", "vip")]));
    }
}
