//! An edit request, and the lead after it.

use super::{
    CUSTOM_MAX, Lead, LeadPatch, contact,
    custom::{clashing, merged},
    new::tags_spelled_as,
    spelled_as,
};
use crate::{Error, Record, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// An edit request: the fields to set, and the values that the editor saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeadEdit {
    pub set: LeadPatch,
    /// The values the editor saw for the fields in `set`. A field that has another value by now is a conflict; other fields may have
    /// changed. Each custom field is one: those that are the same in `base` and in `set` stay as they are now. `None`: last write wins.
    pub base: Option<LeadPatch>,
    /// Strict alternative for APIs (`If-Match`): the revision that was read. A later edit is a conflict, whatever its fields. For an edit
    /// of status, connection or last contact, any later write is a conflict, because tasks in campaigns write these fields too.
    pub revision: Option<i64>,
}

impl LeadEdit {
    pub fn set(set: LeadPatch) -> Self {
        Self { set, ..Self::default() }
    }

    /// The lead after this edit; `None` when nothing changes.
    ///
    /// # Errors
    /// `Invalid` for invalid values; `Stale` when the lead was changed in a conflicting way.
    pub fn apply(self, lead: &Lead, now: Timestamp) -> Result<Option<Lead>> {
        let (mut set, mut base) = (self.set.check()?, self.base);
        set.custom = set.custom.map(|custom| spelled_as(&lead.custom, custom));
        let mut clash = Vec::new();
        if let (Some(to), Some(was)) = (&mut set.custom, base.as_mut().and_then(|base| base.custom.take())) {
            let was = spelled_as(&lead.custom, was);
            clash.extend(clashing(&was, to, &lead.custom).into_iter().map(|key| format!("custom.{key}")));
            *to = merged(&was, to, &lead.custom);
            if to.len() > CUSTOM_MAX {
                return Err(Error::invalid("custom", format!("At most {CUSTOM_MAX} custom fields; someone else added some meanwhile")));
            }
        }
        set.tags = set.tags.map(|tags| tags_spelled_as(&lead.tags, tags));
        let changed = set.differing(lead);
        if changed.is_empty() {
            return Ok(None);
        }
        let stale = |fields| Error::Stale { fields, theirs: Box::new(Record::Lead(Box::new(lead.clone()))) };
        let named = |field: &str| field.to_owned();
        let worked = changed.iter().any(|field| matches!(*field, "status" | "connection" | "lastContactedAt"));
        let oldest = if worked { lead.revision } else { lead.edited };
        if self.revision.is_some_and(|revision| !(oldest..=lead.revision).contains(&revision)) {
            return Err(stale(changed.into_iter().map(named).collect()));
        }
        if let Some(base) = base {
            clash.extend(base.differing(lead).into_iter().filter(|field| changed.contains(field)).map(named));
        }
        if !clash.is_empty() {
            return Err(stale(clash));
        }
        let mut after = lead.clone();
        set.set_on(&mut after);
        if let Some(error) = after.too_large(lead.size()) {
            return Err(Error::Invalid(vec![error]));
        }
        after.revision += 1;
        after.edited = after.revision;
        after.updated_at = now;
        if set.last_contacted_at.is_none() && contact::is_edit(lead, &after) {
            after.contacted(now);
        }
        if after.stage != lead.stage {
            after.stage_at = now;
        }
        // Changing tags or the owner is no activity with the person.
        if changed.iter().any(|field| !matches!(*field, "tags" | "owner")) {
            after.last_activity_at = now;
            after.last_activity = match (after.stage != lead.stage, after.status != lead.status) {
                (true, _) => format!("Moved to {}", after.stage),
                (false, true) => after.status.label().to_owned(),
                (false, false) => "Edited".to_owned(),
            };
        }
        Ok(Some(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId, UserId,
        campaigns::Task,
        fields::Fields,
        leads::{Connection, Consent, NOTES_MAX, NewLead, Stage, Status, TextField, differences},
    };

    fn lead() -> Lead {
        let new = NewLead { name: "Ana".into(), email: "ana@b.example".into(), company: Some("Tern".into()), ..NewLead::default() };
        new.check().unwrap().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1))
    }

    #[test]
    fn an_edit_changes_what_it_names_and_counts() {
        let edit = LeadEdit::set(serde_json::from_str(r#"{"stage":"Negotiation","company":null,"value":500}"#).unwrap());
        let after = edit.apply(&lead(), Timestamp(9)).unwrap().unwrap();
        assert_eq!(
            (after.stage, after.company, after.value, after.revision, after.stage_at),
            (Stage::Negotiation, None, Some(500), 2, Timestamp(9))
        );
        assert_eq!(after.last_activity, "Moved to Negotiation");
        assert_eq!(
            LeadEdit::set(LeadPatch { name: Some(" Ana ".into()), ..LeadPatch::default() }).apply(&lead(), Timestamp(9)).unwrap(),
            None
        );
    }

    #[test]
    fn a_tag_keeps_its_first_spelling() {
        let lead = Lead { tags: vec!["VIP".into(), "Γιώργος".into()], ..lead() };
        let tags =
            |json: &str| LeadEdit::set(serde_json::from_str(json).unwrap()).apply(&lead, Timestamp(9)).unwrap().map(|after| after.tags);
        assert_eq!(tags(r#"{"tags":["vip","ΓΙΏΡΓΟΣ"]}"#), None);
        assert_eq!(tags(r#"{"tags":["new","vip"]}"#), Some(vec!["new".to_owned(), "VIP".to_owned()]));
    }

    #[test]
    fn each_custom_field_is_one_field() {
        let of = |values: &[(&str, &str)]| Some(values.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect());
        let patch = |values: &[(&str, &str)]| LeadPatch { custom: of(values), ..LeadPatch::default() };
        let lead = Lead { custom: of(&[("Plan", "Gold"), ("Size", "L"), ("New", "1")]).unwrap(), ..lead() };
        let apply = |base: &[(&str, &str)], set: &[(&str, &str)]| {
            let edit = LeadEdit { base: Some(patch(base)), ..LeadEdit::set(patch(set)) };
            edit.apply(&lead, Timestamp(9))
        };
        let after = apply(&[("plan", "Gold"), ("Size", "M")], &[("plan", "Silver"), ("Size", "M")]).unwrap().unwrap();
        assert_eq!(after.custom, of(&[("Plan", "Silver"), ("Size", "L"), ("New", "1")]).unwrap(), "the others are theirs");
        assert_eq!(
            apply(&[("Plan", "Gold"), ("Size", "L"), ("New", "1")], &[("Size", "L")]).unwrap().unwrap().custom,
            of(&[("Size", "L")]).unwrap()
        );
        assert_eq!(apply(&[("Size", "M")], &[("Size", "L")]).unwrap(), None, "both wrote the same");
        let Err(Error::Stale { fields, .. }) = apply(&[("Size", "M"), ("Plan", "Gold")], &[("Plan", "Gold")]) else {
            panic!("written over")
        };
        assert_eq!(fields, ["custom.Size"]);
    }

    #[test]
    fn only_the_same_field_conflicts() {
        let base = lead();
        let set = LeadPatch { company: Some("Mine".into()), ..LeadPatch::default() };
        let edit = LeadEdit { base: Some(set.values_in(&base)), set, revision: None };
        let mut elsewhere = base.clone();
        elsewhere.name = "Anna".into();
        assert_eq!(edit.clone().apply(&elsewhere, Timestamp(9)).unwrap().unwrap().company.as_deref(), Some("Mine"));
        let mut same = base.clone();
        same.company = Some("Theirs".into());
        let Err(Error::Stale { fields, theirs }) = edit.apply(&same, Timestamp(9)) else { panic!("written over") };
        assert_eq!((fields, theirs.as_lead().and_then(|lead| lead.company.as_deref())), (vec!["company".to_owned()], Some("Theirs")));
        let strict = LeadEdit { revision: Some(7), ..LeadEdit::set(LeadPatch { engaged: Some(true), ..LeadPatch::default() }) };
        assert!(matches!(strict.apply(&base, Timestamp(9)), Err(Error::Stale { .. })));
    }

    /// An edit based on a revision before a task is stale only for the fields that the task wrote; one based on a revision before another
    /// edit is.
    #[test]
    fn work_in_a_campaign_makes_only_its_own_fields_stale() {
        let before = lead();
        let asked = Task::SendRequest.apply(&before, None, Timestamp(2)).unwrap();
        assert_eq!((asked.revision, asked.edited), (2, 1));
        let edit = |json: &str, revision| LeadEdit { revision: Some(revision), ..LeadEdit::set(serde_json::from_str(json).unwrap()) };
        let edited = edit(r#"{"company":"Fell"}"#, 1).apply(&asked, Timestamp(3)).unwrap().unwrap();
        assert_eq!((edited.revision, edited.edited, edited.connection), (3, 3, Connection::RequestSent));
        for own in [r#"{"status":"pending","company":"Fell"}"#, r#"{"connection":"not_connected"}"#] {
            assert!(matches!(edit(own, 1).apply(&asked, Timestamp(3)), Err(Error::Stale { .. })), "{own}");
            assert!(edit(own, 2).apply(&asked, Timestamp(3)).is_ok(), "{own}");
        }
        let again = r#"{"company":"Tern","title":"CTO"}"#;
        for revision in [1, 2, 4] {
            assert!(matches!(edit(again, revision).apply(&edited, Timestamp(4)), Err(Error::Stale { .. })), "{revision}");
        }
        assert!(edit(again, 3).apply(&edited, Timestamp(4)).is_ok());
    }

    /// Every field of a new lead can be edited, has a limit in both checks, and appears on the timeline.
    #[test]
    fn no_field_of_a_new_lead_is_forgotten() {
        let mut full = NewLead {
            name: "Bo".into(),
            email: "bo@b.example".into(),
            status: Status::Qualified,
            connection: Connection::Connected,
            stage: Stage::Negotiation,
            engaged: true,
            owner: Some(UserId(uuid::Uuid::from_u128(7))),
            value: Some(5),
            score: 7,
            consent: Consent::Bounced,
            tags: vec!["vip".into()],
            custom: [("plan".to_owned(), "Gold".to_owned())].into(),
            last_contacted_at: Some(Timestamp(5)),
            ..NewLead::default()
        };
        for (field, text) in TextField::ALL.into_iter().zip(full.texts_mut()) {
            *text = Some(if field == TextField::LinkedinUrl { "https://l.example/bo".to_owned() } else { field.label().to_owned() });
        }
        let size = full.clone().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1)).size();
        let serde_json::Value::Object(fields) = serde_json::to_value(&full).unwrap() else { panic!("no object") };
        let before = lead();
        for (field, value) in fields {
            let set: LeadPatch = serde_json::from_value(serde_json::json!({ field.as_str(): value.clone() })).unwrap();
            assert_eq!(set.differing(&before), [field.as_str()]);
            if TextField::named(&field).is_some() {
                let one = serde_json::json!({ field.as_str(): format!("{}+", value.as_str().unwrap()) });
                let longer: LeadPatch = serde_json::from_value(one).unwrap();
                let mut lead = full.clone().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
                longer.set_on(&mut lead);
                assert_eq!(lead.size(), size + 1, "{field} counts");
            }
            let mut after = before.clone();
            set.set_on(&mut after);
            assert!(!differences(&before, &after, &|_| None, &Fields::default()).is_empty(), "the timeline is silent on {field}");
            let mut long = serde_json::json!({ "name": "Ana", "email": "ana@b.example" });
            long[field.as_str()] = "x".repeat(NOTES_MAX + 1).into();
            // Words, numbers and lists cannot be as long.
            if let (Ok(new), Ok(set)) = (serde_json::from_value::<NewLead>(long.clone()), serde_json::from_value::<LeadPatch>(long)) {
                assert!(new.check().is_err_and(|error| error.on_field(&field).is_some()), "a new lead takes any {field}");
                assert!(set.check().is_err_and(|error| error.on_field(&field).is_some()), "an edit takes any {field}");
            }
        }
    }
}
