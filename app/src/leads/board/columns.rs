//! Live store of the board's columns: a list per stage, all patched by one live query.

use crate::{
    leads::{
        list::VirtualRows,
        store::{LeadList, Picked, Row, ids},
    },
    live::{Live, LiveEvent},
};
use domain::{
    LeadId, Record, Snapshot,
    leads::{Board, BoardQuery, Lead, LeadPage, LeadQuery, Stage, StageSums},
    live::{Delta, DeltaOp, Query, Total},
    rule::{Op, Rule, Value},
};
use leptos::{html, prelude::*};

/// Assumed height in px of a card with the space below it, until measured.
const CARD: f64 = 94.0;
/// Cards per column in the first page: a full column on most screens and a few more. Each adds to first paint and hydration.
pub(super) const FIRST: usize = 12;

#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub stage: Stage,
    pub list: LeadList,
    pub sight: VirtualRows,
    pub node: NodeRef<html::Ol>,
}

#[derive(Debug, Clone, Copy)]
pub struct BoardColumns {
    rule: StoredValue<Rule>,
    columns: StoredValue<Vec<Column>>,
    pub sums: RwSignal<Option<StageSums>>,
    pub picked: Picked,
    /// Deltas after this change are subscribed to.
    since: i64,
}

impl BoardColumns {
    pub fn new(query: BoardQuery, board: Snapshot<Board>) -> Self {
        let Snapshot { as_of, data, .. } = board;
        let BoardQuery { rule, sort, .. } = query;
        let (columns, sums) = (StoredValue::new(Vec::<Column>::new()), RwSignal::new(data.sums));
        // Ordered column by column.
        let loaded =
            move || columns.with_value(|columns| columns.iter().flat_map(|column| column.list.rows.with(|rows| ids(rows))).collect());
        let total = Signal::derive(move || sums.get().map(|sums| sums.leads()));
        let picked = Picked::new(Signal::derive(loaded), total, rule.clone());
        columns.set_value(
            data.columns
                .into_iter()
                .map(|column| {
                    let of_stage = Rule::test("stage", Op::Is, Value::Text(column.stage.as_str().to_owned())).and(rule.clone());
                    let page = LeadPage { leads: column.leads, next: column.next, total: None };
                    let list = LeadList::column(
                        LeadQuery { rule: of_stage, sort, ..LeadQuery::default() },
                        Snapshot { as_of, pending: Vec::new(), data: page },
                        picked,
                    );
                    Column { stage: column.stage, list, sight: VirtualRows::new(CARD, FIRST), node: NodeRef::new() }
                })
                .collect(),
        );
        Self { rule: StoredValue::new(rule), columns, sums, picked, since: as_of }
    }

    pub fn columns(self) -> Vec<Column> {
        self.columns.get_value()
    }

    pub fn column(self, stage: Stage) -> Option<Column> {
        self.columns.with_value(|columns| columns.iter().find(|column| column.stage == stage).copied())
    }

    /// The stage of the column at `x` px in the window.
    pub fn stage_at(self, x: f64) -> Option<Stage> {
        let is_at = |column: &&Column| {
            let edges = column.node.get_untracked().map(|node| node.get_bounding_client_rect());
            edges.is_some_and(|edges| (edges.left()..edges.right()).contains(&x))
        };
        self.columns.with_value(|columns| columns.iter().find(is_at).map(|column| column.stage))
    }

    /// Column and row of a card.
    pub fn find(self, id: LeadId) -> Option<(Column, Row)> {
        self.columns.with_value(|columns| columns.iter().find_map(|column| Some((*column, column.list.row(id)?))))
    }

    /// Subscribes to changes until the current owner is cleaned up. Calls `again` when too many changes came at once.
    pub fn follow(self, live: Live, again: Callback<()>) {
        Effect::new(move |_| {
            let rule = self.rule.get_value();
            live.subscribe(Query::Board { rule }, self.since, move |event| self.take(event, again));
        });
    }

    fn take(self, event: LiveEvent, again: Callback<()>) {
        match event {
            LiveEvent::Total(total) => self.set_sums(total),
            LiveEvent::Deltas { seq, total, items } => {
                self.set_sums(total);
                for column in self.columns.try_get_value().unwrap_or_default() {
                    let items: Vec<Delta> = items.iter().filter_map(|delta| column.part(delta)).collect();
                    if !items.is_empty() {
                        column.list.take(LiveEvent::Deltas { seq, total: None, items });
                    }
                }
                self.picked.prune();
            }
            LiveEvent::Reset => {
                again.try_run(());
            }
        }
    }

    fn set_sums(self, total: Option<Total>) {
        if let Some(sums) = total.and_then(Total::stages)
            && self.sums.try_get_untracked().is_some_and(|known| known != Some(sums))
        {
            self.sums.set(Some(sums));
        }
    }

    /// Moves the card to the column of its stage, at once.
    pub fn settle(self, row: &Row) {
        let (id, stage) = (row.id, row.lead.with_untracked(|lead| lead.stage));
        let Some((from, row)) = self.find(id) else { return };
        if from.stage != stage
            && let Some(to) = self.column(stage)
        {
            from.list.remove(id);
            to.list.put(row);
        }
    }
}

impl Column {
    /// The delta that this column gets for a delta of the board.
    fn part(self, delta: &Delta) -> Option<Delta> {
        if delta.op == DeltaOp::Bulk || matches!(delta.record, Some(Record::Totals(_))) {
            return Some(delta.clone());
        }
        let lead: Option<&Lead> = delta.record.as_ref().and_then(|record| record.as_lead());
        if delta.op != DeltaOp::Leave && lead.is_some_and(|lead| lead.stage == self.stage) {
            return Some(Delta { op: DeltaOp::Enter, ..delta.clone() });
        }
        let known = self.list.is_reading() || self.list.row(LeadId(delta.id)).is_some();
        known.then(|| Delta { op: DeltaOp::Leave, ..delta.clone() })
    }

    /// Scrolls to the card and focuses it.
    pub fn focus(self, id: LeadId) {
        if let (Some(at), Some(container)) = (self.list.position(id), self.node.get_untracked()) {
            self.sight.reveal(&container, at);
        }
        request_animation_frame(move || super::keys::focus_card(&format!("[data-id='{id}']")));
    }
}
