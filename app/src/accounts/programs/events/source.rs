//! The browser's `EventSource`. It reconnects by itself, and continues after the last event.

use super::{Feed, FeedState, SHOWN_MAX, Shown, short};
use domain::{Entity, Op};
use leptos::prelude::*;
use serde::Deserialize;
use std::{cell::RefCell, collections::VecDeque, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// The part of an event's data that names it.
#[derive(Deserialize)]
struct Named {
    op: Op,
    record: OfKind,
}

#[derive(Deserialize)]
struct OfKind {
    entity: Entity,
}

/// Closed when it is dropped.
struct Source {
    events: EventSource,
    _hear: Closure<dyn Fn(MessageEvent)>,
    _opened: Closure<dyn Fn()>,
    _failed: Closure<dyn Fn()>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.events.close();
    }
}

/// Listens until the page is left.
pub(super) fn listen(feed: Feed) {
    let Ok(events) = EventSource::new("/api/events") else {
        feed.state.set(FeedState::Ended);
        return;
    };
    let buffer = Rc::new(Buffer { feed, heard: RefCell::default() });
    let hear = Closure::<dyn Fn(MessageEvent)>::new({
        let events = events.clone();
        move |event: MessageEvent| {
            if event.type_() == "end" {
                events.close();
                feed.state.try_set(FeedState::Ended);
            }
            buffer.hear(&event);
        }
    });
    for name in ["message", "reset", "end"] {
        let _ = events.add_event_listener_with_callback(name, hear.as_ref().unchecked_ref());
    }
    let opened = Closure::<dyn Fn()>::new(move || _ = feed.state.try_set(FeedState::Live));
    events.set_onopen(Some(opened.as_ref().unchecked_ref()));
    let failed = Closure::<dyn Fn()>::new({
        let events = events.clone();
        move || {
            let over = events.ready_state() == EventSource::CLOSED;
            feed.state.try_set(if over { FeedState::Ended } else { FeedState::Connecting });
        }
    });
    events.set_onerror(Some(failed.as_ref().unchecked_ref()));
    let source = StoredValue::new_local(Source { events, _hear: hear, _opened: opened, _failed: failed });
    on_cleanup(move || source.dispose());
}

/// The number of the change in an event's `id`, which also names the history.
fn seq(id: &str) -> String {
    id.split('.').next().unwrap_or_default().to_owned()
}

/// Collects events, and shows them once per frame.
struct Buffer {
    feed: Feed,
    heard: RefCell<(u64, VecDeque<Shown>)>,
}

impl Buffer {
    fn hear(self: &Rc<Self>, event: &MessageEvent) {
        let data = event.data().as_string().unwrap_or_default();
        let name = match serde_json::from_str::<Named>(&data) {
            Ok(Named { op, record }) => format!("{} {}", op.as_str(), record.entity.as_str()),
            Err(_) => event.type_(),
        };
        let mut heard = self.heard.borrow_mut();
        let (count, waiting) = &mut *heard;
        *count += 1;
        let first = waiting.is_empty();
        waiting.push_front(Shown { at: *count, name, seq: seq(&event.last_event_id()), data: short(&data) });
        waiting.truncate(SHOWN_MAX);
        if first {
            let buffer = self.clone();
            request_animation_frame(move || buffer.show());
        }
    }

    fn show(&self) {
        let (_, waiting) = &mut *self.heard.borrow_mut();
        let mut new = std::mem::take(waiting);
        // The page may have been left.
        let _ = self.feed.newest.try_update(|newest| {
            new.extend(newest.drain(..));
            new.truncate(SHOWN_MAX);
            *newest = new;
        });
    }
}
