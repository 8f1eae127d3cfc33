//! Undo of single changes: calls the undo of the change's entity.

use crate::{
    campaigns, fields, leads, orders, profiles, segments,
    store::{Store, Tx, log},
    views, workspace,
};
use async_trait::async_trait;
use domain::{Actor, Change, ChangeId, Entity, Error, Permission, Record, Result, services::ChangeService};

#[derive(Clone)]
pub struct Changes {
    store: Store,
}

impl Changes {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    async fn attempt(&self, actor: &Actor, id: ChangeId) -> Result<Option<Record>> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let change = log::by_id(tx.conn(), id).await?.ok_or_else(|| Error::not_found("Change", id))?;
                    undo(tx, change).await
                })
            })
            .await
    }
}

#[async_trait]
impl ChangeService for Changes {
    async fn undo(&self, actor: &Actor, change: ChangeId) -> Result<Option<Record>> {
        actor.require(Permission::Read)?;
        match self.attempt(actor, change).await {
            // Another transaction took the same e-mail or name at the same time (Postgres); the second try reports the duplicate.
            Err(Error::Conflict(_)) => self.attempt(actor, change).await,
            done => done,
        }
    }
}

/// The match names every entity, so that a new one does not compile without an undo.
async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    match change.record().map(Record::entity) {
        Some(Entity::Lead) => leads::undo(tx, change).await,
        Some(Entity::Note) => leads::undo_note(tx, change).await,
        Some(Entity::Campaign) => campaigns::undo(tx, change).await,
        Some(Entity::View) => views::undo(tx, change).await,
        Some(Entity::Segment) => segments::undo(tx, change).await,
        Some(Entity::Field) => fields::undo(tx, change).await,
        Some(Entity::Profile) => profiles::undo(tx, change).await,
        Some(Entity::Order) => orders::undo(tx, change).await,
        Some(Entity::Set | Entity::Import | Entity::Bulk) | None => Err(Error::Conflict(
            "This changed many records at once; undo the import or the bulk action instead, or delete the orders".to_owned(),
        )),
        Some(Entity::Export) => Err(Error::Conflict("An export changed nothing; delete its file under Exports instead".to_owned())),
        Some(Entity::Totals) => Err(Error::Conflict("This followed from an order; undo or delete that one".to_owned())),
        Some(Entity::Workspace) => workspace::undo(tx, change).await,
        Some(Entity::Enrollment | Entity::Figures) => {
            Err(Error::Conflict("This followed from a change of the lead; undo that one, or edit the lead".to_owned()))
        }
        Some(Entity::User | Entity::ApiKey) => {
            Err(Error::Conflict("Changes of people and keys have no undo; edit them instead".to_owned()))
        }
    }
}
