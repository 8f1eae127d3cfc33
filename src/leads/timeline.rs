//! What happened to a lead, newest first, read from the change log.

use super::{Lead, StageMove};
use crate::{ActorRef, ChangeId, LeadId, NoteId, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: NoteId,
    pub lead_id: LeadId,
    pub body: String,
    pub author: String,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineItem {
    pub id: ChangeId,
    pub at: Timestamp,
    pub who: ActorRef,
    pub kind: TimelineKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TimelineKind {
    Created,
    /// By an import, with the file's name.
    Imported {
        file: String,
    },
    /// One field, as people read it.
    Changed {
        field: String,
        from: Option<String>,
        to: Option<String>,
    },
    Moved {
        from: super::Stage,
        to: super::Stage,
    },
    Noted {
        note: Note,
    },
    Deleted,
    Restored,
}

/// Everything a lead's page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadDetail {
    pub lead: Lead,
    pub owner_name: Option<String>,
    pub stage_history: Vec<StageMove>,
    /// Newest first, at most 200.
    pub timeline: Vec<TimelineItem>,
}
