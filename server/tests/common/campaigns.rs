//! The campaign and lead services on a fresh database.

use super::{TestDb, leads};
use domain::{
    CampaignId, LeadId,
    campaigns::{Campaign, Counts, EnrollmentQuery, NewCampaign, Selection},
    leads::Lead,
    services::{CampaignService, LeadService},
};
use server::{
    bulk::Bulks,
    campaigns::{Campaigns, recount},
    leads::Leads,
    live::Hub,
    store::Store,
};

pub async fn service(db: &TestDb) -> (Store, Leads, Campaigns) {
    let (store, leads) = leads::service(db).await;
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    (store.clone(), leads, Campaigns::new(store, bulks))
}

pub fn named(name: &str) -> NewCampaign {
    NewCampaign { name: name.to_owned(), ..NewCampaign::default() }
}

/// Creates `count` leads with numbered names and addresses.
pub async fn people(leads: &Leads, count: usize) -> Vec<Lead> {
    let mut people = Vec::new();
    for n in 0..count {
        people.push(leads.create(&leads::member(), leads::new_lead(&format!("Lead {n:02}"), &format!("l{n}@b.example"))).await.unwrap());
    }
    people
}

pub fn ids(leads: &[Lead]) -> Selection {
    Selection::Leads(leads.iter().map(|lead| lead.id).collect())
}

pub async fn find(campaigns: &Campaigns, id: CampaignId) -> Campaign {
    campaigns.get(&leads::member(), id).await.unwrap().unwrap().data
}

/// The campaign's stored counts, after they were compared with two recounts: from each enrollment, and by the database.
pub async fn counts(store: &Store, campaigns: &Campaigns, id: CampaignId) -> Counts {
    let Campaign { counts: kept, steps, .. } = find(campaigns, id).await;
    let query = EnrollmentQuery { limit: 1_000, ..EnrollmentQuery::default() };
    let page = campaigns.enrolled(&leads::member(), id, &query).await.unwrap().data;
    assert_eq!((page.next, page.total), (None, page.enrolled.len() as i64));
    assert_eq!(kept, Counts::of(page.enrolled.iter().map(|one| &one.enrollment)));
    let by_database = store.write(&leads::member(), move |tx| Box::pin(async move { recount(tx.conn(), id, &steps).await })).await.unwrap();
    assert_eq!(kept, by_database);
    kept
}

/// The enrolled leads, as indexes into `people`.
pub async fn members(campaigns: &Campaigns, id: CampaignId, people: &[Lead]) -> Vec<usize> {
    let query = EnrollmentQuery { limit: 1_000, ..EnrollmentQuery::default() };
    let page = campaigns.enrolled(&leads::member(), id, &query).await.unwrap().data;
    let number = |id: LeadId| people.iter().position(|lead| lead.id == id).unwrap();
    page.enrolled.iter().rev().map(|one| number(one.lead.id)).collect()
}
