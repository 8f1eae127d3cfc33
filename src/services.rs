//! The service traits of Linnet. The server implements them; server functions, REST, sockets and the command line call them.
//!
//! Every method checks the actor's permission first (`Forbidden`). Every write is one transaction and one change. Every method can also
//! return `Unavailable`, `DiskFull` or `Internal` when the database fails. `# Errors` lists the others.

use crate::{
    Actor, ApiKeyId, BulkId, CampaignId, ChangeId, ExportId, FieldId, ImportId, LeadId, NoteId, OrderId, ProfileId, Record, Result, Role,
    SegmentId, SessionId, Snapshot, UserId, ViewId,
    accounts::{ApiKey, Colleague, Deactivated, Device, Invite, NewKey, NewUser, OwnPatch, Secret, Session, User},
    activity::{ActivityPage, ActivityQuery},
    bulk::{Bulk, NewBulk},
    campaigns::{
        Campaign, CampaignAction, CampaignEdit, CampaignPage, CampaignQuery, EditedCampaign, EnrollResult, EnrollmentPage, EnrollmentQuery,
        LeadCampaignPage, LeadCampaignQuery, NewCampaign, Selection, SummaryPage, Task, TaskDone,
    },
    dashboard::{Dashboard, Range},
    error::CampaignRef,
    exports::{Export, NewExport},
    fields::{CustomField, EditedField, FieldPatch, FieldUse, Fields, NewField},
    imports::{Import, ImportOptions, RejectedRow},
    ingest::{Accepted, IngestState, Items, ParkedCursor, ParkedPage, WhichParked},
    leads::{
        Board, BoardQuery, EditedNote, Lead, LeadDetail, LeadEdit, LeadMessage, LeadPage, LeadQuery, NewCustomer, NewLead, Note, Outreach,
        SavedLead, SavedNote, StageMove,
    },
    orders::{ListedOrder, NewOrder, OrderPage, OrderQuery, Outcome, SavedOrder},
    profiles::{NewProfile, Profile, ProfilePatch},
    rule::Rule,
    segments::{EditedSegment, Membership, NewSegment, SegmentDetail, SegmentPatch, SegmentRef, SizedSegment},
    tags::{TagDetail, Tags},
    views::{EditedView, NewView, View, ViewPatch},
    workspace::{EditedWorkspace, Workspace, WorkspacePatch},
};
use async_trait::async_trait;
use std::{collections::HashMap, sync::Arc};

/// All services. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub leads: Arc<dyn LeadService>,
    pub campaigns: Arc<dyn CampaignService>,
    pub orders: Arc<dyn OrderService>,
    pub ingest: Arc<dyn IngestService>,
    pub bulk: Arc<dyn BulkService>,
    pub imports: Arc<dyn ImportService>,
    pub exports: Arc<dyn ExportService>,
    pub views: Arc<dyn ViewService>,
    pub profiles: Arc<dyn ProfileService>,
    pub segments: Arc<dyn SegmentService>,
    pub fields: Arc<dyn FieldService>,
    pub tags: Arc<dyn TagService>,
    pub workspace: Arc<dyn WorkspaceService>,
    pub accounts: Arc<dyn AccountService>,
    pub dashboard: Arc<dyn DashboardService>,
    pub activity: Arc<dyn ActivityService>,
    pub changes: Arc<dyn ChangeService>,
}

/// Leads: lists, board, edits and notes.
#[async_trait]
pub trait LeadService: Send + Sync {
    /// One page in keyset order. `total` is set when the live layer already knows it.
    ///
    /// # Errors
    /// `Invalid` on `limit` (1–1,000), `cursor` or the rule; `TooMany` when 64 long reads of the actor run or wait.
    async fn list(&self, actor: &Actor, query: &LeadQuery) -> Result<Snapshot<LeadPage>>;
    /// The leads among `ids` (1–1,000) that match `rule`, by id. When the leads are large, the page has fewer and `next` is set: ids after
    /// it were not read.
    ///
    /// # Errors
    /// `Invalid` on `ids` or the rule; `TooMany` when 64 long reads of the actor run or wait.
    async fn among(&self, actor: &Actor, rule: &Rule, ids: &[LeadId]) -> Result<Snapshot<LeadPage>>;
    /// The first leads of every stage, and the sums of each stage.
    ///
    /// # Errors
    /// `Invalid` on `limit` (1–200) or the rule; `TooMany` when 64 long reads of the actor run or wait.
    async fn board(&self, actor: &Actor, query: &BoardQuery) -> Result<Snapshot<Board>>;
    /// Number of leads that match, from the live query's total; `None` while it is being counted.
    ///
    /// # Errors
    /// `Invalid` on the rule.
    async fn total(&self, actor: &Actor, rule: &Rule) -> Result<Option<i64>>;
    /// Number of leads that match, counted now.
    ///
    /// # Errors
    /// `Invalid` on the rule; `TooMany` when 64 long reads of the actor run or wait.
    async fn count(&self, actor: &Actor, rule: &Rule) -> Result<i64>;
    /// One lead; `None` when there is none with this id.
    async fn get(&self, actor: &Actor, id: LeadId) -> Result<Option<Lead>>;
    /// The stage moves of leads (at most 1,000), oldest first: of each the first and the newest 200. Imports and leads without any have none.
    ///
    /// # Errors
    /// `Invalid` on `ids`.
    async fn stage_moves(&self, actor: &Actor, ids: &[LeadId]) -> Result<HashMap<LeadId, Vec<StageMove>>>;
    /// The companies of leads (at most 1,000). Unknown leads and leads without a company have none.
    ///
    /// # Errors
    /// `Invalid` on `ids`.
    async fn companies(&self, actor: &Actor, ids: &[LeadId]) -> Result<HashMap<LeadId, String>>;
    /// The lead with its stage history and timeline.
    async fn detail(&self, actor: &Actor, id: LeadId) -> Result<Option<Snapshot<LeadDetail>>>;
    /// Adds a lead. Returns it with the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field, also for custom fields that are required or whose value does not fit; `Duplicate` on `email`.
    async fn add(&self, actor: &Actor, new: NewLead) -> Result<SavedLead>;
    /// As `add`, without the change.
    ///
    /// # Errors
    /// Those of `add`.
    async fn create(&self, actor: &Actor, new: NewLead) -> Result<Lead> {
        Ok(self.add(actor, new).await?.lead)
    }
    /// As `create`, for clients of a replaced system, which cannot know of custom fields: required ones may be missing.
    ///
    /// # Errors
    /// Those of `add`.
    async fn create_without_required(&self, actor: &Actor, new: NewLead) -> Result<Lead>;
    /// Adds the lead of a customer, or updates the one that it is.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field.
    async fn put_customer(&self, actor: &Actor, customer: NewCustomer) -> Result<Lead>;
    /// Edits a lead. Returns it with the change for `ChangeService::undo`, or unchanged when the edit changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`, with one entry per field; `Stale` when the lead was changed in a conflicting way; `Duplicate` on `email`.
    async fn edit(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<SavedLead>;
    /// As `edit`, without the change.
    ///
    /// # Errors
    /// Those of `edit`.
    async fn update(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<Lead> {
        Ok(self.edit(actor, id, edit).await?.lead)
    }
    /// Deletes a lead. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete(&self, actor: &Actor, id: LeadId) -> Result<ChangeId>;
    /// Adds a note to a lead.
    ///
    /// # Errors
    /// `Invalid` on `body`; `NotFound` for the lead.
    async fn add_note(&self, actor: &Actor, id: LeadId, body: &str) -> Result<Note>;
    /// Adds a note that holds a message or an activity of a lead.
    ///
    /// # Errors
    /// `Invalid` on `body` or a text of `outreach`; `NotFound` for the lead.
    async fn add_outreach(&self, actor: &Actor, id: LeadId, body: &str, outreach: Outreach) -> Result<SavedNote>;
    /// The newest messages of all leads, newest first: 200, or fewer once they have 2 MiB of text.
    async fn messages(&self, actor: &Actor) -> Result<Vec<LeadMessage>>;
    /// Sets the text of a note. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `Forbidden` for anyone but its author; `Invalid` on `body`; `NotFound`.
    async fn edit_note(&self, actor: &Actor, id: NoteId, body: &str) -> Result<EditedNote>;
    /// Deletes a note. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `Forbidden` for members who are not its author; `NotFound`.
    async fn delete_note(&self, actor: &Actor, id: NoteId) -> Result<ChangeId>;
}

/// Campaigns, their enrollments, and tasks.
#[async_trait]
pub trait CampaignService: Send + Sync {
    /// One page of whole campaigns in keyset order. A page ends early at about 2 MiB.
    ///
    /// # Errors
    /// `Invalid` on `limit` (1–1,000), `search` or `cursor`.
    async fn list(&self, actor: &Actor, query: &CampaignQuery) -> Result<Snapshot<CampaignPage>>;
    /// One page of campaigns without their texts, in keyset order.
    ///
    /// # Errors
    /// As `list`.
    async fn summaries(&self, actor: &Actor, query: &CampaignQuery) -> Result<Snapshot<SummaryPage>>;
    /// The newest 1,000 campaigns that leads can be enrolled in, newest first; without those that `lead` is in.
    async fn open(&self, actor: &Actor, lead: Option<LeadId>) -> Result<Vec<CampaignRef>>;
    /// Names of campaigns. Deleted ones are left out.
    async fn names(&self, actor: &Actor, ids: &[CampaignId]) -> Result<Vec<CampaignRef>>;
    /// One campaign; `None` when there is none with this id.
    async fn get(&self, actor: &Actor, id: CampaignId) -> Result<Option<Snapshot<Campaign>>>;
    /// Adds a campaign.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field; `Duplicate` on `name`.
    async fn create(&self, actor: &Actor, new: NewCampaign) -> Result<Campaign>;
    /// Edits a campaign. Returns it with the change for `ChangeService::undo`, or unchanged when the edit changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`, with one entry per field; `Stale` when the campaign was changed in a conflicting way; `Conflict` for a status
    /// that is not possible now; `Forbidden` for a status that the actor may not set; `Duplicate` on `name`.
    async fn edit(&self, actor: &Actor, id: CampaignId, edit: CampaignEdit) -> Result<EditedCampaign>;
    /// As `edit`, without the change.
    ///
    /// # Errors
    /// Those of `edit`.
    async fn update(&self, actor: &Actor, id: CampaignId, edit: CampaignEdit) -> Result<Campaign> {
        Ok(self.edit(actor, id, edit).await?.campaign)
    }
    /// Starts, pauses, resumes, completes, cancels or reopens a campaign.
    ///
    /// # Errors
    /// `NotFound`; `Conflict`, naming the possible actions, when the status does not allow this one; `Forbidden` when the actor may not end
    /// it, or may not start it with more than `rights::LARGE` leads.
    async fn act(&self, actor: &Actor, id: CampaignId, action: CampaignAction) -> Result<Campaign>;
    /// Creates a draft with the same texts and steps, without leads.
    ///
    /// # Errors
    /// `NotFound`.
    async fn duplicate(&self, actor: &Actor, id: CampaignId) -> Result<Campaign>;
    /// Deletes a campaign; its leads are kept. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for members who are not its creator.
    async fn delete(&self, actor: &Actor, id: CampaignId) -> Result<ChangeId>;
    /// One page of the campaign's enrollments.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` on `limit` (1–1,000).
    async fn enrolled(&self, actor: &Actor, id: CampaignId, query: &EnrollmentQuery) -> Result<Snapshot<EnrollmentPage>>;
    /// Enrolls leads. Leads already enrolled stay unchanged; leads that may not be contacted are left out.
    ///
    /// # Errors
    /// As `BulkService::start`; `NotFound` for the campaign; `Conflict` when it has ended.
    async fn enroll(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<EnrollResult>;
    /// Adds a lead and enrolls it, in one transaction.
    ///
    /// # Errors
    /// Those of `LeadService::create`; `Invalid` on `campaignId` for an unknown campaign; `Conflict` when it has ended, or when the lead may
    /// not be contacted.
    async fn add_lead(&self, actor: &Actor, id: CampaignId, new: NewLead) -> Result<Lead>;
    /// Removes leads from the campaign. Returns how many were removed.
    ///
    /// # Errors
    /// As `BulkService::start`; `NotFound` for the campaign.
    async fn unenroll(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<i64>;
    /// One page of the campaigns that a lead is enrolled in, oldest first. A page ends early once about 2 MiB were read.
    ///
    /// # Errors
    /// `NotFound` for the lead; `Invalid` on `limit` (1–1,000).
    async fn of_lead(&self, actor: &Actor, lead: LeadId, query: &LeadCampaignQuery) -> Result<Snapshot<LeadCampaignPage>>;
    /// Records a completed task of a lead in all its campaigns. A follow-up belongs to one campaign, which must be named when there are
    /// several.
    ///
    /// # Errors
    /// `NotFound` for the lead; `Conflict`, naming the possible tasks, when this one is not possible; `Invalid` on `campaignId` when a
    /// follow-up is possible in several campaigns.
    async fn work(&self, actor: &Actor, lead: LeadId, task: Task, campaign: Option<CampaignId>) -> Result<TaskDone>;
}

/// Ingestion: customers and orders that are on disk when they are answered, and applied soon after, those of a sender in their order.
#[async_trait]
pub trait IngestService: Send + Sync {
    /// Takes the items of a batch that are right. They are on disk when this returns.
    ///
    /// # Errors
    /// `Invalid` on the name of the queue for more than 10,000 items; `QuotaFull` when the sender has 100,000 that wait or are parked.
    async fn accept(&self, actor: &Actor, items: Items) -> Result<Accepted>;
    async fn state(&self, actor: &Actor) -> Result<Snapshot<IngestState>>;
    /// Parked items after a cursor, newest first.
    ///
    /// # Errors
    /// `Invalid` on `limit` (1–200).
    async fn parked(&self, actor: &Actor, after: Option<ParkedCursor>, limit: u32) -> Result<ParkedPage>;
    /// Puts parked items back into their queues. Returns their number.
    ///
    /// # Errors
    /// `NotFound` for a single item that is not parked; `Conflict` while the actor puts all back already.
    async fn retry(&self, actor: &Actor, which: WhichParked) -> Result<i64>;
    /// Deletes parked items. Returns their number.
    ///
    /// # Errors
    /// `NotFound` for a single item that is not parked.
    async fn discard(&self, actor: &Actor, which: WhichParked) -> Result<i64>;
}

/// Orders. A lead's total spend, visits and last activity are its opening balance and the sums over its orders, in every answer.
#[async_trait]
pub trait OrderService: Send + Sync {
    /// One page in keyset order, newest first.
    ///
    /// # Errors
    /// `Invalid` on `limit` (1–1,000), `search` or `cursor`; `TooMany` when 64 long reads of the actor run or wait.
    async fn list(&self, actor: &Actor, query: &OrderQuery) -> Result<Snapshot<OrderPage>>;
    /// One order; `None` when there is none with this id.
    async fn get(&self, actor: &Actor, id: OrderId) -> Result<Option<ListedOrder>>;
    /// Records an order and applies it to its lead; without one it waits. An order that is there already, with the same content, is returned
    /// as it is.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field, also on `amount` when the lead's total spend would become too large; `Duplicate` on `orderId` or
    /// `messageId` when an order with other content has it.
    async fn add(&self, actor: &Actor, new: NewOrder) -> Result<SavedOrder>;
    /// Records many orders (at most `BATCH_MAX`) in one transaction and as one change. Returns what became of each, in their order; a rejected
    /// one leaves the others alone, with the errors of `add`.
    ///
    /// # Errors
    /// `Invalid` on `orders` for too many.
    async fn apply_batch(&self, actor: &Actor, orders: &[NewOrder]) -> Result<Vec<Outcome>>;
    /// Deletes an order and takes its part from the lead's sums. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete(&self, actor: &Actor, id: OrderId) -> Result<ChangeId>;
}

/// One action on many leads, recorded as one change.
#[async_trait]
pub trait BulkService: Send + Sync {
    /// Starts a bulk action. A small one is done on return; a large one continues in the background, also after a restart.
    ///
    /// # Errors
    /// `Invalid` on `owner`, `tag`, `campaignId`, `leadIds` or the rule; `Forbidden` for more than `rights::LARGE` leads; `NotFound` when
    /// none of the listed leads exists; `Conflict` when the campaign has ended; `TooMany` when 64 long reads of the actor run or wait.
    async fn start(&self, actor: &Actor, new: NewBulk) -> Result<Bulk>;
    /// Starts a bulk action of any size and returns when it is over. If the caller disconnects, it still runs to its end.
    async fn run(&self, actor: &Actor, new: NewBulk) -> Result<Bulk>;
    /// One bulk action; `None` when there is none with this id.
    async fn get(&self, actor: &Actor, id: BulkId) -> Result<Option<Snapshot<Bulk>>>;
    /// The actor's bulk actions that run in the background, oldest first.
    async fn under_way(&self, actor: &Actor) -> Result<Vec<Bulk>>;
    /// Stops after the current batch. Leads already changed stay changed, and can be undone.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is not running.
    async fn cancel(&self, actor: &Actor, id: BulkId) -> Result<Bulk>;
    /// Reverts the action, except values that were edited since. A small one is done on return.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when there is nothing to undo, or it is still running; `Forbidden` for more than `rights::LARGE` leads.
    async fn undo(&self, actor: &Actor, id: BulkId) -> Result<Bulk>;
}

/// Saved views.
#[async_trait]
pub trait ViewService: Send + Sync {
    /// The actor's own views and the shared ones, in their order.
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<View>>>;
    /// Creates a view of the actor.
    ///
    /// # Errors
    /// `Forbidden` for an API key, and for a shared view without the permission to share; `Invalid` on `name` or `query`; `Conflict` when
    /// the actor has too many views; `Duplicate` on `name`.
    async fn create(&self, actor: &Actor, new: NewView) -> Result<View>;
    /// Changes a view: by its owner, or a shared one by a manager. Returns it with the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `NotFound` for a view that the actor may not see; `Forbidden` for one that the actor may not change; `Invalid` on `name` or `query`;
    /// `Conflict` for an older revision; `Duplicate` on `name`.
    async fn edit(&self, actor: &Actor, id: ViewId, patch: ViewPatch) -> Result<EditedView>;
    /// As `edit`, without the change.
    ///
    /// # Errors
    /// Those of `edit`.
    async fn update(&self, actor: &Actor, id: ViewId, patch: ViewPatch) -> Result<View> {
        Ok(self.edit(actor, id, patch).await?.view)
    }
    /// Deletes a view. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `NotFound` for a view that the actor may not see; `Forbidden` for one that the actor may not change.
    async fn delete(&self, actor: &Actor, id: ViewId) -> Result<ChangeId>;
}

/// Segments. All users see all of them.
#[async_trait]
pub trait SegmentService: Send + Sync {
    /// All segments by name, with their sizes.
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<SizedSegment>>>;
    /// The names of all segments, in order.
    async fn names(&self, actor: &Actor) -> Result<Vec<SegmentRef>>;
    /// One segment with its trend, the leads that entered and left last, and where it is in use; `None` when there is none with this id.
    async fn get(&self, actor: &Actor, id: SegmentId) -> Result<Option<Snapshot<SegmentDetail>>>;
    /// Adds a segment and counts its leads. Its size is absent when that takes more than 20 s; it is counted in the background then.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field, also when the rule is too large with those of the segments that it names; `Duplicate` on `name`;
    /// `Conflict` when there are 200 segments.
    async fn create(&self, actor: &Actor, new: NewSegment) -> Result<SizedSegment>;
    /// Edits a segment. Returns it with the change for `ChangeService::undo`, or unchanged when the edit changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`, with one entry per field, also when the segment would be inside itself, or too large with those that it names
    /// or for those that name it; `Conflict` when it was changed since the patch's revision; `Duplicate` on `name`.
    async fn edit(&self, actor: &Actor, id: SegmentId, patch: SegmentPatch) -> Result<EditedSegment>;
    /// Deletes a segment; its leads are kept. Nobody matches a test of it any more. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for members who are not its creator; `Conflict`, with the places, when it is in use, unless `even_if_used`.
    async fn delete(&self, actor: &Actor, id: SegmentId, even_if_used: bool) -> Result<ChangeId>;
    /// Why a lead matches a rule, or does not: of a segment, or of one that is being edited.
    ///
    /// # Errors
    /// `Invalid` on the rule; `NotFound` for the lead.
    async fn explain(&self, actor: &Actor, rule: Rule, lead: LeadId) -> Result<Membership>;
}

/// People's own profiles on a social network. Of others' profiles only administrators know.
#[async_trait]
pub trait ProfileService: Send + Sync {
    /// The actor's own profiles, or everyone's for administrators; newest first, at most 1,000.
    async fn list(&self, actor: &Actor) -> Result<Vec<Profile>>;
    /// One profile; `None` when there is none with this id that the actor may see.
    async fn get(&self, actor: &Actor, id: ProfileId) -> Result<Option<Profile>>;
    /// Adds a profile of the actor.
    ///
    /// # Errors
    /// `Forbidden` for an API key; `Invalid`, with one entry per field; `Conflict` when the actor has 100 profiles.
    async fn create(&self, actor: &Actor, new: NewProfile) -> Result<Profile>;
    /// Changes a profile.
    ///
    /// # Errors
    /// `NotFound` for a profile that the actor may not see; `Invalid`, with one entry per field.
    async fn update(&self, actor: &Actor, id: ProfileId, patch: ProfilePatch) -> Result<Profile>;
    /// Deletes a profile. Returns the change for `ChangeService::undo`.
    ///
    /// # Errors
    /// `NotFound` for a profile that the actor may not see.
    async fn delete(&self, actor: &Actor, id: ProfileId) -> Result<ChangeId>;
}

/// The settings of the workspace.
#[async_trait]
pub trait WorkspaceService: Send + Sync {
    /// The settings, for everyone with the right to read.
    async fn get(&self, actor: &Actor) -> Result<Snapshot<Workspace>>;
    /// Changes the settings. Returns them with the change for `ChangeService::undo`. For administrators.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field; `Conflict` for an older revision.
    async fn edit(&self, actor: &Actor, patch: WorkspacePatch) -> Result<EditedWorkspace>;
    /// The names of all time zones, in order.
    fn zones(&self) -> Vec<String>;
}

/// Imports of files of leads or orders.
#[async_trait]
pub trait ImportService: Send + Sync {
    /// The newest 100 imports, newest first.
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<Import>>>;
    /// One import; `None` when there is none with this id.
    async fn get(&self, actor: &Actor, id: ImportId) -> Result<Option<Snapshot<Import>>>;
    /// The first `limit` rows, in file order, that were rejected or imported without one of their cells.
    async fn rejected(&self, actor: &Actor, id: ImportId, limit: u32) -> Result<Vec<RejectedRow>>;
    /// Checks the mapping and starts the import, which continues in the background, also after a restart.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it was started before, or the campaign has ended; `Invalid` on `mapping`, `tags`, `onDuplicate` or `campaignId`;
    /// `Forbidden` for a campaign without the permission to enroll.
    async fn start(&self, actor: &Actor, id: ImportId, options: ImportOptions) -> Result<Import>;
    /// Stops at once. Rows already written stay, and can be undone.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is not running or paused.
    async fn cancel(&self, actor: &Actor, id: ImportId) -> Result<Import>;
    /// Continues an import that paused by itself, for example on a full disk.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is not paused; `DiskFull` while the disk is full.
    async fn go_on(&self, actor: &Actor, id: ImportId) -> Result<Import>;
    /// Reverts an import: deletes its new leads, except those worked on since; restores old values of updated leads, except fields edited
    /// since. Of an import of orders it deletes these, and the sums of their customers go back.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when there is nothing to undo, or it is still running.
    async fn undo(&self, actor: &Actor, id: ImportId) -> Result<Import>;
    /// Deletes an upload that was never started.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for an import that was started.
    async fn discard(&self, actor: &Actor, id: ImportId) -> Result<()>;
}

/// Exports of leads and orders as files. Only who made an export and administrators know of it.
#[async_trait]
pub trait ExportService: Send + Sync {
    /// The newest 100 exports of the actor, newest first.
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<Export>>>;
    /// One export; `None` when there is none with this id that the actor may see.
    async fn get(&self, actor: &Actor, id: ExportId) -> Result<Option<Snapshot<Export>>>;
    /// Starts an export. A small one is done when the call returns; others continue in the background, also after a restart.
    ///
    /// Each lead is written at most once, as it is when it is read. A file in the order of creation also has leads that are created
    /// meanwhile, if the newest come last.
    ///
    /// # Errors
    /// `Invalid` on `columns`, `leadIds` or `rule`; `Conflict` when the actor keeps too many files.
    async fn start(&self, actor: &Actor, new: NewExport) -> Result<Export>;
    /// Stops an export that runs, and deletes it with its file.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete(&self, actor: &Actor, id: ExportId) -> Result<()>;
}

/// Users, sessions, password links and API keys.
#[async_trait]
pub trait AccountService: Send + Sync {
    /// Whether the installation is empty (no account, key or lead), so that the first page creates the administrator.
    async fn is_new(&self) -> Result<bool>;
    /// Creates the administrator of an empty installation, with settings of the workspace, and with sample data when `demo`.
    ///
    /// # Errors
    /// `Conflict` once any account, key or lead exists; `Invalid`, with one entry per field, on `workspace` for the workspace's name.
    async fn set_up(&self, admin: NewUser, settings: WorkspacePatch, demo: bool, agent: &str) -> Result<Secret<Session>>;
    /// Creates a session. Passwords from known devices have permits of their own, so that requests from unknown devices cannot delay them.
    ///
    /// # Errors
    /// `BadCredentials`, whether the e-mail or the password is wrong.
    async fn sign_in(&self, email: &str, password: &str, agent: &str, device: Device) -> Result<Secret<Session>>;
    /// The user of a session token, or the program of an API key.
    async fn actor(&self, secret: &str) -> Result<Option<Actor>>;
    /// Ends the session of this token.
    async fn sign_out(&self, secret: &str) -> Result<()>;
    /// The actor's own sessions, newest first; none for an API key.
    async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>>;
    /// Ends one of the actor's own sessions.
    ///
    /// # Errors
    /// `NotFound` for a session that has ended or belongs to another user.
    async fn revoke_session(&self, actor: &Actor, id: SessionId) -> Result<()>;
    /// Sessions of a user, newest first. For administrators.
    ///
    /// # Errors
    /// `NotFound` for an unknown user.
    async fn sessions_of(&self, actor: &Actor, id: UserId) -> Result<Vec<Session>>;
    /// Ends one session of a user. For administrators.
    ///
    /// # Errors
    /// `NotFound` for a session that has ended or belongs to another user.
    async fn end_session(&self, actor: &Actor, of: UserId, id: SessionId) -> Result<()>;
    /// The actor's own account.
    ///
    /// # Errors
    /// `Forbidden` for an API key, which has none.
    async fn me(&self, actor: &Actor) -> Result<User>;
    /// Changes the actor's own name and time zone.
    ///
    /// # Errors
    /// `Forbidden` for an API key; `Invalid` on `name` and `timeZone`.
    async fn edit_me(&self, actor: &Actor, patch: OwnPatch) -> Result<User>;
    /// Changes the actor's password and ends their other sessions.
    ///
    /// # Errors
    /// `Forbidden` for an API key; `Invalid` on `old` or `password`; `TooMany` after 10 wrong tries in a minute; `Conflict` when the
    /// password was changed at the same time.
    async fn change_password(&self, actor: &Actor, old: &str, new: &str) -> Result<()>;
    /// Verifies the actor's password again. Returns the same actor with `confirmed` set, as creating administrators and keys requires. An
    /// API key needs no password.
    ///
    /// # Errors
    /// `Invalid` on `confirm`; `TooMany` after 10 wrong tries in a minute.
    async fn confirm(&self, actor: &Actor, password: &str) -> Result<Actor>;
    /// Names of all users, oldest first, for everyone with the right to read.
    async fn people(&self, actor: &Actor) -> Result<Vec<Colleague>>;
    /// All users, oldest first. For administrators.
    async fn users(&self, actor: &Actor) -> Result<Vec<User>>;
    /// Adds a user with a password. For administrators.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field, or on `confirm` for a new administrator; `Duplicate` on `email`.
    async fn add_user(&self, actor: &Actor, new: NewUser) -> Result<User>;
    /// Adds a member who signs up alone. The caller checks whether that is allowed. Has the permits of unknown devices, as `sign_in`.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field; `Duplicate` for an e-mail that has an account.
    async fn sign_up(&self, name: String, email: String, password: String) -> Result<User>;
    /// Adds a user without a password. Returns the token of a link by which they choose one, once, within 7 days.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field, or on `confirm` for a new administrator; `Duplicate` on `email`.
    async fn invite(&self, actor: &Actor, new: Invite) -> Result<Secret<User>>;
    /// Returns the token of a link by which a user chooses a new password, once: within 1 day, or within 7 days when they have none yet. An
    /// earlier link of the user stops working.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for a deactivated user; `Invalid` on `confirm` for the link of an administrator.
    async fn make_link(&self, actor: &Actor, id: UserId) -> Result<Secret<User>>;
    /// The user of a link token; `None` when it was used, has expired or is unknown.
    async fn linked(&self, token: &str) -> Result<Option<User>>;
    /// Sets the password of the link's user, ends the link and all their sessions, and creates a new session.
    ///
    /// # Errors
    /// `Invalid` on `password`; `Conflict` when the link is no longer valid.
    async fn use_link(&self, token: &str, password: &str, agent: &str) -> Result<Secret<Session>>;
    /// Changes a user's role.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last administrator; `Invalid` on `confirm` for a new administrator.
    async fn set_role(&self, actor: &Actor, id: UserId, role: Role) -> Result<User>;
    /// Ends a user's access at once and gives their leads to `leads_to`, or to nobody. A second call hands over the leads that are left.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for oneself and for the last administrator; `Invalid` on `leadsTo`.
    async fn deactivate(&self, actor: &Actor, id: UserId, leads_to: Option<UserId>) -> Result<Deactivated>;
    /// Lets a user sign in again with their previous password. Their leads keep their present owners.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` on `confirm` for an administrator.
    async fn activate(&self, actor: &Actor, id: UserId) -> Result<User>;
    /// Ends all sessions of a user, except the session of this request. For administrators. Returns how many.
    ///
    /// # Errors
    /// `NotFound`.
    async fn end_sessions(&self, actor: &Actor, id: UserId) -> Result<u64>;
    /// All API keys, newest first. For administrators.
    async fn keys(&self, actor: &Actor) -> Result<Vec<ApiKey>>;
    /// Creates an API key. For administrators.
    ///
    /// # Errors
    /// `Invalid` on `name`, `days` or `confirm`.
    async fn add_key(&self, actor: &Actor, new: NewKey) -> Result<Secret<ApiKey>>;
    /// Revokes an API key at once.
    ///
    /// # Errors
    /// `NotFound`.
    async fn revoke_key(&self, actor: &Actor, id: ApiKeyId) -> Result<()>;
}

/// Definitions of custom fields.
#[async_trait]
pub trait FieldService: Send + Sync {
    /// All definitions, in their order.
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Fields>>;
    /// Where a field is used. Counts the leads that have a value.
    ///
    /// # Errors
    /// `NotFound`; `TooMany` when 64 long reads of the actor run or wait.
    async fn uses(&self, actor: &Actor, id: FieldId) -> Result<FieldUse>;
    /// Defines a field, after all others. For managers.
    ///
    /// # Errors
    /// `Invalid`, with one entry per member; `Duplicate` on `key`; `Conflict` when there are 100 definitions.
    async fn create(&self, actor: &Actor, new: NewField) -> Result<CustomField>;
    /// Edits a definition. For managers.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`, with one entry per member, on `kind` or `choices` also when values of leads do not fit; `Conflict` when it was
    /// changed since the revision that the client saw.
    async fn edit(&self, actor: &Actor, id: FieldId, patch: FieldPatch) -> Result<EditedField>;
    /// Deletes a definition. The values of leads stay, as texts. Returns the change for `ChangeService::undo`. For managers.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete(&self, actor: &Actor, id: FieldId) -> Result<ChangeId>;
}

/// The dashboard.
#[async_trait]
pub trait DashboardService: Send + Sync {
    /// All figures of the dashboard, from stored counters: the cost does not depend on the number of leads.
    async fn read(&self, actor: &Actor, range: Range) -> Result<Snapshot<Dashboard>>;
}

/// The activity log.
#[async_trait]
pub trait ActivityService: Send + Sync {
    /// One page of activities, newest first.
    ///
    /// # Errors
    /// `Invalid` on `limit` (1–200) or `search`; `TooMany` when 64 long reads of the actor run or wait.
    async fn list(&self, actor: &Actor, query: &ActivityQuery) -> Result<Snapshot<ActivityPage>>;
}

/// Undo of single changes of any entity. Sets are undone by their bulk action or import.
#[async_trait]
pub trait ChangeService: Send + Sync {
    /// Reverts one change, such as one of a lead, a note or a campaign, as a new change. Needs the permission that the change itself
    /// needed. Returns the record after the undo; `None` when its creation was reverted.
    ///
    /// # Errors
    /// `NotFound` for a change that is not in the log; `Stale` when the same fields were changed since; `Duplicate` when another record has
    /// the e-mail or the name by now; `Conflict` for a change that was undone before or has no undo.
    async fn undo(&self, actor: &Actor, change: ChangeId) -> Result<Option<Record>>;
}

/// Tags as a whole. They are renamed, merged and deleted by bulk actions: `rename_tag` and `remove_tag`.
#[async_trait]
pub trait TagService: Send + Sync {
    /// The tags with `search` in their name, in any case; an empty text is in all.
    async fn list(&self, actor: &Actor, search: &str) -> Result<Snapshot<Tags>>;
    /// A tag, in any case, and what tests it. `None`: no lead has it.
    async fn get(&self, actor: &Actor, name: &str) -> Result<Option<TagDetail>>;
}
