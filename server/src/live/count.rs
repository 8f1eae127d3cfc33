//! Counts the total of a query in the database.

use super::crossings::{MOST, Next, PART};
use crate::{
    leads::{COUNT, SUMS},
    store::{Conn, Query, Store},
};
use domain::{
    Actor, Error, Result, Snapshot, Timestamp,
    leads::{Stage, StageSums},
    live::{Query as LiveQuery, Total},
    rule::{Rule, boundaries},
};

pub(super) struct Count {
    pub(super) total: Total,
    /// The time at which the rule was evaluated.
    pub(super) now: Timestamp,
    /// With `with_next`: the next times at which leads enter or leave as time passes.
    pub(super) next: Option<Vec<Next>>,
}

pub(super) async fn count(store: &Store, query: LiveQuery, with_next: bool) -> Result<Snapshot<Count>> {
    let _permit = store.read_permit(&Actor::system()).await?;
    let (postgres, now) = (store.is_postgres(), store.clock.now());
    store
        .snapshot(move |conn| {
            Box::pin(async move {
                let next = match query.rule() {
                    Some(rule) if with_next => Some(next(conn, rule, now).await?),
                    _ => None,
                };
                let total = match query {
                    LiveQuery::Leads { rule } | LiveQuery::Count { rule } => {
                        let (count,) = conn.one(Query::with_rule(COUNT, Vec::new(), &rule, postgres, now)).await?;
                        Total::Count(count)
                    }
                    LiveQuery::Board { rule } => {
                        let rows = conn.all::<(i64, i64, i64, i64)>(Query::with_rule(SUMS, Vec::new(), &rule, postgres, now)).await?;
                        let add = |sums: StageSums, (stage, leads, millions, rest): (i64, i64, i64, i64)| match Stage::from_rank(stage) {
                            Some(stage) => sums.with(stage, leads, millions.wrapping_mul(1_000_000).wrapping_add(rest)),
                            None => sums,
                        };
                        Total::Stages(rows.into_iter().fold(StageSums::default(), add))
                    }
                    // The hub counts no other queries.
                    LiveQuery::Lead { .. }
                    | LiveQuery::List { .. }
                    | LiveQuery::One { .. }
                    | LiveQuery::Campaign { .. }
                    | LiveQuery::Dashboard { .. }
                    | LiveQuery::Activities { .. } => return Err(Error::Internal),
                };
                Ok(Count { total, now, next })
            })
        })
        .await
}

async fn next(conn: &mut Conn, rule: &Rule, now: Timestamp) -> Result<Vec<Next>> {
    let mut next = Vec::new();
    for boundary in boundaries(rule, now) {
        let rows = conn.all::<(i64,)>(Query::next_passed(&boundary, PART, MOST as i64)).await?;
        next.push((boundary, rows.into_iter().map(|(part,)| part).collect()));
    }
    Ok(next)
}
