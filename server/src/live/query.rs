//! A live query in the hub: evaluates each change and collects deltas for its subscribers.

use super::{SocketId, crossings::Crossings, frame::Item, hub::NewsState, load::Load, ready::Ready, tally::Tally};
use crate::store::Requester;
use domain::{
    CampaignId, Change, Entity, LeadId, Record, Timestamp,
    leads::{Lead, StageSums},
    live::{DeltaOp, Query, Total},
    rule::{Matcher, Source, boundaries},
};
use std::{collections::HashSet, time::Duration};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::task::AbortOnDropHandle;

/// A query compiled for evaluating many changes.
pub(super) struct CompiledQuery {
    pub(super) query: Query,
    matcher: Option<Matcher>,
    /// The "now" of `matcher`.
    at: Timestamp,
    /// Time-dependent: leads enter and leave as time passes, without a change.
    pub(super) timed: bool,
    /// The rule depends on enrollments: `evaluate` needs a `Ready` that knows them.
    pub(super) enrolled: bool,
    pub(super) shows: Shows,
}

/// What a query shows of other changes than those of its records.
#[derive(Default)]
pub(super) struct Shows {
    /// Its deltas have whole records, not records as in lists.
    pub(super) whole: bool,
    /// A bulk change of leads may affect it.
    leads: bool,
    /// A bulk change of these campaigns' enrollments may affect it.
    enrollments: Campaigns,
    /// It shows the counters of these campaigns.
    figures: Campaigns,
}

#[derive(Default)]
enum Campaigns {
    #[default]
    None,
    One(CampaignId),
    All,
}

impl Shows {
    fn of(query: &Query) -> Self {
        match *query {
            Query::Leads { .. } | Query::Board { .. } | Query::Count { .. } => Self { leads: true, ..Self::default() },
            // A bulk change of enrollments does not name its leads.
            Query::Lead { .. } => Self { whole: true, leads: true, enrollments: Campaigns::All, ..Self::default() },
            Query::List { kind: Entity::Campaign, .. } => Self { figures: Campaigns::All, ..Self::default() },
            Query::List { .. } => Self::default(),
            Query::Campaign { id } => Self { whole: true, leads: true, enrollments: Campaigns::One(id), figures: Campaigns::One(id) },
            Query::One { .. } | Query::Dashboard { .. } | Query::Activities { .. } => Self { whole: true, ..Self::default() },
        }
    }
}

impl Campaigns {
    fn contain(&self, campaign: CampaignId) -> bool {
        match self {
            Self::None => false,
            Self::One(id) => *id == campaign,
            Self::All => true,
        }
    }
}

impl CompiledQuery {
    pub(super) fn new(query: Query, now: Timestamp) -> Self {
        let (matcher, timed, enrolled) = match query.rule() {
            Some(rule) => (Some(Matcher::new(rule, now)), rule.depends_on_time(), rule.asks_of(Source::Enrollments)),
            None => (None, false, false),
        };
        Self { shows: Shows::of(&query), query, matcher, at: now, timed, enrolled }
    }

    /// Sets the "now" of a time-dependent query.
    pub(super) fn refresh(&mut self, now: Timestamp) {
        if let Some(rule) = self.query.rule()
            && self.timed
        {
            self.matcher = Some(Matcher::new(rule, now));
            self.at = now;
        }
    }

    /// A matcher at the change's time, when that is later than `at`: a value newer than "now" would count as future.
    fn later(&self, at: Timestamp) -> Option<Matcher> {
        self.query.rule().filter(|_| self.timed && at > self.at).map(|rule| Matcher::new(rule, at))
    }

    /// The delta of this query for the change, if any.
    pub(super) fn evaluate(&self, ready: &Ready<'_>) -> Option<DeltaOp> {
        let change = ready.change;
        match change.record() {
            Some(Record::Set(set)) => {
                let concerned = set.campaign_id().map_or(self.shows.leads, |campaign| self.shows.enrollments.contain(campaign));
                return concerned.then_some(DeltaOp::Bulk);
            }
            Some(Record::Figures(figures)) => return self.shows.figures.contain(figures.campaign_id).then_some(DeltaOp::Update),
            _ => {}
        }
        let (before, after) = match &self.query {
            Query::Leads { .. } | Query::Board { .. } | Query::Count { .. } => {
                let later = self.later(change.at);
                let matcher = later.as_ref().or(self.matcher.as_ref())?;
                (
                    ready.before.as_ref().is_some_and(|facts| matcher.matches(facts)),
                    ready.after.as_ref().is_some_and(|facts| matcher.matches(facts)),
                )
            }
            Query::Lead { id } => sides(change, |record| is_of_lead(record, *id)),
            // Sent as `News`.
            Query::Dashboard { .. } | Query::Activities { .. } => (false, false),
            Query::List { kind, seen_by } => sides(change, |record| record.entity() == *kind && record.is_seen_by(*seen_by)),
            Query::One { kind, id } => sides(change, |record| record.entity() == *kind && record.id() == *id),
            Query::Campaign { id } => sides(change, |record| record.campaign_id() == Some(*id)),
        };
        match (before, after) {
            (false, false) => None,
            (false, true) => Some(DeltaOp::Enter),
            (true, true) if self.enrolled && ready.is_of_enrollment() => None,
            (true, true) => Some(DeltaOp::Update),
            (true, false) => Some(DeltaOp::Leave),
        }
    }

    /// The difference that the change makes to the total.
    fn difference(&self, op: DeltaOp, ready: &Ready<'_>) -> Option<Total> {
        let before = ready.before.as_ref().filter(|_| matches!(op, DeltaOp::Update | DeltaOp::Leave)).map(|facts| facts.lead);
        let after = ready.after.as_ref().filter(|_| matches!(op, DeltaOp::Enter | DeltaOp::Update)).map(|facts| facts.lead);
        match self.query {
            Query::Leads { .. } | Query::Count { .. } => Some(Total::Count(i64::from(after.is_some()) - i64::from(before.is_some()))),
            Query::Board { .. } => {
                let add = |sums: StageSums, lead: Option<&Lead>, sign: i64| match lead {
                    Some(lead) => sums.with(lead.stage, sign, sign.wrapping_mul(lead.value.unwrap_or_default())),
                    None => sums,
                };
                Some(Total::Stages(add(add(StageSums::default(), before, -1), after, 1)))
            }
            Query::Lead { .. }
            | Query::List { .. }
            | Query::One { .. }
            | Query::Campaign { .. }
            | Query::Dashboard { .. }
            | Query::Activities { .. } => None,
        }
    }
}

fn is_of_lead(record: &Record, id: LeadId) -> bool {
    record.lead_id() == Some(id)
}

fn sides(change: &Change, test: impl Fn(&Record) -> bool) -> (bool, bool) {
    (change.before.as_ref().is_some_and(&test), change.after.as_ref().is_some_and(&test))
}

/// A query in the hub with its subscribers and total.
pub(super) struct HubQuery {
    pub(super) key: String,
    pub(super) load: Load,
    /// The first requester, against whose share the query counts.
    pub(super) requester: Requester,
    pub(super) compiled: CompiledQuery,
    /// Frames contain the changes after this one.
    pub(super) since: i64,
    pub(super) subscribers: HashSet<SocketId>,
    pub(super) used: Instant,
    /// Deltas for the next frame.
    pub(super) items: Vec<Item>,
    pub(super) tally: Tally<Total>,
    /// For a query that is sent as `News`.
    pub(super) watch: Option<NewsState>,
    /// The running count; dropping it cancels the count.
    pub(super) counting: Option<Counting>,
    /// End of the last count; `count_took` is its duration.
    pub(super) counted_at: Instant,
    pub(super) count_took: Duration,
    /// Consecutive failed counts.
    pub(super) failures: u32,
    /// For a time-dependent query.
    pub(super) crossings: Option<Crossings>,
    /// Leads entered or left as time passed since the last count.
    pub(super) crossed: bool,
    /// A batch wrote leads without its own change: after the count, subscribers are told to read again.
    pub(super) touched: bool,
    /// It must be counted again, at the next second after the current count.
    pub(super) stale: bool,
    pub(super) waiting: Vec<Waiting>,
}

/// A count running in the background.
pub(super) struct Counting {
    pub(super) id: u64,
    /// The requester whose slot in the `CountQueue` it uses.
    pub(super) requester: Requester,
    pub(super) began: Instant,
    pub(super) _task: AbortOnDropHandle<()>,
}

/// A caller that waits for the total.
pub(super) struct Waiting {
    pub(super) requester: Requester,
    /// The total must include the changes up to here.
    pub(super) as_of: i64,
    pub(super) answer: oneshot::Sender<Total>,
}

impl HubQuery {
    pub(super) fn new(key: String, load: Load, requester: Requester, query: Query, since: i64, now: Timestamp) -> Self {
        let watch = query.is_news().then(|| NewsState::new(since));
        let crossings = query.rule().filter(|rule| rule.depends_on_time()).map(|rule| Crossings::new(boundaries(rule, now)));
        Self {
            watch,
            key,
            load,
            requester,
            compiled: CompiledQuery::new(query, now),
            since,
            subscribers: HashSet::new(),
            used: Instant::now(),
            items: Vec::new(),
            tally: Tally::default(),
            counting: None,
            counted_at: Instant::now(),
            count_took: Duration::ZERO,
            failures: 0,
            crossings,
            crossed: false,
            touched: false,
            stale: false,
            waiting: Vec::new(),
        }
    }

    pub(super) fn has_total(&self) -> bool {
        self.compiled.query.rule().is_some()
    }

    /// No subscribers and no waiting callers.
    pub(super) fn is_idle(&self) -> bool {
        self.subscribers.is_empty() && self.waiting.is_empty()
    }

    /// Sends the total to callers whose `as_of` it includes: it has the changes up to `upto`, or up to those of its count.
    pub(super) fn answer(&mut self, upto: i64) {
        if self.waiting.is_empty() {
            return;
        }
        // Callers that timed out are gone.
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
        if let Some(total) = self.tally.settled().filter(|_| !self.stale) {
            let upto = upto.max(self.tally.as_of());
            for waiting in self.waiting.extract_if(.., |waiting| waiting.as_of <= upto) {
                let _ = waiting.answer.send(total);
            }
        }
    }

    /// Applies the change. Returns its delta, if it concerns this query.
    pub(super) fn take(&mut self, ready: &Ready<'_>) -> Option<DeltaOp> {
        if let Some(watch) = &mut self.watch {
            watch.take(&self.compiled.query, ready.change);
        }
        if let (Some(crossings), Some(after)) = (&mut self.crossings, &ready.after) {
            crossings.add_lead(after);
        }
        let op = self.compiled.evaluate(ready)?;
        if let (Some(crossings), DeltaOp::Bulk) = (&mut self.crossings, op) {
            crossings.forget();
        }
        if let Some(by) = self.compiled.difference(op, ready) {
            self.tally.moved(ready.seq, ready.change.id, by);
        }
        if !self.compiled.query.has_records() {
            return (op != DeltaOp::Update).then_some(op);
        }
        if !self.subscribers.is_empty() {
            self.items.push(ready.item(op, self.compiled.shows.whole));
        }
        Some(op)
    }
}
