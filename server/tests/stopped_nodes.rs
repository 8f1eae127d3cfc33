//! Postgres, when one node stands still: the others go on. A connection of the test stands for the node.

use crate::common::{
    TestDb,
    leads::{edit, member, new_lead, service, settled},
};
use domain::{Error, leads::LeadQuery, services::LeadService};
use server::store::Store;
use sqlx::{Connection, PgConnection};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// The key of the sequencer's lock.
const SEQUENCER: i64 = 0x6c69_6e6e_6574;
/// Time limit of what takes 12 s, under load.
const SOON: Duration = Duration::from_secs(30);
/// Longer than a change may go without a number.
const LONG: Duration = Duration::from_secs(13);

async fn connection(db: &TestDb, statements: &[&'static str]) -> PgConnection {
    let mut conn = PgConnection::connect(&db.url).await.unwrap();
    for text in statements {
        sqlx::query(*text).execute(&mut conn).await.unwrap();
    }
    conn
}

/// A connection that has the sequencer's lock and numbers nothing, and a store.
async fn behind_a_stopped_sequencer(db: &TestDb) -> (PgConnection, Store, server::leads::Leads) {
    let mut stopped = connection(db, &[]).await;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(SEQUENCER).execute(&mut stopped).await.unwrap();
    let (store, leads) = service(db).await;
    (stopped, store, leads)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_numbers_changes_when_the_one_that_should_does_not() {
    let db = TestDb::postgres().await;
    let (mut stopped, store, leads) = behind_a_stopped_sequencer(&db).await;
    let mut feed = store.feed();
    leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    timeout(SOON, feed.recv()).await.expect("the change in time").unwrap();
    assert!(stopped.ping().await.is_err(), "its session was ended");
    leads.create(&member(), new_lead("Bo", "bo@b.example")).await.unwrap();
    timeout(SOON, settled(&store)).await.expect("and the next change");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_numbers_changes_is_left_alone() {
    let db = TestDb::postgres().await;
    let (mut idle, store, leads) = behind_a_stopped_sequencer(&db).await;
    // Each change waits for a number, but none of them for long.
    let number = "UPDATE change SET seq = (SELECT COALESCE(MAX(seq), 0) + 1 FROM change) WHERE pos = (SELECT MIN(pos) FROM change WHERE seq IS NULL)";
    let began = Instant::now();
    for n in 0.. {
        leads.create(&member(), new_lead("Ana", &format!("ana{n}@b.example"))).await.unwrap();
        if n > 0 {
            sqlx::query(number).execute(&mut idle).await.expect("its session lives");
        }
        if began.elapsed() > LONG {
            break;
        }
        sleep(Duration::from_millis(500)).await;
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_not_ready_while_changes_get_no_number() {
    let db = TestDb::postgres().await;
    let (_stopped, store, leads) = behind_a_stopped_sequencer(&db).await;
    leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    assert_eq!(store.answers().await, Ok(()));
    // Whoever takes over waits for this row.
    let row = connection(&db, &["BEGIN", "SELECT 1 FROM change WHERE seq IS NULL FOR UPDATE"]).await;
    let refused = timeout(SOON, async {
        loop {
            if let Err(error) = store.answers().await {
                return error;
            }
            sleep(Duration::from_millis(200)).await;
        }
    });
    assert!(matches!(refused.await.expect("in time"), Error::Unavailable(text) if text.starts_with("Changes are saved")));
    row.close().await.unwrap();
    let ready = timeout(SOON, async {
        settled(&store).await;
        while store.answers().await.is_err() {
            sleep(Duration::from_millis(200)).await;
        }
    });
    ready.await.expect("ready again");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_go_on_while_writes_wait_for_a_row_and_are_refused() {
    let db = TestDb::postgres().await;
    let (store, leads) = service(&db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let stopped = connection(&db, &["BEGIN", "SELECT 1 FROM lead FOR UPDATE"]).await;
    let writes: Vec<_> = (0..30)
        .map(|score| {
            let leads = leads.clone();
            tokio::spawn(async move { leads.update(&member(), lead.id, edit(|set| set.score = Some(score))).await })
        })
        .collect();
    let mut watching = connection(&db, &[]).await;
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_as::<_, (i64,)>(waiting).fetch_one(&mut watching).await.unwrap().0 < 10 {
        sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..5 {
        let (actor, query) = (member(), LeadQuery::default());
        assert_eq!(timeout(Duration::from_secs(5), leads.list(&actor, &query)).await.expect("a read in time").unwrap().data.leads.len(), 1);
    }
    for write in writes {
        let refused = timeout(Duration::from_mins(1), write).await.expect("an answer though the row stays locked").unwrap();
        assert!(matches!(&refused, Err(Error::Unavailable(text)) if text.contains("nothing was changed. Try again")), "{refused:?}");
    }
    stopped.close().await.unwrap();
    leads.update(&member(), lead.id, edit(|set| set.score = Some(1))).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_ends_what_stands_still_and_jit_is_off() {
    let db = TestDb::postgres().await;
    let (store, _leads) = service(&db).await;
    let settings = store
        .write(&member(), |tx| {
            Box::pin(async move {
                let text = "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('lock_timeout'), current_setting('jit')";
                tx.one::<(String, String, String)>(server::store::sql(text)).await
            })
        })
        .await
        .unwrap();
    assert_eq!(settings, ("30s".to_owned(), "10s".to_owned(), "off".to_owned()));
    store.close().await;
}
