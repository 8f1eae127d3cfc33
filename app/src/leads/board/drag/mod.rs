//! Drag and drop of cards by pointer or keys: pick up, move over a column, drop or cancel.

mod pointer;

use super::columns::BoardColumns;
use crate::{
    bulk::Bulks,
    layout::{Key, Keys},
    leads::{
        edit::Editing,
        store::{LeadList, Picked, Row},
    },
    live::Live,
    ui::{Toast, Toasts, Tone},
};
use domain::{
    LeadId,
    bulk::BulkAction,
    leads::{LeadPatch, Stage},
    text::grouped,
};
use leptos::{ev, html, prelude::*};
use pointer::Press;

#[derive(Debug, Clone)]
struct Lifted {
    row: Row,
    from: Stage,
    by_pointer: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Drag {
    stages: BoardColumns,
    editing: Editing,
    toasts: Toasts,
    bulks: Bulks,
    live: Live,
    may_write: Signal<bool>,
    board: NodeRef<html::Div>,
    lifted: RwSignal<Option<Lifted>>,
    over: RwSignal<Option<Stage>>,
    /// Left, top and width in px of the dragged card.
    pub at: RwSignal<(f64, f64, f64)>,
    /// Announcement for screen readers.
    pub said: RwSignal<String>,
    press: StoredValue<Option<Press>>,
    dropped: StoredValue<bool>,
}

impl Drag {
    pub fn new(stages: BoardColumns, may_write: Signal<bool>, board: NodeRef<html::Div>) -> Self {
        Self {
            stages,
            editing: expect_context(),
            toasts: expect_context(),
            bulks: expect_context(),
            live: expect_context(),
            may_write,
            board,
            lifted: RwSignal::new(None),
            over: RwSignal::new(None),
            at: RwSignal::new((0.0, 0.0, 0.0)),
            said: RwSignal::new(String::new()),
            press: StoredValue::new(None),
            dropped: StoredValue::new(false),
        }
    }

    /// Listens on the window: the pointer may leave the board, and the card may leave the document while it is dragged.
    pub fn listen(self) {
        let keys = expect_context::<Keys>();
        keys.bind(move |key: &Key| {
            let lifted = key.name == "Escape" && self.lifted.with_untracked(Option::is_some);
            if lifted {
                self.put_back();
            }
            lifted
        });
        Effect::new(move |_| {
            let moved = window_event_listener(ev::pointermove, move |event| self.moved(&event));
            let up = window_event_listener(ev::pointerup, move |event| self.up(&event));
            let lost = window_event_listener(ev::pointercancel, move |_| self.lost());
            on_cleanup(move || {
                moved.remove();
                up.remove();
                lost.remove();
            });
        });
    }

    // ── read by views ──

    /// State of the card while it is dragged, for the style sheet.
    pub fn state_of(self, id: LeadId) -> Option<&'static str> {
        self.lifted.with(|lifted| lifted.as_ref().filter(|one| one.row.id == id).map(|one| if one.by_pointer { "away" } else { "lifted" }))
    }

    pub fn is_over(self, stage: Stage) -> bool {
        self.over.get() == Some(stage) && self.lifted.with(|lifted| lifted.as_ref().is_some_and(|one| one.from != stage))
    }

    /// Index that the card would get in the column.
    pub fn slot(self, list: &LeadList) -> Option<usize> {
        list.rows.track();
        self.lifted.with(|lifted| lifted.as_ref().map(|one| one.row.lead.with_untracked(|lead| list.place_of(lead))))
    }

    /// The row that the pointer drags.
    pub fn carried(self) -> Option<Row> {
        self.lifted.with(|lifted| lifted.as_ref().filter(|one| one.by_pointer).map(|one| one.row.clone()))
    }

    pub fn is_lifted(self, id: LeadId) -> bool {
        self.lifted.with_untracked(|lifted| lifted.as_ref().is_some_and(|one| one.row.id == id))
    }

    pub fn picked(self) -> Picked {
        self.stages.picked
    }

    /// Description of what moves with the card: the selection, if the card is one of several in it.
    pub fn many(self, id: LeadId) -> Option<String> {
        let picked = self.picked();
        match picked.count() {
            _ if !picked.has(id) => None,
            Some(1) => None,
            Some(count) => Some(format!("{} leads", grouped(count))),
            None => Some("all matching leads".to_owned()),
        }
    }

    /// Whether this click is the end of a drag.
    pub fn was_drop(self) -> bool {
        self.dropped.get_value()
    }

    pub fn stages(self) -> BoardColumns {
        self.stages
    }

    // ── pointer and keys ──

    pub fn lift(self, row: Row, from: Stage, by_pointer: bool) {
        // Presence shows colleagues who has the card.
        self.live.presence("/leads", Some(row.id.0));
        let what = untrack(|| self.many(row.id)).unwrap_or_else(|| row.lead.with_untracked(|lead| lead.name.clone()));
        self.said.set(format!("Picked up {what} from {}", from.label()));
        self.over.set(Some(from));
        self.lifted.set(Some(Lifted { row, from, by_pointer }));
    }

    /// Moves to the column `by` steps to the right.
    pub fn step(self, by: isize) {
        let Some(now) = self.over.get_untracked() else { return };
        let at = (now.rank() as usize).saturating_add_signed(by).min(Stage::COUNT - 1);
        let Some(column) = self.stages.columns().get(at).copied() else { return };
        self.over.set(Some(column.stage));
        if let Some(node) = column.node.get_untracked().and_then(|node| node.parent_element()) {
            node.scroll_into_view_with_bool(false);
        }
        let place = untrack(|| self.slot(&column.list)).map_or(1, |slot| slot + 1);
        self.said.set(format!("Over {}, position {place}", column.stage.label()));
    }

    pub fn put_down(self) -> Option<LeadId> {
        let Lifted { row, from, .. } = self.lifted.try_update(Option::take)??;
        let to = self.over.try_update(Option::take).flatten();
        self.live.presence("/leads", None);
        let id = row.id;
        match to {
            Some(to) if to != from => self.move_to(row, from, to),
            _ => self.said.set(format!("Returned to {}", from.label())),
        }
        Some(id)
    }

    pub fn put_back(self) {
        self.release();
        self.over.set(None);
        self.put_down();
    }

    fn move_to(self, row: Row, from: Stage, to: Stage) {
        let Self { editing, toasts, .. } = self;
        if let Some(many) = untrack(|| self.many(row.id)) {
            self.said.set(format!("Moved {many} to {}", to.label()));
            self.bulks.start(BulkAction::SetStage { stage: to }, self.picked().selection());
            self.picked().clear();
            return;
        }
        let name = row.lead.with_untracked(|lead| lead.name.clone());
        self.said.set(format!("Moved {name} to {}", to.label()));
        let set = move |row: &Row, stage: Stage| editing.edit(row.clone(), LeadPatch { stage: Some(stage), ..LeadPatch::default() });
        set(&row, to);
        toasts.push(Toast::new(Tone::Neutral, format!("Moved {name} to {}", to.label())).undo(move || set(&row, from)));
    }
}
