//! Server functions of leads: actor from the context, one service call.

use crate::ask::{self, Json};
use domain::{
    CampaignId, ChangeId, LeadId, NoteId, Origin, Snapshot,
    accounts::Colleague,
    campaigns::LeadCampaignPage,
    error::CampaignRef,
    leads::{Board, BoardQuery, Lead, LeadDetail, LeadEdit, LeadPage, LeadQuery, NewLead},
    rule::Rule,
};
#[cfg(feature = "ssr")]
use domain::{
    campaigns::LeadCampaignQuery,
    rule::{DELETED_SEGMENT, Referent, Source},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// A lead with its history and campaigns. These are separate reads: a change between them is sent again by the live feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    pub detail: LeadDetail,
    pub ways: LeadCampaignPage,
    /// Open campaigns that the lead is not in.
    pub campaigns: Vec<CampaignRef>,
}

#[server(prefix = "/sfn", endpoint = "leads/list", input = Json, output = Json)]
pub async fn list_leads(query: LeadQuery) -> ask::Result<Snapshot<LeadPage>> {
    Ok(ask::services()?.leads.list(&ask::actor()?, &query).await?.map(LeadPage::in_list))
}

#[server(prefix = "/sfn", endpoint = "leads/among", input = Json, output = Json)]
pub async fn list_among(rule: Rule, ids: Vec<LeadId>) -> ask::Result<Snapshot<LeadPage>> {
    Ok(ask::services()?.leads.among(&ask::actor()?, &rule, &ids).await?.map(LeadPage::in_list))
}

#[server(prefix = "/sfn", endpoint = "leads/board", input = Json, output = Json)]
pub async fn load_board(query: BoardQuery) -> ask::Result<Snapshot<Board>> {
    Ok(ask::services()?.leads.board(&ask::actor()?, &query).await?.map(Board::in_list))
}

/// The lead with the first page of its campaigns, or the page after one.
#[server(prefix = "/sfn", endpoint = "leads/detail", input = Json, output = Json)]
pub async fn load_lead(id: LeadId, after: Option<CampaignId>) -> ask::Result<Snapshot<Sheet>> {
    let (services, actor) = (ask::services()?, ask::actor()?);
    let found = services.leads.detail(&actor, id).await?;
    let detail = found.ok_or_else(|| domain::Error::not_found("Lead", id))?;
    let ways = lead_campaigns(id, after).await?;
    let campaigns = services.campaigns.open(&actor, Some(id)).await?;
    Ok(detail.map(|detail| Sheet { detail, ways, campaigns }))
}

/// A page of at most 20 of the lead's campaigns.
#[server(prefix = "/sfn", endpoint = "leads/campaigns", input = Json, output = Json)]
pub async fn lead_campaigns(id: LeadId, after: Option<CampaignId>) -> ask::Result<LeadCampaignPage> {
    let query = LeadCampaignQuery { after, limit: 20, ..LeadCampaignQuery::default() };
    Ok(ask::services()?.campaigns.of_lead(&ask::actor()?, id, &query).await?.data)
}

#[server(prefix = "/sfn", endpoint = "leads/create", input = Json, output = Json)]
pub async fn create_lead(new: NewLead, origin: Option<Origin>) -> ask::Result<Lead> {
    Ok(ask::services()?.leads.create(&ask::actor()?.with_origin(origin), new).await?)
}

#[server(prefix = "/sfn", endpoint = "leads/update", input = Json, output = Json)]
pub async fn update_lead(id: LeadId, edit: LeadEdit, origin: Option<Origin>) -> ask::Result<Lead> {
    Ok(ask::services()?.leads.update(&ask::actor()?.with_origin(origin), id, edit).await?)
}

/// Returns the change, for `undo_change`.
#[server(prefix = "/sfn", endpoint = "leads/delete", input = Json, output = Json)]
pub async fn delete_lead(id: LeadId, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(ask::services()?.leads.delete(&ask::actor()?.with_origin(origin), id).await?)
}

/// Returns the change, for `undo_change`.
#[server(prefix = "/sfn", endpoint = "leads/notes/delete", input = Json, output = Json)]
pub async fn delete_note(id: NoteId, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(ask::services()?.leads.delete_note(&ask::actor()?.with_origin(origin), id).await?)
}

/// Names of the users, imports, campaigns and segments in a rule. Deleted ones and ones that the reader may not see are left out; segments that
/// were deleted are called so.
#[server(prefix = "/sfn", endpoint = "leads/names", input = Json, output = Json)]
pub async fn names_in(rule: Rule) -> ask::Result<HashMap<Uuid, String>> {
    let (services, actor) = (ask::services()?, ask::actor()?);
    let mut names = HashMap::new();
    let segments = if rule.asks_of(Source::Segments) { services.segments.names(&actor).await? } else { Vec::new() };
    for test in rule.tests() {
        let Some((referent, ids)) = test.referents() else { continue };
        let ids: Vec<_> = ids.into_iter().take(NAMED).collect();
        match referent {
            Referent::User => {
                let people = owners().await?.into_iter().filter(|one| ids.contains(&one.id.0));
                names.extend(people.map(|one| (one.id.0, one.name)));
            }
            Referent::Import => {
                for id in ids {
                    let import = services.imports.get(&actor, domain::ImportId(id)).await?;
                    names.extend(import.map(|import| (id, import.data.file)));
                }
            }
            Referent::Campaign => {
                let ids: Vec<_> = ids.into_iter().map(CampaignId).collect();
                let found = services.campaigns.names(&actor, &ids).await?;
                names.extend(found.into_iter().map(|one| (one.id.0, one.name)));
            }
            Referent::Segment => {
                let name = |id| segments.iter().find(|one| one.id.0 == id).map_or(DELETED_SEGMENT, |one| one.name.as_str()).to_owned();
                names.extend(ids.into_iter().map(|id| (id, name(id))));
            }
        }
    }
    Ok(names)
}

/// Most names per test.
#[cfg(feature = "ssr")]
const NAMED: usize = 20;

/// All users by id and name, and whether they can be given leads. Empty without permission: names are optional on the page.
#[server(prefix = "/sfn", endpoint = "leads/owners", output = Json)]
pub async fn owners() -> ask::Result<Vec<Colleague>> {
    Ok(ask::services()?.accounts.people(&ask::actor()?).await.unwrap_or_default())
}
