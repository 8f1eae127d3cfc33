//! Users, their sessions, and API keys.

mod invite;
mod key;
mod own;

pub use invite::{INVITE_DAYS, Invite, RESET_DAYS};
pub use key::{ApiKey, ApiKeyId, KEY_DAYS_MAX, NewKey};
pub use own::OwnPatch;

use crate::{
    Error, FieldError, Op, Recorded, Result, Role, Timestamp,
    bulk::Bulk,
    id::ids,
    record::Concerned,
    text::{clean_line, normalise_email},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids! {
    UserId,
    SessionId,
}

/// Shortest password, in characters.
pub const PASSWORD_MIN: usize = 10;
/// Upper limit, because hashing a longer password only costs time.
pub const PASSWORD_MAX: usize = 1_000;

/// A person with an account.
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
    /// When the present password was chosen; `None` for a user without a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_at: Option<Timestamp>,
    /// When the open one-time link to choose a password expires; `None` when there is no link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_until: Option<Timestamp>,
    /// When an administrator last ended sessions of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_out_at: Option<Timestamp>,
    /// When the user was deactivated; a deactivated user cannot sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
    /// The time zone in which the user reads times, an IANA name such as `Europe/Berlin`; `None`: the workspace's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

impl Recorded for User {
    fn id(&self) -> Uuid {
        self.id.0
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

impl User {
    /// A new user: without a password, or with one chosen at `now`.
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
            time_zone: None,
        }
    }

    /// The user is not deactivated.
    pub fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

/// The part of a user that everyone with the right to read may see.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Colleague {
    pub id: UserId,
    pub name: String,
    /// Can sign in, and can be made the owner of leads.
    pub active: bool,
}

/// Result of deactivating a user.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deactivated {
    pub user: User,
    /// The bulk action that gives their leads to another owner or to nobody; it can be undone.
    pub leads: Bulk,
}

/// Input for a new user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub password: String,
    pub role: Role,
}

impl NewUser {
    /// Cleans and normalises name and e-mail; the password stays as typed.
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

/// Cleans a person's name.
///
/// # Errors
/// On `name`: empty, or more than 100 characters.
pub fn check_name(name: &str) -> Result<String, FieldError> {
    let name = clean_line(name);
    if name.is_empty() || name.chars().count() > 100 {
        return Err(FieldError::new("name", "Enter your name, at most 100 characters"));
    }
    Ok(name)
}

/// Checks the length of a new password.
///
/// # Errors
/// On `password`, naming the allowed length.
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

/// One signed-in browser, as shown in the list of sessions.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    /// The `User-Agent` of the browser, cut to 200 characters.
    pub agent: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    /// The session of this request.
    pub current: bool,
}

/// Whether a sign-in comes from a browser that is known for the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// A browser that has signed in to this account before, or is signed in now.
    Known,
    Unknown,
}

/// A secret that is shown once (session token, API key or link token), with the record it belongs to.
#[derive(Clone)]
pub struct Secret<T> {
    pub secret: String,
    pub of: T,
}
