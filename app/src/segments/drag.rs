//! Moves a rule or group by its grip: by mouse, pen or finger. Keys and buttons do the same.

use super::{
    builder::Builder,
    moves::{Act, Place},
};
use leptos::{ev, prelude::*};

#[derive(Debug, Clone, Copy)]
pub struct Drag {
    builder: Builder,
    /// Key of the node that is dragged.
    lifted: RwSignal<Option<u32>>,
    /// Where it would be put.
    over: RwSignal<Option<(u32, Place)>>,
}

impl Drag {
    /// Listens on the window: the pointer may leave the builder.
    pub fn new(builder: Builder) -> Self {
        let drag = Self { builder, lifted: RwSignal::new(None), over: RwSignal::new(None) };
        Effect::new(move |_| {
            let moved = window_event_listener(ev::pointermove, move |event| drag.moved(&event));
            let up = window_event_listener(ev::pointerup, move |_| drag.drop());
            let lost = window_event_listener(ev::pointercancel, move |_| drag.end());
            let escape = window_event_listener(ev::keydown, move |event| {
                if event.key() == "Escape" {
                    drag.end();
                }
            });
            on_cleanup(move || {
                moved.remove();
                up.remove();
                lost.remove();
                escape.remove();
            });
        });
        drag
    }

    pub fn is_on(self) -> bool {
        self.lifted.with(Option::is_some)
    }

    /// State of a node for the style sheet: dragged, or where the dragged one would be put.
    pub fn mark(self, key: u32) -> Option<&'static str> {
        if self.lifted.get() == Some(key) {
            return Some("lifted");
        }
        self.over.get().filter(|(over, _)| *over == key).map(|(_, place)| place.as_str())
    }

    pub fn press(self, event: &ev::PointerEvent, key: u32) {
        if event.button() == 0 {
            event.prevent_default();
            self.lifted.set(Some(key));
        }
    }

    fn moved(self, event: &ev::PointerEvent) {
        let Some(lifted) = self.lifted.get_untracked() else { return };
        let (x, y) = (event.client_x() as f32, event.client_y() as f32);
        let over = document().element_from_point(x, y).and_then(|element| element.closest(".rule-builder [data-key]").ok().flatten());
        let target = over.and_then(|element| Some((element.get_attribute("data-key")?.parse::<u32>().ok()?, element)));
        let place = target.filter(|(key, _)| *key != lifted).map(|(key, element)| {
            let is_group = self.builder.nodes.with_untracked(|nodes| nodes.iter().any(|node| node.key == key && node.is_group()));
            let room = element.get_bounding_client_rect();
            let (before, after) = (f64::from(y) - room.top(), room.bottom() - f64::from(y));
            let place = match is_group {
                // Its border is beside it; the rest is inside.
                true if before < 8.0 => Place::Before,
                true if after < 8.0 => Place::After,
                true => Place::Inside,
                false if before < after => Place::Before,
                false => Place::After,
            };
            (key, place)
        });
        if self.over.get_untracked() != place {
            self.over.set(place);
        }
    }

    fn drop(self) {
        if let (Some(key), Some((to, place))) = (self.lifted.get_untracked(), self.over.get_untracked()) {
            self.builder.act(Act::Put(key, to, place));
        }
        self.end();
    }

    fn end(self) {
        if self.lifted.with_untracked(Option::is_some) {
            self.lifted.set(None);
            self.over.set(None);
        }
    }
}
