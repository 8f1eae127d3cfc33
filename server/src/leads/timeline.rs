//! Details of one lead: its stage history, its notes, and its timeline from the change log.

use super::{
    Leads,
    row::{LeadRow, MoveRow, NoteRow},
    sql,
};
use crate::{
    activity,
    store::{self, Conn, log},
};
use domain::{
    ActorRef, Change, ChangeId, ImportId, LeadId, Op, OrderId, Record, Result, Snapshot, Timestamp, UserId,
    activity::Names,
    bulk::BulkAction,
    leads::{Lead, LeadDetail, Note, StageMove, TimelineItem, TimelineKind, differences},
};
use sqlx::types::Json;
use std::cmp::Reverse;
use uuid::Uuid;

/// Most items of a timeline and of a stage history, hence also the most changes and moves that are read.
const ITEMS: usize = 200;
/// Limit of the notes' text in bytes: notes behind newer ones of this size are not read.
const NOTE_BYTES: i64 = 256 * 1024;

impl Leads {
    pub(super) async fn lead_detail(&self, id: LeadId) -> Result<Option<Snapshot<LeadDetail>>> {
        let Snapshot { as_of, pending, data } = self.store.snapshot(move |conn| Box::pin(detail(conn, id))).await?;
        Ok(data.map(|data| Snapshot { as_of, pending, data }))
    }
}

async fn detail(conn: &mut Conn, id: LeadId) -> Result<Option<LeadDetail>> {
    let Some(row) = conn.optional::<LeadRow>(store::sql(sql::GET).bind(id)).await? else { return Ok(None) };
    let lead = Lead::try_from(row)?;
    let log::LogPage { changes, last: all, .. } = log::of_lead(conn, id, ITEMS as i64).await?;
    let notes = conn.all::<NoteRow>(store::sql(sql::NOTES).bind(id).bind(ITEMS as i64).bind(NOTE_BYTES)).await?;
    let (notes, behind): (Vec<Note>, Vec<Note>) = notes.into_iter().map(Note::from).partition(|note| !note.body.is_empty());
    let moves = conn
        .all::<MoveRow>(store::sql(sql::MOVES).bind(id).bind(ITEMS as i64))
        .await?
        .into_iter()
        .map(StageMove::try_from)
        .collect::<Result<Vec<_>>>()?;
    let names = activity::names(conn, &changes).await?;
    let owner_name = match lead.owner {
        Some(id) => conn.optional::<(String,)>(store::sql(sql::OWNER).bind(id)).await?.map(|(name,)| name),
        None => None,
    };
    let mut sets = together(conn, id).await?;
    sets.extend(updates(conn, id).await?);
    sets.extend(orders(conn, &lead).await?);
    let import = import(conn, lead.import_id).await?;
    let made_by = import.as_ref().map(|(_, by)| by.clone()).or_else(|| moves.first().map(|first| first.by.clone()));
    let made_by = made_by.unwrap_or_else(|| ActorRef::System.name().to_owned());
    let file = import.map(|(file, _)| file);
    let mut timeline = timeline(&lead, (changes, all), notes, sets, &names, file, &made_by);
    // Otherwise older items would make the timeline look complete, although a note is left out.
    if let Some(newest) = behind.first() {
        timeline.retain(|item| item.at > newest.created_at);
    }
    let older = timeline.len() > ITEMS || !behind.is_empty();
    timeline.truncate(ITEMS);
    Ok(Some(LeadDetail { owner_name, stage_history: whole(&lead, moves, &made_by), timeline, older, lead }))
}

/// File and creator of an import.
async fn import(conn: &mut Conn, id: Option<ImportId>) -> Result<Option<(String, String)>> {
    match id {
        Some(id) => conn.optional(store::sql(sql::IMPORT).bind(id)).await,
        None => Ok(None),
    }
}

type BulkRow = (Uuid, Json<BulkAction>, String, i64, i64, String, Json<ActorRef>, i64);

/// The bulk actions that changed the lead, newest first.
async fn together(conn: &mut Conn, id: LeadId) -> Result<Vec<TimelineItem>> {
    let rows = conn.all::<BulkRow>(store::sql(sql::TOGETHER).bind(id).bind(ITEMS as i64)).await?;
    let item = |(id, action, status, changed, left_out, name, who, at): BulkRow| {
        let what = action.0.status_sentence(status.parse()?, changed, left_out, &name);
        Ok(TimelineItem { id: ChangeId(id), at: Timestamp(at), who: who.0, kind: TimelineKind::Together { what } })
    };
    rows.into_iter().map(item).collect()
}

/// Updates of the lead by imports.
async fn updates(conn: &mut Conn, id: LeadId) -> Result<impl Iterator<Item = TimelineItem>> {
    let rows = conn.all::<(Uuid, String, String, i64)>(store::sql(sql::UPDATES).bind(id).bind(ITEMS as i64)).await?;
    Ok(rows.into_iter().map(|(id, file, by, at)| TimelineItem {
        id: ChangeId(id),
        at: Timestamp(at),
        who: remembered(&by),
        kind: TimelineKind::Updated { file },
    }))
}

/// The newest orders of the lead, whose own actions they are.
async fn orders(conn: &mut Conn, lead: &Lead) -> Result<Vec<TimelineItem>> {
    let rows = conn.all::<(Uuid, Option<String>, i64, i64)>(store::sql(sql::ORDERS).bind(lead.id).bind(ITEMS as i64)).await?;
    let item = |(id, order_id, amount, at): (Uuid, Option<String>, i64, i64)| TimelineItem {
        id: ChangeId(id),
        at: Timestamp(at),
        who: remembered(&lead.name),
        kind: TimelineKind::Ordered { id: OrderId(id), order_id, amount },
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Imports store no first stage move for their leads: it is derived from the lead.
fn whole(lead: &Lead, mut moves: Vec<StageMove>, made_by: &str) -> Vec<StageMove> {
    let first = moves.first().map_or(Some(lead.stage), |first| first.from);
    if let Some(to) = first {
        moves.insert(0, StageMove { from: None, to, at: lead.created_at, by: made_by.to_owned() });
    }
    moves
}

fn timeline(
    lead: &Lead,
    (changes, all): (Vec<Change>, bool),
    notes: Vec<Note>,
    sets: Vec<TimelineItem>,
    names: &Names,
    file: Option<String>,
    made_by: &str,
) -> Vec<TimelineItem> {
    let made = || file.clone().map_or(TimelineKind::Created, |file| TimelineKind::Imported { file });
    let mut items = sets;
    let mut created = false;
    for change in changes {
        let item = |kind| TimelineItem { id: change.id, at: change.at, who: change.who.clone(), kind };
        match (change.op, &change.before, &change.after) {
            (Op::Create, _, Some(Record::Lead(_))) => {
                created = true;
                items.push(item(made()));
            }
            (Op::Update, Some(Record::Lead(before)), Some(Record::Lead(after))) => {
                items.extend(differences(before, after, &|id| names.users.get(&id).cloned(), &names.fields).into_iter().map(item));
            }
            (Op::Delete, Some(Record::Lead(_)), _) => items.push(item(TimelineKind::Deleted)),
            (Op::Restore, _, Some(Record::Lead(_))) => items.push(item(TimelineKind::Restored)),
            (Op::Update, Some(Record::Enrollment(before)), Some(Record::Enrollment(after))) if after.messages > before.messages => {
                let campaign = names.campaigns.get(&after.campaign_id).cloned();
                items.push(item(TimelineKind::FollowedUp { campaign }));
            }
            // Not in the timeline. Notes are read from their table, because an edit or a restore does not change the author.
            _ => {}
        }
    }
    items.extend(notes.into_iter().map(|note| TimelineItem {
        id: ChangeId(note.id.0),
        at: note.created_at,
        who: note.written_by.clone().unwrap_or_else(|| remembered(&note.author)),
        kind: TimelineKind::Noted { note },
    }));
    // Creations without a row in the log: imports record one change for all leads, and old changes are pruned.
    if all && !created {
        items.push(TimelineItem { id: ChangeId(lead.id.0), at: lead.created_at, who: remembered(made_by), kind: made() });
    }
    items.sort_by_key(|item| Reverse(item.at));
    items
}

/// An actor of whom only the name is known.
fn remembered(name: &str) -> ActorRef {
    if name == ActorRef::System.name() { ActorRef::System } else { ActorRef::User { id: UserId(Uuid::nil()), name: name.to_owned() } }
}
