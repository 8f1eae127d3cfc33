//! The store: one way to write, a dense log, no partial writes.

use crate::common::TestDb;
use domain::{Actor, Change, Error, Record, change::Set};
use server::store::{Store, log, sql};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;

fn set(what: &str) -> Record {
    Record::Set(Set::of_leads(what.to_owned(), 0))
}

async fn write(store: &Store, key: String, fail: bool) -> domain::Result<()> {
    store
        .write(&Actor::system(), move |tx| {
            Box::pin(async move {
                tx.run(sql("INSERT INTO meta (key, value) VALUES ($1, 'x')").bind(key.as_str())).await?;
                tx.created(set(&key));
                if fail { Err(Error::Conflict("asked to fail".to_owned())) } else { Ok(()) }
            })
        })
        .await
}

async fn next(feed: &mut broadcast::Receiver<Arc<Change>>) -> Arc<Change> {
    tokio::time::timeout(Duration::from_secs(20), feed.recv()).await.expect("a change in time").expect("an open feed")
}

both_dbs!(
    concurrent_writes_give_a_dense_log_and_failures_leave_nothing,
    a_read_that_its_caller_gave_up_leaves_no_transaction_behind,
    two_programs_on_one_database_make_one_log_and_hear_of_each_other,
    a_panic_in_a_write_is_rolled_back_and_the_next_one_works,
    a_reopened_store_goes_on_where_the_log_ended,
    pruning_keeps_the_head
);

async fn concurrent_writes_give_a_dense_log_and_failures_leave_nothing(db: &TestDb) {
    let store = db.open().await;
    let mut feed = store.feed();
    let writes = (0..200).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { write(&store, format!("key-{n}"), n % 10 == 3).await })
    });
    let mut failed = 0;
    for done in futures::future::join_all(writes).await {
        failed += usize::from(done.unwrap().is_err());
    }
    assert_eq!(failed, 20);
    for expected in 1..=180 {
        assert_eq!(next(&mut feed).await.seq, Some(expected));
    }
    let snapshot = store
        .snapshot(|conn| Box::pin(async move { conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM meta WHERE key LIKE 'key-%'")).await }))
        .await
        .unwrap();
    assert_eq!((snapshot.as_of, snapshot.data.0, snapshot.pending.len()), (180, 180, 0));
    let logged = store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 1_000))).await.unwrap();
    assert_eq!(logged.len(), 180);
    store.close().await;
}

async fn a_read_that_its_caller_gave_up_leaves_no_transaction_behind(db: &TestDb) {
    const COUNT: &str = "SELECT COUNT(*) FROM meta WHERE key LIKE 'key-%'";
    let store = db.open().await;
    for written in 1..=60 {
        // Cancel the read a little later each time: waiting for a connection, in BEGIN, in a statement, in COMMIT.
        for polls in 0..24 {
            let read = store.snapshot(|conn| Box::pin(async move { conn.one::<(i64,)>(sql(COUNT)).await }));
            tokio::select! {
                biased;
                () = async { for _ in 0..polls { tokio::task::yield_now().await } } => {}
                read = read => { read.unwrap(); }
            }
        }
        write(&store, format!("key-{written}"), false).await.unwrap();
        // One read per connection: none may show an older snapshot.
        let reads = (0..16).map(|_| store.read(|conn| Box::pin(async move { conn.one::<(i64,)>(sql(COUNT)).await })));
        for read in futures::future::join_all(reads).await {
            assert_eq!(read.unwrap().0, written);
        }
    }
    store.close().await;
}

async fn two_programs_on_one_database_make_one_log_and_hear_of_each_other(db: &TestDb) {
    let (server, command) = (db.open().await, db.open().await);
    let mut feed = server.feed();
    for turn in 0..3 {
        write(&command, format!("command-{turn}"), false).await.unwrap();
        write(&server, format!("server-{turn}"), false).await.unwrap();
    }
    write(&command, "last".to_owned(), false).await.unwrap();
    let mut heard = Vec::new();
    for expected in 1..=7 {
        let change = next(&mut feed).await;
        assert_eq!(change.seq, Some(expected));
        let Some(Record::Set(set)) = &change.after else { panic!("{change:?}") };
        heard.push(set.what.clone());
    }
    assert_eq!(heard, ["command-0", "server-0", "command-1", "server-1", "command-2", "server-2", "last"]);
    command.close().await;
    server.close().await;
}

async fn a_panic_in_a_write_is_rolled_back_and_the_next_one_works(db: &TestDb) {
    let store = db.open().await;
    let panicking = store.clone();
    let outcome = tokio::spawn(async move {
        panicking
            .write(&Actor::system(), |tx| {
                Box::pin(async move {
                    tx.run(sql("INSERT INTO meta (key, value) VALUES ('half', 'x')")).await?;
                    assert!(tx.now().0 == 0, "as asked");
                    Ok(())
                })
            })
            .await
    })
    .await;
    assert!(!matches!(outcome, Ok(Ok(()))));
    write(&store, "half".to_owned(), false).await.unwrap();
    store.close().await;
}

async fn a_reopened_store_goes_on_where_the_log_ended(db: &TestDb) {
    let store = db.open().await;
    let mut feed = store.feed();
    write(&store, "one".to_owned(), false).await.unwrap();
    next(&mut feed).await;
    let epoch = store.read(|conn| Box::pin(log::epoch(conn))).await.unwrap();
    store.close().await;
    assert!(write(&store, "closed".to_owned(), false).await.is_err());

    let store = db.open().await;
    let mut feed = store.feed();
    write(&store, "two".to_owned(), false).await.unwrap();
    let change = next(&mut feed).await;
    assert_eq!((change.seq, change.after.clone()), (Some(2), Some(set("two"))));
    assert_eq!(store.read(|conn| Box::pin(log::epoch(conn))).await.unwrap(), epoch);
    store.close().await;
}

async fn pruning_keeps_the_head(db: &TestDb) {
    let store = db.open().await;
    let mut feed = store.feed();
    for n in 0..5 {
        write(&store, format!("n{n}"), false).await.unwrap();
        next(&mut feed).await;
    }
    assert_eq!(server::prune::prune(&store, domain::Timestamp(i64::MAX)).await.unwrap(), 4);
    let kept = store.read(|conn| Box::pin(conn.one::<(i64, i64)>(sql("SELECT MIN(seq), MAX(seq) FROM change")))).await.unwrap();
    assert_eq!(kept, (5, 5));
    store.close().await;
}

/// Two servers on one Postgres: each sees the changes of both, in one order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_one_postgres_see_one_order() {
    let db = TestDb::postgres().await;
    let nodes = [db.open().await, db.open().await];
    let mut feeds = nodes.each_ref().map(Store::feed);
    let writes = (0..100).map(|n| {
        let store = nodes[n % 2].clone();
        tokio::spawn(async move { write(&store, format!("key-{n}"), false).await })
    });
    for done in futures::future::join_all(writes).await {
        done.unwrap().unwrap();
    }
    for expected in 1..=100 {
        let [first, second] = &mut feeds;
        let (first, second) = (next(first).await, next(second).await);
        assert_eq!(first.seq, Some(expected));
        assert_eq!(first, second);
    }
    // The sequencer's node stops; the other node becomes the sequencer.
    let [first, second] = nodes;
    first.close().await;
    write(&second, "after".to_owned(), false).await.unwrap();
    assert_eq!(next(&mut feeds[1]).await.seq, Some(101));
    second.close().await;
}
