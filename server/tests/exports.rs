//! Exports end to end: what is written is what an import reads, once, whatever happens on the way, and only for who may have it.

use crate::common::{
    TestDb,
    clock::TestClock,
    leads::{account, copies, member_of, new_lead, random_leads},
    server::{TestServer, json},
};
use domain::{
    Actor, Error, ExportId, Result, Role, Timestamp,
    exports::{Export, ExportFormat, ExportOf, ExportStatus, FILES_EACH, NewExport, OrderFilter},
    imports::{ImportOptions, ImportStatus},
    leads::{Connection, Consent, Lead, LeadEdit, LeadPatch, NewLead, Selection, Sort, SortColumn, Stage, Status},
    orders::{NewOrder, OrderLine},
    rule::Rule,
    services::{ExportService, LeadService, OrderService},
};
use futures::TryStreamExt;
use server::{
    background::Background,
    exports::{Exports, Run},
    imports::Imports,
    leads::{LEAD_COLUMNS, LeadRow, Leads},
    live::Hub,
    orders::Orders,
    store::{Store, sql},
};
use std::{
    collections::BTreeMap,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

struct House {
    store: Store,
    leads: Leads,
    exports: Exports,
    folder: PathBuf,
}

impl House {
    /// With `rows` leads in a page, and requests that do not wait.
    async fn open(db: &TestDb, folder: &Path, rows: u32) -> Self {
        Self::with(db.open().await, folder, rows)
    }

    fn with(store: Store, folder: &Path, rows: u32) -> Self {
        let hub = Hub::start(store.clone());
        let exports = Exports::new(store.clone(), hub.clone(), folder.to_owned());
        let exports = exports.with_page_rows(rows).with_patience(Duration::ZERO).with_lease(Duration::from_secs(1));
        Self { leads: Leads::new(store.clone(), hub), exports, store, folder: folder.to_owned() }
    }

    async fn over(&self, actor: &Actor, id: ExportId) -> Export {
        let mut feed = self.store.feed();
        let waiting = async {
            loop {
                let export = self.exports.get(actor, id).await.unwrap().unwrap().data;
                if export.status != ExportStatus::Running {
                    return export;
                }
                feed.recv().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_mins(1), waiting).await.expect("an end in time")
    }

    async fn text(&self, actor: &Actor, id: ExportId) -> Result<String> {
        let export = self.exports.fetch(actor, id).await?;
        let bytes: Vec<_> = self.exports.bytes(&export, 0, u64::MAX).try_collect().await?;
        assert_eq!(bytes.iter().map(|bytes| bytes.len() as i64).sum::<i64>(), export.bytes);
        Ok(String::from_utf8(bytes.concat()).unwrap())
    }

    async fn export(&self, new: NewExport) -> String {
        let me = Actor::system();
        let id = self.exports.start(&me, new).await.unwrap().id;
        let export = self.over(&me, id).await;
        assert_eq!((export.status, export.error.as_deref()), (ExportStatus::Done, None));
        self.text(&me, id).await.unwrap()
    }

    async fn all(&self) -> BTreeMap<String, Lead> {
        let text: &'static str = Box::leak(format!("SELECT {LEAD_COLUMNS} FROM lead").into_boxed_str());
        let rows = self.store.read(move |conn| Box::pin(conn.all::<LeadRow>(sql(text)))).await.unwrap();
        rows.into_iter().map(|row| Lead::try_from(row).unwrap()).map(|lead| (lead.email.clone(), lead)).collect()
    }

    fn files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(&self.folder).map(|files| files.map(|file| file.unwrap().path()).collect()).unwrap_or_default()
    }
}

fn leads(columns: &[&str]) -> NewExport {
    NewExport {
        of: ExportOf::Leads(Selection::Matching(Rule::everyone())),
        sort: Sort { column: SortColumn::CreatedAt, descending: false },
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        format: ExportFormat::Csv,
        bom: false,
    }
}

both_dbs!(
    an_import_reads_what_an_export_wrote,
    a_killed_export_goes_on_where_it_was,
    each_lead_is_written_once_while_leads_change,
    orders_and_selections_are_written_in_their_order,
    a_file_is_for_who_made_it_until_it_expires,
    an_export_ends_with_the_right_to_it,
    a_file_is_fetched_over_http
);

/// Texts that spreadsheets, delimiters, quotes and imports could take for something else.
const AWKWARD: [&str; 16] = [
    "=1+1",
    "'=1+1",
    "''@x",
    "+49 30 1234",
    "-5",
    "@cmd",
    "a,b;c|d",
    "say \"x\"",
    "two\nlines",
    "Zoë 🎉",
    "１２",
    "'",
    "'quoted'",
    "007",
    "1e5",
    "true",
];

async fn an_import_reads_what_an_export_wrote(db: &TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(db, &folder.path().join("exports"), 700).await;
    let owner = account(&house.store, "Maren Holt").await;
    let mut made = Vec::new();
    for n in 0..5_000_usize {
        let text = |at: usize| AWKWARD[(n / 3 + at * 7 + n * at) % AWKWARD.len()].to_owned();
        let pick = |every: usize, at: usize| n.is_multiple_of(every).then(|| text(at));
        let custom = [("Plan", 1), ("=formula", 2), ("Company", 3), ("Région", 4)];
        let new = NewLead {
            name: format!("{} {n}", text(0)),
            email: format!("p{n}@e.example"),
            company: pick(2, 1),
            title: pick(3, 2),
            phone: pick(5, 3),
            notes: pick(4, 8),
            customer_id: Some(format!("c{n}")),
            status: Status::ALL[n % Status::ALL.len()],
            stage: Stage::ALL[n % Stage::ALL.len()],
            connection: Connection::ALL[n % Connection::ALL.len()],
            engaged: n % 3 == 0,
            owner: (n % 5 == 0).then_some(owner),
            last_contacted_at: (n % 7 > 0).then(|| Timestamp(1_690_000_000_000_000 + n as i64 * 77_000)),
            consent: Consent::ALL[n % Consent::ALL.len()],
            value: (n % 3 > 0).then_some(n as i64 * 1_237),
            score: (n % 101) as i32,
            tags: [pick(2, 5), pick(3, 13), Some("x;y|z".to_owned())].into_iter().flatten().map(|tag| tag.replace(',', "")).collect(),
            custom: custom.iter().filter(|(_, at)| (n + at) % 3 == 0).map(|(key, at)| ((*key).to_owned(), text(*at))).collect(),
            ..NewLead::default()
        };
        let lead = new.check().unwrap_or_else(|error| panic!("{n}: {error}"));
        made.push(lead.into_lead(domain::LeadId(house.store.clock.id()), Timestamp(1_700_000_000_000_000 + n as i64)));
    }
    let system = Actor::system();
    house.store.write(&system, move |tx| Box::pin(crate::common::leads::insert(tx, made))).await.unwrap();
    let before = house.all().await;
    let columns = [
        "name",
        "email",
        "company",
        "title",
        "phone",
        "notes",
        "customerId",
        "status",
        "stage",
        "connection",
        "engaged",
        "owner",
        "lastContactedAt",
        "consent",
        "value",
        "score",
        "tags",
        "custom",
    ];
    for bom in [false, true] {
        let file = house.export(NewExport { bom, ..leads(&columns) }).await;
        assert_eq!(file.starts_with('\u{feff}'), bom);
        assert!(file.contains("Value (EUR)") && file.contains("custom.Company") && file.contains("'=formula"), "{}", &file[..300]);

        let clearing = house.store.write(&system, |tx| Box::pin(async move { tx.run(sql("DELETE FROM lead")).await }));
        assert_eq!(clearing.await.unwrap(), 5_000);
        let imports = Imports::new(house.store.clone(), Hub::start(house.store.clone()), folder.path().join("imports"));
        let path = folder.path().join("leads.csv");
        std::fs::write(&path, &file).unwrap();
        let import = imports.import_file(&system, &path, ImportOptions::default(), |_| {}).await.unwrap();
        assert_eq!((import.status, import.counts.created, import.counts.incomplete), (ImportStatus::Completed, 5_000, 0), "{import:?}");
        let after = house.all().await;
        for (email, was) in &before {
            let is = &after[email];
            assert_eq!((&is.name, is.texts(), &is.tags, &is.custom), (&was.name, was.texts(), &was.tags, &was.custom));
            let figures = |lead: &Lead| (lead.status, lead.stage, lead.consent, lead.value, lead.score);
            assert_eq!(figures(is), figures(was), "{email}");
            let work = |lead: &Lead| (lead.connection, lead.engaged, lead.owner, lead.last_contacted_at);
            assert_eq!(work(is), work(was), "{email}");
        }
    }
    house.store.close().await;
}

async fn a_killed_export_goes_on_where_it_was(db: &TestDb) {
    let (folder, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let house = House::open(db, folder.path(), 70).await;
    random_leads(&house.store, 1_000).await;
    let me = Actor::system();
    let new = NewExport { format: ExportFormat::Lines, ..leads(&[]) };
    let wanted = House::with(house.store.clone(), whole.path(), 5_000).export(new.clone()).await;
    assert_eq!(wanted.lines().count(), 1_000);

    let id = house.exports.begin(&me, new).await.unwrap();
    let mut run = Run::new(&house.exports);
    for rows in [70, 140, 210] {
        let export = house.exports.step(&me, id, &mut run).await.unwrap();
        assert_eq!((export.status, export.rows), (ExportStatus::Running, rows));
    }
    assert!(matches!(house.exports.fetch(&me, id).await, Err(Error::Conflict(_))), "it still runs");
    // What the killed server wrote after its last commit.
    for path in house.files() {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"{\"half\":").unwrap();
    }
    let other = House::open(db, folder.path(), 70).await;
    other.exports.resume().await.unwrap();
    let export = other.over(&me, id).await;
    assert_eq!((export.status, export.rows), (ExportStatus::Done, 1_000));
    assert_eq!(other.text(&me, id).await.unwrap(), wanted);
    other.exports.shutdown().await;
    house.store.close().await;
    other.store.close().await;
}

async fn each_lead_is_written_once_while_leads_change(db: &TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(db, folder.path(), 10).await;
    let me = Actor::system();
    for n in 0..40 {
        house.leads.create(&me, new_lead(&format!("Name {n:02}"), &format!("p{n}@e.example"))).await.unwrap();
    }
    let by_name = NewExport { sort: Sort { column: SortColumn::Name, descending: false }, ..leads(&["name", "email"]) };
    let emails = async |id: ExportId| {
        let text = house.text(&me, id).await.unwrap();
        let mut emails: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
        assert_eq!(emails.len(), 40, "{text}");
        emails.sort();
        emails.dedup();
        assert_eq!(emails.len(), 40, "{text}");
        text.lines().next_back().unwrap().to_owned()
    };
    let rename = async |from: &'static str, to: &str| {
        for lead in house.all().await.into_values().filter(|lead| lead.name.starts_with(from)) {
            let patch = LeadPatch { name: Some(format!("{to} {}", lead.name)), ..LeadPatch::default() };
            house.leads.edit(&me, lead.id, LeadEdit { set: patch, ..LeadEdit::default() }).await.unwrap();
        }
    };
    let (one, two) = (house.exports.begin(&me, by_name.clone()).await.unwrap(), house.exports.begin(&me, by_name).await.unwrap());
    let mut run = Run::new(&house.exports);
    house.exports.step(&me, one, &mut run).await.unwrap();
    house.exports.step(&me, two, &mut Run::new(&house.exports)).await.unwrap();
    // Leads that are written move behind the page.
    rename("Name 0", "Zoe").await;
    while house.exports.step(&me, one, &mut run).await.unwrap().status == ExportStatus::Running {}
    assert!(emails(one).await.starts_with("Name 39"), "they are not written again");
    // Another run does not know what was written, and starts again.
    house.exports.resume().await.unwrap();
    house.over(&me, two).await;
    assert!(emails(two).await.starts_with("Zoe Name 09"));
    house.exports.shutdown().await;
    house.store.close().await;
}

async fn orders_and_selections_are_written_in_their_order(db: &TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(db, folder.path(), 2).await;
    let me = Actor::system();
    let mut ids = Vec::new();
    for name in ["Ana", "Bo", "Cy"] {
        let new = NewLead { customer_id: Some(name.to_lowercase()), ..new_lead(name, &format!("{name}@e.example")) };
        ids.push(house.leads.create(&me, new).await.unwrap().id);
    }
    ids.swap(0, 2);
    ids.push(ids[0]);
    let chosen = NewExport { of: ExportOf::Leads(Selection::Leads(ids)), ..leads(&["name", "customerId"]) };
    assert_eq!(house.export(chosen).await, "Name,Customer number\r\nCy,cy\r\nBo,bo\r\nAna,ana\r\n");

    let orders = Orders::new(house.store.clone());
    let line = OrderLine { product_id: None, name: "=Tea".to_owned(), quantity: 2, price: 1_050 };
    for (n, customer) in ["ana", "nobody", "ana", "bo"].into_iter().enumerate() {
        let new = NewOrder {
            order_id: Some(format!("o{n}")),
            customer: customer.to_owned(),
            amount: Some(2_100),
            lines: vec![line.clone()],
            ordered_at: Some(Timestamp(n as i64 * 1_000_000)),
            ..NewOrder::default()
        };
        orders.add(&me, new).await.unwrap();
    }
    let of = |filter: OrderFilter| NewExport {
        of: ExportOf::Orders(filter),
        columns: ["orderId", "leadName", "amount", "orderedAt", "products"].map(str::to_owned).to_vec(),
        ..leads(&[])
    };
    let row = |n: usize, lead: &str| format!("o{n},{lead},21.00,1970-01-01T00:00:0{n}.000Z,2 × =Tea (10.50)\r\n");
    let head = "Order,Lead,Amount (EUR),Ordered,Products\r\n";
    let all = [row(3, "Bo"), row(2, "Ana"), row(1, ""), row(0, "Ana")].concat();
    assert_eq!(house.export(of(OrderFilter::default())).await, format!("{head}{all}"));
    for (filter, wanted) in [
        (OrderFilter { customer: Some("ana".to_owned()), ..OrderFilter::default() }, [row(2, "Ana"), row(0, "Ana")].concat()),
        (OrderFilter { waiting: Some(true), ..OrderFilter::default() }, row(1, "")),
        (OrderFilter { from: Some(Timestamp(3_000_000)), ..OrderFilter::default() }, row(3, "Bo")),
        (OrderFilter { search: "O2".to_owned(), ..OrderFilter::default() }, row(2, "Ana")),
    ] {
        let export = house.exports.start(&me, of(filter.clone())).await.unwrap();
        let rows = wanted.lines().count() as i64;
        assert_eq!((export.total, house.over(&me, export.id).await.rows), (rows, rows), "{filter:?}");
        assert_eq!(house.text(&me, export.id).await.unwrap(), format!("{head}{wanted}"));
    }
    house.store.close().await;
}

async fn a_file_is_for_who_made_it_until_it_expires(db: &TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::stopped();
    let house = House::with(db.open_at(clock.clone()).await, folder.path(), 100);
    random_leads(&house.store, 50).await;
    let ana = member_of(account(&house.store, "Ana").await, "Ana");
    let bo = member_of(account(&house.store, "Bo").await, "Bo");
    let admin = Actor { role: Role::Admin, ..member_of(account(&house.store, "Cy").await, "Cy") };
    let id = house.exports.start(&ana, leads(&["name"])).await.unwrap().id;
    house.over(&ana, id).await;
    for (actor, may) in [(&ana, true), (&bo, false), (&admin, true)] {
        assert_eq!(house.text(actor, id).await.is_ok(), may, "{actor:?}");
        assert_eq!(house.exports.get(actor, id).await.unwrap().is_some(), may);
    }
    assert!(matches!(house.exports.delete(&bo, id).await, Err(Error::NotFound { .. })));
    assert!(matches!(house.text(&Actor { role: Role::Viewer, ..ana.clone() }, id).await, Err(Error::Forbidden(_))));
    assert_eq!(house.exports.list(&bo).await.unwrap().data, []);

    clock.pass(Duration::from_mins(7 * 24 * 60 - 1));
    assert!(house.text(&ana, id).await.is_ok());
    clock.pass(Duration::from_mins(1));
    assert!(matches!(house.text(&ana, id).await, Err(Error::Conflict(_))));
    house.exports.resume().await.unwrap();
    assert_eq!(house.exports.list(&ana).await.unwrap().data[0].status, ExportStatus::Expired);
    assert!(house.files().is_empty());

    // What is kept is limited, and deleting makes room.
    for _ in 0..FILES_EACH {
        let id = house.exports.start(&ana, leads(&["name"])).await.unwrap().id;
        house.over(&ana, id).await;
    }
    assert!(matches!(house.exports.start(&ana, leads(&["name"])).await, Err(Error::Conflict(_))));
    let one = house.exports.list(&ana).await.unwrap().data[0].id;
    house.exports.delete(&ana, one).await.unwrap();
    assert!(house.exports.start(&ana, leads(&["name"])).await.is_ok());
    assert!(house.exports.start(&bo, leads(&["name"])).await.is_ok(), "others have room of their own");
    house.exports.shutdown().await;
    house.store.close().await;
}

async fn an_export_ends_with_the_right_to_it(db: &TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(db, folder.path(), 10).await;
    random_leads(&house.store, 100).await;
    let ana = member_of(account(&house.store, "Ana").await, "Ana");
    let id = house.exports.begin(&ana, leads(&["name"])).await.unwrap();
    house.exports.step(&ana, id, &mut Run::new(&house.exports)).await.unwrap();
    let system = Actor::system();
    let ended = house.store.write(&system, |tx| Box::pin(async move { tx.run(sql("UPDATE account SET deactivated_at = 1")).await }));
    assert!(ended.await.unwrap() > 0);
    house.exports.resume().await.unwrap();
    let export = house.over(&system, id).await;
    assert_eq!((export.status, export.error.as_deref()), (ExportStatus::Failed, Some("Ana may no longer export")));
    // The file goes after the end is written; the shutdown waits for both.
    house.exports.shutdown().await;
    house.store.close().await;
    assert!(house.files().is_empty());

    // A deleted export stops, and leaves nothing.
    let house = House::open(db, folder.path(), 10).await;
    let id = house.exports.begin(&system, leads(&["name"])).await.unwrap();
    house.exports.step(&system, id, &mut Run::new(&house.exports)).await.unwrap();
    house.exports.delete(&system, id).await.unwrap();
    assert!(house.exports.step(&system, id, &mut Run::new(&house.exports)).await.is_err());
    assert!(house.files().is_empty());
    house.exports.shutdown().await;
    house.store.close().await;
}

async fn a_file_is_fetched_over_http(db: &TestDb) {
    let server = TestServer::start(db).await;
    let store = &server.server.app.store;
    copies(store, domain::rule::generate::plain_lead(), 30).await;
    let (key, other) = (server.key(Role::Member).await, server.key(Role::Member).await);
    let asked = serde_json::json!({ "of": { "leads": { "rule": { "all": [] } } }, "columns": ["email", "value"], "format": "jsonl" });
    let made = key.post(server.url("/api/exports")).json(&asked).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let made = json(made).await;
    assert_eq!((&made["status"], &made["rows"]), (&"done".into(), &30.into()), "a small one is done with the answer: {made}");
    let address = server.url(&format!("/api/exports/{}/file", made["id"].as_str().unwrap()));
    let whole = key.get(&address).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "application/jsonl");
    assert!(whole.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"leads-"));
    let whole = whole.text().await.unwrap();
    assert_eq!(whole.lines().count(), 30);
    let part = key.get(&address).header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!(
        (part.status().as_u16(), part.headers()["content-range"].to_str().unwrap()),
        (206, &*format!("bytes 10-19/{}", whole.len()))
    );
    assert_eq!(part.text().await.unwrap(), whole[10..20]);
    assert_eq!(key.get(&address).header("range", format!("bytes={}-", whole.len())).send().await.unwrap().status(), 416);
    assert_eq!(other.get(&address).send().await.unwrap().status(), 404, "the key of someone else");

    let wrong = serde_json::json!({ "of": { "leads": { "rule": { "all": [] } } }, "columns": ["nonsense"] });
    assert_eq!(key.post(server.url("/api/exports")).json(&wrong).send().await.unwrap().status(), 422);
    let gone = key.delete(server.url(&format!("/api/exports/{}", made["id"].as_str().unwrap()))).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(key.get(&address).send().await.unwrap().status(), 404);
    // The log says who exported what and how many.
    let admin = server.key(Role::Admin).await;
    let log = json(admin.get(server.url("/api/activities")).send().await.unwrap()).await.to_string();
    assert!(log.contains("exported") && log.contains("30 leads"), "{log}");
    server.stop().await;
}
