//! Ids are newtypes over UUID (version 7 where the server makes them), so that one kind is never taken for another.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// One bulk action: a set of leads changed at once.
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
    /// Chosen by whoever asks for a write; comes back in the delta that confirms it.
    Origin,
    /// The identity of a database's history; a restore gives it a new one.
    Epoch,
}
