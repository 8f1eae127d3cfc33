//! Adding, editing and deleting leads.

use super::{
    Leads,
    commit::{self, Write},
    rows::lock,
};
use crate::store::Tx;
use domain::{
    Actor, ChangeId, Error, LeadId, Result,
    leads::{Lead, LeadEdit, NewLead},
};

impl Leads {
    pub(super) async fn create_lead(&self, actor: &Actor, new: NewLead) -> Result<Lead> {
        let new = new.check()?;
        self.store
            .write(actor, |tx| {
                Box::pin(async move {
                    let lead = new.into_lead(LeadId(tx.new_id()), tx.now());
                    commit::one(tx, Write::Insert(vec![lead.clone()])).await?;
                    Ok(lead)
                })
            })
            .await
    }

    pub(super) async fn update_lead(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<Lead> {
        let again = edit.clone();
        match self.edit(actor, id, edit).await {
            // Another transaction took the same e-mail at the same time (Postgres); the second try reports the duplicate.
            Err(Error::Conflict(_)) => self.edit(actor, id, again).await,
            done => done,
        }
    }

    async fn edit(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<Lead> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = lock(tx, id).await?;
                    let Some(after) = edit.apply(&before, tx.now())? else { return Ok(before) };
                    put(tx, before, after.clone()).await?;
                    Ok(after)
                })
            })
            .await
    }

    pub(super) async fn delete_lead(&self, actor: &Actor, id: LeadId) -> Result<ChangeId> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let lead = lock(tx, id).await?;
                    remove(tx, lead).await
                })
            })
            .await
    }
}

/// Writes `after` over `before`, recorded as a change of its own.
pub async fn put(tx: &mut Tx, before: Lead, after: Lead) -> Result<()> {
    commit::one(tx, Write::Update(vec![(before, after)])).await.map(drop)
}

/// Deletes a lead. Its notes and stage history are kept for undo until the log is pruned.
pub(super) async fn remove(tx: &mut Tx, lead: Lead) -> Result<ChangeId> {
    commit::one(tx, Write::Delete(vec![lead])).await?.ok_or(Error::Internal)
}
