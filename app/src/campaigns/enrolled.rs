//! Live store of a campaign's leads: patched by deltas, read again where a delta does not suffice.

use super::api::enrolled_leads;
use crate::address::Params;
use domain::{
    CampaignId, LeadId, Snapshot,
    campaigns::{Enrolled, Enrollment, EnrollmentPage, EnrollmentQuery},
    live::DeltaOp,
};
use leptos::{prelude::*, task::spawn_local};

/// Rows per page, and the most rows per read.
const PAGE: u32 = 50;
const MOST: u32 = 1_000;

pub type Row = (LeadId, RwSignal<Enrolled>);

/// Parses `?state=&after=<lead>`.
pub fn read_query(params: &Params) -> EnrollmentQuery {
    EnrollmentQuery {
        state: params.get("state").and_then(|word| word.parse().ok()),
        after: params.get("after").and_then(|id| id.parse().ok()),
        limit: PAGE,
        ..EnrollmentQuery::default()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct EnrolledList {
    id: CampaignId,
    pub query: StoredValue<EnrollmentQuery>,
    pub rows: RwSignal<Vec<Row>>,
    pub next: RwSignal<Option<LeadId>>,
    /// `seq` of the last delta received, and of the last read of the rows.
    heard: StoredValue<i64>,
    read: StoredValue<i64>,
    pub reading: RwSignal<bool>,
}

fn rows(enrolled: Vec<Enrolled>) -> impl Iterator<Item = Row> {
    enrolled.into_iter().map(|one| (one.lead.id, RwSignal::new(one)))
}

impl EnrolledList {
    pub fn new(id: CampaignId, query: EnrollmentQuery, page: Snapshot<EnrollmentPage>) -> Self {
        Self {
            id,
            query: StoredValue::new(query),
            rows: RwSignal::new(rows(page.data.enrolled).collect()),
            next: RwSignal::new(page.data.next),
            heard: StoredValue::new(page.as_of),
            read: StoredValue::new(page.as_of),
            reading: RwSignal::new(false),
        }
    }

    /// Applies the delta of an enrollment.
    pub fn take(self, op: DeltaOp, enrollment: Enrollment) {
        let id = enrollment.lead_id;
        let shown = op != DeltaOp::Leave && self.query.with_value(|query| query.state.is_none_or(|state| state == enrollment.state));
        let known = self.rows.with_untracked(|rows| rows.iter().find(|row| row.0 == id).map(|row| row.1));
        match known {
            Some(row) if shown => row.update(|row| row.enrollment = enrollment),
            Some(_) => self.rows.update(|rows| rows.retain(|row| row.0 != id)),
            None if shown && self.would_show(id) => self.read_again(),
            None => {}
        }
    }

    /// Whether the lead belongs on this page. Newest leads come first; leads below the last row are on a later page.
    fn would_show(self, id: LeadId) -> bool {
        let last = self.rows.with_untracked(|rows| rows.last().map(|row| row.0));
        let starts = self.query.with_value(|query| query.after);
        starts.is_none_or(|after| id < after) && (self.next.with_untracked(Option::is_none) || last.is_none_or(|last| id > last))
    }

    /// Sets the `seq` of the last delta of this campaign.
    pub fn hear(self, seq: i64) {
        self.heard.set_value(seq);
    }

    /// Reads the rows shown again.
    pub fn read_again(self) {
        let shown = self.rows.with_untracked(Vec::len) as u32;
        let query = EnrollmentQuery { limit: shown.clamp(PAGE, MOST), ..self.query.get_value() };
        self.ask(query, move |page| {
            self.next.set(page.next);
            self.rows.set(rows(page.enrolled).collect());
        });
    }

    /// Loads the next page below the rows.
    pub fn load_more(self) {
        let Some(after) = self.next.get_untracked() else { return };
        let query = EnrollmentQuery { after: Some(after), ..self.query.get_value() };
        self.ask(query, move |page| {
            self.next.set(page.next);
            self.rows.update(|known| {
                let new: Vec<Row> = rows(page.enrolled).filter(|row| known.iter().all(|one| one.0 != row.0)).collect();
                known.extend(new);
            });
        });
    }

    fn ask(self, query: EnrollmentQuery, put: impl FnOnce(EnrollmentPage) + 'static) {
        if self.reading.get_untracked() {
            return;
        }
        self.reading.set(true);
        let more = query.after != self.query.with_value(|query| query.after);
        spawn_local(async move {
            let answer = enrolled_leads(self.id, query).await;
            if self.rows.is_disposed() {
                return;
            }
            self.reading.set(false);
            // A failed read changes nothing: rows stay, and the connection dot shows why.
            let Ok(page) = answer else { return };
            put(page.data);
            if !more {
                self.read.set_value(page.as_of);
            }
            // A delta arrived during the read.
            if page.as_of < self.heard.get_value() {
                self.read_again();
            }
        });
    }
}
