//! Adding someone by a link: whoever opens it chooses the password.

use super::check_name;
use crate::{Error, Result, Role, text::normalise_email};
use serde::{Deserialize, Serialize};

/// Days that the link of someone who has no password yet works.
pub const INVITE_DAYS: i64 = 7;
/// Days that the link of someone who forgot the password works.
pub const RESET_DAYS: i64 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    pub email: String,
    pub name: String,
    pub role: Role,
}

impl Invite {
    /// The same, cleaned and normalised.
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
