//! The sentence of a change.

use super::{Activity, ActivityKind, Link, Word};
use crate::{
    CampaignId, Change, LeadId, Op, Record, UserId,
    accounts::User,
    campaigns::{Campaign, CampaignAction, CampaignStatus, Enrollment},
    fields::Fields,
    imports::{Import, ImportStatus},
    leads::{Lead, TimelineKind, differences},
};
use std::collections::HashMap;

type Said = (ActivityKind, Vec<Word>);

/// Names of the records that a change refers to only by id.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub users: HashMap<UserId, String>,
    pub leads: HashMap<LeadId, String>,
    pub campaigns: HashMap<CampaignId, String>,
    /// Definitions of custom fields.
    pub fields: Fields,
}

impl Names {
    pub fn lead(&self, id: LeadId) -> Word {
        self.leads.get(&id).map_or_else(|| Word::plain("a deleted lead"), |name| Word::link(name, Link::Lead(id)))
    }

    pub fn campaign(&self, id: CampaignId) -> Word {
        self.campaigns.get(&id).map_or_else(|| Word::plain("a deleted campaign"), |name| Word::link(name, Link::Campaign(id)))
    }
}

impl Activity {
    /// `None` for changes that nobody reads as an activity: counters, and enrollments that are created or deleted together with their lead.
    pub fn of(change: &Change, names: &Names) -> Option<Self> {
        let (kind, words) = said(change, names)?;
        let note = match (change.op, &change.after) {
            (Op::Create, Some(Record::Note(note))) if note.outreach.is_some() => Some(note.clone()),
            _ => None,
        };
        Some(Self { id: change.id, seq: change.seq?, at: change.at, who: change.who.clone(), kind, words, note })
    }
}

fn said(change: &Change, names: &Names) -> Option<Said> {
    let did = |kind, verb: &str, what: Word| Some((kind, vec![Word::strong(change.who.name()), Word::plain(format!(" {verb} ")), what]));
    let (op, before, after) = (change.op, change.before.as_ref(), change.after.as_ref());
    match (op, before, after) {
        (Op::Update, Some(Record::Lead(before)), Some(Record::Lead(after))) => edited(change, before, after, names),
        (_, Some(Record::Lead(lead)), None) => did(ActivityKind::Deleted, "deleted", Word::strong(&lead.name)),
        (Op::Restore, _, Some(Record::Lead(lead))) => did(ActivityKind::Restored, "restored", of_lead(lead)),
        (_, _, Some(Record::Lead(lead))) => did(ActivityKind::Added, "added", of_lead(lead)),
        (Op::Update, Some(Record::Campaign(before)), Some(Record::Campaign(after))) => changed(change, before, after),
        (Op::Update, Some(Record::Enrollment(before)), Some(Record::Enrollment(after))) => worked(change, before, after, names),
        (_, _, Some(Record::Set(set))) => {
            let (kind, to) = match (set.campaign_id(), set.import_id()) {
                (Some(campaign), _) => (ActivityKind::Enrolled, Some(Link::Campaign(campaign))),
                (None, Some(import)) => (ActivityKind::Imported, Some(Link::Import(import))),
                (None, None) => (ActivityKind::Many, None),
            };
            let what = Word { to, ..Word::plain(&set.what) };
            Some((kind, vec![Word::strong(change.who.name()), Word::plain(" "), what]))
        }
        (Op::Update, Some(Record::Import(before)), Some(Record::Import(after))) => imported(before, after),
        (Op::Create, _, Some(Record::User(user))) => Some(access(change, "added", " as ", user)),
        (Op::Update, Some(Record::User(before)), Some(Record::User(after))) => account(change, before, after),
        (_, before, after) => {
            let (kind, verb, what) = after.or(before)?.said(op, names)?;
            did(kind, verb, what)
        }
    }
}

/// `Ana added Bo as viewer`
fn access(change: &Change, verb: &str, as_: &str, user: &User) -> Said {
    let words = vec![
        Word::strong(change.who.name()),
        Word::plain(format!(" {verb} ")),
        Word::strong(&user.name),
        Word::plain(format!("{as_}{}", user.role.as_str())),
    ];
    (ActivityKind::Access, words)
}

/// A change of a user's access or name.
fn account(change: &Change, before: &User, after: &User) -> Option<Said> {
    let (who, whose) = (Word::strong(change.who.name()), Word::strong(&after.name));
    let words = if before.role != after.role {
        return Some(access(change, "set", " to ", after));
    } else if before.deactivated_at != after.deactivated_at {
        vec![who, Word::plain(if after.is_active() { " reactivated " } else { " deactivated " }), whose]
    } else if before.name != after.name {
        vec![who, Word::plain(" renamed "), Word::strong(&before.name), Word::plain(" to "), whose]
    } else if before.time_zone != after.time_zone {
        vec![
            who,
            Word::plain(
                after
                    .time_zone
                    .as_ref()
                    .map_or_else(|| " reads times in the workspace’s time zone".to_owned(), |zone| format!(" reads times in {zone}")),
            ),
        ]
    } else if before.password_at != after.password_at {
        vec![whose, Word::plain(" chose a new password")]
    } else if before.signed_out_at != after.signed_out_at {
        vec![who, Word::plain(" ended the sessions of "), whose]
    } else if before.link_until != after.link_until {
        vec![who, Word::plain(" created a password link for "), whose]
    } else {
        return None;
    };
    Some((ActivityKind::Access, words))
}

fn of_lead(lead: &Lead) -> Word {
    Word::link(&lead.name, Link::Lead(lead.id))
}

fn of_campaign(campaign: &Campaign) -> Word {
    Word::link(&campaign.name, Link::Campaign(campaign.id))
}

/// The same sentence as on the lead's timeline. Of several changed fields it names the first and the number of the others.
fn edited(change: &Change, before: &Lead, after: &Lead, names: &Names) -> Option<Said> {
    let name = |id| names.users.get(&id).cloned();
    let differences = differences(before, after, &name, &names.fields);
    let first = differences.first()?;
    let kind = match first {
        TimelineKind::Moved { to, .. } => ActivityKind::Moved(*to),
        TimelineKind::FollowedUp { .. } => ActivityKind::Wrote,
        _ => ActivityKind::Edited,
    };
    let mut words = vec![Word::strong(change.who.name())];
    words.extend(first.words(Some(of_lead(after))));
    match differences.len() - 1 {
        0 => {}
        // The status was changed by the message itself.
        _ if kind == ActivityKind::Wrote => {}
        1 => words.push(Word::plain(", and 1 field more")),
        more => words.push(Word::plain(format!(", and {more} fields more"))),
    }
    Some((kind, words))
}

fn changed(change: &Change, before: &Campaign, after: &Campaign) -> Option<Said> {
    let who = Word::strong(change.who.name());
    if before.status != after.status {
        let (action, verb) = match (before.status, after.status) {
            (CampaignStatus::Paused, CampaignStatus::Active) => (CampaignAction::Resume, "resumed"),
            (_, CampaignStatus::Active) => (CampaignAction::Start, "started"),
            (CampaignStatus::Completed | CampaignStatus::Cancelled, CampaignStatus::Paused) => (CampaignAction::Reopen, "reopened"),
            (_, CampaignStatus::Paused) => (CampaignAction::Pause, "paused"),
            (_, CampaignStatus::Completed) => (CampaignAction::Complete, "completed"),
            (_, CampaignStatus::Cancelled) => (CampaignAction::Cancel, "stopped"),
            (_, CampaignStatus::Draft) => return None,
        };
        return Some((ActivityKind::Turned(action), vec![who, Word::plain(format!(" {verb} ")), of_campaign(after)]));
    }
    let words = if before.name != after.name {
        vec![who, Word::plain(" renamed "), Word::strong(&before.name), Word::plain(" to "), of_campaign(after)]
    } else if before.steps != after.steps {
        vec![who, Word::plain(" changed the sequence of "), of_campaign(after)]
    } else if before.description != after.description {
        vec![who, Word::plain(" changed the description of "), of_campaign(after)]
    } else {
        return None;
    };
    Some((ActivityKind::Edited, words))
}

/// The newest fact of an enrollment. For actions of the lead (reply, conversion), the lead is the subject.
fn worked(change: &Change, before: &Enrollment, after: &Enrollment, names: &Names) -> Option<Said> {
    let (lead, campaign) = (names.lead(after.lead_id), names.campaign(after.campaign_id));
    let is_new = |fact: fn(&Enrollment) -> bool| fact(after) && !fact(before);
    let theirs = |kind, verb: &str| Some((kind, vec![lead.clone(), Word::plain(verb), campaign.clone()]));
    let ours = |kind, verb: &str| {
        let words = vec![Word::strong(change.who.name()), Word::plain(verb), lead.clone(), Word::plain(" in "), campaign.clone()];
        Some((kind, words))
    };
    if is_new(|one| one.succeeded_at.is_some()) {
        theirs(ActivityKind::Converted, " converted in ")
    } else if is_new(|one| one.replied_at.is_some()) {
        theirs(ActivityKind::Replied, " replied to ")
    } else if is_new(|one| one.stopped_at.is_some()) {
        theirs(ActivityKind::Stopped, " stopped in ")
    } else if is_new(|one| one.connected_at.is_some()) {
        theirs(ActivityKind::Connected, " connected in ")
    } else if after.messages > before.messages {
        ours(ActivityKind::Wrote, " followed up with ")
    } else if is_new(|one| one.requested_at.is_some()) {
        ours(ActivityKind::Requested, " sent a connection request to ")
    } else if is_new(|one| one.finished_at.is_some()) {
        theirs(ActivityKind::Finished, " completed all steps of ")
    } else {
        None
    }
}

/// How an import ended, when it wrote no leads.
fn imported(before: &Import, after: &Import) -> Option<Said> {
    let file = Word::link(&after.file, Link::Import(after.id));
    match after.status {
        status if status == before.status => None,
        ImportStatus::Failed => Some((ActivityKind::Failed, vec![Word::plain("The import of "), file, Word::plain(" failed")])),
        ImportStatus::Completed if after.counts.created + after.counts.updated == 0 => {
            Some((ActivityKind::Imported, vec![Word::plain("The import of "), file, Word::plain(" found nothing new")]))
        }
        _ => None,
    }
}
