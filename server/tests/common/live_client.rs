//! A client of `/live`, as a browser tab, and a view that keeps its rows up to date. It is strict: a delta that does not fit its rows is a
//! failure.

use domain::{
    ChangeId, Epoch, LeadId, Record, Snapshot,
    leads::Lead,
    live::{ClientMessage, Delta, DeltaOp, PROTOCOL, Query, ServerMessage, Total},
};
use futures::{SinkExt, StreamExt};
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue, protocol::CloseFrame},
};

/// Timeout of a read.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct LiveClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub epoch: Epoch,
    /// The log's head in `Welcome`.
    pub head: i64,
}

impl LiveClient {
    /// Connects without `Hello`. `headers` are for the handshake.
    pub async fn open(
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, tungstenite::Error> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        Ok(connect_async(request).await?.0)
    }

    /// Connects with a session token or key, sends `Hello` and reads `Welcome`.
    pub async fn connect(url: &str, secret: &str, epoch: Option<Epoch>) -> Self {
        Self::connect_since(url, secret, epoch, None).await
    }

    /// As `connect`, with the `seq` of the last change that the client saw.
    pub async fn connect_since(url: &str, secret: &str, epoch: Option<Epoch>, since: Option<i64>) -> Self {
        let socket = Self::open(url, &[("authorization", &format!("Bearer {secret}"))]).await.unwrap();
        let nobody = Epoch(uuid::Uuid::nil());
        let mut client = Self { socket, epoch: nobody, head: 0 };
        client.say(&ClientMessage::Hello { proto: PROTOCOL, epoch, since }).await;
        let Some(ServerMessage::Welcome { epoch, head }) = client.hear().await else { panic!("no welcome") };
        client.epoch = epoch;
        client.head = head;
        client
    }

    pub async fn say(&mut self, message: &ClientMessage) {
        // A lost connection is detected by the next read.
        drop(self.socket.send(Message::text(serde_json::to_string(message).unwrap())).await);
    }

    /// A ping of the protocol.
    pub async fn ping(&mut self) {
        drop(self.socket.send(Message::Ping("x".into())).await);
    }

    pub async fn subscribe(&mut self, id: u32, query: &Query, since: i64) {
        self.say(&ClientMessage::Subscribe { id, query: query.clone(), since }).await;
    }

    /// The next message. Answers pings; `None` when the connection ends.
    pub async fn hear(&mut self) -> Option<ServerMessage> {
        self.next().await.ok()
    }

    /// As `hear`, with the close frame at the end.
    pub async fn next(&mut self) -> Result<ServerMessage, Option<CloseFrame>> {
        // Pings do not extend the timeout.
        tokio::time::timeout(PATIENCE, self.read()).await.expect("a message in time")
    }

    async fn read(&mut self) -> Result<ServerMessage, Option<CloseFrame>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text).unwrap() {
                    ServerMessage::Ping => self.say(&ClientMessage::Pong).await,
                    message => return Ok(message),
                },
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The close code.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            if let Err(frame) = self.next().await {
                return frame.map(|frame| frame.code.into());
            }
        }
    }

    /// Reads messages until `wanted` returns a value.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(ServerMessage) -> Option<T>) -> T {
        loop {
            let message = self.hear().await.expect("an open connection");
            if let Some(found) = wanted(message) {
                return found;
            }
        }
    }
}

/// The rows of one query: a snapshot, then deltas.
#[derive(Debug)]
pub struct View {
    pub rows: BTreeMap<LeadId, Lead>,
    pub total: Option<Total>,
    /// `rows` include every change up to this one, and those in `pending`.
    pub seen: i64,
    pending: HashSet<ChangeId>,
    /// The hub's id of the query.
    name: Option<u64>,
    /// A "read again" delta or a `Reset` was received.
    pub must_read: bool,
}

impl View {
    pub fn new(snapshot: Snapshot<Vec<Lead>>) -> Self {
        Self {
            rows: snapshot.data.into_iter().map(|lead| (lead.id, lead)).collect(),
            total: None,
            seen: snapshot.as_of,
            pending: snapshot.pending.into_iter().collect(),
            name: None,
            must_read: false,
        }
    }

    pub fn disconnected(&mut self) {
        self.name = None;
    }

    /// `id` is the client's id of the subscription.
    pub fn take(&mut self, id: u32, message: &ServerMessage) {
        match message {
            ServerMessage::Subscribed { id: answered, query, total, .. } if *answered == id => {
                self.name = Some(*query);
                self.total = total.or(self.total);
            }
            ServerMessage::Deltas { query, seq, total, items } if self.name == Some(*query) => {
                self.total = total.or(self.total);
                let seen = self.seen;
                for item in items {
                    if item.op == DeltaOp::Bulk {
                        self.must_read = true;
                    } else if item.seq > seen && !self.pending.remove(&item.change) {
                        assert!(item.seq <= *seq, "an item beyond its frame");
                        self.apply(item);
                    }
                }
                self.seen = seen.max(*seq);
            }
            ServerMessage::Head { seq } if self.name.is_some() => self.seen = self.seen.max(*seq),
            ServerMessage::Reset { id: reset, .. } if reset.is_none_or(|reset| reset == id) => self.must_read = true,
            _ => {}
        }
    }

    fn apply(&mut self, item: &Delta) {
        if self.must_read {
            return;
        }
        let id = LeadId(item.id);
        if let Some(Record::Totals(totals)) = &item.record {
            if let Some(lead) = self.rows.get_mut(&id) {
                totals.write_to(lead);
            }
            return;
        }
        let lead = item.record.as_ref().and_then(|record| record.as_lead()).expect("a lead").clone();
        let before = match item.op {
            DeltaOp::Leave => self.rows.remove(&id),
            _ => self.rows.insert(id, lead.clone()),
        };
        match item.op {
            DeltaOp::Enter => assert!(before.is_none(), "entered twice: {item:?}"),
            _ => {
                let known = before.map(|before| before.revision);
                assert!(
                    known.is_some_and(|known| known <= lead.revision),
                    "at {known:?} of {} as of {}: {item:?}",
                    lead.revision,
                    self.seen
                );
            }
        }
    }
}
