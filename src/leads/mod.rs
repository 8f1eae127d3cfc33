//! A lead is a person; all people are leads. Unique by normalised e-mail.

mod board;
pub(crate) mod contact;
mod custom;
mod customer;
mod edit;
mod facets;
pub mod label;
mod new;
mod note;
mod outreach;
mod patch;
mod query;
mod selection;
mod size;
mod stage;
mod texts;
mod timeline;
mod undo_patch;

pub use board::{Board, BoardColumn, BoardQuery, StageSum, StageSums};
pub(crate) use custom::spelled_as;
pub use custom::{CUSTOM_MAX, Custom, KEY_MAX, with_own_keys};
pub use customer::NewCustomer;
pub use edit::LeadEdit;
pub use facets::{Connection, Consent, Status};
pub use new::{NewLead, has_tag};
pub(crate) use new::{check_length, check_link, web_link};
pub use note::{EditedNote, LeadMessage, Note, NoteId, SavedNote};
pub use outreach::{MessageKind, MessageStatus, Outreach};
pub use patch::LeadPatch;
pub use query::{Cursor, LeadPage, LeadQuery, Sort, SortColumn, SortKey};
pub use selection::Selection;
pub use size::LEAD_MAX;
pub use stage::{Stage, StageMove};
pub use texts::{Filter, TextField};
pub use timeline::{LeadDetail, MESSAGE_SENT, SHOWN, TimelineItem, TimelineKind, differences, shown};

use crate::{
    ChangeId, ImportId, Op, Recorded, Timestamp, UserId,
    id::ids,
    record::Concerned,
    text::{folded, normalise_email},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

ids!(LeadId);

/// Longest single-line text field, in characters.
pub const TEXT_MAX: usize = 500;
/// Most tags that a lead can have.
pub const TAGS_MAX: usize = 50;
/// Longest notes field, in characters.
pub const NOTES_MAX: usize = 100_000;

/// A saved lead, and the change for undo; `None` when nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLead {
    pub lead: Lead,
    pub undo: Option<ChangeId>,
}

macro_rules! define {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was [$($was:literal),*])?;)+) => {
        /// A lead. Absent fields are left out of JSON.
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct Lead {
            pub id: LeadId,
            /// Incremented by every write to this lead; the higher revision wins.
            pub revision: i64,
            /// Revision of the last edit. Tasks in campaigns, notes and computed figures increment only `revision`.
            #[serde(default)]
            pub edited: i64,
            pub name: String,
            /// Normalised, and unique.
            pub email: String,
            $(
                #[serde(default, $($(alias = $was,)*)? skip_serializing_if = "Option::is_none")]
                pub $field: Option<String>,
            )+

            // outreach
            pub status: Status,
            // `connectionStatus` in older rows.
            #[serde(alias = "connectionStatus")]
            pub connection: Connection,

            // pipeline
            pub stage: Stage,
            /// When it entered `stage`.
            pub stage_at: Timestamp,
            pub engaged: bool,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub owner: Option<UserId>,
            /// Expected revenue in minor units (cents).
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub value: Option<i64>,
            /// 0–100, from scoring rules.
            pub score: i32,

            // customer: maintained by orders
            /// Minor units (cents).
            pub total_spend: i64,
            pub visits: i64,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub last_active_at: Option<Timestamp>,

            pub consent: Consent,
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub tags: Vec<String>,
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            pub custom: BTreeMap<String, String>,

            /// A short phrase for the latest activity, such as `Lead created`.
            pub last_activity: String,
            // `lastActivityDate` in older rows.
            #[serde(alias = "lastActivityDate")]
            pub last_activity_at: Timestamp,
            /// When it was last contacted: by a request, a message or a call of ours (`contact`), or the time that a person has set. `None`: never.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub last_contacted_at: Option<Timestamp>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub import_id: Option<ImportId>,
            pub created_at: Timestamp,
            pub updated_at: Timestamp,
        }
    };
}
texts::each_lead_text!(define);

impl Recorded for Lead {
    fn id(&self) -> Uuid {
        self.id.0
    }

    fn lead_id(&self) -> Option<LeadId> {
        Some(self.id)
    }

    fn in_live_list(self) -> Self {
        self.in_list()
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Lead(self.id)
    }
}

impl Lead {
    /// Subscribed, and not marked “do not contact”. Other leads are not enrolled in campaigns.
    pub fn may_be_contacted(&self) -> bool {
        self.consent == Consent::Subscribed && self.connection != Connection::DoNotContact
    }

    /// The lead as lists and boards show it: without notes and custom fields.
    #[must_use]
    pub fn in_list(self) -> Self {
        Self { notes: None, custom: BTreeMap::new(), ..self }
    }

    /// A deleted lead when it is restored: the next revision, with its e-mail and custom keys in today's normal form. `edited` is set as
    /// well, so that a strict edit of an older revision is stale.
    #[must_use]
    pub fn restored(self) -> Self {
        let (email, revision) = (normalise_email(&self.email).unwrap_or(self.email), self.revision + 1);
        Self { email, custom: with_own_keys(self.custom), revision, edited: revision, ..self }
    }

    /// The folded text that search runs on: name, e-mail, company, title and notes, one line each. Folded text contains no line feeds.
    pub fn search_text(&self) -> String {
        let mut search = folded(&self.name).into_owned();
        for text in [Some(self.email.as_str()), self.company.as_deref(), self.title.as_deref(), self.notes.as_deref()] {
            search.push('\n');
            search.push_str(&folded(text.unwrap_or_default()));
        }
        search
    }
}
