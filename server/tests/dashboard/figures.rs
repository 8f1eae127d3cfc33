//! The dashboard over REST and the socket.

use super::*;
use crate::common::TestDb;

both_dbs!(the_front_door_answers_with_the_figures, who_watches_is_told_the_figures_as_they_are);

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
