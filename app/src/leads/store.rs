//! The rows of the list while it is shown: first as the server answered, then patched by deltas.

use super::{api::list_leads, order::compare, picked::Picked};
use crate::{
    live::{Live, LiveEvent, is_ours},
    ui::Flashes,
};
use domain::{
    LeadId, Snapshot,
    leads::{Cursor, Lead, LeadPage, LeadQuery},
    live::{Delta, DeltaOp, Query, Total},
};
use leptos::{prelude::*, task::spawn_local};
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    time::Duration,
};

/// Rows read at once while one scrolls.
const PAGE: u32 = 200;
/// Rows read anew at once.
const LEAST: u32 = 50;
const MOST: u32 = 1_000;
const LEAVES_AFTER: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Plain,
    /// Someone else just changed it.
    Flash,
    /// No longer in this view; shown a little longer.
    Left,
}

/// One lead with what is known of it here. Clones share their signals.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: LeadId,
    pub lead: ArcRwSignal<Lead>,
    pub mark: ArcRwSignal<Mark>,
    /// An edit of ours is on its way.
    pub pending: ArcRwSignal<bool>,
}

impl Row {
    pub fn new(lead: Lead) -> Self {
        Self { id: lead.id, lead: ArcRwSignal::new(lead), mark: ArcRwSignal::new(Mark::Plain), pending: ArcRwSignal::new(false) }
    }

    /// Newer wins.
    fn take(&self, lead: &Lead) -> bool {
        let newer = self.lead.with_untracked(|known| lead.revision > known.revision);
        if newer {
            self.lead.set(lead.clone());
        }
        newer
    }
}

#[derive(Debug, Clone, Copy)]
pub struct LeadList {
    query: StoredValue<LeadQuery>,
    pub rows: RwSignal<Vec<Row>>,
    pub total: RwSignal<Option<i64>>,
    /// Rows neither come nor go under the reader's eyes: new ones wait above, those that left stay a moment.
    calm: bool,
    /// Where the next page starts.
    pub next: RwSignal<Option<Cursor>>,
    /// New rows that belong above what is seen, until the person asks for them.
    pub above: RwSignal<Vec<Lead>>,
    pub picked: Picked,
    /// The subscription starts after this change.
    since: RwSignal<i64>,
    reading: StoredValue<bool>,
    /// Changes that came while a page was being read: that page may be older than they are.
    meanwhile: StoredValue<Vec<Delta>>,
    /// The first row in sight.
    pub first: StoredValue<usize>,
    flashes: Flashes,
}

impl LeadList {
    pub fn new(query: LeadQuery, page: Snapshot<LeadPage>) -> Self {
        let Snapshot { as_of, data, .. } = page;
        Self {
            query: StoredValue::new(query),
            rows: RwSignal::new(data.leads.into_iter().map(Row::new).collect()),
            total: RwSignal::new(data.total),
            calm: true,
            next: RwSignal::new(data.next),
            above: RwSignal::new(Vec::new()),
            picked: Picked::new(),
            since: RwSignal::new(as_of),
            reading: StoredValue::new(false),
            meanwhile: StoredValue::new(Vec::new()),
            first: StoredValue::new(0),
            flashes: Flashes::new(),
        }
    }

    /// Rows come and go at once.
    pub fn restless(self) -> Self {
        Self { calm: false, ..self }
    }

    /// Follows the changes until the present owner is cleaned up.
    pub fn follow(self, live: Live) {
        Effect::new(move |_| {
            let rule = self.query.with_value(|query| query.rule.clone());
            live.subscribe(Query::Leads { rule }, self.since.get(), move |event| self.take(event));
        });
    }

    pub fn query<T>(self, read: impl FnOnce(&LeadQuery) -> T) -> T {
        self.query.with_value(read)
    }

    pub fn row(self, id: LeadId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.iter().find(|row| row.id == id).cloned())
    }

    pub fn position(self, id: LeadId) -> Option<usize> {
        self.rows.with_untracked(|rows| rows.iter().position(|row| row.id == id))
    }

    /// Where the lead belongs among the rows that are loaded.
    pub fn place_of(self, lead: &Lead) -> usize {
        let sort = self.query.with_value(|query| query.sort);
        self.rows.with_untracked(|rows| {
            rows.partition_point(|row| row.lead.with_untracked(|known| compare(sort, lead, known)) != Ordering::Less)
        })
    }

    /// A page is on its way.
    pub fn is_reading(self) -> bool {
        self.reading.get_value()
    }

    /// Puts the row where it belongs, unless it is there.
    pub fn put(self, row: Row) {
        if self.position(row.id).is_none() {
            let at = row.lead.with_untracked(|lead| self.place_of(lead));
            self.rows.update(|rows| rows.insert(at, row));
        }
    }

    pub fn remove(self, id: LeadId) {
        if self.position(id).is_some() {
            self.rows.update(|rows| rows.retain(|row| row.id != id));
        }
    }

    pub fn take(self, event: LiveEvent) {
        if self.rows.is_disposed() {
            return;
        }
        match event {
            LiveEvent::Total(total) => self.set_total(total.map(Total::leads)),
            LiveEvent::Deltas { total, items, .. } => {
                self.set_total(total.map(Total::leads));
                if self.reading.get_value() {
                    self.meanwhile.update_value(|kept| kept.extend(items.iter().cloned()));
                }
                self.apply(&items);
            }
            LiveEvent::Reset => self.read_again(),
        }
    }

    fn set_total(self, total: Option<i64>) {
        if total.is_some() && self.total.get_untracked() != total {
            self.total.set(total);
        }
    }

    fn apply(self, items: &[Delta]) {
        if items.iter().any(|delta| delta.op == DeltaOp::Bulk) {
            self.read_again();
        }
        for delta in items {
            let lead = delta.record.as_ref().and_then(|record| record.as_lead());
            let ours = is_ours(delta.origin);
            match (delta.op, lead) {
                (DeltaOp::Enter, Some(lead)) => self.enter(lead, ours),
                (DeltaOp::Update, Some(lead)) => self.update(lead, ours),
                (DeltaOp::Leave, _) => self.leave(LeadId(delta.id), lead, ours),
                _ => {}
            }
        }
    }

    fn enter(self, lead: &Lead, ours: bool) {
        if let Some(row) = self.row(lead.id) {
            row.mark.set(Mark::Plain);
            self.update(lead, ours);
            return;
        }
        let at = self.place_of(lead);
        let count = self.rows.with_untracked(Vec::len);
        if at == count && self.next.with_untracked(Option::is_some) {
            // Further down than what has been loaded.
        } else if self.calm && !ours && count > 0 && at <= self.first.get_value() {
            self.above.update(|above| {
                above.retain(|known| known.id != lead.id);
                above.push(lead.clone());
            });
        } else {
            let row = Row::new(lead.clone());
            self.rows.update(|rows| rows.insert(at, row.clone()));
            if !ours {
                self.flash(&row);
            }
        }
    }

    fn update(self, lead: &Lead, ours: bool) {
        if let Some(row) = self.row(lead.id) {
            if row.take(lead) && !ours {
                self.flash(&row);
            }
        } else if self.above.with_untracked(|above| above.iter().any(|known| known.id == lead.id && known.revision < lead.revision)) {
            self.above.update(|above| above.iter_mut().filter(|known| known.id == lead.id).for_each(|known| known.clone_from(lead)));
        }
    }

    fn leave(self, id: LeadId, lead: Option<&Lead>, ours: bool) {
        if self.above.with_untracked(|above| above.iter().any(|known| known.id == id)) {
            self.above.update(|above| above.retain(|known| known.id != id));
        }
        let Some(row) = self.row(id) else { return };
        self.picked.drop_one(id);
        if let Some(lead) = lead {
            row.take(lead);
        }
        row.mark.set(Mark::Left);
        let gone = move || {
            if !self.rows.is_disposed() && self.row(id).is_some_and(|row| row.mark.get_untracked() == Mark::Left) {
                self.rows.update(|rows| rows.retain(|row| row.id != id));
            }
        };
        if ours || !self.calm { gone() } else { set_timeout(gone, LEAVES_AFTER) }
    }

    fn flash(self, row: &Row) {
        let mark = row.mark.clone();
        let off = move || {
            if mark.get_untracked() == Mark::Flash {
                mark.set(Mark::Plain);
            }
        };
        self.flashes.flash(|| row.mark.set(Mark::Flash), off);
    }

    /// Puts the new rows where they belong.
    pub fn show_above(self) {
        let sort = self.query.with_value(|query| query.sort);
        let new = std::mem::take(&mut *self.above.write());
        self.rows.update(|rows| {
            rows.extend(new.into_iter().map(Row::new));
            rows.sort_by(|a, b| a.lead.with_untracked(|a| b.lead.with_untracked(|b| compare(sort, a, b))));
        });
    }

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
                self.picked.keep_only(rows);
            });
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
