//! Writes rows of `lead`, one by one or thousands in few statements. Called only by `commit`.

use super::{
    commit::{Cause, CompletedTask, Update, Write, Written},
    row::{LeadRow, RefRow, bind_lead},
    sql::{self, WRITES},
};
use crate::store::{self, Query, Sql, Tx, Value};
use domain::{
    Error, LeadId, Result, UserId,
    error::LeadRef,
    leads::{Lead, LeadPatch},
    rule::tags_fold,
};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// The current lead, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: LeadId) -> Result<Lead> {
    find(tx, id).await?.ok_or_else(|| Error::not_found("Lead", id))
}

/// Like `lock`; `None` for a deleted lead.
pub(super) async fn find(tx: &mut Tx, id: LeadId) -> Result<Option<Lead>> {
    tx.optional::<LeadRow>(store::sql(sql::LOCK).bind(id)).await?.map(Lead::try_from).transpose()
}

/// Bytes of leads or undo images in one batch of a job, exceeded by at most one of them: a lead may have 256 kB.
pub(super) const BATCH_BYTES: usize = 8 << 20;

/// The current leads, locked until the transaction ends, ordered by id; deleted leads are left out. Only the first that have `BATCH_BYTES`
/// together: when there may be more, with the last lead's id.
pub async fn lock_batch(tx: &mut Tx, ids: &[LeadId]) -> Result<(Vec<Lead>, Option<LeadId>)> {
    read_batch(tx, store::sql(sql::LOCK_MANY).bind_all([Value::json(&ids)?])).await
}

/// The first leads of a query that have `BATCH_BYTES` together. When there may be more, with the last lead's id.
pub async fn read_batch(tx: &mut Tx, query: Query) -> Result<(Vec<Lead>, Option<LeadId>)> {
    let mut bytes = 0;
    let rows = tx.conn().until::<LeadRow>(query, |row| {
        bytes += row.size();
        bytes >= BATCH_BYTES
    });
    let leads = rows.await?.into_iter().map(Lead::try_from).collect::<Result<Vec<_>>>()?;
    let last = leads.last().map(|lead| lead.id).filter(|_| bytes >= BATCH_BYTES);
    Ok((leads, last))
}

/// New leads with their insert statements, which are built on another thread.
#[derive(Default)]
pub struct NewLeads {
    leads: Vec<Lead>,
    inserts: Vec<Query>,
}

impl NewLeads {
    pub fn new(leads: Vec<Lead>) -> Result<Self> {
        let inserts = WRITES.insert.queries(&leads, bind_lead)?;
        Ok(Self { leads, inserts })
    }

    pub fn leads(&self) -> &[Lead] {
        &self.leads
    }

    pub fn into_leads(self) -> Vec<Lead> {
        self.leads
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = LeadId> {
        self.leads.iter().map(|lead| lead.id)
    }

    pub fn len(&self) -> usize {
        self.leads.len()
    }

    pub fn is_empty(&self) -> bool {
        self.leads.is_empty()
    }
}

/// # Errors
/// `Duplicate` on `email`; `Invalid` on `owner`.
pub(super) async fn one_by_one(tx: &mut Tx, write: Write) -> Result<Vec<Written>> {
    let mut written = Vec::new();
    match write {
        Write::Insert(leads) => {
            for lead in leads {
                owner_exists(tx, lead.owner).await?;
                insert(tx, &lead).await?;
                written.push(Written::New(lead));
            }
        }
        Write::Restore(_, leads) => {
            for lead in leads {
                insert(tx, &lead).await?;
                written.push(Written::Restored(lead));
            }
        }
        Write::Update(pairs) => {
            for (before, after) in pairs {
                update(tx, &before, &after).await?;
                written.push(updated(before, after, Cause::Edit));
            }
        }
        Write::Undo(undone) => {
            for (before, after, enrollments) in undone {
                update(tx, &before, &after).await?;
                written.push(updated(before, after, Cause::Undo(enrollments)));
            }
        }
        Write::Task(task) => {
            let CompletedTask { before, after, task, step } = *task;
            update(tx, &before, &after).await?;
            written.push(updated(before, after, Cause::Task(task, step)));
        }
        Write::Delete(_, leads) => {
            for lead in leads {
                tx.run_one(store::sql(sql::DELETE).bind(lead.id)).await?;
                written.push(Written::Deleted(lead));
            }
        }
        Write::Import(_) => {
            tracing::error!("an import is one change, not one for each of its leads");
            return Err(Error::Internal);
        }
    }
    Ok(written)
}

pub(super) async fn as_set(tx: &mut Tx, write: Write) -> Result<Vec<Written>> {
    match write {
        Write::Insert(leads) => Ok(insert_many(tx, leads).await?.into_iter().map(Written::New).collect()),
        Write::Restore(_, leads) => Ok(insert_many(tx, leads).await?.into_iter().map(Written::Restored).collect()),
        Write::Import(new) => Ok(import(tx, new).await?.into_iter().map(Written::New).collect()),
        Write::Update(pairs) => {
            update_many(tx, pairs.iter().map(|(before, after)| (before, after))).await?;
            Ok(pairs.into_iter().map(|(before, after)| updated(before, after, Cause::Edit)).collect())
        }
        Write::Undo(undone) => {
            update_many(tx, undone.iter().map(|(before, after, _)| (before, after))).await?;
            Ok(undone.into_iter().map(|(before, after, enrollments)| updated(before, after, Cause::Undo(enrollments))).collect())
        }
        Write::Delete(_, leads) => {
            let ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
            tx.run(store::sql(sql::DELETE_MANY).bind_all([Value::json(&ids)?])).await?;
            Ok(leads.into_iter().map(Written::Deleted).collect())
        }
        Write::Task(_) => {
            tracing::error!("a task is done with one lead");
            Err(Error::Internal)
        }
    }
}

fn updated(before: Lead, after: Lead, cause: Cause) -> Written {
    Written::Updated(Box::new(Update { before, after, cause }))
}

/// # Errors
/// `Duplicate` when the e-mail is taken.
async fn insert(tx: &mut Tx, lead: &Lead) -> Result<()> {
    if tx.optional::<(Uuid,)>(WRITES.insert_one.one(lead, bind_lead)?).await?.is_some() {
        return Ok(());
    }
    email_is_free(tx, &lead.email).await?;
    // The lead that had it was deleted between the two statements.
    Err(Error::Unavailable("Someone else is changing the lead with this e-mail; try again".to_owned()))
}

async fn update(tx: &mut Tx, before: &Lead, after: &Lead) -> Result<()> {
    if after.owner != before.owner {
        owner_exists(tx, after.owner).await?;
    }
    if after.email != before.email {
        email_is_free(tx, &after.email).await?;
    }
    tx.run_one(bind_lead(WRITES.update.clone(), after)?).await
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

/// Returns the inserted leads: those with a new id and a new e-mail.
async fn insert_many(tx: &mut Tx, mut leads: Vec<Lead>) -> Result<Vec<Lead>> {
    let mut came = HashSet::with_capacity(leads.len());
    for query in WRITES.insert_telling.queries(&leads, bind_lead)? {
        came.extend(tx.all::<(Uuid,)>(query).await?.into_iter().map(|(id,)| LeadId(id)));
    }
    leads.retain(|lead| came.contains(&lead.id));
    Ok(leads)
}

/// Returns the inserted leads. Usually all are new; only if not, the database is asked which ones.
async fn import(tx: &mut Tx, new: NewLeads) -> Result<Vec<Lead>> {
    let NewLeads { mut leads, inserts } = new;
    let ids = || leads.iter().map(|lead| lead.id);
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(leads) };
    let import = leads[0].import_id;
    if tx.run_all(inserts).await? < leads.len() as u64 {
        let came = tx.all::<(Uuid,)>(store::sql(sql::CAME).bind(import).bind(first).bind(last)).await?;
        let came: HashSet<LeadId> = came.into_iter().map(|(id,)| LeadId(id)).collect();
        leads.retain(|lead| came.contains(&lead.id));
    }
    Ok(leads)
}

async fn update_many<'l>(tx: &mut Tx, pairs: impl Iterator<Item = (&'l Lead, &'l Lead)>) -> Result<()> {
    // Most sets change one column to few values: one statement per value leaves the indexes of the other columns alone.
    let mut narrow: BTreeMap<String, (Narrow, Vec<LeadId>)> = BTreeMap::new();
    let mut whole = Vec::new();
    for (before, after) in pairs {
        match Narrow::between(before, after)? {
            Some((key, set)) => narrow.entry(key).or_insert_with(|| (set, Vec::new())).1.push(after.id),
            None => whole.push(after),
        }
    }
    for (set, ids) in narrow.into_values() {
        tx.run(set.query(&ids)?).await?;
    }
    tx.run_all(WRITES.replace.queries(&whole, |query, lead| bind_lead(query, lead))?).await.map(drop)
}

/// The same value in the same column of several leads.
struct Narrow {
    statement: Sql,
    /// Values from `$2` on.
    values: Vec<Value>,
}

impl Narrow {
    /// With a key that identifies it; `None` for an edit of several fields, or of any other field.
    fn between(before: &Lead, after: &Lead) -> Result<Option<(String, Self)>> {
        let patch = LeadPatch::between(before, after);
        let only = |set: LeadPatch| set == patch;
        let active = before.last_activity_at != after.last_activity_at;
        // These statements write `updated_at` as the time of the activity. A revert writes an older time.
        let active_now = after.last_activity_at == after.updated_at;
        let (statement, key, values) = match &patch {
            LeadPatch { stage: Some(stage), .. } if active_now && only(LeadPatch { stage: Some(*stage), ..LeadPatch::default() }) => {
                (sql::SET_STAGE, stage.rank().to_string(), vec![after.last_activity.as_str().into(), stage.rank().into()])
            }
            LeadPatch { status: Some(status), .. } if active_now && only(LeadPatch { status: Some(*status), ..LeadPatch::default() }) => {
                (sql::SET_STATUS, status.as_str().to_owned(), vec![after.last_activity.as_str().into(), status.as_str().into()])
            }
            LeadPatch { status: Some(status), last_contacted_at: Some(at), .. }
                if active_now
                    && *at == Some(after.updated_at)
                    && only(LeadPatch { status: Some(*status), last_contacted_at: Some(*at), ..LeadPatch::default() }) =>
            {
                (sql::SET_CONTACTED, status.as_str().to_owned(), vec![after.last_activity.as_str().into(), status.as_str().into()])
            }
            // These two are no activity with the lead: their statements leave the last activity unchanged.
            LeadPatch { owner: Some(owner), .. } if !active && only(LeadPatch { owner: Some(*owner), ..LeadPatch::default() }) => {
                (sql::SET_OWNER, owner.map(|id| id.to_string()).unwrap_or_default(), vec![(*owner).into()])
            }
            LeadPatch { tags: Some(tags), .. } if !active && only(LeadPatch { tags: Some(tags.clone()), ..LeadPatch::default() }) => {
                (sql::SET_TAGS, tags.join("\n"), vec![Value::json(tags)?, tags_fold(tags).into()])
            }
            _ => return Ok(None),
        };
        let key = format!("{}\0{}\0{key}", statement.sqlite, after.last_activity);
        let values = std::iter::once(after.updated_at.into()).chain(values).collect();
        Ok(Some((key, Self { statement, values })))
    }

    fn query(self, ids: &[LeadId]) -> Result<Query> {
        Ok(store::sql(self.statement).bind_all([Value::json(&ids)?]).bind_all(self.values))
    }
}
