//! Backup and restore: complete copies, and after a restore no stale page and no ended session is accepted.

use crate::common::{
    TestDb,
    leads::{new_lead, settled},
    live_client::LiveClient,
    server::{PASSWORD, TestServer, json},
};
use domain::{Actor, Error, Result, Role, services::LeadService};
use server::{
    clock::{SharedClock, SystemClock},
    leads::Leads,
    live::Hub,
    served,
    store::{Store, log, restore, sql},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

async fn restore(file: &Path, target: &Path, force: bool, clock: SharedClock) -> Result<restore::Restored> {
    restore::restore(file, target, force, clock, served::ENDS).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

async fn add(store: &Store, name: &str) {
    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    leads.create(&Actor::system(), new_lead(name, &format!("{name}@example.com"))).await.unwrap();
    settled(store).await;
}

async fn count(store: &Store) -> i64 {
    store.read(|conn| Box::pin(async move { conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM lead")).await })).await.unwrap().0
}

async fn epoch(store: &Store) -> domain::Epoch {
    store.read(|conn| Box::pin(log::epoch(conn))).await.unwrap()
}

fn file_of(db: &TestDb) -> PathBuf {
    db.url.strip_prefix("sqlite://").unwrap().into()
}

/// Copies a closed database file by hand, without `restore`.
fn copy(from: &Path, to: &Path) {
    drop(fs::remove_file(to.with_extension("db-wal")));
    drop(fs::remove_file(to.with_extension("db-shm")));
    fs::copy(from, to).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_restored_whole_and_nothing_else_is() {
    let db = TestDb::sqlite().await;
    let file = file_of(&db);
    let folder = file.parent().unwrap().to_owned();
    let store = db.open().await;
    add(&store, "ana").await;
    let first = epoch(&store).await;
    let backup = folder.join("backup.db");
    store.backup(backup.to_str().unwrap()).await.unwrap();
    assert_eq!(mode(&backup), 0o600);
    let again = store.backup(backup.to_str().unwrap()).await;
    assert!(again.unwrap_err().to_string().contains("exists already"));
    assert!(store.backup(folder.join("nowhere/backup.db").to_str().unwrap()).await.is_err());
    add(&store, "ben").await;

    let clock = || Arc::new(SystemClock);
    assert!(
        matches!(restore(&backup, &file, false, clock()).await, Err(Error::Conflict(why)) if why.contains("--force") && why.contains(file.to_str().unwrap()))
    );
    let used = restore(&backup, &file, true, clock()).await.map(|_| ());
    assert!(matches!(&used, Err(Error::Conflict(why)) if why.contains("open")), "a server has it: {used:?}");
    assert_eq!(count(&store).await, 2);
    store.close().await;

    // A file that is not a complete Linnet database is rejected without any change.
    let bad = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let whole = fs::read(&backup).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[4_096..middle].fill(0x5a);
    let other = folder.join("other.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}?mode=rwc", other.display())).await.unwrap();
    sqlx::query("CREATE TABLE lead (id)").execute(&pool).await.unwrap();
    pool.close().await;
    let newer = folder.join("newer.db");
    fs::write(&newer, &whole).unwrap();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", newer.display())).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'x', TRUE, x'00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let mut foreign = Vec::new();
    for (at, (object, made)) in [
        ("trigger extra", "CREATE TRIGGER extra AFTER INSERT ON lead BEGIN DELETE FROM change; END"),
        ("view extra", "CREATE VIEW extra AS SELECT * FROM account"),
        ("table extra", "CREATE TABLE extra (id)"),
        ("index extra", "CREATE INDEX extra ON lead (email)"),
        // Our own, changed or taken away.
        ("index profile_owner", "DROP INDEX profile_owner; CREATE INDEX profile_owner ON profile (id)"),
        ("index campaign_summary", "DROP INDEX campaign_summary"),
        ("table profile", "ALTER TABLE profile ADD COLUMN extra TEXT DEFAULT 'x'"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = bad(&format!("with-{at}.db"), &whole);
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::raw_sql(made).execute(&pool).await.unwrap();
        pool.close().await;
        let refused = restore(&path, &file, true, clock()).await.map(|_| ()).unwrap_err();
        assert!(format!("{refused:?}").contains(object), "{refused:?}");
        foreign.push(path);
    }
    fs::set_permissions(&other, fs::Permissions::from_mode(0o644)).unwrap();
    let served = Store::open(&format!("sqlite://{}", other.display()), clock()).await.map(|_| ());
    assert!(matches!(&served, Err(Error::Invalid(errors)) if errors[0].message.contains("another program")), "{served:?}");
    assert_eq!(mode(&other), 0o644, "another's file stays as it is");
    for wrong in [
        bad("text.csv", b"name,email\n"),
        bad("empty.db", b""),
        bad("cut.db", &whole[..whole.len() / 2]),
        bad("damaged.db", &damaged),
        other,
        newer,
        foreign.remove(0),
        folder.join("nowhere.db"),
        folder.clone(),
        file.clone(),
    ] {
        let refused = restore(&wrong, &file, true, clock()).await.map(|_| ());
        let Err(Error::Invalid(errors)) = &refused else { panic!("{}: {refused:?}", wrong.display()) };
        assert!(errors[0].field == "file" && errors[0].message.contains(wrong.to_str().unwrap()), "{errors:?}");
    }
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().contains("restoring"))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    let restored = restore(&backup, &file, true, clock()).await.unwrap();
    let kept = restored.kept.unwrap();
    assert_eq!((mode(&file), mode(&kept)), (0o600, 0o600));
    let store = db.open().await;
    assert_eq!(count(&store).await, 1);
    assert_ne!(epoch(&store).await, first);
    add(&store, "cleo").await;
    store.close().await;
    let before = Store::open_existing(&format!("sqlite://{}", kept.display()), clock()).await.unwrap();
    assert_eq!(count(&before).await, 2, "nothing is lost");
    before.close().await;

    // To a new path, in a folder that does not exist yet.
    let fresh = folder.join("new/place/linnet.db");
    assert!(restore(&backup, &fresh, false, clock()).await.unwrap().kept.is_none());
    assert_eq!((mode(&fresh), mode(fresh.parent().unwrap())), (0o600, 0o700));
    let store = Store::open_existing(&format!("sqlite://{}", fresh.display()), clock()).await.unwrap();
    assert_eq!(count(&store).await, 1);
    store.close().await;
    // A damaged database can be replaced too, and is kept unchanged.
    fs::write(&fresh, &damaged).unwrap();
    let kept = restore(&backup, &fresh, true, clock()).await.unwrap().kept.unwrap();
    assert_eq!(fs::read(kept).unwrap(), damaged);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_put_back_by_hand_is_noticed_at_the_next_start() {
    let db = TestDb::sqlite().await;
    let file = file_of(&db);
    let copied = file.with_file_name("copy.db");
    let server = TestServer::start(&db).await;
    let browser = server.signed_in("ana@example.com", Role::Admin).await;
    let first = epoch(&server.server.app.store).await;
    let server = server.restart().await;
    assert_eq!(epoch(&server.server.app.store).await, first, "a restart is no restore");
    add(&server.server.app.store, "ana").await;
    let invited = domain::accounts::Invite { email: "ida@example.com".to_owned(), name: "Ida".to_owned(), role: Role::Member };
    let link = server.server.app.services.accounts.invite(&Actor::system(), invited).await.unwrap();
    assert!(server.server.app.services.accounts.linked(&link.secret).await.unwrap().is_some());
    server.server.app.store.backup(copied.to_str().unwrap()).await.unwrap();
    add(&server.server.app.store, "ben").await;
    let server = server.restart().await;
    assert_eq!(epoch(&server.server.app.store).await, first);
    assert_eq!(browser.get(server.url("/api/leads")).send().await.unwrap().status(), 200);
    let server = server.restart_after(|| copy(&copied, &file)).await;
    let second = epoch(&server.server.app.store).await;
    assert_ne!(second, first);
    assert_eq!(browser.get(server.url("/api/leads")).send().await.unwrap().status(), 401, "a session may have been ended since");
    assert!(server.server.app.services.accounts.linked(&link.secret).await.unwrap().is_none(), "and so may a link");
    add(&server.server.app.store, "cleo").await;
    let server = server.restart().await;
    assert_eq!(epoch(&server.server.app.store).await, second, "once");

    // An old copy again, then written to until its log has the same length: other changes with the same `seq`.
    let server = server.restart_after(|| copy(&copied, &file)).await;
    let third = epoch(&server.server.app.store).await;
    assert!(third != first && third != second, "a copy with an epoch from before the last one");
    server.server.app.store.backup(file.with_file_name("third.db").to_str().unwrap()).await.unwrap();
    add(&server.server.app.store, "dora").await;
    server.stop().await;
    copy(&file.with_file_name("third.db"), &file);
    let command = Store::open_existing(&db.url, Arc::new(SystemClock)).await.unwrap();
    for name in ["eva", "fred", "gina"] {
        add(&command, name).await;
    }
    command.close().await;
    let server = TestServer::start(&db).await;
    let fourth = epoch(&server.server.app.store).await;
    assert_ne!(fourth, third);

    // A copy without its mark: pages read again, to be safe, but sessions stay.
    let done = server.sign_in(&browser, "ana@example.com", PASSWORD).await;
    assert_eq!(done.status(), 303);
    let server = server.restart_after(|| fs::remove_file(file.with_extension("db-served")).unwrap()).await;
    assert_ne!(epoch(&server.server.app.store).await, fourth);
    assert_eq!(browser.get(server.url("/api/leads")).send().await.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_put_back_is_noticed_too() {
    let db = TestDb::postgres().await;
    let server = TestServer::start(&db).await;
    let browser = server.signed_in("ana@example.com", Role::Admin).await;
    add(&server.server.app.store, "ana").await;
    let first = epoch(&server.server.app.store).await;
    let server = server.restart().await;
    assert_eq!(epoch(&server.server.app.store).await, first);
    // Another node with its own folder has no mark of what was served.
    let other = TestServer::start(&db).await;
    assert_eq!(epoch(&other.server.app.store).await, first);
    assert_eq!(browser.get(other.url("/api/leads")).send().await.unwrap().status(), 200);
    other.stop().await;

    // The whole machine was restored: the same tables, without the newest changes.
    let store = server.server.app.store.clone();
    add(&store, "ben").await;
    let head = store.read(|conn| Box::pin(log::head(conn))).await.unwrap();
    let marked = async {
        while server.newest_mark() != Some(head) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), marked).await.expect("what was served is marked");
    store
        .write(&Actor::system(), |tx| {
            Box::pin(async move { tx.run(sql("DELETE FROM change WHERE seq = (SELECT MAX(seq) FROM change)")).await })
        })
        .await
        .unwrap();
    assert!(head > store.read(|conn| Box::pin(log::head(conn))).await.unwrap());
    let server = server.restart_uncleanly().await;
    let second = epoch(&server.server.app.store).await;
    assert_ne!(second, first);
    assert_eq!(browser.get(server.url("/api/leads")).send().await.unwrap().status(), 401);

    // A dump was loaded: the same rows in new tables. Detected by the tables' identity, whatever the marks say.
    let store = server.server.app.store.clone();
    for text in
        ["ALTER TABLE meta RENAME TO meta_before", "CREATE TABLE meta AS TABLE meta_before", "ALTER TABLE meta ADD PRIMARY KEY (key)"]
    {
        store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(sql(text)).await })).await.unwrap();
    }
    let server = server.restart().await;
    assert_ne!(epoch(&server.server.app.store).await, second);
    let third = epoch(&server.server.app.store).await;
    let server = server.restart().await;
    assert_eq!(epoch(&server.server.app.store).await, third, "once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_are_for_nobody_else_on_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    let db = data.join("linnet.db");
    let store = Store::open(&format!("sqlite://{}", db.display()), Arc::new(SystemClock)).await.unwrap();
    add(&store, "ana").await;
    for file in ["linnet.db", "linnet.db-wal", "linnet.db-shm"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert_eq!((mode(&data), mode(data.parent().unwrap())), (0o700, 0o700));
    store.close().await;
    // An existing database file loses access for others; an existing folder keeps its permissions.
    fs::set_permissions(&db, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o750)).unwrap();
    let store = Store::open_existing(&format!("sqlite://{}", db.display()), Arc::new(SystemClock)).await.unwrap();
    assert_eq!((mode(&db), mode(&data)), (0o600, 0o750));
    store.close().await;

    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let client = server.key(Role::Admin).await;
    let upload = client.post(server.url("/api/imports")).header("content-type", "text/csv").body("name,email\nAna,ana@example.com\n");
    let upload = json(upload.send().await.unwrap()).await;
    let files = server.files();
    assert!(files.iter().any(|file| file.to_string_lossy().contains("imports/")), "{files:?} {upload}");
    for file in files {
        assert_eq!(mode(&file), if file.is_dir() { 0o700 } else { 0o600 }, "{}", file.display());
    }
    assert_eq!(mode(&file_of(&db).with_extension("db-served")), 0o600);
    server.stop().await;
}

both_dbs!(only_serving_makes_a_database);

async fn only_serving_makes_a_database(db: &TestDb) {
    let missing = Store::open_existing(&db.url, Arc::new(SystemClock)).await.map(|_| ());
    let Err(Error::Invalid(errors)) = missing else { panic!("made one") };
    assert_eq!(errors[0].field, "database");
    if let Some(file) = db.url.strip_prefix("sqlite://") {
        assert!(errors[0].message.contains(file) && !Path::new(file).exists());
    }
    db.open().await.close().await;
    Store::open_existing(&db.url, Arc::new(SystemClock)).await.unwrap().close().await;
}

both_dbs!(a_page_that_saw_what_is_gone_starts_anew);

async fn a_page_that_saw_what_is_gone_starts_anew(db: &TestDb) {
    let server = TestServer::start(db).await;
    let key = server.secret(Role::Viewer).await;
    add(&server.server.app.store, "ana").await;
    let real = epoch(&server.server.app.store).await;
    let head = server.server.app.store.read(|conn| Box::pin(log::head(conn))).await.unwrap();
    let connect = |epoch, since| {
        let (url, key) = (server.live_url(), key.clone());
        async move { LiveClient::connect_since(&url, &key, epoch, since).await }
    };
    for epoch in [Some(real), None] {
        assert_eq!(connect(epoch, Some(head)).await.epoch, real);
        assert_eq!(connect(epoch, None).await.epoch, real);
        // Even without a mark: the whole disk was restored.
        assert!(connect(epoch, Some(head + 1)).await.epoch.0.is_nil(), "it was shown a change that is not there");
    }
    server.stop().await;
}

fn linnet(folder: &Path, arguments: &[&str]) -> Output {
    let bin = std::env::var_os("CARGO_BIN_EXE_linnet").map_or_else(|| env!("CARGO_BIN_EXE_linnet").into(), PathBuf::from);
    Command::new(bin).args(arguments).current_dir(folder).env_remove("LINNET_DATABASE").env("RUST_LOG", "error").output().unwrap()
}

#[test]
fn commands_on_a_mistyped_path_name_it_and_make_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for command in [
        &["backup", "copy.db"][..],
        &["user", "add", "a@b.example", "--name", "A", "--password-stdin"],
        &["key", "add", "x"],
        &["demo"],
        &["import", "leads", "x.csv"],
        &["doctor"],
    ] {
        for place in [&["--database", "sqlite://typo/linnet.db"][..], &["--data", "typo"], &["--database", "sqlite://typo.db"]] {
            let output = linnet(at, &[command, place].concat());
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains("typo"), "{command:?} {place:?}: {said}");
            let left: Vec<_> = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert!(left.is_empty(), "{command:?} {place:?} left {left:?}");
        }
    }
    let ok = |arguments: &[&str]| {
        let output = linnet(at, arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !told.contains("ERROR"), "{arguments:?}: {told}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    ok(&["migrate"]);
    assert_eq!((mode(&at.join("linnet-data")), mode(&at.join("linnet-data/linnet.db"))), (0o700, 0o600));
    fs::write(at.join("people.csv"), "name,email\nAna,ana@people.example\nBo,no address\n").unwrap();
    let said = ok(&["import", "leads", "people.csv"]);
    assert!(said.contains("1 rejected") && said.contains("Line 3, email: "), "{said}");
    fs::write(at.join("orders.csv"), "order,customer,date,amount\no1,c1,2026-11-21,5\no2,c1,soon,5\n").unwrap();
    let said = ok(&["import", "orders", "orders.csv"]);
    for told in ["1 new orders", "1 of them wait", "0 rows of orders that were there", "1 rows rejected", "Line 3, date: "] {
        assert!(said.contains(told), "{told}: {said}");
    }
    ok(&["key", "add", "x"]);
    ok(&["backup", "copy.db"]);
    assert!(!linnet(at, &["restore", "copy.db"]).status.success(), "there is one");
    let said = ok(&["restore", "copy.db", "--force"]);
    assert!(said.contains("kept as") && said.contains("revoked since: 1") && said.contains("signs in again"), "{said}");
    ok(&["user", "list"]);
    ok(&["key", "list"]);
    let doctor = linnet(at, &["doctor"]);
    assert_eq!(String::from_utf8_lossy(&doctor.stderr), "");
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(doctor.contains("ok    database") && doctor.contains("ok    disk"), "{doctor}");
}
