//! Sample data, which is loaded only into an empty database.

use crate::common::TestDb;
use domain::{
    Actor, Error,
    campaigns::{CampaignQuery, CampaignStatus},
    leads::Stage,
    services::{CampaignService, LeadService},
};
use server::{bulk::Bulks, campaigns::Campaigns, demo, leads::Leads, live::Hub, store::Store};

async fn fill(store: &Store) -> domain::Result<i64> {
    store.write(&Actor::system(), |tx| Box::pin(demo::fill(tx))).await
}

both_dbs!(an_empty_database_is_filled_once_with_a_quarter_of_work);

async fn an_empty_database_is_filled_once_with_a_quarter_of_work(db: &TestDb) {
    let store = db.open().await;
    assert_eq!(fill(&store).await, Ok(1_200));
    assert!(matches!(fill(&store).await, Err(Error::Conflict(_))));

    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    let system = Actor::system();
    assert_eq!(leads.count(&system, &domain::rule::Rule::All(Vec::new())).await, Ok(1_200));
    let page = leads.list(&system, &domain::leads::LeadQuery { limit: 100, ..Default::default() }).await.unwrap();
    let now = store.clock.now();
    let won = page.data.leads.iter().find(|lead| lead.stage == Stage::ClosedWon).expect("one of a hundred");
    let detail = leads.detail(&system, won.id).await.unwrap().unwrap().data;
    assert!(detail.stage_history.len() > 3 && detail.stage_history.is_sorted_by_key(|step| step.at));
    for lead in &page.data.leads {
        assert!(
            lead.created_at <= lead.last_activity_at && lead.last_activity_at <= now && lead.created_at.days_until(now) <= 90,
            "{lead:?}"
        );
    }
    let campaigns = Campaigns::new(store.clone(), Bulks::new(store.clone(), Hub::start(store.clone())));
    let page = campaigns.list(&system, &CampaignQuery::default()).await.unwrap().data;
    assert_eq!(
        CampaignStatus::ALL.iter().filter(|status| page.campaigns.iter().all(|one| one.status != **status)).count(),
        1,
        "one of nearly each"
    );
    for campaign in page.campaigns {
        let counts = crate::common::campaigns::counts(&store, &campaigns, campaign.id).await;
        assert!(counts.total_leads > 20 && (counts.replied > 0) == (campaign.status != CampaignStatus::Draft), "{counts:?}");
    }
    store.close().await;
}
