//! People's own profiles on a social network. Only their owner and administrators see and change them.

mod row;
mod sql;

pub use sql::STATEMENTS;

use crate::store::{self, Store, Tx};
use async_trait::async_trait;
use domain::{
    Actor, Change, ChangeId, Error, Op, Permission, ProfileId, Record, Result,
    profiles::{NewProfile, Profile, ProfilePatch},
    services::ProfileService,
};
use row::{ProfileRow, bind_profile};
use uuid::Uuid;

/// Maximum profiles per person.
const MOST: i64 = 100;

#[derive(Clone)]
pub struct Profiles {
    store: Store,
}

impl Profiles {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl ProfileService for Profiles {
    async fn list(&self, actor: &Actor) -> Result<Vec<Profile>> {
        actor.require(Permission::Read)?;
        let seen = store::sql(sql::SEEN).bind(actor.user_id().map_or(Uuid::nil(), |user| user.0)).bind(actor.may(Permission::Administer));
        let rows = self.store.read(move |conn| Box::pin(async move { conn.all::<ProfileRow>(seen).await })).await?;
        Ok(rows.into_iter().map(Profile::from).collect())
    }

    async fn get(&self, actor: &Actor, id: ProfileId) -> Result<Option<Profile>> {
        actor.require(Permission::Read)?;
        let found =
            self.store.read(move |conn| Box::pin(async move { conn.optional::<ProfileRow>(store::sql(sql::GET).bind(id)).await })).await?;
        Ok(found.map(Profile::from).filter(|profile| is_seen(actor, profile)))
    }

    async fn create(&self, actor: &Actor, new: NewProfile) -> Result<Profile> {
        actor.require(Permission::WriteLeads)?;
        let owner = actor.user_id().ok_or_else(|| Error::Forbidden("A profile belongs to a person; sign in to add one".to_owned()))?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let profile = new.into_profile(ProfileId(tx.new_id()), owner, tx.now())?;
                    insert(tx, &profile).await?;
                    tx.created(Record::Profile(Box::new(profile.clone())));
                    Ok(profile)
                })
            })
            .await
    }

    async fn update(&self, actor: &Actor, id: ProfileId, patch: ProfilePatch) -> Result<Profile> {
        actor.require(Permission::WriteLeads)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = own(tx, id).await?;
                    let Some(after) = patch.apply(&before, tx.now())? else { return Ok(before) };
                    put(tx, before, after.clone()).await?;
                    Ok(after)
                })
            })
            .await
    }

    async fn delete(&self, actor: &Actor, id: ProfileId) -> Result<ChangeId> {
        actor.require(Permission::WriteLeads)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let profile = own(tx, id).await?;
                    tx.run_one(store::sql(sql::DELETE).bind(id)).await?;
                    Ok(tx.deleted(Record::Profile(Box::new(profile))))
                })
            })
            .await
    }
}

fn is_seen(actor: &Actor, profile: &Profile) -> bool {
    actor.user_id() == Some(profile.owner) || actor.may(Permission::Administer)
}

/// The profile, locked, if the actor may change it.
async fn own(tx: &mut Tx, id: ProfileId) -> Result<Profile> {
    let found = tx.optional::<ProfileRow>(store::sql(sql::LOCK).bind(id)).await?.map(Profile::from);
    found.filter(|profile| is_seen(tx.actor(), profile)).ok_or_else(|| not_found(id))
}

fn not_found(id: ProfileId) -> Error {
    Error::not_found("Profile", id)
}

async fn put(tx: &mut Tx, before: Profile, after: Profile) -> Result<()> {
    tx.run_one(bind_profile(store::sql(sql::UPDATE), &after)).await?;
    tx.updated(Record::Profile(Box::new(before)), Record::Profile(Box::new(after)));
    Ok(())
}

/// Writes one new row, without a change.
async fn insert(tx: &mut Tx, profile: &Profile) -> Result<()> {
    tx.run(store::sql(sql::LOCK_OWNER).bind(profile.owner)).await?;
    let (count,) = tx.one::<(i64,)>(store::sql(sql::OWNED).bind(profile.owner)).await?;
    if count >= MOST {
        return Err(Error::Conflict(format!("There are {MOST} profiles already; delete one that is no longer used")));
    }
    tx.run_one(bind_profile(store::sql(sql::INSERT), profile)).await
}

/// Reverts an edit, or restores a deleted profile.
///
/// # Errors
/// `NotFound` for a profile of someone else; `Conflict` when it was changed since, or the change is neither an edit nor a deletion, or is
/// already undone.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::WriteLeads)?;
    let (before, after) = match change {
        Change { op: Op::Delete | Op::Update, before: Some(Record::Profile(before)), after, .. } => (*before, after),
        _ => return Err(Error::Conflict("Of a profile its edits and its deletion can be undone; delete it instead".to_owned())),
    };
    if !is_seen(tx.actor(), &before) {
        return Err(not_found(before.id));
    }
    let now = tx.optional::<ProfileRow>(store::sql(sql::LOCK).bind(before.id)).await?.map(Profile::from);
    match (now, after) {
        (None, None) => {
            insert(tx, &before).await?;
            tx.record(Op::Restore, None, Some(Record::Profile(Box::new(before.clone()))));
            Ok(Some(Record::Profile(Box::new(before))))
        }
        (Some(now), Some(Record::Profile(after))) if now == *after => {
            let back = Profile { updated_at: tx.now(), ..before };
            put(tx, now, back.clone()).await?;
            Ok(Some(Record::Profile(Box::new(back))))
        }
        _ => Err(Error::Conflict(format!("{} was changed since", before.name))),
    }
}
