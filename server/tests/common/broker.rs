//! RabbitMQ, with queues of a test's own, and a way to it that can be cut.

use ::server::{
    clock::{Clock, SystemClock},
    compat::xenocrm,
    ingest::{BrokerAddress, Ingest},
};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    message::BasicGetMessage,
    options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions},
    types::FieldTable,
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Queues on the node `LINNET_TEST_RABBITMQ` whose names no other test has.
pub struct TestBroker {
    pub url: String,
    pub prefix: String,
}

impl TestBroker {
    pub fn new() -> Self {
        let url = std::env::var("LINNET_TEST_RABBITMQ").expect(
            "LINNET_TEST_RABBITMQ=amqp://USER:PASSWORD@HOST:PORT/%2f must name a RabbitMQ for tests; `cargo xtask test` starts one",
        );
        Self { url, prefix: format!("test_{}_", SystemClock.id().simple()) }
    }

    /// The same queues, by another way.
    pub fn by(&self, way: SocketAddr) -> Self {
        let (user, rest) = self.url.rsplit_once('@').unwrap();
        let (_, vhost) = rest.split_once('/').unwrap();
        Self { url: format!("{user}@{way}/{vhost}"), prefix: self.prefix.clone() }
    }

    pub fn options(&self) -> [&str; 4] {
        ["--broker", &self.url, "--broker-prefix", &self.prefix]
    }

    pub fn carry(&self, ingest: Ingest) -> Ingest {
        ingest.with_broker(BrokerAddress::parse(&self.url, &self.prefix).unwrap(), xenocrm::message)
    }

    /// Another program on the same node.
    pub async fn program(&self) -> Program<'_> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await.expect("the RabbitMQ of the tests");
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        Program { broker: self, channel, _connection: connection }
    }
}

pub struct Program<'b> {
    broker: &'b TestBroker,
    channel: Channel,
    _connection: Connection,
}

impl Program<'_> {
    fn name(&self, queue: &str) -> String {
        format!("{}{queue}", self.broker.prefix)
    }

    /// Declares a queue as programs of the replaced system do. Returns the number of messages that wait in it.
    pub async fn declare(&self, queue: &str) -> u32 {
        let declared = self.channel.queue_declare(self.name(queue).into(), QueueDeclareOptions::durable(), FieldTable::default());
        declared.await.unwrap().message_count()
    }

    pub async fn publish(&self, queue: &str, body: impl AsRef<[u8]>, id: Option<&str>) {
        let properties = BasicProperties::default().with_delivery_mode(2);
        let properties = if let Some(id) = id { properties.with_message_id(id.into()) } else { properties };
        let sent =
            self.channel.basic_publish("".into(), self.name(queue).into(), BasicPublishOptions::default(), body.as_ref(), properties);
        assert!(sent.await.unwrap().await.unwrap().is_ack());
    }

    pub async fn get(&self, queue: &str) -> Option<BasicGetMessage> {
        self.channel.basic_get(self.name(queue).into(), BasicGetOptions { no_ack: true }).await.unwrap()
    }

    /// Waits until the queue has no message that waits to be delivered.
    pub async fn emptied(&self, queue: &str) {
        tokio::time::timeout(Duration::from_mins(1), async {
            while self.declare(queue).await > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .expect("the queue is consumed");
    }
}

/// Passes connections on to the broker, until it is cut: then they break, and so does each new one.
pub struct Way {
    pub addr: SocketAddr,
    open: watch::Sender<bool>,
}

impl Way {
    pub async fn to(broker: &TestBroker) -> Self {
        let (_, rest) = broker.url.rsplit_once('@').unwrap();
        let to = rest.split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, open) = (listener.local_addr().unwrap(), watch::Sender::new(true));
        let is_open = open.subscribe();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let (to, mut is_open) = (to.clone(), is_open.clone());
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(to).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
                        _ = is_open.wait_for(|is_open| !is_open) => {}
                    }
                });
            }
        });
        Self { addr, open }
    }

    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    pub fn mend(&self) {
        self.open.send_replace(true);
    }
}
