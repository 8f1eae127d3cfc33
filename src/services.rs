//! What may be asked of Linnet. The server implements these; server functions, REST, sockets and the command line all come through here.
//! Every call checks the actor's permission first, and every write is one transaction and one change.

use crate::{
    Actor, ApiKeyId, BulkId, CampaignId, ChangeId, ImportId, LeadId, NoteId, Record, Result, Role, SessionId, Snapshot, UserId, ViewId,
    accounts::{ApiKey, Colleague, Deactivated, Device, Invite, NewKey, NewUser, Secret, Session, User},
    activity::{ActivityPage, ActivityQuery},
    bulk::{Bulk, NewBulk},
    campaigns::{
        Campaign, CampaignAction, CampaignEdit, CampaignPage, CampaignQuery, Enrolling, EnrollmentPage, EnrollmentQuery, NewCampaign,
        Selection, Task, TaskDone, Way,
    },
    dashboard::{Dashboard, Range},
    imports::{Import, ImportOptions, RejectedRow},
    leads::{Board, BoardQuery, EditedNote, Lead, LeadDetail, LeadEdit, LeadPage, LeadQuery, NewLead, Note},
    rule::Rule,
    views::{NewView, View, ViewPatch},
};
use async_trait::async_trait;
use std::sync::Arc;

#[derive(Clone)]
pub struct Services {
    pub leads: Arc<dyn LeadService>,
    pub campaigns: Arc<dyn CampaignService>,
    pub bulk: Arc<dyn BulkService>,
    pub imports: Arc<dyn ImportService>,
    pub views: Arc<dyn ViewService>,
    pub accounts: Arc<dyn AccountService>,
    pub dashboard: Arc<dyn DashboardService>,
    pub activity: Arc<dyn ActivityService>,
    pub changes: Arc<dyn ChangeService>,
}

#[async_trait]
pub trait LeadService: Send + Sync {
    /// One page in keyset order. `total` is there when the live layer already knows it.
    async fn list(&self, actor: &Actor, query: &LeadQuery) -> Result<Snapshot<LeadPage>>;
    /// Those of the leads that match, by id; at most 1,000 are asked for at once. Of large ones a page has fewer: then `next` is there, and
    /// what comes after it was not read.
    async fn among(&self, actor: &Actor, rule: &Rule, ids: &[LeadId]) -> Result<Snapshot<LeadPage>>;
    /// The first leads of every stage, and what each stage adds up to.
    async fn board(&self, actor: &Actor, query: &BoardQuery) -> Result<Snapshot<Board>>;
    /// How many match, as the live queries keep it; `None` while that is being counted.
    async fn total(&self, actor: &Actor, rule: &Rule) -> Result<Option<i64>>;
    /// How many match, counted now.
    async fn count(&self, actor: &Actor, rule: &Rule) -> Result<i64>;
    async fn get(&self, actor: &Actor, id: LeadId) -> Result<Option<Lead>>;
    /// The lead with its stage history and timeline.
    async fn detail(&self, actor: &Actor, id: LeadId) -> Result<Option<Snapshot<LeadDetail>>>;
    async fn create(&self, actor: &Actor, new: NewLead) -> Result<Lead>;
    async fn update(&self, actor: &Actor, id: LeadId, edit: LeadEdit) -> Result<Lead>;
    /// Answers the change that `ChangeService::undo` reverts.
    async fn delete(&self, actor: &Actor, id: LeadId) -> Result<ChangeId>;
    async fn add_note(&self, actor: &Actor, id: LeadId, body: &str) -> Result<Note>;
    /// Sets the text of a note. Answers the change that `ChangeService::undo` reverts.
    ///
    /// # Errors
    /// `Forbidden` for all but its author, `Invalid` on `body`, `NotFound`.
    async fn edit_note(&self, actor: &Actor, id: NoteId, body: &str) -> Result<EditedNote>;
    /// Answers the change that `ChangeService::undo` reverts.
    ///
    /// # Errors
    /// `Forbidden` for members who did not write it, `NotFound`.
    async fn delete_note(&self, actor: &Actor, id: NoteId) -> Result<ChangeId>;
}

#[async_trait]
pub trait CampaignService: Send + Sync {
    /// One page in keyset order.
    async fn list(&self, actor: &Actor, query: &CampaignQuery) -> Result<Snapshot<CampaignPage>>;
    async fn get(&self, actor: &Actor, id: CampaignId) -> Result<Option<Snapshot<Campaign>>>;
    async fn create(&self, actor: &Actor, new: NewCampaign) -> Result<Campaign>;
    async fn update(&self, actor: &Actor, id: CampaignId, edit: CampaignEdit) -> Result<Campaign>;
    /// Starts, pauses, resumes, completes, cancels or reopens it; `Conflict`, naming what is possible, where the table has no such transition.
    async fn act(&self, actor: &Actor, id: CampaignId, action: CampaignAction) -> Result<Campaign>;
    /// A draft with the same texts and steps, without leads.
    async fn duplicate(&self, actor: &Actor, id: CampaignId) -> Result<Campaign>;
    /// Its leads stay. Answers the change that `ChangeService::undo` reverts.
    async fn delete(&self, actor: &Actor, id: CampaignId) -> Result<ChangeId>;
    /// One page of its leads.
    async fn enrolled(&self, actor: &Actor, id: CampaignId, query: &EnrollmentQuery) -> Result<Snapshot<EnrollmentPage>>;
    /// Enrolls leads; those in it already stay as they are, and those that may not be contacted are left out.
    async fn enroll(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<Enrolling>;
    /// Takes leads out. Answers how many went.
    async fn unenroll(&self, actor: &Actor, id: CampaignId, which: Selection) -> Result<i64>;
    /// The campaigns that a lead is in, oldest first.
    async fn of_lead(&self, actor: &Actor, lead: LeadId) -> Result<Snapshot<Vec<Way>>>;
    /// Writes down what a person did with a lead, in all its campaigns; a follow-up is of one, which must be named when there are several.
    async fn work(&self, actor: &Actor, lead: LeadId, task: Task, campaign: Option<CampaignId>) -> Result<TaskDone>;
}

/// One thing done to many leads, as one change.
#[async_trait]
pub trait BulkService: Send + Sync {
    /// Begins. A small set is done when this answers; the work on a large one goes on by itself, also after a restart.
    async fn start(&self, actor: &Actor, new: NewBulk) -> Result<Bulk>;
    async fn get(&self, actor: &Actor, id: BulkId) -> Result<Option<Snapshot<Bulk>>>;
    /// Those of the actor that go on by themselves, oldest first.
    async fn under_way(&self, actor: &Actor) -> Result<Vec<Bulk>>;
    /// Stops after the present batch. What was changed stays, and can be undone.
    async fn cancel(&self, actor: &Actor, id: BulkId) -> Result<Bulk>;
    /// Takes it back, but for what people changed since. A small set is done when this answers.
    async fn undo(&self, actor: &Actor, id: BulkId) -> Result<Bulk>;
}

#[async_trait]
pub trait ViewService: Send + Sync {
    /// One's own and those that are shared, in their order.
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<View>>>;
    /// `Conflict` when the actor has a view of this name.
    async fn create(&self, actor: &Actor, new: NewView) -> Result<View>;
    /// By its owner, or a shared one by a manager.
    async fn update(&self, actor: &Actor, id: ViewId, patch: ViewPatch) -> Result<View>;
    /// Answers the change that `ChangeService::undo` reverts.
    async fn delete(&self, actor: &Actor, id: ViewId) -> Result<ChangeId>;
}

#[async_trait]
pub trait ImportService: Send + Sync {
    /// Newest first, at most 100.
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<Import>>>;
    async fn get(&self, actor: &Actor, id: ImportId) -> Result<Option<Snapshot<Import>>>;
    /// Rejected rows, and those that came in without a cell, in file order, the first `limit`.
    async fn rejected(&self, actor: &Actor, id: ImportId, limit: u32) -> Result<Vec<RejectedRow>>;
    /// Checks the mapping and begins; the work goes on by itself, also after a restart.
    async fn start(&self, actor: &Actor, id: ImportId, options: ImportOptions) -> Result<Import>;
    /// Stops at once. What was written stays, and can be undone.
    async fn cancel(&self, actor: &Actor, id: ImportId) -> Result<Import>;
    /// Continues an import that paused by itself, such as on a full disk. `Conflict` for any other.
    async fn go_on(&self, actor: &Actor, id: ImportId) -> Result<Import>;
    /// New leads go, but for those that people worked on since; updated ones get their old values back unless edited since.
    async fn undo(&self, actor: &Actor, id: ImportId) -> Result<Import>;
    /// Forgets an upload that was never started.
    async fn discard(&self, actor: &Actor, id: ImportId) -> Result<()>;
}

#[async_trait]
pub trait AccountService: Send + Sync {
    /// Nobody has an account or a key and there are no data: the first page creates the administrator.
    async fn is_new(&self) -> Result<bool>;
    /// The administrator of an empty installation; refused (`Conflict`) once any account, key or lead exists. Fills in sample data when `demo`.
    async fn set_up(&self, admin: NewUser, demo: bool, agent: &str) -> Result<Secret<Session>>;
    /// A new session. Passwords from known devices are checked beside those from anywhere, not behind them.
    ///
    /// # Errors
    /// `BadCredentials`, whichever of the two is wrong.
    async fn sign_in(&self, email: &str, password: &str, agent: &str, device: Device) -> Result<Secret<Session>>;
    /// The signed-in user behind a session token, or the program behind an API key.
    async fn actor(&self, secret: &str) -> Result<Option<Actor>>;
    async fn sign_out(&self, secret: &str) -> Result<()>;
    /// One's own sessions, newest first.
    async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>>;
    async fn revoke_session(&self, actor: &Actor, id: SessionId) -> Result<()>;
    /// Someone's sessions, newest first, for administrators.
    ///
    /// # Errors
    /// `Forbidden`, and `NotFound` for nobody's id.
    async fn sessions_of(&self, actor: &Actor, id: UserId) -> Result<Vec<Session>>;
    /// Ends one session of someone, for administrators.
    ///
    /// # Errors
    /// `Forbidden`, and `NotFound` for one that ended already or is another's.
    async fn end_session(&self, actor: &Actor, of: UserId, id: SessionId) -> Result<()>;
    /// One's own account. `Forbidden` for a program, which has none.
    async fn me(&self, actor: &Actor) -> Result<User>;
    async fn rename(&self, actor: &Actor, name: &str) -> Result<User>;
    /// Ends one's other sessions too. `Invalid` on `old` or `password`; `TooMany` after ten wrong tries in a minute.
    async fn change_password(&self, actor: &Actor, old: &str, new: &str) -> Result<()>;
    /// The same actor, who has just typed their password once more: what makes an administrator or a key asks for this.
    /// `Invalid` on `confirm`; `TooMany` after ten wrong tries in a minute. A program is confirmed by its key alone.
    async fn confirm(&self, actor: &Actor, password: &str) -> Result<Actor>;
    /// Everyone's name, for whoever may read; in the order they came.
    async fn people(&self, actor: &Actor) -> Result<Vec<Colleague>>;
    /// Everyone, for administrators.
    async fn users(&self, actor: &Actor) -> Result<Vec<User>>;
    async fn add_user(&self, actor: &Actor, new: NewUser) -> Result<User>;
    /// Adds someone without a password, and answers the token of the link by which they choose one, once, within 7 days.
    async fn invite(&self, actor: &Actor, new: Invite) -> Result<Secret<User>>;
    /// The token of a link by which someone chooses a new password, once: within a day, or within 7 days when they have none yet.
    /// One made before stops working. `Conflict` for someone who is deactivated.
    async fn make_link(&self, actor: &Actor, id: UserId) -> Result<Secret<User>>;
    /// Whom a link's token is for; `None` once it was used, is too old, or never was.
    async fn linked(&self, token: &str) -> Result<Option<User>>;
    /// Sets the password of whom the link is for, ends all their sessions and the link, and signs them in.
    /// `Invalid` on `password`; `Conflict` when the link does not work any more.
    async fn use_link(&self, token: &str, password: &str, agent: &str) -> Result<Secret<Session>>;
    /// `Conflict` for the last administrator.
    async fn set_role(&self, actor: &Actor, id: UserId, role: Role) -> Result<User>;
    /// Takes access away at once, and hands their leads to `leads_to`, or to nobody. Can be called again to hand over what is left.
    /// `Conflict` for oneself and for the last administrator; `Invalid` on `leadsTo`.
    async fn deactivate(&self, actor: &Actor, id: UserId, leads_to: Option<UserId>) -> Result<Deactivated>;
    /// Lets someone sign in again, with the password that they had. Their leads stay where they are.
    async fn activate(&self, actor: &Actor, id: UserId) -> Result<User>;
    /// Ends all sessions of someone else, for administrators. Answers how many.
    async fn end_sessions(&self, actor: &Actor, id: UserId) -> Result<u64>;
    /// Newest first, for administrators.
    async fn keys(&self, actor: &Actor) -> Result<Vec<ApiKey>>;
    async fn add_key(&self, actor: &Actor, new: NewKey) -> Result<Secret<ApiKey>>;
    /// The key opens nothing from now on.
    async fn revoke_key(&self, actor: &Actor, id: ApiKeyId) -> Result<()>;
}

#[async_trait]
pub trait DashboardService: Send + Sync {
    /// All its figures, from counters that are kept: as cheap with a million leads as with none.
    async fn read(&self, actor: &Actor, range: Range) -> Result<Snapshot<Dashboard>>;
}

#[async_trait]
pub trait ActivityService: Send + Sync {
    /// What happened, newest first, a page at a time.
    async fn list(&self, actor: &Actor, query: &ActivityQuery) -> Result<Snapshot<ActivityPage>>;
}

/// Single changes, whatever they are about. Sets are undone by their bulk action or import.
#[async_trait]
pub trait ChangeService: Send + Sync {
    /// Reverts one change of a lead, a note, a campaign or a saved view, as a new change. Needs the right that the change itself needed.
    /// Answers the record as it is now; `None` when its creation was reverted.
    ///
    /// # Errors
    /// `NotFound` for a change that is not in the log; `Stale` when the same fields were changed since; `Duplicate` when another record has
    /// the e-mail or the name by now; `Conflict` for what was undone before, and for changes that have no undo.
    async fn undo(&self, actor: &Actor, change: ChangeId) -> Result<Option<Record>>;
}
