//! A kept query: what it asks of each change, and what it has to tell those who watch it.

use super::{SocketId, crossings::Crossings, frame::Item, hub::Watch, ready::Ready, tally::Tally};
use crate::store::Asker;
use domain::{
    CampaignId, Change, LeadId, Record, Timestamp,
    leads::{Lead, StageSums},
    live::{DeltaOp, Query, Total},
    rule::{Matcher, borders},
};
use std::{collections::HashSet, time::Duration};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::task::AbortOnDropHandle;

/// A query made ready to be asked of many changes.
pub(super) struct Asked {
    pub(super) query: Query,
    matcher: Option<Matcher>,
    /// The moment that `matcher` asks at.
    at: Timestamp,
    /// Leads enter and leave it as time passes, without a change.
    pub(super) timed: bool,
    /// No lead tells whether it belongs to it: every change that may matter means to look again.
    enrolled: bool,
}

impl Asked {
    pub(super) fn new(query: Query, now: Timestamp) -> Self {
        let (matcher, timed, enrolled) = match query.rule() {
            Some(rule) => (Some(Matcher::new(rule, now)), rule.depends_on_time(), rule.depends_on_campaigns()),
            None => (None, false, false),
        };
        Self { query, matcher, at: now, timed, enrolled }
    }

    /// Moves a query that depends on time to the present.
    pub(super) fn refresh(&mut self, now: Timestamp) {
        if let Some(rule) = self.query.rule()
            && self.timed
        {
            self.matcher = Some(Matcher::new(rule, now));
            self.at = now;
        }
    }

    /// For a change of a later moment than the matcher's: what is new would be still to come for it.
    fn later(&self, at: Timestamp) -> Option<Matcher> {
        self.query.rule().filter(|_| self.timed && at > self.at).map(|rule| Matcher::new(rule, at))
    }

    /// What the change means to this query, if anything.
    pub(super) fn evaluate(&self, ready: &Ready<'_>) -> Option<DeltaOp> {
        let change = ready.change;
        if self.enrolled {
            return change.record().is_some_and(concerns_enrollments).then_some(DeltaOp::Bulk);
        }
        match change.record() {
            Some(Record::Set(set)) => {
                let shows = set.campaign_id().map_or_else(|| self.shows_leads(), |campaign| self.shows_enrollments(campaign));
                return shows.then_some(DeltaOp::Bulk);
            }
            Some(Record::Figures(figures)) => return self.shows_figures(figures.campaign_id).then_some(DeltaOp::Update),
            Some(
                Record::Lead(_)
                | Record::Note(_)
                | Record::Import(_)
                | Record::Bulk(_)
                | Record::Campaign(_)
                | Record::Enrollment(_)
                | Record::User(_)
                | Record::ApiKey(_)
                | Record::View(_),
            )
            | None => {}
        }
        let (before, after) = match &self.query {
            Query::Leads { .. } | Query::Board { .. } | Query::Count { .. } => {
                let later = self.later(change.at);
                let matcher = later.as_ref().or(self.matcher.as_ref())?;
                (
                    ready.before.as_ref().is_some_and(|facts| matcher.matches_facts(facts)),
                    ready.after.as_ref().is_some_and(|facts| matcher.matches_facts(facts)),
                )
            }
            Query::Lead { id } => sides(change, |record| is_of_lead(record, *id)),
            // Told by news.
            Query::Dashboard { .. } | Query::Activities { .. } => (false, false),
            Query::Views { seen_by } => sides(change, |record| matches!(record, Record::View(view) if view.is_seen_by(*seen_by))),
            Query::Imports => sides(change, |record| matches!(record, Record::Import(_))),
            Query::Import { id } => sides(change, |record| matches!(record, Record::Import(import) if import.id == *id)),
            Query::Bulk { id } => sides(change, |record| matches!(record, Record::Bulk(bulk) if bulk.id == *id)),
            Query::Campaigns => sides(change, |record| matches!(record, Record::Campaign(_))),
            Query::Campaign { id } => sides(change, |record| record.campaign_id() == Some(*id)),
        };
        match (before, after) {
            (false, false) => None,
            (false, true) => Some(DeltaOp::Enter),
            (true, true) => Some(DeltaOp::Update),
            (true, false) => Some(DeltaOp::Leave),
        }
    }
}

impl Asked {
    /// Whether a set of leads that was written at once may be shown by it.
    fn shows_leads(&self) -> bool {
        match &self.query {
            Query::Leads { .. } | Query::Board { .. } | Query::Count { .. } | Query::Lead { .. } | Query::Campaign { .. } => true,
            Query::Views { .. }
            | Query::Imports
            | Query::Import { .. }
            | Query::Bulk { .. }
            | Query::Campaigns
            | Query::Dashboard { .. }
            | Query::Activities { .. } => false,
        }
    }

    /// Whether leads that came into the campaign, or left it, may be shown by it.
    fn shows_enrollments(&self, campaign: CampaignId) -> bool {
        match &self.query {
            Query::Campaign { id } => *id == campaign,
            // Nobody knows here who was in the set.
            Query::Lead { .. } => true,
            Query::Leads { .. }
            | Query::Board { .. }
            | Query::Count { .. }
            | Query::Views { .. }
            | Query::Imports
            | Query::Import { .. }
            | Query::Bulk { .. }
            | Query::Campaigns
            | Query::Dashboard { .. }
            | Query::Activities { .. } => false,
        }
    }

    /// Whether it shows a campaign's counters.
    fn shows_figures(&self, campaign: CampaignId) -> bool {
        match &self.query {
            Query::Campaigns => true,
            Query::Campaign { id } => *id == campaign,
            Query::Leads { .. }
            | Query::Board { .. }
            | Query::Count { .. }
            | Query::Lead { .. }
            | Query::Views { .. }
            | Query::Imports
            | Query::Import { .. }
            | Query::Bulk { .. }
            | Query::Dashboard { .. }
            | Query::Activities { .. } => false,
        }
    }

    /// By how much the change moves the total.
    fn difference(&self, op: DeltaOp, change: &Change) -> Option<Total> {
        let before = change.before.as_ref().filter(|_| matches!(op, DeltaOp::Update | DeltaOp::Leave)).and_then(Record::as_lead);
        let after = change.after.as_ref().filter(|_| matches!(op, DeltaOp::Enter | DeltaOp::Update)).and_then(Record::as_lead);
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
            | Query::Views { .. }
            | Query::Imports
            | Query::Import { .. }
            | Query::Bulk { .. }
            | Query::Campaigns
            | Query::Campaign { .. }
            | Query::Dashboard { .. }
            | Query::Activities { .. } => None,
        }
    }
}

/// Whether a rule over campaigns may answer otherwise after it.
fn concerns_enrollments(record: &Record) -> bool {
    match record {
        Record::Lead(_) | Record::Enrollment(_) | Record::Campaign(_) | Record::Set(_) => true,
        // Figures come with what they count.
        Record::Figures(_)
        | Record::Note(_)
        | Record::Import(_)
        | Record::Bulk(_)
        | Record::User(_)
        | Record::ApiKey(_)
        | Record::View(_) => false,
    }
}

fn is_of_lead(record: &Record, id: LeadId) -> bool {
    record.lead_id() == Some(id)
}

fn sides(change: &Change, test: impl Fn(&Record) -> bool) -> (bool, bool) {
    (change.before.as_ref().is_some_and(&test), change.after.as_ref().is_some_and(&test))
}

/// A query that the hub keeps.
pub(super) struct Kept {
    pub(super) key: String,
    /// Who asked first.
    pub(super) asker: Asker,
    pub(super) asked: Asked,
    /// Changes after this one are in its frames.
    pub(super) since: i64,
    pub(super) watchers: HashSet<SocketId>,
    pub(super) used: Instant,
    /// Deltas that wait for the next frame.
    pub(super) items: Vec<Item>,
    pub(super) tally: Tally<Total>,
    /// Of a query that is told by news.
    pub(super) watch: Option<Watch>,
    /// The count under way, which ends when this is dropped.
    pub(super) counting: Option<Counting>,
    /// When the last count ended, and how long it took.
    pub(super) counted_at: Instant,
    pub(super) count_took: Duration,
    /// Counts that failed in a row.
    pub(super) failures: u32,
    /// Of a query that depends on time.
    pub(super) crossings: Option<Crossings>,
    /// Leads entered or left by themselves since the last count.
    pub(super) crossed: bool,
    /// A batch without a change of its own was written: once counted, watchers read again.
    pub(super) touched: bool,
    /// What it shows may have changed: it is counted again at the next second, and then it is `touched`.
    pub(super) stale: bool,
    pub(super) waiting: Vec<Waiting>,
}

/// A count that runs in the background.
pub(super) struct Counting {
    pub(super) id: u64,
    /// In whose turn.
    pub(super) asker: Asker,
    pub(super) began: Instant,
    pub(super) _task: AbortOnDropHandle<()>,
}

/// Someone wants the total.
pub(super) struct Waiting {
    pub(super) asker: Asker,
    /// They have seen the changes up to here: the total is to hold them.
    pub(super) as_of: i64,
    pub(super) answer: oneshot::Sender<Total>,
}

impl Kept {
    pub(super) fn new(key: String, asker: Asker, query: Query, since: i64, now: Timestamp) -> Self {
        let watch = query.is_news().then(|| Watch::new(since));
        let crossings = query.rule().filter(|rule| rule.depends_on_time()).map(|rule| Crossings::new(borders(rule, now)));
        Self {
            watch,
            key,
            asker,
            asked: Asked::new(query, now),
            since,
            watchers: HashSet::new(),
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
        self.asked.query.rule().is_some()
    }

    /// Nobody watches it and nobody waits for it.
    pub(super) fn is_idle(&self) -> bool {
        self.watchers.is_empty() && self.waiting.is_empty()
    }

    /// Gives the total to those who have seen no more than it holds.
    pub(super) fn answer(&mut self, head: i64) {
        if self.waiting.is_empty() {
            return;
        }
        // Who waited too long went on without it.
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
        if let Some(total) = self.tally.settled().filter(|_| !self.stale) {
            for waiting in self.waiting.extract_if(.., |waiting| waiting.as_of <= head) {
                let _ = waiting.answer.send(total);
            }
        }
    }

    /// Takes the change in. Answers what it was, if it concerns this query.
    pub(super) fn take(&mut self, ready: &Ready<'_>) -> Option<DeltaOp> {
        if let Some(watch) = &mut self.watch {
            watch.take(&self.asked.query, ready.change);
        }
        if let (Some(crossings), Some(Record::Lead(lead))) = (&mut self.crossings, &ready.change.after) {
            crossings.meet(lead);
        }
        let op = self.asked.evaluate(ready)?;
        if let (Some(crossings), DeltaOp::Bulk) = (&mut self.crossings, op) {
            crossings.forget();
        }
        if self.asked.enrolled {
            self.stale = true;
            return None;
        }
        if let Some(by) = self.asked.difference(op, ready.change) {
            self.tally.moved(ready.seq, ready.change.id, by);
        }
        if !self.asked.query.has_records() {
            return (op != DeltaOp::Update).then_some(op);
        }
        if !self.watchers.is_empty() {
            self.items.push(ready.item(op));
        }
        Some(op)
    }
}
