//! Bounded outgoing queue of one socket. When it is full, its frames are dropped and a `Reset` makes the client read again.

use super::{
    frame::{self, FRAME_MAX},
    replay::Replay,
};
use axum::extract::ws::Utf8Bytes;
use domain::live::ServerMessage;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Maximum queued frames.
const FRAMES: usize = 256;
/// Maximum queued bytes: 1 MiB. Most are shared with other sockets.
const BYTES: usize = 16 * FRAME_MAX;

pub enum Outgoing {
    Frame(Utf8Bytes),
    /// The `Subscribed` answer, which names the query. Never dropped, because the client cannot assign later frames without it.
    Answer(Utf8Bytes),
    /// The replay of a new subscription. Its changes are read when it is dequeued, so that later frames come after it.
    Replay(Box<Replay>),
}

#[derive(Default)]
pub(super) struct SendQueue {
    inside: Mutex<Inside>,
    wake: Notify,
}

#[derive(Default)]
struct Inside {
    items: VecDeque<Outgoing>,
    bytes: usize,
    closed: bool,
}

impl SendQueue {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, outgoing: Outgoing) {
        let mut inside = self.inside();
        if inside.closed {
            return;
        }
        if inside.items.len() >= FRAMES || inside.bytes > BYTES {
            inside.start_anew();
        }
        inside.bytes += outgoing.bytes();
        inside.items.push_back(outgoing);
        drop(inside);
        self.wake.notify_one();
    }

    /// Waits for the next item.
    pub(super) async fn next(&self) -> Outgoing {
        loop {
            let woken = self.wake.notified();
            if let Some(outgoing) = self.try_next() {
                return outgoing;
            }
            woken.await;
        }
    }

    pub(super) fn try_next(&self) -> Option<Outgoing> {
        let mut inside = self.inside();
        let outgoing = inside.items.pop_front()?;
        inside.bytes -= outgoing.bytes();
        Some(outgoing)
    }

    pub(super) fn close(&self) {
        *self.inside() = Inside { closed: true, ..Inside::default() };
    }

    pub(super) fn is_closed(&self) -> bool {
        self.inside().closed
    }
}

impl Inside {
    /// Drops queued frames and queues a `Reset`. Subscriptions continue after it.
    fn start_anew(&mut self) {
        metrics::counter!("linnet_live_resets_total").increment(1);
        self.items.retain(|outgoing| !matches!(outgoing, Outgoing::Frame(_)));
        if self.items.len() >= FRAMES {
            // A client that subscribes again and again without reading is not one of ours: close.
            *self = Self { closed: true, ..Self::default() };
            return;
        }
        let reset = ServerMessage::Reset { id: None, reason: "This connection is too slow for all the changes; read again".to_owned() };
        self.items.push_front(Outgoing::Frame(frame::message(&reset)));
        self.bytes = self.items.iter().map(Outgoing::bytes).sum();
    }
}

impl Outgoing {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) | Self::Answer(frame) => frame.len(),
            Self::Replay(_) => 0,
        }
    }
}
