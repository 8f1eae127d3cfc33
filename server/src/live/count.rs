//! Counting a rule's leads, a few at a time: the first page needs the readers more.

use crate::{
    leads::COUNT,
    store::{Query, Store},
};
use domain::{Error, Result, Snapshot, rule::Rule};
use tokio::sync::Semaphore;

static COUNTERS: Semaphore = Semaphore::const_new(2);

pub(super) async fn count(store: &Store, rule: Rule) -> Result<Snapshot<i64>> {
    let _permit = COUNTERS.acquire().await.map_err(|_| Error::Internal)?;
    let (postgres, now) = (store.is_postgres(), store.clock.now());
    store
        .snapshot(move |conn| {
            Box::pin(async move { Ok(conn.one::<(i64,)>(Query::with_rule(COUNT, Vec::new(), &rule, postgres, now)).await?.0) })
        })
        .await
}
