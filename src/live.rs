//! What the one WebSocket of a tab (`/live`) carries, as JSON text frames.

use crate::{
    ActorRef, BulkId, CampaignId, ChangeId, Epoch, ImportId, LeadId, Origin, Record, UserId,
    activity::Activity,
    bulk::BulkProgress,
    dashboard::{Dashboard, Range},
    imports::ImportProgress,
    leads::StageSums,
    rule::Rule,
};
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use uuid::Uuid;

/// Both sides must speak the same; another number closes the socket with 4409.
pub const PROTOCOL: u32 = 2;

/// Close codes of `/live`.
pub mod close {
    /// The session ended or its role changed.
    pub const SESSION_OVER: u16 = 4401;
    pub const WRONG_PROTOCOL: u16 = 4409;
    /// More messages than anyone needs; reconnect later.
    pub const FLOODED: u16 = 4429;
    /// The server is going down; reconnect.
    pub const RESTART: u16 = 1012;
}

/// Data with the point in the log it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<T> {
    /// Every change up to this one is in `data`.
    pub as_of: i64,
    /// Changes in `data` that had no number yet (Postgres), so that nobody counts them twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<ChangeId>,
    pub data: T,
}

impl<T> Snapshot<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Snapshot<U> {
        Snapshot { as_of: self.as_of, pending: self.pending, data: f(self.data) }
    }
}

/// What a view is about. Equal queries share one evaluation on the server; see `Query::key`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Query {
    /// Membership and count; the order of rows is the client's.
    Leads {
        rule: Rule,
    },
    /// The same leads, summed up by stage.
    Board {
        rule: Rule,
    },
    /// How many leads match, without the leads.
    Count {
        rule: Rule,
    },
    /// One lead with its notes.
    Lead {
        id: LeadId,
    },
    /// Saved views: those that are shared, and one's own. The server says who asks.
    Views {
        seen_by: Option<UserId>,
    },
    Imports,
    Import {
        id: ImportId,
    },
    Bulk {
        id: BulkId,
    },
    Campaigns,
    /// Figures, read for all who watch; see `News`.
    Dashboard {
        range: Range,
    },
    /// What happens, in sentences; of one campaign or all.
    Activities {
        campaign: Option<CampaignId>,
        /// With what administrators do to people and keys. The server says who may.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        access: bool,
    },
    /// One campaign with its enrollments.
    Campaign {
        id: CampaignId,
    },
}

impl Query {
    /// Told by `ServerMessage::News` instead of deltas.
    pub fn is_news(&self) -> bool {
        match self {
            Self::Dashboard { .. } | Self::Activities { .. } => true,
            Self::Leads { .. }
            | Self::Board { .. }
            | Self::Count { .. }
            | Self::Lead { .. }
            | Self::Views { .. }
            | Self::Imports
            | Self::Import { .. }
            | Self::Bulk { .. }
            | Self::Campaigns
            | Self::Campaign { .. } => false,
        }
    }

    /// Of a query about leads: which.
    pub fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Leads { rule } | Self::Board { rule } | Self::Count { rule } => Some(rule),
            Self::Lead { .. }
            | Self::Views { .. }
            | Self::Imports
            | Self::Import { .. }
            | Self::Bulk { .. }
            | Self::Campaigns
            | Self::Campaign { .. }
            | Self::Dashboard { .. }
            | Self::Activities { .. } => None,
        }
    }

    /// Whether its deltas tell records, or the total alone.
    pub fn has_records(&self) -> bool {
        !matches!(self, Self::Count { .. })
    }

    /// The canonical text that tells queries apart.
    pub fn key(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What those who match a query add up to. Counted once, then moved by differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Total {
    /// Of `Query::Leads` and `Query::Count`: how many.
    Count(i64),
    /// Of `Query::Board`.
    Stages(StageSums),
}

impl Total {
    pub fn leads(self) -> i64 {
        match self {
            Self::Count(count) => count,
            Self::Stages(sums) => sums.leads(),
        }
    }

    pub fn stages(self) -> Option<StageSums> {
        match self {
            Self::Count(_) => None,
            Self::Stages(sums) => Some(sums),
        }
    }
}

impl AddAssign for Total {
    /// Both are of one query, so of one kind.
    fn add_assign(&mut self, by: Self) {
        match (self, by) {
            (Self::Count(count), Self::Count(by)) => *count += by,
            (Self::Stages(sums), Self::Stages(by)) => *sums += by,
            (Self::Count(_), Self::Stages(_)) | (Self::Stages(_), Self::Count(_)) => {}
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// First. `epoch` and `since` are what the client has from before, if anything.
    Hello {
        proto: u32,
        epoch: Option<Epoch>,
        since: Option<i64>,
    },
    /// `id` is the client's own name for it. Changes after `since` follow.
    Subscribe {
        id: u32,
        query: Query,
        since: i64,
    },
    Unsubscribe {
        id: u32,
    },
    /// Where this person is looking; absent when away.
    Presence {
        page: Option<String>,
        record: Option<Uuid>,
    },
    Pong,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    Welcome {
        epoch: Epoch,
        head: i64,
    },
    /// Answers `Subscribe`: frames for this query carry `query`, the server's name for it. Total as of `seq`.
    Subscribed {
        id: u32,
        query: u64,
        seq: i64,
        total: Option<Total>,
    },
    /// The changes up to `seq` that concern one query: one frame, encoded once, for all who watch it.
    Deltas {
        query: u64,
        seq: i64,
        total: Option<Total>,
        items: Vec<Delta>,
    },
    /// What a query that no delta can tell shows now: read at most four times a second, once for all who watch.
    News {
        query: u64,
        /// Every change up to this one is in it.
        seq: i64,
        /// How many changes it tells.
        changes: u32,
        news: News,
    },
    /// The log's head moved, with nothing for this socket's queries in it.
    Head {
        seq: i64,
    },
    /// Not from the log: coalesced to 4 Hz, may be lost.
    Progress {
        progress: Progress,
    },
    /// Who is here, each once.
    Presence {
        people: Vec<Person>,
    },
    /// Refetch: the subscription named, or everything when none is.
    Reset {
        id: Option<u32>,
        reason: String,
    },
    Ping,
}

/// How something that takes a while is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Progress {
    Import(ImportProgress),
    Bulk(BulkProgress),
}

impl Progress {
    /// The id of what is under way.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Import(import) => import.id.0,
            Self::Bulk(bulk) => bulk.id.0,
        }
    }

    /// Whoever watches one of these is told.
    pub fn queries(&self) -> Vec<Query> {
        match self {
            Self::Import(import) => vec![Query::Imports, Query::Import { id: import.id }],
            Self::Bulk(bulk) => vec![Query::Bulk { id: bulk.id }],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeltaOp {
    /// It matches now and did not before.
    Enter,
    Update,
    /// It matched before and does not now, or is gone.
    Leave,
    /// A set changed at once: refetch what is shown.
    Bulk,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    pub op: DeltaOp,
    pub change: ChangeId,
    pub seq: i64,
    pub origin: Option<Origin>,
    pub who: ActorRef,
    /// The record's id.
    pub id: Uuid,
    /// Its values now; on leave, its last ones, and of a saved view those that were last seen.
    pub record: Option<Record>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub page: Option<String>,
    pub record: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// All of it, as it is now.
    Dashboard(Box<Dashboard>),
    /// What happened since the last news, oldest first.
    Activities(Vec<Activity>),
    /// Too much happened: read again.
    Again,
}
