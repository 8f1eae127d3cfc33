//! The dashboard over REST and the socket.

use super::*;
use crate::common::TestDb;
use domain::{Timestamp, time::HOUR, workspace::WorkspacePatch, zone::date_of};

both_dbs!(the_front_door_answers_with_the_figures, who_watches_is_told_the_figures_as_they_are, the_days_are_those_of_the_workspace);

async fn the_front_door_answers_with_the_figures(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    for (at, status) in ["pending", "contacted", "converted"].into_iter().enumerate() {
        let body = serde_json::json!({ "name": status, "email": format!("l{at}@dash.example"), "status": status, "value": 500 });
        assert!(client.post(server.url("/api/leads")).json(&body).send().await.unwrap().status().is_success());
    }
    let shown = json(client.get(server.url("/api/dashboard?days=7")).send().await.unwrap()).await;
    assert_eq!(
        (&shown["totalLeads"], &shown["newToday"], &shown["activeLeads"], &shown["activeCampaigns"]),
        (&3.into(), &3.into(), &2.into(), &0.into())
    );
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
                // On Postgres a lead is counted before its change has a number.
                (shown.total_leads() == 12 && told >= 12).then_some(shown)
            }
            _ => None,
        })
        .await;
    assert_eq!(*last, app.services.dashboard.read(&me, Range::Month).await.unwrap().data);
    // Creating the API key is a change too.
    assert!((12..=13).contains(&told), "{told}");
    // Leads written without changes of their own also trigger news.
    app.store
        .write(&Actor::system(), |tx| {
            Box::pin(async move {
                let lead = new_lead("Quiet", "quiet@dash.example").check()?.into_lead(LeadId(tx.new_id()), tx.now());
                crate::common::leads::insert(tx, vec![lead]).await
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

async fn the_days_are_those_of_the_workspace(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let now = app.store.clock.now();
    // One lead for each hour of two days; which of them are of today depends on the zone.
    let lead = |hours: i64| {
        let new = new_lead("Lead", &format!("l{hours}@dash.example"));
        new.into_lead(LeadId(app.store.clock.id()), Timestamp(now.0 - hours * HOUR))
    };
    let rows: Vec<_> = (0..48).map(lead).collect();
    let system = Actor::system();
    app.store.write(&system, move |tx| Box::pin(async move { crate::common::leads::insert(tx, rows).await })).await.unwrap();
    let first = app.services.dashboard.read(&member(), Range::Week).await.unwrap();
    let mut client = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    client.subscribe(1, &Query::Dashboard { range: Range::Week }, first.as_of).await;
    let browser = server.signed_in("ana@dash.example", Role::Member).await;
    for name in ["Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let patch = WorkspacePatch { time_zone: Some(name.to_owned()), ..WorkspacePatch::default() };
        app.services.workspace.edit(&Actor::system(), patch).await.unwrap();
        let zone = zones::zone(name);
        let today = zone.day(now);
        let started = zone.day_start(today);
        let new = (0..48).filter(|hours| now.0 - hours * HOUR >= started.0).count() as i64;
        // Who watches hears of it, with or without another change.
        let told = client
            .until(|message| match message {
                ServerMessage::News { news: News::Dashboard(shown), .. } => {
                    (shown.today == today && shown.new_today() == new).then_some(shown)
                }
                _ => None,
            })
            .await;
        assert_eq!((told.days.leads.iter().sum::<i64>(), told.days.day(6)), (48, today));
        let shown = json(server.key(Role::Viewer).await.get(server.url("/api/dashboard?days=7")).send().await.unwrap()).await;
        assert_eq!((&shown["today"], &shown["newToday"]), (&date_of(today).into(), &new.into()), "{name}");
        let page = browser.get(server.url("/dashboard")).send().await.unwrap().text().await.unwrap();
        assert!(page.contains(&format!("Leads added today, in {name}")), "{name}");
    }
    server.stop().await;
}
