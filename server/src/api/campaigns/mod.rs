//! `/api/campaigns`, and what is done with a campaign's leads. The shapes are those of the outreach contract, with more members.

mod leads;
mod list;
mod one;

use crate::http::App;
use axum::{
    Router,
    routing::{delete, get, post},
};
use domain::{
    CampaignId,
    campaigns::{Campaign, CampaignAction, Task},
};
use serde::Serialize;

pub fn routes() -> Router<App> {
    let router = Router::new()
        .route("/api/campaigns", get(list::list).post(one::create))
        .route("/api/campaigns/{id}", get(one::get).put(one::update).patch(one::update).delete(one::delete))
        .route("/api/campaigns/{id}/duplicate", post(one::duplicate))
        .route("/api/campaigns/{id}/leads", get(leads::list).post(leads::enrol).delete(leads::unenrol))
        .route("/api/campaigns/{id}/leads/{lead}", delete(leads::unenrol_one))
        .route("/api/leads/{id}/campaigns", get(leads::ways));
    let router = CampaignAction::ALL.iter().fold(router, |router, action| {
        let act = move |services, asker, path| one::act(*action, services, asker, path);
        router.route(&format!("/api/campaigns/{{id}}/{action}"), post(act))
    });
    Task::ALL.iter().fold(router, |router, task| {
        let work = move |services, asker, path, within| leads::work(*task, services, asker, path, within);
        router.route(&format!("/api/leads/{{id}}/tasks/{task}"), post(work))
    })
}

/// A campaign as the replaced outreach clients read it too.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(flatten)]
    campaign: Campaign,
    #[serde(rename = "_id")]
    same_id: CampaignId,
    /// The contract's: replies among all leads, in percent with two decimals, rounded down.
    response_rate: f64,
}

impl From<Campaign> for Body {
    fn from(campaign: Campaign) -> Self {
        let counts = &campaign.counts;
        let response_rate = (counts.replied * 10_000).checked_div(counts.total_leads).unwrap_or_default() as f64 / 100.0;
        Self { same_id: campaign.id, response_rate, campaign }
    }
}

/// Two contracts read one address: the fields at the top for the one, `success` and `data` for the other.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    body: Body,
    success: bool,
    data: Body,
}

impl From<Campaign> for Whole {
    fn from(campaign: Campaign) -> Self {
        Self { body: campaign.clone().into(), success: true, data: campaign.into() }
    }
}
