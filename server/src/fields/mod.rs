//! Definitions of custom fields. There are at most 100, so that each write looks at all of them.

mod row;
mod sql;
mod undo;

pub use sql::STATEMENTS;
pub use undo::undo;

use crate::{
    named_rules,
    store::{self, Conn, Store, Tx},
};
use async_trait::async_trait;
use domain::{
    Actor, ChangeId, Error, FieldError, FieldId, Permission, Record, Result, Snapshot,
    fields::{CustomField, EditedField, FieldPatch, FieldUse, Fields, GAP, MOST, NewField, position_at},
    imports::{Column, ImportOptions},
    services::{FieldService, LeadService},
    text::{grouped, same},
};
use row::{FieldRow, bind_field};
use sqlx::types::Json;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub struct CustomFields {
    store: Store,
    leads: Arc<dyn LeadService>,
}

impl CustomFields {
    pub fn new(store: Store, leads: Arc<dyn LeadService>) -> Self {
        Self { store, leads }
    }

    async fn one(&self, id: FieldId) -> Result<CustomField> {
        let all = self.store.read(|conn| Box::pin(read(conn))).await?;
        all.iter().find(|field| field.id == id).cloned().ok_or_else(|| not_found(id))
    }

    /// Refuses a new type or new choices that values of leads do not fit, unless they may stay so.
    async fn require_fit(&self, actor: &Actor, id: FieldId, patch: &FieldPatch) -> Result<()> {
        if patch.keep_misfits || (patch.kind.is_none() && patch.choices.is_none()) {
            return Ok(());
        }
        let before = self.one(id).await?;
        let Some(after) = patch.apply(&before, self.store.clock.now())? else { return Ok(()) };
        if after.kind == before.kind && after.choices == before.choices {
            return Ok(());
        }
        let [were, are] = [before.misfits(), after.misfits()];
        let (were, are) = (self.leads.count(actor, &were).await?, self.leads.count(actor, &are).await?);
        if are <= were {
            return Ok(());
        }
        let member = if after.kind == before.kind { "choices" } else { "kind" };
        let leads =
            if are == 1 { "1 lead has a value that does".to_owned() } else { format!("{} leads have values that do", grouped(are)) };
        Err(Error::invalid(member, format!("{leads} not fit; change these first, or keep them as they are")))
    }
}

/// All definitions.
pub async fn read(conn: &mut Conn) -> Result<Fields> {
    Ok(Fields::new(conn.all::<FieldRow>(store::sql(sql::ALL)).await?.into_iter().map(CustomField::from).collect()))
}

/// Makes the stored definitions known to this process.
///
/// # Errors
/// Errors of the database.
pub async fn load(store: &Store) -> Result<()> {
    // Read again when a change is known that came after the read.
    while !store.current.set_fields(store.snapshot(|conn| Box::pin(read(conn))).await?) {}
    Ok(())
}

#[async_trait]
impl FieldService for CustomFields {
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Fields>> {
        actor.require(Permission::Read)?;
        self.store.snapshot(|conn| Box::pin(read(conn))).await
    }

    async fn uses(&self, actor: &Actor, id: FieldId) -> Result<FieldUse> {
        actor.require(Permission::Read)?;
        let field = self.one(id).await?;
        let leads = self.leads.count(actor, &field.is_set()).await?;
        let misfits = if leads == 0 { 0 } else { self.leads.count(actor, &field.misfits()).await? };
        let user = actor.user_id().map_or(Uuid::nil(), |user| user.0);
        let tested = field.clone();
        let read = self.store.read(move |conn| {
            Box::pin(async move {
                let (segments, views) = named_rules::whose(conn, user, |rule| tested.is_tested_by(rule)).await?;
                Ok((segments, views, conn.all::<(String, Json<Vec<Column>>, Json<ImportOptions>)>(store::sql(sql::IMPORTS)).await?))
            })
        });
        let (segments, views, imports) = read.await?;
        let written = |(file, Json(columns), Json(options)): (String, Json<Vec<Column>>, Json<ImportOptions>)| {
            let guessed = columns.into_iter().map(|column| column.target);
            let targets = if options.mapping.is_empty() { guessed.collect() } else { options.mapping };
            field.is_written_by(&targets).then_some(file)
        };
        let imports = imports.into_iter().filter_map(written).collect();
        Ok(FieldUse { leads, misfits, segments, views, imports })
    }

    async fn create(&self, actor: &Actor, new: NewField) -> Result<CustomField> {
        actor.require(Permission::EditFields)?;
        let made = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let all = lock(tx).await?;
                    let position = all.iter().last().map_or(GAP, |last| last.position + GAP);
                    let field = new.into_field(FieldId(tx.new_id()), position, tx.now())?;
                    insert(tx, &all, &field).await?;
                    tx.created(Record::Field(Box::new(field.clone())));
                    Ok(field)
                })
            })
            .await?;
        load(&self.store).await?;
        Ok(made)
    }

    async fn edit(&self, actor: &Actor, id: FieldId, patch: FieldPatch) -> Result<EditedField> {
        actor.require(Permission::EditFields)?;
        // Counted outside of the write: a slow count must not block writers.
        self.require_fit(actor, id, &patch).await?;
        let edited = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let all = lock(tx).await?;
                    let before = all.iter().find(|field| field.id == id).cloned().ok_or_else(|| not_found(id))?;
                    let mut after = patch.apply(&before, tx.now())?.unwrap_or_else(|| before.clone());
                    if let Some(place) = patch.place {
                        after.position = place_at(tx, &all, &before, place as usize).await?;
                    }
                    if after == before {
                        return Ok(EditedField { field: before, undo: None });
                    }
                    (after.revision, after.updated_at) = (before.revision + 1, tx.now());
                    let undo = put(tx, before, after.clone()).await?;
                    Ok(EditedField { field: after, undo: Some(undo) })
                })
            })
            .await?;
        load(&self.store).await?;
        Ok(edited)
    }

    async fn delete(&self, actor: &Actor, id: FieldId) -> Result<ChangeId> {
        actor.require(Permission::EditFields)?;
        let undo = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let gone = lock(tx).await?.iter().find(|field| field.id == id).cloned().ok_or_else(|| not_found(id))?;
                    tx.run_one(store::sql(sql::DELETE).bind(id)).await?;
                    Ok(tx.deleted(Record::Field(Box::new(gone))))
                })
            })
            .await?;
        load(&self.store).await?;
        Ok(undo)
    }
}

fn not_found(id: FieldId) -> Error {
    Error::not_found("Field", id)
}

/// All definitions. No other transaction changes any before this one ends.
async fn lock(tx: &mut Tx) -> Result<Fields> {
    tx.run(store::sql(sql::LOCK_ALL)).await?;
    read(tx.conn()).await
}

/// Writes one new row, without a change.
///
/// # Errors
/// `Duplicate` on `key`; `Conflict` when there are too many definitions.
async fn insert(tx: &mut Tx, all: &Fields, field: &CustomField) -> Result<()> {
    if let Some(other) = all.iter().find(|other| same(&other.key, &field.key)) {
        return Err(Error::duplicate("key", other.clone()));
    }
    if all.iter().len() >= MOST {
        return Err(Error::Conflict(format!("There are {MOST} custom fields already; delete one that is no longer used")));
    }
    label_is_free(all, field)?;
    tx.run_one(bind_field(store::sql(sql::INSERT), field)?).await
}

/// People tell fields apart by their labels.
fn label_is_free(all: &Fields, field: &CustomField) -> Result<()> {
    match all.iter().find(|other| other.id != field.id && same(&other.label, &field.label)) {
        Some(_) => Err(Error::Invalid(vec![FieldError::new("label", "Another field has this label; choose a different one")])),
        None => Ok(()),
    }
}

async fn put(tx: &mut Tx, before: CustomField, after: CustomField) -> Result<ChangeId> {
    tx.run_one(bind_field(store::sql(sql::UPDATE), &after)?).await?;
    Ok(tx.updated(Record::Field(Box::new(before)), Record::Field(Box::new(after))))
}

/// The position of `field` at `place` among all. When there is no room, the others get new positions.
async fn place_at(tx: &mut Tx, all: &Fields, field: &CustomField, place: usize) -> Result<i64> {
    let others: Vec<_> = all.iter().filter(|other| other.id != field.id).collect();
    if all.iter().position(|one| one.id == field.id) == Some(place) {
        return Ok(field.position);
    }
    if let Some(position) = position_at(&others, place) {
        return Ok(position);
    }
    let spread = |at: usize| (at as i64 + 1) * GAP;
    for (at, other) in others.into_iter().enumerate() {
        let at = if at < place { at } else { at + 1 };
        let moved = CustomField { position: spread(at), revision: other.revision + 1, updated_at: tx.now(), ..other.clone() };
        put(tx, other.clone(), moved).await?;
    }
    Ok(spread(place))
}
