//! Live store of the list's rows: loaded from the server, then patched by deltas.

mod order;
mod reading;
mod row;
mod selection;

pub use row::{Mark, Row, field};
pub use selection::Picked;

use crate::{
    layout::use_me,
    live::{Live, LiveEvent, is_ours},
    ui::Flashes,
};
use domain::{
    ActorRef, LeadId, Record, Snapshot, UserId,
    leads::{Cursor, Lead, LeadPage, LeadQuery},
    live::{Delta, DeltaOp, Query, Total},
    orders::Totals,
};
use leptos::prelude::*;
use order::compare;
use std::{cmp::Ordering, time::Duration};

const LEAVES_AFTER: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
pub struct LeadList {
    query: StoredValue<LeadQuery>,
    pub rows: RwSignal<Vec<Row>>,
    pub total: RwSignal<Option<i64>>,
    /// Table only: rows do not move while being read. New ones wait in `above`; those that left stay for 3 s.
    holds_back: bool,
    /// Keyset position of the next page.
    pub next: RwSignal<Option<Cursor>>,
    /// New rows that belong above the first visible one, until the person asks for them.
    pub above: RwSignal<Vec<Lead>>,
    /// Number of further waiting leads, from bulk changes, that are not loaded.
    bulk_waiting: RwSignal<i64>,
    /// `total` without `bulk_waiting`.
    counted: StoredValue<Option<i64>>,
    /// A bulk change by others was applied without reading from the top: `total` beyond `counted` waits as `bulk_waiting`.
    bulk_pending: StoredValue<bool>,
    /// The signed-in person.
    me: StoredValue<Option<UserId>>,
    pub picked: Picked,
    /// Deltas after this change are subscribed to.
    since: RwSignal<i64>,
    reading: StoredValue<bool>,
    /// Total received while reading.
    heard: StoredValue<Option<i64>>,
    /// Read everything once more after the current read.
    again: StoredValue<bool>,
    /// Deltas received while reading a page, which may be older than they are.
    meanwhile: StoredValue<Vec<Delta>>,
    /// Index of the first visible row.
    pub first: StoredValue<usize>,
    /// Number of rows that fill the screen; 0 until measured.
    pub screen: StoredValue<usize>,
    flashes: Flashes,
}

impl LeadList {
    pub fn new(query: LeadQuery, page: Snapshot<LeadPage>) -> Self {
        let rule = query.rule.clone();
        let picked = |rows: RwSignal<Vec<Row>>, total: RwSignal<_>| {
            Picked::new(Signal::derive(move || rows.with(|rows| ids(rows))), total.into(), rule)
        };
        Self::made(query, page, picked, true)
    }

    /// A column of the board: rows come and go at once, and the board holds the selection.
    pub fn column(query: LeadQuery, page: Snapshot<LeadPage>, picked: Picked) -> Self {
        Self::made(query, page, |_, _| picked, false)
    }

    fn made(
        query: LeadQuery,
        page: Snapshot<LeadPage>,
        picked: impl FnOnce(RwSignal<Vec<Row>>, RwSignal<Option<i64>>) -> Picked,
        holds_back: bool,
    ) -> Self {
        let Snapshot { as_of, data, .. } = page;
        let (rows, total) = (RwSignal::new(data.leads.into_iter().map(Row::new).collect()), RwSignal::new(data.total));
        Self {
            query: StoredValue::new(query),
            rows,
            total,
            holds_back,
            next: RwSignal::new(data.next),
            above: RwSignal::new(Vec::new()),
            bulk_waiting: RwSignal::new(0),
            counted: StoredValue::new(data.total),
            bulk_pending: StoredValue::new(false),
            me: StoredValue::new(use_me().with_untracked(|me| me.as_ref().and_then(|me| me.id))),
            picked: picked(rows, total),
            since: RwSignal::new(as_of),
            reading: StoredValue::new(false),
            heard: StoredValue::new(None),
            again: StoredValue::new(false),
            meanwhile: StoredValue::new(Vec::new()),
            first: StoredValue::new(0),
            screen: StoredValue::new(0),
            flashes: Flashes::new(),
        }
    }

    /// Subscribes to changes until the current owner is cleaned up.
    pub fn follow(self, live: Live) {
        Effect::new(move |_| {
            let rule = self.query.with_value(|query| query.rule.clone());
            live.subscribe(Query::Leads { rule }, self.since.get(), move |event| self.take(event));
        });
    }

    pub fn row(self, id: LeadId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.iter().find(|row| row.id == id).cloned())
    }

    pub fn position(self, id: LeadId) -> Option<usize> {
        self.rows.with_untracked(|rows| rows.iter().position(|row| row.id == id))
    }

    /// Sorted position of the lead among the loaded rows.
    pub fn place_of(self, lead: &Lead) -> usize {
        let sort = self.query.with_value(|query| query.sort);
        self.rows.with_untracked(|rows| {
            rows.partition_point(|row| row.lead.with_untracked(|known| compare(sort, lead, known)) != Ordering::Less)
        })
    }

    /// Whether a page is being read.
    pub fn is_reading(self) -> bool {
        self.reading.get_value()
    }

    /// Inserts the row at its sorted position, unless it is there.
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
            LiveEvent::Total(total) => self.hear(total.map(Total::leads)),
            LiveEvent::Deltas { total, items, .. } => {
                self.account(items.iter().map(|delta| moves(delta.op)).sum());
                if items.iter().any(|delta| delta.op == DeltaOp::Bulk) {
                    // This may be the total before the bulk change, whose leads are counted again.
                    self.set_total(total.map(Total::leads));
                } else {
                    self.hear(total.map(Total::leads));
                }
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

    /// Takes in the current total. While a page is being read, `settle` waits for it.
    fn hear(self, total: Option<i64>) {
        self.set_total(total);
        if self.reading.get_value() {
            self.heard.set_value(total);
        } else {
            self.settle(total);
        }
    }

    fn is_mine(self, who: &ActorRef) -> bool {
        matches!(who, ActorRef::User { id, .. } if self.me.get_value() == Some(*id))
    }

    /// Adds to `counted`: `more` leads are shown or wait in `above`.
    fn account(self, more: i64) {
        self.counted.update_value(|counted| *counted = counted.map(|counted| counted + more));
    }

    /// Splits the total: what exceeds `counted` came from bulk changes and waits as `bulk_waiting`.
    fn settle(self, total: Option<i64>) {
        let Some(total) = total else { return };
        // Leads that left below the loaded rows sent no delta, so `counted` may be too high.
        let counted = self.counted.get_value().filter(|_| self.bulk_pending.get_value()).map_or(total, |counted| counted.min(total));
        self.counted.set_value(Some(counted));
        if self.bulk_waiting.get_untracked() != total - counted {
            self.bulk_waiting.set(total - counted);
        }
    }

    fn apply(self, items: &[Delta]) {
        let mut sets = items.iter().filter(|delta| delta.op == DeltaOp::Bulk).peekable();
        // A read in progress handles the bulk change when it ends.
        if sets.peek().is_some() {
            // The person's own bulk change is shown at once; one by others must not move rows.
            let theirs = self.holds_back && !sets.all(|set| self.is_mine(&set.who));
            if theirs {
                self.bulk_pending.set_value(true);
            }
            match (self.reading.get_value(), theirs) {
                (true, _) => {}
                (false, true) => self.refresh(),
                (false, false) => self.read_again(),
            }
        }
        for delta in items {
            if let Some(Record::Totals(totals)) = &delta.record {
                self.add_up(totals);
                continue;
            }
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
            // Below the rows that are loaded.
        } else if self.holds_back && !ours && count > 0 && count >= self.screen.get_value() && at <= self.first.get_value() {
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

    /// The sums of a lead's orders moved.
    fn add_up(self, totals: &Totals) {
        let newer = |lead: &Lead| lead.id == totals.lead_id && lead.revision < totals.revision;
        if let Some(row) = self.row(totals.lead_id)
            && row.lead.with_untracked(newer)
        {
            row.lead.update(|lead| totals.write_to(lead));
        } else if self.above.with_untracked(|above| above.iter().any(newer)) {
            self.above.update(|above| above.iter_mut().filter(|lead| newer(lead)).for_each(|lead| totals.write_to(lead)));
        }
    }

    fn leave(self, id: LeadId, lead: Option<&Lead>, ours: bool) {
        if self.above.with_untracked(|above| above.iter().any(|known| known.id == id)) {
            self.above.update(|above| above.retain(|known| known.id != id));
        }
        let Some(row) = self.row(id) else { return };
        // On the board the card may enter another column; the board prunes its selection after all columns.
        if self.holds_back {
            self.picked.drop_one(id);
        }
        if let Some(lead) = lead {
            row.take(lead);
        }
        row.mark.set(Mark::Left);
        let gone = move || {
            if !self.rows.is_disposed() && self.row(id).is_some_and(|row| row.mark.get_untracked() == Mark::Left) {
                self.rows.update(|rows| rows.retain(|row| row.id != id));
                // No row is left that could move.
                if self.rows.with_untracked(Vec::is_empty) && untrack(|| self.waiting()) > 0 {
                    self.show_above();
                }
            }
        };
        if ours || !self.holds_back { gone() } else { set_timeout(gone, LEAVES_AFTER) }
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

    /// Number of new leads that wait above.
    pub fn waiting(self) -> i64 {
        self.above.with(Vec::len) as i64 + self.bulk_waiting.get()
    }

    /// Inserts the waiting rows at their sorted positions.
    pub fn show_above(self) {
        if self.bulk_waiting.get_untracked() > 0 {
            return self.read_again();
        }
        let sort = self.query.with_value(|query| query.sort);
        let new = std::mem::take(&mut *self.above.write());
        self.rows.update(|rows| {
            rows.extend(new.into_iter().map(Row::new));
            rows.sort_by(|a, b| a.lead.with_untracked(|a| b.lead.with_untracked(|b| compare(sort, a, b))));
        });
    }
}

/// Change of the total by a delta of one lead.
fn moves(op: DeltaOp) -> i64 {
    match op {
        DeltaOp::Enter => 1,
        DeltaOp::Leave => -1,
        DeltaOp::Update | DeltaOp::Bulk => 0,
    }
}

/// Ids of the rows, in order.
pub fn ids(rows: &[Row]) -> Vec<LeadId> {
    rows.iter().map(|row| row.id).collect()
}
