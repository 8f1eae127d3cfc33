//! Activities: pages, search, one campaign, and news for subscribers.

use crate::common::TestDb;
use crate::common::{
    campaigns,
    leads::{edit, member, new_lead, undo},
    live_client::LiveClient,
    server::{TestServer, json},
};
use domain::{
    Role,
    activity::{Activity, ActivityPage, ActivityQuery, Link, Period},
    campaigns::{CampaignAction, Selection, Task},
    leads::{Connection, Stage, Status},
    live::{News, Query, ServerMessage},
    services::{ActivityService, CampaignService, LeadService},
};
use server::{
    activity::Activities,
    store::{Store, sql},
};

async fn list(store: &Store, query: ActivityQuery) -> ActivityPage {
    crate::common::leads::settled(store).await;
    Activities::new(store.clone()).list(&member(), &query).await.unwrap().data
}

fn sentences(activities: &[Activity]) -> Vec<String> {
    activities.iter().map(Activity::text).collect()
}

both_dbs!(
    what_people_do_reads_as_sentences,
    pages_go_on_where_they_ended_and_searches_say_how_far_they_looked,
    the_front_door_and_the_socket_tell_the_same
);

async fn what_people_do_reads_as_sentences(db: &TestDb) {
    let (store, leads, campaigns) = campaigns::service(db).await;
    let me = member();
    let bo = leads.create(&me, new_lead("Bo Back", "bo@a.example")).await.unwrap();
    leads.update(&me, bo.id, edit(|patch| patch.stage = Some(Stage::Negotiation))).await.unwrap();
    leads.update(&me, bo.id, edit(|patch| (patch.company, patch.title) = (Some("Halden".into()), Some("Buyer".into())))).await.unwrap();
    leads.add_note(&me, bo.id, "called").await.unwrap();
    let spring = campaigns.create(&me, campaigns::named("Spring")).await.unwrap();
    campaigns.enroll(&me, spring.id, Selection::Leads(vec![bo.id])).await.unwrap();
    campaigns.act(&me, spring.id, CampaignAction::Start).await.unwrap();
    campaigns.work(&me, bo.id, Task::SendRequest, None).await.unwrap();
    leads
        .update(&me, bo.id, edit(|patch| (patch.connection, patch.status) = (Some(Connection::Connected), Some(Status::Responded))))
        .await
        .unwrap();
    let gone = leads.delete(&me, bo.id).await.unwrap();
    undo(&store, &me, gone).await.unwrap();

    let all = list(&store, ActivityQuery::default()).await;
    let mut told = sentences(&all.activities);
    told.reverse();
    assert_eq!(
        told,
        [
            "Mia Member added Bo Back",
            "Mia Member moved Bo Back to Negotiation",
            "Mia Member set Company of Bo Back to Halden, and 1 field more",
            "Mia Member wrote a note on Bo Back",
            "Mia Member created the campaign Spring",
            "Mia Member enrolled 1 lead in Spring",
            "Mia Member started Spring",
            "Mia Member changed Status of Bo Back from Pending to Contacted, and 1 field more",
            "Mia Member sent a connection request to Bo Back in Spring",
            "Mia Member changed Status of Bo Back from Contacted to Responded, and 1 field more",
            "Bo Back replied to Spring",
            "Mia Member deleted Bo Back",
            "Mia Member restored Bo Back",
        ]
    );
    assert_eq!(all.next, None);
    assert_eq!(
        all.activities[2].words.iter().filter_map(|word| word.to).collect::<Vec<_>>(),
        [Link::Lead(bo.id), Link::Campaign(spring.id)]
    );

    let mut of_spring = sentences(&list(&store, ActivityQuery { campaign: Some(spring.id), ..ActivityQuery::default() }).await.activities);
    of_spring.reverse();
    assert_eq!(of_spring, [told[4].as_str(), &told[5], &told[6], &told[8], &told[10]]);
    let found = list(&store, ActivityQuery { search: " NOTE on ".into(), ..ActivityQuery::default() }).await;
    assert_eq!(sentences(&found.activities), [told[3].as_str()]);
    store.close().await;
}

async fn pages_go_on_where_they_ended_and_searches_say_how_far_they_looked(db: &TestDb) {
    let (store, leads, _) = campaigns::service(db).await;
    let me = member();
    let needle = leads.create(&me, new_lead("Needle", "n@a.example")).await.unwrap();
    store
        .write(&me, |tx| {
            Box::pin(async move {
                for n in 0..2_500 {
                    let what = format!("thing {n}");
                    let set = domain::change::Set::of_leads(what, 1);
                    tx.record(domain::Op::Bulk, None, Some(domain::Record::Set(set)));
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    let mut query = ActivityQuery { limit: 200, ..ActivityQuery::default() };
    let mut all = Vec::new();
    loop {
        let page = list(&store, query.clone()).await;
        all.extend(page.activities);
        let Some(next) = page.next else { break };
        query.before = Some(next);
    }
    assert_eq!(all.len(), 2_501);
    assert!(all.is_sorted_by(|a, b| a.seq > b.seq));

    let mut query = ActivityQuery { search: needle.name, ..ActivityQuery::default() };
    let first = list(&store, query.clone()).await;
    assert_eq!((first.activities.len(), first.next.is_some(), first.looked_to.is_some()), (0, true, true));
    query.before = first.next;
    let rest = list(&store, query).await;
    assert_eq!((sentences(&rest.activities), rest.next), (vec!["Mia Member added Needle".to_owned()], None));

    // "Today" starts at midnight, "week" 6 days before.
    const EARLIER: &str = "UPDATE change SET at = at - 2 * 86400000000 WHERE entity = 'lead'";
    store.write(&me, |tx| Box::pin(async move { tx.run(sql(EARLIER)).await })).await.unwrap();
    for (period, found) in [(Period::Today, 0), (Period::Week, 1)] {
        let mut query = ActivityQuery { period, search: "needle".into(), ..ActivityQuery::default() };
        let mut seen = 0;
        loop {
            let page = list(&store, query.clone()).await;
            seen += page.activities.len();
            query.before = page.next;
            if page.next.is_none() {
                break;
            }
        }
        assert_eq!(seen, found, "{period}");
    }
    store.close().await;
}

async fn the_front_door_and_the_socket_tell_the_same(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let client = server.key(Role::Viewer).await;
    let me = member();
    let spring = app.services.campaigns.create(&me, campaigns::named("Spring")).await.unwrap();
    let mut tab = LiveClient::connect(&server.live_url(), &server.secret(Role::Viewer).await, None).await;
    tab.subscribe(1, &Query::Activities { campaign: Some(spring.id), access: false }, 0).await;
    app.services.leads.create(&me, new_lead("Bo", "bo@a.example")).await.unwrap();
    app.services.campaigns.act(&me, spring.id, CampaignAction::Start).await.unwrap();
    let mut heard = Vec::new();
    tab.until(|message| {
        if let ServerMessage::News { news: News::Activities(items), .. } = message {
            heard.extend(sentences(&items));
        }
        heard.iter().any(|one| one.contains("started")).then_some(())
    })
    .await;
    heard.dedup();
    assert_eq!(heard, ["Mia Member created the campaign Spring", "Mia Member started Spring"]);

    let url = server.url(&format!("/api/activities?campaignId={}&period=today&limit=1", spring.id));
    let page = json(client.get(&url).send().await.unwrap()).await;
    assert_eq!((&page["data"][0]["sentence"], &page["pagination"]["hasMore"]), (&"Mia Member started Spring".into(), &true.into()));
    let rest = json(client.get(format!("{url}&cursor={}", page["pagination"]["nextCursor"].as_str().unwrap())).send().await.unwrap()).await;
    assert_eq!(
        (&rest["data"][0]["sentence"], &rest["pagination"]["hasMore"]),
        (&"Mia Member created the campaign Spring".into(), &false.into())
    );
    for query in ["period=year", "limit=0", "limit=201", "cursor=x", "campaignId=x", "nonsense=1"] {
        assert_eq!(client.get(server.url(&format!("/api/activities?{query}"))).send().await.unwrap().status(), 422, "{query}");
    }
    assert_eq!(server.browser().get(server.url("/api/activities")).send().await.unwrap().status(), 401);
    server.stop().await;
}
