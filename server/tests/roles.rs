//! The table of rights: each permission tried with each role.

mod large;

use crate::common::{
    TestDb,
    campaigns::named,
    leads::{copies, new_lead},
    server::TestServer,
};
use domain::{
    Actor, ActorRef, CampaignId, ChangeId, Error, Permission, Result, Role, ViewId,
    bulk::{BulkAction, NewBulk},
    campaigns::{Campaign, CampaignAction, CampaignEdit, CampaignPatch, CampaignStatus},
    exports::{ExportFormat, ExportOf, NewExport},
    fields::{FieldPatch, NewField},
    leads::{LeadQuery, Selection, Sort},
    rights::{LARGE, RIGHTS},
    rule::Rule,
    segments::{NewSegment, SegmentPatch},
    services::BulkService,
    views::{NewView, ViewPatch},
    workspace::WorkspacePatch,
};
use futures::stream;
use server::{bulk::Bulks, store::sql};

struct House {
    server: TestServer,
    bulks: Bulks,
    /// Creates the records that belong to another user.
    other: Actor,
    number: usize,
}

impl House {
    async fn new(db: &TestDb) -> Self {
        let server = TestServer::start(db).await;
        let (store, hub) = (server.server.app.store.clone(), server.server.app.hub.clone());
        let mut house = Self { bulks: Bulks::new(store, hub), other: Actor::system(), server, number: 0 };
        house.other = house.actor("other", Role::Admin).await;
        house
    }

    fn services(&self) -> &domain::Services {
        &self.server.server.app.services
    }

    async fn actor(&self, name: &str, role: Role) -> Actor {
        let user = self.server.user(&format!("{name}@roles.example"), role).await;
        Actor { who: ActorRef::User { id: user.id, name: user.name }, role, ..Actor::system() }
    }

    fn name(&mut self) -> String {
        self.number += 1;
        format!("Name {}", self.number)
    }

    async fn campaign(&mut self, maker: &Actor) -> Campaign {
        let name = self.name();
        self.services().campaigns.create(maker, named(&name)).await.unwrap()
    }

    /// A campaign with more leads than a member may start.
    async fn large_campaign(&mut self, maker: &Actor) -> CampaignId {
        let id = self.campaign(maker).await.id;
        self.run("UPDATE campaign_counts SET total_leads = 10001 WHERE campaign_id = $1", id).await;
        id
    }

    async fn run(&self, text: &'static str, id: CampaignId) {
        let system = Actor::system();
        let write = self.server.server.app.store.write(&system, move |tx| Box::pin(async move { tx.run_one(sql(text).bind(id)).await }));
        write.await.unwrap();
    }

    async fn undo(&self, actor: &Actor, change: ChangeId) -> Result<()> {
        self.services().changes.undo(actor, change).await.map(drop)
    }

    async fn shared_view(&mut self) -> ViewId {
        let new = NewView { name: self.name(), shared: true, ..NewView::default() };
        self.services().views.create(&self.other, new).await.unwrap().id
    }

    /// Tries every action of the permission, all of them even after a refusal.
    async fn attempts(&mut self, permission: Permission, actor: &Actor) -> Vec<Result<()>> {
        let services = self.services().clone();
        let (name, other) = (self.name(), self.other.clone());
        match permission {
            Permission::Read => vec![
                services.leads.list(actor, &LeadQuery::default()).await.map(drop),
                services.imports.list(actor).await.map(drop),
                services.views.create(actor, NewView { name, ..NewView::default() }).await.map(drop),
            ],
            Permission::WriteLeads => {
                let lead = services.leads.create(&other, new_lead(&name, &format!("{}@r.example", self.number))).await.unwrap();
                let gone = services.leads.create(&other, new_lead(&name, &format!("gone{}@r.example", self.number))).await.unwrap();
                let change = services.leads.delete(&other, gone.id).await.unwrap();
                vec![
                    services.leads.create(actor, new_lead(&name, &format!("new{}@r.example", self.number))).await.map(drop),
                    services.leads.add_note(actor, lead.id, "Called").await.map(drop),
                    services.leads.delete(actor, lead.id).await.map(drop),
                    self.undo(actor, change).await,
                ]
            }
            Permission::WriteCampaigns => {
                let theirs = self.campaign(&other).await.id;
                let mut all = vec![
                    services.campaigns.act(actor, theirs, CampaignAction::Start).await.map(drop),
                    services.campaigns.act(actor, theirs, CampaignAction::Pause).await.map(drop),
                ];
                let made = services.campaigns.create(actor, named(&name)).await;
                // The creator can end, delete and restore it.
                if let Ok(own) = &made {
                    all.push(services.campaigns.act(actor, own.id, CampaignAction::Cancel).await.map(drop));
                    let change = services.campaigns.delete(actor, own.id).await;
                    if let Ok(change) = &change {
                        all.push(self.undo(actor, *change).await);
                    }
                    all.push(change.map(drop));
                }
                all.push(made.map(drop));
                all
            }
            Permission::Export => {
                let new = NewExport {
                    of: ExportOf::Leads(Selection::Matching(Rule::everyone())),
                    sort: Sort::default(),
                    columns: Vec::new(),
                    format: ExportFormat::Lines,
                    bom: false,
                };
                vec![services.exports.list(actor).await.map(drop), services.exports.start(actor, new).await.map(drop)]
            }
            Permission::Import => {
                let file = || stream::iter([Ok(bytes::Bytes::from_static(b"name,email\nAna,ana@r.example\n"))]);
                let theirs = self.server.server.app.imports.receive(&other, "leads.csv", file()).await.unwrap().id;
                vec![
                    self.server.server.app.imports.receive(actor, "leads.csv", file()).await.map(drop),
                    services.imports.discard(actor, theirs).await,
                ]
            }
            Permission::ShareViews => {
                vec![services.views.create(actor, NewView { name, shared: true, ..NewView::default() }).await.map(drop)]
            }
            Permission::EditFields => {
                let new = |label: String| NewField { label, ..NewField::default() };
                let theirs = services.fields.create(&Actor::system(), new(format!("{name} theirs"))).await.unwrap().id;
                let change = services.fields.delete(&Actor::system(), theirs).await.unwrap();
                let kept = services.fields.create(&Actor::system(), new(format!("{name} kept"))).await.unwrap().id;
                let patch = FieldPatch { required: Some(true), ..FieldPatch::default() };
                vec![
                    services.fields.create(actor, new(name)).await.map(drop),
                    self.undo(actor, change).await,
                    services.fields.edit(actor, kept, patch).await.map(drop),
                    services.fields.delete(actor, kept).await.map(drop),
                ]
            }
            Permission::EditWorkspace => {
                let rename = |name: String| WorkspacePatch { name: Some(name), ..WorkspacePatch::default() };
                let change = services.workspace.edit(&Actor::system(), rename(format!("{name} before"))).await.unwrap().undo.unwrap();
                vec![self.undo(actor, change).await, services.workspace.edit(actor, rename(name)).await.map(drop)]
            }
            Permission::DeleteOthersNotes => {
                let lead = services.leads.create(&other, new_lead(&name, &format!("{}@r.example", self.number))).await.unwrap();
                let note = services.leads.add_note(&other, lead.id, "Called").await.unwrap();
                vec![services.leads.delete_note(actor, note.id).await.map(drop)]
            }
            Permission::EndOthersCampaigns => {
                let (one, two, three) = (self.campaign(&other).await, self.campaign(&other).await, self.campaign(&other).await);
                let gone = services.campaigns.delete(&other, three.id).await.unwrap();
                let ended = CampaignPatch { status: Some(CampaignStatus::Cancelled), ..CampaignPatch::default() };
                vec![
                    services.campaigns.act(actor, one.id, CampaignAction::Cancel).await.map(drop),
                    services.campaigns.update(actor, two.id, CampaignEdit::set(ended)).await.map(drop),
                    services.campaigns.delete(actor, two.id).await.map(drop),
                    self.undo(actor, gone).await,
                ]
            }
            Permission::EditOthersViews => {
                let (one, two) = (self.shared_view().await, self.shared_view().await);
                vec![
                    services.views.update(actor, one, ViewPatch { name: Some(name), ..ViewPatch::default() }).await.map(drop),
                    services.views.delete(actor, two).await.map(drop),
                ]
            }
            Permission::WriteSegments => {
                let theirs = services.segments.create(&other, segment(&format!("{name} of another"))).await.unwrap().segment.id;
                let made = services.segments.create(actor, segment(&name)).await;
                let rename = SegmentPatch { name: Some(format!("{name} renamed")), ..SegmentPatch::default() };
                let mut all = vec![services.segments.edit(actor, theirs, rename).await.map(drop)];
                // The creator can delete and restore it.
                if let Ok(own) = &made {
                    let change = services.segments.delete(actor, own.segment.id, false).await;
                    if let Ok(change) = &change {
                        all.push(self.undo(actor, *change).await);
                    }
                    all.push(change.map(drop));
                }
                all.push(made.map(drop));
                all
            }
            Permission::DeleteOthersSegments => {
                let (one, two) = (format!("{name} one"), format!("{name} two"));
                let one = services.segments.create(&other, segment(&one)).await.unwrap().segment.id;
                let two = services.segments.create(&other, segment(&two)).await.unwrap().segment.id;
                let gone = services.segments.delete(&other, two, false).await.unwrap();
                vec![services.segments.delete(actor, one, false).await.map(drop), self.undo(actor, gone).await]
            }
            Permission::LargeBulk => {
                let new = NewBulk { action: BulkAction::RemoveTag { tag: "x".into() }, which: Selection::Matching(Rule::everyone()) };
                vec![self.bulks.begin(actor, new).await.map(drop)]
            }
            Permission::LargeLaunch => {
                let (one, two) = (self.large_campaign(actor).await, self.large_campaign(actor).await);
                let active = CampaignPatch { status: Some(CampaignStatus::Active), ..CampaignPatch::default() };
                vec![
                    services.campaigns.act(actor, one, CampaignAction::Start).await.map(drop),
                    services.campaigns.update(actor, two, CampaignEdit::set(active)).await.map(drop),
                ]
            }
            Permission::Administer => {
                vec![services.accounts.users(actor).await.map(drop), services.accounts.keys(actor).await.map(drop)]
            }
        }
    }
}

fn segment(name: &str) -> NewSegment {
    NewSegment { name: name.to_owned(), ..NewSegment::default() }
}

both_dbs!(every_role_may_what_the_table_says_and_no_more, a_member_does_to_ten_thousand_what_a_manager_does_to_more);

async fn every_role_may_what_the_table_says_and_no_more(db: &TestDb) {
    let mut house = House::new(db).await;
    let lead = house.services().leads.create(&house.other, new_lead("Ana", "ana@large.example")).await.unwrap();
    copies(&house.server.server.app.store, lead, LARGE).await;
    for role in Role::ALL {
        let actor = house.actor(role.as_str(), role).await;
        for (permission, least, what) in RIGHTS {
            // Roles that cannot create campaigns have no large campaign of their own.
            if *permission == Permission::LargeLaunch && role < Role::Member {
                continue;
            }
            for (at, attempt) in house.attempts(*permission, &actor).await.into_iter().enumerate() {
                if role >= *least {
                    assert_eq!(attempt, Ok(()), "{role:?} may: {what} ({at})");
                } else {
                    assert!(matches!(attempt, Err(Error::Forbidden(_))), "{role:?} may not: {what} ({at}): {attempt:?}");
                }
            }
        }
    }
    house.server.stop().await;
}

async fn a_member_does_to_ten_thousand_what_a_manager_does_to_more(db: &TestDb) {
    let mut house = House::new(db).await;
    let lead = house.services().leads.create(&house.other, new_lead("Ana", "ana@large.example")).await.unwrap();
    copies(&house.server.server.app.store, lead, LARGE - 1).await;
    let (member, manager) = (house.actor("mia", Role::Member).await, house.actor("max", Role::Manager).await);
    let new = || NewBulk { action: BulkAction::RemoveTag { tag: "x".into() }, which: Selection::Matching(Rule::everyone()) };
    assert_eq!(house.bulks.begin(&member, new()).await.unwrap().total, LARGE);
    house.services().leads.create(&member, new_lead("Ben", "ben@large.example")).await.unwrap();
    let Err(Error::Forbidden(text)) = house.bulks.begin(&member, new()).await else { panic!("too many") };
    assert_eq!(text, "A bulk action on more than 10,000 leads needs the role manager; you are member. Ask an administrator");
    assert_eq!(house.bulks.begin(&manager, new()).await.unwrap().total, LARGE + 1);

    // What a manager started, a member does not stop, nor undo, also when it changed few leads.
    let large = house.bulks.begin(&manager, new()).await.unwrap();
    assert!(matches!(house.bulks.cancel(&member, large.id).await, Err(Error::Forbidden(_))));
    house.bulks.cancel(&manager, large.id).await.unwrap();
    assert!(matches!(house.bulks.undo(&member, large.id).await, Err(Error::Forbidden(_))));

    // A launched campaign can be paused and resumed by everyone who may work on it.
    let id = house.large_campaign(&member).await;
    let campaigns = house.services().campaigns.clone();
    campaigns.act(&manager, id, CampaignAction::Start).await.unwrap();
    campaigns.act(&member, id, CampaignAction::Pause).await.unwrap();
    assert_eq!(campaigns.act(&member, id, CampaignAction::Resume).await.unwrap().made_by, Some(member.who));
    house.server.stop().await;
}
