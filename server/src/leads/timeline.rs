//! Everything about one lead: its stage history, its notes, and its timeline as the change log tells it.

use super::{
    Leads,
    row::{LeadRow, MoveRow, NoteRow},
    sql,
};
use crate::store::{self, Conn, log};
use domain::{
    ActorRef, Change, ChangeId, ImportId, LeadId, NoteId, Op, Record, Result, Snapshot, UserId,
    leads::{Lead, LeadDetail, Note, StageMove, TimelineItem, TimelineKind, differences},
};
use std::{cmp::Reverse, collections::HashMap};
use uuid::Uuid;

/// Most items of a timeline, and so the most changes that it reads.
const ITEMS: usize = 200;

impl Leads {
    pub(super) async fn lead_detail(&self, id: LeadId) -> Result<Option<Snapshot<LeadDetail>>> {
        let Snapshot { as_of, pending, data } = self.store.snapshot(move |conn| Box::pin(detail(conn, id))).await?;
        Ok(data.map(|data| Snapshot { as_of, pending, data }))
    }
}

async fn detail(conn: &mut Conn, id: LeadId) -> Result<Option<LeadDetail>> {
    let Some(row) = conn.optional::<LeadRow>(store::sql(sql::GET).bind(id)).await? else { return Ok(None) };
    let lead = Lead::try_from(row)?;
    let changes = log::of_lead(conn, id, ITEMS as i64).await?;
    let notes: Vec<Note> =
        conn.all::<NoteRow>(store::sql(sql::NOTES).bind(id).bind(ITEMS as i64)).await?.into_iter().map(Note::from).collect();
    let moves =
        conn.all::<MoveRow>(store::sql(sql::MOVES).bind(id)).await?.into_iter().map(StageMove::try_from).collect::<Result<Vec<_>>>()?;
    let names = Names(conn.all::<(Uuid, String)>(store::sql(sql::ACCOUNTS)).await?.into_iter().collect());
    let import = import(conn, lead.import_id).await?;
    let made_by = import.as_ref().map(|(_, by)| by.clone()).or_else(|| moves.first().map(|first| first.by.clone()));
    let made_by = made_by.unwrap_or_else(|| ActorRef::System.name().to_owned());
    let file = import.map(|(file, _)| file);
    let timeline = timeline(&lead, changes, notes, &names, file, &made_by);
    Ok(Some(LeadDetail {
        owner_name: lead.owner.and_then(|id| names.of(id)),
        stage_history: whole(&lead, moves, &made_by),
        timeline,
        lead,
    }))
}

/// The file and who brought it.
async fn import(conn: &mut Conn, id: Option<ImportId>) -> Result<Option<(String, String)>> {
    match id {
        Some(id) => conn.optional(store::sql(sql::IMPORT).bind(id)).await,
        None => Ok(None),
    }
}

struct Names(HashMap<Uuid, String>);

impl Names {
    fn of(&self, id: UserId) -> Option<String> {
        self.0.get(&id.0).cloned()
    }
}

/// Imports write no first move for each of a million leads: it is told from the lead itself.
fn whole(lead: &Lead, mut moves: Vec<StageMove>, made_by: &str) -> Vec<StageMove> {
    let first = moves.first().map_or(Some(lead.stage), |first| first.from);
    if let Some(to) = first {
        moves.insert(0, StageMove { from: None, to, at: lead.created_at, by: made_by.to_owned() });
    }
    moves
}

fn timeline(lead: &Lead, changes: Vec<Change>, notes: Vec<Note>, names: &Names, file: Option<String>, made_by: &str) -> Vec<TimelineItem> {
    let mut notes: HashMap<NoteId, Note> = notes.into_iter().map(|note| (note.id, note)).collect();
    let made = || file.clone().map_or(TimelineKind::Created, |file| TimelineKind::Imported { file });
    let all = changes.len() < ITEMS;
    let mut items = Vec::new();
    let mut created = false;
    for change in changes {
        let item = |kind| TimelineItem { id: change.id, at: change.at, who: change.who.clone(), kind };
        match (change.op, &change.before, &change.after) {
            (Op::Create, _, Some(Record::Lead(_))) => {
                created = true;
                items.push(item(made()));
            }
            (Op::Update, Some(Record::Lead(before)), Some(Record::Lead(after))) => {
                items.extend(differences(before, after, &|id| names.of(id)).into_iter().map(item));
            }
            (Op::Delete, Some(Record::Lead(_)), _) => items.push(item(TimelineKind::Deleted)),
            (Op::Restore, _, Some(Record::Lead(_))) => items.push(item(TimelineKind::Restored)),
            // A note deleted since is gone from the table, and so from here.
            (_, _, Some(Record::Note(note))) => items.extend(notes.remove(&note.id).map(|note| item(TimelineKind::Noted { note }))),
            _ => {}
        }
    }
    // What the log has no row for (imports write one for all) or has forgotten.
    items.extend(notes.into_values().map(|note| TimelineItem {
        id: ChangeId(note.id.0),
        at: note.created_at,
        who: remembered(&note.author),
        kind: TimelineKind::Noted { note },
    }));
    if all && !created {
        items.push(TimelineItem { id: ChangeId(lead.id.0), at: lead.created_at, who: remembered(made_by), kind: made() });
    }
    items.sort_by_key(|item| Reverse(item.at));
    items.truncate(ITEMS);
    items
}

/// Somebody of whom only the name is left.
fn remembered(name: &str) -> ActorRef {
    if name == ActorRef::System.name() { ActorRef::System } else { ActorRef::User { id: UserId(Uuid::nil()), name: name.to_owned() } }
}
