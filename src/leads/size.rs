//! Size limit of a lead.

use super::{Lead, NewLead, TextField, label};
use crate::FieldError;

/// Largest size of a lead, in bytes of UTF-8 over all its texts, tags and custom fields.
pub const LEAD_MAX: usize = 256_000;

type Part<'l> = (&'static str, Option<&'l str>, usize);

/// The text parts of a lead: name in the API, key of a custom field, and bytes. Linnet itself writes the other texts, such as
/// `last_activity`, so that they are short.
macro_rules! parts {
    ($lead:expr) => {{
        let lead = $lead;
        let texts = TextField::ALL.into_iter().zip(lead.texts());
        let texts = texts.map(|(field, text)| (field.name(), None, text.as_deref().map_or(0, str::len)));
        let custom = lead.custom.iter().map(|(key, text)| ("custom", Some(key.as_str()), key.len() + text.len()));
        let tags = lead.tags.iter().map(String::len).sum();
        [("name", None, lead.name.len()), ("email", None, lead.email.len()), ("tags", None, tags)].into_iter().chain(texts).chain(custom)
    }};
}

impl Lead {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        parts!(self)
    }

    /// Bytes of UTF-8 over all its texts, tags and custom fields.
    pub fn size(&self) -> usize {
        self.parts().map(|(.., bytes)| bytes).sum()
    }

    /// The error when this lead is too large. A lead that was too large before is accepted if it does not grow.
    pub(crate) fn too_large(&self, before: usize) -> Option<FieldError> {
        let size = self.size();
        if size <= LEAD_MAX || size <= before { None } else { largest(size, self.parts()) }
    }
}

impl NewLead {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        parts!(self)
    }

    pub(super) fn too_large(&self) -> Option<FieldError> {
        let size = self.parts().map(|(.., bytes)| bytes).sum();
        if size <= LEAD_MAX { None } else { largest(size, self.parts()) }
    }
}

fn largest<'l>(size: usize, parts: impl Iterator<Item = Part<'l>>) -> Option<FieldError> {
    let (field, key, bytes) = parts.max_by_key(|(.., bytes)| *bytes)?;
    let label = key.or_else(|| label::of(field)).unwrap_or(field);
    let field = key.map_or_else(|| field.to_owned(), |key| format!("{field}.{key}"));
    let kilo = |bytes: usize| bytes.div_ceil(1000);
    let message = format!(
        "A lead holds at most {} kB in all, and this one would hold {} kB; shorten “{label}”, which takes {} kB",
        kilo(LEAD_MAX),
        kilo(size),
        kilo(bytes)
    );
    Some(FieldError::new(field, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Error, LeadId, Timestamp,
        leads::{LeadEdit, LeadPatch},
    };
    use std::collections::BTreeMap;

    fn filled(fields: usize) -> NewLead {
        let custom: BTreeMap<String, String> = (0..fields).map(|at| (format!("f{at}"), "é".repeat(25_000))).collect();
        NewLead { name: "Ana".into(), email: "ana@b.example".into(), custom, ..NewLead::default() }
    }

    fn field(error: Error) -> String {
        let Error::Invalid(errors) = error else { panic!("{error}") };
        assert!(errors[0].message.contains("shorten"), "{}", errors[0].message);
        errors[0].field.clone()
    }

    #[test]
    fn a_lead_is_bounded_as_a_whole() {
        assert!(filled(5).check().is_ok());
        let mut large = filled(5);
        large.custom.insert("Bio".to_owned(), "x".repeat(60_000));
        assert_eq!(field(large.check().unwrap_err()), "custom.Bio");
    }

    #[test]
    fn edits_count_what_is_there_already() {
        let lead = filled(5).check().unwrap().into_lead(LeadId(uuid::Uuid::nil()), Timestamp(1));
        let notes = |text: String| LeadEdit::set(LeadPatch { notes: Some(text), ..LeadPatch::default() });
        let after = notes("x".repeat(5_000)).apply(&lead, Timestamp(2)).unwrap().unwrap();
        assert!(after.size() <= LEAD_MAX);
        assert_eq!(field(notes("x".repeat(99_000)).apply(&lead, Timestamp(2)).unwrap_err()), "notes");
        // A lead from before the limit existed can be shortened step by step.
        let mut old = lead.clone();
        old.notes = Some("x".repeat(100_000));
        assert!(notes("x".repeat(90_000)).apply(&old, Timestamp(2)).is_ok());
        assert!(LeadEdit::set(LeadPatch { score: Some(5), ..LeadPatch::default() }).apply(&old, Timestamp(2)).is_ok());
    }
}
