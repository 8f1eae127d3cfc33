//! Tags as a whole: which ones leads have, and on how many. The numbers are tallies; leads are never counted.

mod sql;

pub use sql::STATEMENTS;
pub(crate) use sql::{NAME, RENAME};

use crate::{
    named_rules,
    store::{self, Conn, Store, Tx},
};
use async_trait::async_trait;
use domain::{
    Actor, Permission, Result, Snapshot,
    services::TagService,
    tags::{LISTED, TagCount, TagDetail, Tags, is_tested_by},
    text::folded,
};
use uuid::Uuid;

#[derive(Clone)]
pub struct AllTags {
    store: Store,
}

impl AllTags {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl TagService for AllTags {
    async fn list(&self, actor: &Actor, search: &str) -> Result<Snapshot<Tags>> {
        actor.require(Permission::Read)?;
        let search = folded(search).into_owned();
        self.store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let rows = conn.all::<(String, i64)>(store::sql(sql::LIST).bind(search.as_str()).bind(LISTED)).await?;
                    let (total,) = conn.one::<(i64,)>(store::sql(sql::TOTAL).bind(search)).await?;
                    Ok(Tags { tags: rows.into_iter().map(|(name, leads)| TagCount { name, leads }).collect(), total })
                })
            })
            .await
    }

    async fn get(&self, actor: &Actor, name: &str) -> Result<Option<TagDetail>> {
        actor.require(Permission::Read)?;
        let (fold, user) = (folded(name).into_owned(), actor.user_id().map_or(Uuid::nil(), |user| user.0));
        self.store.read(move |conn| Box::pin(detail(conn, fold, user))).await
    }
}

/// Counts all tags again, when they are folded in another way than before.
///
/// # Errors
/// Errors of the database.
pub async fn recount(tx: &mut Tx) -> Result<()> {
    tx.run(store::sql(sql::CLEAR)).await?;
    tx.run(store::sql(sql::COUNT)).await?;
    tx.run(store::sql(sql::NAMES)).await.map(drop)
}

async fn detail(conn: &mut Conn, fold: String, user: Uuid) -> Result<Option<TagDetail>> {
    let Some((name, leads)) = conn.optional::<(String, i64)>(store::sql(sql::ONE).bind(fold)).await? else { return Ok(None) };
    let (segments, views) = named_rules::whose(conn, user, |rule| is_tested_by(&name, rule)).await?;
    Ok(Some(TagDetail { tag: TagCount { name, leads }, segments, views }))
}
