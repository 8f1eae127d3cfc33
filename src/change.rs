//! One committed write. The event log, the outbox, the audit trail and the live feed are this one table.

use crate::{ActorRef, BulkId, CampaignId, Entity, ImportId, Origin, Record, Recorded, Timestamp, id::ids, record::Concerned};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids! {
    /// One row of the change log.
    ChangeId,
}

/// One row of the change log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub id: ChangeId,
    /// Dense and in commit order. `None` only inside the transaction, and on Postgres until the sequencer numbers it.
    pub seq: Option<i64>,
    pub at: Timestamp,
    pub who: ActorRef,
    pub origin: Option<Origin>,
    /// Whom the program that made it named as the writer, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
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

/// Many leads, enrollments or orders written as one change: an import, its undo, a bulk action, leads that enter or leave a campaign, or a
/// batch of orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredSet")]
pub struct Set {
    /// Entity of `id`: the import or bulk action that wrote the leads, or the campaign that they entered or left. `Lead` or
    /// `Order` when there is nothing to link to, such as sample data or a batch of orders.
    #[serde(rename = "of")]
    pub entity: Entity,
    /// Nil for `Lead` and `Order`.
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

    pub fn of_orders(what: String, count: i64) -> Self {
        Self { entity: Entity::Order, id: Uuid::nil(), what, count }
    }

    /// The campaign whose enrollments were written; `None` for a set of leads or orders.
    pub fn campaign_id(&self) -> Option<CampaignId> {
        (self.entity == Entity::Campaign).then_some(CampaignId(self.id))
    }

    pub fn import_id(&self) -> Option<ImportId> {
        (self.entity == Entity::Import).then_some(ImportId(self.id))
    }
}

impl Recorded for Set {
    fn id(&self) -> Uuid {
        self.id
    }

    fn campaign_id(&self) -> Option<CampaignId> {
        self.campaign_id()
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Anyone
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

impl Change {
    /// The record after the change, or before it when it was deleted.
    pub fn record(&self) -> Option<&Record> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Whether days begin at other times because of it: it moved the workspace to another time zone.
    pub fn is_of_zone(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(Record::Workspace(before)), Some(Record::Workspace(after))) => before.time_zone != after.time_zone,
            _ => false,
        }
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
