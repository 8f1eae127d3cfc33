//! Reading pages: further down as one scrolls, and anew what is shown.

use super::{LeadList, Mark, Row};
use crate::leads::{
    api::list_leads,
    order::{compare, just_before},
};
use domain::{
    LeadId, Snapshot,
    leads::{Lead, LeadQuery},
};
use leptos::{prelude::*, task::spawn_local};
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

/// Rows read at once while one scrolls.
const PAGE: u32 = 200;
/// Rows read anew at once.
const LEAST: u32 = 50;
const MOST: u32 = 1_000;

/// What pages are read for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// The rows further down.
    More,
    /// All that is shown, from the top.
    Again,
    /// The rows that are shown, in their places.
    Refresh,
}

impl LeadList {
    /// Loads the next page, if there is one and none is on its way.
    pub fn load_more(self) {
        let Some(cursor) = self.next.get_untracked().filter(|_| !self.reading.get_value()) else { return };
        let query = LeadQuery { cursor: Some(cursor), limit: PAGE, ..self.query.get_value() };
        self.read(query, 0, Purpose::More, move |leads| {
            self.rows.update(|rows| {
                let known: HashSet<LeadId> = rows.iter().map(|row| row.id).collect();
                rows.extend(leads.into_iter().filter(|lead| !known.contains(&lead.id)).map(Row::new));
            });
        });
    }

    /// Reads what is shown anew, keeping the rows that stay.
    pub fn read_again(self) {
        let shown = self.rows.with_untracked(Vec::len);
        let query = LeadQuery { limit: (shown as u32).clamp(LEAST, MOST), ..self.query.get_value() };
        self.read(query, shown, Purpose::Again, move |leads| {
            self.above.set(Vec::new());
            self.unseen.set(0);
            self.counted.set_value(self.total.get_untracked());
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
                *rows = leads.into_iter().map(row).collect();
            });
            self.picked.prune();
        });
    }

    /// Takes in what others wrote at once, and moves nothing: rows keep their places and the selection, with the values that they have now;
    /// those that left stay a moment; what is new waits above.
    pub(super) fn refresh(self) {
        let sort = self.query.with_value(|query| query.sort);
        let Some(first) = self.rows.with_untracked(|rows| rows.first().map(|row| row.lead.get_untracked())) else {
            return self.read_again();
        };
        let shown = self.rows.with_untracked(Vec::len);
        let limit = (shown as u32).clamp(LEAST, MOST);
        let query = LeadQuery { cursor: Some(just_before(sort, &first)), limit, ..self.query.get_value() };
        self.read(query, shown, Purpose::Refresh, move |leads| {
            // Further down than this was not read.
            let end = leads.last().filter(|_| leads.len() >= shown).cloned();
            let now: HashMap<LeadId, Lead> = leads.into_iter().map(|lead| (lead.id, lead)).collect();
            let is_read =
                |row: &Row| end.as_ref().is_none_or(|end| row.lead.with_untracked(|lead| compare(sort, lead, end)) == Ordering::Less);
            let rows = self.rows.get_untracked();
            let mut left = 0;
            for row in &rows {
                if let Some(lead) = now.get(&row.id) {
                    row.take(lead);
                    if row.mark.get_untracked() == Mark::Left {
                        row.mark.set(Mark::Plain);
                    }
                } else if is_read(row) {
                    left += 1;
                    self.leave(row.id, None, false);
                }
            }
            // Those that came one by one may be gone with the others: all are read when they are asked for.
            let waited = std::mem::take(&mut *self.above.write()).len() as i64;
            let total = self.total.get_untracked();
            let came = self.counted.get_value().zip(total).map_or(0, |(counted, now)| now - counted + left);
            self.counted.set_value(total);
            self.unseen.update(|unseen| *unseen = (*unseen + waited + came).max(0));
        });
    }

    /// Reads pages until there are `least` rows or no more.
    fn read(self, mut query: LeadQuery, least: usize, purpose: Purpose, put: impl FnOnce(Vec<Lead>) + 'static) {
        if self.reading.get_value() {
            return;
        }
        self.reading.set_value(true);
        spawn_local(async move {
            let mut answer = list_leads(query.clone()).await;
            while let Ok(Snapshot { data, .. }) = &mut answer
                && data.leads.len() < least
                && data.next.is_some()
            {
                query.cursor = data.next.take();
                match list_leads(query.clone()).await {
                    Ok(more) => {
                        data.leads.extend(more.data.leads);
                        data.next = more.data.next;
                    }
                    Err(error) => answer = Err(error),
                }
            }
            if self.rows.is_disposed() {
                return;
            }
            self.reading.set_value(false);
            let meanwhile = self.meanwhile.try_update_value(std::mem::take).unwrap_or_default();
            // A failed read changes nothing: what was shown stays, and the connection's dot says why.
            let Ok(Snapshot { as_of, data, .. }) = answer else { return };
            self.set_total(data.total);
            if purpose != Purpose::Refresh {
                self.next.set(data.next);
            }
            put(data.leads);
            if purpose != Purpose::More {
                self.since.set(as_of);
            }
            // A set that was written meanwhile is in here too: what is shown is read once more.
            self.apply(&meanwhile.into_iter().filter(|delta| delta.seq > as_of).collect::<Vec<_>>());
        });
    }
}
