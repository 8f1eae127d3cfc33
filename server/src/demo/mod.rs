//! Sample data: the last quarter of a sales team, the same in every installation except for the dates.

mod campaigns;
mod dice;
mod words;

use crate::{
    accounts,
    leads::{self, LogMode, Write},
    store::{Bulk, Tx, sql},
};
use dice::Dice;
use domain::{
    Error, LeadId, Record, Result, Timestamp, UserId,
    accounts::User,
    change::{Op, Set},
    leads::{Connection, Consent, Lead, NewLead, Stage, Status},
    text::grouped,
    time::{DAY, HOUR, MINUTE},
};
use uuid::Uuid;

/// Number of leads.
const LEADS: i64 = 1_200;
/// The leads were created over this many days.
const DAYS: i64 = 90;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[&str] = &[ANY_LEAD, OWNERS];

const ANY_LEAD: &str = "SELECT id FROM lead LIMIT 1";
const OWNERS: &str = "SELECT id, name FROM account WHERE role <> 'viewer' AND deactivated_at IS NULL ORDER BY id";

struct Move {
    id: Uuid,
    lead: LeadId,
    from: Option<Stage>,
    to: Stage,
    at: Timestamp,
    who: String,
}

struct Note {
    id: Uuid,
    lead: LeadId,
    body: String,
    author: String,
    at: Timestamp,
}

/// Fills an empty database, in one transaction. Returns the number of leads.
///
/// # Errors
/// `Conflict` when there are leads already.
pub async fn fill(tx: &mut Tx) -> Result<i64> {
    if tx.optional::<(Uuid,)>(sql(ANY_LEAD)).await?.is_some() {
        return Err(Error::Conflict("There are leads already; sample data goes into an empty database only".to_owned()));
    }
    for (name, email, role) in words::TEAM {
        let user = User::new(UserId(tx.new_id()), (*email).to_owned(), (*name).to_owned(), *role, tx.now(), false);
        // No password, so that nobody can sign in with these accounts.
        if accounts::sql::insert(tx, &user, "").await? {
            tx.created(Record::User(user));
        }
    }
    let owners = tx.all::<(Uuid, String)>(sql(OWNERS)).await?;
    let mut dice = Dice::new();
    let (mut leads, mut moves, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    // Ids sort by creation, so the oldest comes first.
    for at in 0..LEADS {
        let (owner, by) = dice.pick(&owners);
        let created = Timestamp(tx.now().0 - DAYS * DAY * (LEADS - at) / LEADS + dice.below(100 * MINUTE));
        let mut lead = person(&mut dice, at).check()?.into_lead(LeadId(tx.new_id()), created);
        lead.owner = dice.chance(85).then_some(UserId(*owner));
        live_through(tx, &mut dice, &mut lead, by, &mut moves, &mut notes);
        leads.push(lead);
    }

    let moved = Bulk::new("stage_move", "id, lead_id, from_stage, to_stage, at, who", "").queries(&moves, |query, step| {
        let ranks = (step.from.map(Stage::rank), step.to.rank());
        Ok(query.bind(step.id).bind(step.lead).bind(ranks.0).bind(ranks.1).bind(step.at).bind(step.who.as_str()))
    })?;
    let noted = Bulk::new("note", "id, lead_id, body, author, created_at", "").queries(&notes, |query, note| {
        Ok(query.bind(note.id).bind(note.lead).bind(note.body.as_str()).bind(note.author.as_str()).bind(note.at))
    })?;
    leads::commit(tx, Write::Insert(leads.clone()), LogMode::Set).await?;
    tx.run_all(moved).await?;
    tx.run_all(noted).await?;
    campaigns::fill(tx, &mut dice, &leads).await?;
    let what = format!("loaded {} sample leads", grouped(LEADS));
    tx.record(Op::Bulk, None, Some(Record::Set(Set::of_leads(what, LEADS))));
    Ok(LEADS)
}

fn person(dice: &mut Dice, at: i64) -> NewLead {
    let (first, last) = (*dice.pick(words::FIRST), *dice.pick(words::LAST));
    let (company, host) = dice.pick(words::COMPANIES);
    let plain = |text: &str| text.to_lowercase().replace([' ', '\''], "").chars().map(ascii).collect::<String>();
    let (user, page) = (plain(first), format!("{}-{}", plain(first), plain(last)));
    let status = *dice.weighted(&[
        (Status::Pending, 40),
        (Status::Contacted, 27),
        (Status::Responded, 13),
        (Status::Qualified, 10),
        (Status::Nurturing, 6),
        (Status::Converted, 4),
    ]);
    let connection = *dice.weighted(&[
        (Connection::NotConnected, 45),
        (Connection::RequestSent, 25),
        (Connection::Connected, 22),
        (Connection::RequestReceived, 5),
        (Connection::DoNotContact, 3),
    ]);
    let stage = *dice.weighted(&[
        (Stage::NewLead, 34),
        (Stage::InitialContact, 22),
        (Stage::MeetingScheduled, 14),
        (Stage::ProposalSent, 10),
        (Stage::Negotiation, 7),
        (Stage::ClosedWon, 8),
        (Stage::ClosedLost, 5),
    ]);
    let consent = *dice.weighted(&[(Consent::Subscribed, 93), (Consent::Unsubscribed, 4), (Consent::Bounced, 2), (Consent::Complained, 1)]);
    let tags = (0..dice.below(4)).map(|_| (*dice.pick(words::TAGS)).to_owned()).collect();
    let phone = dice.chance(60).then(|| format!("+49 30 5550{:04}", dice.below(10_000)));
    // In steps of 100 major units; mostly small, some large.
    let value = dice.chance(70).then(|| (5 + dice.below(45) * dice.below(20)) * 100 * 100);
    NewLead {
        name: format!("{first} {last}"),
        // The number makes the e-mail unique.
        email: format!("{user}.{}{at}@{host}", plain(last)),
        company: Some((*company).to_owned()),
        title: Some((*dice.pick(words::TITLES)).to_owned()),
        phone,
        location: dice.chance(90).then(|| (*dice.pick(words::PLACES)).to_owned()),
        linkedin_url: dice.chance(65).then(|| format!("https://www.linkedin.com/in/{page}-{at}")),
        notes: dice.chance(12).then(|| (*dice.pick(words::REMARKS)).to_owned()),
        status,
        connection,
        stage,
        engaged: status != Status::Pending && dice.chance(60),
        value,
        score: (10 + dice.below(50) + stage.rank() * 6).min(100) as i32,
        consent,
        tags,
        ..NewLead::default()
    }
}

/// Adds the lead's history since it was created: stage moves, notes, orders.
fn live_through(tx: &Tx, dice: &mut Dice, lead: &mut Lead, by: &str, moves: &mut Vec<Move>, notes: &mut Vec<Note>) {
    let now = tx.now();
    let later =
        |dice: &mut Dice, at: Timestamp| Timestamp((at.0 + 20 * MINUTE + dice.below((now.0 - at.0) / 3 + HOUR)).min(now.0 - MINUTE));
    let way = Stage::ALL.iter().copied().filter(|stage| stage.rank() < lead.stage.rank().min(Stage::Negotiation.rank() + 1));
    let mut at = lead.created_at;
    let mut from = None;
    for to in way.chain([lead.stage]) {
        moves.push(Move { id: tx.new_id(), lead: lead.id, from, to, at, who: by.to_owned() });
        (lead.stage_at, lead.last_activity_at) = (at, at);
        if from.is_some() {
            lead.revision += 1;
            lead.edited = lead.revision;
            lead.last_activity = format!("Moved to {}", to.label());
        }
        (from, at) = (Some(to), later(dice, at));
    }
    for _ in 0..dice.below(4) - 1 {
        let body = (*dice.pick(words::NOTES)).to_owned();
        notes.push(Note { id: tx.new_id(), lead: lead.id, body, author: by.to_owned(), at });
        (lead.last_activity, lead.last_activity_at) = ("Note added".to_owned(), at);
        lead.revision += 1;
        at = later(dice, at);
    }
    if lead.stage == Stage::ClosedWon {
        lead.customer_id = Some(format!("C-{}", 10_000 + dice.below(90_000)));
        lead.visits = 1 + dice.below(30);
        lead.total_spend = lead.value.unwrap_or(250_000) + dice.below(40) * 10_000;
        lead.last_active_at = Some(at);
    }
    lead.last_contacted_at = (lead.status != Status::Pending).then_some(lead.last_activity_at);
    lead.updated_at = lead.last_activity_at;
}

/// The ASCII letter for an address.
fn ascii(letter: char) -> char {
    match letter {
        'ä' | 'á' | 'à' | 'å' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ı' | 'î' => 'i',
        'ö' | 'ó' | 'ø' | 'ô' => 'o',
        'ü' | 'ú' => 'u',
        'ç' | 'ć' | 'č' => 'c',
        'ñ' | 'ń' => 'n',
        'ł' => 'l',
        'ş' | 'š' => 's',
        'ž' | 'ż' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_passes_the_checks_and_has_an_address_of_their_own() {
        let mut dice = Dice::new();
        let people: Vec<_> = (0..LEADS).map(|at| person(&mut dice, at).check().unwrap()).collect();
        let mut emails: Vec<_> = people.iter().map(|person| person.email.as_str()).collect();
        emails.sort_unstable();
        emails.dedup();
        assert_eq!(emails.len() as i64, LEADS);
        assert!(people.iter().all(|person| person.email.is_ascii()));
        assert!(words::TEAM.iter().all(|(_, _, role)| *role < domain::Role::Admin));
        for stage in Stage::ALL {
            assert!(people.iter().filter(|person| person.stage == *stage).count() >= 30, "{stage:?}");
        }
    }
}
