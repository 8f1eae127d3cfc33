//! Undo of a definition's edits and of its deletion.

use super::{insert, label_is_free, lock, put};
use crate::store::Tx;
use domain::{Change, Error, Op, Permission, Record, Result, fields::CustomField};

/// Reverts an edit, or restores a deleted definition. This process knows it when the change has come through the log.
///
/// # Errors
/// `Forbidden` without the right to edit definitions; `Duplicate` when another one has the key; `Conflict` when it was changed since, or the
/// change is neither an edit nor a deletion, or is already undone.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::EditFields)?;
    let all = lock(tx).await?;
    match change {
        Change { op: Op::Delete, before: Some(Record::Field(gone)), .. } => {
            if all.iter().any(|field| field.id == gone.id) {
                return Err(Error::Conflict(format!("{} was restored already", gone.label)));
            }
            let back = CustomField { revision: gone.revision + 1, ..*gone };
            insert(tx, &all, &back).await?;
            tx.record(Op::Restore, None, Some(Record::Field(Box::new(back.clone()))));
            Ok(Some(Record::Field(Box::new(back))))
        }
        Change { op: Op::Update, before: Some(Record::Field(before)), after: Some(Record::Field(after)), .. } => {
            let now = all.iter().find(|field| field.id == after.id).cloned();
            let now = now.ok_or_else(|| Error::Conflict(format!("{} was deleted since", after.label)))?;
            if now.revision != after.revision {
                return Err(Error::Conflict(format!("{} was changed since; edit it instead", now.label)));
            }
            let back = CustomField { revision: now.revision + 1, updated_at: tx.now(), ..*before };
            label_is_free(&all, &back)?;
            put(tx, now, back.clone()).await?;
            Ok(Some(Record::Field(Box::new(back))))
        }
        _ => Err(Error::Conflict("Of a custom field its edits and its deletion can be undone; delete it instead".to_owned())),
    }
}
