//! Server functions about campaigns.

use crate::ask::Result;
#[cfg(feature = "ssr")]
use crate::ask::{actor, services};
use domain::{
    Snapshot,
    campaigns::{CampaignPage, CampaignQuery, CampaignStatus},
};
use leptos::prelude::*;

/// The first thousand, newest first.
#[server(prefix = "/sfn")]
pub async fn list_campaigns(search: String, status: Option<CampaignStatus>) -> Result<Snapshot<CampaignPage>> {
    let query = CampaignQuery { search, status, limit: 1_000, ..CampaignQuery::default() };
    Ok(services()?.campaigns.list(&actor()?, &query).await?)
}
