//! Drag by mouse, pen or finger.

use super::{Drag, Row};
use crate::ui::is_inside;
use domain::leads::Stage;
use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};
use std::time::Duration;
use wasm_bindgen::JsCast;

/// A mouse that moves less than this in px clicks instead of dragging.
const SLACK: f64 = 5.0;
/// A finger that rests this long picks a card up; one that moves earlier scrolls.
const HOLD: Duration = Duration::from_millis(280);
/// Within `EDGE` px of the board's edge each pointer move scrolls the board sideways by `SCROLL` px.
const EDGE: f64 = 56.0;
const SCROLL: f64 = 18.0;

#[derive(Debug, Clone)]
pub(super) struct Press {
    row: Row,
    stage: Stage,
    pointer: i32,
    touch: bool,
    start: (f64, f64),
    /// Offset of the pointer in the card, and the card's width, in px.
    grip: (f64, f64, f64),
    hold: Option<TimeoutHandle>,
}

impl Drag {
    pub fn press(self, event: &ev::PointerEvent, row: Row, stage: Stage) {
        self.dropped.set_value(false);
        let on_own = is_inside(event, "button, input");
        let card = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let (Some(card), false, 0) = (card, on_own || !self.may_write.get_untracked(), event.button()) else { return };
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

    pub(super) fn moved(self, event: &ev::PointerEvent) {
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
        if let Some(board) = self.board.get_untracked() {
            let edges = board.get_bounding_client_rect();
            let is_on = (edges.left()..edges.right()).contains(&now.0);
            let over = if is_on { self.stages.stage_at(now.0) } else { None };
            if over.is_some() && self.over.get_untracked() != over {
                self.over.set(over);
            }
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

    pub(super) fn up(self, event: &ev::PointerEvent) {
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
    pub(super) fn lost(self) {
        if self.carried().is_some() {
            self.put_back();
        }
        self.release();
    }

    pub(super) fn release(self) {
        if let Some(hold) = self.press.try_update_value(Option::take).flatten().and_then(|press| press.hold) {
            hold.clear();
        }
    }

    /// Prevents scrolling by a finger that drags a card.
    pub fn touched(self, event: &ev::TouchEvent) {
        if event.cancelable() && self.lifted.with_untracked(Option::is_some) {
            event.prevent_default();
        }
    }
}
