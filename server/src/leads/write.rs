//! Adding, editing and deleting leads.

use super::{
    Leads,
    commit::{self, Write},
    rows::lock,
};
use crate::store::{Existence, Tx};
use domain::{
    Actor, ChangeId, Error, LeadId, Result,
    leads::{Lead, LeadEdit, NewLead, SavedLead},
};

impl Leads {
    pub(super) async fn add_lead(&self, actor: &Actor, new: NewLead, required: bool) -> Result<SavedLead> {
        let mut new = new.check()?;
        new.custom = self.store.current.fields().check_new(new.custom, required)?;
        self.store
            .write(actor, |tx| {
                Box::pin(async move {
                    let mut lead = new.into_lead(LeadId(tx.new_id()), tx.now());
                    let undo = commit::one(tx, Write::Insert(vec![lead.clone()])).await?;
                    add_waiting_orders(tx, &mut lead).await?;
                    Ok(SavedLead { lead, undo })
                })
            })
            .await
    }

    pub(super) async fn edit_lead(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<SavedLead> {
        let again = edit.clone();
        match self.edit_once(actor, id, edit).await {
            // Another transaction took the same e-mail at the same time (Postgres); the second try reports the duplicate.
            Err(Error::Conflict(_)) => self.edit_once(actor, id, again).await,
            done => done,
        }
    }

    async fn edit_once(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<SavedLead> {
        let fields = self.store.current.fields();
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = lock(tx, id).await?;
                    let Some(mut after) = edit.apply(&before, tx.now())? else { return Ok(SavedLead { lead: before, undo: None }) };
                    after.custom = fields.check_edit(&before.custom, after.custom)?;
                    let renumbered = after.customer_id != before.customer_id;
                    let undo = commit::one(tx, Write::Update(vec![(before, after.clone())])).await?;
                    if renumbered {
                        add_waiting_orders(tx, &mut after).await?;
                    }
                    Ok(SavedLead { lead: after, undo })
                })
            })
            .await
    }

    pub(super) async fn delete_lead(&self, actor: &Actor, id: LeadId) -> Result<ChangeId> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let existence = Existence::lock(tx).await?;
                    let lead = lock(tx, id).await?;
                    remove(tx, existence, lead).await
                })
            })
            .await
    }
}

/// Adds the sums of the orders that waited for the customer number with which the lead was just written.
pub async fn add_waiting_orders(tx: &mut Tx, lead: &mut Lead) -> Result<()> {
    if lead.customer_id.is_some() {
        *lead = lock(tx, lead.id).await?;
    }
    Ok(())
}

/// Writes `after` over `before`, recorded as a change of its own.
pub async fn put(tx: &mut Tx, before: Lead, after: Lead) -> Result<()> {
    commit::one(tx, Write::Update(vec![(before, after)])).await.map(drop)
}

/// Deletes a lead. Its notes and stage history are kept for undo until the log is pruned.
pub(super) async fn remove(tx: &mut Tx, existence: Existence, lead: Lead) -> Result<ChangeId> {
    commit::one(tx, Write::Delete(existence, vec![lead])).await?.ok_or(Error::Internal)
}
