//! A patch of a lead: fields that it does not name stay unchanged.

use super::{
    Connection, Consent, Lead, NOTES_MAX, Stage, Status, TEXT_MAX,
    custom::check_custom,
    new::{check_length, check_link, check_numbers, check_tags, web_link},
};
use crate::{
    Error, FieldError, Result, UserId, given,
    text::{clean, normalise_email},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fields to set. Absent means unchanged. An empty text or `null` clears an optional field, and `null` clears tags and custom fields. For
/// fields that always have a value (name, e-mail, status, connection, stage, engaged, score, consent) `null` is an error.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LeadPatch {
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub company: Option<String>,
    // `position` in older rows.
    #[serde(alias = "position", skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub linkedin_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub status: Option<Status>,
    // `connectionStatus` in older rows.
    #[serde(alias = "connectionStatus", skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub connection: Option<Connection>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub engaged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub owner: Option<Option<UserId>>,
    /// Minor units (cents).
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>))]
    pub value: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub score: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value")]
    pub consent: Option<Consent>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub customer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
    pub custom: Option<BTreeMap<String, String>>,
}

/// Calls `$do` for each field, with its name in the API and its kind: `text` (optional, empty = none) or `plain`.
macro_rules! each_field {
    ($do:ident) => {
        $do!(name, "name", plain);
        $do!(email, "email", plain);
        $do!(company, "company", text);
        $do!(title, "title", text);
        $do!(phone, "phone", text);
        $do!(location, "location", text);
        $do!(linkedin_url, "linkedinUrl", text);
        $do!(notes, "notes", text);
        $do!(status, "status", plain);
        $do!(connection, "connection", plain);
        $do!(stage, "stage", plain);
        $do!(engaged, "engaged", plain);
        $do!(owner, "owner", plain);
        $do!(value, "value", plain);
        $do!(score, "score", plain);
        $do!(consent, "consent", plain);
        $do!(tags, "tags", plain);
        $do!(customer_id, "customerId", text);
        $do!(custom, "custom", plain);
    };
}
pub(super) use each_field;

impl LeadPatch {
    /// Cleans, normalises and checks all fields.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        for text in [
            &mut self.company,
            &mut self.title,
            &mut self.phone,
            &mut self.location,
            &mut self.linkedin_url,
            &mut self.notes,
            &mut self.customer_id,
        ] {
            *text = text.as_deref().map(clean);
        }
        self.linkedin_url = self.linkedin_url.map(web_link);
        if let Some(name) = &mut self.name {
            *name = clean(name);
            if name.is_empty() {
                errors.push(FieldError::new("name", "Enter a name"));
            }
        }
        if let Some(email) = &mut self.email {
            match normalise_email(email) {
                Ok(normal) => *email = normal,
                Err(error) => errors.push(error),
            }
        }
        check_length("name", self.name.as_deref(), TEXT_MAX, &mut errors);
        check_length("company", self.company.as_deref(), TEXT_MAX, &mut errors);
        check_length("title", self.title.as_deref(), TEXT_MAX, &mut errors);
        check_length("phone", self.phone.as_deref(), TEXT_MAX, &mut errors);
        check_length("location", self.location.as_deref(), TEXT_MAX, &mut errors);
        check_length("linkedinUrl", self.linkedin_url.as_deref(), TEXT_MAX, &mut errors);
        check_length("customerId", self.customer_id.as_deref(), TEXT_MAX, &mut errors);
        check_length("notes", self.notes.as_deref(), NOTES_MAX, &mut errors);
        check_link(self.linkedin_url.as_deref().filter(|url| !url.is_empty()), &mut errors);
        check_numbers(self.value.flatten(), self.score, &mut errors);
        self.tags = self.tags.map(|tags| check_tags(tags, &mut errors));
        self.custom = self.custom.map(|custom| check_custom(custom, &mut errors));
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }

    /// Sets the named fields. Revision and times are set by `LeadEdit::apply`.
    pub fn set_on(&self, lead: &mut Lead) {
        macro_rules! set {
            ($field:ident, $name:literal, plain) => {
                if let Some(to) = &self.$field {
                    lead.$field = to.clone();
                }
            };
            ($field:ident, $name:literal, text) => {
                if let Some(to) = &self.$field {
                    lead.$field = (!to.is_empty()).then(|| to.clone());
                }
            };
        }
        each_field!(set);
    }

    /// Names of the fields whose value in `lead` differs from this patch.
    pub fn differing(&self, lead: &Lead) -> Vec<&'static str> {
        let mut fields = Vec::new();
        macro_rules! compare {
            ($field:ident, $name:literal, plain) => {
                if self.$field.as_ref().is_some_and(|value| *value != lead.$field) {
                    fields.push($name);
                }
            };
            ($field:ident, $name:literal, text) => {
                if self.$field.as_deref().is_some_and(|value| value != lead.$field.as_deref().unwrap_or_default()) {
                    fields.push($name);
                }
            };
        }
        each_field!(compare);
        fields
    }

    /// The patch of an edit from `before` to `after`.
    #[must_use]
    pub fn between(before: &Lead, after: &Lead) -> Self {
        let mut set = Self::default();
        macro_rules! keep {
            ($field:ident, $name:literal, plain) => {
                set.$field = (before.$field != after.$field).then(|| after.$field.clone());
            };
            ($field:ident, $name:literal, text) => {
                set.$field = (before.$field != after.$field).then(|| after.$field.clone().unwrap_or_default());
            };
        }
        each_field!(keep);
        set
    }

    /// The current values of the fields that `self` sets: the `base` of an edit, and its undo image.
    #[must_use]
    pub fn values_in(&self, lead: &Lead) -> Self {
        let mut base = Self::default();
        macro_rules! read {
            ($field:ident, $name:literal, plain) => {
                base.$field = self.$field.as_ref().map(|_| lead.$field.clone());
            };
            ($field:ident, $name:literal, text) => {
                base.$field = self.$field.as_ref().map(|_| lead.$field.clone().unwrap_or_default());
            };
        }
        each_field!(read);
        base
    }
}
