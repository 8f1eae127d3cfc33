//! A bulk action: one thing done to many leads, as one change that can be stopped half-way and taken back.

mod action;

pub use action::BulkAction;

use crate::{Actor, BulkId, Error, Permission, Result, Timestamp, leads::Selection, rights, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// Where a bulk action stands. Running → done, cancelled or failed; each of these → undoing → undone.
    BulkStatus, "status", default Running {
        Running = "running", "Running";
        Done = "done", "Done";
        Cancelled = "cancelled", "Stopped";
        Failed = "failed", "Failed";
        Undoing = "undoing", "Undoing";
        Undone = "undone", "Undone";
    }
}

/// What to do, and to which leads. A rule means the leads that match when their turn comes, each once, and none that came since.
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

/// Whether the actor may do something to this many leads at once.
///
/// # Errors
/// `Forbidden` for more than `rights::LARGE`, without the permission.
pub fn require_size(actor: &Actor, leads: i64) -> Result<()> {
    if leads > rights::LARGE { actor.require(Permission::LargeBulk) } else { Ok(()) }
}

#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bulk {
    pub id: BulkId,
    pub revision: i64,
    pub action: BulkAction,
    pub status: BulkStatus,
    /// How many leads it is about: those selected, and while it is taken back those that it changed.
    pub total: i64,
    /// How many of them were looked at so far.
    pub done: i64,
    /// How many of those were changed; the others were so already, or are gone.
    pub changed: i64,
    /// How many did not come into the campaign because they may not be contacted.
    #[serde(default)]
    pub left_out: i64,
    /// A sentence's middle: `moved 12,480 leads to Negotiation`; once undone, `moved 12,480 leads back from Negotiation`.
    pub what: String,
    /// Why it failed, for `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    /// When it was over; while it is taken back, when it had been done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// Ephemeral: how a running bulk action, or its undo, is doing.
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

impl BulkStatus {
    /// Nothing more happens by itself.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed | Self::Undone)
    }
}

impl Bulk {
    /// It did something, and that can be taken back.
    pub fn can_undo(&self) -> bool {
        self.changed > 0 && matches!(self.status, BulkStatus::Done | BulkStatus::Cancelled | BulkStatus::Failed)
    }
}
