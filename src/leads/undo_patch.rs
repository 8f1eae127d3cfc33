//! Undo of a lead's change that was part of a bulk write.

use super::{Lead, LeadPatch, patch::each_field};

impl LeadPatch {
    /// A patch with every field of `lead`.
    #[must_use]
    pub fn all(lead: &Lead) -> Self {
        let mut all = Self::default();
        macro_rules! read {
            ($field:ident, $name:literal) => {
                all.$field = Some(lead.$field.clone());
            };
        }
        each_field!(read);
        for (all, text) in all.texts_mut().into_iter().zip(lead.texts()) {
            *all = Some(text.clone().unwrap_or_default());
        }
        all
    }

    /// The patch that undoes the change from `before` to `after` in `lead`. A field that still has the value of `after` gets its old value;
    /// a field edited since stays. Each tag and each custom field counts as a field.
    #[must_use]
    pub fn back(lead: &Lead, before: &Self, after: &Self) -> Self {
        let mut back = Self::default();
        macro_rules! back {
            (tags, $name:literal) => {
                if let (Some(was), Some(is)) = (&before.tags, &after.tags)
                    && was != is
                {
                    back.tags = Some(tags_back(&lead.tags, was, is));
                }
            };
            (custom, $name:literal) => {
                if let (Some(was), Some(is)) = (&before.custom, &after.custom)
                    && was != is
                {
                    let mut custom = lead.custom.clone();
                    for key in
                        was.keys().chain(is.keys()).filter(|key| was.get(*key) != is.get(*key) && lead.custom.get(*key) == is.get(*key))
                    {
                        match was.get(key) {
                            Some(old) => drop(custom.insert(key.clone(), old.clone())),
                            None => drop(custom.remove(key)),
                        }
                    }
                    back.custom = Some(custom);
                }
            };
            ($field:ident, $name:literal) => {
                if let (Some(was), Some(is)) = (&before.$field, &after.$field)
                    && was != is
                    && lead.$field == *is
                {
                    back.$field = Some(was.clone());
                }
            };
        }
        each_field!(back);
        let images = before.texts().into_iter().zip(after.texts());
        for (back, (text, (was, is))) in back.texts_mut().into_iter().zip(lead.texts().into_iter().zip(images)) {
            if is.as_deref().is_some_and(|is| text.as_deref().unwrap_or_default() == is) {
                *back = Some(was.clone().unwrap_or_default());
            }
        }
        back
    }
}

/// The old tags, when nobody edited them since. Else added tags are removed, and removed tags are appended.
fn tags_back(now: &[String], was: &[String], is: &[String]) -> Vec<String> {
    if now == is {
        return was.to_vec();
    }
    let mut tags: Vec<String> = now.iter().filter(|tag| was.contains(tag) || !is.contains(tag)).cloned().collect();
    for tag in was.iter().filter(|tag| !is.contains(tag)) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        LeadId, Timestamp,
        leads::{LeadEdit, NewLead, Stage},
    };
    use std::collections::BTreeMap;

    #[test]
    fn later_edits_stay() {
        let custom = BTreeMap::from([("Size".to_owned(), "L".to_owned())]);
        let new = NewLead {
            name: "Ana".into(),
            email: "ana@b.example".into(),
            company: Some("Tern".into()),
            tags: vec!["fair".into(), "old".into()],
            custom,
            ..NewLead::default()
        };
        let before = new.check().unwrap().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let mut after = before.clone();
        after.name = "Anna".into();
        after.company = Some("Fell".into());
        after.title = Some("CTO".into());
        after.stage = Stage::Negotiation;
        after.tags = vec!["fair".into(), "new".into()];
        after.custom = BTreeMap::from([("Size".to_owned(), "M".to_owned()), ("Hue".to_owned(), "red".to_owned())]);
        let left = LeadPatch::between(&before, &after);
        for (was, is) in [(LeadPatch::all(&before), LeadPatch::all(&after)), (left.values_in(&before), left)] {
            let apply = |lead: &Lead| LeadEdit::set(LeadPatch::back(lead, &was, &is)).apply(lead, Timestamp(9)).unwrap();
            let restored = apply(&after).unwrap();
            assert_eq!(LeadPatch::all(&restored), LeadPatch::all(&before));
            assert_eq!((restored.stage_at, restored.revision), (Timestamp(9), after.revision + 1));

            let mut edited = after.clone();
            edited.company = Some("Mine".into());
            edited.tags.push("own".into());
            edited.custom.insert("Hue".into(), "blue".into());
            let back = apply(&edited).unwrap();
            assert_eq!((back.name.as_str(), back.company.as_deref(), back.title.as_deref()), ("Ana", Some("Mine"), None));
            assert_eq!((back.stage, back.tags), (Stage::NewLead, vec!["fair".to_owned(), "own".into(), "old".into()]));
            assert_eq!(back.custom, BTreeMap::from([("Size".to_owned(), "L".to_owned()), ("Hue".to_owned(), "blue".to_owned())]));
            assert_eq!(apply(&before), None, "nothing of it is left");
        }
    }
}
