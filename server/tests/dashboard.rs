//! The dashboard equals a recount, whatever was written, with restarts in between; and tells those who watch.

use crate::common::{
    TestDb, campaigns,
    leads::{edit, member, new_lead, newest_change, settled},
    live_client::LiveClient,
    server::{TestServer, json},
};
use bytes::Bytes;
use domain::{
    Actor, ActorRef, LeadId, Role,
    bulk::{BulkAction, NewBulk},
    campaigns::{CampaignStatus, NewCampaign, Selection},
    dashboard::{Dashboard, Range},
    imports::{ImportOptions, OnDuplicate, Target},
    leads::{Connection, NewLead, Stage, Status},
    live::{News, Query, ServerMessage},
    services::{BulkService, CampaignService, DashboardService, ImportService, LeadService},
    time::DAY,
};
use server::{
    bulk::Bulks,
    campaigns::Campaigns,
    dashboard::Dashboards,
    demo,
    imports::Imports,
    leads::Leads,
    live::Hub,
    store::{Store, sql},
};
use std::path::Path;

/// A sequence that is the same in each run: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

type Counts = Vec<(String, i64, i64, i64)>;

/// The kept counters without zeros, and the same by a recount.
async fn compare(store: &Store) -> Counts {
    const KEPT: &str = "
        SELECT kind, key, CAST(SUM(leads) AS BIGINT), CAST(SUM(value) AS BIGINT) FROM tally
        GROUP BY kind, key HAVING SUM(leads) <> 0 OR SUM(value) <> 0 ORDER BY kind, key";
    const COUNTED: &str = "
        SELECT 'connection:' || connection AS kind, 0 AS key, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY 1
        UNION ALL SELECT 'status:' || status, 0, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY 1
        UNION ALL SELECT 'stage', stage, COUNT(*), CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM lead GROUP BY stage
        UNION ALL SELECT 'created', created_at / 86400000000, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY created_at / 86400000000
        ORDER BY 1, 2";
    let read = |text: &'static str| store.read(move |conn| Box::pin(conn.all::<(String, i64, i64, i64)>(sql(text))));
    let (kept, counted) = (read(KEPT).await.unwrap(), read(COUNTED).await.unwrap());
    assert_eq!(kept, counted);
    for range in Range::ALL {
        let shown = Dashboards::new(store.clone()).read(&member(), *range).await.unwrap().data;
        as_counted(store, &shown, &counted).await;
    }
    kept
}

/// What is shown is what a recount says.
async fn as_counted(store: &Store, shown: &Dashboard, counted: &Counts) {
    const REPLIES: &str = "
        SELECT replied_at FROM enrolment JOIN lead ON lead.id = lead_id JOIN campaign ON campaign.id = campaign_id WHERE replied_at IS NOT NULL";
    const CAMPAIGNS: &str = "SELECT status FROM campaign";
    let leads = |kind: &str, key: i64| counted.iter().find(|one| one.0 == kind && one.1 == key).map_or((0, 0), |one| (one.2, one.3));
    for one in &shown.stages {
        assert_eq!((one.leads, one.value), leads("stage", one.stage.rank()));
    }
    for one in &shown.statuses {
        assert_eq!(one.leads, leads(&format!("status:{}", one.status), 0).0);
    }
    for one in &shown.connections {
        assert_eq!(one.leads, leads(&format!("connection:{}", one.connection), 0).0);
    }
    let total: i64 = counted.iter().filter(|one| one.0 == "stage").map(|one| one.2).sum();
    assert_eq!((shown.total_leads(), shown.active_leads()), (total, total - leads("status:pending", 0).0));
    let replies: Vec<i64> =
        store.read(|conn| Box::pin(conn.all::<(i64,)>(sql(REPLIES)))).await.unwrap().into_iter().map(|row| row.0).collect();
    assert_eq!(shown.days.date(shown.days.leads.len() - 1), shown.today);
    assert_eq!(shown.before.date(shown.before.leads.len()), shown.days.from);
    for days in [&shown.before, &shown.days] {
        assert_eq!((days.leads.len() as i64, days.replies.len() as i64), (shown.range.days(), shown.range.days()));
        for at in 0..days.leads.len() {
            let (from, to) = (days.date(at).0, days.date(at + 1).0);
            assert_eq!(days.leads[at], leads("created", from / DAY).0);
            assert_eq!(days.replies[at], replies.iter().filter(|one| (from..to).contains(one)).count() as i64);
        }
    }
    let campaigns = store.read(|conn| Box::pin(conn.all::<(String,)>(sql(CAMPAIGNS)))).await.unwrap();
    for one in &shown.campaigns {
        assert_eq!(one.campaigns, campaigns.iter().filter(|(status,)| status == one.status.as_str()).count() as i64);
    }
}

fn random(dice: &mut Dice, n: usize) -> NewLead {
    NewLead {
        stage: dice.pick(Stage::ALL),
        status: dice.pick(Status::ALL),
        connection: dice.pick(Connection::ALL),
        value: (dice.below(3) > 0).then(|| dice.below(1_000) as i64 * 100),
        ..new_lead(&format!("Lead {n}"), &format!("l{n}@dash.example"))
    }
}

/// Some rows new, some known: by the file or by an address that was there.
fn file(dice: &mut Dice, n: usize, rows: usize) -> String {
    let mut text = "name,email,stage,status,value\n".to_owned();
    for _ in 0..rows {
        let (person, stage, status) = (dice.below(n + rows), dice.pick(Stage::ALL), dice.pick(Status::ALL));
        text.push_str(&format!("Lead {person},l{person}@dash.example,{stage},{status},{}\n", dice.below(900)));
    }
    text
}

struct House {
    store: Store,
    leads: Leads,
    imports: Imports,
    campaigns: Campaigns,
    bulks: Bulks,
}

impl House {
    async fn open(db: &TestDb, folder: &Path) -> Self {
        let store = db.open().await;
        let hub = Hub::start(store.clone());
        let imports = Imports::new(store.clone(), hub.clone(), folder.to_owned()).with_batch_rows(37);
        let bulks = Bulks::new(store.clone(), hub.clone()).with_batch(7);
        Self { leads: Leads::new(store.clone(), hub), imports, campaigns: Campaigns::new(store.clone(), bulks.clone()), bulks, store }
    }

    /// Answers once it is over.
    async fn import(&self, dice: &mut Dice, n: usize, undo: bool) {
        let mut feed = self.store.feed();
        let system = Actor::system();
        let pieces = futures::stream::iter([Ok(Bytes::from(file(dice, n, 100)))]);
        let id = self.imports.receive(&system, "more.csv", pieces).await.unwrap().id;
        let on_duplicate = dice.pick(OnDuplicate::ALL);
        let mapping = vec![Target::Name, Target::Email, Target::Stage, Target::Status, Target::Value];
        self.imports.start(&system, id, ImportOptions { mapping, on_duplicate, ..ImportOptions::default() }).await.unwrap();
        for undo in if undo { vec![false, true] } else { vec![false] } {
            if undo {
                self.imports.undo(&system, id).await.unwrap();
            }
            while !self.imports.get(&system, id).await.unwrap().unwrap().data.status.is_over() {
                drop(feed.recv().await);
            }
        }
    }
}

both_dbs! {
    async fn kept_counters_equal_a_recount_after_any_changes_and_restarts(db: &TestDb) {
        let changes: usize = std::env::var("LINNET_TEST_CHANGES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_200);
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::open(db, folder.path()).await;
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let me = Actor { who: ActorRef::System, role: Role::Manager, ..member() };
        let mut spring = Vec::new();
        for name in ["Spring", "Autumn"] {
            let new = NewCampaign { status: CampaignStatus::Active, ..campaigns::named(name) };
            spring.push(house.campaigns.create(&me, new).await.unwrap().id);
        }
        let (mut ids, mut gone, mut made): (Vec<LeadId>, Vec<LeadId>, usize) = (Vec::new(), Vec::new(), 0);
        for at in 0..changes {
            let pick = |dice: &mut Dice, ids: &[LeadId]| (!ids.is_empty()).then(|| dice.below(ids.len()));
            match dice.below(100) {
                0 => {
                    let undo = dice.below(2) == 0;
                    house.import(&mut dice, made, undo).await;
                }
                1..30 => {
                    made += 1;
                    // Its address may have come with a file.
                    if let Ok(lead) = house.leads.create(&me, random(&mut dice, made)).await {
                        ids.push(lead.id);
                    }
                }
                30..75 => if let Some(at) = pick(&mut dice, &ids) {
                    let to = random(&mut dice, made);
                    let fields = dice.below(8);
                    let set = edit(|patch| {
                        patch.stage = (fields & 1 > 0).then_some(to.stage);
                        patch.status = (fields & 2 > 0).then_some(to.status);
                        patch.value = (fields & 4 > 0).then_some(to.value);
                    });
                    house.leads.update(&me, ids[at], set).await.unwrap();
                },
                75..85 => if let Some(at) = pick(&mut dice, &ids) {
                    let id = ids.swap_remove(at);
                    house.leads.delete(&me, id).await.unwrap();
                    gone.push(id);
                },
                85..97 => if let Some(id) = gone.pop() {
                    settled(&house.store).await;
                    let change = newest_change(&house.store, id).await;
                    if house.leads.undo(&me, change).await.is_ok() {
                        ids.push(id);
                    }
                },
                97 => if let Some(at) = pick(&mut dice, &ids) {
                    let which = Selection::Leads(ids[at..].iter().take(20).copied().collect());
                    let action = match dice.below(3) {
                        0 => BulkAction::SetStage { stage: dice.pick(Stage::ALL) },
                        1 => BulkAction::SetStatus { status: dice.pick(Status::ALL) },
                        _ => BulkAction::Delete,
                    };
                    let deletes = action == BulkAction::Delete;
                    // So few are done when this answers.
                    let bulk = house.bulks.start(&me, NewBulk { action, which }).await.unwrap();
                    assert!(bulk.status.is_over(), "{bulk:?}");
                    if bulk.can_undo() && (deletes || dice.below(2) == 0) {
                        house.bulks.undo(&me, bulk.id).await.unwrap();
                    }
                },
                98 => if let Some(at) = pick(&mut dice, &ids) {
                    let which = Selection::Leads(ids[at..].iter().take(20).copied().collect());
                    house.campaigns.enrol(&me, dice.pick(&spring), which).await.unwrap();
                },
                // A refused write leaves no counts either.
                _ => assert!(house.leads.create(&me, new_lead("Nobody", "nowhere")).await.is_err()),
            }
            if at % (changes / 5).max(1) == 0 {
                compare(&house.store).await;
                house.imports.shutdown().await;
                house.store.close().await;
                house = House::open(db, folder.path()).await;
            }
        }
        let counts = compare(&house.store).await;
        assert!(counts.iter().filter(|(kind, ..)| kind == "stage").count() > 4, "{counts:?}");
        let shown = Dashboards::new(house.store.clone()).read(&me, Range::Week).await.unwrap().data;
        assert!(shown.days.replies.iter().sum::<i64>() > 0 && shown.top.len() == 2, "{shown:?}");
        // A campaign that is deleted takes its replies along.
        house.campaigns.delete(&me, spring[0]).await.unwrap();
        compare(&house.store).await;
        house.imports.shutdown().await;
        house.store.close().await;
    }

    async fn writes_at_once_count_once(db: &TestDb) {
        let folder = tempfile::tempdir().unwrap();
        let house = House::open(db, folder.path()).await;
        let me = member();
        let writes = (0..120).map(|n| {
            let (leads, me) = (house.leads.clone(), me.clone());
            tokio::spawn(async move {
                // Every third takes an address that is taken, or will be.
                let lead = leads.create(&me, new_lead("Lead", &format!("l{}@dash.example", n - n % 3 / 2))).await?;
                leads.update(&me, lead.id, edit(|patch| patch.stage = Some(Stage::ALL[n % 7]))).await
            })
        });
        let done = futures::future::join_all(writes).await.into_iter().filter(|done| done.as_ref().unwrap().is_ok()).count();
        let counts = compare(&house.store).await;
        assert_eq!((done, counts.iter().filter(|(kind, ..)| kind == "stage").map(|(_, _, leads, _)| leads).sum()), (80, 80));
        house.store.close().await;
    }

    async fn sample_data_is_counted_too(db: &TestDb) {
        let store = db.open().await;
        store.write(&Actor::system(), |tx| Box::pin(demo::fill(tx))).await.unwrap();
        compare(&store).await;
        let shown = Dashboards::new(store.clone()).read(&member(), Range::Quarter).await.unwrap().data;
        assert_eq!(shown.total_leads(), 1_200);
        assert!(shown.days.replies.iter().sum::<i64>() > 50 && shown.response_rate() > 1_000 && shown.stages[0].value > 0);
        assert!(shown.top.iter().all(|one| one.total_leads > 0));
        assert_eq!(shown.recent[0].text(), "Linnet loaded 1,200 sample leads");
        store.close().await;
    }

    async fn the_front_door_answers_with_the_figures(db: &TestDb) {
        let server = TestServer::start(db).await;
        let client = server.key(Role::Member).await;
        for (at, status) in ["pending", "contacted", "converted"].into_iter().enumerate() {
            let body = serde_json::json!({ "name": status, "email": format!("l{at}@dash.example"), "status": status, "value": 500 });
            assert!(client.post(server.url("/api/leads")).json(&body).send().await.unwrap().status().is_success());
        }
        let shown = json(client.get(server.url("/api/dashboard?days=7")).send().await.unwrap()).await;
        assert_eq!((&shown["totalLeads"], &shown["newToday"], &shown["activeLeads"], &shown["activeCampaigns"]), (&3.into(), &3.into(), &2.into(), &0.into()));
        assert_eq!((&shown["responseRate"], &shown["stages"][0]["leads"]), (&66.66.into(), &3.into()));
        assert_eq!((shown["days"]["leads"].as_array().unwrap().len(), &shown["days"]["leads"][6]), (7, &3.into()));
        for (path, status) in [("/api/dashboard?days=8", 422), ("/api/dashboard?range=7", 422)] {
            assert_eq!(client.get(server.url(path)).send().await.unwrap().status(), status, "{path}");
        }
        assert_eq!(server.browser().get(server.url("/api/dashboard")).send().await.unwrap().status(), 401);
        server.stop().await;
    }

    async fn who_watches_is_told_the_figures_as_they_are(db: &TestDb) {
        let server = TestServer::start(db).await;
        let app = &server.server.app;
        let me = member();
        let first = app.services.dashboard.read(&me, Range::Month).await.unwrap();
        let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
        client.subscribe(1, &Query::Dashboard { range: Range::Month }, first.as_of).await;
        let mut told = 0;
        for n in 0..12 {
            app.services.leads.create(&me, new_lead("Lead", &format!("l{n}@dash.example"))).await.unwrap();
        }
        let last = client
            .until(|message| match message {
                ServerMessage::News { news: News::Dashboard(shown), changes, .. } => {
                    told += changes;
                    (shown.total_leads() == 12).then_some(shown)
                }
                _ => None,
            })
            .await;
        assert_eq!(*last, app.services.dashboard.read(&me, Range::Month).await.unwrap().data);
        // The key that reads is a change too.
        assert!((12..=13).contains(&told), "{told}");
        // Leads written without a change of their own are told too.
        app.store
            .write(&Actor::system(), |tx| {
                Box::pin(async move {
                    let lead = new_lead("Quiet", "quiet@dash.example").check()?.into_lead(LeadId(tx.new_id()), tx.now());
                    server::leads::insert(tx, &lead).await?;
                    tx.count_lead(None, Some((&lead).into()));
                    Ok(())
                })
            })
            .await
            .unwrap();
        app.hub.leads_touched();
        client
            .until(|message| match message {
                ServerMessage::News { news: News::Dashboard(shown), .. } => (shown.total_leads() == 13).then_some(()),
                _ => None,
            })
            .await;
        server.stop().await;
    }
}
