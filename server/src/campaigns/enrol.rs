//! Leads in and out of a campaign: named, or all that match a rule. Whatever their number, it is one change.

use super::{Campaigns, sql, write};
use crate::store::{self, Query, Sql, Tx, Value};
use domain::{
    Actor, CampaignId, Error, Op, Record, Result,
    campaigns::{Campaign, Counts, Selection},
    change::EnrolmentSet,
    text::grouped,
};

impl Campaigns {
    pub(super) async fn enrol_leads(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<i64> {
        let which = which.check()?;
        self.store
            .write_many(actor, move |tx| {
                Box::pin(async move {
                    any_exists(tx, &which).await?;
                    // Leads are locked before their campaign, here as everywhere.
                    let values = vec![Value::from(id), Value::from(tx.now())];
                    let enrol = statement(tx, &which, sql::ENROL_NAMED, sql::ENROL_MATCHING, values)?;
                    let count = tx.run(enrol).await? as i64;
                    let campaign = write::lock(tx, id).await?;
                    if campaign.status.is_over() {
                        return Err(Error::Conflict(format!("{} is {}; duplicate it to enrol leads", campaign.name, campaign.status)));
                    }
                    let counts = campaign.counts.clone().joined(count);
                    note(tx, campaign, counts, "enrolled", "in", count).await
                })
            })
            .await
    }

    pub(super) async fn unenrol_leads(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<i64> {
        let which = which.check()?;
        self.store
            .write_many(actor, move |tx| {
                Box::pin(async move {
                    let campaign = write::lock(tx, id).await?;
                    let unenrol = statement(tx, &which, sql::UNENROL_NAMED, sql::UNENROL_MATCHING, vec![Value::from(id)])?;
                    let count = tx.run(unenrol).await? as i64;
                    let counts = recount(tx, id).await?;
                    note(tx, campaign, counts, "took", "out of", count).await
                })
            })
            .await
    }
}

/// The statement for named leads with their ids after `values`, or the one for a rule.
fn statement(tx: &mut Tx, which: &Selection, named: Sql, matching: Sql, values: Vec<Value>) -> Result<Query> {
    Ok(match which {
        Selection::Leads(ids) => store::sql(named).bind_all(values).bind_all([Value::json(ids)?]),
        Selection::Matching(rule) => {
            let (now, postgres) = (tx.now(), tx.conn().is_postgres());
            Query::with_rule(matching.of(postgres), values, rule, postgres, now)
        }
    })
}

/// Leads that a colleague has just deleted are left out; when none is left, that is said.
async fn any_exists(tx: &mut Tx, which: &Selection) -> Result<()> {
    let Selection::Leads(ids) = which else { return Ok(()) };
    let (known,) = tx.one::<(i64,)>(store::sql(sql::KNOWN).bind_all([Value::json(ids)?])).await?;
    match ids.first() {
        Some(first) if known == 0 => Err(Error::not_found("Lead", first)),
        _ => Ok(()),
    }
}

/// Writes the campaign's new counts, and the one change that names the set. Nobody came or went: nothing to say.
async fn note(tx: &mut Tx, campaign: Campaign, counts: Counts, did: &str, where_: &str, count: i64) -> Result<i64> {
    if count > 0 {
        let leads = if count == 1 { "lead" } else { "leads" };
        let what = format!("{did} {} {leads} {where_} {}", grouped(count), campaign.name);
        let set = EnrolmentSet { campaign_id: campaign.id, bulk_id: None, what, count };
        write::count(tx, campaign, counts).await?;
        tx.record(Op::Bulk, None, Some(Record::Enrolments(set)));
    }
    Ok(count)
}

/// The counts as the enrolments have them.
pub async fn recount(tx: &mut Tx, id: CampaignId) -> Result<Counts> {
    let mut counts = Counts::default();
    let groups = tx.all::<(i64, i64, i64, i64, i64, i64, i64, i64)>(store::sql(sql::RECOUNT).bind(id)).await?;
    for (step, leads, requests, connected, messages, replied, successful, finished) in groups {
        counts.total_leads += leads;
        counts.requests_sent += requests;
        counts.connected += connected;
        counts.messages_sent += messages;
        counts.replied += replied;
        counts.successful_leads += successful;
        counts.finished += finished;
        counts.stand(step, leads);
    }
    Ok(counts)
}
