//! Counts the total of a query in the database.

use super::crossings::{MOST, Next, PART};
use crate::{
    leads::{COUNT, SUMS},
    named_rules,
    store::{self, Conn, Query, Store},
};
use domain::{
    Actor, Error, Moment, Result, Snapshot,
    leads::{Stage, StageSums},
    live::{Query as LiveQuery, Total},
    rule::{Rule, boundaries},
};

pub(super) struct Count {
    pub(super) total: Total,
    /// The moment as of which the rule was evaluated.
    pub(super) at: Moment,
    /// With `with_next`: the next times at which leads enter or leave as time passes.
    pub(super) next: Option<Vec<Next>>,
}

pub(super) async fn count(store: &Store, query: LiveQuery, with_next: bool) -> Result<Snapshot<Count>> {
    let _permit = store.read_permit(&Actor::system()).await?;
    let (postgres, at) = (store.is_postgres(), store.moment());
    store
        .snapshot(move |conn| {
            Box::pin(async move {
                let rule = named_rules::expanded_saved(conn, query.rule().ok_or(Error::Internal)?).await?;
                let next = if with_next { Some(next(conn, &rule, &at).await?) } else { None };
                let total = match query {
                    LiveQuery::Leads { .. } | LiveQuery::Count { .. } => {
                        let (count,) = conn.one(Query::with_rule(COUNT, Vec::new(), &rule, postgres, &at)).await?;
                        Total::Count(count)
                    }
                    LiveQuery::Board { .. } => {
                        let rows = conn.all::<(i64, i64, i64, i64)>(Query::with_rule(SUMS, Vec::new(), &rule, postgres, &at)).await?;
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
                    | LiveQuery::Activities { .. }
                    | LiveQuery::Tags {} => return Err(Error::Internal),
                };
                Ok(Count { total, at, next })
            })
        })
        .await
}

async fn next(conn: &mut Conn, rule: &Rule, at: &Moment) -> Result<Vec<Next>> {
    let mut next = Vec::new();
    for boundary in boundaries(rule, at) {
        let parts = store::next_passed(conn, &boundary, PART, MOST).await?;
        next.push((boundary, parts));
    }
    Ok(next)
}
