//! Lists and menus of campaigns, which do not read the campaigns' texts.

use super::*;
use crate::common::{TestDb, server::TestServer};
use reqwest::StatusCode;
use server::{
    campaigns::pages,
    store::{Store, Value as Bound},
};
use uuid::Uuid;

both_dbs!(
    a_thousand_names_of_large_campaigns_come_in_one_answer,
    a_summary_is_the_campaign_without_its_texts,
    what_follows_from_the_steps_is_kept_with_them,
    a_lead_is_offered_the_open_campaigns_that_it_is_not_in
);

const CAMPAIGN: &str = "
INSERT INTO campaign (id, edited, name, name_fold, search, description, status, steps, created_by, created_at, updated_at)
VALUES ($1, 1, $2, $2, $2, '', $3, $4, '', $5, 0)";
const COUNTS: &str = "
INSERT INTO campaign_counts
  (campaign_id, revision, total_leads, requests_sent, connected, messages_sent, contacted, replied, successful_leads, finished, standing)
VALUES ($1, 1, 0, 0, 0, 0, 0, 0, 0, 0, $2)";

/// Campaigns with sequences of 4 kB, the newest first: more bytes than a page of whole campaigns holds. Every second one has ended.
async fn large_campaigns(store: &Store, count: u128) -> Vec<String> {
    let steps = vec![Step { content: "x".repeat(2_000), ..starter_sequence()[0].clone() }; 2];
    let steps = Bound::json(&steps).unwrap();
    let system = Actor::system();
    let write = store.write(&system, move |tx| {
        Box::pin(async move {
            for n in 0..count {
                let id = CampaignId(Uuid::from_u128(n + 1));
                let status = if n % 2 == 0 { "completed" } else { "draft" };
                let row = sql(CAMPAIGN).bind(id).bind(format!("c{n}")).bind(status).bind_all([steps.clone()]).bind(n as i64);
                tx.run_one(row).await?;
                tx.run_one(sql(COUNTS).bind(id).bind_all([Bound::json(&Vec::<i64>::new())?])).await?;
            }
            Ok(())
        })
    });
    write.await.unwrap();
    (0..count).rev().map(|n| format!("c{n}")).collect()
}

async fn a_thousand_names_of_large_campaigns_come_in_one_answer(db: &TestDb) {
    let server = TestServer::start(db).await;
    let names = large_campaigns(&server.server.app.store, 1_000).await;
    let viewer = server.signed_in("vi@ex.example", Role::Viewer).await;
    let ask = async |path: &str| {
        let answer = server.form(&viewer, path, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let found: Vec<domain::error::CampaignRef> = answer.json().await.unwrap();
        found.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(ask("/sfn/campaigns/names").await, names);
    let open: Vec<_> = names.iter().step_by(2).cloned().collect();
    assert_eq!(ask("/sfn/campaigns/open").await, open);

    // The list of whole campaigns is limited in bytes, and its pages follow each other.
    let services = &server.server.app.services;
    let mut query = CampaignQuery { limit: 1_000, ..CampaignQuery::default() };
    let (mut pages, mut whole) = (0, Vec::new());
    loop {
        let page = services.campaigns.list(&member(), &query).await.unwrap().data;
        assert_eq!(page.total, 1_000);
        (pages, query.cursor) = (pages + 1, page.next);
        whole.extend(page.campaigns.into_iter().map(|campaign| campaign.name));
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!((pages, whole), (3, names));
    server.stop().await;
}

async fn a_summary_is_the_campaign_without_its_texts(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 3).await;
    let mut all = Vec::new();
    for (n, name) in ["Spring", "autumn", "Winter"].into_iter().enumerate() {
        let made = campaigns.create(&member(), NewCampaign { description: format!("Of {name}"), ..named(name) }).await.unwrap();
        campaigns.act(&member(), made.id, CampaignAction::Start).await.unwrap();
        campaigns.enroll(&member(), made.id, ids(&people[n..])).await.unwrap();
        all.push(made.id);
    }
    campaigns.work(&member(), people[2].id, Task::SendRequest, None).await.unwrap();
    let shorter = find(&campaigns, all[1]).await.steps[..1].to_vec();
    campaigns.update(&member(), all[1], patch(|set| set.steps = Some(shorter))).await.unwrap();
    for column in CampaignColumn::ALL {
        for descending in [false, true] {
            let query = CampaignQuery { sort: Sort { column: *column, descending }, ..CampaignQuery::default() };
            let whole = campaigns.list(&member(), &query).await.unwrap().data.campaigns;
            let summaries: Vec<_> = whole.iter().map(CampaignSummary::from).collect();
            assert_eq!((summaries.len(), summaries.iter().map(|one| one.step_count).sum::<i64>()), (3, 7));
            assert_eq!(campaigns.summaries(&member(), &query).await.unwrap().data.campaigns, summaries);
        }
    }
    let query = CampaignQuery { search: "of au".into(), ..CampaignQuery::default() };
    let found = campaigns.summaries(&member(), &query).await.unwrap().data;
    assert_eq!((found.total, found.campaigns[0].id), (1, all[1]));
    let deleted = CampaignId(Uuid::nil());
    let names = campaigns.names(&member(), &[all[2], deleted, all[0]]).await.unwrap();
    assert_eq!(names.into_iter().map(|one| one.name).collect::<Vec<_>>(), ["Spring", "Winter"]);
    store.close().await;
}

async fn a_lead_is_offered_the_open_campaigns_that_it_is_not_in(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 2).await;
    let mut all = Vec::new();
    for name in ["Draft", "Active", "Paused", "Completed", "Stopped", "In"] {
        all.push(campaigns.create(&member(), named(name)).await.unwrap().id);
    }
    for (at, action) in [
        (1, CampaignAction::Start),
        (2, CampaignAction::Start),
        (2, CampaignAction::Pause),
        (3, CampaignAction::Start),
        (3, CampaignAction::Complete),
        (4, CampaignAction::Cancel),
    ] {
        campaigns.act(&member(), all[at], action).await.unwrap();
    }
    campaigns.enroll(&member(), all[5], ids(&people[..1])).await.unwrap();
    let open = async |lead: Option<&Lead>| {
        let found = campaigns.open(&member(), lead.map(|lead| lead.id)).await.unwrap();
        found.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(open(Some(&people[0])).await, ["Paused", "Active", "Draft"]);
    for lead in [None, Some(&people[1])] {
        assert_eq!(open(lead).await, ["In", "Paused", "Active", "Draft"]);
    }
    store.close().await;
}

async fn what_follows_from_the_steps_is_kept_with_them(db: &TestDb) {
    let (store, _, campaigns) = service(db).await;
    let kept = async |id: CampaignId| {
        let query = sql("SELECT step_count, outline FROM campaign WHERE id = $1").bind(id);
        let row = store.read(move |conn| Box::pin(conn.one::<(i64, sqlx::types::Json<Vec<Step>>)>(query))).await.unwrap();
        (row.0, row.1.0)
    };
    let of = |campaign: Campaign| (campaign.steps.len() as i64, campaign.in_list().steps);
    let new = NewCampaign { steps: Some(starter_sequence()), ..named("Spring") };
    let campaign = campaigns.create(&member(), new).await.unwrap();
    assert_eq!(kept(campaign.id).await, of(campaign.clone()));
    let steps = vec![campaign.steps[1].clone(), Step { content: "New".into(), ..campaign.steps[2].clone() }];
    let edit = CampaignEdit::set(CampaignPatch { steps: Some(steps.clone()), ..CampaignPatch::default() });
    let edited = campaigns.update(&member(), campaign.id, edit).await.unwrap();
    assert_eq!((edited.steps.len(), kept(campaign.id).await), (2, of(edited)));
    // Another server on the same Postgres may be older, and write the steps alone.
    if store.is_postgres() {
        let (steps, id, me) = (Bound::json(&steps[..1].to_vec()).unwrap(), campaign.id, member());
        let older = sql("UPDATE campaign SET steps = $2 WHERE id = $1").bind(id).bind_all([steps]);
        store.write(&me, move |tx| Box::pin(async move { tx.run_one(older).await })).await.unwrap();
        assert_eq!(kept(id).await, of(find(&campaigns, id).await));
    }
    store.close().await;
}

/// Writes that concern a lead read its campaigns from an index, too.
#[tokio::test]
async fn sqlite_reads_outlines_from_their_index() {
    let db = TestDb::sqlite().await;
    let (store, ..) = service(&db).await;
    large_campaigns(&store, 50).await;
    let texts: Vec<_> = server::campaigns::STATEMENTS.iter().map(|one| one.sqlite).filter(|text| text.contains("outline AS")).collect();
    assert_eq!(texts.len(), 3);
    for text in texts {
        let plan: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {text}").into_boxed_str());
        let plan = store.read(move |conn| Box::pin(conn.all::<(i64, i64, i64, String)>(sql(plan)))).await.unwrap();
        assert!(plan.iter().any(|row| row.3.contains("campaign USING COVERING INDEX campaign_outline")), "{text}\n{plan:?}");
    }
    store.close().await;
}

/// SQLite reads a row through its texts to the columns behind them; the index has no texts.
#[tokio::test]
async fn sqlite_reads_summaries_from_their_index() {
    let db = TestDb::sqlite().await;
    let (store, ..) = service(&db).await;
    large_campaigns(&store, 50).await;
    for page in CampaignColumn::ALL.iter().flat_map(|column| pages(*column)) {
        for text in [page.first, page.after] {
            let plan: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {text}").into_boxed_str());
            let plan = store.read(move |conn| Box::pin(conn.all::<(i64, i64, i64, String)>(sql(plan)))).await.unwrap();
            let of_campaigns: Vec<_> = plan.iter().map(|row| row.3.as_str()).filter(|step| step.contains(" campaign USING")).collect();
            assert!(matches!(of_campaigns[..], [step] if step.contains("COVERING INDEX campaign_summary")), "{text}\n{plan:?}");
        }
    }
    store.close().await;
}
