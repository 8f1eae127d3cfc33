//! Conversion between a lead and its row.

use crate::store::{Query, Value};
use domain::{
    ActorRef, Error, ImportId, LeadId, NoteId, Result, Timestamp, UserId,
    error::LeadRef,
    leads::{Connection, Consent, Lead, LeadMessage, Note, Outreach, Stage, StageMove, Status, TextField},
    rule::{custom_fold, tags_fold},
    text::fold,
};
use sqlx::types::Json;
use std::collections::BTreeMap;
use uuid::Uuid;

crate::store::bind_ids!(domain::LeadId, domain::NoteId);

/// Approximate size of a lead without long texts as JSON, in bytes.
const SHORT: usize = 700;

macro_rules! define {
    ($($field:ident $row:tt $(filter $filter:tt)? $(was $was:tt)?;)+) => {
        /// A row of `LEAD_COLUMNS`.
        #[derive(sqlx::FromRow)]
        pub struct LeadRow {
            id: Uuid,
            revision: i64,
            edited: i64,
            name: String,
            email: String,
            $($field: Option<String>,)+
            status: String,
            connection: String,
            stage: i64,
            stage_at: i64,
            engaged: bool,
            owner: Option<Uuid>,
            value: Option<i64>,
            score: i64,
            total_spend: i64,
            visits: i64,
            last_active_at: Option<i64>,
            consent: String,
            tags: Json<Vec<String>>,
            custom: Json<BTreeMap<String, String>>,
            last_activity: String,
            last_activity_at: i64,
            last_contacted_at: Option<i64>,
            import_id: Option<Uuid>,
            created_at: i64,
            updated_at: i64,
        }

        impl TryFrom<LeadRow> for Lead {
            type Error = Error;
            fn try_from(row: LeadRow) -> Result<Self> {
                Ok(Self {
                    id: LeadId(row.id),
                    revision: row.revision,
                    edited: row.edited,
                    name: row.name,
                    email: row.email,
                    $($field: row.$field,)+
                    status: word(Status::ALL, Status::as_str, &row.status)?,
                    connection: word(Connection::ALL, Connection::as_str, &row.connection)?,
                    stage: stage(row.stage)?,
                    stage_at: Timestamp(row.stage_at),
                    engaged: row.engaged,
                    owner: row.owner.map(UserId),
                    value: row.value,
                    score: row.score as i32,
                    total_spend: row.total_spend,
                    visits: row.visits,
                    last_active_at: row.last_active_at.map(Timestamp),
                    consent: word(Consent::ALL, Consent::as_str, &row.consent)?,
                    tags: row.tags.0,
                    custom: row.custom.0,
                    last_activity: row.last_activity,
                    last_activity_at: Timestamp(row.last_activity_at),
                    last_contacted_at: row.last_contacted_at.map(Timestamp),
                    import_id: row.import_id.map(ImportId),
                    created_at: Timestamp(row.created_at),
                    updated_at: Timestamp(row.updated_at),
                })
            }
        }
    };
}
domain::each_lead_text!(define);

impl LeadRow {
    /// Approximate size as JSON, in bytes.
    pub(crate) fn size(&self) -> usize {
        let custom = self.custom.0.iter().map(|(key, text)| key.len() + text.len()).sum::<usize>();
        SHORT + self.notes.as_deref().map_or(0, str::len) + custom
    }
}

/// Finds a word exactly as stored; cheaper than parsing what people type.
fn word<T: Copy>(all: &[T], text: fn(T) -> &'static str, stored: &str) -> Result<T> {
    all.iter().copied().find(|one| text(*one) == stored).ok_or_else(|| unknown(stored))
}

fn stage(rank: i64) -> Result<Stage> {
    Stage::from_rank(rank).ok_or_else(|| unknown(&rank.to_string()))
}

fn unknown(stored: &str) -> Error {
    tracing::error!(stored, "a lead's row holds a word that this version does not know");
    Error::Internal
}

/// Binds `LEAD_COLUMNS` and then `FOLD_COLUMNS`.
pub fn bind_lead(query: Query, lead: &Lead) -> Result<Query> {
    let query = query
        .bind(lead.id)
        .bind(lead.revision)
        .bind(lead.edited)
        .bind(lead.name.as_str())
        .bind(lead.email.as_str())
        .bind(lead.status.as_str())
        .bind(lead.connection.as_str())
        .bind(lead.stage.rank())
        .bind(lead.stage_at)
        .bind(lead.engaged)
        .bind(lead.owner)
        .bind(lead.value)
        .bind(lead.score)
        .bind(lead.total_spend)
        .bind(lead.visits)
        .bind(lead.last_active_at)
        .bind(lead.consent.as_str())
        .bind(Value::json(&lead.tags)?)
        .bind(Value::json(&lead.custom)?)
        .bind(lead.last_activity.as_str())
        .bind(lead.last_activity_at)
        .bind(lead.last_contacted_at)
        .bind(lead.import_id)
        .bind(lead.created_at)
        .bind(lead.updated_at);
    let query = lead.texts().into_iter().fold(query, |query, text| query.bind(text.clone()));
    let query =
        query.bind(fold(&lead.name)).bind(tags_fold(&lead.tags)).bind(Value::json(&custom_fold(&lead.custom))?).bind(lead.search_text());
    let folds = TextField::ALL.into_iter().filter(|field| field.filter().is_some());
    Ok(folds.fold(query, |query, field| query.bind(lead.text(field).map(fold).unwrap_or_default())))
}

#[derive(sqlx::FromRow)]
pub(super) struct RefRow {
    id: Uuid,
    name: String,
    email: String,
}

impl From<RefRow> for LeadRef {
    fn from(row: RefRow) -> Self {
        Self { id: LeadId(row.id), name: row.name, email: row.email }
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct MoveRow {
    lead_id: Uuid,
    from_stage: Option<i64>,
    to_stage: i64,
    at: i64,
    who: String,
}

impl MoveRow {
    pub(super) fn lead_id(&self) -> LeadId {
        LeadId(self.lead_id)
    }
}

impl TryFrom<MoveRow> for StageMove {
    type Error = Error;
    fn try_from(row: MoveRow) -> Result<Self> {
        Ok(Self { from: row.from_stage.map(stage).transpose()?, to: stage(row.to_stage)?, at: Timestamp(row.at), by: row.who })
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct NoteRow {
    id: Uuid,
    lead_id: Uuid,
    body: String,
    author: String,
    written_by: Option<Json<ActorRef>>,
    created_at: i64,
    edited_at: Option<i64>,
    outreach: Option<Json<Outreach>>,
}

#[derive(sqlx::FromRow)]
pub(super) struct MessageRow {
    #[sqlx(flatten)]
    note: NoteRow,
    lead_name: String,
    company: Option<String>,
}

impl MessageRow {
    /// Length of its text.
    pub(super) fn bytes(&self) -> usize {
        self.note.body.len()
    }
}

impl From<MessageRow> for LeadMessage {
    fn from(MessageRow { note, lead_name, company }: MessageRow) -> Self {
        Self { note: note.into(), lead_name, company }
    }
}

impl From<NoteRow> for Note {
    fn from(row: NoteRow) -> Self {
        Self {
            id: NoteId(row.id),
            lead_id: LeadId(row.lead_id),
            body: row.body,
            author: row.author,
            written_by: row.written_by.map(|who| who.0),
            created_at: Timestamp(row.created_at),
            edited_at: row.edited_at.map(Timestamp),
            outreach: row.outreach.map(|outreach| outreach.0),
        }
    }
}
