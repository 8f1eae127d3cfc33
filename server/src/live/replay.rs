//! Replay of a new subscription: the changes between the client's snapshot and the query's next frame.

use super::{
    Shared,
    frame::{self, FRAME_MAX, Item},
    lead_facts::LeadFacts,
    query::CompiledQuery,
    ready::Ready,
    walk::{Walk, Wanted, concern},
};
use crate::store::{Requester, Store, log};
use axum::extract::ws::Utf8Bytes;
use domain::{Change, ChangeId, Error, LeadId, Result, Snapshot, live::ServerMessage, record::Concerned};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Maximum changes to replay. A client further behind reads again, which is cheaper.
pub(super) const REPLAY_MAX: i64 = 5_000;
/// Maximum time until changes that a snapshot includes have got their numbers (Postgres).
const PENDING: Duration = Duration::from_secs(2);
/// Changes per read.
const CHUNK: i64 = 500;

pub struct Replay {
    /// The client's id of the subscription; `name` is the hub's id of the query.
    id: u32,
    name: u64,
    /// The requester whose permit is used to read the log.
    requester: Requester,
    compiled: CompiledQuery,
    /// The last replayed change.
    at: i64,
    upto: i64,
    /// The subscription has ended.
    over: CancellationToken,
}

/// Deltas that become frames.
#[derive(Default)]
struct Packing {
    frames: Vec<Utf8Bytes>,
    items: Vec<Item>,
    length: usize,
}

impl Replay {
    /// Of the changes after `since` up to `upto`; ends early when `over`.
    pub(super) fn new(
        id: u32,
        name: u64,
        requester: Requester,
        compiled: CompiledQuery,
        (since, upto): (i64, i64),
        over: CancellationToken,
    ) -> Self {
        Self { id, name, requester, compiled, at: since, upto, over }
    }

    /// The next frames, deltas in order. `None` at the end, and of the subscription; a `Reset` when the log no longer has these changes.
    pub(super) async fn next(&mut self, shared: &Shared) -> Option<Vec<Utf8Bytes>> {
        self.over.clone().run_until_cancelled_owned(self.part(shared)).await.flatten()
    }

    async fn part(&mut self, shared: &Shared) -> Option<Vec<Utf8Bytes>> {
        if self.at >= self.upto {
            return None;
        }
        if self.compiled.enrolled {
            return Some(self.enrolled(shared).await);
        }
        let (at, upto) = (self.at, self.upto);
        // Without a permit, or after a read error, the client gets a `Reset`. The permit is held until the changes are evaluated, which takes
        // longer than reading them.
        let permit = shared.store.replay_permit(self.requester).await;
        let changes = match &permit {
            Ok(_) => shared.store.read(move |conn| Box::pin(log::since(conn, at, upto, CHUNK))).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        // `seq` is dense: a gap means that changes were pruned or could not be read.
        if changes.is_empty() || !is_dense(changes.iter(), at) {
            self.at = upto;
            let reason = "The changes since then are not kept any more; read again".to_owned();
            return Some(vec![frame::message(&ServerMessage::Reset { id: Some(self.id), reason })]);
        }
        let mut packing = Packing::default();
        for change in &changes {
            let ready = Ready::new(change, self.at + 1);
            let op = self.compiled.evaluate(&ready);
            self.pack(shared, &mut packing, op.map(|op| ready.item(op, self.compiled.shows.whole)));
        }
        Some(self.packed(shared, packing))
    }

    /// All frames of a query over enrollments: the enrollments at each change are derived from those of now.
    async fn enrolled(&mut self, shared: &Shared) -> Vec<Utf8Bytes> {
        let at = self.at;
        let permit = shared.store.replay_permit(self.requester).await;
        let past = match &permit {
            Ok(_) => past(&shared.store, at).await.ok().flatten(),
            Err(_) => None,
        };
        // The walk knows one rule.
        let past = past.filter(|(changes, _)| !changes.iter().any(|change| self.compiled.follows(change)));
        let mut packing = Packing::default();
        if let Some((changes, read)) = past {
            let mut walk = Walk::new(&read, changes.iter().map(|change| &**change));
            let upto = self.upto;
            for change in changes.iter().take_while(|change| change.seq <= Some(upto)) {
                let step = walk.step(change);
                let item = step.as_ref().and_then(|(before, after)| {
                    let ready = Ready::of_known(change, self.at + 1, before, after);
                    self.compiled.evaluate(&ready).map(|op| ready.item(op, self.compiled.shows.whole))
                });
                self.pack(shared, &mut packing, item);
            }
        } else {
            self.at = self.upto;
            packing.items.push(Item::bulk(self.upto));
        }
        self.packed(shared, packing)
    }

    /// Goes past the next change; `item` is its delta, if there is one.
    fn pack(&mut self, shared: &Shared, packing: &mut Packing, item: Option<Item>) {
        if let Some(item) = item {
            packing.length += item.len() + 1;
            if packing.length > FRAME_MAX && !packing.items.is_empty() {
                self.close(shared, packing);
                packing.items.clear();
                packing.length = item.len() + 1;
            }
            packing.items.push(item);
        }
        self.at += 1;
    }

    /// The last frame says that the present is reached, also when nothing in it was for this query.
    fn packed(&self, shared: &Shared, mut packing: Packing) -> Vec<Utf8Bytes> {
        if !packing.items.is_empty() || self.at >= self.upto {
            self.close(shared, &mut packing);
        }
        packing.frames
    }

    fn close(&self, shared: &Shared, packing: &mut Packing) {
        packing.frames.extend(frame::deltas(self.name, self.at, None, &packing.items).into_iter().map(|frame| shared.encoded(frame)));
    }
}

fn is_dense<'c>(changes: impl Iterator<Item = &'c Change>, after: i64) -> bool {
    changes.zip(after + 1..).all(|(change, seq)| change.seq == Some(seq))
}

/// All changes after `at`, and the present facts of their leads. `None` if a change does not name its leads, if the log does not have all, or
/// if they are too large or too slow to read.
async fn past(store: &Store, at: i64) -> Result<Option<(Vec<Arc<Change>>, HashMap<LeadId, LeadFacts>)>> {
    let mut feed = store.feed();
    let read = store.snapshot(move |conn| {
        Box::pin(async move {
            let changes = log::since(conn, at, i64::MAX, REPLAY_MAX).await?;
            let read = Wanted::new(changes.iter()).read(conn).await?;
            Ok((changes, read))
        })
    });
    let Snapshot { as_of, pending, data: (changes, read) } = match read.await {
        Err(Error::TooLarge { .. }) => return Ok(None),
        read => read?,
    };
    if changes.last().is_none_or(|last| last.seq != Some(as_of)) || !is_dense(changes.iter(), at) {
        return Ok(None);
    }
    let mut changes: Vec<_> = changes.into_iter().map(Arc::new).collect();
    // The snapshot includes these changes, which get their numbers now.
    let mut pending: HashSet<ChangeId> = pending.into_iter().collect();
    let received = async {
        while !pending.is_empty() {
            let Ok(change) = feed.recv().await else { return false };
            if change.seq > Some(as_of) {
                pending.remove(&change.id);
                changes.push(change);
            }
        }
        true
    };
    if !timeout(PENDING, received).await.unwrap_or(false) || !is_dense(changes.iter().map(|change| &**change), at) {
        return Ok(None);
    }
    let names_leads = changes.iter().all(|change| !matches!(concern(change), Concerned::Anyone));
    Ok(names_leads.then_some((changes, read)))
}
