//! Subscriptions of this tab and the last change each has received. One client per tab, in a thread-local.

use super::{LiveEvent, SocketSignals};
use domain::{
    Epoch, Origin,
    live::{ClientMessage, DeltaOp, News, PROTOCOL, Query, ServerMessage},
};
use futures::channel::mpsc::UnboundedSender;
use leptos::prelude::*;
use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
    rc::Rc,
};
use uuid::Uuid;

/// Most events held back per subscription while paused. Beyond this, reading again is cheaper than applying them.
const HELD_MAX: usize = 2_000;

/// What a subscription receives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Incoming {
    Event(LiveEvent),
    /// News, and the number of changes behind it.
    News(News, usize),
}

const RESET: Incoming = Incoming::Event(LiveEvent::Reset);

pub(super) type Listener = Rc<dyn Fn(Incoming)>;

struct Subscription {
    query: Query,
    /// `seq` of the last change received.
    seen: i64,
    /// The server's id of the query on this connection.
    server: Option<u64>,
    on: Listener,
    /// Events held back while paused.
    held: Vec<Incoming>,
    must_reset: bool,
}

#[derive(Default)]
struct Client {
    epoch: Option<Epoch>,
    head: i64,
    next: u32,
    subscriptions: BTreeMap<u32, Subscription>,
    out: Option<UnboundedSender<ClientMessage>>,
    place: Option<(Option<String>, Option<Uuid>)>,
    paused: bool,
    origins: HashSet<Origin>,
}

thread_local! {
    static CLIENT: RefCell<Client> = RefCell::default();
}

fn with<T>(f: impl FnOnce(&mut Client) -> T) -> T {
    CLIENT.with_borrow_mut(f)
}

impl Client {
    fn send(&self, message: ClientMessage) {
        if let Some(out) = &self.out {
            // A closed channel means a lost connection. The next connection sends everything again.
            let _ = out.unbounded_send(message);
        }
    }

    fn ask(&self, id: u32) {
        if let Some(one) = self.subscriptions.get(&id) {
            self.send(ClientMessage::Subscribe { id, query: one.query.clone(), since: one.seen });
        }
    }

    fn waiting(&self) -> usize {
        let count = |incoming: &Incoming| match incoming {
            Incoming::Event(LiveEvent::Deltas { items, .. }) => items.len(),
            Incoming::News(_, changes) => *changes,
            Incoming::Event(_) => 0,
        };
        // Several subscriptions may receive the same change, so the count is the largest backlog, not the sum.
        self.subscriptions.values().map(|one| one.held.iter().map(count).sum()).max().unwrap_or_default()
    }

    /// Passes an event to one subscription: holds it back while paused, else returns it for delivery outside the borrow.
    fn offer(&mut self, id: u32, incoming: Incoming) -> Option<(Listener, Incoming)> {
        let paused = self.paused;
        let one = self.subscriptions.get_mut(&id)?;
        if !paused {
            return Some((one.on.clone(), incoming));
        }
        if !one.must_reset {
            one.must_reset = incoming == RESET || one.held.len() >= HELD_MAX;
            if one.must_reset { one.held.clear() } else { hold(&mut one.held, incoming) }
        }
        None
    }
}

/// Holds back an event; of dashboard figures only the newest are held.
fn hold(held: &mut Vec<Incoming>, incoming: Incoming) {
    match (held.last_mut(), incoming) {
        (Some(Incoming::News(kept @ News::Dashboard(_), before)), Incoming::News(news @ News::Dashboard(_), changes)) => {
            *kept = news;
            *before += changes;
        }
        (_, incoming) => held.push(incoming),
    }
}

pub(super) fn subscribe(query: Query, since: i64, on: Listener) -> u32 {
    with(|client| {
        let id = client.next;
        client.next += 1;
        client.head = client.head.max(since);
        client.subscriptions.insert(id, Subscription { query, seen: since, server: None, on, held: Vec::new(), must_reset: false });
        client.ask(id);
        id
    })
}

pub(super) fn unsubscribe(id: u32) {
    with(|client| {
        if client.subscriptions.remove(&id).is_some() {
            client.send(ClientMessage::Unsubscribe { id });
        }
    });
}

pub(super) fn presence(page: Option<String>, record: Option<Uuid>) {
    with(|client| {
        client.place = Some((page.clone(), record));
        client.send(ClientMessage::Presence { page, record });
    });
}

/// A new connection: sends `Hello`. Subscriptions follow after `Welcome`.
pub(super) fn connected(out: UnboundedSender<ClientMessage>) {
    with(|client| {
        client.out = Some(out);
        // The `seq` that the page was rendered at counts too: the database may have been replaced before the tab connects.
        let since = (client.head > 0).then_some(client.head);
        client.send(ClientMessage::Hello { proto: PROTOCOL, epoch: client.epoch, since });
    });
}

pub(super) fn disconnected() {
    with(|client| {
        client.out = None;
        for one in client.subscriptions.values_mut() {
            one.server = None;
        }
    });
}

/// The tab was shown or hidden. A hidden tab stays connected; it only clears its presence.
pub(super) fn visible(visible: bool) {
    with(|client| {
        if let Some((page, record)) = client.place.clone() {
            let (page, record) = if visible { (page, record) } else { (None, None) };
            client.send(ClientMessage::Presence { page, record });
        }
    });
}

pub(super) fn receive(message: ServerMessage, wire: SocketSignals) {
    let mut deliver = Vec::new();
    with(|client| {
        match message {
            ServerMessage::Welcome { epoch, head } => {
                if epoch.0.is_nil() || client.epoch.is_some_and(|known| known != epoch) {
                    // An older backup was restored: no record on this page is certain to exist, nor is the session.
                    let _ = window().location().reload();
                    return;
                }
                client.epoch = Some(epoch);
                client.head = head;
                let ids: Vec<u32> = client.subscriptions.keys().copied().collect();
                for id in ids {
                    client.ask(id);
                }
                if let Some((page, record)) = client.place.clone() {
                    client.send(ClientMessage::Presence { page, record });
                }
            }
            ServerMessage::Subscribed { id, query, total, .. } => {
                if let Some(one) = client.subscriptions.get_mut(&id) {
                    one.server = Some(query);
                    deliver.extend(client.offer(id, Incoming::Event(LiveEvent::Total(total))));
                }
            }
            ServerMessage::Deltas { query, seq, total, items } => {
                client.head = client.head.max(seq);
                let ids: Vec<u32> = client.subscriptions.iter().filter(|(_, one)| one.server == Some(query)).map(|(id, _)| *id).collect();
                for id in ids {
                    let Some(one) = client.subscriptions.get_mut(&id) else { continue };
                    let seen = one.seen;
                    one.seen = seen.max(seq);
                    let items: Vec<_> = items.iter().filter(|delta| delta.seq > seen || delta.op == DeltaOp::Bulk).cloned().collect();
                    deliver.extend(client.offer(id, Incoming::Event(LiveEvent::Deltas { seq, total, items })));
                }
            }
            ServerMessage::News { query, seq, changes, news } => {
                let ids: Vec<u32> = client.subscriptions.iter().filter(|(_, one)| one.server == Some(query)).map(|(id, _)| *id).collect();
                for id in ids {
                    if let Some(one) = client.subscriptions.get_mut(&id) {
                        one.seen = one.seen.max(seq);
                    }
                    let incoming = if news == News::Again { RESET } else { Incoming::News(news.clone(), changes as usize) };
                    deliver.extend(client.offer(id, incoming));
                }
            }
            ServerMessage::Head { seq } => {
                client.head = client.head.max(seq);
                // News of these changes may still arrive, so those subscriptions keep their `seen`.
                for one in client.subscriptions.values_mut().filter(|one| one.server.is_some() && !one.query.is_news()) {
                    one.seen = one.seen.max(seq);
                }
            }
            ServerMessage::Progress { progress } => {
                wire.progress.update(|all| {
                    all.insert(progress.id(), progress);
                });
            }
            ServerMessage::Presence { people } => wire.people.set(people),
            ServerMessage::Reset { id, .. } => {
                let ids: Vec<u32> = client.subscriptions.keys().copied().filter(|one| id.is_none_or(|id| id == *one)).collect();
                for id in ids {
                    deliver.extend(client.offer(id, RESET));
                }
            }
            ServerMessage::Ping => client.send(ClientMessage::Pong),
        }
        if wire.head.get_untracked() != client.head {
            wire.head.set(client.head);
        }
        let waiting = client.waiting();
        if wire.waiting.get_untracked() != waiting {
            wire.waiting.set(waiting);
        }
    });
    for (on, event) in deliver {
        on(event);
    }
}

/// Holds events back, or delivers those held back in order.
pub(super) fn pause(paused: bool, wire: SocketSignals) {
    let mut deliver = Vec::new();
    with(|client| {
        client.paused = paused;
        if !paused {
            for one in client.subscriptions.values_mut() {
                let held = std::mem::take(&mut one.held);
                let events = if std::mem::take(&mut one.must_reset) { vec![RESET] } else { held };
                deliver.extend(events.into_iter().map(|event| (one.on.clone(), event)));
            }
        }
    });
    wire.waiting.set(0);
    for (on, event) in deliver {
        on(event);
    }
}

pub(super) fn origin() -> Option<Origin> {
    let crypto = js_sys::Reflect::get(&js_sys::global(), &"crypto".into()).ok()?;
    let fill: js_sys::Function = js_sys::Reflect::get(&crypto, &"getRandomValues".into()).ok()?.into();
    let bytes = js_sys::Uint8Array::new_with_length(16);
    fill.call1(&crypto, &bytes).ok()?;
    let mut random = [0; 16];
    bytes.copy_to(&mut random);
    let origin = Origin(uuid::Builder::from_random_bytes(random).into_uuid());
    with(|client| client.origins.insert(origin));
    Some(origin)
}

pub(super) fn is_ours(origin: Origin) -> bool {
    with(|client| client.origins.contains(&origin))
}
