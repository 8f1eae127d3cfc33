//! The connection: it publishes, hands out deliveries, and is made anew whenever it breaks.

use super::{
    address::BrokerAddress,
    messages::{BATCH, Decode, Sorted, sort},
};
use crate::{clock::SharedClock, ingest::row::told};
use domain::ingest::{BatchId, BrokerState, Queue};
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer, Event, PublisherConfirm,
    message::Delivery,
    options::{BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Batches that wait to be published, and messages that were published and are not confirmed yet. Of what is more, no message is sent.
const TO_PUBLISH: usize = 4_096;
const UNCONFIRMED: usize = 256;
/// Messages of a queue that are delivered here and not acknowledged yet.
const PREFETCH: u16 = 64;
/// Shortest and longest wait between two tries to connect, before jitter.
const WAIT: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(15)];
/// Time between two looks at a connection that says nothing.
const LOOK: Duration = Duration::from_secs(1);
/// Longest times in which RabbitMQ answers, for instance that the queues are declared, and in which a connection is closed.
pub(in crate::ingest) const ANSWER: Duration = Duration::from_secs(15);
const CLOSE: Duration = Duration::from_secs(1);
const PERSISTENT: u8 = 2;
/// Milliseconds after which a message of ours goes: its batch was applied without it long before.
const EXPIRES: &str = "60000";

/// Cheap to clone.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    address: BrokerAddress,
    decode: Decode,
    clock: SharedClock,
    link: watch::Sender<Link>,
    publish: mpsc::Sender<(Queue, BatchId)>,
    to_publish: Mutex<Option<mpsc::Receiver<(Queue, BatchId)>>>,
}

#[derive(Clone)]
struct Link {
    /// Open, as far as is known.
    connection: Option<Arc<Connection>>,
    state: BrokerState,
}

/// An open connection, and its channel for what is published.
struct Open {
    connection: Arc<Connection>,
    channel: Channel,
}

impl Broker {
    /// Connects when `run` is called.
    pub fn new(address: BrokerAddress, decode: Decode, clock: SharedClock) -> Self {
        let (publish, to_publish) = mpsc::channel(TO_PUBLISH);
        let reason = Some(format!("Not connected yet to {address}"));
        let state = BrokerState { connected: false, since: clock.now(), reason };
        let link = watch::Sender::new(Link { connection: None, state });
        Self(Arc::new(Inner { address, decode, clock, link, publish, to_publish: Mutex::new(Some(to_publish)) }))
    }

    pub fn state(&self) -> BrokerState {
        self.0.link.borrow().state.clone()
    }

    /// Sorts messages that a queue delivered.
    pub(in crate::ingest) fn sort(&self, queue: Queue, messages: &[Delivery]) -> Sorted {
        sort(queue, self.0.decode, messages)
    }

    pub(in crate::ingest) fn is_connected(&self) -> bool {
        self.0.link.borrow().state.connected
    }

    /// Returns when the connection was made, lost or blocked.
    pub(in crate::ingest) async fn changed(&self) {
        // The sender lives as long as this.
        drop(self.0.link.subscribe().changed().await);
    }

    /// Publishes the name of a batch soon. A batch whose message is not sent, because too many wait, or is lost, is overdue soon.
    pub(in crate::ingest) fn publish(&self, queue: Queue, batch: BatchId) {
        let _ = self.0.publish.try_send((queue, batch));
    }

    /// Connects once and declares the queues, for a check.
    ///
    /// # Errors
    /// Why it cannot, for people.
    pub async fn check(address: &BrokerAddress) -> Result<(), String> {
        let Open { connection, .. } = connect(address).await?;
        close(&connection).await;
        Ok(())
    }

    /// Keeps the connection until `stop`, and publishes.
    pub(in crate::ingest) async fn run(&self, stop: CancellationToken) {
        let taken = self.0.to_publish.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut to_publish) = taken else { return };
        let mut wait = WAIT[0];
        while !stop.is_cancelled() {
            let opened = tokio::select! {
                opened = connect(&self.0.address) => opened,
                () = stop.cancelled() => break,
            };
            let reason = match opened {
                Ok(open) => {
                    wait = WAIT[0];
                    tracing::info!(broker = %self.0.address, "connected to RabbitMQ");
                    self.tell(Some(open.connection.clone()), None);
                    let reason = tokio::select! {
                        error = self.serve(&open, &mut to_publish) => error,
                        () = stop.cancelled() => "Linnet stops".to_owned(),
                    };
                    self.tell(None, Some(reason.clone()));
                    close(&open.connection).await;
                    reason
                }
                Err(reason) => reason,
            };
            if stop.is_cancelled() {
                break;
            }
            if self.0.link.borrow().state.reason.as_ref() != Some(&reason) || wait == WAIT[0] {
                tracing::warn!(broker = %self.0.address, %reason, "RabbitMQ is away; batches are applied from the database");
            }
            self.tell(None, Some(reason));
            tokio::select! {
                () = self.0.clock.sleep(self.jittered(wait)) => {}
                () = stop.cancelled() => {}
            }
            wait = WAIT[1].min(wait * 2);
        }
    }

    /// Half to all of `wait`, so that servers do not come back all at once.
    fn jittered(&self, wait: Duration) -> Duration {
        wait / 2 + wait.mul_f64(f64::from(self.0.clock.secret()[0]) / 512.0)
    }

    /// Notes the state. Its time stays while only the reason changes.
    fn tell(&self, connection: Option<Arc<Connection>>, reason: Option<String>) {
        let now = self.0.clock.now();
        self.0.link.send_modify(|link| {
            let connected = reason.is_none();
            let since = if link.state.connected == connected { link.state.since } else { now };
            *link = Link { connection, state: BrokerState { connected, since, reason } };
        });
    }

    /// Publishes until the connection is lost. Returns the reason.
    async fn serve(&self, open: &Open, to_publish: &mut mpsc::Receiver<(Queue, BatchId)>) -> String {
        let address = &self.0.address;
        let mut events = Box::pin(open.connection.events_listener());
        let mut unconfirmed = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some((queue, batch)) = to_publish.recv(), if unconfirmed.len() < UNCONFIRMED => {
                    let name = batch.to_string();
                    let properties = BasicProperties::default().with_type(BATCH.into()).with_message_id(name.as_str().into());
                    let properties = properties.with_expiration(EXPIRES.into());
                    match in_time(address, send(&open.channel, address.queue(queue), name.as_bytes(), properties)).await {
                        Ok(confirm) => unconfirmed.push(confirm),
                        Err(reason) => return reason,
                    }
                }
                Some(confirmed) = unconfirmed.next() => match confirmed {
                    Ok(confirmed) if confirmed.is_ack() => metrics::counter!("linnet_broker_published_total").increment(1),
                    Ok(_) => metrics::counter!("linnet_broker_refused_total").increment(1),
                    Err(error) => return address.reason(&error),
                },
                Some(event) = events.next() => match event {
                    Event::Error(error) => return address.reason(&error),
                    Event::ConnectionBlocked(why) => {
                        let reason = format!("RabbitMQ takes no messages now: {why}");
                        tracing::warn!(%reason, "batches are applied from the database");
                        self.tell(Some(open.connection.clone()), Some(reason));
                    }
                    Event::ConnectionUnblocked => self.tell(Some(open.connection.clone()), None),
                    _ => {}
                },
                () = self.0.clock.sleep(LOOK) => {
                    if !open.connection.status().connected() || !open.channel.status().connected() {
                        return format!("The connection to {address} ended");
                    }
                }
            }
        }
    }

    /// Copies a message that could not be read to the queue of dead letters, unless RabbitMQ refuses it, as when that queue is limited.
    /// `false` when the connection is lost.
    pub(in crate::ingest) async fn dead_letter(&self, channel: &Channel, from: Queue, message: &Delivery, reason: &str) -> bool {
        let mut headers = FieldTable::default();
        headers.insert("x-linnet-queue".into(), AMQPValue::LongString(self.0.address.queue(from).as_str().into()));
        headers.insert("x-linnet-reason".into(), AMQPValue::LongString(told(reason).into()));
        // Of its own properties only those that say what it is: others name users, copies and times that are not ours.
        let mut properties = BasicProperties::default().with_headers(headers);
        if let Some(id) = message.properties.message_id() {
            properties = properties.with_message_id(id.clone());
        }
        if let Some(kind) = message.properties.content_type() {
            properties = properties.with_content_type(kind.clone());
        }
        // A connection that is blocked sends nothing and confirms nothing.
        let sent = async { send(channel, self.0.address.dead_letters(), &message.data, properties).await?.await };
        let Ok(Ok(confirmed)) = timeout(ANSWER, sent).await else { return false };
        let counted = if confirmed.is_ack() { "linnet_broker_dead_letters_total" } else { "linnet_broker_refused_total" };
        metrics::counter!(counted).increment(1);
        true
    }

    /// Begins to consume a queue. `None` while there is no connection that takes messages.
    pub(in crate::ingest) async fn deliveries(&self, queue: Queue) -> Option<Deliveries> {
        let Link { connection, state } = self.0.link.borrow().clone();
        let connection = connection.filter(|_| state.connected)?;
        let begin = async {
            let channel = channel(&connection, &self.0.address).await?;
            channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
            let name = self.0.address.queue(queue);
            let consumer = channel.basic_consume(name, "".into(), BasicConsumeOptions::default(), FieldTable::default()).await?;
            Ok::<_, lapin::Error>(Deliveries { channel, consumer })
        };
        match in_time(&self.0.address, begin).await {
            Ok(deliveries) => Some(deliveries),
            Err(reason) => {
                tracing::warn!(reason, %queue, "a queue cannot be consumed");
                None
            }
        }
    }
}

/// What a queue delivers to this server. What is not acknowledged when this is dropped is delivered again.
pub(in crate::ingest) struct Deliveries {
    pub(in crate::ingest) channel: Channel,
    consumer: Consumer,
}

impl Deliveries {
    /// The next messages: as many as are there, at least one. `None` when the connection is lost. Loses nothing when it is dropped.
    pub(in crate::ingest) async fn next(&mut self) -> Option<Vec<Delivery>> {
        let mut ready = Vec::from([self.consumer.next().await?.ok()?]);
        while ready.len() < usize::from(PREFETCH)
            && let Some(next) = self.consumer.next().now_or_never()
        {
            ready.push(next?.ok()?);
        }
        Some(ready)
    }
}

/// A channel that confirms. Declares the queues, which may have been deleted, as the replaced system does: durable, without arguments.
async fn channel(connection: &Connection, address: &BrokerAddress) -> lapin::Result<Channel> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    for name in [address.queue(Queue::Customers), address.queue(Queue::Orders), address.dead_letters()] {
        channel.queue_declare(name, QueueDeclareOptions::durable(), FieldTable::default()).await?;
    }
    Ok(channel)
}

async fn connect(address: &BrokerAddress) -> Result<Open, String> {
    let open = async {
        let properties = ConnectionProperties::default().with_connection_name("Linnet".into());
        let connection = Arc::new(Connection::connect_uri(address.uri.clone(), properties).await?);
        let channel = channel(&connection, address).await?;
        Ok(Open { connection, channel })
    };
    in_time(address, open).await
}

/// # Errors
/// Why not, for people.
async fn in_time<T>(address: &BrokerAddress, asked: impl Future<Output = lapin::Result<T>>) -> Result<T, String> {
    match timeout(ANSWER, asked).await {
        Ok(answered) => answered.map_err(|error| address.reason(&error)),
        Err(_) => Err(format!("{address} does not answer")),
    }
}

/// Ends a connection, which may be broken.
async fn close(connection: &Connection) {
    drop(timeout(CLOSE, connection.close(200, "closed".into())).await);
}

/// Publishes one persistent message to a queue.
async fn send(channel: &Channel, queue: ShortString, body: &[u8], properties: BasicProperties) -> lapin::Result<PublisherConfirm> {
    channel.basic_publish("".into(), queue, BasicPublishOptions::default(), body, properties.with_delivery_mode(PERSISTENT)).await
}
