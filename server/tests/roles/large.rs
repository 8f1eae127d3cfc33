//! The limit of a started campaign: every way in which leads come into it.

use super::House;
use crate::common::{TestDb, campaigns::ids, leads::new_lead};
use domain::{
    Actor, CampaignId, Error, Role,
    bulk::{Bulk, BulkAction, BulkStatus, NewBulk},
    campaigns::CampaignAction,
    imports::{ImportOptions, ImportStatus},
    leads::{Lead, Selection},
    rule::{Op, Rule, Value},
    services::BulkService,
};

both_dbs!(
    a_member_brings_no_started_campaign_over_the_limit,
    what_left_a_campaign_comes_back_while_it_has_room,
    a_campaign_that_a_manager_made_large_stays_free_to_grow,
);

const REFUSED: &str = "Bringing a started campaign over 10,000 leads needs the role manager; you are member. Ask an administrator";

/// A started campaign of a member with room for `room` leads.
struct Full {
    house: House,
    member: Actor,
    manager: Actor,
    id: CampaignId,
}

impl Full {
    async fn new(db: &TestDb) -> Self {
        let mut house = House::new(db).await;
        let (member, manager) = (house.actor("mia", Role::Member).await, house.actor("max", Role::Manager).await);
        let id = house.campaign(&member).await.id;
        house.services().campaigns.act(&member, id, CampaignAction::Start).await.unwrap();
        Self { house, member, manager, id }
    }

    async fn leads(&self, name: &str, count: usize) -> Vec<Lead> {
        let mut leads = Vec::new();
        for n in 0..count {
            let new = new_lead(&format!("{name} {n}"), &format!("{name}{n}@full.example"));
            leads.push(self.house.services().leads.create(&self.member, new).await.unwrap());
        }
        leads
    }

    /// Adds to the number of its leads, as if so many more were enrolled.
    async fn add(&self, text: &'static str) {
        self.house.run(text, self.id).await;
    }

    async fn total(&self) -> i64 {
        self.house.services().campaigns.get(&self.member, self.id).await.unwrap().unwrap().data.counts.total_leads
    }

    async fn run(&self, actor: &Actor, action: BulkAction, leads: &[Lead]) -> Result<Bulk, Error> {
        self.house.bulks.run(actor, NewBulk { action, which: ids(leads) }).await
    }

    fn enroll(&self) -> BulkAction {
        BulkAction::Enroll { campaign_id: self.id }
    }

    fn unenroll(&self) -> BulkAction {
        BulkAction::Unenroll { campaign_id: self.id }
    }

    fn is_refused<T: std::fmt::Debug>(done: Result<T, Error>) {
        assert!(matches!(&done, Err(Error::Forbidden(why)) if why == REFUSED), "{done:?}");
    }
}

async fn a_member_brings_no_started_campaign_over_the_limit(db: &TestDb) {
    let full = Full::new(db).await;
    let services = full.house.services().clone();
    let (member, id) = (&full.member, full.id);
    let leads = full.leads("ana", 3).await;
    full.add("UPDATE campaign_counts SET total_leads = 9998 WHERE campaign_id = $1").await;

    // The same answer at every door, before a job begins.
    Full::is_refused(services.campaigns.enroll(member, id, ids(&leads)).await);
    Full::is_refused(full.house.bulks.start(member, NewBulk { action: full.enroll(), which: ids(&leads) }).await);
    let rule = Rule::test("email", Op::Contains, Value::Text("@full.example".into()));
    Full::is_refused(full.house.bulks.begin(member, NewBulk { action: full.enroll(), which: Selection::Matching(rule) }).await);
    assert_eq!(full.house.bulks.under_way(member).await.unwrap(), []);
    // Leads that are enrolled already take no room.
    assert_eq!(services.campaigns.enroll(member, id, ids(&leads[..2])).await.unwrap().count, 2);
    assert_eq!(full.run(member, full.enroll(), &leads[..2]).await.unwrap().changed, 0);
    Full::is_refused(services.campaigns.add_lead(member, id, new_lead("Dora", "dora@full.example")).await);
    assert_eq!(full.total().await, 10_000);

    // An import pauses, and a manager continues it.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.csv");
    std::fs::write(&file, "name,email\nEva,eva@full.example\n").unwrap();
    let options = ImportOptions { campaign_id: Some(id), ..ImportOptions::default() };
    let import = full.house.server.server.app.imports.import_file(member, &file, options, |_| {}).await.unwrap();
    assert!(import.status == ImportStatus::Paused && import.error.as_ref().is_some_and(|why| why.starts_with(REFUSED)), "{import:?}");

    // A job for which there is no room any more fails, also when the server continues it.
    full.add("UPDATE campaign_counts SET total_leads = 9999 WHERE campaign_id = $1").await;
    let job = full.house.bulks.begin(member, NewBulk { action: full.enroll(), which: ids(&leads[2..]) }).await.unwrap();
    full.add("UPDATE campaign_counts SET total_leads = 10000 WHERE campaign_id = $1").await;
    let resumed = Actor { who: member.who.clone(), ..Actor::system() };
    Full::is_refused(full.house.bulks.step(&resumed, job.id).await);
    full.house.bulks.cancel(member, job.id).await.unwrap();

    assert_eq!(full.run(&full.manager, full.enroll(), &leads).await.unwrap().changed, 1);
    full.house.server.stop().await;
}

async fn what_left_a_campaign_comes_back_while_it_has_room(db: &TestDb) {
    let full = Full::new(db).await;
    let services = full.house.services().clone();
    let (member, id) = (&full.member, full.id);
    let (ana, ben) = (full.leads("ana", 3).await, full.leads("ben", 3).await);
    services.campaigns.enroll(member, id, ids(&ana)).await.unwrap();
    full.add("UPDATE campaign_counts SET total_leads = total_leads + 9997 WHERE campaign_id = $1").await;

    // An honest undo goes through: of unenrolled leads, of deleted ones, of one.
    for action in [full.unenroll(), BulkAction::Delete {}] {
        let gone = full.run(member, action, &ana).await.unwrap();
        assert_eq!((gone.changed, full.total().await), (3, 9_997));
        assert_eq!(full.house.bulks.undo(member, gone.id).await.unwrap().status, BulkStatus::Undone);
        assert_eq!(full.total().await, 10_000);
    }
    let gone = services.leads.delete(member, ana[0].id).await.unwrap();
    full.house.undo(member, gone).await.unwrap();
    assert_eq!(full.total().await, 10_000);

    // With others enrolled meanwhile it would be larger than it was.
    for action in [full.unenroll(), BulkAction::Delete {}] {
        let gone = full.run(member, action, &ana).await.unwrap();
        full.run(member, full.enroll(), &ben).await.unwrap();
        Full::is_refused(full.house.bulks.undo(member, gone.id).await);
        assert_eq!(full.house.bulks.get(member, gone.id).await.unwrap().unwrap().data, gone);
        full.run(member, full.unenroll(), &ben).await.unwrap();
        assert_eq!(full.house.bulks.undo(member, gone.id).await.unwrap().changed, 3);
    }
    let gone = services.leads.delete(member, ana[0].id).await.unwrap();
    full.run(member, full.enroll(), &ben[..1]).await.unwrap();
    Full::is_refused(full.house.undo(member, gone).await);
    full.run(member, full.unenroll(), &ben[..1]).await.unwrap();
    full.house.undo(member, gone).await.unwrap();

    full.house.server.stop().await;
}

async fn a_campaign_that_a_manager_made_large_stays_free_to_grow(db: &TestDb) {
    let full = Full::new(db).await;
    let services = full.house.services().clone();
    let (member, id) = (&full.member, full.id);
    let (ana, ben) = (full.leads("ana", 3).await, full.leads("ben", 3).await);
    full.add("UPDATE campaign_counts SET total_leads = 9998 WHERE campaign_id = $1").await;
    assert_eq!(services.campaigns.enroll(&full.manager, id, ids(&ana)).await.unwrap().count, 3);
    let gone = full.run(member, full.unenroll(), &ana).await.unwrap();
    assert_eq!(full.total().await, 9_998);
    assert_eq!(full.run(member, full.enroll(), &ben).await.unwrap().changed, 3);
    assert_eq!(full.house.bulks.undo(member, gone.id).await.unwrap().changed, 3);
    assert_eq!(full.total().await, 10_004);

    // It stays so when it is deleted and restored.
    full.run(member, full.unenroll(), &[ana, ben.clone()].concat()).await.unwrap();
    let gone = services.campaigns.delete(member, id).await.unwrap();
    full.house.undo(member, gone).await.unwrap();
    full.add("UPDATE campaign_counts SET total_leads = 9998 WHERE campaign_id = $1").await;
    assert_eq!(full.run(member, full.enroll(), &ben).await.unwrap().changed, 3);
    full.house.server.stop().await;
}
