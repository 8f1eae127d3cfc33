//! Changes as the contract's two events. Its clients read their data again at each.

use crate::{
    compat::kandid::{CampaignBody, LeadBody},
    feed::Encoder,
};
use domain::{Change, Error, Op, Record, Result, campaigns::Campaign, leads::Lead};
use serde::Serialize;
use serde_json::{json, value::RawValue};
use std::sync::Arc;

const LEADS: &str = "leads_updated";
const CAMPAIGNS: &str = "campaigns_updated";
/// Bytes over which a record goes without its long texts, because many may wait for a slow client.
const LONG: usize = 16 * 1024;

/// An event; all clients share its payload.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) event: &'static str,
    pub(super) payload: Arc<RawValue>,
}

pub(super) struct Changes;

impl Encoder for Changes {
    type Frame = Frame;

    async fn encode(&self, changes: &[Arc<Change>]) -> Result<Vec<Frame>> {
        let mut frames = Vec::new();
        for change in changes {
            let gone = change.op == Op::Delete;
            match change.record() {
                Some(Record::Lead(lead)) if gone => frames.push(frame(LEADS, &json!({ "id": lead.id }))?),
                Some(Record::Lead(lead)) => frames.push(short(LEADS, &**lead, LeadBody::from, Lead::in_list)?),
                // Deviation: the original forgets this event when a campaign is deleted.
                Some(Record::Campaign(campaign)) if gone => frames.push(frame(CAMPAIGNS, &json!({ "id": campaign.id }))?),
                Some(Record::Campaign(campaign)) => frames.push(short(CAMPAIGNS, &**campaign, CampaignBody::from, Campaign::in_list)?),
                // Many leads at once, which the original does not know: an import, a bulk action, leads that enter or leave a campaign.
                Some(Record::Set(set)) => {
                    let payload = json!({ "count": set.count });
                    frames.push(frame(LEADS, &payload)?);
                    if set.campaign_id().is_some() {
                        frames.push(frame(CAMPAIGNS, &payload)?);
                    }
                }
                // The feed has no other records.
                _ => {}
            }
        }
        Ok(frames)
    }
}

/// The event of a record, without its long texts when they are too long.
fn short<R: Clone, B: Serialize>(event: &'static str, record: &R, body: fn(R) -> B, in_list: fn(R) -> R) -> Result<Frame> {
    let whole = frame(event, &body(record.clone()))?;
    if whole.payload.get().len() <= LONG { Ok(whole) } else { frame(event, &body(in_list(record.clone()))) }
}

fn frame(event: &'static str, payload: &impl Serialize) -> Result<Frame> {
    let payload = serde_json::value::to_raw_value(payload).map_err(|_| Error::Internal)?;
    Ok(Frame { event, payload: payload.into() })
}
