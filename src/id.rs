//! Ids are newtypes over UUID (version 7 when the server creates them), so that ids of different entities cannot be confused.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Visitor},
};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Error message for a request with something else where an id is expected.
const NO_ID: &str = "Not an id; give it as lists show it, such as 0198c5a2-7b1e-7c44-9f0a-3d2f5b6a7c8d";

struct IdText;

impl Visitor<'_> for IdText {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id as text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Uuid, E> {
        Uuid::parse_str(text).map_err(|_| E::custom(NO_ID))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        #[cfg(feature = "openapi")]
        crate::openapi::text!([] $name, utoipa::openapi::ObjectBuilder::new().format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Uuid))));

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(IdText).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    LeadId,
    NoteId,
    ImportId,
    CampaignId,
    /// One bulk action on a set of leads.
    BulkId,
    /// One step of a campaign's sequence.
    StepId,
    UserId,
    SessionId,
    ApiKeyId,
    /// A saved view of the leads.
    ViewId,
    /// One row of the change log.
    ChangeId,
    /// Chosen by the client for a write; the delta that confirms the write carries it.
    Origin,
    /// Identifies the history of a database; a restore creates a new one.
    Epoch,
}
