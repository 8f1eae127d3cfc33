//! A card on its way: picked up by pointer or by key, over a column, put down or put back.

use super::super::{
    edit::Editing,
    picked::Picked,
    store::{LeadList, Row},
};
use super::stages::Stages;
use crate::{
    bulk::Bulks,
    layout::{Key, Keys},
    live::Live,
    ui::{Toast, Toasts, Tone},
};
use domain::{
    LeadId,
    bulk::BulkAction,
    leads::{LeadPatch, Stage},
    text::grouped,
};
use leptos::{ev, html, leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::time::Duration;
use wasm_bindgen::JsCast;

/// A mouse that moves less than this in px still clicks.
const SLACK: f64 = 5.0;
/// A finger that stays this long picks up; one that moves before scrolls.
const HOLD: Duration = Duration::from_millis(280);
/// This near to the board's edge in px it scrolls sideways, by this much a move.
const EDGE: f64 = 56.0;
const SCROLL: f64 = 18.0;

#[derive(Debug, Clone)]
struct Lifted {
    row: Row,
    from: Stage,
    by_pointer: bool,
}

#[derive(Debug, Clone)]
struct Press {
    row: Row,
    stage: Stage,
    pointer: i32,
    touch: bool,
    start: (f64, f64),
    /// Where in the card it was pressed, and how wide the card is.
    grip: (f64, f64, f64),
    hold: Option<TimeoutHandle>,
}

#[derive(Debug, Clone, Copy)]
pub struct Drag {
    stages: Stages,
    editing: Editing,
    toasts: Toasts,
    bulks: Bulks,
    live: Live,
    may_write: Signal<bool>,
    board: NodeRef<html::Div>,
    lifted: RwSignal<Option<Lifted>>,
    over: RwSignal<Option<Stage>>,
    /// Left, top and width in px of what is carried.
    pub at: RwSignal<(f64, f64, f64)>,
    /// What those hear who do not see it.
    pub said: RwSignal<String>,
    press: StoredValue<Option<Press>>,
    dropped: StoredValue<bool>,
}

impl Drag {
    pub fn new(stages: Stages, may_write: Signal<bool>, board: NodeRef<html::Div>) -> Self {
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

    /// The pointer may be anywhere, and the card it took may leave the document while it is carried.
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

    // ── what the views ask ──

    /// The card's look while it is on its way.
    pub fn state_of(self, id: LeadId) -> Option<&'static str> {
        self.lifted.with(|lifted| lifted.as_ref().filter(|one| one.row.id == id).map(|one| if one.by_pointer { "away" } else { "lifted" }))
    }

    pub fn is_over(self, stage: Stage) -> bool {
        self.over.get() == Some(stage) && self.lifted.with(|lifted| lifted.as_ref().is_some_and(|one| one.from != stage))
    }

    /// Where the card would stand in the column.
    pub fn slot(self, list: &LeadList) -> Option<usize> {
        list.rows.track();
        self.lifted.with(|lifted| lifted.as_ref().map(|one| one.row.lead.with_untracked(|lead| list.place_of(lead))))
    }

    /// What the pointer carries.
    pub fn carried(self) -> Option<Row> {
        self.lifted.with(|lifted| lifted.as_ref().filter(|one| one.by_pointer).map(|one| one.row.clone()))
    }

    pub fn is_lifted(self, id: LeadId) -> bool {
        self.lifted.with_untracked(|lifted| lifted.as_ref().is_some_and(|one| one.row.id == id))
    }

    pub fn picked(self) -> Picked {
        self.stages.picked
    }

    /// What goes with the card, itself included: all that is selected, when it is one of several.
    pub fn many(self, id: LeadId) -> Option<String> {
        let picked = self.picked();
        match picked.count() {
            _ if !picked.has(id) => None,
            Some(1) => None,
            Some(count) => Some(format!("{} leads", grouped(count))),
            None => Some("all that match".to_owned()),
        }
    }

    /// A click that is the end of a drag.
    pub fn was_drop(self) -> bool {
        self.dropped.get_value()
    }

    pub fn stages(self) -> Stages {
        self.stages
    }

    // ── by any way ──

    pub fn lift(self, row: Row, from: Stage, by_pointer: bool) {
        // Teammates see who has it.
        self.live.presence("/leads", Some(row.id.0));
        let what = untrack(|| self.many(row.id)).unwrap_or_else(|| row.lead.with_untracked(|lead| lead.name.clone()));
        self.said.set(format!("Picked up {what} from {}", from.label()));
        self.over.set(Some(from));
        self.lifted.set(Some(Lifted { row, from, by_pointer }));
    }

    /// The column next to the present one.
    pub fn step(self, by: isize) {
        let Some(now) = self.over.get_untracked() else { return };
        let at = (now.rank() as usize).saturating_add_signed(by).min(Stage::COUNT - 1);
        let Some(column) = self.stages.columns().get(at).copied() else { return };
        self.over.set(Some(column.stage));
        if let Some(node) = column.node.get_untracked().and_then(|node| node.parent_element()) {
            node.scroll_into_view_with_bool(false);
        }
        let place = untrack(|| self.slot(&column.list)).map_or(1, |slot| slot + 1);
        self.said.set(format!("Over {}, place {place}", column.stage.label()));
    }

    pub fn put_down(self) -> Option<LeadId> {
        let Lifted { row, from, .. } = self.lifted.try_update(Option::take)??;
        let to = self.over.try_update(Option::take).flatten();
        self.live.presence("/leads", None);
        let id = row.id;
        match to {
            Some(to) if to != from => self.move_to(row, from, to),
            _ => self.said.set(format!("Put back in {}", from.label())),
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

    // ── by the pointer ──

    pub fn press(self, event: &ev::PointerEvent, row: Row, stage: Stage) {
        self.dropped.set_value(false);
        let on_button = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|target| target.closest("button").is_ok_and(|hit| hit.is_some()));
        let card = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let (Some(card), false, 0) = (card, on_button || !self.may_write.get_untracked(), event.button()) else { return };
        self.release();
        let place = card.get_bounding_client_rect();
        let start = (f64::from(event.client_x()), f64::from(event.client_y()));
        let touch = event.pointer_type() == "touch";
        let hold = move || {
            if let Some(press) = self.press.get_value() {
                self.carry(&press, press.start);
            }
        };
        let press = Press {
            row,
            stage,
            pointer: event.pointer_id(),
            touch,
            start,
            grip: (start.0 - place.left(), start.1 - place.top(), place.width()),
            hold: touch.then(|| set_timeout_with_handle(hold, HOLD).ok()).flatten(),
        };
        self.press.set_value(Some(press));
    }

    fn carry(self, press: &Press, (x, y): (f64, f64)) {
        self.at.set((x - press.grip.0, y - press.grip.1, press.grip.2));
        self.lift(press.row.clone(), press.stage, true);
    }

    fn moved(self, event: &ev::PointerEvent) {
        let Some(Some(press)) = self.press.try_get_value() else { return };
        if press.pointer != event.pointer_id() {
            return;
        }
        let now = (f64::from(event.client_x()), f64::from(event.client_y()));
        if self.lifted.with_untracked(Option::is_none) {
            let far = (now.0 - press.start.0).hypot(now.1 - press.start.1);
            if press.touch && far > 2.0 * SLACK {
                self.release();
            } else if !press.touch && far > SLACK {
                self.carry(&press, now);
            }
            return;
        }
        self.at.set((now.0 - press.grip.0, now.1 - press.grip.1, press.grip.2));
        let over = stage_at(now);
        if over.is_some() && self.over.get_untracked() != over {
            self.over.set(over);
        }
        if let Some(board) = self.board.get_untracked() {
            let edges = board.get_bounding_client_rect();
            let by = if now.0 > edges.right() - EDGE {
                SCROLL
            } else if now.0 < edges.left() + EDGE {
                -SCROLL
            } else {
                0.0
            };
            if by != 0.0 {
                board.scroll_by_with_x_and_y(by, 0.0);
            }
        }
    }

    fn up(self, event: &ev::PointerEvent) {
        if self.press.try_with_value(|press| press.as_ref().is_some_and(|press| press.pointer == event.pointer_id())) != Some(true) {
            return;
        }
        self.release();
        if self.lifted.with_untracked(Option::is_some) {
            self.dropped.set_value(true);
            self.put_down();
        }
    }

    /// The browser took the pointer for something else, such as scrolling.
    fn lost(self) {
        if self.carried().is_some() {
            self.put_back();
        }
        self.release();
    }

    fn release(self) {
        if let Some(hold) = self.press.try_update_value(Option::take).flatten().and_then(|press| press.hold) {
            hold.clear();
        }
    }

    /// A finger that carries a card does not scroll.
    pub fn touched(self, event: &ev::TouchEvent) {
        if event.cancelable() && self.lifted.with_untracked(Option::is_some) {
            event.prevent_default();
        }
    }
}

/// The stage whose column is at this point of the window.
fn stage_at((x, y): (f64, f64)) -> Option<Stage> {
    let element = document().element_from_point(x as f32, y as f32)?;
    element.closest("section[data-stage]").ok().flatten()?.get_attribute("data-stage")?.parse().ok()
}
