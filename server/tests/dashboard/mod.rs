//! The dashboard equals a recount after any writes and restarts, and its subscribers receive news.

mod counters;
mod figures;

use crate::common::{
    TestDb, campaigns,
    leads::{edit, member, new_lead, newest_change, settled, undo, with_member},
    live_client::LiveClient,
    server::{TestServer, json},
};
use bytes::Bytes;
use domain::{
    Actor, ActorRef, LeadId, Moment, Role,
    bulk::{BulkAction, NewBulk},
    campaigns::{CampaignStatus, NewCampaign, Selection},
    dashboard::{Dashboard, Range},
    imports::{ImportOptions, OnDuplicate, Target},
    leads::{Connection, NewLead, Stage, Status},
    live::{News, Query, ServerMessage},
    services::{BulkService, CampaignService, DashboardService, ImportService, LeadService},
};
use fastrand::Rng;
use server::{
    bulk::Bulks,
    campaigns::Campaigns,
    dashboard::{self, Dashboards},
    demo,
    imports::Imports,
    leads::{Leads, QUARTER},
    live::Hub,
    store::{Store, sql},
    zones,
};
use std::path::Path;

type Counts = Vec<(String, i64, i64, i64)>;

/// Days of these zones begin at four quarters of an hour, and on the sample data's days clocks change.
const ZONES: [&str; 5] = ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Kolkata"];

/// Compares the tallies (without zeros, and without those of tags) with a recount, and returns them.
async fn compare(store: &Store) -> Counts {
    const KEPT: &str = "
        SELECT kind, key, CAST(SUM(leads) AS BIGINT), CAST(SUM(value) AS BIGINT) FROM tally WHERE kind < 'tag:'
        GROUP BY kind, key HAVING SUM(leads) <> 0 OR SUM(value) <> 0 ORDER BY kind, key";
    const COUNTED: &str = "
        SELECT 'connection:' || connection AS kind, 0 AS key, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY 1
        UNION ALL SELECT 'status:' || status, 0, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY 1
        UNION ALL SELECT 'stage', stage, COUNT(*), CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM lead GROUP BY stage
        UNION ALL SELECT 'created', created_at / 900000000, COUNT(*), CAST(0 AS BIGINT) FROM lead GROUP BY created_at / 900000000
        ORDER BY 1, 2";
    let read = |text: &'static str| store.read(move |conn| Box::pin(conn.all::<(String, i64, i64, i64)>(sql(text))));
    let (kept, counted) = (read(KEPT).await.unwrap(), read(COUNTED).await.unwrap());
    assert_eq!(kept, counted);
    for (range, zone) in Range::ALL.iter().flat_map(|range| ZONES.map(|zone| (range, zone))) {
        let (range, at) = (*range, Moment { now: store.clock.now(), zone: zones::zone(zone) });
        let asked = at.clone();
        let shown = store.read(move |conn| Box::pin(dashboard::read(conn, range, asked))).await.unwrap();
        as_counted(store, &shown, &counted, &at).await;
    }
    kept
}

/// Asserts that the dashboard shows the recount.
async fn as_counted(store: &Store, shown: &Dashboard, counted: &Counts, moment: &Moment) {
    const REPLIES: &str = "
        SELECT replied_at FROM enrollment JOIN lead ON lead.id = lead_id JOIN campaign ON campaign.id = campaign_id WHERE replied_at IS NOT NULL";
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
    assert_eq!(shown.today, moment.today());
    assert_eq!(shown.days.day(shown.days.leads.len() - 1), shown.today);
    assert_eq!(shown.before.day(shown.before.leads.len()), shown.days.from);
    for days in [&shown.before, &shown.days] {
        assert_eq!((days.leads.len() as i64, days.replies.len() as i64), (shown.range.days(), shown.range.days()));
        for at in 0..days.leads.len() {
            let day = moment.start(days.day(at)).0..moment.start(days.day(at) + 1).0;
            let created = counted.iter().filter(|one| one.0 == "created" && day.contains(&(one.1 * QUARTER)));
            assert_eq!(days.leads[at], created.map(|one| one.2).sum::<i64>());
            assert_eq!(days.replies[at], replies.iter().filter(|one| day.contains(one)).count() as i64);
        }
    }
    let campaigns = store.read(|conn| Box::pin(conn.all::<(String,)>(sql(CAMPAIGNS)))).await.unwrap();
    for one in &shown.campaigns {
        assert_eq!(one.campaigns, campaigns.iter().filter(|(status,)| status == one.status.as_str()).count() as i64);
    }
}

fn random(dice: &mut Rng, n: usize) -> NewLead {
    NewLead {
        stage: *dice.choice(Stage::ALL).unwrap(),
        status: *dice.choice(Status::ALL).unwrap(),
        connection: *dice.choice(Connection::ALL).unwrap(),
        value: (dice.usize(..3) > 0).then(|| dice.usize(..1_000) as i64 * 100),
        ..new_lead(&format!("Lead {n}"), &format!("l{n}@dash.example"))
    }
}

/// A file with new and known rows: duplicates within the file, or of existing addresses.
fn file(dice: &mut Rng, n: usize, rows: usize) -> String {
    let mut text = "name,email,stage,status,value\n".to_owned();
    for _ in 0..rows {
        let (person, stage, status) = (dice.usize(..n + rows), *dice.choice(Stage::ALL).unwrap(), *dice.choice(Status::ALL).unwrap());
        text.push_str(&format!("Lead {person},l{person}@dash.example,{stage},{status},{}\n", dice.usize(..900)));
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
        let store = with_member(db.open().await).await;
        let hub = Hub::start(store.clone());
        let imports = Imports::new(store.clone(), hub.clone(), folder.to_owned()).with_batch_rows(37);
        let bulks = Bulks::new(store.clone(), hub.clone()).with_batch(7);
        Self { leads: Leads::new(store.clone(), hub), imports, campaigns: Campaigns::new(store.clone(), bulks.clone()), bulks, store }
    }

    /// Runs an import and waits until it is over.
    async fn import(&self, dice: &mut Rng, n: usize, undo: bool) {
        let mut feed = self.store.feed();
        let system = Actor::system();
        let pieces = futures::stream::iter([Ok(Bytes::from(file(dice, n, 100)))]);
        let id = self.imports.receive(&system, "more.csv", pieces).await.unwrap().id;
        let on_duplicate = *dice.choice(OnDuplicate::ALL).unwrap();
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
