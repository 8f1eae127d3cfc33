//! Invitations and password links: the person who opens the link chooses the password.

use super::check_name;
use crate::{Error, Result, Role, text::normalise_email};
use serde::{Deserialize, Serialize};

/// Days that the link of a user without a password is valid.
pub const INVITE_DAYS: i64 = 7;
/// Days that the reset link of a user with a password is valid.
pub const RESET_DAYS: i64 = 1;

/// Input for a new user without a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    pub email: String,
    pub name: String,
    pub role: Role,
}

impl Invite {
    /// Cleans and normalises the fields.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(self) -> Result<Self> {
        match (check_name(&self.name), normalise_email(&self.email)) {
            (Ok(name), Ok(email)) => Ok(Self { email, name, role: self.role }),
            (name, email) => Err(Error::Invalid([name.err(), email.err()].into_iter().flatten().collect())),
        }
    }
}
