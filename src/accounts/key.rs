//! API keys: the credentials of programs.

use crate::{
    Error, FieldError, Op, Recorded, Result, Role, Timestamp,
    activity::{ActivityKind, Names, Word},
    id::ids,
    record::Concerned,
    text::clean_line,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids!(ApiKeyId);

/// Longest validity of a key that expires, in days.
pub const KEY_DAYS_MAX: u32 = 3_650;

/// An API key, without its secret.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub role: Role,
    /// The first characters of the key, to tell keys apart; the full key is never stored.
    pub prefix: String,
    pub created_at: Timestamp,
    /// When it expires; `None` = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

impl Recorded for ApiKey {
    fn id(&self) -> Uuid {
        self.id.0
    }

    fn said(&self, op: Op, _: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        let verb = match op {
            Op::Create => "created the API key",
            Op::Delete => "revoked the API key",
            Op::Update | Op::Restore | Op::Bulk => return None,
        };
        Some((ActivityKind::Access, verb, Word::strong(&self.name)))
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

/// Input for a new API key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    pub name: String,
    pub role: Role,
    /// Days until it expires, 1–3,650; `None` = never.
    #[serde(default)]
    pub days: Option<u32>,
}

impl NewKey {
    /// Cleans the name.
    ///
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        self.name = clean_line(&self.name);
        if self.name.is_empty() || self.name.chars().count() > 100 {
            errors.push(FieldError::new("name", "Give the key a name of at most 100 characters, such as the program that uses it"));
        }
        if self.days.is_some_and(|days| !(1..=KEY_DAYS_MAX).contains(&days)) {
            errors.push(FieldError::new("days", format!("Give 1 to {KEY_DAYS_MAX} days, or none for a key that does not expire")));
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}
