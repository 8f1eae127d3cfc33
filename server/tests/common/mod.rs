//! A fresh database per test, and `both_dbs!`, which runs a test on each kind of database.

pub mod broker;
pub mod campaigns;
pub mod clock;
pub mod http2;
pub mod leads;
pub mod live_client;
pub mod server;
pub mod truth;

use ::server::{
    clock::{Clock, SharedClock, SystemClock},
    store::Store,
};
use broker::TestBroker;
use std::sync::Arc;
use tempfile::TempDir;

/// A database that is dropped with the test.
pub struct TestDb {
    pub url: String,
    /// What carries batches beside it.
    pub broker: Option<TestBroker>,
    folder: Option<TempDir>,
}

impl TestDb {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { url: format!("sqlite://{}/linnet.db", folder.path().display()), broker: None, folder: Some(folder) }
    }

    /// A new database on the Postgres server `LINNET_TEST_POSTGRES`.
    pub async fn postgres() -> Self {
        let server = postgres_server();
        let name = format!("linnet_{}", SystemClock.id().simple());
        let pool = sqlx::PgPool::connect(&format!("{server}/postgres")).await.expect("the Postgres that LINNET_TEST_POSTGRES names");
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.unwrap();
        pool.close().await;
        Self { url: format!("{server}/{name}"), broker: None, folder: None }
    }

    pub fn with_broker(mut self) -> Self {
        self.broker = Some(TestBroker::new());
        self
    }

    pub async fn open(&self) -> Store {
        self.open_at(Arc::new(SystemClock)).await
    }

    /// Opens the store with this clock.
    pub async fn open_at(&self, clock: SharedClock) -> Store {
        // Show the server's log in the output of a failing test.
        drop(tracing_subscriber::fmt().with_env_filter("warn").with_test_writer().try_init());
        Store::open(&self.url, clock).await.unwrap()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if self.folder.is_some() {
            return;
        }
        let (server, name) = self.url.rsplit_once('/').map(|(server, name)| (server.to_owned(), name.to_owned())).unwrap();
        // On its own thread, because the test's runtime is shutting down.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(pool) = sqlx::PgPool::connect(&format!("{server}/postgres")).await {
                    drop(sqlx::query(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&pool).await);
                }
            });
        });
        drop(dropping.join());
    }
}

fn postgres_server() -> String {
    std::env::var("LINNET_TEST_POSTGRES")
        .expect("LINNET_TEST_POSTGRES=postgres://USER@HOST:PORT must name a server for tests; `cargo xtask test` starts one")
        .trim_end_matches('/')
        .to_owned()
}

/// `both_dbs!(name, …)`: each of these `async fn name(db: &TestDb)` is two tests, `name::sqlite` and `name::postgres`.
macro_rules! both_dbs {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(&$crate::common::TestDb::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(&$crate::common::TestDb::postgres().await).await;
            }
        }
    )+};
}

/// As `both_dbs!`, each without and with RabbitMQ: four tests.
macro_rules! carriers {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use $crate::common::TestDb;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(&TestDb::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(&TestDb::postgres().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_rabbitmq() {
                super::$name(&TestDb::sqlite().await.with_broker()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres_rabbitmq() {
                super::$name(&TestDb::postgres().await.with_broker()).await;
            }
        }
    )+};
}
