//! People who sign in, their sessions, and keys for programs.

mod invite;
mod key;

pub use invite::{INVITE_DAYS, Invite, RESET_DAYS};
pub use key::{ApiKey, KEY_DAYS_MAX, NewKey};

use crate::{
    Error, FieldError, Result, Role, SessionId, Timestamp, UserId,
    bulk::Bulk,
    text::{clean, normalise_email},
};
use serde::{Deserialize, Serialize};

pub const PASSWORD_MIN: usize = 10;
/// Longer ones would only make hashing slow.
pub const PASSWORD_MAX: usize = 1_000;

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    pub revision: i64,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
    /// When the present password was chosen; absent until the first one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_at: Option<Timestamp>,
    /// Until when a one-time link to choose a password works; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_until: Option<Timestamp>,
    /// When an administrator last ended sessions of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_out_at: Option<Timestamp>,
    /// Since when they may not sign in any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
}

impl User {
    /// Someone new: without a password, or with one that was chosen just now.
    pub fn new(id: UserId, email: String, name: String, role: Role, now: Timestamp, has_password: bool) -> Self {
        Self {
            id,
            revision: 1,
            email,
            name,
            role,
            created_at: now,
            password_at: has_password.then_some(now),
            link_until: None,
            signed_out_at: None,
            deactivated_at: None,
        }
    }

    pub fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

/// What everyone who reads may know of a person.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Colleague {
    pub id: UserId,
    pub name: String,
    /// They can sign in, and own leads that come.
    pub active: bool,
}

/// What became of someone whose access was taken away.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deactivated {
    pub user: User,
    /// The bulk action that hands over their leads: it can be undone.
    pub leads: Bulk,
}

/// A user before they exist.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password: String,
    pub role: Role,
}

impl NewUser {
    /// The same, cleaned and normalised; the password is taken as typed.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        match check_name(&self.name) {
            Ok(name) => self.name = name,
            Err(error) => errors.push(error),
        }
        match normalise_email(&self.email) {
            Ok(email) => self.email = email,
            Err(error) => errors.push(error),
        }
        errors.extend(check_password(&self.password).err());
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}

/// The name, cleaned.
///
/// # Errors
/// On `name`: empty, or more than 100 characters.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    let name = clean(name);
    if name.is_empty() || name.chars().count() > 100 {
        return Err(FieldError::new("name", "Enter your name, at most 100 characters"));
    }
    Ok(name)
}

/// Whether a new password will do.
///
/// # Errors
/// On `password`, with what would do.
pub fn check_password(password: &str) -> Result<(), FieldError> {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return Err(FieldError::new("password", format!("Use at least {PASSWORD_MIN} characters; a few words are good")));
    }
    if length > PASSWORD_MAX {
        return Err(FieldError::new("password", format!("Use at most {PASSWORD_MAX} characters")));
    }
    Ok(())
}

/// One signed-in browser, as its owner sees it in a list.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// The browser's own description, cut to 200 characters.
    pub agent: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// The one that asks.
    pub current: bool,
}

/// Where a password is typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// A browser that signed in to this account before, or that is signed in.
    Known,
    Unknown,
}

/// A secret that is shown once: a session token, an API key or the token of a link, with what it opens.
#[derive(Clone)]
pub struct Secret<T> {
    pub secret: String,
    pub of: T,
}
