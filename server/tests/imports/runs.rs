//! Cancel, restarts, undo, permissions.

use super::*;
use crate::common::TestDb;
use crate::common::leads::{account, member, member_of};
use domain::{ActorRef, ApiKeyId};
use server::background::Background;
use sqlx::{Connection, PgConnection};

/// A short lease, so that a killed job is resumed quickly.
const LEASE: Duration = Duration::from_millis(900);

both_dbs!(
    undo_leaves_what_people_edited_since,
    large_leads_are_merged_and_restored_part_by_part,
    undo_keeps_and_names_people_worked_on_since,
    one_import_is_one_change_of_leads,
    a_stopped_import_keeps_what_it_wrote_until_undone,
    a_killed_server_goes_on_where_it_was,
    a_start_sweeps_what_nobody_waits_for_and_nothing_else,
    an_import_goes_on_only_while_its_actor_may,
    an_import_is_taken_over_for_its_actor,
    who_may_do_what_and_when
);

async fn undo_leaves_what_people_edited_since(db: &TestDb) {
    let house = House::new(db).await;
    house.import("a.csv", b"name,email,company\nAna,ana@b.example,Tern\nBo,bo@b.example,Tern\n", ImportOptions::default()).await;
    let import = house.import("b.csv", b"name,email,company\nAnna,ana@b.example,Fell\nBob,bo@b.example,Fell\n", update()).await;
    assert_eq!(counts(&import), [2, 0, 2, 0, 0]);
    house.run("UPDATE lead SET company = 'Mine', revision = revision + 1 WHERE email = 'ana@b.example'").await;
    house.run("DELETE FROM lead WHERE email = 'bo@b.example'").await;
    let undone = house.undo(import.id).await;
    let kept: Vec<_> = undone.kept.leads.iter().map(|lead| lead.email.as_str()).collect();
    assert_eq!((undone.status, undone.kept.count, kept), (ImportStatus::Undone, 1, vec!["ana@b.example"]), "and says so");
    let leads = house.leads().await;
    assert_eq!(leads.len(), 1);
    assert_eq!((leads["ana@b.example"].name.as_str(), leads["ana@b.example"].company.as_deref()), ("Ana", Some("Mine")));
    assert!(matches!(house.imports.undo(&Actor::system(), import.id).await, Err(Error::Conflict(_))));
}

async fn undo_keeps_and_names_people_worked_on_since(db: &TestDb) {
    let house = House::new(db).await;
    let system = Actor::system();
    let hub = Hub::start(house.store.clone());
    let leads = Leads::new(house.store.clone(), hub.clone());
    let campaigns = Campaigns::new(house.store.clone(), Bulks::new(house.store.clone(), hub));
    let campaign = campaigns.create(&system, named("Spring")).await.unwrap().id;
    let other = campaigns.create(&system, named("Autumn")).await.unwrap().id;
    let into = ImportOptions { campaign_id: Some(campaign), ..update() };
    // The second rows of Fay and Gus are updates by the import itself; adding a tag is no activity.
    let file = "name,email,tags\nAna,ana@b.example\nBo,bo@b.example\nCy,cy@b.example\nDi,di@b.example\nFay,fay@b.example\nFaye,fay@b.example\nGus,gus@b.example\nGus,gus@b.example,vip\n";
    let import = house.import("a.csv", file.as_bytes(), into).await;
    assert_eq!(counts(&import), [8, 6, 2, 0, 0]);
    let id = house.leads().await.into_iter().map(|(email, lead)| (email, lead.id)).collect::<BTreeMap<_, _>>();
    let edit = LeadEdit::set(LeadPatch { company: Some("Tern".into()), ..LeadPatch::default() });
    leads.update(&system, id["ana@b.example"], edit).await.unwrap();
    leads.add_note(&system, id["bo@b.example"], "called").await.unwrap();
    campaigns.enroll(&system, other, Selection::Leads(vec![id["cy@b.example"]])).await.unwrap();
    let undone = house.undo(import.id).await;
    assert_eq!(house.leads().await.into_keys().collect::<Vec<_>>(), ["ana@b.example", "bo@b.example", "cy@b.example"]);
    let names: Vec<_> = undone.kept.leads.iter().map(|lead| lead.name.as_str()).collect();
    assert_eq!((undone.status, undone.kept.count, names), (ImportStatus::Undone, 3, vec!["Ana", "Bo", "Cy"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undo_keeps_people_worked_on_while_it_waited_for_them() {
    let db = TestDb::postgres().await;
    let house = House::new(&db).await;
    let import = house.import("a.csv", b"name,email\nAna,ana@b.example\nBo,bo@b.example\n", ImportOptions::default()).await;
    // As a bulk action that gives Ana another owner.
    let mut bulk = PgConnection::connect(&db.url).await.unwrap();
    let kept = "INSERT INTO lead_image (set_id, lead_id) SELECT gen_random_uuid(), id FROM lead WHERE email = 'ana@b.example'";
    for text in ["BEGIN", "UPDATE lead SET revision = revision + 1 WHERE email = 'ana@b.example'", kept] {
        sqlx::query(text).execute(&mut bulk).await.unwrap();
    }
    house.imports.undo(&Actor::system(), import.id).await.unwrap();
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_as::<_, (i64,)>(waiting).fetch_one(&mut bulk).await.unwrap().0 < 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        // What is seen of other sessions stays the same within a transaction.
        sqlx::query("SELECT pg_stat_clear_snapshot()").execute(&mut bulk).await.unwrap();
    }
    sqlx::query("COMMIT").execute(&mut bulk).await.unwrap();
    let undone = house.over(import.id).await;
    assert_eq!((undone.status, undone.kept.count), (ImportStatus::Undone, 1));
    assert_eq!(house.leads().await.into_keys().collect::<Vec<_>>(), ["ana@b.example"]);
    bulk.close().await.unwrap();
}

async fn one_import_is_one_change_of_leads(db: &TestDb) {
    let house = House::new(db).await;
    let mut feed = house.store.feed();
    let import = house.import(HUBSPOT, &data(HUBSPOT), ImportOptions::default()).await;
    house.undo(import.id).await;
    let mut ops = Vec::new();
    while ops.len() < 8
        && let Ok(Ok(change)) = tokio::time::timeout(Duration::from_secs(3), feed.recv()).await
    {
        ops.push((change.op, change.record().map(|record| record.entity().as_str())));
    }
    let (set, row) = ((Op::Bulk, Some("set")), (Op::Update, Some("import")));
    assert_eq!(ops, [(Op::Create, Some("import")), row, set, row, row, set, row]);
}

async fn a_stopped_import_keeps_what_it_wrote_until_undone(db: &TestDb) {
    let temporary = tempfile::tempdir().unwrap();
    let house = House::open(db, temporary.path(), 1).await;
    let id = house.upload(HUBSPOT, &data(HUBSPOT)).await.unwrap().id;
    house.imports.start(&Actor::system(), id, ImportOptions::default()).await.unwrap();
    let stopped = house.imports.cancel(&Actor::system(), id).await.unwrap();
    assert_eq!(stopped.status, ImportStatus::Cancelled);
    house.imports.shutdown().await;
    let import = house.over(id).await;
    assert_eq!(import, stopped, "nothing is written after the stop");
    assert_eq!(house.leads().await.len() as i64, import.counts.created);
    assert!(import.counts.rows < 417);
    house.store.close().await;
    let house = House::open(db, temporary.path(), 1).await;
    house.imports.resume().await.unwrap();
    house.undo(id).await;
    assert_eq!(house.leads().await.len(), 0);
}

async fn a_killed_server_goes_on_where_it_was(db: &TestDb) {
    let other = if db.url.starts_with("sqlite") { TestDb::sqlite().await } else { TestDb::postgres().await };
    let whole = House::new(&other).await;
    let expected = whole.import(HUBSPOT, &data(HUBSPOT), ImportOptions::default()).await;
    let errors = whole.errors(expected.id).await;

    let temporary = tempfile::tempdir().unwrap();
    let (told, batches) = mpsc::channel();
    let (url, folder) = (db.url.clone(), temporary.path().to_owned());
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Unblocks the import's thread when the test ends.
    let (release, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    server.spawn(async move {
        let store = Store::open(&url, std::sync::Arc::new(server::clock::SystemClock)).await.unwrap();
        let imports = Imports::new(store.clone(), Hub::start(store), folder).with_batch_rows(30).with_lease(LEASE);
        let path = PathBuf::from(format!("{DATA}/{HUBSPOT}"));
        let imported = imports
            .import_file(&Actor::system(), &path, ImportOptions::default(), |progress| {
                told.send(progress.id).unwrap();
                if progress.counts.rows >= 150 {
                    assert!(held.lock().unwrap().recv().is_err());
                }
            })
            .await;
        drop(imported);
    });
    let id = tokio::task::spawn_blocking(move || (0..5).fold(None, |_, _| batches.recv().ok()).unwrap()).await.unwrap();
    server.shutdown_background();

    let house = House::open(db, temporary.path(), 30).await;
    let halfway = house.imports.get(&Actor::system(), id).await.unwrap().unwrap().data;
    assert_eq!((halfway.status, halfway.counts.rows), (ImportStatus::Running, 150));
    assert_eq!(house.leads().await.len() as i64, halfway.counts.created);
    house.imports.resume().await.unwrap();
    let import = house.over(id).await;
    assert_eq!((counts(&import), import.read, import.status), (counts(&expected), expected.read, ImportStatus::Completed));
    assert_eq!(house.errors(id).await, errors);
    let people = |leads: BTreeMap<String, Lead>| leads.into_values().map(|lead| (lead.email, lead.name, lead.custom)).collect::<Vec<_>>();
    assert_eq!(people(house.leads().await), people(whole.leads().await));
    drop(release);
}

async fn a_start_sweeps_what_nobody_waits_for_and_nothing_else(db: &TestDb) {
    let house = House::new(db).await;
    let waiting = house.upload(HUBSPOT, &data(HUBSPOT)).await.unwrap();
    let two_days_ago =
        std::time::SystemTime::UNIX_EPOCH + Duration::from_micros(house.store.clock.now().0 as u64) - Duration::from_hours(48);
    for (name, old) in [("young.csv", false), ("young.part", false), ("old.csv", true), ("old.part", true), ("old.txt", true)] {
        let file = std::fs::File::create(house.folder.join(name)).unwrap();
        if old {
            file.set_modified(two_days_ago).unwrap();
        }
    }
    house.imports.resume().await.unwrap();
    let mut kept: Vec<String> =
        std::fs::read_dir(&house.folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    kept.sort();
    let mut expected = vec![format!("{}.csv", waiting.id), "old.txt".to_owned(), "young.csv".to_owned(), "young.part".to_owned()];
    expected.sort();
    assert_eq!(kept, expected);
}

async fn an_import_goes_on_only_while_its_actor_may(db: &TestDb) {
    let house = House::new(db).await;
    let (ana, bo) = (account(&house.store, "Ana").await, account(&house.store, "Bo").await);
    house.run("UPDATE account SET role = 'viewer' WHERE name = 'Ana'").await;
    house.run("UPDATE account SET deactivated_at = 1 WHERE name = 'Bo'").await;
    let revoked = Actor { who: ActorRef::Key { id: ApiKeyId(house.store.clock.id()), name: "Website".to_owned() }, ..member() };
    for (at, ended) in [member_of(ana, "Ana"), member_of(bo, "Bo"), revoked].into_iter().enumerate() {
        let (name, system) = (ended.who.name().to_owned(), Actor::system());
        let says = |import: &Import| import.error.as_deref().is_some_and(|why| why.starts_with(&format!("{name} may no longer import")));
        let file = format!("name,email\nCy,cy{at}@b.example\nDi,di{at}@b.example\n");
        let id = house.upload("a.csv", file.as_bytes()).await.unwrap().id;
        house.imports.start(&ended, id, ImportOptions::default()).await.unwrap();
        let paused = house.until(id, ImportStatus::Paused).await;
        assert!(counts(&paused) == [0; 5] && says(&paused), "{paused:?}");
        let going = house.imports.go_on(&system, id).await.unwrap();
        assert_eq!((going.status, going.error), (ImportStatus::Running, None));
        assert_eq!(counts(&house.over(id).await), [2, 2, 0, 0, 0]);
        house.imports.undo(&ended, id).await.unwrap();
        let failed = house.over(id).await;
        assert!(failed.status == ImportStatus::Failed && says(&failed), "{failed:?}");
        assert_eq!(house.leads().await.len(), 2, "nothing is undone");
        assert_eq!(house.undo(id).await.status, ImportStatus::Undone);
        assert_eq!(house.leads().await.len(), 0);
    }
}

async fn an_import_is_taken_over_for_its_actor(db: &TestDb) {
    let temporary = tempfile::tempdir().unwrap();
    let first = House::open(db, temporary.path(), 10).await;
    let ana = member_of(account(&first.store, "Ana").await, "Ana");
    let id = first.upload("a.csv", b"name,email\nCy,cy@b.example\n").await.unwrap().id;
    first.imports.shutdown().await;
    first.imports.start(&ana, id, ImportOptions::default()).await.unwrap();
    first.run("UPDATE account SET role = 'viewer'").await;
    first.run("UPDATE import SET lease_until = 0").await;
    let second = House::open(db, temporary.path(), 10).await;
    second.imports.resume().await.unwrap();
    let paused = second.until(id, ImportStatus::Paused).await;
    assert!(paused.error.is_some_and(|why| why.starts_with("Ana may no longer import")));
    assert_eq!(second.leads().await.len(), 0);
    second.imports.shutdown().await;
}

async fn who_may_do_what_and_when(db: &TestDb) {
    let house = House::new(db).await;
    let viewer = Actor { role: Role::Viewer, ..Actor::system() };
    let id = house.upload("a.csv", b"name,email\nAna,ana@b.example\n").await.unwrap().id;
    let options = ImportOptions::default;
    let body = futures::stream::iter([Ok(Bytes::from_static(b"name,email\n"))]);
    assert!(matches!(house.imports.receive(&viewer, "a.csv", body).await, Err(Error::Forbidden(_))));
    assert!(matches!(house.imports.start(&viewer, id, options()).await, Err(Error::Forbidden(_))));
    assert_eq!(house.imports.list(&viewer).await.unwrap().data.len(), 1);
    let wrong = ImportOptions { mapping: vec![Target::Name, Target::Skip], ..options() };
    assert!(matches!(house.imports.start(&Actor::system(), id, wrong).await, Err(Error::Invalid(_))));
    assert!(matches!(house.imports.cancel(&Actor::system(), id).await, Err(Error::Conflict(_))));
    assert!(matches!(house.imports.undo(&Actor::system(), id).await, Err(Error::Conflict(_))));
    house.imports.discard(&Actor::system(), id).await.unwrap();
    assert_eq!(house.imports.get(&Actor::system(), id).await.unwrap(), None);
    assert!(matches!(house.imports.start(&Actor::system(), id, options()).await, Err(Error::NotFound { .. })));
    let done = house.import("a.csv", b"name,email\nAna,ana@b.example\n", options()).await;
    assert!(matches!(house.imports.start(&Actor::system(), done.id, options()).await, Err(Error::Conflict(_))));
    assert!(matches!(house.imports.discard(&Actor::system(), done.id).await, Err(Error::Conflict(_))));
}

async fn large_leads_are_merged_and_restored_part_by_part(db: &TestDb) {
    let house = House::new(db).await;
    let service = Leads::new(house.store.clone(), Hub::start(house.store.clone()));
    let mut file = "name,email,company\n".to_owned();
    // 10 MB, from the newest to the oldest; the last row has no lead yet.
    for n in 0..45 {
        service.create(&Actor::system(), crate::common::leads::large(&format!("l{n}@b.example"))).await.unwrap();
        file.insert_str(19, &format!("Ana,l{n}@b.example,Fell\n"));
    }
    file.push_str("New,new@b.example,Fell\n");
    let import = house.import("a.csv", file.as_bytes(), update()).await;
    assert_eq!(counts(&import), [46, 1, 45, 0, 0]);
    assert!(house.leads().await.values().all(|lead| lead.company.as_deref() == Some("Fell")));
    assert_eq!(house.undo(import.id).await.status, ImportStatus::Undone);
    let leads = house.leads().await;
    assert!(leads.len() == 45 && leads.values().all(|lead| lead.company.is_none() && lead.custom.len() == 60));
}
