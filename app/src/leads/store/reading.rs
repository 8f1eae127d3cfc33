//! Reads of pages: the next one while scrolling, and a refresh of the rows shown.

use super::{LeadList, Mark, Row, ids};
use crate::{
    ask,
    leads::api::{list_among, list_leads},
};
use domain::{
    LeadId, Snapshot,
    leads::{Lead, LeadPage, LeadQuery},
    live::{Delta, DeltaOp},
    rule::Rule,
};
use leptos::{prelude::*, task::spawn_local};
use std::collections::{HashMap, HashSet};

/// Rows per read while scrolling.
const PAGE: u32 = 200;
/// Fewest and most rows per read when rows are read again.
const LEAST: u32 = 50;
const MOST: u32 = 1_000;

/// Why a page is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Further rows below.
    More,
    /// All rows shown, from the top.
    Again,
    /// New values for the rows shown, without moving them.
    Refresh,
}

impl LeadList {
    /// Loads the next page, unless there is none or a read is in progress.
    pub fn load_more(self) {
        self.load(PAGE, 0);
    }

    /// Loads until there are `rows` rows or no more pages.
    pub fn load_to(self, rows: usize) {
        let missing = rows.saturating_sub(self.rows.with_untracked(Vec::len));
        self.load((missing as u32).clamp(LEAST, MOST), missing);
    }

    fn load(self, limit: u32, least: usize) {
        let Some(cursor) = self.next.get_untracked().filter(|_| !self.reading.get_value()) else { return };
        let query = LeadQuery { cursor: Some(cursor), limit, ..self.query.get_value() };
        self.read(Purpose::More, pages(query, least), move |page| {
            self.next.set(page.next);
            self.rows.update(|rows| {
                let known: HashSet<LeadId> = rows.iter().map(|row| row.id).collect();
                rows.extend(page.leads.into_iter().filter(|lead| !known.contains(&lead.id)).map(Row::new));
            });
            self.settle(page.total);
        });
    }

    /// Reads from the top as many rows as are shown, reusing those that stay.
    pub fn read_again(self) {
        if self.reading.get_value() {
            self.again.set_value(true);
            return;
        }
        let shown = self.rows.with_untracked(Vec::len);
        let query = LeadQuery { limit: (shown as u32).clamp(LEAST, MOST), ..self.query.get_value() };
        self.read(Purpose::Again, pages(query, shown), move |page| {
            self.next.set(page.next);
            self.above.set(Vec::new());
            self.bulk_waiting.set(0);
            self.bulk_pending.set_value(false);
            self.counted.set_value(page.total.or_else(|| self.total.get_untracked()));
            self.rows.update(|rows| {
                let mut known: HashMap<LeadId, Row> = rows.drain(..).map(|row| (row.id, row)).collect();
                let row = |lead: Lead| match known.remove(&lead.id) {
                    Some(row) => {
                        row.take(&lead);
                        row.mark.set(Mark::Plain);
                        row
                    }
                    None => Row::new(lead),
                };
                *rows = page.leads.into_iter().map(row).collect();
            });
            self.picked.prune();
        });
    }

    /// Applies a bulk change by others without moving rows: rows keep position and selection and get new values. Rows that left stay for 3
    /// s,
    /// new ones wait above.
    pub(super) fn refresh(self) {
        let mut asked = self.rows.with_untracked(|rows| ids(rows));
        if asked.is_empty() {
            return self.read_again();
        }
        self.above.with_untracked(|above| asked.extend(above.iter().map(|lead| lead.id)));
        asked.sort_unstable();
        let rule = self.query.with_value(|query| query.rule.clone());
        self.read(Purpose::Refresh, those(rule, asked.clone()), move |page| {
            let now: HashMap<LeadId, Lead> = page.leads.into_iter().map(|lead| (lead.id, lead)).collect();
            // Rows that arrived during the read were not requested.
            let was_asked = |id: &LeadId| asked.binary_search(id).is_ok();
            let mut accounted = 0;
            self.above.update(|above| {
                let before = above.len() as i64;
                above.retain(|lead| now.contains_key(&lead.id) || !was_asked(&lead.id));
                accounted += above.len() as i64 - before;
                for lead in above {
                    if let Some(now) = now.get(&lead.id).filter(|now| now.revision > lead.revision) {
                        lead.clone_from(now);
                    }
                }
            });
            for row in self.rows.get_untracked() {
                let was_left = row.mark.get_untracked() == Mark::Left;
                match now.get(&row.id) {
                    Some(lead) => {
                        row.take(lead);
                        if was_left {
                            row.mark.set(Mark::Plain);
                            accounted += 1;
                        }
                    }
                    None if !was_left && was_asked(&row.id) => {
                        self.leave(row.id, None, false);
                        accounted -= 1;
                    }
                    None => {}
                }
            }
            self.account(accounted);
            self.settle(page.total);
        });
    }

    /// Reads, then applies the answer with `put`. Does nothing while another read is in progress.
    fn read(
        self,
        purpose: Purpose,
        answer: impl Future<Output = ask::Result<Snapshot<LeadPage>>> + 'static,
        put: impl FnOnce(LeadPage) + 'static,
    ) {
        if self.reading.get_value() {
            return;
        }
        self.reading.set_value(true);
        spawn_local(async move {
            let answer = answer.await;
            if self.rows.is_disposed() {
                return;
            }
            self.reading.set_value(false);
            let meanwhile = self.meanwhile.try_update_value(std::mem::take).unwrap_or_default();
            let heard = std::mem::take(&mut *self.heard.write_value());
            let again = std::mem::take(&mut *self.again.write_value());
            // A failed read changes nothing: rows stay, and the connection dot shows why.
            let Ok(Snapshot { as_of, mut data, .. }) = answer else { return };
            data.total = data.total.or(heard);
            self.set_total(data.total);
            put(data);
            if purpose != Purpose::More {
                self.since.set(as_of);
            }
            // Apply deltas that are newer than the answer; a bulk change among them starts another read. A page further down does not cover
            // the rows
            // above it, so a bulk change is applied even if the page includes it.
            let is_news = |delta: &Delta| delta.seq > as_of || (purpose == Purpose::More && delta.op == DeltaOp::Bulk);
            self.apply(&meanwhile.into_iter().filter(is_news).collect::<Vec<_>>());
            if again {
                self.read_again();
            }
        });
    }
}

/// Reads pages until there are `least` rows or no more pages.
async fn pages(mut query: LeadQuery, least: usize) -> ask::Result<Snapshot<LeadPage>> {
    let mut all = list_leads(query.clone()).await?;
    while all.data.leads.len() < least && all.data.next.is_some() {
        query.cursor = all.data.next.take();
        let more = list_leads(query.clone()).await?;
        all.data.leads.extend(more.data.leads);
        all.data.next = more.data.next;
    }
    Ok(all)
}

/// Those of the leads that match. `asked` is sorted by id.
async fn those(rule: Rule, mut asked: Vec<LeadId>) -> ask::Result<Snapshot<LeadPage>> {
    let mut all = first_of(&rule, &mut asked).await?;
    while !asked.is_empty() {
        let more = first_of(&rule, &mut asked).await?;
        all.data.leads.extend(more.data.leads);
    }
    Ok(all)
}

/// Reads one answer's worth; `asked` keeps the ids that are left.
async fn first_of(rule: &Rule, asked: &mut Vec<LeadId>) -> ask::Result<Snapshot<LeadPage>> {
    let rest = asked.split_off(asked.len().min(MOST as usize));
    let mut page = list_among(rule.clone(), asked.clone()).await?;
    match page.data.next.take() {
        // The answer was cut short by its size, at `end`.
        Some(end) => asked.retain(|id| *id > end.id),
        None => asked.clear(),
    }
    asked.extend(rest);
    Ok(page)
}
