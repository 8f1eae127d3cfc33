//! Imports of orders: rows become orders, which are applied once, wait, are refused, and go with the undo.

use super::*;
use crate::common::{TestDb, truth::must_be_true};
use domain::{
    Entity, Record, Timestamp,
    imports::ImportKind,
    orders::{CUSTOMER_ORDERS_MAX, ListedOrder, NewOrder, OrderQuery},
    services::OrderService,
};
use server::{
    background::Background,
    orders::{Orders, audit},
};

both_dbs!(
    real_purchases_are_imported_once_and_undone,
    rows_that_follow_each_other_are_one_order,
    lines_of_an_order_that_lie_apart_are_told,
    orders_wait_for_their_customer,
    a_customer_may_be_named_by_e_mail,
    what_a_file_holds_can_be_changed,
    options_of_leads_are_refused,
    dates_are_read_by_all_of_their_column,
    amounts_in_another_currency_are_rejected_with_their_orders,
    orders_beyond_the_most_of_a_customer_are_rejected,
    too_many_rows_of_one_order_end_the_import,
    one_import_is_one_change_of_orders,
    an_undo_leaves_other_orders,
    a_killed_server_goes_on_between_two_orders
);

const CUSTOMERS: &[u8] = include_bytes!("../data/cdnow_sample_customers.csv");
const PURCHASES: &[u8] = include_bytes!("../data/cdnow_sample_orders.csv");

impl House {
    async fn orders(&self) -> Vec<ListedOrder> {
        let query = OrderQuery { limit: 1_000, ..OrderQuery::default() };
        let mut orders = Orders::new(self.store.clone()).list(&Actor::system(), &query).await.unwrap().data.orders;
        orders.sort_by(|one, other| one.order.order_id.cmp(&other.order.order_id));
        orders
    }

    async fn customer(&self, number: &str) {
        let file = format!("name,email,customer_id\n{number},{number}@b.example,{number}\n");
        self.import("customers.csv", file.as_bytes(), ImportOptions::default()).await;
    }

    /// Line, value and reason of each rejected row.
    async fn told(&self, id: ImportId) -> Vec<(i64, String, String)> {
        let rows = self.imports.rejected(&Actor::system(), id, 100).await.unwrap();
        rows.into_iter().map(|row| (row.line, row.value, row.reason)).collect()
    }
}

async fn real_purchases_are_imported_once_and_undone(db: &TestDb) {
    let temporary = tempfile::tempdir().unwrap();
    let house = House::open(db, temporary.path(), 700).await;
    let customers = house.import("customers.csv", CUSTOMERS, ImportOptions::default()).await;
    assert_eq!((customers.kind(), customers.counts.created), (ImportKind::Leads, 2_357));
    let before = house.leads().await;
    let import = house.import("orders.csv", PURCHASES, ImportOptions::default()).await;
    assert_eq!((import.kind(), import.status), (ImportKind::Orders, ImportStatus::Completed));
    let ImportCounts { orders, waiting, .. } = import.counts;
    assert_eq!((counts(&import), orders, waiting), ([6_919, 6_919, 0, 0, 0], 6_919, 0));
    must_be_true(&house.store).await;

    let again = house.import("again.csv", PURCHASES, ImportOptions::default()).await;
    assert_eq!((counts(&again), again.counts.orders), ([6_919, 0, 0, 6_919, 0], 0), "each is there already");
    must_be_true(&house.store).await;
    house.undo(again.id).await;
    must_be_true(&house.store).await;

    let undone = house.undo(import.id).await;
    assert_eq!((undone.status, undone.kept.count, house.orders().await.len()), (ImportStatus::Undone, 0, 0));
    let sums = |lead: &Lead| (lead.id, lead.total_spend, lead.visits, lead.last_active_at, lead.edited);
    let after = house.leads().await;
    assert_eq!(after.values().map(sums).collect::<Vec<_>>(), before.values().map(sums).collect::<Vec<_>>());
    assert_eq!(audit(&house.store).await.unwrap(), [""; 0]);
}

async fn rows_that_follow_each_other_are_one_order(db: &TestDb) {
    for rows in [1, 2, 3, 100] {
        let temporary = tempfile::tempdir().unwrap();
        let house = House::open(db, temporary.path(), rows).await;
        house.customer("c1").await;
        let file = "Bestellnr;Kundennr;Datum;Artikel;Menge;Einzelpreis\n\
                    1;c1;21.11.2026;Tee;2;4,50 €\n1;c1;21.11.2026;Tasse;1;12,00 €\n1;;;Löffel;;1,00 €\n\
                    2;c1;22.11.2026;Tee;1;4,50 €\n\n\
                    3;c1;morgen;Tee;1;4,50 €\n3;c1;;Tasse;1;12,00 €\n\
                    ;c1;23.11.2026;Kanne;1;30,00 €\n;c1;24.11.2026;Kanne;1;30,00 €\n";
        let import = house.import("bestellungen.csv", file.as_bytes(), ImportOptions::default()).await;
        assert_eq!((counts(&import), import.counts.orders), ([8, 6, 0, 0, 2], 4), "{rows} rows at once");
        let orders = house.orders().await;
        let read: Vec<_> =
            orders.iter().map(|listed| (listed.order.order_id.as_deref(), listed.order.amount, listed.order.lines.len())).collect();
        assert_eq!(read, [(None, 3_000, 1), (None, 3_000, 1), (Some("1"), 2_200, 3), (Some("2"), 450, 1)]);
        assert_eq!(orders[2].order.ordered_at, "2026-11-21".parse::<Timestamp>().unwrap());
        assert!(orders.iter().all(|listed| listed.order.import_id == Some(import.id)));
        let told = house.told(import.id).await;
        assert_eq!((told[0].0, told[0].1.as_str()), (7, "morgen"));
        assert!(told[1].0 == 8 && told[1].2.contains("Line 7 of the same order is wrong"), "{told:?}");
        let lead = &house.leads().await["c1@b.example"];
        assert_eq!((lead.total_spend, lead.visits), (8_650, 4));
        // The corrected file of rejected rows.
        let corrected = house.errors(import.id).await.replace("morgen", "25.11.2026");
        let import = house.import("corrected.csv", corrected.as_bytes(), ImportOptions::default()).await;
        assert_eq!((counts(&import), import.counts.orders), ([2, 2, 0, 0, 0], 1));
        house.run("DELETE FROM orders").await;
        house.run("DELETE FROM lead").await;
        house.store.close().await;
    }
}

async fn lines_of_an_order_that_lie_apart_are_told(db: &TestDb) {
    for rows in [1, 100] {
        let temporary = tempfile::tempdir().unwrap();
        let house = House::open(db, temporary.path(), rows).await;
        let file = "order,customer,date,product,price\n1,c1,2026-11-21,Tea,4.50\n2,c1,2026-11-21,Tea,4.50\n1,c1,2026-11-21,Cup,12\n2,c1,2026-11-21,Tea,4.50\n";
        let import = house.import("orders.csv", file.as_bytes(), ImportOptions::default()).await;
        assert_eq!((counts(&import), import.counts.orders), ([4, 2, 0, 1, 1], 2), "the last row says nothing new");
        let told = house.told(import.id).await;
        assert!(told[0].0 == 4 && told[0].1 == "1" && told[0].2.contains("is there with other content"), "{told:?}");
        house.undo(import.id).await;
        house.store.close().await;
    }
}

async fn orders_wait_for_their_customer(db: &TestDb) {
    let house = House::new(db).await;
    let file = b"order_id,customer_id,order_date,amount\no1,c1,2026-11-21,10\no2,c2,2026-11-21,20\n";
    let import = house.import("orders.csv", file, ImportOptions::default()).await;
    assert_eq!((import.counts.orders, import.counts.waiting), (2, 2));
    house.customer("c1").await;
    assert_eq!(house.leads().await["c1@b.example"].total_spend, 1_000);
    house.undo(import.id).await;
    let lead = &house.leads().await["c1@b.example"];
    assert_eq!((lead.total_spend, lead.visits, lead.last_active_at, house.orders().await.len()), (0, 0, None, 0));
    house.customer("c2").await;
    assert_eq!(house.leads().await["c2@b.example"].total_spend, 0);
}

async fn a_customer_may_be_named_by_e_mail(db: &TestDb) {
    let house = House::new(db).await;
    house.customer("c1").await;
    let file = "Order number,Customer id,Email,Created at,Total\n1,,C1@B.example,2026-11-21 23:30:00 -0100,10\n2,,nobody@b.example,2026-11-21,20\n3,c1,other@b.example,2026-11-22,30\n";
    let import = house.import("orders.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!((counts(&import), import.counts.orders), ([3, 2, 0, 0, 1], 2));
    let lead = house.leads().await["c1@b.example"].clone();
    assert_eq!(
        (lead.total_spend, lead.last_active_at),
        (4_000, Some("2026-11-22T00:30:00Z".parse().unwrap())),
        "the number is told apart first"
    );
    assert!(house.told(import.id).await[0].2.contains("No lead has the e-mail nobody@b.example"));
    let again = house.import("orders.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!(counts(&again), [3, 0, 0, 2, 1]);
}

async fn what_a_file_holds_can_be_changed(db: &TestDb) {
    let house = House::new(db).await;
    let system = Actor::system();
    let file = b"order_id,customer_id,email,name,order_date,amount\no1,c1,c1@b.example,Ana,2026-11-21,10\n";
    let uploaded = house.upload("orders.csv", file).await.unwrap();
    assert_eq!(uploaded.kind(), ImportKind::Orders);
    let leads = ImportOptions { kind: Some(ImportKind::Leads), ..ImportOptions::default() };
    house.imports.start(&system, uploaded.id, leads).await.unwrap();
    let import = house.over(uploaded.id).await;
    assert_eq!((import.kind(), counts(&import), import.counts.orders), (ImportKind::Leads, [1, 1, 0, 0, 0], 0));
    assert_eq!(house.leads().await["c1@b.example"].customer_id.as_deref(), Some("c1"));

    let people = b"name,number,spent,when\nAna,c1,10,2026-11-21\n";
    let uploaded = house.upload("people.csv", people).await.unwrap();
    assert_eq!(uploaded.kind(), ImportKind::Leads);
    let mapping = ["skip", "customer", "amount", "orderedAt"].map(|name| Target::try_from(name.to_owned()).unwrap()).to_vec();
    let wrong = ImportOptions { mapping: mapping.clone(), ..ImportOptions::default() };
    assert!(house.imports.start(&system, uploaded.id, wrong).await.is_err_and(|error| error.on_field("mapping").is_some()));
    let orders = ImportOptions { kind: Some(ImportKind::Orders), mapping, ..ImportOptions::default() };
    house.imports.start(&system, uploaded.id, orders).await.unwrap();
    let import = house.over(uploaded.id).await;
    assert_eq!(import.counts.orders, 1);
    let order = &house.orders().await[0].order;
    assert_eq!((order.amount, order.message_id.clone()), (1_000, Some(format!("{}/2", import.id))), "it is named by its import and line");
}

async fn options_of_leads_are_refused(db: &TestDb) {
    let house = House::new(db).await;
    let id = house.upload("orders.csv", PURCHASES).await.unwrap().id;
    let none = ImportOptions::default;
    for (field, options) in [
        ("tags", ImportOptions { tags: vec!["fair".to_owned()], ..none() }),
        ("campaignId", ImportOptions { campaign_id: Some(CampaignId(house.store.clock.id())), ..none() }),
        ("onDuplicate", ImportOptions { on_duplicate: OnDuplicate::Update, ..none() }),
        ("mapping", ImportOptions { mapping: vec![Target::Skip; 5], ..none() }),
    ] {
        assert!(house.imports.start(&Actor::system(), id, options).await.is_err_and(|error| error.on_field(field).is_some()), "{field}");
    }
}

async fn dates_are_read_by_all_of_their_column(db: &TestDb) {
    let house = House::new(db).await;
    // The proof is behind the rows that are read to guess the columns.
    let row = |at: usize| format!("o{at},c1,02/03/2026,1\n");
    let rows: String = (0..300).map(row).collect();
    let import = async |last: &str| {
        let file = format!("order,customer,date,amount\n{rows}last,c1,{last},1\n");
        let import = house.import("orders.csv", file.as_bytes(), ImportOptions::default()).await;
        let first = house.orders().await.into_iter().find(|listed| listed.order.order_id.as_deref() == Some("o0"));
        house.undo(import.id).await;
        (import.counts.orders, first.map(|listed| listed.order.ordered_at.date()))
    };
    assert_eq!(import("12/31/2026").await, (301, Some("2026-02-03".to_owned())));
    assert_eq!(import("31/12/2026").await, (301, Some("2026-03-02".to_owned())));
    assert_eq!(import("2026-12-31").await, (1, None), "nothing shows which number is the month");
}

async fn amounts_in_another_currency_are_rejected_with_their_orders(db: &TestDb) {
    let house = House::new(db).await;
    let file = "order,customer,date,product,price (EUR)\no1,c1,2026-11-21,Tea,$5\no1,c1,2026-11-21,Cup,5\no2,c1,2026-11-21,Cup,5\n";
    let import = house.import("orders.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!((counts(&import), import.counts.orders), ([3, 1, 0, 0, 2], 1));
    let told = house.told(import.id).await;
    assert!(told[0].2.contains("Another currency") && told[1].2.contains("Line 2 of the same order is wrong"), "{told:?}");
    let as_they_are = ImportOptions { foreign_amounts: ForeignAmounts::AsTheyAre, ..ImportOptions::default() };
    let import = house.import("orders.csv", file.as_bytes(), as_they_are).await;
    assert_eq!((counts(&import), import.counts.orders), ([3, 2, 0, 1, 0], 1));
    assert_eq!(house.orders().await[0].order.amount, 1_000);
}

async fn orders_beyond_the_most_of_a_customer_are_rejected(db: &TestDb) {
    let house = House::new(db).await;
    let rows: String = (0..=CUSTOMER_ORDERS_MAX).map(|at| format!("o{at},c1,2026-11-21,1\n")).collect();
    let import = house.import("orders.csv", format!("order,customer,date,amount\n{rows}").as_bytes(), ImportOptions::default()).await;
    assert_eq!((counts(&import), import.counts.waiting), ([10_001, 10_000, 0, 0, 1], 10_000));
    assert!(house.told(import.id).await[0].2.contains("10,000 orders"));
}

async fn too_many_rows_of_one_order_end_the_import(db: &TestDb) {
    let house = House::new(db).await;
    let file = |rows: usize| format!("order,customer,date,amount\n{}", "o1,c1,2026-11-21,1\n".repeat(rows));
    let import = house.import("constant.csv", file(10_001).as_bytes(), ImportOptions::default()).await;
    assert_eq!((import.status, import.counts.rows), (ImportStatus::Failed, 0));
    assert!(import.error.as_deref().is_some_and(|error| error.contains("have the order id “o1”")), "{:?}", import.error);
    let lines = format!("order,customer,date,amount,product\n{}", "o1,c1,2026-11-21,1,Tea\n".repeat(501));
    let import = house.import("long.csv", lines.as_bytes(), ImportOptions::default()).await;
    assert_eq!(counts(&import), [501, 0, 0, 0, 501], "at most 500 lines");
}

async fn one_import_is_one_change_of_orders(db: &TestDb) {
    let temporary = tempfile::tempdir().unwrap();
    let house = House::open(db, temporary.path(), 2).await;
    let mut feed = house.store.feed();
    let file = b"order,customer,date,amount\n1,c1,2026-11-21,1\n2,c1,2026-11-21,1\n3,c1,2026-11-21,1\n";
    let import = house.import("o.csv", file, ImportOptions::default()).await;
    house.undo(import.id).await;
    let mut told = Vec::new();
    while told.len() < 2
        && let Ok(Ok(change)) = tokio::time::timeout(Duration::from_secs(3), feed.recv()).await
    {
        if let Some(Record::Set(set)) = &change.after {
            told.push((set.entity, set.what.clone(), set.count));
        } else {
            assert_eq!(change.record().map(Record::entity), Some(Entity::Import));
        }
    }
    let set = |what: &str| (Entity::Import, what.to_owned(), 3);
    assert_eq!(told, [set("imported 3 orders from o.csv"), set("undid the import of 3 orders from o.csv")]);
}

async fn an_undo_leaves_other_orders(db: &TestDb) {
    let house = House::new(db).await;
    house.customer("c1").await;
    let orders = Orders::new(house.store.clone());
    let by_hand = NewOrder { order_id: Some("o1".to_owned()), customer: "c1".to_owned(), amount: Some(500), ..NewOrder::default() };
    orders.add(&Actor::system(), by_hand).await.unwrap();
    let file = b"order,customer,date,amount\no1,c1,2026-11-21,5\no2,c1,2026-11-21,7\no3,c1,2026-11-21,9\n";
    let import = house.import("orders.csv", file, ImportOptions::default()).await;
    assert_eq!((counts(&import), import.counts.orders), ([3, 2, 0, 0, 1], 2), "o1 was ordered at another time");
    let gone = house.orders().await[2].order.id;
    orders.delete(&Actor::system(), gone).await.unwrap();
    house.undo(import.id).await;
    let left: Vec<_> = house.orders().await.into_iter().map(|listed| listed.order.name()).collect();
    assert_eq!((left, house.leads().await["c1@b.example"].total_spend), (vec!["o1".to_owned()], 500));
    assert_eq!(audit(&house.store).await.unwrap(), [""; 0]);
}

async fn a_killed_server_goes_on_between_two_orders(db: &TestDb) {
    // Two rows each, so that batches of an odd number of rows would end within an order.
    let rows: String = (0..100).map(|at| format!("o{at},c1,2026-11-21,Tea,1\no{at},c1,2026-11-21,Cup,2\n")).collect();
    let file = format!("order,customer,date,product,price\n{rows}");
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("file.csv");
    std::fs::write(&path, file).unwrap();
    let folder = temporary.path().join("imports");
    let (told, batches) = mpsc::channel();
    let (url, of_server) = (db.url.clone(), folder.clone());
    let server = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Unblocks the import's thread when the test ends.
    let (release, held) = mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    server.spawn(async move {
        let store = Store::open(&url, Arc::new(server::clock::SystemClock)).await.unwrap();
        let imports = Imports::new(store.clone(), Hub::start(store), of_server).with_batch_rows(15).with_lease(Duration::from_millis(900));
        let imported = imports
            .import_file(&Actor::system(), &path, ImportOptions::default(), |progress| {
                told.send(progress.id).unwrap();
                if progress.counts.rows >= 60 {
                    assert!(held.lock().unwrap().recv().is_err());
                }
            })
            .await;
        drop(imported);
    });
    let id = tokio::task::spawn_blocking(move || (0..4).fold(None, |_, _| batches.recv().ok()).unwrap()).await.unwrap();
    server.shutdown_background();

    let house = House::open(db, &folder, 15).await;
    let halfway = house.imports.get(&Actor::system(), id).await.unwrap().unwrap().data;
    assert_eq!((halfway.status, halfway.counts.rows, halfway.counts.orders), (ImportStatus::Running, 64, 32));
    house.imports.resume().await.unwrap();
    let import = house.over(id).await;
    assert_eq!((counts(&import), import.counts.orders), ([200, 200, 0, 0, 0], 100));
    let orders = house.orders().await;
    assert!(orders.len() == 100 && orders.iter().all(|listed| listed.order.lines.len() == 2 && listed.order.amount == 300));
    drop(release);
}
