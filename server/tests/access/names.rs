//! What read-only users can see of users and keys, through each interface.

use super::key;
use crate::common::TestDb;
use crate::common::{
    leads::settled,
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{
    Actor, Role,
    live::{News, Query, ServerMessage},
};

async fn read(client: &reqwest::Client, server: &TestServer, path: &str) -> String {
    client.get(server.url(path)).send().await.unwrap().text().await.unwrap()
}

both_dbs!(who_only_reads_learns_names_and_no_more);

async fn who_only_reads_learns_names_and_no_more(db: &TestDb) {
    let server = TestServer::start(db).await;
    let accounts = &server.server.app.services.accounts;
    let admin = server.key(Role::Admin).await;
    let viewer = server.signed_in("vera@access.example", Role::Viewer).await;
    let member = server.signed_in("mia@access.example", Role::Member).await;
    accounts.add_key(&Actor::system(), key("Warehouse robot", Role::Member)).await.unwrap();
    for client in [&viewer, &member] {
        let users = json(client.get(server.url("/api/users")).send().await.unwrap()).await;
        for user in users["data"].as_array().unwrap() {
            let mut fields: Vec<_> = user.as_object().unwrap().keys().map(String::as_str).collect();
            fields.sort_unstable();
            assert_eq!(fields, ["active", "id", "name"]);
        }
        assert_eq!(client.get(server.url("/api/keys")).send().await.unwrap().status(), 403);
        let post = |path: &str| client.post(server.url(path)).header("origin", server.url("")).header("accept", "application/json").send();
        assert_eq!(post("/sfn/users/list").await.unwrap().status(), 403);
        assert_eq!(post("/sfn/keys/list").await.unwrap().status(), 403);
        let told = read(client, &server, "/api/activities").await;
        assert!(!told.contains("Warehouse robot") && !told.contains("added vera"), "{told}");
    }
    assert!(read(&admin, &server, "/api/activities").await.contains("Warehouse robot"));
    assert!(read(&admin, &server, "/api/users").await.contains("mia@access.example"));
    // Users see all fields of their own account.
    assert!(read(&viewer, &server, "/api/me").await.contains("vera@access.example"));

    // Over the socket too, although both subscribe to the same query.
    let since = server.server.app.store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of;
    let mut heard = Vec::new();
    for role in [Role::Viewer, Role::Admin] {
        let mut client = LiveClient::connect(&server.live_url(), &server.secret(role).await, None).await;
        client.subscribe(1, &Query::Activities { campaign: None, access: true }, since).await;
        client.until(|message| matches!(message, ServerMessage::Subscribed { id: 1, .. }).then_some(())).await;
        heard.push(client);
    }
    accounts.add_key(&Actor::system(), key("Night robot", Role::Member)).await.unwrap();
    server.server.app.services.leads.create(&Actor::system(), crate::common::leads::new_lead("Last", "last@leads.example")).await.unwrap();
    settled(&server.server.app.store).await;
    for (client, knows) in heard.iter_mut().zip([false, true]) {
        let mut all = String::new();
        while !all.contains("Last") {
            all += &client
                .until(|message| match message {
                    ServerMessage::News { news: News::Activities(told), .. } => {
                        Some(told.iter().map(domain::activity::Activity::text).collect::<Vec<_>>().join("; "))
                    }
                    _ => None,
                })
                .await;
        }
        assert_eq!(all.contains("Night robot"), knows, "{all}");
    }
    server.stop().await;
}
