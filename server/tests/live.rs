//! The live layer through real sockets: every client ends with what the database holds.

use crate::common::{
    TestDb,
    leads::{edit, member, new_lead, settled},
    live_client::{LiveClient, View},
    server::TestServer,
};
use domain::{
    Epoch, ImportId, LeadId, Record, Role, Snapshot,
    change::{LeadSet, Op as ChangeOp},
    imports::{ImportCounts, ImportProgress, ImportStatus},
    leads::{Lead, NewLead, Stage, StageSums},
    live::{ClientMessage, DeltaOp, PROTOCOL, Progress, Query, ServerMessage, Total, close},
    rule::{Matcher, Op, Rule, Value},
};
use server::{
    http::App,
    leads::{LEAD_COLUMNS, LeadRow, insert},
    store::{Store, sql},
};
use std::{sync::LazyLock, time::Duration};
use tokio_tungstenite::tungstenite;

static ALL: LazyLock<&'static str> = LazyLock::new(|| format!("SELECT {LEAD_COLUMNS} FROM lead").leak());

/// What matches, by the native engine over all rows.
async fn snapshot(store: &Store, rule: &Rule) -> Snapshot<Vec<Lead>> {
    let matcher = Matcher::new(rule, store.clock.now());
    let all = store.snapshot(|conn| Box::pin(async move { conn.all::<LeadRow>(sql(*ALL)).await })).await.unwrap();
    all.map(|rows| rows.into_iter().map(|row| Lead::try_from(row).unwrap()).filter(|lead| matcher.matches(lead)).collect())
}

fn score_from(score: i32) -> Rule {
    Rule::test("score", Op::Gte, Value::Number(f64::from(score)))
}

fn rules() -> Vec<Rule> {
    vec![
        Rule::everyone(),
        score_from(50),
        Rule::test("stage", Op::Is, Value::Text("Negotiation".to_owned())),
        Rule::Not(Box::new(Rule::Any(vec![Rule::search("ar"), Rule::test("engaged", Op::Is, Value::Flag(true))]))),
    ]
}

/// Each rule as a list and as a board.
fn queries() -> Vec<Query> {
    rules().into_iter().flat_map(|rule| [Query::Leads { rule: rule.clone() }, Query::Board { rule }]).collect()
}

fn list(rule: Rule) -> Query {
    Query::Leads { rule }
}

/// What the leads add up to, worked out anew.
fn total(query: &Query, leads: &[Lead]) -> Total {
    match query {
        Query::Board { .. } => {
            Total::Stages(leads.iter().fold(StageSums::default(), |sums, lead| sums.with(lead.stage, 1, lead.value.unwrap_or_default())))
        }
        _ => Total::Count(leads.len() as i64),
    }
}

/// A tab that shows one query, and starts anew whenever it is told to.
struct Tab {
    query: Query,
    rule: Rule,
    view: View,
    client: Option<LiveClient>,
    url: String,
    secret: String,
    epoch: Option<Epoch>,
    id: u32,
    resets: usize,
}

impl Tab {
    async fn open(server: &TestServer, secret: &str, query: Query) -> Self {
        let (Query::Leads { rule } | Query::Board { rule }) = query.clone() else { panic!("{query:?}") };
        let view = View::new(snapshot(&server.server.app.store, &rule).await);
        Self { query, rule, view, client: None, url: server.live_url(), secret: secret.to_owned(), epoch: None, id: 0, resets: 0 }
    }

    /// Hears one message, on a new connection where there is none.
    async fn step(&mut self, store: &Store) {
        if self.view.must_read {
            self.resets += 1;
            let total = self.view.total;
            self.view = View::new(snapshot(store, &self.rule).await);
            self.view.total = total;
            if let Some(client) = &mut self.client {
                client.say(&ClientMessage::Unsubscribe { id: self.id }).await;
                self.id += 1;
                client.subscribe(self.id, &self.query, self.view.seen).await;
            }
        }
        if self.client.is_none() {
            let mut client = LiveClient::connect(&self.url, &self.secret, self.epoch).await;
            self.epoch = Some(client.epoch);
            client.subscribe(self.id, &self.query, self.view.seen).await;
            self.client = Some(client);
        }
        match self.client.as_mut().unwrap().hear().await {
            Some(message) => self.view.take(self.id, &message),
            None => self.drop_connection(),
        }
    }

    /// Waits, away from the server, until the hub has told others all there is: what comes next is read from the log.
    async fn told_everything(&self, store: &Store) {
        settled(store).await;
        let head = store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of;
        while LiveClient::connect(&self.url, &self.secret, None).await.head < head {
            tokio::task::yield_now().await;
        }
    }

    fn drop_connection(&mut self) {
        self.client = None;
        self.view.disconnected();
    }

    /// Hears until everything written is here, and compares with the database. Nobody writes meanwhile.
    async fn must_equal(&mut self, store: &Store) {
        settled(store).await;
        let expected = snapshot(store, &self.rule).await;
        while self.view.seen < expected.as_of || self.view.must_read || self.client.is_none() {
            self.step(store).await;
        }
        let rows: Vec<_> = self.view.rows.values().cloned().collect();
        let mut leads = expected.data;
        leads.sort_by_key(|lead| lead.id);
        assert_eq!(rows, leads);
        // The total may need another count; it comes by itself.
        while self.view.total != Some(total(&self.query, &leads)) {
            self.step(store).await;
        }
    }
}

/// The same numbers in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

async fn create(app: &App, name: &str, score: i32) -> Lead {
    let new = NewLead { score, ..new_lead(name, &format!("{}@live.example", app.store.clock.id())) };
    app.services.leads.create(&member(), new).await.unwrap()
}

async fn set_score(app: &App, id: LeadId, score: i32) {
    app.services.leads.update(&member(), id, edit(|set| set.score = Some(score))).await.unwrap();
}

/// Random work on leads of its own.
async fn work(app: App, seed: u64, steps: usize) {
    const NAMES: [&str; 4] = ["Maren Holt", "Ole Åström", "Zoë Karr", "Ines Vale"];
    let mut dice = Dice(seed);
    let mut known: Vec<LeadId> = Vec::new();
    for _ in 0..steps {
        if known.len() < 3 || dice.below(4) == 0 {
            let name = NAMES[dice.below(4) as usize];
            known.push(create(&app, name, dice.below(100) as i32).await.id);
            continue;
        }
        let at = dice.below(known.len() as u64) as usize;
        let id = known[at];
        let leads = &app.services.leads;
        match dice.below(7) {
            0 => {
                let change = leads.delete(&member(), id).await.unwrap();
                if dice.below(2) == 0 {
                    // On Postgres the log may name the change a moment later.
                    leads.undo(&member(), change).await.unwrap();
                } else {
                    known.swap_remove(at);
                }
            }
            1 => {
                let stage = Stage::ALL[dice.below(Stage::ALL.len() as u64) as usize];
                leads.update(&member(), id, edit(|set| set.stage = Some(stage))).await.unwrap();
            }
            2 => {
                let engaged = dice.below(2) == 0;
                leads.update(&member(), id, edit(|set| set.engaged = Some(engaged))).await.unwrap();
            }
            4 => {
                let value = (dice.below(3) > 0).then(|| dice.below(100_000) as i64);
                leads.update(&member(), id, edit(|set| set.value = Some(value))).await.unwrap();
            }
            3 => {
                leads.add_note(&member(), id, "Called").await.unwrap();
            }
            _ => set_score(&app, id, dice.below(100) as i32).await,
        }
    }
}

/// Tabs on all servers, whose connections drop at random, while all servers write.
async fn tabs_follow(servers: &[TestServer], drop_one_in: u64) {
    let app = &servers[0].server.app;
    let secret = servers[0].secret(Role::Viewer).await;
    work(app.clone(), 99, 30).await;
    let mut tabs = Vec::new();
    for (at, query) in queries().into_iter().cycle().take(12).enumerate() {
        tabs.push(Tab::open(&servers[at % servers.len()], &secret, query).await);
    }
    let workers: Vec<_> = (0..4).map(|at| tokio::spawn(work(servers[at % servers.len()].server.app.clone(), at as u64, 120))).collect();
    let done = tokio_util::sync::CancellationToken::new();
    let following: Vec<_> = tabs
        .into_iter()
        .enumerate()
        .map(|(at, mut tab)| {
            let (store, done) = (servers[at % servers.len()].server.app.store.clone(), done.clone());
            tokio::spawn(async move {
                let mut dice = Dice(1_000 + at as u64);
                let mut drops = 0;
                while !done.is_cancelled() {
                    // Heads come every second, so that this ends.
                    tab.step(&store).await;
                    if drop_one_in > 0 && dice.below(drop_one_in) == 0 {
                        tab.drop_connection();
                        drops += 1;
                    }
                    if tab.view.seen % 16 == 0 && tab.client.is_none() {
                        // Away for a while.
                        tokio::task::yield_now().await;
                    }
                }
                (tab, store, drops)
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    settled(&app.store).await;
    // Moves every head once more, so that everyone hears something.
    create(app, "Last", 1).await;
    done.cancel();
    settled(&app.store).await;
    let mut dropped = 0;
    for tab in following {
        let (mut tab, store, drops) = tab.await.unwrap();
        dropped += drops;
        tab.must_equal(&store).await;
        assert_eq!(tab.resets, 0, "the log was enough");
    }
    assert!(drop_one_in == 0 || dropped > 12, "{dropped}");
}

both_dbs! {
    async fn a_filtered_query_tells_who_enters_changes_and_leaves(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        create(app, "There already", 80).await;
        let other = create(app, "Below", 10).await;
        settled(&app.store).await;
        let rule = score_from(50);
        let since = snapshot(&app.store, &rule).await.as_of;
        let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
        client.subscribe(7, &Query::Leads { rule }, since).await;
        let name = client.until(|message| match message {
            ServerMessage::Subscribed { id: 7, query, .. } => Some(query),
            _ => None,
        }).await;

        let mut expected = vec![(DeltaOp::Enter, 2), (DeltaOp::Update, 2), (DeltaOp::Leave, 1), (DeltaOp::Enter, 2), (DeltaOp::Leave, 1)];
        expected.reverse();
        for score in [60, 70, 20, 90] {
            set_score(app, other.id, score).await;
        }
        app.services.leads.delete(&member(), other.id).await.unwrap();
        let mut last = since;
        while !expected.is_empty() {
            let (total, items) = client.until(|message| match message {
                ServerMessage::Deltas { query, total, items, .. } if query == name => Some((total, items)),
                _ => None,
            }).await;
            let mut now = None;
            // A page read from the database may be ahead of the hub, which then tells what is in it already.
            for item in items.into_iter().filter(|item| item.seq > since) {
                let (op, total) = expected.pop().unwrap();
                assert_eq!((item.op, item.id), (op, other.id.0));
                assert!(item.seq > last && item.record.is_some() && item.who == member().who);
                last = item.seq;
                now = Some(Total::Count(total));
            }
            // Counted in the background the first time.
            assert!(now.is_none() || total.is_none() || total == now, "{total:?} {now:?}");
        }
        server.stop().await;
    }

    async fn random_changes_over_a_snapshot_are_the_database(db: &TestDb) {
        let servers = [TestServer::start(db).await];
        tabs_follow(&servers, 0).await;
        let [server] = servers;
        server.stop().await;
    }

    async fn sockets_that_drop_at_random_miss_nothing(db: &TestDb) {
        let servers = [TestServer::start(db).await];
        tabs_follow(&servers, 9).await;
        let [server] = servers;
        server.stop().await;
    }

    async fn a_late_subscriber_reads_the_log_and_a_too_late_one_starts_anew(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let secret = server.secret(Role::Viewer).await;
        work(app.clone(), 1, 20).await;
        let mut tabs = Vec::new();
        for query in queries() {
            tabs.push(Tab::open(&server, &secret, query).await);
        }
        // More than fits one frame, and one reading of the log.
        work(app.clone(), 2, 700).await;
        settled(&app.store).await;
        for tab in &mut tabs {
            tab.must_equal(&app.store).await;
            assert_eq!(tab.resets, 0);
            tab.drop_connection();
        }

        let system = domain::Actor::system();
        let many = |count: i64| app.store.write(&system, move |tx| Box::pin(async move {
            for _ in 0..count {
                let import = ImportId(tx.new_id());
                tx.deleted(Record::Note(domain::leads::Note {
                    id: domain::NoteId(import.0), lead_id: LeadId(import.0), body: String::new(), author: String::new(), created_at: tx.now(),
                }));
            }
            Ok(())
        }));
        many(5_001).await.unwrap();
        create(app, "After", 60).await;
        tabs[0].told_everything(&app.store).await;
        tabs[0].must_equal(&app.store).await;
        assert_eq!(tabs[0].resets, 1, "too many changes");

        tabs[0].drop_connection();
        many(10).await.unwrap();
        create(app, "Later", 60).await;
        settled(&app.store).await;
        tabs[0].told_everything(&app.store).await;
        app.store.prune(domain::Timestamp(i64::MAX)).await.unwrap();
        tabs[0].must_equal(&app.store).await;
        assert_eq!(tabs[0].resets, 2, "forgotten changes");
        server.stop().await;
    }

    async fn who_comes_back_to_a_query_that_nobody_watched_misses_nothing(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let lead = create(app, "Ana", 1).await;
        let mut tab = Tab::open(&server, &server.secret(Role::Viewer).await, list(score_from(0))).await;
        tab.must_equal(&app.store).await;
        for round in 0..15 {
            let client = tab.client.as_mut().unwrap();
            client.say(&ClientMessage::Unsubscribe { id: tab.id }).await;
            tab.view.disconnected();
            // Its answer says that the hub has heard the other.
            let other = 1_000 + round;
            client.subscribe(other, &Query::Imports, 0).await;
            client.until(|message| matches!(message, ServerMessage::Subscribed { id, .. } if id == other).then_some(())).await;
            // The first is told at once, and the second waits for the next frame: no watcher is there yet that it could wait for.
            for score in [20, 30] {
                set_score(app, lead.id, score + round as i32).await;
            }
            settled(&app.store).await;
            tab.id += 1;
            tab.client.as_mut().unwrap().subscribe(tab.id, &tab.query, tab.view.seen).await;
            tab.must_equal(&app.store).await;
        }
        assert_eq!(tab.resets, 0);
        server.stop().await;
    }

    async fn who_does_not_listen_is_told_to_read_again(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let secret = server.secret(Role::Viewer).await;
        let mut tab = Tab::open(&server, &secret, list(Rule::everyone())).await;
        tab.step(&app.store).await;
        // Many queries of one tab, so that each change weighs megabytes.
        let client = tab.client.as_mut().unwrap();
        for n in 1..60_u32 {
            client.subscribe(1_000 + n, &Query::Leads { rule: score_from(-(n as i32)) }, tab.view.seen).await;
        }
        while app.hub.metrics().queries < 60 {
            tokio::task::yield_now().await;
        }
        for n in 0..12 {
            let notes = Some(format!("{n}").repeat(40_000));
            let new = NewLead { notes, ..new_lead("Heavy", &format!("heavy{n}@live.example")) };
            // Before the change: it may be told while its writer is still being answered.
            let told = app.hub.metrics().delivered + 60;
            app.services.leads.create(&member(), new).await.unwrap();
            settled(&app.store).await;
            while app.hub.metrics().delivered < told {
                tokio::task::yield_now().await;
            }
        }
        tab.must_equal(&app.store).await;
        assert!(tab.resets > 0);
        // And goes on from there.
        create(app, "Light", 1).await;
        tab.must_equal(&app.store).await;
        server.stop().await;
    }

    async fn a_set_written_at_once_is_counted_again_and_told_once(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let secret = server.secret(Role::Viewer).await;
        settled(&app.store).await;
        let mut tab = Tab::open(&server, &secret, list(score_from(50))).await;
        tab.must_equal(&app.store).await;
        let system = domain::Actor::system();
        let batch = |from: usize, last: bool| app.store.write(&system, move |tx| Box::pin(async move {
            for n in from..from + 100 {
                let new = NewLead { score: 60, ..new_lead("Bulk", &format!("bulk{n}@live.example")) };
                insert(tx, &new.check()?.into_lead(LeadId(tx.new_id()), tx.now())).await?;
            }
            if last {
                let set = Record::Set(LeadSet { what: "imported".to_owned(), import_id: None, bulk_id: None, count: 200 });
                tx.record(ChangeOp::Bulk, None, Some(set));
            }
            Ok(())
        }));
        batch(0, false).await.unwrap();
        app.hub.leads_touched();
        while tab.view.rows.len() < 100 || tab.view.total != Some(Total::Count(100)) {
            tab.step(&app.store).await;
        }
        let resets = tab.resets;
        batch(100, true).await.unwrap();
        tab.must_equal(&app.store).await;
        assert_eq!((tab.view.rows.len(), tab.resets), (200, resets + 1));
        server.stop().await;
    }

    async fn a_total_is_kept_and_never_older_than_what_was_read(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let rule = score_from(50);
        for n in 0..5 {
            create(app, "Counted", 40 + n * 5).await;
        }
        let total = async || {
            settled(&app.store).await;
            let as_of = snapshot(&app.store, &rule).await.as_of;
            app.hub.total(list(rule.clone()), as_of, Duration::MAX).await
        };
        assert_eq!(total().await, Some(Total::Count(3)));
        for wanted in 4..24 {
            create(app, "Another", 90).await;
            assert_eq!(total().await, Some(Total::Count(wanted)));
        }
        // Each of these is counted anew.
        for wanted in 24..44 {
            let system = domain::Actor::system();
            app.store.write(&system, move |tx| Box::pin(async move {
                let new = NewLead { score: 60, ..new_lead("Bulk", &format!("bulk{wanted}@live.example")) };
                insert(tx, &new.check()?.into_lead(LeadId(tx.new_id()), tx.now())).await?;
                let set = Record::Set(LeadSet { what: "imported".to_owned(), import_id: None, bulk_id: None, count: 1 });
                tx.record(ChangeOp::Bulk, None, Some(set));
                Ok(())
            })).await.unwrap();
            assert_eq!(total().await, Some(Total::Count(wanted)));
        }
        assert_eq!(app.hub.metrics().queries, 1);
        server.stop().await;
    }

    async fn a_lead_and_its_notes_are_followed(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let (mine, other) = (create(app, "Mine", 1).await, create(app, "Other", 1).await);
        settled(&app.store).await;
        let since = snapshot(&app.store, &Rule::everyone()).await.as_of;
        let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
        client.subscribe(1, &Query::Lead { id: mine.id }, since).await;
        client.until(|message| matches!(message, ServerMessage::Subscribed { id: 1, .. }).then_some(())).await;
        set_score(app, other.id, 2).await;
        set_score(app, mine.id, 3).await;
        let note = app.services.leads.add_note(&member(), mine.id, "Called").await.unwrap();
        app.services.leads.delete_note(&member(), note.id).await.unwrap();
        let mut heard = Vec::new();
        while heard.len() < 4 {
            let items = client.until(|message| match message {
                ServerMessage::Deltas { items, .. } => Some(items),
                _ => None,
            });
            let news = items.await.into_iter().filter(|item| item.seq > since);
            heard.extend(news.map(|item| (item.op, item.id)));
        }
        assert_eq!(heard, [
            (DeltaOp::Update, mine.id.0),
            (DeltaOp::Enter, note.id.0),
            // A note is the lead's last activity.
            (DeltaOp::Update, mine.id.0),
            (DeltaOp::Leave, note.id.0),
        ]);
        server.stop().await;
    }

    async fn sockets_close_when_rights_change(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let url = server.live_url();
        let system = domain::Actor::system();
        let user = server.user("vera@live.example", Role::Viewer).await;
        let session = app.services.accounts.sign_in("vera@live.example", crate::common::server::PASSWORD, "test").await.unwrap();
        let mut promoted = LiveClient::connect(&url, &session.secret, None).await;
        app.services.accounts.set_role(&system, user.id, Role::Member).await.unwrap();
        assert_eq!(promoted.closed().await, Some(close::SESSION_OVER));

        let mut again = LiveClient::connect(&url, &session.secret, None).await;
        app.services.accounts.sign_out(&session.secret).await.unwrap();
        assert_eq!(again.closed().await, Some(close::SESSION_OVER));

        let refused = LiveClient::open(&url, &[("authorization", &format!("Bearer {}", session.secret))]).await;
        assert_eq!(status(refused), 401);
        server.stop().await;
    }
}

fn status<T>(answer: Result<T, tungstenite::Error>) -> u16 {
    match answer {
        Ok(_) => 101,
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

/// Two servers on one Postgres, each with its own sockets and its own writes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_postgres_show_the_same() {
    let db = TestDb::postgres().await;
    let servers = [TestServer::start(&db).await, TestServer::start(&db).await];
    tabs_follow(&servers, 9).await;
    for server in servers {
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_our_own_pages_may_connect() {
    let db = TestDb::sqlite().await;
    let server = TestServer::with(&db, &["--allowed-origin", "https://crm.example.org"]).await;
    let bearer = format!("Bearer {}", server.secret(Role::Viewer).await);
    let own = format!("http://{}", server.server.addr);
    for (origin, expected) in [
        (own.as_str(), 101),
        ("https://crm.example.org", 101),
        ("https://evil.example", 403),
        ("http://127.0.0.1:1", 403),
        ("null", 403),
        ("https://crm.example.org.evil.example", 403),
    ] {
        let answer = LiveClient::open(&server.live_url(), &[("authorization", &bearer), ("origin", origin)]).await;
        assert_eq!(status(answer), expected, "{origin}");
    }
    assert_eq!(status(LiveClient::open(&server.live_url(), &[("origin", &own)]).await), 401);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_is_made_once_for_all_who_watch() {
    const WATCHERS: u64 = 40;
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    let secret = server.secret(Role::Viewer).await;
    let query = Query::Leads { rule: score_from(50) };
    let mut clients = Vec::new();
    for _ in 0..WATCHERS {
        let mut client = LiveClient::connect(&server.live_url(), &secret, None).await;
        client.subscribe(1, &query, i64::MAX).await;
        client
            .until(|message| {
                matches!(message, ServerMessage::Subscribed { total: Some(_), .. } | ServerMessage::Deltas { .. }).then_some(())
            })
            .await;
        clients.push(client);
    }
    let before = app.hub.metrics();
    assert_eq!((before.sockets, before.queries), (WATCHERS, 1));
    for n in 0..20 {
        create(app, "Watched", 50 + n).await;
    }
    for client in &mut clients {
        let mut seen = 0;
        while seen < 20 {
            seen += client
                .until(|message| match message {
                    ServerMessage::Deltas { items, .. } => Some(items.len()),
                    _ => None,
                })
                .await;
        }
    }
    let after = app.hub.metrics();
    let (encoded, delivered) = (after.encoded - before.encoded, after.delivered - before.delivered);
    assert!(encoded > 0);
    assert_eq!(delivered, encoded * WATCHERS, "{encoded} frames");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_answers_at_once_all_arrive() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    for round in 0..20_u32 {
        for id in 0..60 {
            client.subscribe(round * 60 + id, &Query::Imports, i64::MAX).await;
        }
        for id in 0..60 {
            let next = client.until(|message| match message {
                ServerMessage::Subscribed { id, .. } => Some(id),
                _ => None,
            });
            assert_eq!(next.await, round * 60 + id);
        }
        for id in 0..60 {
            client.say(&ClientMessage::Unsubscribe { id: round * 60 + id }).await;
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let secret = server.secret(Role::Viewer).await;
    let url = server.live_url();
    let mut client = LiveClient::connect(&url, &secret, Some(Epoch(uuid::Uuid::from_u128(1)))).await;
    client.until(|message| matches!(message, ServerMessage::Reset { id: None, .. }).then_some(())).await;

    let unknown = Rule::test("nickname", Op::Is, Value::Text("x".to_owned()));
    client.subscribe(5, &Query::Leads { rule: unknown }, 0).await;
    let reason = client
        .until(|message| match message {
            ServerMessage::Reset { id: Some(5), reason } => Some(reason),
            _ => None,
        })
        .await;
    assert!(reason.contains("nickname"), "{reason}");

    for id in 100..165 {
        client.subscribe(id, &Query::Imports, i64::MAX).await;
    }
    client.until(|message| matches!(message, ServerMessage::Reset { id: Some(164), .. }).then_some(())).await;

    client.say(&ClientMessage::Hello { proto: PROTOCOL, epoch: None, since: None }).await;
    client.subscribe(100, &Query::Leads { rule: Rule::search(&"x".repeat(70_000)) }, 0).await;
    client.closed().await;

    let mut old = LiveClient::open(&url, &[("authorization", &format!("Bearer {secret}"))]).await.unwrap();
    use futures::{SinkExt, StreamExt};
    old.send(tungstenite::Message::text(r#"{"type":"hello","proto":99,"epoch":null,"since":null}"#)).await.unwrap();
    let Some(Ok(tungstenite::Message::Close(Some(frame)))) = old.next().await else { panic!("not closed") };
    assert_eq!(u16::from(frame.code), close::WRONG_PROTOCOL);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_coalesced_and_its_last_word_arrives() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    let id = ImportId(app.store.clock.id());
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(1, &Query::Import { id }, i64::MAX).await;
    client.until(|message| matches!(message, ServerMessage::Subscribed { .. }).then_some(())).await;
    for read in 1..=1_000 {
        app.hub.progress(Progress::Import(ImportProgress {
            id,
            status: if read == 1_000 { ImportStatus::Completed } else { ImportStatus::Running },
            read,
            size: 1_000,
            counts: ImportCounts::default(),
            rows_per_second: 0.0,
        }));
    }
    let mut told = 0;
    client
        .until(|message| match message {
            ServerMessage::Progress { progress: Progress::Import(import) } => {
                told += 1;
                (import.read == 1_000 && import.status == ImportStatus::Completed).then_some(())
            }
            _ => None,
        })
        .await;
    assert!(told < 100, "{told} frames");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_each_other_once_and_hear_of_a_restart() {
    let db = TestDb::sqlite().await;
    let server = TestServer::start(&db).await;
    let app = &server.server.app;
    let url = server.live_url();
    let mut clients = Vec::new();
    for email in ["ann@live.example", "bob@live.example"] {
        server.user(email, Role::Viewer).await;
        let session = app.services.accounts.sign_in(email, crate::common::server::PASSWORD, "test").await.unwrap();
        for page in ["/leads", "/imports"] {
            let mut client = LiveClient::connect(&url, &session.secret, None).await;
            client.say(&ClientMessage::Presence { page: Some(page.to_owned()), record: None }).await;
            clients.push(client);
        }
    }
    for client in &mut clients {
        let people = client
            .until(|message| match message {
                ServerMessage::Presence { people } if people.len() == 2 => Some(people),
                _ => None,
            })
            .await;
        assert_eq!(people.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["ann@live.example", "bob@live.example"]);
    }
    let (_, stay) = clients.split_at_mut(2);
    stay[0].say(&ClientMessage::Presence { page: None, record: None }).await;
    app.hub.shutdown().await;
    for client in &mut clients {
        assert_eq!(client.closed().await, Some(close::RESTART));
    }
    server.stop().await;
}
