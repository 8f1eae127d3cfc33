//! Batches, cancel, restarts, undo.

use super::*;
use crate::common::TestDb;
use crate::common::clock::TestClock;
use crate::common::leads::member_of;
use domain::{services::WorkspaceService, time::HOUR, workspace::WorkspacePatch};
use server::{background::Background, workspace::Workspaces};
use std::time::Duration;

fn active(lead: &Lead) -> (domain::LeadId, &str, domain::Timestamp) {
    (lead.id, &lead.last_activity, lead.last_activity_at)
}

both_dbs!(
    all_that_match_move_once_and_go_back,
    a_stopped_one_keeps_what_it_did_until_undone,
    a_restart_goes_on_where_it_was,
    days_are_those_of_the_start,
    another_server_takes_over_what_one_left,
    a_server_whose_clock_was_ahead_keeps_no_job,
    a_batch_of_large_leads_is_short,
    one_lead_is_enrolled_while_a_large_action_runs,
    an_action_goes_on_only_while_its_actor_may,
    what_is_wrong_is_said_before_anything_is_done
);

async fn all_that_match_move_once_and_go_back(db: &TestDb) {
    let house = House::new(db).await;
    let people = people(&house.leads, 10).await;
    house.leads.update(&member(), people[4].id, edit(|set| set.stage = Some(Stage::ProposalSent))).await.unwrap();
    let (before, head) = (house.all().await, house.head().await);

    // The action makes leads stop matching its rule, and new matching leads are created meanwhile.
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
    assert_eq!(
        (history.len(), history[1].from, history[1].to, history[1].by.as_str()),
        (2, Some(Stage::NewLead), Stage::Negotiation, "Mia Member")
    );
    house.tallies_are_right().await;

    // The log has one change for all leads.
    let sets: Vec<_> = house.changes(head).await.into_iter().filter(|change| change.op == ChangeOp::Bulk).collect();
    let Some(Record::Set(set)) = &sets[0].after else { panic!("{sets:?}") };
    assert_eq!((sets.len(), set.count, set.id), (1, 8, id.0));
    assert!(matches!(&sets[0].who, ActorRef::User { name, .. } if name == "Mia Member"));

    house.leads.update(&member(), people[1].id, edit(|set| set.stage = Some(Stage::ClosedWon))).await.unwrap();
    house.leads.update(&member(), people[2].id, edit(|set| set.company = Some("Tern".into()))).await.unwrap();
    house.leads.delete(&member(), people[3].id).await.unwrap();
    let undone = house.undo(id).await;
    let what = "moved 6 leads back from Negotiation, 1 left out (edited since)";
    assert_eq!((numbers(&undone), undone.what.as_str()), ((BulkStatus::Undone, 8, 8, 6), what));
    let leads = house.all().await;
    assert_eq!(
        (leads[1].stage, leads[2].stage, leads[2].company.as_deref(), leads[4].stage),
        (Stage::ClosedWon, Stage::NewLead, Some("Tern"), Stage::NewLead)
    );
    let kept = |leads: &[Lead]| {
        seen(leads).into_iter().filter(|one| ![people[1].id, people[3].id, people[9].id, late.id].contains(&one.0)).collect::<Vec<_>>()
    };
    assert_eq!(kept(&leads), kept(&before));
    assert_eq!(
        (leads[2].last_activity.as_str(), leads[2].last_activity_at > before[2].last_activity_at),
        ("Edited", true),
        "what came since"
    );
    for at in [0, 5, 6, 7, 8] {
        assert_eq!(active(&leads[at - usize::from(at > 3)]), active(&before[at]), "what was undone was no activity");
    }
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

    let house = House::of(with_member(db.open().await).await);
    let head = house.head().await;
    // Listed only for the user who started it, also under a new name.
    let ActorRef::User { id: me, .. } = member().who else { panic!() };
    let married = Actor { who: ActorRef::User { id: me, name: "Mia Married".to_owned() }, ..member() };
    let other = Actor { who: ActorRef::User { id: domain::UserId(uuid::Uuid::nil()), name: "Mia Member".to_owned() }, ..member() };
    let under_way = async |actor: &Actor| house.bulks.under_way(actor).await.unwrap().into_iter().map(|bulk| bulk.id).collect::<Vec<_>>();
    assert_eq!((under_way(&married).await, under_way(&other).await), (vec![id], vec![]));
    house.bulks.resume().await.unwrap();
    assert_eq!(numbers(&house.over(id).await), (BulkStatus::Done, 10, 10, 10));
    assert_eq!(under_way(&member()).await, []);
    assert!(house.all().await.iter().all(|lead| lead.status == Status::Contacted && lead.revision == 2));
    let sets: Vec<_> = house.changes(head).await.into_iter().filter(|change| change.op == ChangeOp::Bulk).collect();
    assert!(sets.len() == 1 && matches!(&sets[0].who, ActorRef::User { name, .. } if name == "Mia Member"), "{sets:?}");

    // The undo too: the server is killed after its first batch.
    house
        .store
        .write(&member(), move |tx| {
            Box::pin(async move {
                tx.run_one(sql("UPDATE bulk SET status = 'undoing', total = 10, done = 0, changed = 0 WHERE id = $1").bind(id)).await
            })
        })
        .await
        .unwrap();
    assert_eq!(numbers(&house.step(id).await), (BulkStatus::Undoing, 10, 3, 3));
    house.bulks.shutdown().await;
    house.store.close().await;
    let house = House::of(with_member(db.open().await).await);
    house.bulks.resume().await.unwrap();
    assert_eq!(numbers(&house.over(id).await), (BulkStatus::Undone, 10, 10, 10));
    assert!(house.all().await.iter().all(|lead| lead.status == Status::Pending && lead.revision == 3));
}

/// The workspace moves to another time zone while an action runs: its days stay those that were counted.
async fn days_are_those_of_the_start(db: &TestDb) {
    let house = House::new(db).await;
    let now = house.store.clock.now();
    let lead = |hours: i64| {
        let new = crate::common::leads::new_lead(&format!("L{hours}"), &format!("l{hours}@b.example"));
        new.into_lead(LeadId(house.store.clock.id()), domain::Timestamp(now.0 - hours * HOUR))
    };
    let leads: Vec<_> = (0..48).map(lead).collect();
    house.store.write(&Actor::system(), move |tx| Box::pin(crate::common::leads::insert(tx, leads))).await.unwrap();
    let yesterday = now.plus_days(-1).date();
    let that_day = Selection::Matching(Rule::test("created_at", Op::Is, Value::Text(yesterday.clone())));
    let id = house.begin(set_stage(Stage::Negotiation), that_day).await.id;
    let bulk = house.step(id).await;
    assert_eq!((bulk.total, bulk.done), (24, 3));
    let patch = WorkspacePatch { time_zone: Some("Pacific/Kiritimati".to_owned()), ..WorkspacePatch::default() };
    Workspaces::new(house.store.clone()).edit(&Actor::system(), patch).await.unwrap();
    let bulk = house.finish(id).await;
    assert_eq!((bulk.total, bulk.changed), (24, 24));
    for lead in house.all().await {
        assert_eq!(lead.stage == Stage::Negotiation, lead.created_at.date() == yesterday, "{}", lead.name);
    }
    house.store.close().await;
}

async fn another_server_takes_over_what_one_left(db: &TestDb) {
    let clock = TestClock::stopped();
    let one = House::of(with_member(db.open_at(clock.clone()).await).await);
    people(&one.leads, 10).await;
    let id = one.begin(BulkAction::SetStatus { status: Status::Contacted }, everyone()).await.id;
    one.step(id).await;
    let two = House::of(with_member(db.open_at(clock.clone()).await).await);
    assert!(matches!(two.bulks.step(&member(), id).await, Err(Error::Conflict(_))), "both at once");
    assert_eq!(two.bulks.get(&member(), id).await.unwrap().unwrap().data.done, 3);
    two.bulks.resume().await.unwrap();
    clock.sleepers(1).await;
    clock.pass(Duration::from_secs(9));
    clock.sleepers(1).await;
    assert_eq!(two.bulks.get(&member(), id).await.unwrap().unwrap().data.done, 3, "it may be alive");
    // The first server's lease has expired.
    clock.pass(Duration::from_secs(5));
    assert_eq!(numbers(&two.over(id).await), (BulkStatus::Done, 10, 10, 10));
    assert!(two.all().await.iter().all(|lead| lead.status == Status::Contacted && lead.revision == 2));
    two.bulks.shutdown().await;
}

async fn a_server_whose_clock_was_ahead_keeps_no_job(db: &TestDb) {
    let ahead = TestClock::stopped();
    ahead.pass(Duration::from_secs(30 * 86_400));
    let one = House::of(with_member(db.open_at(ahead).await).await);
    people(&one.leads, 10).await;
    let id = one.begin(BulkAction::SetStatus { status: Status::Contacted }, everyone()).await.id;
    one.step(id).await;
    let two = House::of(with_member(db.open_at(TestClock::stopped()).await).await);
    two.bulks.resume().await.unwrap();
    assert_eq!(numbers(&two.over(id).await), (BulkStatus::Done, 10, 10, 10));
    two.bulks.shutdown().await;
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
    assert_eq!(field(start(&member(), BulkAction::Enroll { campaign_id: CampaignId(nobody.0) }, ids(&people)).await), ["campaignId"]);
    assert_eq!(field(start(&member(), BulkAction::Unenroll { campaign_id: CampaignId(nobody.0) }, ids(&people)).await), ["campaignId"]);
    let bad = Selection::Matching(Rule::test("nonsense", Op::Is, Value::Text("x".into())));
    assert!(matches!(start(&member(), BulkAction::Delete {}, bad).await, Err(Error::Invalid(_))));
    assert!(matches!(start(&member(), BulkAction::Delete {}, Selection::Leads(vec![nobody])).await, Err(Error::NotFound { .. })));
    let over = house.campaigns.create(&member(), named("Over")).await.unwrap().id;
    house.campaigns.act(&member(), over, CampaignAction::Cancel).await.unwrap();
    assert!(matches!(start(&member(), BulkAction::Enroll { campaign_id: over }, ids(&people)).await, Err(Error::Conflict(_))));
    let viewer = Actor { role: Role::Viewer, ..member() };
    for action in [BulkAction::Delete {}, set_stage(Stage::ClosedWon), BulkAction::Enroll { campaign_id: over }] {
        assert!(matches!(start(&viewer, action, ids(&people)).await, Err(Error::Forbidden(_))));
    }
    let unknown = BulkId(nobody.0);
    assert_eq!(house.bulks.get(&viewer, unknown).await, Ok(None));
    assert!(matches!(house.bulks.cancel(&member(), unknown).await, Err(Error::NotFound { .. })));
    assert!(matches!(house.bulks.undo(&viewer, unknown).await, Err(Error::Forbidden(_))));
    assert_eq!(house.count("SELECT COUNT(*) FROM bulk").await, 0);

    // Small actions, and their undo, finish before the response.
    let quick = Bulks::new(house.store.clone(), Hub::start(house.store.clone()));
    let bulk = quick.start(&member(), NewBulk { action: set_stage(Stage::ClosedWon), which: ids(&people) }).await.unwrap();
    assert_eq!(numbers(&bulk), (BulkStatus::Done, 2, 2, 2));
    assert_eq!(numbers(&quick.undo(&member(), bulk.id).await.unwrap()), (BulkStatus::Undone, 2, 2, 2));
    let none = quick.start(&member(), NewBulk { action: BulkAction::Delete {}, which: in_stage(Stage::ClosedWon) }).await.unwrap();
    assert_eq!((numbers(&none), none.what.as_str()), ((BulkStatus::Done, 0, 0, 0), "deleted 0 leads"));
}

async fn an_action_goes_on_only_while_its_actor_may(db: &TestDb) {
    let house = House::new(db).await;
    people(&house.leads, 7).await;
    let ana = member_of(account(&house.store, "Ana").await, "Ana");
    let may = |role: &'static str| {
        let store = house.store.clone();
        async move {
            let update = sql("UPDATE account SET role = $1 WHERE name = 'Ana'").bind(role);
            store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run_one(update).await })).await.unwrap();
        }
    };
    let says = |bulk: &Bulk| bulk.error.as_deref() == Some("Ana may no longer change these leads");
    let new = NewBulk { action: set_stage(Stage::Negotiation), which: in_stage(Stage::NewLead) };
    let id = house.bulks.begin(&ana, new).await.unwrap().id;
    assert_eq!(house.bulks.step(&ana, id).await.unwrap().done, 3);
    may("viewer").await;
    assert!(matches!(house.bulks.step(&ana, id).await, Err(Error::Forbidden(_))));
    // Another server takes it over for Ana.
    house.bulks.resume().await.unwrap();
    let failed = house.over(id).await;
    assert!(numbers(&failed) == (BulkStatus::Failed, 7, 3, 3) && says(&failed), "{failed:?}");
    // So it is with the undo.
    house.bulks.undo(&ana, id).await.unwrap();
    let failed = house.over(id).await;
    assert!(numbers(&failed) == (BulkStatus::Failed, 3, 3, 3) && says(&failed), "{failed:?}");
    // Nobody has an account that is not there.
    let gone = member_of(domain::UserId(house.store.clock.id()), "Gone");
    let other =
        house.bulks.begin(&gone, NewBulk { action: set_stage(Stage::ClosedWon), which: in_stage(Stage::NewLead) }).await.unwrap().id;
    assert!(matches!(house.bulks.step(&gone, other).await, Err(Error::Forbidden(_))));
    house.bulks.cancel(&member(), other).await.unwrap();
    // Someone who may can undo it.
    house.bulks.undo(&member(), id).await.unwrap();
    assert_eq!(numbers(&house.over(id).await), (BulkStatus::Undone, 3, 3, 3));
    assert!(house.all().await.iter().all(|lead| lead.stage == Stage::NewLead));
    house.bulks.shutdown().await;
}

async fn a_batch_of_large_leads_is_short(db: &TestDb) {
    let house = House::new(db).await;
    let house = House { bulks: house.bulks.clone().with_batch(2_000), ..house };
    // 10 MB.
    let mut ids = Vec::new();
    for n in 0..45 {
        ids.push(house.leads.create(&member(), large(&format!("l{n}@b.example"))).await.unwrap().id);
    }
    for action in [set_stage(Stage::Negotiation), BulkAction::Delete {}] {
        let before = house.all().await;
        let id = house.begin(action, Selection::Leads(ids.clone())).await.id;
        let bulk = house.step(id).await;
        assert!(bulk.status == BulkStatus::Running && (30..45).contains(&bulk.done) && bulk.done == bulk.changed, "{bulk:?}");
        assert_eq!(numbers(&house.finish(id).await), (BulkStatus::Done, 45, 45, 45));
        assert_eq!(numbers(&house.undo(id).await), (BulkStatus::Undone, 45, 45, 45));
        assert_eq!(house.all().await.len(), before.len());
        assert!(house.all().await.iter().all(|lead| lead.stage == Stage::NewLead));
    }
}

async fn one_lead_is_enrolled_while_a_large_action_runs(db: &TestDb) {
    let store = with_member(db.open().await).await;
    let hub = Hub::start(store.clone());
    let bulks = Bulks::new(store.clone(), hub).with_batch(1).with_at_once(1);
    let house = House { bulks: bulks.clone(), campaigns: Campaigns::new(store.clone(), bulks), ..House::of(store) };
    let people = people(&house.leads, 400).await;
    let spring = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    let id = house.begin(set_stage(Stage::Negotiation), ids(&people[1..])).await.id;
    let large = house.bulks.spawn(member(), id.0);
    let now = async || house.bulks.get(&member(), id).await.unwrap().unwrap().data;
    while now().await.done == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.campaigns.enroll(&member(), spring, ids(&people[..1])).await.map(|done| done.count), Ok(1));
    assert_eq!(now().await.status, BulkStatus::Running, "it did not wait for the large one");
    house.bulks.cancel(&member(), id).await.unwrap();
    large.await.unwrap();
    assert_eq!(members(&house.campaigns, spring, &people).await, [0]);
}
