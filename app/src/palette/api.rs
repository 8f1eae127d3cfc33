//! Server function of the command palette: a few leads and campaigns, with only the fields that are shown.

use crate::ask::{self, Json};
#[cfg(feature = "ssr")]
use crate::ask::{actor, services};
use domain::{
    CampaignId, LeadId,
    campaigns::CampaignStatus,
    leads::{Lead, Stage},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundLead {
    pub id: LeadId,
    pub name: String,
    /// `Buyer, Costa Azul`, or the e-mail address.
    pub about: String,
    pub stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundCampaign {
    pub id: CampaignId,
    pub name: String,
    pub status: CampaignStatus,
    pub leads: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub leads: Vec<FoundLead>,
    pub campaigns: Vec<FoundCampaign>,
}

impl From<Lead> for FoundLead {
    fn from(lead: Lead) -> Self {
        let known: Vec<_> = [lead.title, lead.company].into_iter().flatten().collect();
        let about = if known.is_empty() { lead.email } else { known.join(", ") };
        Self { id: lead.id, name: lead.name, about, stage: lead.stage }
    }
}

/// At most 6 leads and 4 campaigns, newest first.
#[server(prefix = "/sfn", endpoint = "find", input = Json, output = Json)]
pub async fn find(text: String) -> ask::Result<Found> {
    use domain::campaigns::CampaignQuery;
    let (services, actor) = (services()?, actor()?);
    let campaigns = CampaignQuery { search: text.clone(), limit: 4, ..CampaignQuery::default() };
    let campaigns = services.campaigns.summaries(&actor, &campaigns).await?.data.campaigns;
    let short = |campaign: domain::campaigns::CampaignSummary| FoundCampaign {
        id: campaign.id,
        name: campaign.name,
        status: campaign.status,
        leads: campaign.counts.total_leads,
    };
    Ok(Found { leads: find_leads(&text).await?, campaigns: campaigns.into_iter().map(short).collect() })
}

/// At most 6 leads, newest first.
#[cfg(feature = "ssr")]
pub async fn find_leads(text: &str) -> ask::Result<Vec<FoundLead>> {
    use domain::{leads::LeadQuery, rule::Rule};
    let query = LeadQuery { rule: Rule::All(vec![Rule::search(text.trim())]), limit: 6, ..LeadQuery::default() };
    let found = services()?.leads.list(&actor()?, &query).await?.data.leads;
    Ok(found.into_iter().map(FoundLead::from).collect())
}
