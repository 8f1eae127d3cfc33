//! The only writer of rows of `lead`: nothing else inserts, updates or deletes them. It writes the rows, their stage moves and the tallies,
//! records the changes, and updates everything that depends on leads, all in the caller's transaction. Callers (services, bulk actions,
//! imports, undo, sample data) need none of these steps.

use super::{rows, sql, tally};
use crate::store::{Existence, Tx};
use domain::{
    CampaignId, ChangeId, LeadId, Op, Record, Result,
    campaigns::{Enrollment, Step, Task},
    leads::{Lead, Stage},
};

/// A write to leads.
pub enum Write {
    /// New leads.
    Insert(Vec<Lead>),
    /// New leads of an import, with their statements. With `LogMode::Set` only.
    Import(rows::NewLeads),
    /// Each lead before, as it is locked, and after.
    Update(Vec<(Lead, Lead)>),
    /// The undo of a change: each lead before and after, and the enrollments that the undone change had changed.
    Undo(Vec<(Lead, Lead, Vec<EnrollmentChange>)>),
    /// A task that a person completed by hand.
    Task(Box<CompletedTask>),
    Delete(Existence, Vec<Lead>),
    /// Deleted leads to restore with their ids.
    Restore(Existence, Vec<Lead>),
}

impl Write {
    fn ids(&self) -> Vec<LeadId> {
        match self {
            Self::Insert(leads) => leads.iter().map(|lead| lead.id).collect(),
            Self::Import(leads) => leads.ids().collect(),
            Self::Update(pairs) => pairs.iter().map(|(before, _)| before.id).collect(),
            Self::Undo(undone) => undone.iter().map(|(before, ..)| before.id).collect(),
            Self::Task(task) => vec![task.before.id],
            Self::Delete(_, leads) | Self::Restore(_, leads) => leads.iter().map(|lead| lead.id).collect(),
        }
    }
}

/// An edit that follows from a task; `step` is the campaign step that a follow-up completed.
pub struct CompletedTask {
    pub before: Lead,
    pub after: Lead,
    pub task: Task,
    pub step: Option<(CampaignId, Step)>,
}

/// An enrollment before and after a change of its lead.
pub type EnrollmentChange = (Enrollment, Enrollment);

/// How a write is recorded in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogMode {
    /// One change per lead, and one per changed enrollment. A duplicate e-mail is an error.
    Each,
    /// One change for the set, which the caller records. Leads with a duplicate e-mail are left out.
    Set,
}

/// A lead that was written.
pub enum Written {
    New(Lead),
    Updated(Box<Update>),
    Deleted(Lead),
    Restored(Lead),
}

pub struct Update {
    pub before: Lead,
    pub after: Lead,
    pub cause: Cause,
}

/// What changed a lead.
pub enum Cause {
    Edit,
    /// A completed task, and the campaign step that it completed.
    Task(Task, Option<(CampaignId, Step)>),
    /// The undo of a change, which had changed these enrollments.
    Undo(Vec<EnrollmentChange>),
}

impl Written {
    pub fn before(&self) -> Option<&Lead> {
        match self {
            Self::New(_) | Self::Restored(_) => None,
            Self::Updated(update) => Some(&update.before),
            Self::Deleted(lead) => Some(lead),
        }
    }

    pub fn after(&self) -> Option<&Lead> {
        match self {
            Self::New(lead) | Self::Restored(lead) => Some(lead),
            Self::Updated(update) => Some(&update.after),
            Self::Deleted(_) => None,
        }
    }

    pub fn id(&self) -> LeadId {
        match self {
            Self::New(lead) | Self::Restored(lead) | Self::Deleted(lead) => lead.id,
            Self::Updated(update) => update.after.id,
        }
    }

    /// The previous stage and the lead, when the lead's history gets a row. New leads of a set get none.
    fn stage_move(&self, mode: LogMode) -> Option<(Option<Stage>, &Lead)> {
        match self {
            Self::New(lead) => (mode == LogMode::Each).then_some((None, lead)),
            Self::Updated(update) => (update.before.stage != update.after.stage).then_some((Some(update.before.stage), &update.after)),
            Self::Deleted(_) | Self::Restored(_) => None,
        }
    }

    fn record(&self, tx: &mut Tx) -> ChangeId {
        let record = |lead: &Lead| Record::Lead(Box::new(lead.clone()));
        match self {
            Self::New(lead) => tx.created(record(lead)),
            Self::Updated(update) => tx.updated(record(&update.before), record(&update.after)),
            Self::Deleted(lead) => tx.deleted(record(lead)),
            Self::Restored(lead) => tx.record(Op::Restore, None, Some(record(lead))),
        }
    }
}

/// Result of a write.
pub struct Committed {
    /// In the given order, without the leads that were left out.
    pub written: Vec<Written>,
    /// With `LogMode::Each`, the change of each lead; else empty.
    pub changes: Vec<ChangeId>,
    /// With `LogMode::Set`, the enrollments that changed with their leads; else empty, because the log has them.
    pub enrollments: Vec<EnrollmentChange>,
}

/// Writes leads. Leads are locked before their campaigns, here and everywhere, to prevent deadlocks.
///
/// # Errors
/// `Duplicate` on `email`, and `Invalid` on `owner` for an inactive user; both with `LogMode::Each` only.
pub async fn commit(tx: &mut Tx, write: Write, mode: LogMode) -> Result<Committed> {
    tx.watch(write.ids()).await?;
    let written = match mode {
        LogMode::Each => rows::one_by_one(tx, write).await?,
        LogMode::Set => rows::as_set(tx, write).await?,
    };
    moves(tx, &written, mode).await?;
    tally::count(tx, &written);
    // The change of a lead comes before the changes that follow from it.
    let changes = match mode {
        LogMode::Each => written.iter().map(|one| one.record(tx)).collect(),
        LogMode::Set => Vec::new(),
    };
    let enrollments = tx.follow(&written, mode).await?;
    Ok(Committed { written, changes, enrollments })
}

/// What depends on leads. `followers.rs`, which knows the followers, implements it for `Tx`.
pub trait Followers {
    /// Locks these leads, if it must know whether they match rules before they, their enrollments or their orders are written. Call it before
    /// any such write, and before their campaigns are locked. Of leads that are not there it is only right where nobody else can restore
    /// them: with new ids, or under `Existence`.
    fn watch(&mut self, leads: Vec<LeadId>) -> impl Future<Output = Result<()>> + Send;

    /// As `watch`, for leads that others may delete or restore meanwhile. Returns those that are there; the others must not be written.
    fn watch_existing(&mut self, leads: Vec<LeadId>) -> impl Future<Output = Result<Vec<LeadId>>> + Send;

    /// As `watch`. Call it before a write to the orders of these leads, which are locked, and to their sums, which is no write of the leads.
    fn watch_orders(&mut self, leads: Vec<LeadId>) -> impl Future<Output = Result<()>> + Send;

    /// Call it in a write to the enrollments of leads that it does not name.
    fn recount(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Updates every follower, in a fixed order, in the transaction that wrote the leads. With `LogMode::Set`, returns the enrollments of
    /// edited leads that changed; else they are in the log.
    fn follow(&mut self, written: &[Written], mode: LogMode) -> impl Future<Output = Result<Vec<EnrollmentChange>>> + Send;
}

async fn moves(tx: &mut Tx, written: &[Written], mode: LogMode) -> Result<()> {
    let moved: Vec<_> = written.iter().filter_map(|one| one.stage_move(mode)).map(|moved| (tx.new_id(), moved)).collect();
    let who = tx.actor().who.name().to_owned();
    let queries = sql::WRITES.moves.queries(&moved, |query, (id, (from, lead))| {
        Ok(query.bind(*id).bind(lead.id).bind(from.map(Stage::rank)).bind(lead.stage.rank()).bind(lead.updated_at).bind(who.as_str()))
    })?;
    tx.run_all(queries).await.map(drop)
}

/// `commit` of one lead, recorded as a change of its own.
pub(super) async fn one(tx: &mut Tx, write: Write) -> Result<Option<ChangeId>> {
    Ok(commit(tx, write, LogMode::Each).await?.changes.pop())
}
