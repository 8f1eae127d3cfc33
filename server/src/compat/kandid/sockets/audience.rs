//! Everyone who hears the frames. One task sends them to all clients, several at once when changes come quickly: most of the work is to wake
//! a client's task and to write to its connection, not what is written.

use super::{
    QUEUE,
    frames::{Changes, Frame},
};
use crate::feed::Feed;
use socketioxide::{SendError, SocketError, extract::SocketRef};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Time after frames were sent in which others are collected. The first after a quiet time is sent at once.
const PAUSE: Duration = Duration::from_millis(100);
/// The same while frames wait.
const SHORT_PAUSE: Duration = Duration::from_millis(10);
/// Frames beyond those in its queue that wait for a client. One more disconnects it.
const WAITING: usize = 128;

#[derive(Clone)]
pub(super) struct Audience(Arc<Shared>);

struct Shared {
    feed: Feed<Changes>,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    all: Vec<Weak<Seat>>,
    /// A task sends the frames.
    is_running: bool,
}

impl Audience {
    /// Nothing is encoded while nobody listens.
    pub(super) fn new(feed: Feed<Changes>) -> Self {
        Self(Arc::new(Shared { feed, seats: Mutex::default() }))
    }

    /// A seat that hears all frames from now on.
    pub(super) fn enter(&self) -> Arc<Seat> {
        let seat = Arc::new(Seat::default());
        let mut seats = lock(&self.0.seats);
        seats.all.push(Arc::downgrade(&seat));
        if !seats.is_running {
            seats.is_running = true;
            tokio::spawn(self.clone().run(self.0.feed.listen()));
        }
        seat
    }

    /// Sends the frames until nobody is left.
    async fn run(self, mut frames: Receiver<Frame>) {
        let mut some_wait = false;
        loop {
            // While frames wait, it is tried again.
            let most = if some_wait { Duration::ZERO } else { Duration::MAX };
            let batch = timeout(most, batch(&mut frames)).await.unwrap_or_else(|_| Ok(Vec::new()));
            let is_full = batch.as_ref().is_ok_and(|batch| batch.len() == QUEUE);
            some_wait = false;
            {
                let mut seats = lock(&self.0.seats);
                seats.all.retain(|seat| {
                    let Some(seat) = seat.upgrade() else { return false };
                    let mut ears = lock(&seat.ears);
                    match &batch {
                        Ok(batch) => ears.hear(batch),
                        Err(_) => ears.is_deaf = true,
                    }
                    if ears.is_deaf {
                        seat.missed.cancel();
                    }
                    some_wait |= ears.socket.is_some() && !ears.waiting.is_empty();
                    !ears.is_deaf
                });
                if seats.all.is_empty() {
                    seats.is_running = false;
                    return;
                }
            }
            sleep(if some_wait || is_full { SHORT_PAUSE } else { PAUSE }).await;
        }
    }
}

/// The next frames: at least one, and at most as many as a client's queue takes.
async fn batch(frames: &mut Receiver<Frame>) -> Result<Vec<Frame>, RecvError> {
    let mut batch = vec![frames.recv().await?];
    while batch.len() < QUEUE {
        match frames.try_recv() {
            Ok(frame) => batch.push(frame),
            Err(TryRecvError::Lagged(count)) => return Err(RecvError::Lagged(count)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    Ok(batch)
}

/// The place of one client, as long as its owner keeps it.
#[derive(Default)]
pub(super) struct Seat {
    ears: Mutex<Ears>,
    missed: CancellationToken,
}

#[derive(Default)]
struct Ears {
    /// `None` until the client is told that it is connected. Its frames wait until then, so that they and what it reads afterwards leave no
    /// gap.
    socket: Option<SocketRef>,
    waiting: VecDeque<Frame>,
    /// It has missed a frame.
    is_deaf: bool,
}

impl Seat {
    /// The client is connected: it gets what it has not heard yet, and all later frames.
    pub(super) fn begin(&self, socket: SocketRef) {
        let mut ears = lock(&self.ears);
        ears.socket = Some(socket);
        ears.hear(&[]);
    }

    /// Returns when a frame was missed: the client must read again, as after every connect.
    pub(super) async fn missed(&self) {
        self.missed.cancelled().await;
    }
}

impl Ears {
    fn hear(&mut self, batch: &[Frame]) {
        self.waiting.extend(batch.iter().cloned());
        while let (Some(socket), Some(frame)) = (&self.socket, self.waiting.front()) {
            match socket.emit(frame.event, &*frame.payload) {
                Ok(()) => drop(self.waiting.pop_front()),
                Err(SendError::Socket(SocketError::InternalChannelFull)) => break,
                // It is gone.
                Err(_) => {
                    self.is_deaf = true;
                    break;
                }
            }
        }
        self.is_deaf |= self.waiting.len() > WAITING;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
