//! Messages of the WebSocket `/live` (one per tab), as JSON text frames.

use crate::{
    ActorRef, CampaignId, ChangeId, Entity, LeadId, Record, UserId,
    activity::Activity,
    bulk::BulkProgress,
    dashboard::{Dashboard, Range},
    exports::ExportProgress,
    id::ids,
    imports::ImportProgress,
    ingest::IngestState,
    leads::StageSums,
    rule::Rule,
};
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use uuid::Uuid;

ids! {
    /// Chosen by the client for a write; the delta that confirms the write carries it.
    Origin,
    /// Identifies the history of a database; a restore creates a new one.
    Epoch,
}

/// Version of the messages. When client and server differ, the socket is closed with 4409.
pub const PROTOCOL: u32 = 4;

/// Close codes of `/live`.
pub mod close {
    /// The session ended or its role changed.
    pub const SESSION_OVER: u16 = 4401;
    /// The client's protocol version differs; load the page again.
    pub const WRONG_PROTOCOL: u16 = 4409;
    /// The client sent too many messages; reconnect later.
    pub const FLOODED: u16 = 4429;
    /// The client reads more slowly than changes come; reconnect and read again.
    pub const SLOW: u16 = 4408;
    /// Another connection took its place; do not reconnect.
    pub const REPLACED: u16 = 4410;
    /// The server is going down; reconnect.
    pub const RESTART: u16 = 1012;
}

/// Data with its position in the change log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<T> {
    /// `data` contains every change up to this `seq`.
    pub as_of: i64,
    /// Changes in `data` that had no `seq` yet (Postgres), so that no client counts them twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<ChangeId>,
    pub data: T,
}

impl<T> Snapshot<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Snapshot<U> {
        Snapshot { as_of: self.as_of, pending: self.pending, data: f(self.data) }
    }
}

/// The query of a subscription. Equal queries share one evaluation on the server; see `Query::key`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Query {
    /// Membership and count; the client orders the rows.
    Leads { rule: Rule },
    /// The same leads, with sums by stage.
    Board { rule: Rule },
    /// The number of leads that match, without the leads.
    Count { rule: Rule },
    /// One lead with its notes.
    Lead { id: LeadId },
    /// All records of a kind that has `Entity::live`. Of hidden ones those that `seen_by` sees, which the server sets to the user of the
    /// session.
    List {
        kind: Entity,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen_by: Option<UserId>,
    },
    /// One record of such a kind.
    One { kind: Entity, id: Uuid },
    /// Figures, read once for all subscribers; see `News`.
    Dashboard { range: Range },
    /// Activities of one campaign or of all.
    Activities {
        campaign: Option<CampaignId>,
        /// Include what administrators do to users and keys. The server sets it by the actor's permission.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        access: bool,
    },
    /// Which tags leads have, and on how many. Subscribers read again.
    Tags {},
    /// One campaign with its enrollments.
    Campaign { id: CampaignId },
}

impl Query {
    /// All records of this kind.
    pub fn list(kind: Entity) -> Self {
        Self::List { kind, seen_by: None }
    }

    /// Whether updates come as `ServerMessage::News` instead of deltas.
    pub fn is_news(&self) -> bool {
        match self {
            Self::Dashboard { .. } | Self::Activities { .. } | Self::Tags {} => true,
            Self::Leads { .. }
            | Self::Board { .. }
            | Self::Count { .. }
            | Self::Lead { .. }
            | Self::List { .. }
            | Self::One { .. }
            | Self::Campaign { .. } => false,
        }
    }

    /// The rule of a query about leads.
    pub fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Leads { rule } | Self::Board { rule } | Self::Count { rule } => Some(rule),
            Self::Lead { .. }
            | Self::List { .. }
            | Self::One { .. }
            | Self::Campaign { .. }
            | Self::Dashboard { .. }
            | Self::Activities { .. }
            | Self::Tags {} => None,
        }
    }

    /// Whether its deltas carry records; otherwise they carry the total alone.
    pub fn has_records(&self) -> bool {
        !matches!(self, Self::Count { .. })
    }

    /// Canonical text of the query: equal for equal queries.
    pub fn key(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Total of the leads that match a query. Counted once, then updated by differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Total {
    /// Number of leads, for `Query::Leads` and `Query::Count`.
    Count(i64),
    /// Sums by stage, for `Query::Board`.
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
    /// Both totals are of the same query, hence of the same variant; others are ignored.
    fn add_assign(&mut self, by: Self) {
        match (self, by) {
            (Self::Count(count), Self::Count(by)) => *count += by,
            (Self::Stages(sums), Self::Stages(by)) => *sums += by,
            (Self::Count(_), Self::Stages(_)) | (Self::Stages(_), Self::Count(_)) => {}
        }
    }
}

/// Messages from the client to the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Must be the first message. `epoch` and `since` are those of the previous connection, if any.
    Hello {
        proto: u32,
        epoch: Option<Epoch>,
        since: Option<i64>,
    },
    /// `id` is chosen by the client. The server sends the changes after `since`.
    Subscribe {
        id: u32,
        query: Query,
        since: i64,
    },
    Unsubscribe {
        id: u32,
    },
    /// The page and the record that this user has open; `None` when away.
    Presence {
        page: Option<String>,
        record: Option<Uuid>,
    },
    Pong,
}

/// Messages from the server to the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    Welcome {
        epoch: Epoch,
        head: i64,
    },
    /// Response to `Subscribe`: frames of this query carry `query`, its number on the server. `total` is as of `seq`.
    Subscribed {
        id: u32,
        query: u64,
        seq: i64,
        total: Option<Total>,
    },
    /// The changes up to `seq` that concern one query. The frame is encoded once for all subscribers.
    Deltas {
        query: u64,
        seq: i64,
        total: Option<Total>,
        items: Vec<Delta>,
    },
    /// Full result of a query that has no deltas. Read at most 4 times per second, shared by all subscribers.
    News {
        query: u64,
        /// `news` contains every change up to this `seq`.
        seq: i64,
        /// Number of changes since the previous `News`.
        changes: u32,
        news: News,
    },
    /// The head of the log moved, with no change for the queries of this socket.
    Head {
        seq: i64,
    },
    /// Progress of a job. Not from the log: coalesced to 4 Hz, and may be lost.
    Progress {
        progress: Progress,
    },
    /// The users who are online, each once.
    Presence {
        people: Vec<Person>,
    },
    /// The client must refetch: the subscription `id`, or everything when `id` is `None`.
    Reset {
        id: Option<u32>,
        reason: String,
    },
    Ping,
}

/// Progress of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Progress {
    Import(ImportProgress),
    Bulk(BulkProgress),
    Export(ExportProgress),
    Ingest(IngestState),
}

impl Progress {
    /// Id of the import, bulk action or export; nil for ingestion.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Import(import) => import.id.0,
            Self::Bulk(bulk) => bulk.id.0,
            Self::Export(export) => export.id.0,
            Self::Ingest(_) => Uuid::nil(),
        }
    }

    /// The queries whose subscribers receive this progress.
    pub fn queries(&self) -> Vec<Query> {
        match self {
            Self::Import(_) => vec![Query::list(Entity::Import), Query::One { kind: Entity::Import, id: self.id() }],
            Self::Bulk(_) => vec![Query::One { kind: Entity::Bulk, id: self.id() }],
            Self::Export(export) => vec![Query::List { kind: Entity::Export, seen_by: export.owner }],
            // What is ingested is no record of the log; whoever shows it follows the orders that came of it.
            Self::Ingest(_) => vec![Query::list(Entity::Order)],
        }
    }
}

/// Effect of a change on the result of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeltaOp {
    /// The record matches now and did not before.
    Enter,
    Update,
    /// The record matched before and does not now, or was deleted.
    Leave,
    /// A set of records changed at once: refetch what is shown.
    Bulk,
}

/// The effect of one change on the result of one query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    pub op: DeltaOp,
    pub change: ChangeId,
    pub seq: i64,
    pub origin: Option<Origin>,
    pub who: ActorRef,
    /// The record's id.
    pub id: Uuid,
    /// The record after the change. On `leave` its last values; for a saved view the last values that the user could see.
    pub record: Option<Record>,
}

/// A user who is online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub page: Option<String>,
    pub record: Option<Uuid>,
}

/// New result of a query without deltas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// The whole dashboard, as it is now.
    Dashboard(Box<Dashboard>),
    /// The activities since the previous news, oldest first.
    Activities(Vec<Activity>),
    /// Too many activities: fetch the list again.
    Again,
}
