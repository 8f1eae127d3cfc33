//! The error type of the whole product: a sentence for people, a variant for code, and its problem document (RFC 9457).

use crate::{CampaignId, Entity, Record, accounts::User, fields::CustomField, segments::Segment, views::View};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What is wrong with one field, and how to correct it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Name of the field in the API (camelCase, dots for nesting).
    pub field: String,
    /// A sentence that names the remedy.
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Why an operation failed. Nothing was written when one of these is returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// 400: the request itself could not be read.
    #[error("{0}")]
    Malformed(String),
    /// 401.
    #[error("Sign in, or send an API key as `Authorization: Bearer …`")]
    Unauthorized,
    /// 401 from a sign-in form; does not reveal whether the e-mail or the password was wrong.
    #[error("E-mail or password is wrong")]
    BadCredentials,
    /// 403.
    #[error("{0}")]
    Forbidden(String),
    /// 404.
    #[error("{entity} not found")]
    NotFound { entity: String, id: String },
    /// 409: another record has this value of `field`, which must be unique.
    #[error("{existing}")]
    Duplicate { field: String, existing: Box<Existing> },
    /// 409: someone else changed the same fields first. `theirs` is the current record; ours is in the request.
    #[error("Changed by someone else meanwhile: {}", .fields.join(", "))]
    Stale { fields: Vec<String>, theirs: Box<Record> },
    /// 409: not possible in the present state.
    #[error("{0}")]
    Conflict(String),
    /// 413, with the limit in bytes.
    #[error("Too large: at most {limit} bytes")]
    TooLarge { limit: u64 },
    /// 422.
    #[error("{}", .0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// 429.
    #[error("Too many attempts; wait {retry_after} s")]
    TooMany { retry_after: u32 },
    /// 429: the sender has as much as one may have. Says what to do.
    #[error("{0}")]
    QuotaFull(String),
    /// 503: try again.
    #[error("{0}")]
    Unavailable(String),
    /// 507: nothing more can be written.
    #[error("The disk is full. Nothing was changed; free some space, then try again")]
    DiskFull,
    /// 500. The cause is logged with the request id and never sent to the client.
    #[error("Something went wrong; nothing was changed. Try again")]
    Internal,
}

/// A lead's id, name and e-mail, to name it and link to it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadRef {
    pub id: crate::LeadId,
    pub name: String,
    pub email: String,
}

/// A campaign's id and name, to name it and link to it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignRef {
    pub id: CampaignId,
    pub name: String,
}

/// The record that already has a unique value, with what is needed to name it and link to it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existing {
    pub entity: Entity,
    pub id: Uuid,
    pub name: String,
    /// Only for leads and users, whose e-mail is unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl From<LeadRef> for Existing {
    fn from(lead: LeadRef) -> Self {
        Self { entity: Entity::Lead, id: lead.id.0, name: lead.name, email: Some(lead.email) }
    }
}

impl From<CampaignRef> for Existing {
    fn from(campaign: CampaignRef) -> Self {
        Self { entity: Entity::Campaign, id: campaign.id.0, name: campaign.name, email: None }
    }
}

impl From<CustomField> for Existing {
    fn from(field: CustomField) -> Self {
        Self { entity: Entity::Field, id: field.id.0, name: field.label, email: None }
    }
}

impl From<View> for Existing {
    fn from(view: View) -> Self {
        Self { entity: Entity::View, id: view.id.0, name: view.name, email: None }
    }
}

impl From<Segment> for Existing {
    fn from(segment: Segment) -> Self {
        Self { entity: Entity::Segment, id: segment.id.0, name: segment.name, email: None }
    }
}

impl From<User> for Existing {
    fn from(user: User) -> Self {
        Self { entity: Entity::User, id: user.id.0, name: user.name, email: Some(user.email) }
    }
}

impl fmt::Display for Existing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.email {
            Some(email) => write!(f, "{} already has the e-mail {email}", self.name),
            None if self.entity == Entity::Order => {
                write!(f, "The order {} is there with other content; delete that one first, or send another id", self.name)
            }
            None => write!(f, "A {} named “{}” exists already; choose another name", self.entity.label(), self.name),
        }
    }
}

/// Most fields of an `Invalid` that are sent.
const FIELDS_MAX: usize = 20;
/// Characters from which a text of an error is shortened to its beginning, which names what was sent, and its end, which has the remedy.
const TEXT_MAX: usize = 1_000;
const BEGINNING: usize = 200;
const END: usize = 300;
/// Most characters of all messages of an error together.
const DETAIL_MAX: usize = 2_000;

fn shorten(text: &mut String) {
    let length = text.chars().count();
    if length > TEXT_MAX {
        let beginning = text.chars().take(BEGINNING);
        let end = text.chars().skip(length - END);
        *text = beginning.chain(" … ".chars()).chain(end).collect();
    }
}

impl Error {
    /// The error as it is sent: bounded, however long the values are that it quotes, and however many mistakes there are.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        match &mut self {
            Self::Malformed(text) | Self::Forbidden(text) | Self::Conflict(text) | Self::QuotaFull(text) | Self::Unavailable(text) => {
                shorten(text);
            }
            Self::NotFound { entity, id } => {
                shorten(entity);
                shorten(id);
            }
            Self::Invalid(errors) => {
                errors.truncate(FIELDS_MAX);
                for FieldError { field, message } in errors {
                    shorten(field);
                    shorten(message);
                }
            }
            // These quote records, whose texts have limits, or nothing.
            Self::Duplicate { .. }
            | Self::Stale { .. }
            | Self::Unauthorized
            | Self::BadCredentials
            | Self::TooLarge { .. }
            | Self::TooMany { .. }
            | Self::DiskFull
            | Self::Internal => {}
        }
        self
    }

    /// `Invalid` with one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// `existing` already has this value of `field`.
    pub fn duplicate(field: &str, existing: impl Into<Existing>) -> Self {
        Self::Duplicate { field: field.to_owned(), existing: Box::new(existing.into()) }
    }

    pub fn not_found(entity: &str, id: impl ToString) -> Self {
        Self::NotFound { entity: entity.to_owned(), id: id.to_string() }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Unauthorized | Self::BadCredentials => 401,
            Self::Forbidden(_) => 403,
            Self::NotFound { .. } => 404,
            Self::Duplicate { .. } | Self::Stale { .. } | Self::Conflict(_) => 409,
            Self::TooLarge { .. } => 413,
            Self::Invalid(_) => 422,
            Self::TooMany { .. } | Self::QuotaFull(_) => 429,
            Self::Internal => 500,
            Self::Unavailable(_) => 503,
            Self::DiskFull => 507,
        }
    }

    /// The message that a form shows beside `field`, if this error is about it.
    pub fn on_field(&self, field: &str) -> Option<String> {
        match self {
            Self::Invalid(errors) => errors.iter().find(|error| error.field == field).map(|error| error.message.clone()),
            Self::Duplicate { field: taken, .. } if taken == field => Some(self.to_string()),
            Self::BadCredentials if field == "password" => Some(self.to_string()),
            _ => None,
        }
    }

    /// The problem document for the response, bounded.
    pub fn problem(&self) -> Problem {
        self.clone().bounded().written()
    }

    fn written(&self) -> Problem {
        let (kind, title) = match self {
            Self::Malformed(_) => ("malformed", "The request could not be read"),
            Self::Unauthorized | Self::BadCredentials => ("unauthorized", "Unauthorized"),
            Self::Forbidden(_) => ("forbidden", "Not allowed"),
            Self::NotFound { .. } => ("not-found", "Not found"),
            Self::Duplicate { .. } => ("duplicate", "Already exists"),
            Self::Stale { .. } => ("stale", "Changed by someone else"),
            Self::Conflict(_) => ("conflict", "Not possible now"),
            Self::TooLarge { .. } => ("too-large", "Too large"),
            Self::Invalid(_) => ("invalid", "Some fields need attention"),
            Self::TooMany { .. } => ("too-many", "Too many requests"),
            Self::QuotaFull(_) => ("quota-full", "Your limit is reached"),
            Self::Unavailable(_) => ("unavailable", "Try again"),
            Self::DiskFull => ("disk-full", "The disk is full"),
            Self::Internal => ("internal", "Something went wrong"),
        };
        let detail: String = self.to_string().chars().take(DETAIL_MAX).collect();
        Problem {
            kind: format!("/problems/{kind}"),
            title: title.to_owned(),
            status: self.status(),
            success: false,
            message: detail.clone(),
            error: match self {
                Self::Unauthorized => "Unauthorized".to_owned(),
                _ => detail.clone(),
            },
            detail,
            errors: match self {
                Self::Invalid(errors) => errors.clone(),
                Self::Duplicate { field, .. } => vec![FieldError::new(field, self.to_string())],
                _ => Vec::new(),
            },
            existing: match self {
                Self::Duplicate { existing, .. } => Some((**existing).clone()),
                _ => None,
            },
            fields: match self {
                Self::Stale { fields, .. } => fields.clone(),
                _ => Vec::new(),
            },
            theirs: match self {
                Self::Stale { theirs, .. } => Some(theirs.clone()),
                _ => None,
            },
            details: None,
        }
    }
}

/// Body of every error response, `application/problem+json`: RFC 9457, with the members that clients of the replaced systems read.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// Always `false`.
    pub success: bool,
    /// Same as `detail`.
    pub message: String,
    /// Same as `detail`, or the text that clients of the replaced systems compare with.
    pub error: String,
    /// A second sentence, only where clients of a replaced system show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The record that has the e-mail or the name, for a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<Existing>,
    /// The fields that differ, for a stale edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The current lead or campaign, for a stale edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object, required = false))]
    pub theirs: Option<Box<Record>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However much is sent, its error is small: the texts are in the problem up to four times.
    #[test]
    fn errors_are_bounded() {
        let long = "ä".repeat(10_000);
        let message = format!("“{long}” is no number; write one");
        let many = Error::Invalid(vec![FieldError::new(&long, &message); 100]);
        for error in [many, Error::Malformed(message.clone()), Error::Conflict(message), Error::not_found(&long, &long)] {
            let problem = error.problem();
            assert!(serde_json::to_string(&problem).unwrap().len() < 60_000, "{}", problem.title);
            assert!(serde_json::to_string(&error.bounded()).unwrap().len() < 50_000, "{}", problem.title);
            assert!(problem.errors.len() <= FIELDS_MAX);
            for one in problem.errors {
                assert!(one.message.starts_with("“ä") && one.message.ends_with("is no number; write one"), "{}", one.message);
            }
        }
        let short = Error::invalid("name", "Enter a name");
        assert_eq!(short.clone().bounded(), short);
    }
}
