//! Notes on a lead.

use super::{
    Leads,
    row::{MessageRow, NoteRow},
    rows::lock,
    sql, write,
};
use crate::store::{self, Tx, Value};
use domain::{
    Actor, Change, ChangeId, Error, LeadId, NoteId, Op, Permission, Record, Result,
    leads::{EditedNote, Lead, LeadMessage, Note, Outreach, SavedNote},
};

/// Maximum messages at once, and the bytes of their texts after which there are fewer.
const MESSAGES: i64 = 200;
const MESSAGE_BYTES: usize = 2 * 1024 * 1024;

impl Leads {
    pub(super) async fn write_note(&self, actor: &Actor, id: LeadId, body: &str, outreach: Option<Outreach>) -> Result<SavedNote> {
        let body = Note::check_body(body)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = lock(tx, id).await?;
                    let author = tx.actor().who.clone();
                    let note = Note {
                        id: NoteId(tx.new_id()),
                        lead_id: id,
                        body,
                        author: author.name().to_owned(),
                        written_by: Some(author),
                        created_at: tx.now(),
                        edited_at: None,
                        outreach,
                    };
                    insert(tx, &note).await?;
                    let change = tx.created(Record::Note(note.clone()));
                    let mut after = Lead {
                        revision: before.revision + 1,
                        last_activity: note.outreach.as_ref().map_or("Note added", Outreach::last_activity).to_owned(),
                        last_activity_at: note.created_at,
                        updated_at: note.created_at,
                        ..before.clone()
                    };
                    if note.outreach.as_ref().is_some_and(Outreach::is_contact) {
                        after.contacted(note.created_at);
                    }
                    write::put(tx, before, after).await?;
                    Ok(SavedNote { note, change })
                })
            })
            .await
    }

    pub(super) async fn newest_messages(&self) -> Result<Vec<LeadMessage>> {
        let read = self.store.read(|conn| {
            Box::pin(async move {
                let mut bytes = 0;
                let newest = store::sql(sql::MESSAGES).bind(MESSAGES);
                conn.until::<MessageRow>(newest, |row| {
                    bytes += row.bytes();
                    bytes >= MESSAGE_BYTES
                })
                .await
            })
        });
        Ok(read.await?.into_iter().map(LeadMessage::from).collect())
    }

    pub(super) async fn change_note(&self, actor: &Actor, id: NoteId, body: &str) -> Result<EditedNote> {
        let body = Note::check_body(body)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let note = reachable(tx, id).await?;
                    note.require_edit(tx.actor())?;
                    if note.body == body {
                        return Ok(EditedNote { note, undo: None });
                    }
                    let after = Note { body, edited_at: Some(tx.now()), ..note.clone() };
                    let undo = put(tx, note, after.clone()).await?;
                    Ok(EditedNote { note: after, undo: Some(undo) })
                })
            })
            .await
    }

    pub(super) async fn remove_note(&self, actor: &Actor, id: NoteId) -> Result<ChangeId> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let note = reachable(tx, id).await?;
                    note.require_delete(tx.actor())?;
                    if tx.run(store::sql(sql::DELETE_NOTE).bind(id)).await? == 0 {
                        return Err(Error::not_found("Note", id));
                    }
                    Ok(tx.deleted(Record::Note(note)))
                })
            })
            .await
    }
}

/// The note, after locking its lead until the transaction ends. Notes of a deleted lead are kept for undo, but are not found here.
async fn reachable(tx: &mut Tx, id: NoteId) -> Result<Note> {
    let gone = || Error::not_found("Note", id);
    let note: Note = find(tx, id).await?.ok_or_else(gone)?;
    lock(tx, note.lead_id).await.map_err(|_| gone())?;
    // It may have been edited or deleted before the lead was locked.
    find(tx, id).await?.ok_or_else(gone)
}

async fn find(tx: &mut Tx, id: NoteId) -> Result<Option<Note>> {
    Ok(tx.optional::<NoteRow>(store::sql(sql::NOTE).bind(id)).await?.map(Note::from))
}

async fn put(tx: &mut Tx, before: Note, after: Note) -> Result<ChangeId> {
    tx.run_one(store::sql(sql::UPDATE_NOTE).bind(after.id).bind(after.body.as_str()).bind(after.edited_at)).await?;
    Ok(tx.updated(Record::Note(before), Record::Note(after)))
}

/// Undoes an edit or a deletion.
///
/// # Errors
/// `Forbidden` for those who may not edit or delete the note; `Conflict` when it was edited again or restored since.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::WriteLeads)?;
    let note = match (change.op, change.before, change.after) {
        (Op::Delete, Some(Record::Note(note)), _) => restore(tx, note).await?,
        (Op::Update, Some(Record::Note(before)), Some(Record::Note(after))) => revert_edit(tx, &before, &after).await?,
        (Op::Create | Op::Restore | Op::Update | Op::Delete | Op::Bulk, ..) => {
            return Err(Error::Conflict("A note's creation has no undo; delete the note instead".to_owned()));
        }
    };
    Ok(Some(Record::Note(note)))
}

/// Restores a deleted note with its author.
async fn restore(tx: &mut Tx, note: Note) -> Result<Note> {
    note.require_delete(tx.actor())?;
    lock(tx, note.lead_id).await?;
    if find(tx, note.id).await?.is_some() {
        return Err(Error::Conflict("This note was restored already".to_owned()));
    }
    insert(tx, &note).await?;
    tx.record(Op::Restore, None, Some(Record::Note(note.clone())));
    Ok(note)
}

/// Restores the old text of an edited note, unless it was edited again since.
async fn revert_edit(tx: &mut Tx, before: &Note, after: &Note) -> Result<Note> {
    let now = reachable(tx, after.id).await?;
    now.require_edit(tx.actor())?;
    if now.body != after.body {
        return Err(Error::Conflict("This note was edited again since".to_owned()));
    }
    let back = Note { body: before.body.clone(), edited_at: before.edited_at, ..now.clone() };
    put(tx, now, back.clone()).await?;
    Ok(back)
}

async fn insert(tx: &mut Tx, note: &Note) -> Result<()> {
    let written_by = note.written_by.as_ref().map_or(Ok(Value::Json(None)), Value::json)?;
    let outreach = note.outreach.as_ref().map_or(Ok(Value::Json(None)), Value::json)?;
    let query = store::sql(sql::INSERT_NOTE)
        .bind(note.id)
        .bind(note.lead_id)
        .bind(note.body.as_str())
        .bind(note.author.as_str())
        .bind_all([written_by])
        .bind(note.created_at)
        .bind(note.edited_at)
        .bind(note.outreach.as_ref().map_or("note", Outreach::kind))
        .bind_all([outreach]);
    tx.run_one(query).await
}
