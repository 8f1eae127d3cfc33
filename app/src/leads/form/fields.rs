//! The lead form as text: its inputs, and their conversion into a new lead or an edit.

use crate::address::Params;
use domain::{
    Error, FieldError, Result, UserId,
    amount::amount,
    leads::{Consent, Lead, LeadEdit, LeadPatch, NewLead, Stage, Status, TextField, label},
    rule::CUSTOM,
    text::clean,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Every input of the form by name, as typed. Also the query parameters when the form comes back without scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeadFields(BTreeMap<String, String>);

/// Names and labels of the inputs, in the order of the form: what identifies a lead, then its one-line texts, its choices, and long texts.
pub fn inputs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |lines: bool| TextField::ALL.into_iter().filter(move |field| field.has_lines() == lines);
    let named = move |lines: bool| of(lines).map(|field| (field.name(), field.label()));
    FIRST.into_iter().chain(named(false)).chain(CHOICES).chain(named(true))
}

const FIRST: [(&str, &str); 2] = [("name", label::NAME), ("email", label::EMAIL)];
const CHOICES: [(&str, &str); 6] = [
    ("stage", label::STAGE),
    ("status", label::STATUS),
    ("consent", label::CONSENT),
    // In major units, with or without thousands separators: `24,000.50`.
    ("value", label::VALUE),
    // A user's id, or empty for no owner.
    ("owner", label::OWNER),
    // Separated by commas.
    ("tags", label::TAGS),
];

impl LeadFields {
    pub fn of(lead: &Lead) -> Self {
        let mut fields = Self::default();
        for field in TextField::ALL {
            fields.set(field.name(), lead.text(field).unwrap_or_default());
        }
        fields.set("name", &lead.name);
        fields.set("email", &lead.email);
        fields.set("stage", lead.stage.as_str());
        fields.set("status", lead.status.as_str());
        fields.set("consent", lead.consent.as_str());
        fields.set("value", &lead.value.map(major).unwrap_or_default());
        fields.set("owner", &lead.owner.map(|id| id.to_string()).unwrap_or_default());
        fields.set("tags", &lead.tags.join(", "));
        for (key, text) in &lead.custom {
            fields.set(&name_of_custom(key), text);
        }
        fields
    }

    /// # Errors
    /// `Invalid`, with one entry for each input that needs attention.
    pub fn new_lead(&self) -> Result<NewLead> {
        let mut errors = Vec::new();
        let mut new = NewLead {
            name: self.get("name").to_owned(),
            email: self.get("email").to_owned(),
            stage: word(self.get("stage"), &mut errors),
            status: word(self.get("status"), &mut errors),
            consent: word(self.get("consent"), &mut errors),
            value: keep(minor(self.get("value")), &mut errors),
            owner: keep(owner(self.get("owner")), &mut errors),
            tags: tags(self.get("tags")),
            custom: self.custom(|name| self.get(name)),
            ..NewLead::default()
        };
        for field in TextField::ALL {
            *new.text_mut(field) = Some(self.get(field.name()).to_owned());
        }
        match new.check() {
            Ok(new) if errors.is_empty() => Ok(new),
            Ok(_) => Err(Error::Invalid(errors)),
            Err(Error::Invalid(more)) => Err(Error::Invalid(errors.into_iter().chain(more).collect())),
            Err(other) => Err(other),
        }
    }

    /// The fields that differ from `base`, which holds the values that the editor saw. Those go along to detect conflicts.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each input that needs attention.
    pub fn edit(&self, base: &Self) -> Result<LeadEdit> {
        let mut errors = Vec::new();
        let set = self.patch(base, self, &mut errors);
        let set = match set.check() {
            Ok(set) if errors.is_empty() => set,
            Ok(_) => return Err(Error::Invalid(errors)),
            Err(Error::Invalid(more)) => return Err(Error::Invalid(errors.into_iter().chain(more).collect())),
            Err(other) => return Err(other),
        };
        let base = base.patch(self, self, &mut Vec::new());
        Ok(LeadEdit { set, base: Some(base), revision: None })
    }

    /// The own values of the inputs that were `sent` and differ from `other`.
    fn patch(&self, other: &Self, sent: &Self, errors: &mut Vec<FieldError>) -> LeadPatch {
        let was_sent = |name: &str| sent.0.contains_key(name);
        let differs = |name: &str| was_sent(name) && self.get(name) != other.get(name);
        // Compare as stored: browsers send a line break as two characters.
        let text = |name: &str| (was_sent(name) && clean(self.get(name)) != clean(other.get(name))).then(|| self.get(name).to_owned());
        let mut patch = LeadPatch {
            name: text("name"),
            email: text("email"),
            stage: differs("stage").then(|| word::<Stage>(self.get("stage"), errors)),
            status: differs("status").then(|| word::<Status>(self.get("status"), errors)),
            // Without a value from the form, consent stays as it is.
            consent: (differs("consent") && !self.get("consent").is_empty()).then(|| word::<Consent>(self.get("consent"), errors)),
            value: differs("value").then(|| keep(minor(self.get("value")), errors)),
            owner: differs("owner").then(|| keep(owner(self.get("owner")), errors)),
            tags: (was_sent("tags") && tags(self.get("tags")) != tags(other.get("tags"))).then(|| tags(self.get("tags"))),
            // All of them: those without an input, too.
            custom: self.names_of_custom().chain(other.names_of_custom()).any(|name| text(name).is_some()).then(|| {
                let both = Self(other.0.clone().into_iter().chain(self.0.clone()).collect());
                both.custom(|name| if was_sent(name) { self.get(name) } else { both.get(name) })
            }),
            ..LeadPatch::default()
        };
        for field in TextField::ALL {
            *patch.text_mut(field) = text(field.name());
        }
        patch
    }

    /// The typed values from the address of a form that came back; `None` if the address has none.
    pub fn of_query(query: &Params) -> Option<Self> {
        inputs().find(|(name, _)| query.get_str(name).is_some())?;
        let mut fields = Self::default();
        for (name, value) in query.iter().filter(|(name, _)| name.starts_with(CUSTOM)) {
            fields.set(name, value);
        }
        for (name, _) in inputs() {
            fields.set(name, query.get_str(name).unwrap_or_default());
        }
        Some(fields)
    }

    /// Name and value of every input.
    #[cfg(feature = "ssr")]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let known = inputs().map(|(name, _)| name).chain(self.names_of_custom());
        known.map(|name| (name.to_owned(), self.get(name).to_owned())).collect()
    }

    /// Names of the inputs of custom fields: `custom.` and the key.
    fn names_of_custom(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|name| name.starts_with(CUSTOM))
    }

    /// The values of custom fields by key.
    fn custom<'v>(&self, value: impl Fn(&str) -> &'v str) -> BTreeMap<String, String> {
        let values = self.names_of_custom().map(|name| (key_of(name), value(name).to_owned()));
        values.filter(|(_, text)| !text.is_empty()).collect()
    }

    /// Takes the value of a field of the API.
    pub fn take(&mut self, field: &str, theirs: &Self) {
        let input = input_of(field);
        self.set(&input, theirs.get(&input));
    }

    /// Value of an input by name; empty when it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }
}

/// Name of the input of a field of the API.
pub fn input_of(field: &str) -> String {
    field.strip_prefix(CUSTOM).map_or_else(|| field.to_owned(), name_of_custom)
}

/// Name of the input of a custom field. A form would read brackets as a list.
pub fn name_of_custom(key: &str) -> String {
    format!("{CUSTOM}{}", key.replace('%', "%25").replace('[', "%5B").replace(']', "%5D"))
}

/// The key of a custom field, from the name of its input.
fn key_of(name: &str) -> String {
    name.strip_prefix(CUSTOM).unwrap_or(name).replace("%5D", "]").replace("%5B", "[").replace("%25", "%")
}

fn keep<T: Default>(answer: Result<T>, errors: &mut Vec<FieldError>) -> T {
    match answer {
        Ok(value) => value,
        Err(Error::Invalid(more)) => {
            errors.extend(more);
            T::default()
        }
        Err(_) => T::default(),
    }
}

fn word<T: Default + std::str::FromStr<Err = Error>>(text: &str, errors: &mut Vec<FieldError>) -> T {
    if text.trim().is_empty() { T::default() } else { keep(text.parse(), errors) }
}

fn owner(text: &str) -> Result<Option<UserId>> {
    match text.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| Error::invalid("owner", "Choose a person from the list")),
    }
}

/// Splits at commas; drops empty tags.
pub fn tags(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// Formats minor units: `2400050` is `24,000.50`; whole amounts have no decimals.
pub fn major(minor: i64) -> String {
    let whole = domain::text::grouped(minor / 100);
    match minor % 100 {
        0 => whole,
        cents => format!("{whole}.{:02}", cents.abs()),
    }
}

/// Parses an amount in major units into minor units, by the same rules as an import.
fn minor(text: &str) -> Result<Option<i64>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    amount(text).map(Some).ok_or_else(|| Error::invalid("value", "Enter an amount such as 24,000.50 or 24.000,50"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(typed: &[(&str, &str)]) -> LeadFields {
        LeadFields(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn amounts_are_read_as_written() {
        for (text, expected) in
            [("", None), ("24,000.50", Some(2_400_050)), ("24.000,50 €", Some(2_400_050)), ("1 200.5", Some(120_050)), ("0", Some(0))]
        {
            assert_eq!(minor(text).unwrap(), expected, "{text}");
        }
        for text in ["n/a", "1.234,567", "12 34", "12k", "99999999999999999999"] {
            assert!(minor(text).is_err(), "{text}");
        }
        assert_eq!((major(2_400_050), major(120_000)), ("24,000.50".to_owned(), "1,200".to_owned()));
    }

    #[test]
    fn an_edit_holds_only_what_changed_and_what_was_seen() {
        let base = fields(&[("name", "Ana"), ("email", "a@b.example"), ("company", "Old"), ("tags", "a,b"), ("notes", "One\nTwo")]);
        let mut typed = base.clone();
        for (name, value) in [("company", ""), ("value", "5"), ("tags", "a, b"), ("notes", "One\r\nTwo")] {
            typed.set(name, value);
        }
        let edit = typed.edit(&base).unwrap();
        assert_eq!(edit.set, LeadPatch { company: Some(String::new()), value: Some(Some(500)), ..LeadPatch::default() });
        let part = fields(&[("name", "Ana"), ("company", "")]).edit(&base).unwrap();
        assert_eq!(part.set, LeadPatch { company: Some(String::new()), ..LeadPatch::default() }, "what was not sent stays");
        assert_eq!(edit.base, Some(LeadPatch { company: Some("Old".into()), value: Some(None), ..LeadPatch::default() }));
    }

    #[test]
    fn an_edit_of_a_custom_field_holds_all_of_them() {
        let base = fields(&[("name", "Ana"), ("custom.Plan", "Gold"), ("custom.Size", "L")]);
        let of = |values: &[(&str, &str)]| Some(values.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect());
        // The form has no input for the size.
        let edit = fields(&[("name", "Ana"), ("custom.Plan", "Silver"), ("custom.Age", "7")]).edit(&base).unwrap();
        assert_eq!(edit.set, LeadPatch { custom: of(&[("Age", "7"), ("Plan", "Silver"), ("Size", "L")]), ..LeadPatch::default() });
        assert_eq!(edit.base.unwrap().custom, of(&[("Plan", "Gold"), ("Size", "L")]));
        for key in ["Size [cm]", "100%5B", "%"] {
            assert_eq!(key_of(&name_of_custom(key)), key);
        }
        let edit = fields(&[("custom.Plan", "")]).edit(&base).unwrap();
        assert_eq!(edit.set.custom, of(&[("Size", "L")]));
        assert_eq!(fields(&[("custom.Plan", "Gold"), ("custom.Age", "")]).edit(&base).unwrap().set, LeadPatch::default());
    }

    #[test]
    fn every_wrong_input_is_named() {
        let typed = fields(&[("value", "much"), ("stage", "Hot")]);
        let Err(Error::Invalid(errors)) = typed.new_lead() else { panic!("accepted") };
        let mut fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["email", "name", "stage", "value"]);
    }
}
