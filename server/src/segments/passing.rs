//! The background work of segments: counts those that ask for it, and those whose leads enter or leave as time passes.

use super::{count::recount, known::zone, sql};
use crate::{
    background::Background,
    store::{self, Store},
};
use async_trait::async_trait;
use domain::{
    Actor, Change, Entity, Moment, Record, Result, SegmentId, Timestamp,
    rule::{Rule, SegmentRules, boundaries},
};
use sqlx::types::Json;
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// Shortest time between two looks at the clock.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest time between two looks, for what no change tells of.
const LONGEST: Duration = Duration::from_mins(1);

/// On every node; where several count the same segment, one count is kept.
pub struct Counting {
    store: Store,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Counting {
    pub fn new(store: Store) -> Self {
        Self { store, stop: CancellationToken::new(), tasks: TaskTracker::new() }
    }
}

#[async_trait]
impl Background for Counting {
    async fn resume(&self) -> Result<()> {
        let (store, changes) = (self.store.clone(), self.store.feed());
        self.tasks.spawn(self.stop.clone().run_until_cancelled_owned(run(store, changes)));
        Ok(())
    }

    async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn run(store: Store, mut changes: Receiver<Arc<Change>>) {
    loop {
        let now = store.clock.now();
        let next = match look(&store, now).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "segments were not counted; tried again");
                Some(now)
            }
        };
        // A segment that time changes has a new next moment after any change of its leads.
        let timed = next.is_some();
        let wait = next.map_or(LONGEST, |next| Duration::from_micros(next.0.saturating_sub(now.0).max(0).unsigned_abs()));
        store.clock.sleep(PAUSE).await;
        tokio::select! {
            () = store.clock.sleep(wait.min(LONGEST).saturating_sub(PAUSE)) => {}
            () = changed(&mut changes, timed) => {}
        }
    }
}

/// Returns at the next change that may ask for a count.
async fn changed(changes: &mut Receiver<Arc<Change>>, any: bool) {
    loop {
        match changes.recv().await {
            Ok(change) if any || asks(&change) => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

fn asks(change: &Change) -> bool {
    matches!(change.record().map(Record::entity), Some(Entity::Segment | Entity::Campaign | Entity::Workspace))
}

/// Counts what is due. Returns when the next segment changes by time; `None` when none does.
async fn look(store: &Store, now: Timestamp) -> Result<Option<Timestamp>> {
    let read = store.read(|conn| {
        Box::pin(async move { Ok((conn.all::<(Uuid, Json<Rule>, i64, bool)>(store::sql(sql::DUE)).await?, zone(conn).await?)) })
    });
    let (segments, zone) = read.await?;
    let own: SegmentRules = segments.iter().map(|(id, rule, ..)| (SegmentId(*id), String::new(), rule.0.clone())).collect();
    let mut next: Option<Timestamp> = None;
    for (id, Json(rule), as_of, counted) in segments {
        let rule = own.expand_saved(&rule);
        let (id, as_of) = (SegmentId(id), Timestamp(as_of));
        let mut due = !counted;
        if rule.depends_on_time() {
            let passes = passes(store, &rule, Moment { now: as_of, zone: zone.clone() }).await?;
            if passes.is_some_and(|at| at <= now) {
                due |= advance(store, id, as_of, now).await?;
                next = Some(now);
            } else if let Some(at) = passes {
                next = Some(next.map_or(at, |next| next.min(at)));
            } else {
                // A lead that is written may be the first that time moves.
                next = next.or(Some(Timestamp(i64::MAX)));
            }
        }
        if due && !recount(store, id).await? {
            next = Some(now);
        }
    }
    Ok(next)
}

/// When time first changes the answer for a lead after `as_of`.
async fn passes(store: &Store, rule: &Rule, as_of: Moment) -> Result<Option<Timestamp>> {
    let boundaries = boundaries(rule, &as_of);
    let _permit = store.read_permit(&Actor::system()).await?;
    store
        .read(move |conn| {
            Box::pin(async move {
                let mut first = None;
                for boundary in boundaries {
                    let next = store::next_passed(conn, &boundary, 1, 1).await?;
                    let at = next.first().map(|value| boundary.passes(*value));
                    first = [first, at].into_iter().flatten().min();
                }
                Ok(first)
            })
        })
        .await
}

/// From now on, all writes evaluate the segment as of `now`. Returns `false` when another node was faster.
async fn advance(store: &Store, id: SegmentId, as_of: Timestamp, now: Timestamp) -> Result<bool> {
    store
        .write(&Actor::system(), move |tx| {
            Box::pin(async move {
                if tx.run(store::sql(sql::SET_AS_OF).bind(id).bind(now).bind(as_of)).await? == 0 {
                    return Ok(false);
                }
                tx.begin_generation().await?;
                Ok(true)
            })
        })
        .await
}
