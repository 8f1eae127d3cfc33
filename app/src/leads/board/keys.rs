//! Keyboard control of the board: arrows move between cards; Space picks a card up, arrows move it, Enter drops it.

use super::drag::Drag;
use crate::leads::{list::ListContext, store::Row};
use domain::leads::Stage;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

pub fn press(event: &ev::KeyboardEvent, drag: &Drag, row: Row, stage: Stage, context: ListContext) {
    // Controls on the card handle their own keys.
    if event.target() != event.current_target() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let key = event.key();
    let id = row.id;
    if drag.is_lifted(id) {
        match key.as_str() {
            "ArrowLeft" | "h" => drag.step(-1),
            "ArrowRight" | "l" => drag.step(1),
            "Enter" | " " => {
                drag.put_down();
                if let Some((column, _)) = drag.stages().find(id) {
                    column.focus(id);
                }
            }
            "Escape" => drag.put_back(),
            // The focus stays on the card.
            "Tab" | "ArrowUp" | "ArrowDown" => {}
            _ => return,
        }
    } else {
        match key.as_str() {
            " " if context.may_write.get_untracked() => drag.lift(row, stage, false),
            "Enter" => context.peek(Some(id)),
            "ArrowDown" | "j" => beside(event, 1),
            "ArrowUp" | "k" => beside(event, -1),
            "ArrowLeft" | "ArrowRight" => across(drag, stage, &row, if key == "ArrowLeft" { -1 } else { 1 }),
            _ => return,
        }
    }
    event.prevent_default();
    event.stop_propagation();
}

/// Focuses the card above or below.
fn beside(event: &ev::KeyboardEvent, by: i32) {
    let card = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(item) = card.and_then(|card| card.parent_element()) else { return };
    let next = if by > 0 { item.next_element_sibling() } else { item.previous_element_sibling() };
    if let Some(card) = next.and_then(|next| next.first_element_child()) {
        focus(&card);
    }
}

/// Focuses the card at the same height in the next column that is not empty.
fn across(drag: &Drag, stage: Stage, row: &Row, by: isize) {
    let columns = drag.stages().columns();
    let at = drag.stages().column(stage).and_then(|column| column.list.position(row.id)).unwrap_or_default();
    let mut next = (stage.rank() as usize).checked_add_signed(by);
    while let Some(column) = next.and_then(|next| columns.get(next)) {
        let id = column.list.rows.with_untracked(|rows| rows.get(at.min(rows.len().saturating_sub(1))).map(|row| row.id));
        if let Some(id) = id {
            column.focus(id);
            return;
        }
        next = next.and_then(|next| next.checked_add_signed(by));
    }
}

pub fn focus_card(selector: &str) {
    if let Some(card) = document().query_selector(selector).ok().flatten() {
        focus(&card);
    }
}

fn focus(card: &web_sys::Element) {
    if let Some(card) = card.dyn_ref::<web_sys::HtmlElement>() {
        let _ = card.focus();
        card.scroll_into_view_with_bool(false);
    }
}
