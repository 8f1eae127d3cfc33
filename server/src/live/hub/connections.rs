//! Commands of sockets: join, subscribe, unsubscribe, presence.

use super::{Connection, Subscription, Task};
use crate::live::{
    Command, Join, SocketId, Subscribe, frame,
    query::CompiledQuery,
    replay::{REPLAY_MAX, Replay},
    send_queue::Outgoing,
};
use domain::{
    Epoch,
    live::{Person, ServerMessage},
};
use std::collections::HashMap;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Maximum subscriptions per socket.
const SUBSCRIPTIONS: usize = 64;

impl Task {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Total { requester, query, as_of, answer } => self.total(requester, query, as_of, answer),
            Command::Join(join) => self.join(join),
            Command::Subscribe(subscribe) => self.subscribe(subscribe),
            Command::Unsubscribe { socket, id } => self.unsubscribe(socket, id),
            Command::Presence { socket, page, record } => {
                if let Some(person) = self.connections.get(&socket).and_then(|connection| connection.person.as_ref()) {
                    self.presence.set(socket, Person { page, record, ..person.clone() });
                }
            }
        }
    }

    pub(super) fn join(&mut self, Join { socket, requester, send_queue, person, epoch, lost }: Join) {
        let tell = |message: ServerMessage| send_queue.push(Outgoing::Frame(frame::message(&message)));
        // The nil epoch makes the client start over. When it reconnects, it learns the real epoch.
        let epoch_here = if lost { Epoch(Uuid::nil()) } else { self.epoch };
        tell(ServerMessage::Welcome { epoch: epoch_here, head: self.seen_by_all() });
        if epoch.is_some_and(|epoch| epoch != epoch_here) {
            tell(ServerMessage::Reset { id: None, reason: "The database was restored; read again".to_owned() });
        }
        if !self.presence.sent().is_empty() {
            tell(ServerMessage::Presence { people: self.presence.sent().to_vec() });
        }
        self.connections.insert(socket, Connection { requester, send_queue, person, subscriptions: HashMap::new() });
    }

    pub(super) fn subscribe(&mut self, Subscribe { socket, id, query, since }: Subscribe) {
        self.unsubscribe(socket, id);
        let Some(connection) = self.connections.get(&socket) else { return };
        if connection.subscriptions.len() >= SUBSCRIPTIONS {
            let reason = format!("At most {SUBSCRIPTIONS} subscriptions on one connection; end another first");
            connection.send_queue.push(Outgoing::Frame(frame::message(&ServerMessage::Reset { id: Some(id), reason })));
            return;
        }
        let (requester, send_queue) = (connection.requester, connection.send_queue.clone());
        let name = match self.keep(requester, query.clone()) {
            Ok(name) => name,
            Err(full) => {
                let reset = ServerMessage::Reset { id: Some(id), reason: full.reason() };
                send_queue.push(Outgoing::Frame(frame::message(&reset)));
                return;
            }
        };
        self.count_for(name, requester);
        let (Some(connection), Some(entry)) = (self.connections.get_mut(&socket), self.queries.get_mut(&name)) else { return };
        let over = CancellationToken::new();
        connection.subscriptions.insert(id, Subscription { name, _replaying: over.clone().drop_guard() });
        if entry.subscribers.is_empty() {
            // Without subscribers no deltas were collected.
            entry.items.clear();
            entry.since = if entry.compiled.enrolled { self.enrolled.upto } else { self.head };
        }
        entry.subscribers.insert(socket);
        if entry.watch.is_some() {
            let subscribed = ServerMessage::Subscribed { id, query: name, seq: since, total: None };
            connection.send_queue.push(Outgoing::Answer(frame::message(&subscribed)));
            self.watch(name, since);
            return;
        }
        // The query's next frame has the changes after this one.
        let upto = if entry.compiled.enrolled { self.enrolled.sent } else { self.sent }.max(entry.since);
        let total = entry.tally.total();
        connection.send_queue.push(Outgoing::Answer(frame::message(&ServerMessage::Subscribed { id, query: name, seq: since, total })));
        if !query.has_records() {
            return;
        }
        let behind = upto - since;
        if behind > REPLAY_MAX || behind > 0 && !self.shared.budgets.afford_replay(requester, behind) {
            let reason = "Too many changes since then; read again".to_owned();
            connection.send_queue.push(Outgoing::Frame(frame::message(&ServerMessage::Reset { id: Some(id), reason })));
        } else if since < upto {
            let compiled = CompiledQuery::new(query, &self.store.current.segments(), self.store.moment());
            connection.send_queue.push(Outgoing::Replay(Box::new(Replay::new(id, name, requester, compiled, (since, upto), over))));
        }
    }

    pub(super) fn unsubscribe(&mut self, socket: SocketId, id: u32) {
        let Some(connection) = self.connections.get_mut(&socket) else { return };
        let Some(Subscription { name, .. }) = connection.subscriptions.remove(&id) else { return };
        // Two components of one tab may subscribe to the same query.
        if !connection.subscriptions.values().any(|other| other.name == name)
            && let Some(entry) = self.queries.get_mut(&name)
        {
            entry.subscribers.remove(&socket);
            entry.used = Instant::now();
            self.drop_count(name);
        }
    }
}
