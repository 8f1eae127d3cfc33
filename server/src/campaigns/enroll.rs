//! Enroll and unenroll leads, listed by id or selected by a rule. Any number of leads is one bulk action.

use super::{Campaigns, enroll_many, name, row::CampaignRow, sql, unknown};
use crate::{
    leads::{self, LogMode, Write},
    store::{self, Conn},
};
use domain::{
    Actor, CampaignId, Error, LeadId, Op, Record, Result, StepId,
    bulk::{BulkAction, NewBulk},
    campaigns::{Counts, EnrollResult, Selection, Step, position},
    change::Set,
    leads::{Lead, NewLead},
};
use uuid::Uuid;

impl Campaigns {
    pub(super) async fn enroll_leads(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<EnrollResult> {
        self.in_bulk(actor, id, NewBulk { action: BulkAction::Enroll { campaign_id: id }, which }).await
    }

    pub(super) async fn unenroll_leads(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<i64> {
        Ok(self.in_bulk(actor, id, NewBulk { action: BulkAction::Unenroll { campaign_id: id }, which }).await?.count)
    }

    pub(super) async fn add_enrolled(&self, actor: &Actor, id: CampaignId, new: NewLead) -> Result<Lead> {
        let mut new = new.check()?;
        new.custom = self.store.current.fields().check_new(new.custom, false)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let mut lead = new.into_lead(LeadId(tx.new_id()), tx.now());
                    leads::commit(tx, Write::Insert(vec![lead.clone()]), LogMode::Each).await?;
                    leads::add_waiting_orders(tx, &mut lead).await?;
                    let (came, left_out) = enroll_many(tx, id, &[lead.id]).await.map_err(|error| unknown(id, error))?;
                    EnrollResult { count: came.len() as i64, left_out }.or_why()?;
                    let what = BulkAction::Enroll { campaign_id: id }.sentence(1, &name(tx, id).await?, false);
                    tx.record(Op::Bulk, None, Some(Record::Set(Set::of_campaign(id, what, 1))));
                    Ok(lead)
                })
            })
            .await
    }

    async fn in_bulk(&self, actor: &Actor, id: CampaignId, new: NewBulk) -> Result<EnrollResult> {
        let found = self.store.optional::<CampaignRow>(store::sql(sql::GET).bind(id)).await?;
        found.ok_or_else(|| Error::not_found("Campaign", id))?;
        let bulk = self.bulks.run(actor, new).await?;
        Ok(EnrollResult { count: bulk.changed, left_out: bulk.left_out })
    }
}

/// `step_id`, number of enrollments at this step, and seven sums over them (the columns of `RECOUNT`).
type StandingRow = (Option<Uuid>, i64, i64, i64, i64, i64, i64, i64, i64);

/// The campaign's counts, computed anew from its enrollments. `steps` is the campaign's sequence.
pub async fn recount(conn: &mut Conn, id: CampaignId, steps: &[Step]) -> Result<Counts> {
    let mut counts = Counts::default();
    for row in conn.all::<StandingRow>(store::sql(sql::RECOUNT).bind(id)).await? {
        let (step, leads, requests, connected, messages, contacted, replied, successful, finished) = row;
        let step = position(steps, step.map(StepId), 0);
        counts.total_leads += leads;
        counts.requests_sent += requests;
        counts.connected += connected;
        counts.messages_sent += messages;
        counts.contacted += contacted;
        counts.replied += replied;
        counts.successful_leads += successful;
        counts.finished += finished;
        counts.stand(step, leads);
    }
    Ok(counts)
}
