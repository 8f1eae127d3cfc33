//! `/api/campaigns`, enrollments and tasks. The shapes are those of the outreach contract, with more fields.

mod leads;
mod list;
mod one;

use crate::http::App;
use axum::routing::{MethodRouter, post};
use domain::{
    CampaignId,
    campaigns::{Campaign, CampaignAction, Task},
};
use serde::Serialize;
// `routes!` itself uses this trait for the schemas of a handler; utoipa has no public name for it.
use utoipa::{__dev::SchemaReferences, Path, openapi::path::Paths};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

pub fn routes() -> OpenApiRouter<App> {
    let router = OpenApiRouter::new()
        .routes(routes!(list::list, one::create))
        .routes(routes!(one::get, one::update, one::delete))
        .routes(routes!(one::duplicate))
        .routes(routes!(leads::list, leads::enroll, leads::unenroll))
        .routes(routes!(leads::unenroll_one))
        .routes(routes!(leads::ways));
    let router = CampaignAction::ALL.iter().fold(router, |router, action| {
        let act = move |services, asker, path| one::act(*action, services, asker, path);
        router.routes(like::<one::__path_act>("{action}", action.as_str(), post(act)))
    });
    Task::ALL.iter().fold(router, |router, task| {
        let work = move |services, asker, path, within| leads::work(*task, services, asker, path, within);
        router.routes(like::<leads::__path_work>("{task}", task.as_str(), post(work)))
    })
}

/// One of several routes with the same description: `place` in the path and summary is replaced with `word`.
fn like<P: Path + SchemaReferences>(place: &str, word: &str, handler: MethodRouter<App>) -> UtoipaMethodRouter<App> {
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    let (path, mut operation) = (P::path().replace(place, word), P::operation());
    operation.summary = operation.summary.map(|summary| summary.replace(place, word));
    let mut paths = Paths::new();
    paths.add_path_operation(path, P::methods(), operation);
    (schemas, paths, handler)
}

/// A campaign, with the fields that clients of the outreach contract read.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignBody)]
struct Body {
    #[serde(flatten)]
    campaign: Campaign,
    #[serde(rename = "_id")]
    same_id: CampaignId,
    /// As in the contract: replies per lead, in percent with two decimals, rounded down.
    response_rate: f64,
}

impl From<Campaign> for Body {
    fn from(campaign: Campaign) -> Self {
        let counts = &campaign.counts;
        let response_rate = (counts.replied * 10_000).checked_div(counts.total_leads).unwrap_or_default() as f64 / 100.0;
        Self { same_id: campaign.id, response_rate, campaign }
    }
}

/// Two contracts share this address: one reads the fields at the top, the other `success` and `data`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CampaignWhole)]
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
