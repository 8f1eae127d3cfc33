//! People who sign in, their sessions, and keys for programs.

use crate::{
    ApiKeyId, Error, FieldError, Result, Role, SessionId, Timestamp, UserId,
    text::{clean, normalise_email},
};
use serde::{Deserialize, Serialize};

pub const PASSWORD_MIN: usize = 10;
/// Longer ones would only make hashing slow.
pub const PASSWORD_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    pub revision: i64,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub created_at: Timestamp,
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
        self.name = clean(&self.name);
        if self.name.is_empty() || self.name.chars().count() > 100 {
            errors.push(FieldError::new("name", "Enter your name, at most 100 characters"));
        }
        match normalise_email(&self.email) {
            Ok(email) => self.email = email,
            Err(error) => errors.push(error),
        }
        let length = self.password.chars().count();
        if length < PASSWORD_MIN {
            errors.push(FieldError::new("password", format!("Use at least {PASSWORD_MIN} characters; a few words are good")));
        } else if length > PASSWORD_MAX {
            errors.push(FieldError::new("password", format!("Use at most {PASSWORD_MAX} characters")));
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}

/// One signed-in browser, as its owner sees it in a list.
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub role: Role,
    /// The first characters of the key, to tell keys apart; the rest is never kept.
    pub prefix: String,
    pub created_at: Timestamp,
}

/// A secret that is shown once: a session token or an API key, with what it opens.
#[derive(Clone)]
pub struct Secret<T> {
    pub secret: String,
    pub of: T,
}
