//! Counting what a query adds up to, a few at a time: the first page needs the readers more.

use crate::{
    leads::{COUNT, SUMS},
    store::{Query, Store},
};
use domain::{
    Error, Result, Snapshot,
    leads::{Stage, StageSums},
    live::{Query as LiveQuery, Total},
};
use tokio::sync::Semaphore;

static COUNTERS: Semaphore = Semaphore::const_new(2);

pub(super) async fn count(store: &Store, query: LiveQuery) -> Result<Snapshot<Total>> {
    let _permit = COUNTERS.acquire().await.map_err(|_| Error::Internal)?;
    let (postgres, now) = (store.is_postgres(), store.clock.now());
    store
        .snapshot(move |conn| {
            Box::pin(async move {
                match query {
                    LiveQuery::Leads { rule } | LiveQuery::Count { rule } => {
                        let (count,) = conn.one(Query::with_rule(COUNT, Vec::new(), &rule, postgres, now)).await?;
                        Ok(Total::Count(count))
                    }
                    LiveQuery::Board { rule } => {
                        let rows = conn.all::<(i64, i64, i64, i64)>(Query::with_rule(SUMS, Vec::new(), &rule, postgres, now)).await?;
                        let add = |sums: StageSums, (stage, leads, millions, rest): (i64, i64, i64, i64)| match Stage::from_rank(stage) {
                            Some(stage) => sums.with(stage, leads, millions.wrapping_mul(1_000_000).wrapping_add(rest)),
                            None => sums,
                        };
                        Ok(Total::Stages(rows.into_iter().fold(StageSums::default(), add)))
                    }
                    // The hub counts no others.
                    _ => Err(Error::Internal),
                }
            })
        })
        .await
}
