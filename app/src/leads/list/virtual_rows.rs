//! Virtual rows: only rows in view are in the document, however many are loaded.

use crate::leads::store::LeadList;
use leptos::{ev, prelude::*};
use std::{ops::Range, time::Duration};

/// Height rendered beyond each edge in px, so that a quick scroll shows no gap.
const BEYOND: f64 = 480.0;

/// The visible part of a scrolling container.
#[derive(Debug, Clone, Copy)]
pub struct VirtualRows {
    /// Scroll position and height in px, once measured.
    seen: RwSignal<Option<(f64, f64)>>,
    is_measured: Memo<bool>,
    row: RwSignal<f64>,
    /// Number of rows rendered before the first measurement: on the server nothing can be measured.
    start: usize,
}

impl VirtualRows {
    /// `row`: assumed row height in px until measured. `start`: number of rows rendered until then.
    pub fn new(row: f64, start: usize) -> Self {
        let seen = RwSignal::new(None);
        Self { seen, is_measured: Memo::new(move |_| seen.with(Option::is_some)), row: RwSignal::new(row), start }
    }

    /// Calls `look` after the first paint, so that rows out of view do not delay it, and whenever the window is resized.
    pub fn on_size(is_there: impl Fn() -> bool + 'static, look: impl Fn() + Copy + 'static) {
        Effect::new(move |_| {
            if is_there() {
                request_animation_frame(move || set_timeout(look, Duration::ZERO));
                let resized = window_event_listener(ev::resize, move |_| look());
                on_cleanup(move || resized.remove());
            }
        });
    }

    /// Measures the container. Loads the next page when too few rows are loaded to fill the rendered range or, once scrolled, when the last
    /// loaded row is at most `ahead` rows beyond that range.
    pub fn look(self, container: &web_sys::Element, list: LeadList, ahead: usize) {
        self.measure(container);
        let Some((top, _)) = self.seen.get_untracked() else { return };
        list.first.set_value(self.first());
        // Head and foot of the table each hide a row.
        list.screen.set_value(self.screen().map_or(0, |rows| rows.saturating_sub(2)));
        let count = list.rows.with_untracked(Vec::len);
        let ahead = if top > 0.0 { ahead } else { 0 };
        if untrack(|| self.range(count)).end + ahead >= count {
            list.load_more();
        }
    }

    fn measure(self, container: &web_sys::Element) {
        // A card is inside a list item, which includes the space between cards.
        let item = |row: web_sys::Element| row.closest("li").ok().flatten().unwrap_or(row);
        if let Some(height) = container.query_selector("[data-id]").ok().flatten().map(|row| item(row).get_bounding_client_rect().height())
            && height > 0.0
            && (height - self.row.get_untracked()).abs() > 0.5
        {
            self.row.set(height);
        }
        let seen = (f64::from(container.scroll_top()), f64::from(container.client_height()));
        // A height of 0 means not laid out yet.
        if seen.1 > 0.0 && self.seen.get_untracked() != Some(seen) {
            self.seen.set(Some(seen));
        }
    }

    /// Range of rows to render, of `count`.
    pub fn range(self, count: usize) -> Range<usize> {
        let Some((top, height)) = self.seen.get() else { return 0..count.min(self.start) };
        let row = self.row.get();
        let first = (((top - BEYOND).max(0.0) / row) as usize).min(count);
        let last = (((top + height + BEYOND) / row).ceil() as usize).min(count);
        first..last.max(first)
    }

    /// Number of rows that fill the container, once measured.
    pub fn screen(self) -> Option<usize> {
        self.seen.get_untracked().map(|(_, height)| (height / self.row.get_untracked()).ceil() as usize)
    }

    /// Index of the first visible row, untracked.
    fn first(self) -> usize {
        self.seen.get_untracked().map_or(0, |(top, _)| (top / self.row.get_untracked()) as usize)
    }

    /// Height in px of rows that are not rendered. 0 before the first measurement: without scripts they could not be scrolled into view.
    pub fn space(self, rows: usize) -> f64 {
        if self.is_measured.get() { rows as f64 * self.row.get() } else { 0.0 }
    }

    /// Scrolls until the row is visible, below a sticky head of one row's height.
    pub fn reveal(self, container: &web_sys::Element, at: usize) {
        if let Some(top) = self.beyond(container, at) {
            container.set_scroll_top(top);
        }
    }

    pub fn is_in_sight(self, container: &web_sys::Element, at: usize) -> bool {
        self.beyond(container, at).is_none()
    }

    /// Scroll position in px that makes the row visible; `None` if it is.
    fn beyond(self, container: &web_sys::Element, at: usize) -> Option<i32> {
        let row = self.row.get_untracked();
        let (top, height) = (f64::from(container.scroll_top()), f64::from(container.client_height()));
        let start = at as f64 * row;
        if start < top {
            Some(start as i32)
        } else {
            (start + 3.0 * row > top + height).then(|| (start + 3.0 * row - height).ceil() as i32)
        }
    }
}
