//! Imports end to end through the service: real files, duplicates, undo, stops, restarts and hostile input.

use crate::common::{
    TestDb,
    campaigns::{counts as counts_of, named},
};
use bytes::Bytes;
use domain::{
    Actor, CampaignId, Error, ImportId, Result, Role,
    campaigns::CampaignAction,
    change::Op,
    imports::{Import, ImportCounts, ImportOptions, ImportStatus, OnDuplicate, Target},
    leads::{Lead, Stage, TimelineKind},
    services::{CampaignService, ImportService, LeadService},
};
use futures::StreamExt;
use serde_json::Value as Json;
use server::{
    bulk::Bulks,
    campaigns::Campaigns,
    imports::Imports,
    leads::{LEAD_COLUMNS, LeadRow, Leads},
    live::Hub,
    store::{Store, sql},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/leads");
const HUBSPOT: &str = "hubspot_contacts.csv";

struct House {
    store: Store,
    imports: Imports,
    folder: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl House {
    async fn new(db: &TestDb) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("imports");
        Self { _temporary: Some(temporary), ..Self::open(db, &folder, 10_000).await }
    }

    async fn open(db: &TestDb, folder: &Path, batch_rows: usize) -> Self {
        let store = db.open().await;
        let imports = Imports::new(store.clone(), Hub::start(store.clone()), folder.to_owned()).with_batch_rows(batch_rows);
        Self { store, imports, folder: folder.to_owned(), _temporary: None }
    }

    /// In small pieces, as a slow network brings them.
    async fn upload(&self, name: &str, bytes: &[u8]) -> Result<Import> {
        let pieces: Vec<Result<Bytes>> = bytes.chunks(1_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        self.imports.receive(&Actor::system(), name, futures::stream::iter(pieces)).await
    }

    async fn import(&self, name: &str, bytes: &[u8], options: ImportOptions) -> Import {
        let id = self.upload(name, bytes).await.unwrap().id;
        self.imports.start(&Actor::system(), id, options).await.unwrap();
        self.over(id).await
    }

    /// Waits for the end of what is being done.
    async fn over(&self, id: ImportId) -> Import {
        let mut feed = self.store.feed();
        let waiting = async {
            loop {
                let import = self.imports.get(&Actor::system(), id).await.unwrap().unwrap().data;
                let ImportCounts { rows, created, updated, duplicates, rejected } = import.counts;
                assert_eq!(created + updated + duplicates + rejected, rows);
                if import.status.is_over() {
                    return import;
                }
                feed.recv().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("an end in time")
    }

    async fn undo(&self, id: ImportId) -> Import {
        self.imports.undo(&Actor::system(), id).await.unwrap();
        self.over(id).await
    }

    async fn leads(&self) -> BTreeMap<String, Lead> {
        let text: &'static str = Box::leak(format!("SELECT {LEAD_COLUMNS} FROM lead").into_boxed_str());
        let rows = self.store.read(move |conn| Box::pin(conn.all::<LeadRow>(sql(text)))).await.unwrap();
        rows.into_iter().map(|row| Lead::try_from(row).unwrap()).map(|lead| (lead.email.clone(), lead)).collect()
    }

    async fn run(&self, text: &'static str) {
        let ran = self.store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(sql(text)).await })).await;
        assert!(ran.unwrap() > 0, "{text}");
    }

    async fn errors(&self, id: ImportId) -> String {
        let (_, pieces) = self.imports.errors_csv(&Actor::system(), id).await.unwrap();
        let pieces: Vec<Result<Bytes>> = pieces.collect().await;
        pieces.into_iter().map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap()).collect()
    }
}

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{DATA}/{name}")).unwrap()
}

fn update() -> ImportOptions {
    ImportOptions { on_duplicate: OnDuplicate::Update, ..ImportOptions::default() }
}

fn counts(import: &Import) -> [i64; 5] {
    let ImportCounts { rows, created, updated, duplicates, rejected } = import.counts;
    [rows, created, updated, duplicates, rejected]
}

both_dbs! {
    async fn real_files_give_what_they_must(db: &TestDb) {
        let house = House::new(db).await;
        let expected: BTreeMap<String, Json> = serde_json::from_slice(&data("expected.json")).unwrap();
        assert_eq!(expected.len(), 4);
        for (name, expected) in expected {
            let import = house.import(&name, &data(&name), ImportOptions::default()).await;
            let encoding = expected["encoding"].as_str().unwrap().split(' ').next().unwrap().to_owned();
            assert!(import.encoding.starts_with(&encoding), "{name}: {}", import.encoding);
            let delimiter = if expected["delimiter"] == "tab" { "\t" } else { expected["delimiter"].as_str().unwrap() };
            assert_eq!((import.delimiter.to_string().as_str(), import.status), (delimiter, ImportStatus::Completed), "{name}");
            let number = |key: &str| expected[key].as_i64().unwrap();
            assert_eq!(counts(&import), [number("rows"), number("new_leads"), 0, number("duplicates_in_file"), number("rejected")], "{name}");
            assert_eq!(import.read, import.size, "{name}");
            assert_eq!(house.leads().await.len() as i64, number("new_leads"), "{name}");
            assert_eq!(house.undo(import.id).await.status, ImportStatus::Undone);
            assert_eq!(house.leads().await.len(), 0, "{name}");
        }
        assert_eq!(std::fs::read_dir(&house.folder).unwrap().count(), 0, "files of imports that are over");
    }

    async fn cells_arrive_whole(db: &TestDb) {
        let house = House::new(db).await;
        let import = house.import(HUBSPOT, &data(HUBSPOT), ImportOptions { tags: vec!["fair".into()], ..ImportOptions::default() }).await;
        let leads = house.leads().await;
        let lead = &leads["browningjason0@hamilton.com"];
        assert_eq!((lead.name.as_str(), lead.phone.as_deref()), ("太田 真綾", Some("070-8609-1390")));
        assert_eq!(lead.notes.as_deref(), Some("\"Met at fair\"\nfollow up, soon"));
        assert_eq!((lead.custom["Record ID"].as_str(), lead.import_id, lead.tags.as_slice()), ("100000", Some(import.id), &["fair".to_owned()][..]));
        house.import("u.txt", &data("excel_unicode_text_utf16.txt"), update()).await;
        assert_eq!(house.leads().await["browningjason0@hamilton.com"].stage, Stage::InitialContact);
        house.import("e.csv", &data("excel_semicolon_cp1252.csv"), update()).await;
        assert_eq!(house.leads().await["rebekah537@weaver.org"].location.as_deref(), Some("Nabburg"));
        let ragged = house.import("r.csv", &data("ragged_utf8_bom.csv"), update()).await;
        assert_eq!(counts(&ragged)[4], 1);
        let notes: Vec<_> = house.leads().await.into_values().filter_map(|lead| lead.notes).collect();
        assert!(notes.iter().any(|text| text == "=HYPERLINK(\"http://x\",\"click\")"));
        assert!(notes.iter().any(|text| text.chars().count() == 10_000));
    }

    async fn known_people_are_skipped_or_updated(db: &TestDb) {
        let house = House::new(db).await;
        let first = "name,email,company\nAna,ana@b.example,Tern\nBo,bo@b.example,\n";
        house.import("a.csv", first.as_bytes(), ImportOptions::default()).await;
        let second = "name,email,company,title,stage\nAnna,ANA@b.example,Fell,CTO,Negotiation\nCy,cy@b.example,,,\nCyd,cy@b.example,Halden,,\nBo,bo@b.example,,,\n";
        let skipped = house.import("b.csv", second.as_bytes(), ImportOptions::default()).await;
        assert_eq!(counts(&skipped), [4, 1, 0, 3, 0]);
        assert_eq!(house.leads().await["ana@b.example"].name, "Ana");
        house.undo(skipped.id).await;
        let before = house.leads().await;
        let updated = house.import("b.csv", second.as_bytes(), update()).await;
        // Bo says nothing new, Cyd corrects a row of the same file.
        assert_eq!(counts(&updated), [4, 1, 2, 1, 0]);
        let leads = house.leads().await;
        let ana = &leads["ana@b.example"];
        assert_eq!((ana.name.as_str(), ana.company.as_deref(), ana.title.as_deref()), ("Anna", Some("Fell"), Some("CTO")));
        assert_eq!((ana.stage, ana.revision), (Stage::Negotiation, 2));
        let detail = Leads::new(house.store.clone(), Hub::start(house.store.clone())).detail(&Actor::system(), ana.id).await.unwrap().unwrap();
        let timeline: Vec<_> = detail.data.timeline.into_iter().map(|item| item.kind).collect();
        let file = |name: &str| name.to_owned();
        assert_eq!(timeline, [TimelineKind::Updated { file: file("b.csv") }, TimelineKind::Imported { file: file("a.csv") }]);
        assert_eq!(leads["cy@b.example"].company.as_deref(), Some("Halden"));
        house.undo(updated.id).await;
        let after = house.leads().await;
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
        let (old, now) = (&before["ana@b.example"], &after["ana@b.example"]);
        assert_eq!((&now.name, &now.company, &now.title, now.stage), (&old.name, &old.company, &old.title, old.stage));
        assert_eq!(now.revision, 3);
    }

    async fn undo_leaves_what_people_edited_since(db: &TestDb) {
        let house = House::new(db).await;
        house.import("a.csv", b"name,email,company\nAna,ana@b.example,Tern\nBo,bo@b.example,Tern\n", ImportOptions::default()).await;
        let import = house.import("b.csv", b"name,email,company\nAnna,ana@b.example,Fell\nBob,bo@b.example,Fell\n", update()).await;
        assert_eq!(counts(&import), [2, 0, 2, 0, 0]);
        house.run("UPDATE lead SET company = 'Mine', revision = revision + 1 WHERE email = 'ana@b.example'").await;
        house.run("DELETE FROM lead WHERE email = 'bo@b.example'").await;
        assert_eq!(house.undo(import.id).await.status, ImportStatus::Undone);
        let leads = house.leads().await;
        assert_eq!(leads.len(), 1);
        assert_eq!((leads["ana@b.example"].name.as_str(), leads["ana@b.example"].company.as_deref()), ("Ana", Some("Mine")));
        assert!(matches!(house.imports.undo(&Actor::system(), import.id).await, Err(Error::Conflict(_))));
    }

    async fn one_import_is_one_change_of_leads(db: &TestDb) {
        let house = House::new(db).await;
        let mut feed = house.store.feed();
        let import = house.import(HUBSPOT, &data(HUBSPOT), ImportOptions::default()).await;
        house.undo(import.id).await;
        let mut ops = Vec::new();
        while ops.len() < 8 && let Ok(Ok(change)) = tokio::time::timeout(Duration::from_secs(3), feed.recv()).await {
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
        // Ends the held import's thread with the test.
        let (release, held) = mpsc::channel::<()>();
        let held = std::sync::Mutex::new(held);
        server.spawn(async move {
            let store = Store::open(&url, std::sync::Arc::new(server::clock::SystemClock)).await.unwrap();
            let imports = Imports::new(store.clone(), Hub::start(store), folder).with_batch_rows(30);
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
        let two_days_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_micros(house.store.clock.now().0 as u64) - Duration::from_hours(48);
        for (name, old) in [("young.csv", false), ("young.part", false), ("old.csv", true), ("old.part", true), ("old.txt", true)] {
            let file = std::fs::File::create(house.folder.join(name)).unwrap();
            if old {
                file.set_modified(two_days_ago).unwrap();
            }
        }
        house.imports.resume().await.unwrap();
        let mut kept: Vec<String> = std::fs::read_dir(&house.folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        kept.sort();
        let mut expected = vec![format!("{}.csv", waiting.id), "old.txt".to_owned(), "young.csv".to_owned(), "young.part".to_owned()];
        expected.sort();
        assert_eq!(kept, expected);
    }

    async fn rejected_rows_can_be_corrected_and_imported_again(db: &TestDb) {
        let house = House::new(db).await;
        let file = "Name;E-Mail;Telefon;Wert\r\n\"Holt, Maren\";nobody;+49 30 1;5\r\n\r\n=cmd|'/C calc'!A0;;;\r\nBo;bo@b.example;;viel\r\nCy;cy@b.example\r\n;;;\r\n";
        let import = house.import("Käufer 1.csv", file.as_bytes(), ImportOptions::default()).await;
        assert_eq!(counts(&import), [5, 1, 0, 0, 4]);
        let rejected = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
        let seen: Vec<_> = rejected.iter().map(|row| (row.line, row.column.as_str(), row.value.as_str())).collect();
        assert_eq!(seen, [(2, "E-Mail", "nobody"), (4, "E-Mail", ""), (5, "Wert", "viel"), (7, "", "")]);
        let errors = house.errors(import.id).await;
        let lines: Vec<&str> = errors.lines().collect();
        assert_eq!(lines[0], "\u{feff}Name;E-Mail;Telefon;Wert;line;reason");
        assert!(lines[1].starts_with("Holt, Maren;nobody;'+49 30 1;5;2;\"Not a full e-mail address"), "{}", lines[1]);
        assert!(lines[2].starts_with("'=cmd|'/C calc'!A0;;;;4;Enter an e-mail"), "{}", lines[2]);
        let corrected = errors.replace(";nobody;", ";maren@b.example;").replace(";viel;", ";1.200,50 €;");
        let mapping = vec![Target::Name, Target::Email, Target::Phone, Target::Value, Target::Skip, Target::Skip];
        let again = house.import("again.csv", corrected.as_bytes(), ImportOptions { mapping, ..ImportOptions::default() }).await;
        assert_eq!(counts(&again)[1], 2);
        let leads = house.leads().await;
        assert_eq!((leads["maren@b.example"].phone.as_deref(), leads["bo@b.example"].value), (Some("+49 30 1"), Some(120_050)));
    }

    async fn hostile_files_are_refused_or_rejected_row_by_row(db: &TestDb) {
        let house = House::new(db).await;
        for (bytes, why) in [
            (Vec::new(), "empty"),
            (b"PK\x03\x04 workbook".to_vec(), "workbook"),
            (b"n\0a\0m\0e\0,\0e\0".to_vec(), "text file"),
            (format!("email{}\n\n", ",x".repeat(10_000)).into_bytes(), "4,096"),
            (format!("email{}\na@b.example\n", ",x".repeat(1_000)).into_bytes(), "columns"),
            (b"name,email".to_vec(), "no rows"),
            (b"name,\"email\nA,a@b.example\n".to_vec(), "quote"),
        ] {
            let refused = house.upload("bad.csv", &bytes).await;
            let Err(Error::Invalid(errors)) = refused else { panic!("{refused:?}") };
            assert!(errors[0].field == "file" && errors[0].message.contains(why), "{why}: {}", errors[0].message);
        }
        let small = house.imports.clone().with_file_max(10);
        let piece = futures::stream::iter([Ok(Bytes::from_static(b"name,email\n"))]);
        assert_eq!(small.receive(&Actor::system(), "big.csv", piece).await, Err(Error::TooLarge { limit: 10 }));
        assert_eq!(std::fs::read_dir(&house.folder).unwrap().count(), 0, "refused files are not kept");

        let mut bomb = String::from("name,email,notes\nAna,ana@b.example,fine\n");
        bomb += &format!("Bo,bo@b.example,{}\n", "x".repeat(1_000_000));
        bomb += &format!("Cy,cy@b.example,{}\n", "y".repeat(5_000_000));
        bomb += &format!("Di,di@b.example,z{}\n", ",".repeat(10_000));
        bomb += "Nu\0l,nul@b.example,a\0b\n<script>alert(1)</script>,xss@b.example,\u{202e}rtl 🦆\n";
        bomb += &format!("{},long@b.example,x\n", "n".repeat(100_000));
        bomb += "Ed,ed@b.example,\"never closed\nFay,fay@b.example,last";
        let import = house.import("bomb.csv", bomb.as_bytes(), ImportOptions::default()).await;
        assert_eq!((import.status, counts(&import)), (ImportStatus::Completed, [9, 4, 0, 0, 5]));
        let rejected = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
        assert_eq!(rejected.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4, 5, 8, 9]);
        let leads = house.leads().await;
        assert_eq!((leads["nul@b.example"].name.as_str(), leads["xss@b.example"].notes.as_deref()), ("Nul", Some("\u{202e}rtl 🦆")));
        assert_eq!(leads["fay@b.example"].notes.as_deref(), Some("last"));
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

    async fn leads_come_into_a_campaign_as_they_are_imported(db: &TestDb) {
        let house = House::new(db).await;
        let system = Actor::system();
        let bulks = Bulks::new(house.store.clone(), Hub::start(house.store.clone()));
        let campaigns = Campaigns::new(house.store.clone(), bulks);
        let id = campaigns.create(&system, named("Spring")).await.unwrap().id;
        let total = async || counts_of(&house.store, &campaigns, id).await.total_leads;
        house.import("a.csv", b"name,email\nAna,ana@b.example\nBo,bo@b.example\nCy,cy@b.example\n", ImportOptions::default()).await;
        let into = ImportOptions { campaign_id: Some(id), ..update() };
        campaigns.act(&system, id, CampaignAction::Start).await.unwrap();
        // Bo is changed, Cy says nothing new, Di is new, and comes again.
        let import = house.import("b.csv", b"name,email,status\nBob,bo@b.example,converted\nCy,cy@b.example,\nDi,di@b.example,\nDi,di@b.example,\n", into.clone()).await;
        assert_eq!((counts(&import), total().await), ([4, 1, 1, 2, 0], 2));
        // A later import moves whoever is in it already.
        let later = house.import("c.csv", b"name,email,status\nDi,di@b.example,converted\n", update()).await;
        assert_eq!(counts_of(&house.store, &campaigns, id).await.successful_leads, 1);
        house.undo(later.id).await;
        assert_eq!(counts_of(&house.store, &campaigns, id).await.successful_leads, 0);
        house.undo(import.id).await;
        assert_eq!(total().await, 0);

        let skip = house.import("d.csv", b"name,email\nBo,bo@b.example\nEd,ed@b.example\n", ImportOptions { campaign_id: Some(id), ..ImportOptions::default() }).await;
        assert_eq!((counts(&skip), total().await), ([2, 1, 0, 1, 0], 1));
        campaigns.act(&system, id, CampaignAction::Complete).await.unwrap();
        let waiting = house.upload("e.csv", b"name,email\nFay,fay@b.example\n").await.unwrap().id;
        assert!(matches!(house.imports.start(&system, waiting, into).await, Err(Error::Conflict(_))));
        let nowhere = ImportOptions { campaign_id: Some(CampaignId(waiting.0)), ..ImportOptions::default() };
        let Err(Error::Invalid(errors)) = house.imports.start(&system, waiting, nowhere).await else { panic!("started") };
        assert_eq!(errors[0].field, "campaignId");
    }
}
