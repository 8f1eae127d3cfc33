//! `CampaignService`. Each method: permission, then the domain's rule, then one transaction with its changes.

mod audit;
mod enroll;
mod facts;
mod follow;
mod list;
mod many;
mod refold;
mod room;
mod row;
mod sql;
mod steps;
mod task;
mod undo;
mod write;

pub use audit::audit;
pub use enroll::recount;
pub use facts::facts;
pub use follow::follow;
pub use many::{WRITES, enroll_many, name, open, open_for, put_back, unenroll_many, unenroll_new, unknown};
pub use refold::{refold, to_refold, with_name};
pub use room::{newcomers, require_room_to_undo};
pub use row::bind_enrollment;
pub use sql::{ENROLLMENT_COLUMNS, PRUNE, STATEMENTS, TEMPLATES, pages};
pub use undo::undo;
pub use write::insert;

use crate::store::Store;
use async_trait::async_trait;
use domain::{
    Actor, CampaignId, ChangeId, LeadId, Permission, Result, Snapshot,
    campaigns::{
        Campaign, CampaignAction, CampaignEdit, CampaignPage, CampaignQuery, EditedCampaign, EnrollResult, EnrollmentPage, EnrollmentQuery,
        LeadCampaignPage, LeadCampaignQuery, NewCampaign, Selection, SummaryPage, Task, TaskDone,
    },
    error::CampaignRef,
    leads::{Lead, NewLead},
    services::{BulkService, CampaignService},
};
use std::sync::Arc;

#[derive(Clone)]
pub struct Campaigns {
    store: Store,
    bulks: Arc<dyn BulkService>,
}

impl Campaigns {
    pub fn new(store: Store, bulks: impl BulkService + 'static) -> Self {
        Self { store, bulks: Arc::new(bulks) }
    }
}

#[async_trait]
impl CampaignService for Campaigns {
    async fn list(&self, actor: &Actor, query: &CampaignQuery) -> Result<Snapshot<CampaignPage>> {
        actor.require(Permission::Read)?;
        self.page(query).await
    }

    async fn summaries(&self, actor: &Actor, query: &CampaignQuery) -> Result<Snapshot<SummaryPage>> {
        actor.require(Permission::Read)?;
        self.summary_page(query).await
    }

    async fn open(&self, actor: &Actor, lead: Option<LeadId>) -> Result<Vec<CampaignRef>> {
        actor.require(Permission::Read)?;
        self.open_to(lead).await
    }

    async fn names(&self, actor: &Actor, ids: &[CampaignId]) -> Result<Vec<CampaignRef>> {
        actor.require(Permission::Read)?;
        self.refs(ids).await
    }

    async fn get(&self, actor: &Actor, id: CampaignId) -> Result<Option<Snapshot<Campaign>>> {
        actor.require(Permission::Read)?;
        self.one(id).await
    }

    async fn create(&self, actor: &Actor, new: NewCampaign) -> Result<Campaign> {
        actor.require(Permission::WriteCampaigns)?;
        self.create_campaign(actor, new).await
    }

    async fn edit(&self, actor: &Actor, id: CampaignId, edit: CampaignEdit) -> Result<EditedCampaign> {
        actor.require(Permission::WriteCampaigns)?;
        self.edit_campaign(actor, id, edit).await
    }

    async fn act(&self, actor: &Actor, id: CampaignId, action: CampaignAction) -> Result<Campaign> {
        actor.require(Permission::WriteCampaigns)?;
        self.apply_action(actor, id, action).await
    }

    async fn duplicate(&self, actor: &Actor, id: CampaignId) -> Result<Campaign> {
        actor.require(Permission::WriteCampaigns)?;
        self.copy(actor, id).await
    }

    async fn delete(&self, actor: &Actor, id: CampaignId) -> Result<ChangeId> {
        actor.require(Permission::WriteCampaigns)?;
        self.remove(actor, id).await
    }

    async fn enrolled(&self, actor: &Actor, id: CampaignId, query: &EnrollmentQuery) -> Result<Snapshot<EnrollmentPage>> {
        actor.require(Permission::Read)?;
        self.enrolled_page(id, query).await
    }

    async fn enroll(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<EnrollResult> {
        actor.require(Permission::WriteCampaigns)?;
        self.enroll_leads(actor, id, which).await
    }

    async fn add_lead(&self, actor: &Actor, id: CampaignId, new: NewLead) -> Result<Lead> {
        actor.require(Permission::WriteLeads)?;
        actor.require(Permission::WriteCampaigns)?;
        self.add_enrolled(actor, id, new).await
    }

    async fn unenroll(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<i64> {
        actor.require(Permission::WriteCampaigns)?;
        self.unenroll_leads(actor, id, which).await
    }

    async fn of_lead(&self, actor: &Actor, lead: LeadId, query: &LeadCampaignQuery) -> Result<Snapshot<LeadCampaignPage>> {
        actor.require(Permission::Read)?;
        self.page_of_lead(lead, query).await
    }

    async fn work(&self, actor: &Actor, lead: LeadId, task: Task, campaign: Option<CampaignId>) -> Result<TaskDone> {
        actor.require(Permission::WriteLeads)?;
        self.do_task(actor, lead, task, campaign).await
    }
}
