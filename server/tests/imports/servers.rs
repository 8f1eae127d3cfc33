//! Several servers, several imports, and a full disk.

use super::*;
use crate::common::{TestDb, leads::account_of};
use domain::{ActorRef, UserId, imports::ImportProgress};
use server::background::Background;
use std::sync::Mutex;

fn people(rows: usize) -> Vec<u8> {
    let rows = (0..rows).map(|at| format!("Person {at},p{at}@b.example\n"));
    std::iter::once("name,email\n".to_owned()).chain(rows).collect::<String>().into_bytes()
}

both_dbs!(
    another_server_takes_over_what_a_killed_one_left,
    a_living_server_keeps_its_import,
    one_import_does_not_keep_others_waiting,
    a_paused_import_goes_on_by_a_press
);

async fn another_server_takes_over_what_a_killed_one_left(db: &TestDb) {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // On SQLite, servers share a machine and therefore the folder.
    let other = if db.url.starts_with("sqlite") { one.path().to_owned() } else { two.path().to_owned() };
    let (url, folder, file) = (db.url.clone(), one.path().to_owned(), one.path().join("people.csv"));
    std::fs::write(&file, people(400)).unwrap();
    let lease = Duration::from_secs(1);
    let (told, batches) = mpsc::channel();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    server.spawn(async move {
        let store = Store::open(&url, std::sync::Arc::new(server::clock::SystemClock)).await.unwrap();
        let imports = Imports::new(store.clone(), Hub::start(store), folder).with_batch_rows(30).with_lease(lease);
        let stop = |progress: &ImportProgress| {
            told.send(progress.id).unwrap();
            if progress.counts.rows >= 150 {
                assert!(held.lock().unwrap().recv().is_err());
            }
        };
        drop(imports.import_file(&Actor::system(), &file, ImportOptions::default(), stop).await);
    });
    let id = tokio::task::spawn_blocking(move || (0..5).fold(None, |_, _| batches.recv().ok()).unwrap()).await.unwrap();
    server.shutdown_background();
    let mut house = House::open(db, &other, 30).await;
    house.imports = house.imports.with_lease(lease);
    house.imports.resume().await.unwrap();
    let import = house.over(id).await;
    assert_eq!((import.status, counts(&import)), (ImportStatus::Completed, [400, 400, 0, 0, 0]));
    assert_eq!(house.leads().await.len(), 400);
    house.imports.shutdown().await;
    drop(release);
}

async fn a_living_server_keeps_its_import(db: &TestDb) {
    let temporary = tempfile::tempdir().unwrap();
    let first = House::open(db, temporary.path(), 10).await;
    let second = House::open(db, temporary.path(), 10).await;
    let me = Actor { who: ActorRef::User { id: UserId(first.store.clock.id()), name: "Mia".to_owned() }, ..Actor::system() };
    account_of(&first.store, &me).await;
    let id = first.upload("a.csv", &people(300)).await.unwrap().id;
    let mut feed = first.store.feed();
    first.imports.start(&me, id, ImportOptions::default()).await.unwrap();
    second.imports.resume().await.unwrap();
    assert_eq!(counts(&first.over(id).await), [300, 300, 0, 0, 0]);
    loop {
        let change = tokio::time::timeout(Duration::from_secs(20), feed.recv()).await.unwrap().unwrap();
        if change.op == Op::Bulk {
            assert_eq!(change.who, me.who);
            break;
        }
    }
    second.imports.shutdown().await;
}

async fn one_import_does_not_keep_others_waiting(db: &TestDb) {
    let house = House::new(db).await;
    let file = house.folder.parent().unwrap().join("slow.csv");
    std::fs::write(&file, people(5)).unwrap();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let (imports, began) = (house.imports.clone(), tokio::sync::Notify::new());
    let began = std::sync::Arc::new(began);
    let begun = began.clone();
    let slow = tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(async move {
            let hold = |_: &ImportProgress| {
                begun.notify_one();
                assert!(held.lock().unwrap().recv().is_err());
            };
            imports.import_file(&Actor::system(), &file, ImportOptions::default(), hold).await.unwrap()
        })
    });
    began.notified().await;
    let other = house.import("b.csv", b"name,email\nAna,ana@b.example\n", ImportOptions::default()).await;
    assert_eq!((other.status, counts(&other)[1]), (ImportStatus::Completed, 1));
    drop(release);
    assert_eq!(slow.await.unwrap().status, ImportStatus::Completed);
}

async fn a_paused_import_goes_on_by_a_press(db: &TestDb) {
    let house = House::new(db).await;
    let system = Actor::system();
    let id = house.upload("a.csv", &people(5_000)).await.unwrap().id;
    if db.url.starts_with("sqlite") {
        // Space for the first batch.
        let count = "SELECT page_count FROM pragma_page_count()";
        let (pages,) = house.store.read(move |conn| Box::pin(conn.one::<(i64,)>(sql(count)))).await.unwrap();
        house.run_any(Box::leak(format!("PRAGMA max_page_count = {}", pages + 20).into_boxed_str())).await;
        house.imports.start(&system, id, ImportOptions::default()).await.unwrap();
        let paused = house.until(id, ImportStatus::Paused).await;
        assert!(paused.error.as_deref().is_some_and(|error| error.contains("disk is full")), "{:?}", paused.error);
        assert!(paused.counts.rows < 5_000);
        house.run_any("PRAGMA max_page_count = 1000000").await;
    } else {
        // The state after a full disk.
        house.run("UPDATE import SET status = 'paused', started_at = 1, error = 'The disk is full'").await;
    }
    assert!(matches!(house.imports.undo(&system, id).await, Err(Error::Conflict(_))));
    let going = house.imports.go_on(&system, id).await.unwrap();
    assert_eq!((going.status, going.error), (ImportStatus::Running, None));
    assert_eq!(counts(&house.over(id).await), [5_000, 5_000, 0, 0, 0]);
    assert!(matches!(house.imports.go_on(&system, id).await, Err(Error::Conflict(_))));
}
