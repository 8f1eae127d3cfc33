//! Leads: the service. Each method checks the permission, applies the domain's rule, and writes one transaction with its change.

mod board;
mod commit;
mod customers;
mod list;
mod moves;
mod notes;
mod put;
mod refold;
mod row;
mod rows;
mod sql;
mod tally;
mod timeline;
mod totals;
mod undo;
pub mod undo_images;
mod write;

pub use commit::{Cause, Committed, CompletedTask, EnrollmentChange, Followers, LogMode, Update, Write, Written, commit};
pub use customers::{by_email, customers, emails_of_numbers, lock_totals, write_totals};
pub use list::{in_order, next_page};
pub use notes::undo as undo_note;
pub use put::put_customers;
pub use refold::{Refold, refold, to_refold, with_email};
pub use row::LeadRow;
pub use rows::{NewLeads, lock, lock_batch, read_batch};
pub use sql::{AMONG, COUNT, LEAD_COLUMNS, PRUNE, Page, STATEMENTS, SUMS, TEMPLATES, WRITES, pages};
pub(crate) use sql::{ids, lead_columns, text_columns};
pub use tally::QUARTER;
pub use totals::Totals;
pub use undo::undo;
pub use write::{add_waiting_orders, put};

use crate::store::{self, Store};
use async_trait::async_trait;
use domain::{
    Actor, ChangeId, LeadId, NoteId, Permission, Result, Snapshot,
    leads::{
        Board, BoardQuery, EditedNote, Lead, LeadDetail, LeadEdit, LeadMessage, LeadPage, LeadQuery, NewCustomer, NewLead, Note, Outreach,
        SavedLead, SavedNote, StageMove,
    },
    rule::Rule,
    services::LeadService,
};
use std::{collections::HashMap, sync::Arc};

#[derive(Clone)]
pub struct Leads {
    store: Store,
    totals: Arc<dyn Totals>,
}

impl Leads {
    pub fn new(store: Store, totals: impl Totals + 'static) -> Self {
        Self { store, totals: Arc::new(totals) }
    }
}

#[async_trait]
impl LeadService for Leads {
    async fn list(&self, actor: &Actor, query: &LeadQuery) -> Result<Snapshot<LeadPage>> {
        actor.require(Permission::Read)?;
        self.page(actor, query).await
    }

    async fn among(&self, actor: &Actor, rule: &Rule, ids: &[LeadId]) -> Result<Snapshot<LeadPage>> {
        actor.require(Permission::Read)?;
        self.those(actor, rule, ids).await
    }

    async fn board(&self, actor: &Actor, query: &BoardQuery) -> Result<Snapshot<Board>> {
        actor.require(Permission::Read)?;
        self.stages(actor, query).await
    }

    async fn total(&self, actor: &Actor, rule: &Rule) -> Result<Option<i64>> {
        actor.require(Permission::Read)?;
        self.known_total(actor, rule).await
    }

    async fn count(&self, actor: &Actor, rule: &Rule) -> Result<i64> {
        actor.require(Permission::Read)?;
        self.count_leads(actor, rule).await
    }

    async fn get(&self, actor: &Actor, id: LeadId) -> Result<Option<Lead>> {
        actor.require(Permission::Read)?;
        let row = self.store.optional::<LeadRow>(store::sql(sql::GET).bind(id)).await?;
        row.map(Lead::try_from).transpose()
    }

    async fn stage_moves(&self, actor: &Actor, ids: &[LeadId]) -> Result<HashMap<LeadId, Vec<StageMove>>> {
        actor.require(Permission::Read)?;
        self.moves_of(ids).await
    }

    async fn companies(&self, actor: &Actor, ids: &[LeadId]) -> Result<HashMap<LeadId, String>> {
        actor.require(Permission::Read)?;
        self.companies_of(ids).await
    }

    async fn detail(&self, actor: &Actor, id: LeadId) -> Result<Option<Snapshot<LeadDetail>>> {
        actor.require(Permission::Read)?;
        self.lead_detail(id).await
    }

    async fn add(&self, actor: &Actor, new: NewLead) -> Result<SavedLead> {
        actor.require(Permission::WriteLeads)?;
        self.add_lead(actor, new, true).await
    }

    async fn create_without_required(&self, actor: &Actor, new: NewLead) -> Result<Lead> {
        actor.require(Permission::WriteLeads)?;
        Ok(self.add_lead(actor, new, false).await?.lead)
    }

    async fn put_customer(&self, actor: &Actor, customer: NewCustomer) -> Result<Lead> {
        actor.require(Permission::WriteLeads)?;
        self.put(actor, customer).await
    }

    async fn edit(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<SavedLead> {
        actor.require(Permission::WriteLeads)?;
        self.edit_lead(actor, id, edit).await
    }

    async fn delete(&self, actor: &Actor, id: LeadId) -> Result<ChangeId> {
        actor.require(Permission::WriteLeads)?;
        self.delete_lead(actor, id).await
    }

    async fn add_note(&self, actor: &Actor, id: LeadId, body: &str) -> Result<Note> {
        actor.require(Permission::WriteLeads)?;
        Ok(self.write_note(actor, id, body, None).await?.note)
    }

    async fn add_outreach(&self, actor: &Actor, id: LeadId, body: &str, outreach: Outreach) -> Result<SavedNote> {
        actor.require(Permission::WriteLeads)?;
        self.write_note(actor, id, body, Some(outreach.check()?)).await
    }

    async fn messages(&self, actor: &Actor) -> Result<Vec<LeadMessage>> {
        actor.require(Permission::Read)?;
        self.newest_messages().await
    }

    async fn edit_note(&self, actor: &Actor, id: NoteId, body: &str) -> Result<EditedNote> {
        actor.require(Permission::WriteLeads)?;
        self.change_note(actor, id, body).await
    }

    async fn delete_note(&self, actor: &Actor, id: NoteId) -> Result<ChangeId> {
        actor.require(Permission::WriteLeads)?;
        self.remove_note(actor, id).await
    }
}
