//! The workspace moves to another time zone: whoever is asked for by days is another one, in open lists and in segments, on every server.

use super::tab::{Tab, campaign, in_campaign, lists_and_boards, told_everything};
use crate::common::{
    TestDb,
    leads::{insert, member, new_lead, settled},
    server::TestServer,
};
use domain::{
    Actor, Role, Timestamp,
    leads::Lead,
    orders::NewOrder,
    rule::{Op, OrderFilter, Rule, Value},
    segments::NewSegment,
    services::WorkspaceService,
    time::{DAY, HOUR},
    workspace::WorkspacePatch,
};
use server::{http::App, segments, workspace::Workspaces};

both_dbs!(lists_follow_the_zone, segments_follow_the_zone);

/// A lead for every hour of the last two days.
async fn hourly(app: &App) -> Vec<Lead> {
    let now = app.store.clock.now();
    let lead = |hours: i64| {
        let at = Timestamp(now.0 - hours * HOUR);
        let mut lead =
            new_lead(&format!("Lead {hours}"), &format!("l{hours}@zone.example")).into_lead(domain::LeadId(app.store.clock.id()), at);
        lead.last_active_at = Some(at);
        lead.custom.insert("Ends".to_owned(), at.date());
        lead
    };
    let leads: Vec<_> = (0..48).map(lead).collect();
    let (system, rows) = (Actor::system(), leads.clone());
    app.store.write(&system, move |tx| Box::pin(async move { insert(tx, rows).await })).await.unwrap();
    leads
}

async fn moved(app: &App, zone: &str, writer: &Workspaces) {
    let patch = WorkspacePatch { time_zone: Some(zone.to_owned()), ..WorkspacePatch::default() };
    writer.edit(&Actor::system(), patch).await.unwrap();
    settled(&app.store).await;
    while app.store.current.zone().name() != zone {
        tokio::task::yield_now().await;
    }
}

fn rules(app: &App) -> [Rule; 7] {
    let yesterday = app.store.clock.now().plus_days(-1).date();
    let today = OrderFilter { from: Some(app.store.clock.now().date()), ..OrderFilter::default() };
    [
        Rule::test("created_at", Op::Is, Value::Text(yesterday)),
        Rule::test("last_active_at", Op::WithinDays, Value::Number(0.0)),
        Rule::test("created_at", Op::OlderThanDays, Value::Number(1.0)),
        Rule::Not(Box::new(Rule::test("days_since_last_active", Op::Is, Value::Number(1.0)))),
        Rule::of_orders("orders", Op::Gte, Value::Number(1.0), today),
        Rule::test("custom.ends", Op::WithinDays, Value::Number(0.0)),
        Rule::test("custom.ends", Op::OlderThanDays, Value::Number(0.0)),
    ]
}

/// Zones in which the day is another one for most of the leads, whatever the time of day.
const ZONES: [&str; 4] = ["Pacific/Kiritimati", "Asia/Kolkata", "Pacific/Pago_Pago", "UTC"];

async fn lists_follow_the_zone(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let leads = hourly(app).await;
    for (hours, lead) in leads.iter().enumerate().step_by(4) {
        let ordered_at = Some(Timestamp(app.store.clock.now().0 - hours as i64 * HOUR));
        let order = NewOrder { customer: lead.id.to_string(), amount: Some(500), ordered_at, ..NewOrder::default() };
        app.services.orders.add(&member(), order).await.unwrap();
    }
    let spring = campaign(app, "Spring", &leads[10..40]).await;
    let [dated, ..] = rules(app);
    let mut asked = rules(app).to_vec();
    asked.push(Rule::All(vec![in_campaign(spring), dated]));
    let secret = server.secret(Role::Viewer).await;
    told_everything(&server.live_url(), &secret, &app.store).await;
    let mut tabs = Vec::new();
    for query in lists_and_boards(asked) {
        tabs.push(Tab::open(&server, &secret, query).await);
    }
    for tab in &mut tabs {
        tab.must_equal(&app.store).await;
    }
    // Another server, or a command, writes it. SQLite has one server.
    let other = db.open().await;
    let writer = Workspaces::new(if other.is_postgres() { other.clone() } else { app.store.clone() });
    for (round, zone) in ZONES.into_iter().enumerate() {
        let before: Vec<_> = tabs.iter().map(|tab| tab.view.rows.len()).collect();
        for tab in tabs.iter_mut().skip(round).step_by(3) {
            // It hears of the change by a replay.
            tab.drop_connection();
        }
        moved(app, zone, &writer).await;
        for tab in &mut tabs {
            tab.must_equal(&app.store).await;
        }
        let after: Vec<_> = tabs.iter().map(|tab| tab.view.rows.len()).collect();
        assert_ne!(before, after, "{zone}: somebody is in another day");
    }
    other.close().await;
    server.stop().await;
}

async fn segments_follow_the_zone(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    hourly(app).await;
    let mut made = Vec::new();
    for (at, rule) in rules(app).into_iter().enumerate() {
        let new = NewSegment { name: format!("Segment {at}"), rule, ..NewSegment::default() };
        made.push(app.services.segments.create(&member(), new).await.unwrap().segment.id);
    }
    let sizes = async || {
        let mut sizes = Vec::new();
        for id in &made {
            let size = loop {
                let detail = app.services.segments.get(&member(), *id).await.unwrap().unwrap().data;
                if let Some(size) = detail.segment.size {
                    break size;
                }
                tokio::task::yield_now().await;
            };
            sizes.push(size);
        }
        sizes
    };
    let other = db.open().await;
    let writer = Workspaces::new(if other.is_postgres() { other.clone() } else { app.store.clone() });
    let mut seen = vec![sizes().await];
    for (n, zone) in ZONES.into_iter().enumerate() {
        moved(app, zone, &writer).await;
        // Written after the move: counted in by the days of the new zone.
        let created = app.store.clock.now().0 - DAY;
        let mut lead = new_lead("New", &format!("n{n}@zone.example")).into_lead(domain::LeadId(app.store.clock.id()), Timestamp(created));
        lead.last_active_at = Some(Timestamp(created));
        let system = Actor::system();
        app.store.write(&system, move |tx| Box::pin(async move { insert(tx, vec![lead]).await })).await.unwrap();
        seen.push(sizes().await);
        assert_eq!(segments::audit(&app.store).await.unwrap(), Vec::<String>::new(), "{zone}");
        let days = app.services.segments.get(&member(), made[1]).await.unwrap().unwrap().data.days;
        let today = app.store.moment().today();
        assert!(days.iter().any(|day| day.day == today), "{zone}: {days:?}");
    }
    assert!(seen.windows(2).all(|sizes| sizes[0] != sizes[1]), "{seen:?}");
    // Nobody entered or left because of the zone.
    let detail = app.services.segments.get(&member(), made[0]).await.unwrap().unwrap().data;
    let moves: i64 = detail.days.iter().map(|day| day.entered + day.left).sum();
    assert!(moves <= ZONES.len() as i64, "{:?}", detail.days);
    other.close().await;
    server.stop().await;
}
