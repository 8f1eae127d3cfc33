//! Moves the sizes of segments in the transaction of each write that changes who is in them.
//!
//! Rules that the lead alone answers are evaluated natively, before and after. For all others the database is asked twice which of the
//! written leads match: before the write (`watch`), and at the end of the transaction.

use super::{
    known::{Known, known},
    sql,
};
use crate::{
    leads::Written,
    store::{self, BeforeCommit, Conn, Tx, Value, Work},
};
use domain::{
    LeadId, Result, SegmentId, Timestamp,
    rule::{Facts, Rule, Source},
    zone::Day,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};
use uuid::Uuid;

/// Most leads of one transaction that are listed as having entered or left one segment. The sizes count all.
const LISTED: usize = 100;

/// Counts the written leads in and out of the segments.
pub async fn follow(tx: &mut Tx, written: &[Written]) -> Result<()> {
    if written.is_empty() {
        return Ok(());
    }
    let known = known(tx).await?;
    if known.segments.iter().all(|segment| segment.matcher.is_none()) {
        return Ok(());
    }
    let at = tx.now();
    let moves = tx.before_commit::<Moves>();
    (moves.at, moves.day) = (at, known.zone.day(at));
    for one in written {
        let [before, after] = [one.before(), one.after()].map(|lead| lead.map(|lead| Facts::new(lead, &[])));
        for segment in &known.segments {
            let Some(matcher) = &segment.matcher else { continue };
            let [was, is] = [&before, &after].map(|facts| facts.as_ref().is_some_and(|facts| matcher.matches(facts)));
            if was != is && !moves.watches(segment.id, one.id()) {
                moves.add(segment.id, one.id(), is);
            }
        }
    }
    Ok(())
}

/// Remembers which of the leads are in segments that test more than the lead alone.
pub async fn watch(tx: &mut Tx, leads: Vec<LeadId>) -> Result<()> {
    watch_some(tx, leads, asked, |all, _| all).await.map(drop)
}

/// As `watch`. Returns the leads that are there. One that another transaction restores meanwhile is counted there.
pub async fn watch_existing(tx: &mut Tx, leads: Vec<LeadId>) -> Result<Vec<LeadId>> {
    watch_some(tx, leads, asked, |_, locked| locked).await
}

/// Remembers which of the leads are in segments that test their orders or the sums of these.
pub async fn watch_orders(tx: &mut Tx, leads: Vec<LeadId>) -> Result<()> {
    watch_some(tx, leads, asks_orders, |all, _| all).await.map(drop)
}

/// Locks the leads, and remembers those that `which` takes of all and of the locked ones. Returns these.
async fn watch_some(
    tx: &mut Tx,
    leads: Vec<LeadId>,
    concerned: fn(&Rule) -> bool,
    which: fn(Vec<LeadId>, Vec<LeadId>) -> Vec<LeadId>,
) -> Result<Vec<LeadId>> {
    let segments = known(tx).await?;
    if leads.is_empty() || !segments.any(concerned) {
        return Ok(leads);
    }
    let locked = lock(tx, &leads).await?;
    let watched = which(leads, locked);
    watch_locked(tx, &segments, &watched, concerned).await?;
    Ok(watched)
}

fn asked(rule: &Rule) -> bool {
    !rule.asks_lead_alone()
}

fn asks_orders(rule: &Rule) -> bool {
    rule.asks_of(Source::Totals) || rule.asks_of(Source::Orders)
}

/// Locks the leads: whoever changes them meanwhile would be counted twice. Returns those that are there; on SQLite, which has one writer, all.
async fn lock(tx: &mut Tx, leads: &[LeadId]) -> Result<Vec<LeadId>> {
    if !tx.conn().is_postgres() {
        return Ok(leads.to_vec());
    }
    let locked = tx.all::<(Uuid,)>(store::sql(sql::LOCK_LEADS).bind_all([Value::json(&leads)?])).await?;
    Ok(locked.into_iter().map(|(id,)| LeadId(id)).collect())
}

/// Remembers which of the leads are in the segments whose rules are concerned.
async fn watch_locked(tx: &mut Tx, known: &Arc<Known>, leads: &[LeadId], concerned: fn(&Rule) -> bool) -> Result<()> {
    tx.announce().await?;
    let at = tx.now();
    for (place, segment) in known.segments.iter().enumerate().filter(|(_, segment)| concerned(&segment.rule)) {
        let moves = tx.before_commit::<Moves>();
        (moves.at, moves.day) = (at, known.zone.day(at));
        // Those that are watched already have changed since.
        let new: Vec<LeadId> = leads.iter().copied().filter(|lead| !moves.watches(segment.id, *lead)).collect();
        if new.is_empty() {
            continue;
        }
        let were = segment.among(tx.conn(), &new).await?;
        let watched = tx.before_commit::<Moves>().watched.entry(segment.id).or_insert_with(|| Watched::new(known.clone(), place));
        watched.were_in.extend(new.into_iter().map(|lead| (lead, were.contains(&lead))));
    }
    Ok(())
}

/// Lets the segments that test enrollments be counted: a write concerned leads without naming them.
pub async fn recount_enrollments(tx: &mut Tx) -> Result<()> {
    let known = known(tx).await?;
    let ids: Vec<SegmentId> = known.segments.iter().filter(|one| one.rule.asks_of(Source::Enrollments)).map(|one| one.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    tx.announce().await?;
    tx.run(store::sql(sql::LOCK_ALL)).await?;
    tx.run(store::sql(sql::COUNT_ASKED).bind_all([Value::json(&ids)?])).await.map(drop)
}

/// Who entered and left in this transaction.
#[derive(Default)]
struct Moves {
    at: Timestamp,
    day: Day,
    /// In order, so that concurrent transactions lock the tallies in the same order.
    sums: BTreeMap<SegmentId, Sums>,
    watched: BTreeMap<SegmentId, Watched>,
}

/// The watched leads of one segment.
struct Watched {
    /// The segment as it was when the first lead was watched, and its place there: on Postgres, segments may come and go meanwhile.
    known: Arc<Known>,
    place: usize,
    /// Whether each lead was in it.
    were_in: HashMap<LeadId, bool>,
}

impl Watched {
    fn new(known: Arc<Known>, place: usize) -> Self {
        Self { known, place, were_in: HashMap::new() }
    }
}

#[derive(Default)]
struct Sums {
    entered: i64,
    departed: i64,
    listed: Vec<(LeadId, bool)>,
}

impl Moves {
    fn watches(&self, segment: SegmentId, lead: LeadId) -> bool {
        self.watched.get(&segment).is_some_and(|watched| watched.were_in.contains_key(&lead))
    }

    fn add(&mut self, segment: SegmentId, lead: LeadId, entered: bool) {
        let sums = self.sums.entry(segment).or_default();
        sums.entered += i64::from(entered);
        sums.departed += i64::from(!entered);
        if sums.listed.len() < LISTED {
            sums.listed.push((lead, entered));
        }
    }

    async fn look_again(&mut self, conn: &mut Conn) -> Result<()> {
        for (id, Watched { known, place, were_in }) in std::mem::take(&mut self.watched) {
            let ids: Vec<LeadId> = were_in.keys().copied().collect();
            let are: HashSet<LeadId> = known.segments[place].among(conn, &ids).await?;
            for (lead, was) in were_in {
                if was != are.contains(&lead) {
                    self.add(id, lead, !was);
                }
            }
        }
        Ok(())
    }
}

impl BeforeCommit for Moves {
    fn run(mut self: Box<Self>, conn: &mut Conn) -> Work<'_, ()> {
        Box::pin(async move {
            self.look_again(conn).await?;
            if self.sums.is_empty() {
                return Ok(());
            }
            let sums: Vec<_> = self.sums.iter().map(|(id, sums)| (id, sums.entered, sums.departed)).collect();
            conn.run(store::sql(sql::MOVE).bind_all([Value::json(&sums)?]).bind(self.day)).await?;
            let listed = self.sums.iter().flat_map(|(id, sums)| sums.listed.iter().map(move |(lead, entered)| (id, lead, entered)));
            let listed: Vec<_> = listed.collect();
            conn.run(store::sql(sql::ENTRIES).bind_all([Value::json(&listed)?]).bind(self.at)).await.map(drop)
        })
    }
}
