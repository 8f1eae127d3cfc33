//! A bulk action: one action on many leads, recorded as one change. It can be cancelled while it runs, and undone.

mod action;

pub use action::BulkAction;

use crate::{
    Actor, Error, Op, Permission, Recorded, Result, Timestamp, id::ids, leads::Selection, record::Concerned, rights, words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

ids! {
    /// One bulk action on a set of leads.
    BulkId,
}

words! {
    /// Status of a bulk action. Running → done, cancelled or failed; each of these → undoing → undone.
    BulkStatus, "status", default Running {
        Running = "running", "Running";
        Done = "done", "Done";
        Cancelled = "cancelled", "Stopped";
        Failed = "failed", "Failed";
        Undoing = "undoing", "Undoing";
        Undone = "undone", "Undone";
    }
}

/// The action and its leads. A rule selects the leads that match when their batch is read, each once, and no lead created since the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewBulk {
    pub action: BulkAction,
    pub which: Selection,
}

impl NewBulk {
    /// # Errors
    /// `Invalid`, with one entry for each field that needs attention.
    pub fn check(self) -> Result<Self> {
        match (self.action.check(), self.which.check()) {
            (Ok(action), Ok(which)) => Ok(Self { action, which }),
            (Err(Error::Invalid(mut errors)), Err(Error::Invalid(more))) => {
                errors.extend(more);
                Err(Error::Invalid(errors))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

/// A bulk action with its progress and result.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bulk {
    pub id: BulkId,
    pub revision: i64,
    pub action: BulkAction,
    pub status: BulkStatus,
    /// Number of leads: those selected; during an undo, those that were changed.
    pub total: i64,
    /// Number of leads processed so far.
    pub done: i64,
    /// Number of leads that were changed. The others already had the value, or are gone.
    pub changed: i64,
    /// Number of leads left out: not enrolled, because they may not be contacted; not tagged, because they have 50 tags; not restored, because
    /// another lead has their e-mail now.
    #[serde(default)]
    pub left_out: i64,
    /// Verb phrase: `moved 12,480 leads to Negotiation`; after the undo, `moved 12,480 leads back from Negotiation`.
    pub what: String,
    /// Why it failed, with status `failed`. With status `undone`: the leads that were not restored, at most 20 by name, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    /// When it ended. During an undo: when the action itself ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// Progress of a running bulk action or its undo. Not stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkProgress {
    pub id: BulkId,
    pub status: BulkStatus,
    pub total: i64,
    pub done: i64,
    pub changed: i64,
    pub leads_per_second: f64,
}

impl Bulk {
    /// The right to start it. Whoever stops or undoes it needs the same.
    ///
    /// # Errors
    /// `Forbidden`, naming the least role.
    pub fn require(&self, actor: &Actor) -> Result<()> {
        actor.require(self.action.permission())?;
        rights::require_size(actor, Permission::LargeBulk, self.total)
    }
}

impl BulkStatus {
    /// The job has ended: nothing more happens without a request.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed | Self::Undone)
    }
}

impl Recorded for Bulk {
    const LIVE: Option<Permission> = Some(Permission::Read);

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

impl Bulk {
    /// It has ended, and there are leads to undo.
    pub fn can_undo(&self) -> bool {
        self.to_undo() > 0
    }

    /// Number of leads that an undo looks at: those that were changed, and after the undo of a deletion those that it left out.
    pub fn to_undo(&self) -> i64 {
        match self.status {
            BulkStatus::Done | BulkStatus::Cancelled | BulkStatus::Failed => self.changed,
            BulkStatus::Undone if self.action == (BulkAction::Delete {}) => self.left_out,
            BulkStatus::Undone | BulkStatus::Running | BulkStatus::Undoing => 0,
        }
    }
}
