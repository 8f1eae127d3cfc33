//! Segments: saved rules over leads, with exact sizes.

mod count;
mod fit;
mod follow;
mod known;
mod passing;
mod refold;
mod row;
mod sql;

pub use count::audit;
pub use follow::{follow, recount_enrollments, watch, watch_existing, watch_orders};
pub use passing::Counting;
pub use refold::{recount_all, refold, to_refold, with_name};
pub use sql::{PRUNE, STATEMENTS, TEMPLATES};

use crate::{
    campaigns,
    leads::Leads,
    named_rules, orders,
    store::{self, Store, Tx, Value},
};
use async_trait::async_trait;
use domain::{
    Actor, ActorRef, Change, ChangeId, Error, LeadId, Op, Permission, Record, Result, SegmentId, Snapshot, Timestamp,
    rule::{Facts, Rule, Source, explain},
    segments::{
        EditedSegment, MOST, MOST_OF_ONE, Membership, NewSegment, Segment, SegmentDay, SegmentDetail, SegmentMove, SegmentPatch,
        SegmentRef, SizedSegment, TREND_DAYS,
    },
    services::{LeadService, SegmentService},
    text::fold,
};
use fit::fit;
use row::{SegmentRow, bind_segment};
use sqlx::types::Json;
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// Number of moves in a segment's detail.
const MOVES: i64 = 20;
/// How often a count is begun while others change the segment.
const TRIES: usize = 5;
/// Longest wait for a size. A count that takes longer ends in the background.
const SIZE_WAIT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Segments {
    store: Store,
    leads: Leads,
}

impl Segments {
    pub fn new(store: Store, leads: Leads) -> Self {
        Self { store, leads }
    }

    /// The segment with its size, counted now if it asks for it. A count that fails or takes long is made in the background.
    async fn sized(&self, segment: Segment) -> Result<SizedSegment> {
        match timeout(SIZE_WAIT, self.size(segment.id)).await {
            Ok(size) => Ok(SizedSegment { segment, size: size? }),
            Err(_) => Ok(SizedSegment { segment, size: None }),
        }
    }

    async fn size(&self, id: SegmentId) -> Result<Option<i64>> {
        for _ in 0..TRIES {
            let found = self.store.optional::<SegmentRow>(store::sql(sql::GET).bind(id)).await?.map(SizedSegment::from);
            // Without a row it was deleted meanwhile.
            let Some(SizedSegment { size: None, .. }) = found else {
                return Ok(found.and_then(|found| found.size));
            };
            if let Err(error) = count::recount(&self.store, id).await {
                tracing::warn!(%error, %id, "a segment is counted later");
                break;
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl SegmentService for Segments {
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<SizedSegment>>> {
        actor.require(Permission::Read)?;
        self.store
            .snapshot(|conn| {
                Box::pin(async move {
                    let rows = conn.all::<SegmentRow>(store::sql(sql::ALL)).await?;
                    Ok(rows.into_iter().map(SizedSegment::from).collect())
                })
            })
            .await
    }

    async fn names(&self, actor: &Actor) -> Result<Vec<SegmentRef>> {
        actor.require(Permission::Read)?;
        let rows = self.store.read(|conn| Box::pin(conn.all::<(Uuid, String)>(store::sql(sql::NAMES)))).await?;
        Ok(rows.into_iter().map(|(id, name)| SegmentRef { id: SegmentId(id), name }).collect())
    }

    async fn get(&self, actor: &Actor, id: SegmentId) -> Result<Option<Snapshot<SegmentDetail>>> {
        actor.require(Permission::Read)?;
        let user = reader(actor);
        let found = self
            .store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let Some(row) = conn.optional::<SegmentRow>(store::sql(sql::GET).bind(id)).await? else { return Ok(None) };
                    let segment = SizedSegment::from(row);
                    let days = conn.all::<(i64, i64, i64, i64)>(store::sql(sql::DAYS).bind(id).bind(TREND_DAYS)).await?;
                    let moves = conn.all::<(Uuid, Option<String>, bool, i64)>(store::sql(sql::MOVES).bind(id).bind(MOVES)).await?;
                    let moved = |(lead, name, entered, at)| SegmentMove { lead_id: LeadId(lead), name, entered, at: Timestamp(at) };
                    let days = segment.size.map_or_else(Vec::new, |size| trend(size, days));
                    let used_by = named_rules::uses(conn, id, user).await?;
                    Ok(Some(SegmentDetail { segment, days, moves: moves.into_iter().map(moved).collect(), used_by }))
                })
            })
            .await?;
        Ok(found.data.map(|data| Snapshot { as_of: found.as_of, pending: found.pending, data }))
    }

    async fn create(&self, actor: &Actor, new: NewSegment) -> Result<SizedSegment> {
        actor.require(Permission::WriteSegments)?;
        let fields = self.store.current.fields();
        let segment = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let segment = new.into_segment(SegmentId(tx.new_id()), tx.actor().who.clone(), tx.now())?;
                    fields.check_rule(&segment.rule)?;
                    insert(tx, &segment).await?;
                    tx.created(Record::Segment(Box::new(segment.clone())));
                    Ok(segment)
                })
            })
            .await?;
        self.sized(segment).await
    }

    async fn edit(&self, actor: &Actor, id: SegmentId, patch: SegmentPatch) -> Result<EditedSegment> {
        actor.require(Permission::WriteSegments)?;
        let fields = self.store.current.fields();
        let (segment, undo) = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = lock(tx, id).await?;
                    let Some(after) = patch.apply(&before, tx.now())? else { return Ok((before, None)) };
                    // A definition may have changed since the rule was saved; its name can still be.
                    if after.rule != before.rule {
                        fields.check_rule(&after.rule)?;
                    }
                    let undo = replace(tx, before, after.clone()).await?;
                    Ok((after, Some(undo)))
                })
            })
            .await?;
        Ok(EditedSegment { segment: self.sized(segment).await?, undo })
    }

    async fn delete(&self, actor: &Actor, id: SegmentId, even_if_used: bool) -> Result<ChangeId> {
        actor.require(Permission::WriteSegments)?;
        let user = reader(actor);
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let segment = lock(tx, id).await?;
                    segment.require_delete(tx.actor())?;
                    let used = named_rules::uses(tx.conn(), id, user).await?;
                    if !even_if_used && !used.is_empty() {
                        return Err(Error::Conflict(format!(
                            "{} is used by {used}; take it out there first, or say that it is to be deleted all the same",
                            segment.name
                        )));
                    }
                    let naming = named_rules::segments(tx.conn()).await?.naming(id);
                    tx.run_one(store::sql(sql::DELETE).bind(id)).await?;
                    ask_for_count(tx, &naming).await?;
                    Ok(tx.deleted(Record::Segment(Box::new(segment))))
                })
            })
            .await
    }

    async fn explain(&self, actor: &Actor, rule: Rule, lead: LeadId) -> Result<Membership> {
        actor.require(Permission::Read)?;
        let rule = rule.check()?;
        self.store.current.fields().check_rule(&rule)?;
        let found = self.leads.get(actor, lead).await?.ok_or_else(|| Error::not_found("Lead", lead))?;
        let asked = rule.clone();
        let read = self.store.read(move |conn| {
            Box::pin(async move {
                let segments = named_rules::segments(conn).await?;
                let of_orders = segments.expand(&asked)?.asks_of(Source::Orders);
                let orders = if of_orders { orders::facts(conn, lead).await? } else { Vec::new() };
                Ok((campaigns::facts(conn, &[lead]).await?, orders, segments))
            })
        });
        let (enrollments, orders, segments) = read.await?;
        let enrollments: Vec<_> = enrollments.into_iter().map(|(_, enrollment)| enrollment).collect();
        let why = explain(&rule, &segments, &Facts::new(&found, &enrollments).with_orders(&orders), &self.store.moment());
        Ok(Membership { is_in: why.passed, why })
    }
}

/// The days, oldest first, each with the size at its end. `days`: the day, what entered, what left, by how much the size grew; newest first.
fn trend(size: i64, days: Vec<(i64, i64, i64, i64)>) -> Vec<SegmentDay> {
    let mut size = size;
    let mut trend: Vec<SegmentDay> = days
        .into_iter()
        .map(|(day, entered, left, grew)| {
            let at_end = size;
            size -= grew;
            SegmentDay { day, entered, left, size: at_end }
        })
        .collect();
    trend.reverse();
    trend
}

/// Whose views the actor sees; nil without any of their own.
fn reader(actor: &Actor) -> Uuid {
    actor.user_id().map_or(Uuid::nil(), |user| user.0)
}

/// The segment, locked. All writes of segments wait for each other, because their rules name each other.
async fn lock(tx: &mut Tx, id: SegmentId) -> Result<Segment> {
    tx.run(store::sql(sql::LOCK_ALL)).await?;
    let row = tx.optional::<SegmentRow>(store::sql(sql::LOCK).bind(id)).await?;
    Ok(row.ok_or_else(|| Error::not_found("Segment", id))?.into())
}

/// Writes `after` over `before`, which is locked, and records the change.
async fn replace(tx: &mut Tx, before: Segment, after: Segment) -> Result<ChangeId> {
    if fold(&after.name) != fold(&before.name) {
        name_is_free(tx, &after).await?;
    }
    let is_another_rule = after.rule != before.rule;
    let naming = if is_another_rule { fit(tx, &after).await? } else { Vec::new() };
    tx.run_one(bind_segment(store::sql(sql::UPDATE), &after)?).await?;
    if is_another_rule {
        ask_for_count(tx, &[naming, vec![after.id]].concat()).await?;
    }
    Ok(tx.updated(Record::Segment(Box::new(before)), Record::Segment(Box::new(after))))
}

/// From now on, all writes evaluate the rules of the segments as they are now, and these are counted.
async fn ask_for_count(tx: &mut Tx, ids: &[SegmentId]) -> Result<()> {
    tx.run(store::sql(sql::COUNT_ASKED).bind_all([Value::json(&ids)?])).await?;
    tx.begin_generation().await
}

/// Writes one new row, without a change.
///
/// # Errors
/// `Duplicate` on `name`; `Conflict` when there are too many segments; as `fit`.
async fn insert(tx: &mut Tx, segment: &Segment) -> Result<()> {
    tx.run(store::sql(sql::LOCK_ALL)).await?;
    let creators = tx.all::<(Json<ActorRef>,)>(store::sql(sql::CREATORS)).await?;
    if creators.len() >= MOST {
        return Err(Error::Conflict(format!("There are {MOST} segments already; delete one that is no longer used")));
    }
    let own = creators.iter().filter(|(creator,)| creator.is(&tx.actor().who)).count();
    if own >= MOST_OF_ONE && !tx.actor().may(Permission::DeleteOthersSegments) {
        return Err(Error::Conflict(format!("You have {MOST_OF_ONE} segments already; delete one that is no longer used")));
    }
    // A restored one may be named by others.
    let naming = fit(tx, segment).await?;
    if tx.optional::<(Uuid,)>(bind_segment(store::sql(sql::INSERT), segment)?.bind(tx.now())).await?.is_some() {
        return ask_for_count(tx, &naming).await;
    }
    name_is_free(tx, segment).await?;
    // The segment with this name was deleted or renamed between the two statements.
    Err(Error::Unavailable("A segment with this name is just being changed; try again".to_owned()))
}

async fn name_is_free(tx: &mut Tx, segment: &Segment) -> Result<()> {
    let taken = tx.optional::<SegmentRow>(store::sql(sql::BY_NAME).bind(fold(&segment.name))).await?.map(Segment::from);
    match taken.filter(|taken| taken.id != segment.id) {
        Some(taken) => Err(Error::duplicate("name", taken)),
        None => Ok(()),
    }
}

/// Reverts an edit, or restores a deleted segment. Its leads are counted in the background.
///
/// # Errors
/// `Forbidden` without the right to delete it, for a deletion; `Duplicate` when another segment has the name; `Conflict` when the segment was
/// edited since, or the change is neither an edit nor a deletion, or is already undone.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::WriteSegments)?;
    match change {
        Change { op: Op::Delete, before: Some(Record::Segment(gone)), .. } => {
            gone.require_delete(tx.actor())?;
            if tx.optional::<SegmentRow>(store::sql(sql::LOCK).bind(gone.id)).await?.is_some() {
                return Err(Error::Conflict(format!("{} was restored already", gone.name)));
            }
            insert(tx, &gone).await?;
            tx.record(Op::Restore, None, Some(Record::Segment(gone.clone())));
            Ok(Some(Record::Segment(gone)))
        }
        Change { op: Op::Update, before: Some(Record::Segment(before)), after: Some(Record::Segment(after)), .. } => {
            let now = lock(tx, after.id).await.map_err(|error| match error {
                Error::NotFound { .. } => Error::Conflict(format!("{} was deleted since", after.name)),
                other => other,
            })?;
            if now.revision != after.revision {
                return Err(Error::Conflict(format!("{} was changed since; edit it instead", now.name)));
            }
            let back = Segment { revision: now.revision + 1, updated_at: tx.now(), ..*before };
            replace(tx, now, back.clone()).await?;
            Ok(Some(Record::Segment(Box::new(back))))
        }
        _ => Err(Error::Conflict("Of a segment its edits and its deletion can be undone; delete it instead".to_owned())),
    }
}
