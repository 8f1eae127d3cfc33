//! Taking a change back, as a new change.

use super::{Leads, notes, sql, write};
use crate::{
    campaigns,
    store::{self, Tx, log},
};
use domain::{
    Actor, Change, ChangeId, Error, Op, Record, Result,
    leads::{Lead, LeadEdit, LeadPatch},
};

impl Leads {
    pub(super) async fn undo_change(&self, actor: &Actor, id: ChangeId) -> Result<Option<Lead>> {
        match self.take_back(actor, id).await {
            // Someone else took the same e-mail in this moment (Postgres); by now it shows who.
            Err(Error::Conflict(_)) => self.take_back(actor, id).await,
            done => done,
        }
    }

    async fn take_back(&self, actor: &Actor, id: ChangeId) -> Result<Option<Lead>> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let change = log::by_id(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Change", id))?;
                    let Change { op, before, after, .. } = change;
                    match (op, &before, &after) {
                        (Op::Delete, Some(Record::Note(note)), _) => return notes::restore(tx, note.clone()).await.map(|()| None),
                        (Op::Update, Some(Record::Note(before)), Some(Record::Note(after))) => {
                            return notes::set_back(tx, before, after).await.map(|()| None);
                        }
                        _ => {}
                    }
                    match (op, lead_of(before), lead_of(after)) {
                        (Op::Create | Op::Restore, _, Some(made)) => unmake(tx, made).await.map(|()| None),
                        (Op::Update, Some(before), Some(after)) => set_back(tx, &before, &after).await.map(Some),
                        (Op::Delete, Some(gone), _) => restore(tx, id, gone).await.map(Some),
                        _ => Err(Error::Conflict("Only the changes of a single lead can be taken back here".to_owned())),
                    }
                })
            })
            .await
    }
}

fn lead_of(record: Option<Record>) -> Option<Lead> {
    match record {
        Some(Record::Lead(lead)) => Some(*lead),
        _ => None,
    }
}

/// A lead that someone worked on since is not deleted by the undo of its creation.
async fn unmake(tx: &mut Tx, made: Lead) -> Result<()> {
    let now = write::find(tx, made.id).await?.ok_or_else(|| Error::Conflict(format!("{} was deleted already", made.name)))?;
    as_left(&LeadPatch::between(&now, &made), &now)?;
    write::remove(tx, now).await?;
    Ok(())
}

async fn set_back(tx: &mut Tx, before: &Lead, after: &Lead) -> Result<Lead> {
    let done = LeadPatch::between(before, after);
    let back = done.values_in(before);
    let now = write::find(tx, after.id).await?.ok_or_else(|| Error::Conflict(format!("{} was deleted since", after.name)))?;
    if back.differing(&now).is_empty() {
        return Err(Error::Conflict("This change was taken back already".to_owned()));
    }
    as_left(&done, &now)?;
    match LeadEdit::set(back).apply(&now, tx.now())? {
        Some(mut undone) => {
            // What this change made the last activity did not happen.
            if now.last_activity_at == after.last_activity_at {
                undone.last_activity.clone_from(&before.last_activity);
                undone.last_activity_at = before.last_activity_at;
            }
            write::replace(tx, now, undone).await
        }
        None => Ok(now),
    }
}

/// Only fields still as the change left them may be set back.
fn as_left(done: &LeadPatch, now: &Lead) -> Result<()> {
    let fields: Vec<_> = done.differing(now).into_iter().map(str::to_owned).collect();
    if fields.is_empty() { Ok(()) } else { Err(Error::Stale { fields, theirs: Box::new(Record::Lead(Box::new(now.clone()))) }) }
}

/// The same lead under the same id. Its notes and stage history never went.
async fn restore(tx: &mut Tx, id: ChangeId, gone: Lead) -> Result<Lead> {
    let name = gone.name.clone();
    let there = || Error::Conflict(format!("{name} is there again already"));
    if write::find(tx, gone.id).await?.is_some() {
        return Err(there());
    }
    let newest = tx.optional::<(uuid::Uuid,)>(store::sql(sql::NEWEST_CHANGE).bind(gone.id)).await?;
    if newest != Some((id.0,)) {
        return Err(Error::Conflict(format!("{} came back and was deleted again since; undo that later deletion", gone.name)));
    }
    let lead = Lead { revision: gone.revision + 1, ..gone }.with_key_of_today();
    write::insert(tx, &lead).await.map_err(|error| match error {
        // Two undos at once.
        Error::DuplicateLead { existing } if existing.id == lead.id => there(),
        other => other,
    })?;
    campaigns::set_gone(tx, lead.id, false).await?;
    tx.record(Op::Restore, None, Some(Record::Lead(Box::new(lead.clone()))));
    Ok(lead)
}
