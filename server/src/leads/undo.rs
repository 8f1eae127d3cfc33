//! Undo of a change of a lead, as a new change.

use super::{
    commit::{self, Write},
    rows::find,
    sql,
    undo_images::{self, LeadFields},
    write,
};
use crate::store::{self, Existence, Tx, log};
use domain::{
    Change, ChangeId, Error, Op, Permission, Record, Result, Timestamp,
    leads::{Lead, LeadEdit, LeadPatch},
};

/// # Errors
/// `Forbidden` for actors who may not write leads; `Stale` when the same fields were changed since; `Duplicate` when another lead has the
/// e-mail; `Conflict` for a change that was undone before.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::WriteLeads)?;
    let Change { id, at, op, before, after, .. } = change;
    let lead = match (op, before, after) {
        (Op::Create | Op::Restore, _, Some(Record::Lead(made))) => {
            undo_creation(tx, *made).await?;
            return Ok(None);
        }
        (Op::Update, Some(Record::Lead(before)), Some(Record::Lead(after))) => revert_edit(tx, (id, at), &before, &after).await?,
        (Op::Delete, Some(Record::Lead(gone)), _) => restore(tx, id, *gone).await?,
        (Op::Create | Op::Restore | Op::Update | Op::Delete | Op::Bulk, ..) => {
            tracing::error!(%id, "a change of a lead whose records do not fit its operation");
            return Err(Error::Internal);
        }
    };
    Ok(Some(Record::Lead(Box::new(lead))))
}

/// Undoes a creation. `Stale` when the lead was edited since.
async fn undo_creation(tx: &mut Tx, made: Lead) -> Result<()> {
    let existence = Existence::lock(tx).await?;
    let now = find(tx, made.id).await?.ok_or_else(|| Error::Conflict(format!("{} was deleted already", made.name)))?;
    as_left(&LeadPatch::between(&now, &made), &now)?;
    write::remove(tx, existence, now).await?;
    Ok(())
}

async fn revert_edit(tx: &mut Tx, change: (ChangeId, Timestamp), before: &Lead, after: &Lead) -> Result<Lead> {
    let mut done = LeadPatch::between(before, after);
    let now = find(tx, after.id).await?.ok_or_else(|| Error::Conflict(format!("{} was deleted since", after.name)))?;
    // The lead was contacted again since: that time stays, and what else the change did is undone.
    let only_contacted = LeadPatch { last_contacted_at: done.last_contacted_at, ..LeadPatch::default() };
    if now.last_contacted_at != after.last_contacted_at && done != only_contacted {
        done.last_contacted_at = None;
    }
    let back = done.values_in(before);
    if back.differing(&now).is_empty() {
        return Err(Error::Conflict("This change was already undone".to_owned()));
    }
    as_left(&done, &now)?;
    let enrollments = log::enrollments_after(tx.conn(), after.id, change).await?;
    let (mut was, mut is) = (LeadFields::of(before, back.clone()), LeadFields::of(after, done));
    (was.enrollments, is.enrollments) = enrollments.into_iter().unzip();
    match undo_images::undo(now.clone(), LeadEdit::set(back), was, is, tx.now())? {
        Some(undone) => {
            let lead = undone.1.clone();
            commit::one(tx, Write::Undo(vec![undone])).await?;
            Ok(lead)
        }
        None => Ok(now),
    }
}

/// `Stale` for fields that are no longer as the change left them.
fn as_left(done: &LeadPatch, now: &Lead) -> Result<()> {
    let fields: Vec<_> = done.differing(now).into_iter().map(str::to_owned).collect();
    if fields.is_empty() { Ok(()) } else { Err(Error::Stale { fields, theirs: Box::new(Record::Lead(Box::new(now.clone()))) }) }
}

/// Restores the lead with its id. Its notes and stage history were kept.
async fn restore(tx: &mut Tx, id: ChangeId, gone: Lead) -> Result<Lead> {
    let existence = Existence::lock(tx).await?;
    let name = gone.name.clone();
    let there = || Error::Conflict(format!("{name} exists already"));
    if find(tx, gone.id).await?.is_some() {
        return Err(there());
    }
    let newest = tx.optional::<(uuid::Uuid,)>(store::sql(sql::NEWEST_CHANGE).bind(gone.id)).await?;
    if newest != Some((id.0,)) {
        return Err(Error::Conflict(format!("{} was restored and deleted again since; undo the later deletion", gone.name)));
    }
    let lead = gone.restored();
    commit::one(tx, Write::Restore(existence, vec![lead.clone()])).await.map_err(|error| match error {
        // Two undos at the same time.
        Error::Duplicate { existing, .. } if existing.id == lead.id.0 => there(),
        other => other,
    })?;
    Ok(lead)
}
