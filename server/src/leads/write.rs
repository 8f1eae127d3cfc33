//! Adding, editing and deleting leads.

use super::{
    Leads,
    row::{LeadRow, RefRow, bind_lead},
    sql,
};
use crate::{
    campaigns,
    store::{self, Tx},
};
use domain::{
    Actor, ChangeId, Error, LeadId, Record, Result, UserId,
    error::LeadRef,
    leads::{Lead, LeadEdit, NewLead, Stage},
};

impl Leads {
    pub(super) async fn create_lead(&self, actor: &Actor, new: NewLead) -> Result<Lead> {
        let new = new.check()?;
        self.store
            .write(actor, |tx| {
                Box::pin(async move {
                    let lead = new.into_lead(LeadId(tx.new_id()), tx.now());
                    owner_exists(tx, lead.owner).await?;
                    insert(tx, &lead).await?;
                    moved(tx, &lead, None).await?;
                    tx.created(Record::Lead(Box::new(lead.clone())));
                    Ok(lead)
                })
            })
            .await
    }

    pub(super) async fn update_lead(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<Lead> {
        let again = edit.clone();
        match self.edit(actor, id, edit).await {
            // Someone else took the same e-mail in this moment (Postgres); by now it shows who.
            Err(Error::Conflict(_)) => self.edit(actor, id, again).await,
            done => done,
        }
    }

    async fn edit(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<Lead> {
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = lock(tx, id).await?;
                    match edit.apply(&before, tx.now())? {
                        Some(after) => replace(tx, before, after).await,
                        None => Ok(before),
                    }
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

/// Writes one new row, without a change.
///
/// # Errors
/// `Duplicate` when the e-mail is taken.
pub async fn insert(tx: &mut Tx, lead: &Lead) -> Result<()> {
    if tx.optional::<(uuid::Uuid,)>(bind_lead(store::sql(sql::INSERT), lead)?).await?.is_some() {
        return Ok(());
    }
    email_is_free(tx, &lead.email).await?;
    // Whoever had it went away between the two statements.
    Err(Error::Unavailable("Someone else is changing the lead with this e-mail; try again".to_owned()))
}

/// The lead as it is now, and held until the transaction ends.
pub async fn lock(tx: &mut Tx, id: LeadId) -> Result<Lead> {
    find(tx, id).await?.ok_or_else(|| Error::not_found("Lead", id))
}

pub(super) async fn find(tx: &mut Tx, id: LeadId) -> Result<Option<Lead>> {
    tx.optional::<LeadRow>(store::sql(sql::LOCK).bind(id)).await?.map(Lead::try_from).transpose()
}

/// `put`, and its enrolments follow.
pub(super) async fn replace(tx: &mut Tx, before: Lead, after: Lead) -> Result<Lead> {
    put(tx, before.clone(), after.clone()).await?;
    campaigns::follow(tx, &before, &after).await?;
    Ok(after)
}

/// Writes `after` over `before`, with its stage move and its change.
pub async fn put(tx: &mut Tx, before: Lead, after: Lead) -> Result<()> {
    if after.owner != before.owner {
        owner_exists(tx, after.owner).await?;
    }
    if after.email != before.email {
        email_is_free(tx, &after.email).await?;
    }
    tx.run_one(bind_lead(store::sql(sql::UPDATE), &after)?).await?;
    if after.stage != before.stage {
        moved(tx, &after, Some(before.stage)).await?;
    }
    tx.updated(Record::Lead(Box::new(before)), Record::Lead(Box::new(after)));
    Ok(())
}

/// Notes and stage history stay where they are until the log forgets the lead: undo finds them again.
pub(super) async fn remove(tx: &mut Tx, lead: Lead) -> Result<ChangeId> {
    tx.run_one(store::sql(sql::DELETE).bind(lead.id)).await?;
    campaigns::set_gone(tx, lead.id, true).await?;
    Ok(tx.deleted(Record::Lead(Box::new(lead))))
}

async fn moved(tx: &mut Tx, lead: &Lead, from: Option<Stage>) -> Result<()> {
    let query = store::sql(sql::INSERT_MOVE)
        .bind(tx.new_id())
        .bind(lead.id)
        .bind(from.map(Stage::rank))
        .bind(lead.stage.rank())
        .bind(lead.stage_at)
        .bind(tx.actor().who.name());
    tx.run_one(query).await
}

async fn email_is_free(tx: &mut Tx, email: &str) -> Result<()> {
    match tx.optional::<RefRow>(store::sql(sql::BY_EMAIL).bind(email)).await? {
        Some(row) => Err(Error::duplicate("email", LeadRef::from(row))),
        None => Ok(()),
    }
}

async fn owner_exists(tx: &mut Tx, owner: Option<UserId>) -> Result<()> {
    let Some(owner) = owner else { return Ok(()) };
    match tx.optional::<(String,)>(store::sql(sql::NEW_OWNER).bind(owner)).await? {
        Some(_) => Ok(()),
        None => Err(Error::invalid("owner", "No active user has this id; choose an owner from the list of users")),
    }
}
