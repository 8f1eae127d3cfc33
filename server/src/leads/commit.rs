//! The one door for rows of `lead`: nothing else inserts, updates or deletes them. It writes the rows, their stage moves and the tallies,
//! records the changes, and lets everything that depends on leads follow, all in the caller's transaction. Whoever writes leads (services,
//! bulk actions, imports, undo, sample data) remembers none of this.

use super::{rows, sql, tally};
use crate::{campaigns, store::Tx};
use domain::{
    CampaignId, ChangeId, LeadId, Op, Record, Result,
    campaigns::{Step, Task},
    leads::{Lead, Stage},
};

/// What is to be written.
pub enum Write {
    /// New leads.
    Insert(Vec<Lead>),
    /// New leads of an import, with their statements. Written as a set only.
    Import(rows::NewLeads),
    /// Each lead before, as it is locked, and after.
    Update(Vec<(Lead, Lead)>),
    /// What a person did with a lead by hand.
    Work(Box<Work>),
    Delete(Vec<Lead>),
    /// Deleted leads that come back under their ids.
    Restore(Vec<Lead>),
}

/// An edit that follows from a task; `step` is the step of a campaign that a follow-up did.
pub struct Work {
    pub before: Lead,
    pub after: Lead,
    pub task: Task,
    pub step: Option<(CampaignId, Step)>,
}

/// How the log hears of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// One change for each lead, and one for each of its enrollments that moves. A lead whose e-mail someone has is refused.
    Each,
    /// By the one change of the set, which the caller records. A lead whose e-mail someone has is left out.
    Set,
}

/// What was written of one lead.
pub enum Written {
    New(Lead),
    Updated(Box<Update>),
    Deleted(Lead),
    Restored(Lead),
}

pub struct Update {
    pub before: Lead,
    pub after: Lead,
    /// The task that a person did, and the step of a campaign that it did.
    pub work: Option<(Task, Option<(CampaignId, Step)>)>,
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

    /// The stages before and after, when the lead's history gets a row: leads of a set begin without one.
    fn stage_move(&self, told: Told) -> Option<(Option<Stage>, &Lead)> {
        match self {
            Self::New(lead) => (told == Told::Each).then_some((None, lead)),
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

/// What came of a write.
pub struct Committed {
    /// In the order they were given; without those that were left out.
    pub written: Vec<Written>,
    /// Of `Told::Each`: the change of each.
    pub changes: Vec<ChangeId>,
}

/// Leads are locked before their campaigns, here as everywhere.
///
/// # Errors
/// `Duplicate` on `email`, and `Invalid` on `owner` for one who is not active; of `Told::Each` only.
pub async fn commit(tx: &mut Tx, write: Write, told: Told) -> Result<Committed> {
    let written = match told {
        Told::Each => rows::one_by_one(tx, write).await?,
        Told::Set => rows::as_set(tx, write).await?,
    };
    moves(tx, &written, told).await?;
    tally::count(tx, &written);
    // The log tells of a lead before it tells what followed.
    let changes = match told {
        Told::Each => written.iter().map(|one| one.record(tx)).collect(),
        Told::Set => Vec::new(),
    };
    follow(tx, &written, told).await?;
    Ok(Committed { written, changes })
}

/// Everything that depends on leads, in a fixed order.
async fn follow(tx: &mut Tx, written: &[Written], told: Told) -> Result<()> {
    campaigns::follow(tx, written, told).await
}

async fn moves(tx: &mut Tx, written: &[Written], told: Told) -> Result<()> {
    let moved: Vec<_> = written.iter().filter_map(|one| one.stage_move(told)).map(|moved| (tx.new_id(), moved)).collect();
    let who = tx.actor().who.name().to_owned();
    let queries = sql::WRITES.moves.queries(&moved, |query, (id, (from, lead))| {
        Ok(query.bind(*id).bind(lead.id).bind(from.map(Stage::rank)).bind(lead.stage.rank()).bind(lead.stage_at).bind(who.as_str()))
    })?;
    tx.run_all(queries).await.map(drop)
}

/// `commit` of one lead, told by a change of its own.
pub(super) async fn one(tx: &mut Tx, write: Write) -> Result<Option<ChangeId>> {
    Ok(commit(tx, write, Told::Each).await?.changes.pop())
}
