//! Notes on a lead.

use super::{Leads, row::NoteRow, sql, write};
use crate::store::{self, Tx};
use domain::{
    Actor, ChangeId, Error, LeadId, NoteId, Record, Result,
    change::Op,
    leads::{LEAD_MAX, Lead, NOTES_MAX, Note},
    text::clean,
};

impl Leads {
    pub(super) async fn write_note(&self, actor: &Actor, id: LeadId, body: &str) -> Result<Note> {
        let body = clean(body);
        if body.is_empty() {
            return Err(Error::invalid("body", "Write the note first"));
        }
        if body.chars().count() > NOTES_MAX || body.len() > LEAD_MAX {
            return Err(Error::invalid("body", format!("A note has at most {NOTES_MAX} characters and {} kB; split it", LEAD_MAX / 1000)));
        }
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = write::lock(tx, id).await?;
                    let note =
                        Note { id: NoteId(tx.new_id()), lead_id: id, body, author: tx.actor().who.name().to_owned(), created_at: tx.now() };
                    insert(tx, &note).await?;
                    tx.created(Record::Note(note.clone()));
                    let after = Lead {
                        revision: before.revision + 1,
                        last_activity: "Note added".to_owned(),
                        last_activity_at: note.created_at,
                        updated_at: note.created_at,
                        ..before.clone()
                    };
                    write::replace(tx, before, after).await?;
                    Ok(note)
                })
            })
            .await
    }

    pub(super) async fn remove_note(&self, actor: &Actor, id: NoteId) -> Result<ChangeId> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let gone = || Error::not_found("Note", id);
                    let note: Note = tx.optional::<NoteRow>(store::sql(sql::NOTE).bind(id)).await?.ok_or_else(gone)?.into();
                    // A note of a deleted lead waits for the undo; nobody can reach it.
                    write::lock(tx, note.lead_id).await.map_err(|_| gone())?;
                    if tx.run(store::sql(sql::DELETE_NOTE).bind(id)).await? == 0 {
                        return Err(gone());
                    }
                    Ok(tx.deleted(Record::Note(note)))
                })
            })
            .await
    }
}

/// Brings a deleted note back.
pub(super) async fn restore(tx: &mut Tx, note: Note) -> Result<()> {
    write::lock(tx, note.lead_id).await?;
    if tx.optional::<NoteRow>(store::sql(sql::NOTE).bind(note.id)).await?.is_some() {
        return Err(Error::Conflict("This note was brought back already".to_owned()));
    }
    insert(tx, &note).await?;
    tx.record(Op::Restore, None, Some(Record::Note(note)));
    Ok(())
}

async fn insert(tx: &mut Tx, note: &Note) -> Result<()> {
    let query = store::sql(sql::INSERT_NOTE)
        .bind(note.id)
        .bind(note.lead_id)
        .bind(note.body.as_str())
        .bind(note.author.as_str())
        .bind(note.created_at);
    tx.run_one(query).await
}
