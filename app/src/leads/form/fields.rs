//! The lead form as text: its inputs, and their conversion into a new lead or an edit.

use crate::address::Params;
use domain::{
    Error, FieldError, Result, UserId,
    amount::amount,
    leads::{Consent, Lead, LeadEdit, LeadPatch, NewLead, Stage, Status, label},
    text::clean,
};
use serde::{Deserialize, Serialize};

/// Every input of the form by name, as typed. Also the query parameters when the form comes back without scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LeadFields {
    pub name: String,
    pub email: String,
    pub company: String,
    /// `position` in forms that were opened before.
    #[serde(alias = "position")]
    pub title: String,
    pub phone: String,
    pub location: String,
    pub linkedin_url: String,
    pub stage: String,
    pub status: String,
    pub consent: String,
    /// Major units, with or without thousands separators: `24,000.50`.
    pub value: String,
    /// A user's id, or empty for no owner.
    pub owner: String,
    /// Separated by commas.
    pub tags: String,
    pub notes: String,
}

impl LeadFields {
    pub fn of(lead: &Lead) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            name: lead.name.clone(),
            email: lead.email.clone(),
            company: text(&lead.company),
            title: text(&lead.title),
            phone: text(&lead.phone),
            location: text(&lead.location),
            linkedin_url: text(&lead.linkedin_url),
            stage: lead.stage.to_string(),
            status: lead.status.to_string(),
            consent: lead.consent.to_string(),
            value: lead.value.map(major).unwrap_or_default(),
            owner: lead.owner.map(|id| id.to_string()).unwrap_or_default(),
            tags: lead.tags.join(", "),
            notes: text(&lead.notes),
        }
    }

    /// # Errors
    /// `Invalid`, with one entry for each input that needs attention.
    pub fn new_lead(&self) -> Result<NewLead> {
        let mut errors = Vec::new();
        let new = NewLead {
            name: self.name.clone(),
            email: self.email.clone(),
            company: Some(self.company.clone()),
            title: Some(self.title.clone()),
            phone: Some(self.phone.clone()),
            location: Some(self.location.clone()),
            linkedin_url: Some(self.linkedin_url.clone()),
            notes: Some(self.notes.clone()),
            stage: word(&self.stage, &mut errors),
            status: word(&self.status, &mut errors),
            consent: word(&self.consent, &mut errors),
            value: keep(minor(&self.value), &mut errors),
            owner: keep(owner(&self.owner), &mut errors),
            tags: tags(&self.tags),
            ..NewLead::default()
        };
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
        let set = self.patch(base, &mut errors);
        let set = match set.check() {
            Ok(set) if errors.is_empty() => set,
            Ok(_) => return Err(Error::Invalid(errors)),
            Err(Error::Invalid(more)) => return Err(Error::Invalid(errors.into_iter().chain(more).collect())),
            Err(other) => return Err(other),
        };
        let base = base.patch(self, &mut Vec::new());
        Ok(LeadEdit { set, base: Some(base), revision: None })
    }

    /// The own values of all inputs that differ from `other`.
    fn patch(&self, other: &Self, errors: &mut Vec<FieldError>) -> LeadPatch {
        // Compare as stored: browsers send a line break as two characters.
        let text = |mine: &String, other: &String| (clean(mine) != clean(other)).then(|| mine.clone());
        LeadPatch {
            name: text(&self.name, &other.name),
            email: text(&self.email, &other.email),
            company: text(&self.company, &other.company),
            title: text(&self.title, &other.title),
            phone: text(&self.phone, &other.phone),
            location: text(&self.location, &other.location),
            linkedin_url: text(&self.linkedin_url, &other.linkedin_url),
            notes: text(&self.notes, &other.notes),
            stage: (self.stage != other.stage).then(|| word::<Stage>(&self.stage, errors)),
            status: (self.status != other.status).then(|| word::<Status>(&self.status, errors)),
            // Without a value from the form, consent stays as it is.
            consent: (self.consent != other.consent && !self.consent.is_empty()).then(|| word::<Consent>(&self.consent, errors)),
            value: (self.value != other.value).then(|| keep(minor(&self.value), errors)),
            owner: (self.owner != other.owner).then(|| keep(owner(&self.owner), errors)),
            tags: (tags(&self.tags) != tags(&other.tags)).then(|| tags(&self.tags)),
            ..LeadPatch::default()
        }
    }

    /// The typed values from the address of a form that came back; `None` if the address has none.
    pub fn of_query(query: &Params) -> Option<Self> {
        LABELS.iter().find(|(name, _)| query.get_str(name).is_some())?;
        let mut fields = Self::default();
        for (name, _) in LABELS {
            fields.set(name, query.get_str(name).unwrap_or_default());
        }
        Some(fields)
    }

    /// Name and value of every input.
    #[cfg(feature = "ssr")]
    pub fn pairs(&self) -> Vec<(String, String)> {
        LABELS.iter().map(|(name, _)| ((*name).to_owned(), self.get(name).to_owned())).collect()
    }

    /// Value of an input by name.
    pub fn get(&self, name: &str) -> &str {
        match name {
            "name" => &self.name,
            "email" => &self.email,
            "company" => &self.company,
            "title" => &self.title,
            "phone" => &self.phone,
            "location" => &self.location,
            "linkedinUrl" => &self.linkedin_url,
            "stage" => &self.stage,
            "status" => &self.status,
            "consent" => &self.consent,
            "value" => &self.value,
            "owner" => &self.owner,
            "tags" => &self.tags,
            "notes" => &self.notes,
            _ => "",
        }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        let field = match name {
            "name" => &mut self.name,
            "email" => &mut self.email,
            "company" => &mut self.company,
            "title" => &mut self.title,
            "phone" => &mut self.phone,
            "location" => &mut self.location,
            "linkedinUrl" => &mut self.linkedin_url,
            "stage" => &mut self.stage,
            "status" => &mut self.status,
            "consent" => &mut self.consent,
            "value" => &mut self.value,
            "owner" => &mut self.owner,
            "tags" => &mut self.tags,
            "notes" => &mut self.notes,
            _ => return,
        };
        value.clone_into(field);
    }
}

/// Names and labels of the inputs, in the order of the form.
pub const LABELS: &[(&str, &str)] = &[
    ("name", label::NAME),
    ("email", label::EMAIL),
    ("company", label::COMPANY),
    ("title", label::TITLE),
    ("phone", label::PHONE),
    ("location", label::LOCATION),
    ("linkedinUrl", label::LINKEDIN),
    ("stage", label::STAGE),
    ("status", label::STATUS),
    ("consent", label::CONSENT),
    ("value", label::VALUE),
    ("owner", label::OWNER),
    ("tags", label::TAGS),
    ("notes", label::NOTES),
];

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
    amount(text).map(Some).ok_or_else(|| Error::invalid("value", "Enter an amount such as 24,000.50 or 24.000,50 €"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let base = LeadFields {
            name: "Ana".into(),
            email: "a@b.example".into(),
            company: "Old".into(),
            tags: "a,b".into(),
            notes: "One\nTwo".into(),
            ..LeadFields::default()
        };
        let typed =
            LeadFields { company: String::new(), value: "5".into(), tags: "a, b".into(), notes: "One\r\nTwo".into(), ..base.clone() };
        let edit = typed.edit(&base).unwrap();
        assert_eq!(edit.set, LeadPatch { company: Some(String::new()), value: Some(Some(500)), ..LeadPatch::default() });
        assert_eq!(edit.base, Some(LeadPatch { company: Some("Old".into()), value: Some(None), ..LeadPatch::default() }));
    }

    #[test]
    fn every_wrong_input_is_named() {
        let typed = LeadFields { value: "much".into(), stage: "Hot".into(), ..LeadFields::default() };
        let Err(Error::Invalid(errors)) = typed.new_lead() else { panic!("accepted") };
        let mut fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["email", "name", "stage", "value"]);
    }
}
