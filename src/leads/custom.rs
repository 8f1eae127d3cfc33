//! Custom fields. Their keys are compared folded, as tags are: `Plan`, `plan` and `ＰＬＡＮ` are one field, shown as first written.

use super::{Lead, NOTES_MAX};
use crate::{
    FieldError,
    text::{clean, clean_line, folded, numbered},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

/// Longest key, in characters.
pub const KEY_MAX: usize = 100;
/// Most custom fields of a lead.
pub const CUSTOM_MAX: usize = 100;

/// Values by key, both as written.
pub type Custom = BTreeMap<String, String>;

impl Lead {
    /// The value of the custom field whose key folds to `key`.
    pub fn custom_value(&self, key: &str) -> Option<&str> {
        // Fast path: most keys are stored in folded form.
        let exact = self.custom.get(key);
        exact.or_else(|| self.custom.iter().find(|(one, _)| folded(one) == key).map(|(_, text)| text)).map(String::as_str)
    }
}

/// `custom` with the spelling of keys that `existing` uses for the same fields.
#[must_use]
pub(crate) fn spelled_as(existing: &Custom, custom: Custom) -> Custom {
    if existing.is_empty() {
        return custom;
    }
    let mut spellings = None;
    custom
        .into_iter()
        .map(|(key, text)| {
            if existing.contains_key(&key) {
                return (key, text);
            }
            let spellings: &mut HashMap<Cow<'_, str>, &String> =
                spellings.get_or_insert_with(|| existing.keys().map(|key| (folded(key), key)).collect());
            match spellings.get(&folded(&key)) {
                Some(spelling) => ((*spelling).clone(), text),
                None => (key, text),
            }
        })
        .collect()
}

/// Keys that an edit from `was` to `to` changes, in order.
fn edited<'c>(was: &'c Custom, to: &'c Custom) -> impl Iterator<Item = &'c String> {
    let keys: BTreeSet<_> = was.keys().chain(to.keys()).collect();
    keys.into_iter().filter(|key| was.get(*key) != to.get(*key))
}

/// Of these, keys that have a third value by now.
pub(super) fn clashing<'c>(was: &'c Custom, to: &'c Custom, now: &Custom) -> Vec<&'c String> {
    edited(was, to).filter(|key| now.get(*key) != was.get(*key) && now.get(*key) != to.get(*key)).collect()
}

/// `now` after an edit from `was` to `to`.
pub(super) fn merged(was: &Custom, to: &Custom, now: &Custom) -> Custom {
    let mut merged = now.clone();
    for key in edited(was, to) {
        match to.get(key) {
            Some(text) => drop(merged.insert(key.clone(), text.clone())),
            None => drop(merged.remove(key)),
        }
    }
    merged
}

/// Cleaned, without empty values. A value without a name and two keys of the same field are errors.
pub(super) fn check_custom(custom: Custom, errors: &mut Vec<FieldError>) -> Custom {
    let mut kept = Custom::new();
    let mut keys: HashMap<String, String> = HashMap::new();
    for (key, text) in custom.iter().map(|(key, text)| (clean_line(key), clean(text))).filter(|(_, text)| !text.is_empty()) {
        if key.is_empty() {
            errors.push(FieldError::new(
                "custom",
                format!("Give the custom field with the value “{}” a name", text.chars().take(60).collect::<String>()),
            ));
            continue;
        }
        if let Some(other) = keys.insert(folded(&key).into_owned(), key.clone()) {
            errors.push(FieldError::new("custom", format!("“{other}” and “{key}” are the same custom field; leave out one of them")));
        }
        kept.insert(key, text);
    }
    if kept.len() > CUSTOM_MAX || kept.iter().any(|(key, text)| key.chars().count() > KEY_MAX || text.chars().count() > NOTES_MAX) {
        let message = format!("At most {CUSTOM_MAX} custom fields, names up to {KEY_MAX} and values up to {NOTES_MAX} characters");
        errors.push(FieldError::new("custom", message));
    }
    kept
}

/// Renames keys of an old lead, from when keys were compared exactly: of keys that fold to the same text, all but the first get a
/// number.
#[must_use]
pub fn with_own_keys(custom: Custom) -> Custom {
    let mut taken: HashSet<String> = custom.keys().map(|key| folded(key).into_owned()).collect();
    if taken.len() == custom.len() {
        return custom;
    }
    let mut seen = HashSet::new();
    custom
        .into_iter()
        .map(|(key, text)| {
            if seen.insert(folded(&key).into_owned()) {
                return (key, text);
            }
            let free = (2..=u32::MAX).map(|number| numbered(&key, number, KEY_MAX)).find(|key| taken.insert(folded(key).into_owned()));
            (free.unwrap_or(key), text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Custom {
        fields.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn two_keys_that_are_one_are_refused_and_named() {
        for (one, other) in [("Plan", "plan"), ("caf\u{e9}", "cafe\u{301}"), ("ＰＬＡＮ", "plan"), (" plan", "plan"), ("a b", "a\u{a0}b")]
        {
            let mut errors = Vec::new();
            check_custom(fields(&[(one, "1"), (other, "2")]), &mut errors);
            assert_eq!(errors.len(), 1, "{one:?} {other:?}");
            assert!([one, other].iter().all(|key| errors[0].message.contains(key.trim())), "{}", errors[0].message);
        }
        let mut errors = Vec::new();
        let kept = check_custom(fields(&[("Plan", "1"), ("plan", " "), ("plans", "2")]), &mut errors);
        assert_eq!((errors.len(), kept), (0, fields(&[("Plan", "1"), ("plans", "2")])), "an empty value is no field");
    }

    #[test]
    fn a_value_without_a_name_is_refused() {
        let mut errors = Vec::new();
        check_custom(fields(&[(" ", "x"), ("Plan", "Gold")]), &mut errors);
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["custom"]);
        assert!(errors[0].message.contains("“x”"), "{errors:?}");
    }

    #[test]
    fn a_field_keeps_its_first_spelling() {
        let existing = fields(&[("Plan", "Gold"), ("Größe", "L")]);
        let new = fields(&[("PLAN", "Silver"), ("gro\u{308}sse", "M"), ("new", "x")]);
        assert_eq!(spelled_as(&existing, new), fields(&[("Plan", "Silver"), ("Größe", "M"), ("new", "x")]));
    }

    #[test]
    fn old_fields_that_became_one_all_stay() {
        let old = fields(&[("PLAN", "1"), ("Plan", "2"), ("plan", "3"), ("plan (2)", "4"), ("size", "L")]);
        let now = with_own_keys(old);
        assert_eq!(now, fields(&[("PLAN", "1"), ("Plan (3)", "2"), ("plan (4)", "3"), ("plan (2)", "4"), ("size", "L")]));
        assert_eq!(with_own_keys(now.clone()), now);
        let long = "ä".repeat(KEY_MAX);
        let now = with_own_keys(fields(&[(&long.to_uppercase(), "1"), (&long, "2")]));
        assert!(now.len() == 2 && now.keys().all(|key| key.chars().count() == KEY_MAX));
    }
}
