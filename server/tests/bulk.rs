//! Bulk actions through the service: batches, stops, restarts, and the way back.

use crate::common::{
    TestDb,
    campaigns::{counts, find, ids, members, named, people},
    leads::{account, edit, member, settled},
};
use domain::{
    Actor, ActorRef, BulkId, CampaignId, Change, Error, LeadId, Record, Role,
    bulk::{Bulk, BulkAction, BulkStatus, NewBulk},
    campaigns::{CampaignAction, Counts, Task},
    change::Op as ChangeOp,
    leads::{Lead, LeadQuery, Selection, Stage, Status},
    rule::{Op, Rule, Value},
    services::{BulkService, CampaignService, LeadService},
};
use server::{
    bulk::Bulks,
    campaigns::Campaigns,
    leads::Leads,
    live::Hub,
    store::{Store, log, sql},
};

struct House {
    store: Store,
    leads: Leads,
    campaigns: Campaigns,
    bulks: Bulks,
}

impl House {
    /// Nothing is done at once, and three leads at a time.
    async fn new(db: &TestDb) -> Self {
        Self::of(db.open().await)
    }

    fn of(store: Store) -> Self {
        let hub = Hub::start(store.clone());
        let bulks = Bulks::new(store.clone(), hub.clone()).with_batch(3).with_at_once(-1);
        Self { leads: Leads::new(store.clone(), hub), campaigns: Campaigns::new(store.clone(), bulks.clone()), bulks, store }
    }

    async fn begin(&self, action: BulkAction, which: Selection) -> Bulk {
        self.bulks.begin(&member(), NewBulk { action, which }).await.unwrap()
    }

    async fn step(&self, id: BulkId) -> Bulk {
        let bulk = self.bulks.step(&member(), id).await.unwrap();
        assert_eq!(self.bulks.get(&member(), id).await.unwrap().unwrap().data, bulk);
        bulk
    }

    async fn finish(&self, id: BulkId) -> Bulk {
        loop {
            let bulk = self.step(id).await;
            if bulk.status.is_over() {
                return bulk;
            }
        }
    }

    async fn run(&self, action: BulkAction, which: Selection) -> Bulk {
        let id = self.begin(action, which).await.id;
        self.finish(id).await
    }

    /// Waits for the end of what goes on by itself.
    async fn over(&self, id: BulkId) -> Bulk {
        let mut feed = self.store.feed();
        let waiting = async {
            loop {
                let bulk = self.bulks.get(&member(), id).await.unwrap().unwrap().data;
                if bulk.status.is_over() {
                    return bulk;
                }
                feed.recv().await.unwrap();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.expect("an end in time")
    }

    async fn undo(&self, id: BulkId) -> Bulk {
        assert_eq!(self.bulks.undo(&member(), id).await.unwrap().status, BulkStatus::Undoing);
        self.over(id).await
    }

    /// All leads, oldest first.
    async fn all(&self) -> Vec<Lead> {
        let query = LeadQuery { limit: 1_000, ..LeadQuery::default() };
        let mut leads = self.leads.list(&member(), &query).await.unwrap().data.leads;
        leads.sort_by_key(|lead| lead.id);
        leads
    }

    async fn changes(&self, after: i64) -> Vec<Change> {
        settled(&self.store).await;
        self.store.read(move |conn| Box::pin(log::since(conn, after, i64::MAX, 1_000))).await.unwrap()
    }

    async fn head(&self) -> i64 {
        settled(&self.store).await;
        self.store.snapshot(|_| Box::pin(async { Ok(()) })).await.unwrap().as_of
    }

    async fn count(&self, text: &'static str) -> i64 {
        self.store.read(move |conn| Box::pin(conn.one::<(i64,)>(sql(text)))).await.unwrap().0
    }

    /// The kept counters of leads are those of a recount.
    async fn tallies_are_right(&self) {
        let kept = "SELECT CAST(COALESCE(SUM(leads * (key + 3)), 0) AS BIGINT) FROM tally WHERE kind = 'stage'";
        let counted = "SELECT CAST(COALESCE(SUM(stage + 3), 0) AS BIGINT) FROM lead";
        assert_eq!(self.count(kept).await, self.count(counted).await);
    }
}

fn set_stage(stage: Stage) -> BulkAction {
    BulkAction::SetStage { stage }
}

fn in_stage(stage: Stage) -> Selection {
    Selection::Matching(Rule::test("stage", Op::Is, Value::Text(stage.as_str().into())))
}

fn everyone() -> Selection {
    Selection::Matching(Rule::everyone())
}

/// What a person sees of leads.
type Seen = (LeadId, String, Stage, Status, Vec<String>, Option<domain::UserId>);

fn seen(leads: &[Lead]) -> Vec<Seen> {
    leads.iter().map(|lead| (lead.id, lead.name.clone(), lead.stage, lead.status, lead.tags.clone(), lead.owner)).collect()
}

fn numbers(bulk: &Bulk) -> (BulkStatus, i64, i64, i64) {
    (bulk.status, bulk.total, bulk.done, bulk.changed)
}

both_dbs! {
    async fn all_that_match_move_once_and_go_back(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 10).await;
        house.leads.update(&member(), people[4].id, edit(|set| set.stage = Some(Stage::ProposalSent))).await.unwrap();
        let (before, head) = (house.all().await, house.head().await);

        // The action changes what the rule asks for, and others come meanwhile.
        let id = house.begin(set_stage(Stage::Negotiation), in_stage(Stage::NewLead)).await.id;
        let bulk = house.step(id).await;
        assert_eq!((numbers(&bulk), bulk.what.as_str()), ((BulkStatus::Running, 9, 3, 3), "moved 3 leads to Negotiation"));
        let late = house.leads.create(&member(), crate::common::leads::new_lead("Late", "late@b.example")).await.unwrap();
        house.leads.delete(&member(), people[9].id).await.unwrap();
        let bulk = house.finish(id).await;
        assert_eq!((numbers(&bulk), bulk.what.as_str()), ((BulkStatus::Done, 8, 8, 8), "moved 8 leads to Negotiation"));
        let leads = house.all().await;
        assert_eq!(leads.iter().filter(|lead| lead.stage == Stage::Negotiation).count(), 8);
        assert_eq!((leads[4].stage, leads.last().unwrap().id, leads.last().unwrap().stage), (Stage::ProposalSent, late.id, Stage::NewLead));
        assert_eq!((leads[0].revision, leads[0].last_activity.as_str(), leads[0].stage_at), (2, "Moved to Negotiation", leads[0].updated_at));
        let history = house.leads.detail(&member(), people[0].id).await.unwrap().unwrap().data.stage_history;
        assert_eq!((history.len(), history[1].from, history[1].to, history[1].by.as_str()), (2, Some(Stage::NewLead), Stage::Negotiation, "Mia Member"));
        house.tallies_are_right().await;

        // Of the leads, the log says it once.
        let sets: Vec<_> = house.changes(head).await.into_iter().filter(|change| change.op == ChangeOp::Bulk).collect();
        let Some(Record::Set(set)) = &sets[0].after else { panic!("{sets:?}") };
        assert_eq!((sets.len(), set.count, set.bulk_id), (1, 8, Some(id)));
        assert!(matches!(&sets[0].who, ActorRef::User { name, .. } if name == "Mia Member"));

        house.leads.update(&member(), people[1].id, edit(|set| set.stage = Some(Stage::ClosedWon))).await.unwrap();
        house.leads.update(&member(), people[2].id, edit(|set| set.company = Some("Tern".into()))).await.unwrap();
        house.leads.delete(&member(), people[3].id).await.unwrap();
        let undone = house.undo(id).await;
        assert_eq!((numbers(&undone), undone.what.as_str()), ((BulkStatus::Undone, 8, 8, 6), "moved 6 leads back from Negotiation"));
        let leads = house.all().await;
        assert_eq!((leads[1].stage, leads[2].stage, leads[2].company.as_deref(), leads[4].stage), (Stage::ClosedWon, Stage::NewLead, Some("Tern"), Stage::NewLead));
        let kept = |leads: &[Lead]| seen(leads).into_iter().filter(|one| ![people[1].id, people[3].id, people[9].id, late.id].contains(&one.0)).collect::<Vec<_>>();
        assert_eq!(kept(&leads), kept(&before));
        house.tallies_are_right().await;
        assert_eq!(house.count("SELECT COUNT(*) FROM lead_image").await, 0);
        assert!(matches!(house.bulks.undo(&member(), id).await, Err(Error::Conflict(_))));
    }

    async fn a_stopped_one_keeps_what_it_did_until_undone(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 10).await;
        let before = house.all().await;
        let id = house.begin(BulkAction::AddTag { tag: " fair ".into() }, ids(&people)).await.id;
        house.step(id).await;
        house.step(id).await;
        let stopped = house.bulks.cancel(&member(), id).await.unwrap();
        assert_eq!((numbers(&stopped), stopped.what.as_str()), ((BulkStatus::Cancelled, 10, 6, 6), "tagged 6 leads “fair”"));
        assert_eq!(house.step(id).await, stopped, "nothing more happens");
        assert_eq!(house.all().await.iter().filter(|lead| lead.tags == ["fair"]).count(), 6);
        assert!(matches!(house.bulks.cancel(&member(), id).await, Err(Error::Conflict(_))));
        assert_eq!(numbers(&house.undo(id).await), (BulkStatus::Undone, 6, 6, 6));
        assert_eq!(seen(&house.all().await), seen(&before));
    }

    async fn a_restart_goes_on_where_it_was(db: &TestDb) {
        let house = House::new(db).await;
        people(&house.leads, 10).await;
        let id = house.begin(BulkAction::SetStatus { status: Status::Contacted }, everyone()).await.id;
        house.step(id).await;
        house.bulks.shutdown().await;
        house.store.close().await;

        let house = House::of(db.open().await);
        let head = house.head().await;
        house.bulks.resume().await.unwrap();
        assert_eq!(numbers(&house.over(id).await), (BulkStatus::Done, 10, 10, 10));
        assert!(house.all().await.iter().all(|lead| lead.status == Status::Contacted && lead.revision == 2));
        let sets: Vec<_> = house.changes(head).await.into_iter().filter(|change| change.op == ChangeOp::Bulk).collect();
        assert!(sets.len() == 1 && matches!(&sets[0].who, ActorRef::User { name, .. } if name == "Mia Member"), "{sets:?}");

        // The undo, too. Its first batch is done, then the server is gone.
        house.store.write(&member(), move |tx| Box::pin(async move {
            tx.run_one(sql("UPDATE bulk SET status = 'undoing', total = 10, done = 0, changed = 0 WHERE id = $1").bind(id)).await
        })).await.unwrap();
        assert_eq!(numbers(&house.step(id).await), (BulkStatus::Undoing, 10, 3, 3));
        house.bulks.shutdown().await;
        house.store.close().await;
        let house = House::of(db.open().await);
        house.bulks.resume().await.unwrap();
        assert_eq!(numbers(&house.over(id).await), (BulkStatus::Undone, 10, 10, 10));
        assert!(house.all().await.iter().all(|lead| lead.status == Status::Pending && lead.revision == 3));
    }

    async fn deleted_leads_come_back_with_all_that_was_theirs(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 8).await;
        house.leads.add_note(&member(), people[0].id, "Called").await.unwrap();
        let spring = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
        house.campaigns.enrol(&member(), spring, ids(&people[..5])).await.unwrap();
        house.campaigns.act(&member(), spring, CampaignAction::Start).await.unwrap();
        house.campaigns.work(&member(), people[1].id, Task::SendRequest, None).await.unwrap();
        let (before, counted) = (house.all().await, counts(&house.store, &house.campaigns, spring).await);

        let bulk = house.run(BulkAction::Delete, ids(&people[..7])).await;
        assert_eq!((numbers(&bulk), bulk.what.as_str()), ((BulkStatus::Done, 7, 7, 7), "deleted 7 leads"));
        assert_eq!(house.all().await.len(), 1);
        assert_eq!(counts(&house.store, &house.campaigns, spring).await, Counts::default());
        house.tallies_are_right().await;
        // Forgetting the log's past does not take what the undo needs.
        house.store.prune(domain::Timestamp(1)).await.unwrap();

        let taken = house.leads.create(&member(), crate::common::leads::new_lead("Someone", "l6@b.example")).await.unwrap();
        let undone = house.undo(bulk.id).await;
        assert_eq!((numbers(&undone), undone.what.as_str()), ((BulkStatus::Undone, 7, 7, 6), "brought 6 leads back"));
        let after = house.all().await;
        assert!(after.iter().any(|lead| lead.id == taken.id) && after.iter().all(|lead| lead.id != people[6].id));
        for (old, now) in before[..6].iter().zip(&after) {
            assert_eq!(Lead { revision: now.revision, ..old.clone() }, *now);
            assert_eq!(now.revision, old.revision + 1);
        }
        assert_eq!(counts(&house.store, &house.campaigns, spring).await, counted);
        let detail = house.leads.detail(&member(), people[0].id).await.unwrap().unwrap().data;
        assert_eq!((detail.stage_history.len(), detail.timeline.is_empty()), (1, false));
        house.tallies_are_right().await;
    }

    async fn leads_come_into_a_campaign_and_go_in_batches(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 10).await;
        let campaign = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
        let enrol = BulkAction::Enrol { campaign_id: campaign };
        let count = async || counts(&house.store, &house.campaigns, campaign).await.total_leads;
        house.run(enrol.clone(), ids(&people[..2])).await;
        let bulk = house.run(enrol.clone(), everyone()).await;
        assert_eq!((numbers(&bulk), bulk.what.as_str()), ((BulkStatus::Done, 10, 10, 8), "enrolled 8 leads in Spring"));
        assert_eq!(count().await, 10);

        // One has begun since: it stays.
        house.campaigns.act(&member(), campaign, CampaignAction::Start).await.unwrap();
        house.campaigns.work(&member(), people[5].id, Task::SendRequest, None).await.unwrap();
        let undone = house.undo(bulk.id).await;
        assert_eq!((numbers(&undone), undone.what.as_str()), ((BulkStatus::Undone, 8, 8, 7), "took 7 leads out of Spring again"));
        assert_eq!(members(&house.campaigns, campaign, &people).await, [0, 1, 5]);
        assert_eq!(count().await, 3);

        let before = counts(&house.store, &house.campaigns, campaign).await;
        let out = house.run(BulkAction::Unenrol { campaign_id: campaign }, everyone()).await;
        assert_eq!((numbers(&out), out.what.as_str(), count().await), ((BulkStatus::Done, 10, 10, 3), "took 3 leads out of Spring", 0));
        house.leads.delete(&member(), people[1].id).await.unwrap();
        house.run(enrol.clone(), ids(&people[..1])).await;
        assert_eq!(numbers(&house.undo(out.id).await), (BulkStatus::Undone, 3, 3, 1));
        assert_eq!(members(&house.campaigns, campaign, &people).await, [0, 5]);
        assert_eq!((counts(&house.store, &house.campaigns, campaign).await.requests_sent, before.requests_sent), (1, 1));

        // It ends half-way.
        let id = house.begin(enrol, everyone()).await.id;
        house.step(id).await;
        house.campaigns.act(&member(), campaign, CampaignAction::Complete).await.unwrap();
        let failed = house.step(id).await;
        assert_eq!(failed.status, BulkStatus::Failed);
        assert!(failed.error.as_deref().is_some_and(|text| text.contains("completed")), "{failed:?}");
    }

    async fn enrolments_follow_and_their_counts_are_those_of_a_recount(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 9).await;
        let mut campaigns: Vec<CampaignId> = Vec::new();
        for (name, range) in [("Spring", 0..6), ("Autumn", 3..9), ("Draft", 0..9)] {
            let id = house.campaigns.create(&member(), named(name)).await.unwrap().id;
            house.campaigns.enrol(&member(), id, ids(&people[range])).await.unwrap();
            campaigns.push(id);
        }
        for id in &campaigns[..2] {
            house.campaigns.act(&member(), *id, CampaignAction::Start).await.unwrap();
        }
        let bulk = house.run(BulkAction::SetStatus { status: Status::Converted }, ids(&people[2..7])).await;
        let successful = async |id| counts(&house.store, &house.campaigns, id).await.successful_leads;
        assert_eq!((successful(campaigns[0]).await, successful(campaigns[1]).await, successful(campaigns[2]).await), (4, 4, 0));
        assert_eq!(find(&house.campaigns, campaigns[0]).await.counts.replied, 4);
        house.undo(bulk.id).await;
        assert_eq!((successful(campaigns[0]).await, successful(campaigns[1]).await), (0, 0));
        assert_eq!(find(&house.campaigns, campaigns[0]).await.counts.replied, 0);
    }

    async fn each_action_does_what_it_says(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 4).await;
        let mia = account(&house.store, "Mia").await;
        house.leads.update(&member(), people[0].id, edit(|set| set.tags = Some(vec!["a".into(), "fair".into(), "z".into()]))).await.unwrap();
        let before = house.all().await;
        let mut done = Vec::new();
        for (action, what) in [
            (BulkAction::AddTag { tag: "fair".into() }, "tagged 3 leads “fair”"),
            (BulkAction::RemoveTag { tag: "fair".into() }, "took the tag “fair” off 4 leads"),
            (BulkAction::SetOwner { owner: Some(mia) }, "gave 4 leads to Mia"),
            (BulkAction::SetOwner { owner: None }, "took the owner off 4 leads"),
            (BulkAction::SetStatus { status: Status::Qualified }, "set 4 leads to Qualified"),
            (set_stage(Stage::ClosedLost), "moved 4 leads to Closed Lost"),
        ] {
            let bulk = house.run(action, ids(&people)).await;
            assert_eq!((bulk.what.as_str(), bulk.total, bulk.done), (what, 4, 4));
            done.push(bulk.id);
        }
        let again = house.run(set_stage(Stage::ClosedLost), ids(&people)).await;
        assert_eq!(numbers(&again), (BulkStatus::Done, 4, 4, 0));
        assert!(matches!(house.bulks.undo(&member(), again.id).await, Err(Error::Conflict(_))));
        for id in done.into_iter().rev() {
            house.undo(id).await;
        }
        assert_eq!(seen(&house.all().await), seen(&before));
    }

    async fn what_is_wrong_is_said_before_anything_is_done(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 2).await;
        let start = async |actor: &Actor, action: BulkAction, which: Selection| house.bulks.start(actor, NewBulk { action, which }).await;
        let field = |error: Result<Bulk, Error>| match error {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        let nobody = LeadId(house.store.clock.id());
        assert_eq!(field(start(&member(), BulkAction::SetOwner { owner: Some(domain::UserId(nobody.0)) }, ids(&people)).await), ["owner"]);
        assert_eq!(field(start(&member(), BulkAction::AddTag { tag: "a,b".into() }, Selection::Leads(vec![])).await), ["tag", "leadIds"]);
        assert_eq!(field(start(&member(), BulkAction::Enrol { campaign_id: CampaignId(nobody.0) }, ids(&people)).await), ["campaignId"]);
        assert_eq!(field(start(&member(), BulkAction::Unenrol { campaign_id: CampaignId(nobody.0) }, ids(&people)).await), ["campaignId"]);
        let bad = Selection::Matching(Rule::test("nonsense", Op::Is, Value::Text("x".into())));
        assert!(matches!(start(&member(), BulkAction::Delete, bad).await, Err(Error::Invalid(_))));
        assert!(matches!(start(&member(), BulkAction::Delete, Selection::Leads(vec![nobody])).await, Err(Error::NotFound { .. })));
        let over = house.campaigns.create(&member(), named("Over")).await.unwrap().id;
        house.campaigns.act(&member(), over, CampaignAction::Cancel).await.unwrap();
        assert!(matches!(start(&member(), BulkAction::Enrol { campaign_id: over }, ids(&people)).await, Err(Error::Conflict(_))));
        let viewer = Actor { role: Role::Viewer, ..member() };
        for action in [BulkAction::Delete, set_stage(Stage::ClosedWon), BulkAction::Enrol { campaign_id: over }] {
            assert!(matches!(start(&viewer, action, ids(&people)).await, Err(Error::Forbidden(_))));
        }
        let unknown = BulkId(nobody.0);
        assert_eq!(house.bulks.get(&viewer, unknown).await, Ok(None));
        assert!(matches!(house.bulks.cancel(&member(), unknown).await, Err(Error::NotFound { .. })));
        assert!(matches!(house.bulks.undo(&viewer, unknown).await, Err(Error::Forbidden(_))));
        assert_eq!(house.count("SELECT COUNT(*) FROM bulk").await, 0);

        // Small ones are done when the answer comes, both ways.
        let quick = Bulks::new(house.store.clone(), Hub::start(house.store.clone()));
        let bulk = quick.start(&member(), NewBulk { action: set_stage(Stage::ClosedWon), which: ids(&people) }).await.unwrap();
        assert_eq!(numbers(&bulk), (BulkStatus::Done, 2, 2, 2));
        assert_eq!(numbers(&quick.undo(&member(), bulk.id).await.unwrap()), (BulkStatus::Undone, 2, 2, 2));
        let none = quick.start(&member(), NewBulk { action: BulkAction::Delete, which: in_stage(Stage::ClosedWon) }).await.unwrap();
        assert_eq!((numbers(&none), none.what.as_str()), ((BulkStatus::Done, 0, 0, 0), "deleted 0 leads"));
    }

    async fn leads_can_be_chosen_by_their_campaign(db: &TestDb) {
        let house = House::new(db).await;
        let people = people(&house.leads, 6).await;
        let spring = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
        let autumn = house.campaigns.create(&member(), named("Autumn")).await.unwrap().id;
        house.campaigns.enrol(&member(), spring, ids(&people[..3])).await.unwrap();
        house.campaigns.enrol(&member(), autumn, ids(&people[2..4])).await.unwrap();
        let rule = |op, ids: &[CampaignId]| match ids {
            [] => Rule::test("campaign", op, Value::None),
            ids => Rule::test("campaign", op, Value::List(ids.iter().map(ToString::to_string).collect())),
        };
        let found = async |rule: Rule| {
            let query = LeadQuery { rule: rule.clone(), ..LeadQuery::default() };
            let page = house.leads.list(&member(), &query).await.unwrap().data;
            assert_eq!(house.leads.count(&member(), &rule).await.unwrap(), page.leads.len() as i64);
            let mut numbers: Vec<_> = page.leads.iter().map(|lead| people.iter().position(|one| one.id == lead.id).unwrap()).collect();
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(found(rule(Op::Is, &[spring])).await, [0, 1, 2]);
        assert_eq!(found(rule(Op::Is, &[spring, autumn])).await, [0, 1, 2, 3]);
        assert_eq!(found(rule(Op::IsNot, &[autumn])).await, [0, 1, 4, 5]);
        assert_eq!(found(rule(Op::IsEmpty, &[])).await, [4, 5]);
        house.leads.delete(&member(), people[0].id).await.unwrap();
        assert_eq!(found(rule(Op::Is, &[spring])).await, [1, 2]);
        // The action takes away what the rule asks for.
        let out = house.run(BulkAction::Unenrol { campaign_id: spring }, Selection::Matching(rule(Op::Is, &[spring]))).await;
        assert_eq!((numbers(&out), found(rule(Op::IsSet, &[])).await), ((BulkStatus::Done, 2, 2, 2), vec![2, 3]));
        house.undo(out.id).await;
        assert_eq!(found(rule(Op::Is, &[spring])).await, [1, 2]);
        house.campaigns.delete(&member(), autumn).await.unwrap();
        assert_eq!(found(rule(Op::IsSet, &[])).await, [1, 2]);
    }
}
