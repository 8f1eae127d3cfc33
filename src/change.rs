//! One committed write. The event log, the outbox, the audit trail and the live feed are this one table.

use crate::{
    ActorRef, BulkId, CampaignId, ChangeId, ImportId, LeadId, Origin, Timestamp,
    accounts::{ApiKey, User},
    bulk::Bulk,
    campaigns::{Campaign, CampaignFigures, Enrollment},
    imports::Import,
    leads::{Lead, Note},
    views::View,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One row of the change log.
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

/// Kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Create,
    Update,
    Delete,
    /// A deleted record was restored with its id.
    Restore,
    /// A set of records was written at once; `after` is a `Record::Set`.
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

/// Kind of a record.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    Lead,
    Note,
    Import,
    Bulk,
    Campaign,
    /// A campaign's counters.
    Figures,
    #[serde(alias = "enrolment")]
    Enrollment,
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
            Self::Figures => "figures",
            Self::Enrollment => "enrollment",
            Self::User => "user",
            Self::ApiKey => "api_key",
            Self::View => "view",
            Self::Set => "set",
        }
    }

    /// Name in sentences for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Note => "note",
            Self::Import => "import",
            Self::Bulk => "bulk action",
            Self::Campaign => "campaign",
            Self::Figures => "figures",
            Self::Enrollment => "enrollment",
            Self::User => "person",
            Self::ApiKey => "API key",
            Self::View => "view",
            Self::Set => "set",
        }
    }
}

/// The whole changed record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entity", rename_all = "snake_case")]
pub enum Record {
    Lead(Box<Lead>),
    Note(Note),
    Import(Box<Import>),
    Bulk(Box<Bulk>),
    Campaign(Box<Campaign>),
    /// A campaign's counters after its enrollments changed; `before` is empty. Older rows hold the whole campaign before and after instead.
    Figures(CampaignFigures),
    /// Stored as `enrolment` in older rows.
    #[serde(alias = "enrolment")]
    Enrollment(Enrollment),
    User(User),
    ApiKey(ApiKey),
    View(Box<View>),
    /// Stored as `enrolments` in older rows.
    #[serde(alias = "enrolments")]
    Set(Set),
}

/// Many leads or enrollments written as one change: an import, its undo, a bulk action, or leads that enter or leave a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredSet")]
pub struct Set {
    /// Entity of `id`: the import or bulk action that wrote the leads, or the campaign that they entered or left. `Lead` when there is
    /// nothing to link to, such as sample data.
    #[serde(rename = "of")]
    pub entity: Entity,
    /// Nil for `Lead`.
    pub id: Uuid,
    /// Verb phrase: `imported 417 rows of spring.csv`.
    pub what: String,
    pub count: i64,
}

impl Set {
    pub fn of_import(id: ImportId, what: String, count: i64) -> Self {
        Self { entity: Entity::Import, id: id.0, what, count }
    }

    pub fn of_bulk(id: BulkId, what: String, count: i64) -> Self {
        Self { entity: Entity::Bulk, id: id.0, what, count }
    }

    /// A set of enrollments.
    pub fn of_campaign(id: CampaignId, what: String, count: i64) -> Self {
        Self { entity: Entity::Campaign, id: id.0, what, count }
    }

    pub fn of_leads(what: String, count: i64) -> Self {
        Self { entity: Entity::Lead, id: Uuid::nil(), what, count }
    }

    /// The campaign whose enrollments were written; `None` for a set of leads.
    pub fn campaign_id(&self) -> Option<CampaignId> {
        (self.entity == Entity::Campaign).then_some(CampaignId(self.id))
    }

    pub fn import_id(&self) -> Option<ImportId> {
        (self.entity == Entity::Import).then_some(ImportId(self.id))
    }
}

/// A set as stored in the log: older rows have a member per entity (`import_id`, `bulk_id`, `campaign_id`) instead of `of` and `id`.
#[derive(Deserialize)]
struct StoredSet {
    of: Option<Entity>,
    id: Option<Uuid>,
    import_id: Option<ImportId>,
    bulk_id: Option<BulkId>,
    campaign_id: Option<CampaignId>,
    what: String,
    count: i64,
}

impl From<StoredSet> for Set {
    fn from(row: StoredSet) -> Self {
        let StoredSet { what, count, .. } = row;
        match (row.of, row.campaign_id, row.import_id, row.bulk_id) {
            (Some(entity), ..) => Self { entity, id: row.id.unwrap_or_default(), what, count },
            (None, Some(id), ..) => Self::of_campaign(id, what, count),
            (None, None, Some(id), _) => Self::of_import(id, what, count),
            (None, None, None, Some(id)) => Self::of_bulk(id, what, count),
            (None, None, None, None) => Self::of_leads(what, count),
        }
    }
}

impl Record {
    /// Members that can hold large texts, which the log stores separately.
    pub const LARGE: [&str; 5] = ["notes", "custom", "body", "description", "steps"];

    pub fn entity(&self) -> Entity {
        match self {
            Self::Lead(_) => Entity::Lead,
            Self::Note(_) => Entity::Note,
            Self::Import(_) => Entity::Import,
            Self::Bulk(_) => Entity::Bulk,
            Self::Campaign(_) => Entity::Campaign,
            Self::Figures(_) => Entity::Figures,
            Self::Enrollment(_) => Entity::Enrollment,
            Self::User(_) => Entity::User,
            Self::ApiKey(_) => Entity::ApiKey,
            Self::View(_) => Entity::View,
            Self::Set(_) => Entity::Set,
        }
    }

    /// The record's own id. For figures the id of their campaign; for a set that of its import, bulk action or campaign, or nil.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Lead(lead) => lead.id.0,
            Self::Note(note) => note.id.0,
            Self::Import(import) => import.id.0,
            Self::Bulk(bulk) => bulk.id.0,
            Self::Campaign(campaign) => campaign.id.0,
            Self::Figures(figures) => figures.campaign_id.0,
            Self::Enrollment(enrollment) => enrollment.id(),
            Self::User(user) => user.id.0,
            Self::ApiKey(key) => key.id.0,
            Self::View(view) => view.id.0,
            Self::Set(set) => set.id,
        }
    }

    /// The lead whose timeline shows it.
    pub fn lead_id(&self) -> Option<LeadId> {
        match self {
            Self::Lead(lead) => Some(lead.id),
            Self::Note(note) => Some(note.lead_id),
            Self::Enrollment(enrollment) => Some(enrollment.lead_id),
            Self::Import(_)
            | Self::Bulk(_)
            | Self::Campaign(_)
            | Self::Figures(_)
            | Self::User(_)
            | Self::ApiKey(_)
            | Self::View(_)
            | Self::Set(_) => None,
        }
    }

    /// The campaign whose activity shows it; `None` for figures.
    pub fn campaign_id(&self) -> Option<CampaignId> {
        match self {
            Self::Campaign(campaign) => Some(campaign.id),
            Self::Enrollment(enrollment) => Some(enrollment.campaign_id),
            Self::Set(set) => set.campaign_id(),
            Self::Lead(_)
            | Self::Note(_)
            | Self::Import(_)
            | Self::Bulk(_)
            | Self::Figures(_)
            | Self::User(_)
            | Self::ApiKey(_)
            | Self::View(_) => None,
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
    /// The record after the change, or before it when it was deleted.
    pub fn record(&self) -> Option<&Record> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leads::Connection;

    /// Older rows of the log use the outreach contract's names.
    #[test]
    fn leads_of_older_versions_are_read_and_written_in_our_words() {
        let row = r#"{"entity":"lead","id":"00000000-0000-7000-8000-000000000001","revision":2,"name":"Ana","email":"ana@b.example","position":"CTO","status":"pending","connectionStatus":"connected","stage":"Negotiation","stageAt":"2026-11-29T09:48:39.832345Z","engaged":false,"score":0,"totalSpend":0,"visits":0,"consent":"subscribed","lastActivity":"Edited","lastActivityDate":"2026-11-29T09:48:39.832345Z","createdAt":"2026-11-29T09:48:39.485047Z","updatedAt":"2026-11-29T09:48:39.832345Z"}"#;
        let Record::Lead(lead) = serde_json::from_str::<Record>(row).unwrap() else { panic!("no lead") };
        assert_eq!((lead.title.as_deref(), lead.connection, lead.last_activity_at), (Some("CTO"), Connection::Connected, lead.stage_at));
        let written = serde_json::to_value(Record::Lead(lead.clone())).unwrap();
        assert_eq!(
            (&written["title"], &written["connection"], &written["lastActivityAt"]),
            (&"CTO".into(), &"connected".into(), &written["stageAt"])
        );
        assert!(["position", "connectionStatus", "lastActivityDate"].iter().all(|word| written.get(word).is_none()), "{written}");
        assert_eq!(serde_json::from_value::<Record>(written).unwrap(), Record::Lead(lead));
    }

    #[test]
    fn sets_of_older_versions_are_read() {
        let id = "00000000-0000-7000-8000-000000000001";
        let read = |members: &str| serde_json::from_str::<Record>(&format!(r#"{{{members},"what":"did","count":4}}"#)).unwrap();
        let set = |entity| Record::Set(Set { entity, id: id.parse().unwrap(), what: "did".to_owned(), count: 4 });
        assert_eq!(read(&format!(r#""entity":"set","import_id":"{id}""#)), set(Entity::Import));
        assert_eq!(read(&format!(r#""entity":"set","bulk_id":"{id}""#)), set(Entity::Bulk));
        assert_eq!(read(&format!(r#""entity":"enrolments","bulk_id":"{}","campaign_id":"{id}""#, Uuid::nil())), set(Entity::Campaign));
        assert_eq!(read(r#""entity":"set""#), Record::Set(Set::of_leads("did".to_owned(), 4)));
        let place = format!(
            r#""entity":"enrolment","campaignId":"{id}","leadId":"{id}","state":"pending","step":0,"stepAt":"2026-01-01T00:00:00Z","messages":0,"enrolledAt":"2026-01-01T00:00:00Z""#
        );
        assert_eq!(read(&place).entity(), Entity::Enrollment);
        let written = serde_json::to_string(&set(Entity::Campaign)).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&written).unwrap(), set(Entity::Campaign), "{written}");
    }
}
