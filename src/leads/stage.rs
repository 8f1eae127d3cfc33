//! The pipeline: ordered stages, with moves between any two; each move is recorded.

use crate::{Error, Result, Timestamp, words::words};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

words! {
    /// In order; the databases store `Stage::rank`.
    Stage, "stage", default NewLead {
        NewLead = "New Lead", "New Lead";
        InitialContact = "Initial Contact", "Initial Contact";
        MeetingScheduled = "Meeting Scheduled", "Meeting Scheduled";
        ProposalSent = "Proposal Sent", "Proposal Sent";
        Negotiation = "Negotiation", "Negotiation";
        ClosedWon = "Closed Won", "Closed Won";
        ClosedLost = "Closed Lost", "Closed Lost";
    }
}

impl Stage {
    pub const COUNT: usize = Self::ALL.len();

    pub fn from_rank(rank: i64) -> Option<Self> {
        usize::try_from(rank).ok().and_then(|rank| Self::ALL.get(rank).copied())
    }
}

/// One entry of a lead's stage history; `from` is `None` for the first.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageMove {
    pub from: Option<Stage>,
    pub to: Stage,
    pub at: Timestamp,
    /// Name of the user who moved it.
    pub by: String,
}
