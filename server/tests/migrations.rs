//! Migrating databases of older versions keeps their data.

use crate::common::{TestDb, campaigns::*, leads::*};
use domain::{
    Actor, ActorRef, CampaignId, ChangeId, Error, LeadId, Record, Role, StepId, Timestamp,
    campaigns::{
        Campaign, CampaignEdit, CampaignPatch, CampaignStatus, Counts, EnrollmentState, LeadCampaignQuery, NewCampaign, Step,
        starter_sequence,
    },
    imports::{ImportStatus, Target},
    leads::{Connection, Stage},
    services::{CampaignService, ImportService, LeadService},
};
use server::{
    bulk::Bulks,
    campaigns::Campaigns,
    clock::SystemClock,
    imports::Imports,
    leads::Leads,
    live::Hub,
    store::{Store, log, newest_migration, sql},
};
use sqlx::{AssertSqlSafe, migrate::Migrator};
use std::sync::Arc;
use uuid::Uuid;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Creates the tables as before `version` and inserts `rows`, in which `{1}` to `{9}` are ids.
async fn old(db: &TestDb, version: i64, rows: &str) {
    let of_then = |migrator: &Migrator| {
        let then = migrator.iter().filter(|one| one.version < version || one.version == 40).cloned();
        Migrator::with_migrations(then.collect())
    };
    let with_ids = |text: fn(u8) -> String| (1..=9).fold(rows.to_owned(), |rows, n| rows.replace(&format!("{{{n}}}"), &text(n)));
    if db.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&format!("{}?mode=rwc", db.url)).await.unwrap();
        of_then(&SQLITE).run(&pool).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(with_ids(|n| format!("x'{n:032}'")))).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(&db.url).await.unwrap();
        of_then(&POSTGRES).run(&pool).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(with_ids(|n| format!("CAST('{n:032}' AS UUID)")))).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

fn id(n: u8) -> Uuid {
    format!("{n:032}").parse().unwrap()
}

/// Two counted leads in a campaign: one has completed the first step, one has not started.
const BEFORE_COUNTS: &str = r#"
INSERT INTO lead (id, revision, name, email, status, connection, stage, stage_at, engaged, score, total_spend, visits, consent, tags, custom, last_activity,
                  last_activity_at, created_at, updated_at, name_fold, company_fold, title_fold, location_fold, customer_id_fold, tags_fold, custom_fold, search)
VALUES ({1}, 7, 'Ana', 'ana@b.example', 'contacted', 'request_sent', 0, 1, FALSE, 0, 0, 0, 'subscribed', '[]', '{}', 'Edited', 1, 1, 1, 'ana', '', '', '', '', '', '{}', 'ana'),
       ({2}, 1, 'Bo', 'bo@b.example', 'pending', 'not_connected', 0, 1, FALSE, 0, 0, 0, 'subscribed', '[]', '{}', 'Imported', 1, 1, 1, 'bo', '', '', '', '', '', '{}', 'bo');
INSERT INTO campaign (id, revision, edited, name, description, status, steps, total_leads, requests_sent, connected, messages_sent, contacted, replied,
                      successful_leads, finished, standing, created_by, created_at, updated_at, name_fold, search)
VALUES ({3}, 9, 4, 'Spring', '', 'active',
        '[{"id":"00000000-0000-0000-0000-000000000004","position":1,"kind":"connection_request","title":"Ask"},
          {"id":"00000000-0000-0000-0000-000000000005","position":2,"kind":"call","title":"Call"}]',
        2, 1, 0, 0, 1, 0, 0, 0, '[1,1]', 'Mia', 1, 1, 'spring', 'spring');
INSERT INTO enrolment (campaign_id, lead_id, state, step, step_at, messages, enrolled_at, requested_at, gone)
VALUES ({3}, {1}, 'requested', 1, 5, 0, 1, 5, FALSE), ({3}, {2}, 'pending', 0, 1, 0, 1, NULL, FALSE);
"#;

/// Rows from when the domain used the outreach contract's names: an edit of a lead, an import that changed it, a deleted lead.
const FORMER_WORDS: &str = r#"
INSERT INTO lead (id, revision, edited, name, email, company, title, status, connection, stage, stage_at, engaged, score, total_spend, visits, consent,
                  tags, custom, last_activity, last_activity_at, created_at, updated_at, name_fold, company_fold, title_fold, location_fold,
                  customer_id_fold, tags_fold, custom_fold, search)
VALUES ({1}, 3, 3, 'Ana', 'ana@b.example', 'Tern', 'Chief', 'pending', 'connected', 4, 5, FALSE, 0, 0, 0, 'subscribed',
        '["vip"]', '{"plan":"Gold"}', 'Updated by import', 9, 1, 9, 'ana', 'tern', 'chief', '', '', '', '{}', 'ana');
INSERT INTO import (id, revision, file, status, size, encoding, delimiter, columns, options, read, rows, created, updated, duplicates, rejected, created_by,
                    created_at)
VALUES ({3}, 3, 'f.csv', 'completed', 50, 'utf-8', ',',
        '[{"header":"Full name","samples":["Ana"],"target":"name"},{"header":"Email","samples":["ana@b.example"],"target":"email"},{"header":"Job title","samples":["Chief"],"target":"position"}]',
        '{"mapping":["name","email","position"],"onDuplicate":"update","tags":[]}', 50, 1, 0, 1, 0, 0, 'bench', 1);
INSERT INTO lead_image (set_id, lead_id, before, after)
VALUES ({3}, {1},
        '{"name":"Ana","email":"ana@b.example","company":"Tern","position":"CTO","phone":"","location":"","linkedinUrl":"","notes":"n","status":"pending","connectionStatus":"connected","stage":"Negotiation","engaged":false,"owner":null,"value":null,"score":0,"consent":"subscribed","customerId":"","tags":["vip"],"custom":{"plan":"Gold"},"lastActivity":["Moved to Negotiation","2026-11-29T09:48:39.832345Z"]}',
        '{"name":"Ana","email":"ana@b.example","company":"Tern","position":"Chief","phone":"","location":"","linkedinUrl":"","notes":"n","status":"pending","connectionStatus":"connected","stage":"Negotiation","engaged":false,"owner":null,"value":null,"score":0,"consent":"subscribed","customerId":"","tags":["vip"],"custom":{"plan":"Gold"},"lastActivity":["Updated by import","2026-11-29T09:48:40.475133Z"]}');
INSERT INTO change (seq, id, at, who, op, entity, entity_id, lead_id, before, after)
VALUES (1, {4}, 1, '{"kind":"system"}', 'update', 'lead', {1}, {1},
        '{"entity":"lead","id":"00000000-0000-0000-0000-000000000001","revision":1,"edited":1,"name":"Ana","email":"ana@b.example","company":"Tern","position":"Buyer","notes":"n","status":"pending","connectionStatus":"not_connected","stage":"New Lead","stageAt":"2026-11-29T09:48:39.485047Z","engaged":false,"score":0,"totalSpend":0,"visits":0,"consent":"subscribed","tags":["vip"],"custom":{"plan":"Gold"},"lastActivity":"Lead created","lastActivityDate":"2026-11-29T09:48:39.485047Z","createdAt":"2026-11-29T09:48:39.485047Z","updatedAt":"2026-11-29T09:48:39.485047Z"}',
        '{"entity":"lead","id":"00000000-0000-0000-0000-000000000001","revision":2,"edited":2,"name":"Ana","email":"ana@b.example","company":"Tern","position":"CTO","notes":"n","status":"pending","connectionStatus":"connected","stage":"Negotiation","stageAt":"2026-11-29T09:48:39.832345Z","engaged":false,"score":0,"totalSpend":0,"visits":0,"consent":"subscribed","tags":["vip"],"custom":{"plan":"Gold"},"lastActivity":"Moved to Negotiation","lastActivityDate":"2026-11-29T09:48:39.832345Z","createdAt":"2026-11-29T09:48:39.485047Z","updatedAt":"2026-11-29T09:48:39.832345Z"}'),
       (2, {5}, 1, '{"kind":"system"}', 'delete', 'lead', {2}, {2},
        '{"entity":"lead","id":"00000000-0000-0000-0000-000000000002","revision":1,"edited":1,"name":"Bo","email":"bo@b.example","position":"Clerk","status":"pending","connectionStatus":"request_sent","stage":"New Lead","stageAt":"2026-11-29T09:48:39.844392Z","engaged":false,"score":0,"totalSpend":0,"visits":0,"consent":"subscribed","lastActivity":"Lead created","lastActivityDate":"2026-11-29T09:48:39.844392Z","createdAt":"2026-11-29T09:48:39.844392Z","updatedAt":"2026-11-29T09:48:39.844392Z"}',
        NULL);
"#;

/// Contacts of before: an edit of status and a step, a message and a draft, a custom field, and a custom field with another text.
const BEFORE_CONTACTS: &str = r#"
INSERT INTO lead (id, revision, edited, name, email, status, connection, stage, stage_at, engaged, score, total_spend, visits, consent, tags, custom,
                  last_activity, last_activity_at, created_at, updated_at, name_fold, company_fold, title_fold, location_fold, customer_id_fold,
                  tags_fold, custom_fold, search)
VALUES ({1}, 1, 1, 'Ana', 'ana@b.example', 'contacted', 'connected', 0, 1, FALSE, 0, 0, 0, 'subscribed', '[]', '{}', 'Edited', 1, 1, 1, 'ana', '', '', '', '', '', '{}', 'ana'),
       ({2}, 1, 1, 'Bo', 'bo@b.example', 'pending', 'connected', 0, 1, FALSE, 0, 0, 0, 'subscribed', '[]', '{}', 'Edited', 1, 1, 1, 'bo', '', '', '', '', '', '{}', 'bo'),
       ({3}, 1, 1, 'Cy', 'cy@b.example', 'pending', 'connected', 0, 1, FALSE, 0, 0, 0, 'subscribed', '[]',
        '{"Last contacted":"2026-11-21T09:30:00.250Z","plan":"Gold"}', 'Edited', 1, 1, 1, 'cy', '', '', '', '', '', '{"last contacted":"2026-11-21t09:30:00.250z","plan":"gold"}', 'cy'),
       ({4}, 1, 1, 'Di', 'di@b.example', 'pending', 'connected', 0, 1, FALSE, 0, 0, 0, 'subscribed', '[]', '{"Last contacted":"in May"}', 'Edited', 1, 1, 1, 'di', '', '', '', '', '', '{"last contacted":"in may"}', 'di');
INSERT INTO note (id, lead_id, body, author, created_at, kind, outreach)
VALUES ({5}, {2}, 'Hello', 'Mia', 20, 'message', '{"kind":"message","message_kind":"email","status":"sent"}'),
       ({6}, {2}, 'Draft', 'Mia', 30, 'message', '{"kind":"message","message_kind":"email","status":"draft"}');
INSERT INTO enrollment (campaign_id, lead_id, state, step_id, step_at, messages, enrolled_at, requested_at, gone)
VALUES ({9}, {1}, 'requested', {8}, 7, 0, 1, 5, FALSE), ({9}, {2}, 'pending', NULL, 40, 0, 40, NULL, FALSE);
INSERT INTO change (seq, id, at, who, op, entity, entity_id, lead_id, before, after)
VALUES (1, {7}, 9, '{"kind":"system"}', 'update', 'lead', {1}, {1}, '{"entity":"lead","status":"pending"}', '{"entity":"lead","status":"contacted"}');
"#;

/// A campaign deleted before steps had ids, after its only lead had completed 2 steps.
fn gone() -> Campaign {
    let step = |n: u8, title: &str| Step { id: StepId(id(n)), title: title.to_owned(), ..starter_sequence()[1].clone() };
    let new = NewCampaign { steps: Some(vec![step(8, "One"), step(9, "Two")]), status: CampaignStatus::Active, ..named("Gone") };
    Campaign {
        id: CampaignId(id(6)),
        made_by: None,
        ..new.check().unwrap().into_campaign(&ActorRef::System, Timestamp(1), || server::clock::Clock::id(&server::clock::SystemClock))
    }
}

both_dbs!(
    only_serving_and_migrating_bring_a_database_up_to_date,
    a_command_that_reads_cannot_write,
    counters_and_edits_of_before_are_those_of_now,
    rows_in_the_contracts_words_are_read_undone_and_told_in_ours,
    the_last_contact_is_what_older_rows_tell,
    products_of_older_orders_are_found,
    what_waits_has_its_sender,
    positions_of_before_become_steps
);

async fn newest(db: &TestDb) -> i64 {
    let newest = "SELECT MAX(version) FROM _sqlx_migrations";
    if db.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&db.url).await.unwrap();
        sqlx::query_scalar(newest).fetch_one(&pool).await.unwrap()
    } else {
        let pool = sqlx::PgPool::connect(&db.url).await.unwrap();
        sqlx::query_scalar(newest).fetch_one(&pool).await.unwrap()
    }
}

async fn only_serving_and_migrating_bring_a_database_up_to_date(db: &TestDb) {
    old(db, 60, "").await;
    let (clock, before) = (|| Arc::new(SystemClock), newest(db).await);
    assert!(before < newest_migration());
    for opened in [Store::open_existing(&db.url, clock()).await, Store::open_to_read(&db.url, clock()).await] {
        let Err(Error::Unavailable(why)) = opened.map(drop) else { panic!("an older database was opened") };
        assert!(why.contains("older version") && why.contains("`linnet migrate`"), "{why}");
    }
    assert_eq!(newest(db).await, before, "nothing was migrated");
    let store = db.open().await;
    assert_eq!(newest(db).await, newest_migration());
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 SELECT 9999, description, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run(sql(later)).await })).await.unwrap();
    store.close().await;
    for opened in
        [Store::open_existing(&db.url, clock()).await, Store::open_to_read(&db.url, clock()).await, Store::open(&db.url, clock()).await]
    {
        let Err(Error::Unavailable(why)) = opened.map(drop) else { panic!("a newer database was opened") };
        assert!(why.contains("newer version") && why.contains("9999"), "{why}");
    }
}

async fn a_command_that_reads_cannot_write(db: &TestDb) {
    db.open().await.close().await;
    let store = Store::open_to_read(&db.url, Arc::new(SystemClock)).await.unwrap();
    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    let refused = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.map(drop);
    assert!(matches!(&refused, Err(Error::Unavailable(why)) if why.contains("takes no changes")), "{refused:?}");
    let count = async |store: &Store| store.read(|conn| Box::pin(conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM lead")))).await.unwrap().0;
    assert_eq!(count(&store).await, 0);
    store.close().await;
    // Beside a server, too.
    let server = db.open().await;
    let leads = Leads::new(server.clone(), Hub::start(server.clone()));
    leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let store = Store::open_to_read(&db.url, Arc::new(SystemClock)).await.unwrap();
    assert_eq!(count(&store).await, 1);
    store.close().await;
    server.close().await;
}

async fn counters_and_edits_of_before_are_those_of_now(db: &TestDb) {
    old(db, 30, BEFORE_COUNTS).await;
    let store = db.open().await;
    let campaigns = Campaigns::new(store.clone(), Bulks::new(store.clone(), Hub::start(store.clone())));
    let spring = find(&campaigns, CampaignId(id(3))).await;
    assert_eq!((spring.revision, spring.edited, spring.steps.len()), (9, 4, 2));
    let kept = counts(&store, &campaigns, spring.id).await;
    assert_eq!(kept, Counts { total_leads: 2, requests_sent: 1, contacted: 1, standing: vec![1, 1], ..Counts::default() });
    let ana = Leads::new(store.clone(), Hub::start(store.clone())).get(&member(), LeadId(id(1))).await.unwrap().unwrap();
    assert_eq!((ana.revision, ana.edited), (7, 7), "nobody knows which of these was an edit");
    let ways = campaigns.of_lead(&member(), ana.id, &LeadCampaignQuery::default()).await.unwrap().data.campaigns;
    assert_eq!((ways[0].enrollment.step, ways[0].enrollment.state), (1, EnrollmentState::Requested));
    store.close().await;
}

async fn rows_in_the_contracts_words_are_read_undone_and_told_in_ours(db: &TestDb) {
    old(db, i64::MAX, FORMER_WORDS).await;
    let store = db.open().await;
    let hub = Hub::start(store.clone());
    let leads = Leads::new(store.clone(), hub.clone());
    let folder = tempfile::tempdir().unwrap();
    let imports = Imports::new(store.clone(), hub, folder.path().to_owned());
    let (import, ana, boss) = (domain::ImportId(id(3)), LeadId(id(1)), Actor { role: Role::Manager, ..member() });
    account_of(&store, &boss).await;
    let looks = async |lead| {
        let lead = leads.get(&boss, lead).await.unwrap().unwrap();
        (lead.title.unwrap(), lead.connection, lead.stage)
    };
    assert_eq!(imports.get(&boss, import).await.unwrap().unwrap().data.columns[2].target, Target::Text(domain::leads::TextField::Title));
    let told = leads.detail(&boss, ana).await.unwrap().unwrap().data.timeline;
    let changed: Vec<_> = told.iter().map(|item| item.kind.words(None).into_iter().map(|word| word.text).collect::<String>()).collect();
    assert!(changed.iter().any(|text| text == " changed Title from Buyer to CTO"), "{changed:?}");

    let mut feed = store.feed();
    let mut undone = imports.undo(&boss, import).await.unwrap();
    while undone.status != ImportStatus::Undone {
        feed.recv().await.unwrap();
        undone = imports.get(&boss, import).await.unwrap().unwrap().data;
    }
    assert_eq!(looks(ana).await, ("CTO".to_owned(), Connection::Connected, Stage::Negotiation));
    undo(&store, &boss, ChangeId(id(4))).await.unwrap();
    assert_eq!(looks(ana).await, ("Buyer".to_owned(), Connection::NotConnected, Stage::NewLead));
    undo(&store, &boss, ChangeId(id(5))).await.unwrap();
    assert_eq!(looks(LeadId(id(2))).await, ("Clerk".to_owned(), Connection::RequestSent, Stage::NewLead));

    settled(&store).await;
    let all = store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 100))).await.unwrap();
    let rows = "SELECT CAST(COALESCE(after, before) AS TEXT) FROM change WHERE seq > 2";
    let mut written: Vec<String> =
        store.read(move |conn| Box::pin(conn.all::<(String,)>(sql(rows)))).await.unwrap().into_iter().map(|(row,)| row).collect();
    assert!(all.len() > 4 && written.len() == all.len() - 2, "{all:?}");
    written.extend(all.iter().map(|change| serde_json::to_string(change).unwrap()));
    for row in written {
        assert!(["position", "connectionStatus", "lastActivityDate"].iter().all(|word| !row.contains(word)), "{row}");
    }
    store.close().await;
}

async fn the_last_contact_is_what_older_rows_tell(db: &TestDb) {
    old(db, 75, BEFORE_CONTACTS).await;
    let store = db.open().await;
    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    let mut told = Vec::new();
    for lead in 1..=4 {
        let lead = leads.get(&member(), LeadId(id(lead))).await.unwrap().unwrap();
        told.push((lead.last_contacted_at.map(|at| at.0), lead.custom.into_values().collect::<Vec<_>>()));
    }
    let cy = "2026-11-21T09:30:00.250Z".parse::<Timestamp>().unwrap().0;
    let gold = vec!["Gold".to_owned()];
    assert_eq!(told, [(Some(9), vec![]), (Some(20), vec![]), (Some(cy), gold), (None, vec!["in May".to_owned()])]);
    store.close().await;
}

/// Orders with and without ids of their own, with two lines, and one without lines.
const ORDERS: &str = r#"
INSERT INTO orders (id, order_id, customer, amount, lines, ordered_at, created_at, updated_at, search)
VALUES ({1}, 'O1', 'C1', 5, '[{"name":"Tea"},{"name":"Tea"}]', 1, 1, 1, 'o1
c1
p-7
tea
tea'),
       ({2}, NULL, 'Cup', 5, '[{"name":"Tea"}]', 1, 1, 1, 'cup
tea'),
       ({3}, NULL, 'Tea', 5, '[]', 1, 1, 1, 'tea');
"#;

async fn products_of_older_orders_are_found(db: &TestDb) {
    old(db, 92, ORDERS).await;
    let store = db.open().await;
    let all = sql("SELECT order_id, product FROM order_product ORDER BY order_id, product");
    let products = store.read(|conn| Box::pin(conn.all::<(Uuid, String)>(all))).await.unwrap();
    let products: Vec<_> = products.iter().map(|(order, product)| (*order, product.as_str())).collect();
    assert_eq!(products, [(id(1), "p-7"), (id(1), "tea"), (id(2), "tea")]);
    store.close().await;
}

/// Batches of a user, of guests, and of Linnet itself.
const INBOX: &str = r#"
INSERT INTO inbox (id, part, queue, items, count, who, received_at)
VALUES ({1}, 0, 'orders', '[{},{}]', 2, '{"kind":"user","id":"00000000-0000-0000-0000-000000000007","name":"Mia Member"}', 1),
       ({2}, 0, 'orders', '[{}]', 1, '{"kind":"guest"}', 1),
       ({3}, 0, 'orders', '[{}]', 1, '{"kind":"system"}', 1);
"#;

async fn what_waits_has_its_sender(db: &TestDb) {
    old(db, 174, INBOX).await;
    let store = db.open().await;
    let all = sql("SELECT inbox.id, inbox.sender, waiting, turn FROM inbox JOIN ingest_sender USING (queue, sender) ORDER BY inbox.id");
    let senders = store.read(|conn| Box::pin(conn.all::<(Uuid, Uuid, i64, i64)>(all))).await.unwrap();
    assert_eq!(senders, [(id(1), id(7), 2, 0), (id(2), Uuid::max(), 1, 0), (id(3), Uuid::nil(), 1, 0)]);
    store.close().await;
}

async fn positions_of_before_become_steps(db: &TestDb) {
    let before = BEFORE_COUNTS.replace("2, 1, 0, 0, 1, 0, 0, 0, '[1,1]', ", "");
    let before = before.replace(
        "total_leads, requests_sent, connected, messages_sent, contacted, replied,\n                      successful_leads, finished, standing, ",
        "",
    );
    let before = before
        .replace("INSERT INTO campaign (id, revision, edited,", "INSERT INTO campaign (id, edited,")
        .replace("VALUES ({3}, 9, 4,", "VALUES ({3}, 4,");
    let (who, gone) = (serde_json::to_string(&ActorRef::System).unwrap(), Record::Campaign(Box::new(gone())));
    let gone = serde_json::to_string(&gone).unwrap();
    let rows = format!(
        "{before}
             INSERT INTO campaign_counts (campaign_id, revision, total_leads, requests_sent, connected, messages_sent, contacted, replied, successful_leads, finished, standing)
             VALUES ({{3}}, 9, 2, 1, 0, 0, 1, 0, 0, 0, '[1,1]');
             INSERT INTO enrolment (campaign_id, lead_id, state, step, step_at, messages, enrolled_at, gone) VALUES ({{6}}, {{2}}, 'finished', 2, 1, 2, 1, FALSE);
             INSERT INTO change (seq, id, at, who, op, entity, entity_id, campaign_id, before) VALUES (1, {{7}}, 1, '{who}', 'delete', 'campaign', {{6}}, {{6}}, '{gone}');"
    );
    old(db, 32, &rows).await;
    let store = db.open().await;
    let campaigns = Campaigns::new(store.clone(), Bulks::new(store.clone(), Hub::start(store.clone())));
    let kept = counts(&store, &campaigns, CampaignId(id(3))).await;
    assert_eq!(kept, Counts { total_leads: 2, requests_sent: 1, contacted: 1, standing: vec![1, 1], ..Counts::default() });
    let place = async |lead: u8| {
        let ways = campaigns.of_lead(&member(), LeadId(id(lead)), &LeadCampaignQuery::default()).await.unwrap().data.campaigns;
        ways.into_iter().map(|way| (way.campaign.name, way.enrollment.step, way.enrollment.step_id)).collect::<Vec<_>>()
    };
    assert_eq!(place(1).await, [("Spring".to_owned(), 1, Some(StepId(id(4))))]);
    assert_eq!(place(2).await, [("Spring".to_owned(), 0, None)]);

    let boss = Actor { role: Role::Manager, ..member() };
    let back = undo(&store, &boss, ChangeId(id(7))).await.unwrap().unwrap().as_campaign().unwrap().clone();
    assert_eq!(back.counts, Counts { total_leads: 1, messages_sent: 2, contacted: 1, standing: vec![0, 0, 1], ..Counts::default() });
    assert_eq!(counts(&store, &campaigns, back.id).await, back.counts);
    assert_eq!(place(2).await[1], ("Gone".to_owned(), 2, Some(StepId(id(9)))));
    let old_steps = server::store::sql("SELECT COUNT(*) FROM enrollment WHERE old_step > 0");
    assert_eq!(store.read(move |conn| Box::pin(conn.one::<(i64,)>(old_steps))).await.unwrap(), (0,));
    // Remove the first step: the lead at the second step stays there.
    let edit = CampaignEdit::set(CampaignPatch { steps: Some(back.steps[1..].to_vec()), ..CampaignPatch::default() });
    campaigns.update(&member(), back.id, edit).await.unwrap();
    assert_eq!(place(2).await[1], ("Gone".to_owned(), 1, Some(StepId(id(9)))));
    assert_eq!(counts(&store, &campaigns, back.id).await.standing, [0, 1]);
    store.close().await;
}
