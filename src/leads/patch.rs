//! A patch of a lead: fields that it does not name stay unchanged.

use super::{
    Connection, Consent, Lead, Stage, Status, TEXT_MAX, TextField,
    custom::check_custom,
    new::{check_length, check_link, check_numbers, check_tags, check_texts, web_link},
    texts::each_lead_text,
};
use crate::{
    Error, FieldError, Result, Timestamp, UserId, given,
    text::{clean_line, normalise_email},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! define {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was [$($was:literal),*])?;)+) => {
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
            $(
                #[serde($($(alias = $was,)*)? skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
                pub $field: Option<String>,
            )+
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
            pub tags: Option<Vec<String>>,
            #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_empty")]
            pub custom: Option<BTreeMap<String, String>>,
            /// A contact sets it too.
            #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given::value_or_none")]
            #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
            pub last_contacted_at: Option<Option<Timestamp>>,
        }
    };
}
each_lead_text!(define);

/// Calls `$do` for each field but the texts, with its name in the API.
macro_rules! each_field {
    ($do:ident) => {
        $do!(name, "name");
        $do!(email, "email");
        $do!(status, "status");
        $do!(connection, "connection");
        $do!(stage, "stage");
        $do!(engaged, "engaged");
        $do!(owner, "owner");
        $do!(value, "value");
        $do!(score, "score");
        $do!(consent, "consent");
        $do!(tags, "tags");
        $do!(custom, "custom");
        $do!(last_contacted_at, "lastContactedAt");
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
        for (field, text) in TextField::ALL.into_iter().zip(self.texts_mut()) {
            *text = text.as_deref().map(|text| field.clean(text));
        }
        self.linkedin_url = self.linkedin_url.map(web_link);
        if let Some(name) = &mut self.name {
            *name = clean_line(name);
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
        check_texts(self.texts(), &mut errors);
        check_link(self.linkedin_url.as_deref().filter(|url| !url.is_empty()), &mut errors);
        check_numbers(self.value.flatten(), self.score, &mut errors);
        self.tags = self.tags.map(|tags| check_tags(tags, &mut errors));
        self.custom = self.custom.map(|custom| check_custom(custom, &mut errors));
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }

    /// Sets the named fields. Revision and times are set by `LeadEdit::apply`.
    pub fn set_on(&self, lead: &mut Lead) {
        macro_rules! set {
            ($field:ident, $name:literal) => {
                if let Some(to) = &self.$field {
                    lead.$field = to.clone();
                }
            };
        }
        each_field!(set);
        for (to, text) in self.texts().into_iter().zip(lead.texts_mut()) {
            if let Some(to) = to {
                *text = (!to.is_empty()).then(|| to.clone());
            }
        }
    }

    /// Names of the fields whose value in `lead` differs from this patch.
    pub fn differing(&self, lead: &Lead) -> Vec<&'static str> {
        let mut fields = Vec::new();
        macro_rules! compare {
            ($field:ident, $name:literal) => {
                if self.$field.as_ref().is_some_and(|value| *value != lead.$field) {
                    fields.push($name);
                }
            };
        }
        each_field!(compare);
        for (field, (to, text)) in TextField::ALL.into_iter().zip(self.texts().into_iter().zip(lead.texts())) {
            if to.as_ref().is_some_and(|to| *to != text.as_deref().unwrap_or_default()) {
                fields.push(field.name());
            }
        }
        fields
    }

    /// The patch of an edit from `before` to `after`.
    #[must_use]
    pub fn between(before: &Lead, after: &Lead) -> Self {
        let mut set = Self::default();
        macro_rules! keep {
            ($field:ident, $name:literal) => {
                set.$field = (before.$field != after.$field).then(|| after.$field.clone());
            };
        }
        each_field!(keep);
        for (set, (before, after)) in set.texts_mut().into_iter().zip(before.texts().into_iter().zip(after.texts())) {
            *set = (before != after).then(|| after.clone().unwrap_or_default());
        }
        set
    }

    /// The current values of the fields that `self` sets: the `base` of an edit, and its undo image.
    #[must_use]
    pub fn values_in(&self, lead: &Lead) -> Self {
        let mut base = Self::default();
        macro_rules! read {
            ($field:ident, $name:literal) => {
                base.$field = self.$field.as_ref().map(|_| lead.$field.clone());
            };
        }
        each_field!(read);
        for (base, (set, text)) in base.texts_mut().into_iter().zip(self.texts().into_iter().zip(lead.texts())) {
            *base = set.as_ref().map(|_| text.clone().unwrap_or_default());
        }
        base
    }
}
