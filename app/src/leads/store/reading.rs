//! Reading pages: further down as one scrolls, and anew what is shown.

use super::{LeadList, Mark, Row};
use crate::leads::api::list_leads;
use domain::{
    LeadId, Snapshot,
    leads::{Lead, LeadQuery},
};
use leptos::{prelude::*, task::spawn_local};
use std::collections::{HashMap, HashSet};

/// Rows read at once while one scrolls.
const PAGE: u32 = 200;
/// Rows read anew at once.
const LEAST: u32 = 50;
const MOST: u32 = 1_000;

impl LeadList {
    /// Loads the next page, if there is one and none is on its way.
    pub fn load_more(self) {
        let Some(cursor) = self.next.get_untracked().filter(|_| !self.reading.get_value()) else { return };
        let query = LeadQuery { cursor: Some(cursor), limit: PAGE, ..self.query.get_value() };
        self.read(query, 0, move |leads| {
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
        self.read(query, shown, move |leads| {
            self.above.set(Vec::new());
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

    /// Reads pages until there are `least` rows or no more.
    fn read(self, mut query: LeadQuery, least: usize, put: impl FnOnce(Vec<Lead>) + 'static) {
        if self.reading.get_value() {
            return;
        }
        self.reading.set_value(true);
        let again = query.cursor.is_none();
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
            self.next.set(data.next);
            put(data.leads);
            if again {
                self.since.set(as_of);
            }
            // A set that was written meanwhile is in here too: what is shown is read once more.
            self.apply(&meanwhile.into_iter().filter(|delta| delta.seq > as_of).collect::<Vec<_>>());
        });
    }
}
