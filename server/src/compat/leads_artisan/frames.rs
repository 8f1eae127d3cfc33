//! Changes of leads as the sockets send them: `{"type", "lead", "userId", "isRemote"}`.

use super::lead::LeadBody;
use crate::feed::Encoder;
use axum::extract::ws::Utf8Bytes;
use domain::{Actor, ActorRef, Change, Error, Op, Record, Result, leads::StageMove, services::LeadService};
use serde::Serialize;
use std::sync::Arc;

pub struct LeadFrames {
    leads: Arc<dyn LeadService>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    #[serde(rename = "type")]
    kind: &'static str,
    lead: LeadBody,
    user_id: String,
    /// Always true: clients mark their own messages otherwise.
    is_remote: bool,
}

impl LeadFrames {
    pub fn new(leads: Arc<dyn LeadService>) -> Self {
        Self { leads }
    }
}

impl Encoder for LeadFrames {
    type Frame = Utf8Bytes;

    /// A set of leads that was written at once (an import, a bulk action) has no frame in this contract.
    async fn encode(&self, changes: &[Arc<Change>]) -> Result<Vec<Utf8Bytes>> {
        let of_leads: Vec<_> = changes.iter().filter_map(|change| Some((change, change.record().and_then(Record::as_lead)?))).collect();
        let mut ids: Vec<_> = of_leads.iter().map(|(_, lead)| lead.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let moves = self.leads.stage_moves(&Actor::system(), &ids).await?;
        let frames = of_leads.into_iter().map(|(change, lead)| {
            let moves = moves.get(&lead.id).map_or(&[][..], Vec::as_slice);
            // The lead may have been moved again since this change.
            let until = moves.partition_point(|one: &StageMove| one.at <= change.at);
            let kind = match change.op {
                Op::Create | Op::Restore => "create",
                Op::Update | Op::Bulk => "update",
                Op::Delete => "delete",
            };
            let frame = Frame { kind, lead: LeadBody::new(lead, &moves[..until]), user_id: writer(change), is_remote: true };
            serde_json::to_string(&frame).map(Utf8Bytes::from).map_err(|_| Error::Internal)
        });
        frames.collect()
    }
}

/// The `user_id` of the request that wrote this change, or its account.
fn writer(change: &Change) -> String {
    let account = || match &change.who {
        ActorRef::User { id, .. } => id.to_string(),
        ActorRef::Key { id, .. } => id.to_string(),
        ActorRef::Guest => "guest".to_owned(),
        ActorRef::System => "system".to_owned(),
    };
    change.on_behalf_of.clone().unwrap_or_else(account)
}
