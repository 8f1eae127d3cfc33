//! Server functions of segments.

use super::nodes::Node;
#[cfg(feature = "ssr")]
use super::nodes::{built, nodes_of};
use crate::{
    ask::{self, Json},
    palette::FoundLead,
};
#[cfg(feature = "ssr")]
use crate::{
    ask::{actor, services},
    campaigns::api::campaign_names,
    leads::api::{names_in, owners},
    palette::find_leads,
};
#[cfg(feature = "ssr")]
use domain::leads::LeadQuery;
use domain::{
    ChangeId, LeadId, Origin, SegmentId, Snapshot,
    accounts::Colleague,
    error::CampaignRef,
    leads::Lead,
    rule::Rule,
    segments::{Membership, SegmentDetail, SegmentRef, SizedSegment},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// All segments, with the names of the records in their rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentList {
    /// The list includes every change up to this one.
    pub as_of: i64,
    pub segments: Vec<SizedSegment>,
    pub names: HashMap<Uuid, String>,
}

#[server(prefix = "/sfn", endpoint = "segments/list", output = Json)]
pub async fn list_segments() -> ask::Result<SegmentList> {
    let Snapshot { as_of, data: segments, .. } = services()?.segments.list(&actor()?).await?;
    let names = names_in(Rule::All(segments.iter().map(|one| one.segment.rule.clone()).collect())).await?;
    Ok(SegmentList { as_of, segments, names })
}

/// Number of segments.
#[server(prefix = "/sfn", endpoint = "segments/count", output = Json)]
pub async fn count_segments() -> ask::Result<Snapshot<i64>> {
    Ok(services()?.segments.list(&actor()?).await?.map(|all| all.len() as i64))
}

/// All segments, by name.
#[server(prefix = "/sfn", endpoint = "segments/names", output = Json)]
pub async fn segment_names() -> ask::Result<Vec<SegmentRef>> {
    Ok(services()?.segments.names(&actor()?).await?)
}

/// What the page of a segment asks for, besides its id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Nodes of the builder, as JSON: of a form that was sent without scripts.
    pub nodes: Option<String>,
    /// Search for the lead to explain.
    pub why: Option<String>,
    /// The lead to explain.
    pub lead: Option<LeadId>,
}

impl Asked {
    /// Nodes of a form that was sent without scripts.
    pub fn typed(&self) -> Option<Vec<Node>> {
        self.nodes.as_ref().and_then(|nodes| serde_json::from_str(nodes).ok())
    }
}

/// All that the page of a segment shows first. These are separate reads: a change between them is sent again by the live feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// `None` for a new one.
    pub segment: Option<Snapshot<SegmentDetail>>,
    pub people: Vec<Colleague>,
    pub campaigns: Vec<CampaignRef>,
    /// Those that the rule may name: all others.
    pub segments: Vec<SegmentRef>,
    /// Names of the records in the rule.
    pub names: HashMap<Uuid, String>,
    /// Number of leads that match the rule in the builder; `None` while they are counted, and for an invalid rule.
    pub count: Option<i64>,
    /// Number of all leads.
    pub all: Option<i64>,
    pub sample: Vec<Lead>,
    pub found: Vec<FoundLead>,
    pub explained: Option<(FoundLead, Membership)>,
}

/// The page of the segment with this id, or of a new one.
#[server(prefix = "/sfn", endpoint = "segments/load", input = Json, output = Json)]
pub async fn load_segment(id: Option<SegmentId>, asked: Asked) -> ask::Result<Sheet> {
    let (services, actor) = (services()?, actor()?);
    let segment = match id {
        Some(id) => Some(services.segments.get(&actor, id).await?.ok_or_else(|| domain::Error::not_found("Segment", id))?),
        None => None,
    };
    let saved = segment.as_ref().map(|found| found.data.segment.segment.rule.clone()).unwrap_or_default();
    let typed = asked.typed();
    // As the builder writes it.
    let fields = services.fields.list(&actor).await?.data;
    let rule = built(&typed.clone().unwrap_or_else(|| nodes_of(&saved)), &fields).checked(&fields);
    let (count, sample) = match &rule {
        Ok(rule) => {
            let size = segment.as_ref().filter(|_| typed.is_none()).and_then(|found| found.data.segment.size);
            let count = match size {
                // Nobody without scripts can wait for the live count.
                None if typed.is_some() => services.leads.count(&actor, rule).await.ok(),
                None => services.leads.total(&actor, rule).await?,
                size => size,
            };
            (count, sample_of(rule.clone()).await?)
        }
        Err(_) => (None, Vec::new()),
    };
    let found = match asked.why.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => find_leads(text).await?,
        None => Vec::new(),
    };
    let explained = match (asked.lead, rule.clone()) {
        (Some(lead), Ok(rule)) => explain(rule, lead).await.ok(),
        _ => None,
    };
    Ok(Sheet {
        names: names_in(rule.unwrap_or(saved)).await?,
        people: owners().await?,
        campaigns: campaign_names().await?,
        segments: services.segments.names(&actor).await?.into_iter().filter(|one| Some(one.id) != id).collect(),
        count,
        all: services.leads.total(&actor, &Rule::everyone()).await?,
        sample,
        found,
        explained,
        segment,
    })
}

/// The segment with its trend and newest moves.
#[server(prefix = "/sfn", endpoint = "segments/detail", input = Json, output = Json)]
pub async fn read_segment(id: SegmentId) -> ask::Result<Snapshot<SegmentDetail>> {
    let found = services()?.segments.get(&actor()?, id).await?;
    Ok(found.ok_or_else(|| domain::Error::not_found("Segment", id))?)
}

/// The newest 5 leads that match.
#[server(prefix = "/sfn", endpoint = "segments/sample", input = Json, output = Json)]
pub async fn sample_of(rule: Rule) -> ask::Result<Vec<Lead>> {
    let query = LeadQuery { rule, limit: 5, ..LeadQuery::default() };
    Ok(services()?.leads.list(&actor()?, &query).await?.data.in_list().leads)
}

/// A lead, and why it matches the rule or not.
#[server(prefix = "/sfn", endpoint = "segments/explain", input = Json, output = Json)]
pub async fn explain(rule: Rule, lead: LeadId) -> ask::Result<(FoundLead, Membership)> {
    let (services, actor) = (services()?, actor()?);
    let membership = services.segments.explain(&actor, rule, lead).await?;
    let lead = services.leads.get(&actor, lead).await?.ok_or_else(|| domain::Error::not_found("Lead", lead))?;
    Ok((lead.into(), membership))
}

/// Returns the change, for `undo_change`.
#[server(prefix = "/sfn", endpoint = "segments/delete", input = Json, output = Json)]
pub async fn delete_segment(id: SegmentId, even_if_used: bool, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(services()?.segments.delete(&actor()?.with_origin(origin), id, even_if_used).await?)
}
