//! Input for a new lead.

use super::{Connection, Consent, Lead, Stage, Status, TAGS_MAX, TEXT_MAX, TextField, custom::check_custom, texts::each_lead_text};
use crate::{
    Error, FieldError, LeadId, Result, Timestamp, UserId, given,
    text::{clean_line, normalise_email, same},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! define {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was $was:tt)?;)+) => {
        /// Fields of a new lead. Only `name` and `email` are required.
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct NewLead {
            #[serde(deserialize_with = "given::present")]
            pub name: String,
            #[serde(deserialize_with = "given::present")]
            pub email: String,
            $(pub $field: Option<String>,)+
            #[serde(deserialize_with = "given::present")]
            pub status: Status,
            #[serde(deserialize_with = "given::present")]
            pub connection: Connection,
            #[serde(deserialize_with = "given::present")]
            pub stage: Stage,
            #[serde(deserialize_with = "given::present")]
            pub engaged: bool,
            pub owner: Option<UserId>,
            /// Minor units (cents), not negative.
            pub value: Option<i64>,
            #[serde(deserialize_with = "given::present")]
            pub score: i32,
            #[serde(deserialize_with = "given::present")]
            pub consent: Consent,
            #[serde(deserialize_with = "given::present_or_empty")]
            pub tags: Vec<String>,
            #[serde(deserialize_with = "given::present_or_empty")]
            pub custom: BTreeMap<String, String>,
            /// When it was last contacted.
            pub last_contacted_at: Option<Timestamp>,
        }

        impl NewLead {
            /// The lead at revision 1.
            pub fn into_lead(self, id: LeadId, now: Timestamp) -> Lead {
                Lead {
                    id,
                    revision: 1,
                    edited: 1,
                    name: self.name,
                    email: self.email,
                    $($field: self.$field,)+
                    status: self.status,
                    connection: self.connection,
                    stage: self.stage,
                    stage_at: now,
                    engaged: self.engaged,
                    owner: self.owner,
                    value: self.value,
                    score: self.score,
                    total_spend: 0,
                    visits: 0,
                    last_active_at: None,
                    consent: self.consent,
                    tags: self.tags,
                    custom: self.custom,
                    last_activity: "Lead created".to_owned(),
                    last_activity_at: now,
                    last_contacted_at: self.last_contacted_at,
                    import_id: None,
                    created_at: now,
                    updated_at: now,
                }
            }
        }
    };
}
each_lead_text!(define);

impl NewLead {
    /// Cleans, normalises and checks all fields. Forms call it before they send, and the service before it writes.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        self.name = clean_line(&self.name);
        if self.name.is_empty() {
            errors.push(FieldError::new("name", "Enter a name"));
        }
        match normalise_email(&self.email) {
            Ok(email) => self.email = email,
            Err(error) => errors.push(error),
        }
        for (field, text) in TextField::ALL.into_iter().zip(self.texts_mut()) {
            *text = text.as_deref().map(|text| field.clean(text)).filter(|text| !text.is_empty());
        }
        self.linkedin_url = self.linkedin_url.map(web_link);
        check_length("name", Some(&self.name), TEXT_MAX, &mut errors);
        check_texts(self.texts(), &mut errors);
        check_link(self.linkedin_url.as_deref(), &mut errors);
        check_numbers(self.value, Some(self.score), &mut errors);
        self.tags = check_tags(self.tags, &mut errors);
        self.custom = check_custom(self.custom, &mut errors);
        errors.extend(self.too_large().filter(|_| errors.is_empty()));
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}

/// Checks the length of each text.
pub(super) fn check_texts(texts: [&Option<String>; TextField::ALL.len()], errors: &mut Vec<FieldError>) {
    for (field, text) in TextField::ALL.into_iter().zip(texts) {
        check_length(field.name(), text.as_deref(), field.max(), errors);
    }
}

pub(crate) fn check_length(field: &str, text: Option<&str>, max: usize, errors: &mut Vec<FieldError>) {
    if text.is_some_and(|text| text.chars().count() > max) {
        errors.push(FieldError::new(field, format!("At most {max} characters; shorten it or move the rest to the notes")));
    }
}

/// Lower-cases the scheme (`HTTPS://`), and adds `https://` to `linkedin.com/in/x` and `//linkedin.com/in/x`.
pub(crate) fn web_link(url: String) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().any(|byte| byte.is_ascii_uppercase()) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
        Some(_) => url,
        None => {
            let rest = url.strip_prefix("//").unwrap_or(&url);
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if host.contains('.') && !host.contains('@') && !rest.contains(':') && !rest.contains(char::is_whitespace) {
                format!("https://{rest}")
            } else {
                url
            }
        }
    }
}

/// Only web links are allowed: a stored `javascript:` link would run in another user's browser.
pub(crate) fn check_link(url: Option<&str>, errors: &mut Vec<FieldError>) {
    let leads_somewhere = |url: &str| {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
    };
    if url.is_some_and(|url| !leads_somewhere(url)) {
        errors.push(FieldError::new("linkedinUrl", "Enter a web link, such as https://www.linkedin.com/in/name"));
    }
}

pub(super) fn check_numbers(value: Option<i64>, score: Option<i32>, errors: &mut Vec<FieldError>) {
    if value.is_some_and(|value| !(0..=1_000_000_000_000_000).contains(&value)) {
        errors.push(FieldError::new("value", "Enter an amount from 0 to 10,000,000,000,000.00"));
    }
    if score.is_some_and(|score| !(0..=100).contains(&score)) {
        errors.push(FieldError::new("score", "Enter a score from 0 to 100"));
    }
}

/// Trimmed, without empty tags and duplicates, in the given order. Tags are compared case-insensitively; the first spelling stays.
pub(super) fn check_tags(tags: Vec<String>, errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags.iter().map(|tag| clean_line(tag)).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > 60 || tag.contains([',', '\n', '\t']) {
            errors.push(FieldError::new("tags", "A tag has at most 60 characters and no commas"));
        } else if !has_tag(&kept, &tag) {
            kept.push(tag);
        }
    }
    if kept.len() > TAGS_MAX {
        errors.push(FieldError::new("tags", format!("A lead has at most {TAGS_MAX} tags")));
    }
    kept
}

/// Whether `tags` contains `tag`, compared case-insensitively.
pub fn has_tag(tags: &[String], tag: &str) -> bool {
    tags.iter().any(|one| same(one, tag))
}

/// `tags` in the spelling that `existing` has for them.
pub(super) fn tags_spelled_as(existing: &[String], tags: Vec<String>) -> Vec<String> {
    let spelled = |tag: String| existing.iter().find(|one| same(one, &tag)).cloned().unwrap_or(tag);
    tags.into_iter().map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = NewLead {
            name: "x".repeat(100_000),
            email: "nobody".into(),
            linkedin_url: Some("javascript:alert(1)".into()),
            score: 101,
            value: Some(-1),
            ..NewLead::default()
        };
        let Err(Error::Invalid(errors)) = wrong.check() else { panic!("accepted") };
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["email", "name", "linkedinUrl", "value", "score"]);
    }

    #[test]
    fn links_and_addresses_are_read_as_people_copy_them() {
        let link = |url: &str| {
            let new = NewLead { name: "Ana".into(), email: "MailTo:ana@b.example?subject=x".into(), ..NewLead::default() };
            NewLead { linkedin_url: Some(url.to_owned()), ..new }.check().map(|new| (new.email, new.linkedin_url.unwrap()))
        };
        for (url, kept) in [
            ("linkedin.com/in/ana", "https://linkedin.com/in/ana"),
            ("//linkedin.com/in/ana", "https://linkedin.com/in/ana"),
            ("HTTPS://L.example/In", "https://L.example/In"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(link(url).unwrap(), ("ana@b.example".to_owned(), kept.to_owned()), "{url}");
        }
        for bad in [
            "https://",
            "https:///x",
            "//",
            "javascript:alert(1)",
            "javascript://x.example",
            "x",
            "see a.example",
            "ftp://a.example",
            "ana@b.example",
        ] {
            assert!(link(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn checking_normalises() {
        let new = NewLead {
            name: " Ana\0 ".into(),
            email: "A@B.example ".into(),
            company: Some("  ".into()),
            tags: vec!["vip".into(), " vip ".into(), String::new()],
            ..NewLead::default()
        };
        let new = new.check().unwrap();
        assert_eq!((new.name.as_str(), new.email.as_str(), new.company, new.tags), ("Ana", "a@b.example", None, vec!["vip".to_owned()]));
    }
}
