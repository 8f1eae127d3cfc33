//! Server functions of campaigns.

use super::figures::CampaignShare;
use crate::ask::{self, Json};
#[cfg(feature = "ssr")]
use crate::ask::{actor, services};
#[cfg(feature = "ssr")]
use domain::campaigns::{CampaignStatus, EnrollmentState};
use domain::{
    CampaignId, ChangeId, LeadId, Origin, Snapshot,
    campaigns::{Campaign, CampaignQuery, EnrollResult, EnrollmentPage, EnrollmentQuery, SummaryPage, Task, TaskDone},
    error::CampaignRef,
    leads::Selection,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[server(prefix = "/sfn", endpoint = "campaigns/list", input = Json, output = Json)]
pub async fn list_campaigns(query: CampaignQuery) -> ask::Result<Snapshot<SummaryPage>> {
    Ok(services()?.campaigns.summaries(&actor()?, &query).await?)
}

/// Active campaigns, at most 1,000.
#[server(prefix = "/sfn", endpoint = "campaigns/active", output = Json)]
pub async fn active_campaigns() -> ask::Result<Snapshot<Vec<CampaignId>>> {
    let active = CampaignQuery { status: Some(CampaignStatus::Active), limit: 1_000, ..CampaignQuery::default() };
    let found = services()?.campaigns.summaries(&actor()?, &active).await?;
    Ok(found.map(|page| page.campaigns.into_iter().map(|campaign| campaign.id).collect()))
}

/// A campaign and a page of its leads. These are two reads: a change between them is sent again by the live feed.
#[server(prefix = "/sfn", endpoint = "campaigns/load", input = Json, output = Json)]
pub async fn load_campaign(id: CampaignId, leads: EnrollmentQuery) -> ask::Result<(Snapshot<Campaign>, Snapshot<EnrollmentPage>)> {
    let (services, actor) = (services()?, actor()?);
    let found = services.campaigns.get(&actor, id).await?;
    let campaign = found.ok_or_else(|| domain::Error::not_found("Campaign", id))?;
    Ok((campaign, services.campaigns.enrolled(&actor, id, &leads).await?))
}

#[server(prefix = "/sfn", endpoint = "campaigns/leads", input = Json, output = Json)]
pub async fn enrolled_leads(id: CampaignId, query: EnrollmentQuery) -> ask::Result<Snapshot<EnrollmentPage>> {
    Ok(services()?.campaigns.enrolled(&actor()?, id, &query).await?)
}

/// Enrolled leads that are neither finished nor stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenLeads {
    pub count: i64,
    /// Names of the first 3.
    pub names: Vec<String>,
}

/// Number of enrolled leads that are neither finished nor stopped, with the names of at most 3.
#[server(prefix = "/sfn", endpoint = "campaigns/open-leads", input = Json, output = Json)]
pub async fn leads_still_open(id: CampaignId) -> ask::Result<OpenLeads> {
    let (services, actor) = (services()?, actor()?);
    let mut open = OpenLeads::default();
    for state in [EnrollmentState::Replied, EnrollmentState::Connected, EnrollmentState::Requested, EnrollmentState::Pending] {
        let query = EnrollmentQuery { state: Some(state), limit: 3, ..EnrollmentQuery::default() };
        let page = services.campaigns.enrolled(&actor, id, &query).await?.data;
        open.count += page.total;
        open.names.extend(page.enrolled.into_iter().map(|one| one.lead.name).take(3 - open.names.len()));
    }
    Ok(open)
}

/// The newest 1,000 campaigns that leads can be enrolled in, newest first.
#[server(prefix = "/sfn", endpoint = "campaigns/open", output = Json)]
pub async fn open_campaigns() -> ask::Result<Vec<CampaignRef>> {
    Ok(services()?.campaigns.open(&actor()?, None).await?)
}

/// The newest 1,000 campaigns, newest first.
#[server(prefix = "/sfn", endpoint = "campaigns/names", output = Json)]
pub async fn campaign_names() -> ask::Result<Vec<CampaignRef>> {
    let all = CampaignQuery { limit: 1_000, ..CampaignQuery::default() };
    let found = services()?.campaigns.summaries(&actor()?, &all).await?.data;
    Ok(found.campaigns.into_iter().map(|campaign| CampaignRef { id: campaign.id, name: campaign.name }).collect())
}

/// Returns how many leads were enrolled and how many were left out.
#[server(prefix = "/sfn", endpoint = "campaigns/enroll", input = Json, output = Json)]
pub async fn enroll_leads(id: CampaignId, which: Selection, origin: Option<Origin>) -> ask::Result<EnrollResult> {
    Ok(services()?.campaigns.enroll(&actor()?.with_origin(origin), id, which).await?)
}

/// Returns how many leads were removed.
#[server(prefix = "/sfn", endpoint = "campaigns/unenroll", input = Json, output = Json)]
pub async fn unenroll_leads(id: CampaignId, which: Selection, origin: Option<Origin>) -> ask::Result<i64> {
    Ok(services()?.campaigns.unenroll(&actor()?.with_origin(origin), id, which).await?)
}

/// Records a task that a person did with a lead.
#[server(prefix = "/sfn", endpoint = "campaigns/work", input = Json, output = Json)]
pub async fn work_lead(lead: LeadId, task: Task, campaign: Option<CampaignId>, origin: Option<Origin>) -> ask::Result<TaskDone> {
    Ok(services()?.campaigns.work(&actor()?.with_origin(origin), lead, task, campaign).await?)
}

/// Every campaign's part of the figures, whatever the list shows.
#[server(prefix = "/sfn", endpoint = "campaigns/figures", output = Json)]
pub async fn campaign_figures() -> ask::Result<Snapshot<Vec<(CampaignId, CampaignShare)>>> {
    let (services, actor) = (services()?, actor()?);
    let mut query = CampaignQuery { limit: 1_000, ..CampaignQuery::default() };
    let mut all = services.campaigns.summaries(&actor, &query).await?.map(|page| {
        query.cursor = page.next;
        page.campaigns.iter().map(|campaign| (campaign.id, CampaignShare::from(campaign))).collect::<Vec<_>>()
    });
    while query.cursor.is_some() {
        let page = services.campaigns.summaries(&actor, &query).await?.data;
        all.data.extend(page.campaigns.iter().map(|campaign| (campaign.id, CampaignShare::from(campaign))));
        query.cursor = page.next;
    }
    Ok(all)
}

/// Returns the change, for `undo_change`.
#[server(prefix = "/sfn", endpoint = "campaigns/delete", input = Json, output = Json)]
pub async fn delete_campaign(id: CampaignId, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(services()?.campaigns.delete(&actor()?.with_origin(origin), id).await?)
}
