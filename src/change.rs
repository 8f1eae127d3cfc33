//! One committed write. The event log, the outbox, the audit trail and the live feed are this one table.

use crate::{
    ActorRef, BulkId, CampaignId, ChangeId, ImportId, LeadId, Origin, Timestamp,
    accounts::{ApiKey, User},
    bulk::Bulk,
    campaigns::{Campaign, Enrolment},
    imports::Import,
    leads::{Lead, Note},
    views::View,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub id: ChangeId,
    /// Dense and in commit order. `None` only inside the transaction, and on Postgres until the sequencer numbers it.
    pub seq: Option<i64>,
    pub at: Timestamp,
    pub who: ActorRef,
    pub origin: Option<Origin>,
    pub op: Op,
    /// Whole records. Create has only `after`, delete only `before`.
    pub before: Option<Record>,
    pub after: Option<Record>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Create,
    Update,
    Delete,
    /// A deleted record came back with its id.
    Restore,
    /// A set was written at once; `after` is a `Record::Set`.
    Bulk,
}

impl Op {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Bulk => "bulk",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    Lead,
    Note,
    Import,
    Bulk,
    Campaign,
    Enrolment,
    User,
    ApiKey,
    View,
    Set,
}

impl Entity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Note => "note",
            Self::Import => "import",
            Self::Bulk => "bulk",
            Self::Campaign => "campaign",
            Self::Enrolment => "enrolment",
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::View => "view",
            Self::Set => "set",
        }
    }

    /// As people read it in a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Note => "note",
            Self::Import => "import",
            Self::Bulk => "bulk action",
            Self::Campaign => "campaign",
            Self::Enrolment => "enrollment",
            Self::User => "person",
            Self::ApiKey => "API key",
            Self::View => "view",
            Self::Set => "set",
        }
    }
}

/// What changed, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entity", rename_all = "snake_case")]
pub enum Record {
    Lead(Box<Lead>),
    Note(Note),
    Import(Box<Import>),
    Bulk(Box<Bulk>),
    Campaign(Box<Campaign>),
    Enrolment(Enrolment),
    Enrolments(EnrolmentSet),
    User(User),
    ApiKey(ApiKey),
    View(Box<View>),
    Set(LeadSet),
}

/// Many leads written as one change: an import, its undo, a bulk action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadSet {
    /// A sentence's middle: `imported 417 rows of spring.csv`.
    pub what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<ImportId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_id: Option<BulkId>,
    pub count: i64,
}

/// Many leads that came into a campaign or left it as one change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentSet {
    pub campaign_id: CampaignId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulk_id: Option<BulkId>,
    /// A sentence's middle: `enrolled 417 leads in Spring`.
    pub what: String,
    pub count: i64,
}

impl Record {
    pub fn entity(&self) -> Entity {
        match self {
            Self::Lead(_) => Entity::Lead,
            Self::Note(_) => Entity::Note,
            Self::Import(_) => Entity::Import,
            Self::Bulk(_) => Entity::Bulk,
            Self::Campaign(_) => Entity::Campaign,
            Self::Enrolment(_) => Entity::Enrolment,
            Self::User(_) => Entity::User,
            Self::ApiKey(_) => Entity::ApiKey,
            Self::View(_) => Entity::View,
            Self::Enrolments(_) | Self::Set(_) => Entity::Set,
        }
    }

    /// The record's own id; a set has that of its import, bulk action or campaign, or nil.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Lead(lead) => lead.id.0,
            Self::Note(note) => note.id.0,
            Self::Import(import) => import.id.0,
            Self::Bulk(bulk) => bulk.id.0,
            Self::Campaign(campaign) => campaign.id.0,
            Self::Enrolment(enrolment) => enrolment.id(),
            Self::Enrolments(set) => set.campaign_id.0,
            Self::User(user) => user.id.0,
            Self::ApiKey(key) => key.id.0,
            Self::View(view) => view.id.0,
            Self::Set(set) => set.import_id.map(|id| id.0).or(set.bulk_id.map(|id| id.0)).unwrap_or_default(),
        }
    }

    /// The lead it is about, for timelines.
    pub fn lead_id(&self) -> Option<LeadId> {
        match self {
            Self::Lead(lead) => Some(lead.id),
            Self::Note(note) => Some(note.lead_id),
            Self::Enrolment(enrolment) => Some(enrolment.lead_id),
            Self::Import(_)
            | Self::Bulk(_)
            | Self::Campaign(_)
            | Self::Enrolments(_)
            | Self::User(_)
            | Self::ApiKey(_)
            | Self::View(_)
            | Self::Set(_) => None,
        }
    }

    /// The campaign it is about, for its activity.
    pub fn campaign_id(&self) -> Option<CampaignId> {
        match self {
            Self::Campaign(campaign) => Some(campaign.id),
            Self::Enrolment(enrolment) => Some(enrolment.campaign_id),
            Self::Enrolments(set) => Some(set.campaign_id),
            Self::Lead(_)
            | Self::Note(_)
            | Self::Import(_)
            | Self::Bulk(_)
            | Self::User(_)
            | Self::ApiKey(_)
            | Self::View(_)
            | Self::Set(_) => None,
        }
    }

    pub fn as_lead(&self) -> Option<&Lead> {
        match self {
            Self::Lead(lead) => Some(lead),
            _ => None,
        }
    }

    pub fn as_view(&self) -> Option<&View> {
        match self {
            Self::View(view) => Some(view),
            _ => None,
        }
    }

    pub fn as_campaign(&self) -> Option<&Campaign> {
        match self {
            Self::Campaign(campaign) => Some(campaign),
            _ => None,
        }
    }
}

impl Change {
    /// The record as it is now, or as it was before it went.
    pub fn record(&self) -> Option<&Record> {
        self.after.as_ref().or(self.before.as_ref())
    }
}
