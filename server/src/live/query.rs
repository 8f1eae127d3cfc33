//! A live query in the hub: evaluates each change and collects deltas for its subscribers.

use super::{SocketId, crossings::Crossings, frame::Item, hub::NewsState, load::Load, ready::Ready, tally::Tally};
use crate::store::Requester;
use domain::{
    CampaignId, Change, Entity, LeadId, Moment, Record, SegmentId, Timestamp,
    leads::{Lead, StageSums},
    live::{DeltaOp, Query, Total},
    rule::{Matcher, Rule, SegmentRules, Source, boundaries},
};
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::task::AbortOnDropHandle;

/// A query compiled for evaluating many changes.
pub(super) struct CompiledQuery {
    pub(super) query: Query,
    /// The query's, with those of the segments that it names.
    rule: Option<Rule>,
    /// These, also those that are named by others of them.
    segments: BTreeSet<SegmentId>,
    matcher: Option<Matcher>,
    /// The moment of `matcher`.
    at: Moment,
    /// Time-dependent: leads enter and leave as time passes, without a change.
    pub(super) timed: bool,
    /// The rule depends on enrollments or sums of orders: `evaluate` needs a `Ready` that knows them.
    pub(super) enrolled: bool,
    /// The rule depends on orders, which changes do not tell: each change that may concern it asks for a count, at most one a second.
    pub(super) by_orders: bool,
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
    /// It shows orders, which move with the sums of their leads.
    orders: bool,
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
            // Orders come and go with their leads.
            Query::List { kind: Entity::Order, .. } => Self { leads: true, orders: true, ..Self::default() },
            Query::List { kind: Entity::Campaign, .. } => Self { figures: Campaigns::All, ..Self::default() },
            Query::List { .. } => Self::default(),
            Query::Campaign { id } => {
                Self { whole: true, leads: true, enrollments: Campaigns::One(id), figures: Campaigns::One(id), orders: false }
            }
            Query::One { .. } | Query::Dashboard { .. } | Query::Activities { .. } | Query::Tags {} => {
                Self { whole: true, ..Self::default() }
            }
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
    pub(super) fn new(query: Query, known: &SegmentRules, at: Moment) -> Self {
        let segments = query.rule().map(|rule| known.reached(rule)).unwrap_or_default();
        let rule = query.rule().map(|rule| known.expand_saved(rule));
        let by_orders = rule.as_ref().is_some_and(|rule| rule.asks_of(Source::Orders));
        let (matcher, timed, enrolled) = match &rule {
            Some(rule) => (
                Some(Matcher::new(rule, &at)),
                rule.depends_on_time(),
                !by_orders && (rule.asks_of(Source::Enrollments) || rule.asks_of(Source::Totals)),
            ),
            None => (None, false, false),
        };
        Self { shows: Shows::of(&query), query, rule, segments, matcher, at, timed, enrolled, by_orders }
    }

    pub(super) fn rule(&self) -> Option<&Rule> {
        self.rule.as_ref()
    }

    /// Whether its rule may be another one since the change.
    pub(super) fn follows(&self, change: &Change) -> bool {
        !self.segments.is_empty() && with_another_rule(change).is_some_and(|segment| self.segments.contains(&segment))
    }

    /// Sets the moment of a query that depends on the time, or on the time zone when that is another one.
    pub(super) fn refresh(&mut self, at: &Moment) {
        if let Some(rule) = &self.rule
            && (self.timed || (self.at.zone != at.zone && rule.depends_on_zone()))
        {
            self.matcher = Some(Matcher::new(rule, at));
            self.at = at.clone();
        }
    }

    /// For a query that leads enter and leave as time passes.
    fn crossings(&self) -> Option<Crossings> {
        self.rule.as_ref().filter(|_| self.timed).map(|rule| Crossings::new(boundaries(rule, &self.at)))
    }

    /// A matcher at the change's time, when that is later than `at`: a value newer than "now" would count as future.
    fn later(&self, now: Timestamp) -> Option<Matcher> {
        let at = || Moment { now, zone: self.at.zone.clone() };
        self.rule.as_ref().filter(|_| self.timed && now > self.at.now).map(|rule| Matcher::new(rule, &at()))
    }

    /// The delta of this query for the change, if any.
    pub(super) fn evaluate(&self, ready: &Ready<'_>) -> Option<DeltaOp> {
        let change = ready.change;
        if self.follows(change) || change.is_of_zone() && self.rule.as_ref().is_some_and(Rule::depends_on_zone) {
            return Some(DeltaOp::Bulk);
        }
        if self.by_orders {
            return change.record().is_some_and(is_near_leads).then_some(DeltaOp::Bulk);
        }
        match change.record() {
            Some(Record::Set(set)) => {
                let concerned = set.campaign_id().map_or(self.shows.leads, |campaign| self.shows.enrollments.contain(campaign));
                return concerned.then_some(DeltaOp::Bulk);
            }
            Some(Record::Figures(figures)) => return self.shows.figures.contain(figures.campaign_id).then_some(DeltaOp::Update),
            Some(Record::Totals(totals)) if !self.enrolled => return self.sums(totals.lead_id, change.after.is_some()),
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
            Query::Dashboard { .. } | Query::Activities { .. } | Query::Tags {} => (false, false),
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

    /// The delta when the sums of a lead's orders moved, for a query that does not test them. The record of the delta is the sums: a list
    /// takes them when it shows the lead. A deleted lead (not `there`) concerns only its orders.
    fn sums(&self, lead: LeadId, there: bool) -> Option<DeltaOp> {
        match self.query {
            Query::Leads { .. } | Query::Board { .. } => there.then_some(DeltaOp::Update),
            Query::Lead { id } => (there && id == lead).then_some(DeltaOp::Update),
            Query::List { .. } => self.shows.orders.then_some(DeltaOp::Bulk),
            Query::Count { .. }
            | Query::One { .. }
            | Query::Campaign { .. }
            | Query::Dashboard { .. }
            | Query::Activities { .. }
            | Query::Tags {} => None,
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
            | Query::Activities { .. }
            | Query::Tags {} => None,
        }
    }
}

/// The segment that has another rule after the change, or none.
fn with_another_rule(change: &Change) -> Option<SegmentId> {
    let [before, after] = [&change.before, &change.after].map(|side| match side {
        Some(Record::Segment(segment)) => Some((segment.id, &segment.rule)),
        _ => None,
    });
    let (id, _) = after.or(before)?;
    (before != after).then_some(id)
}

/// Whether a change of the record may move leads in or out of a rule over orders.
fn is_near_leads(record: &Record) -> bool {
    matches!(record, Record::Lead(_) | Record::Enrollment(_) | Record::Campaign(_) | Record::Order(_) | Record::Totals(_) | Record::Set(_))
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
    pub(super) fn new(key: String, requester: Requester, since: i64, compiled: CompiledQuery) -> Self {
        Self {
            watch: compiled.query.is_news().then(|| NewsState::new(since)),
            load: Load::of(&key, compiled.rule()),
            key,
            requester,
            crossings: compiled.crossings(),
            compiled,
            since,
            subscribers: HashSet::new(),
            used: Instant::now(),
            items: Vec::new(),
            tally: Tally::default(),
            counting: None,
            counted_at: Instant::now(),
            count_took: Duration::ZERO,
            failures: 0,
            crossed: false,
            touched: false,
            stale: false,
            waiting: Vec::new(),
        }
    }

    /// Days begin at other times from now on, or a segment has another rule. Which leads match is read anew, because of the change itself.
    pub(super) fn compile_anew(&mut self, known: &SegmentRules, at: &Moment) {
        self.compiled = CompiledQuery::new(self.compiled.query.clone(), known, at.clone());
        self.load = Load::of(&self.key, self.compiled.rule());
        self.crossings = self.compiled.crossings();
        // A count that is running reads those of the former rule.
        if let Some(crossings) = &mut self.crossings {
            crossings.forget();
        }
    }

    pub(super) fn has_total(&self) -> bool {
        self.compiled.rule().is_some()
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
