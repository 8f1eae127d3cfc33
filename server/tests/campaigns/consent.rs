//! Leads that may not be contacted cannot be enrolled, through any interface, and running enrollments stop.

use super::*;
use crate::common::{TestDb, leads::new_lead};
use domain::{
    bulk::{BulkAction, NewBulk},
    leads::{Consent, Stage},
    services::BulkService,
};
use server::{bulk::Bulks, live::Hub};

/// Gives leads 1 to 4 one reason each not to be contacted: 3 consents, 1 connection. Lead 0 may be contacted.
async fn told_to_stop(leads: &server::leads::Leads, people: &[Lead]) {
    for (at, consent) in [Consent::Unsubscribed, Consent::Bounced, Consent::Complained].into_iter().enumerate() {
        leads.update(&member(), people[at + 1].id, edit(|set| set.consent = Some(consent))).await.unwrap();
    }
    leads.update(&member(), people[4].id, edit(|set| set.connection = Some(Connection::DoNotContact))).await.unwrap();
}

fn consent(consent: Consent) -> domain::leads::LeadEdit {
    edit(|set| set.consent = Some(consent))
}

both_dbs!(
    who_may_not_be_contacted_is_left_out_and_counted,
    no_undo_and_no_restart_brings_them_in,
    an_undo_restores_enrollments_and_times_exactly
);

async fn who_may_not_be_contacted_is_left_out_and_counted(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    let people = people(&leads, 6).await;
    told_to_stop(&leads, &people).await;
    let spring = campaigns.create(&member(), named("Spring")).await.unwrap().id;
    assert_eq!(campaigns.enroll(&member(), spring, ids(&people[1..2])).await, Ok(EnrollResult { count: 0, left_out: 1 }));
    assert_eq!(campaigns.enroll(&member(), spring, ids(&people)).await, Ok(EnrollResult { count: 2, left_out: 4 }));
    assert_eq!(campaigns.enroll(&member(), spring, ids(&people[..1])).await, Ok(EnrollResult { count: 0, left_out: 0 }), "in it already");
    let autumn = campaigns.create(&member(), named("Autumn")).await.unwrap().id;
    let all = NewBulk { action: BulkAction::Enroll { campaign_id: autumn }, which: Selection::Matching(Rule::everyone()) };
    let bulk = bulks.start(&member(), all).await.unwrap();
    assert_eq!((bulk.changed, bulk.left_out), (2, 4));
    assert_eq!(bulk.what, "enrolled 2 leads in Autumn, 4 left out (unsubscribed, bounced, complained or do not contact)");
    for id in [spring, autumn] {
        assert_eq!(members(&campaigns, id, &people).await, [0, 5]);
        assert_eq!(counts(&store, &campaigns, id).await.total_leads, 2);
    }
    // A bulk change of consent, and its undo.
    let set = NewBulk { action: BulkAction::SetConsent { consent: Consent::Unsubscribed }, which: ids(&people[4..]) };
    let bulk = bulks.start(&member(), set).await.unwrap();
    assert_eq!(bulk.what, "set the consent of 2 leads to Unsubscribed");
    assert_eq!(leads.get(&member(), people[5].id).await.unwrap().unwrap().consent, Consent::Unsubscribed);
    assert_eq!(bulks.undo(&member(), bulk.id).await.unwrap().changed, 2);
    assert_eq!(leads.get(&member(), people[5].id).await.unwrap().unwrap().consent, Consent::Subscribed);
    store.close().await;
}

async fn no_undo_and_no_restart_brings_them_in(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    let people = people(&leads, 3).await;
    let spring = campaigns.create(&member(), named("Spring")).await.unwrap().id;
    campaigns.enroll(&member(), spring, ids(&people)).await.unwrap();
    let out = NewBulk { action: BulkAction::Unenroll { campaign_id: spring }, which: ids(&people[..2]) };
    let out = bulks.start(&member(), out).await.unwrap();
    leads.update(&member(), people[0].id, consent(Consent::Unsubscribed)).await.unwrap();
    let back = bulks.undo(&member(), out.id).await.unwrap();
    assert_eq!((back.changed, back.left_out), (1, 1));
    assert_eq!(members(&campaigns, spring, &people).await, [1, 2]);

    // Before the start, while active, after the end, and while deleted.
    let state = async |n: usize| {
        let page = campaigns.enrolled(&member(), spring, &EnrollmentQuery::default()).await.unwrap().data;
        page.enrolled.into_iter().find(|one| one.lead.id == people[n].id).unwrap().enrollment.state
    };
    leads.update(&member(), people[1].id, consent(Consent::Bounced)).await.unwrap();
    campaigns.act(&member(), spring, CampaignAction::Start).await.unwrap();
    assert_eq!((state(1).await, state(2).await), (EnrollmentState::Stopped, EnrollmentState::Pending));
    leads.update(&member(), people[2].id, consent(Consent::Complained)).await.unwrap();
    assert_eq!(state(2).await, EnrollmentState::Stopped);
    leads.update(&member(), people[2].id, consent(Consent::Subscribed)).await.unwrap();
    assert_eq!(state(2).await, EnrollmentState::Pending);
    campaigns.act(&member(), spring, CampaignAction::Complete).await.unwrap();
    leads.update(&member(), people[2].id, consent(Consent::Unsubscribed)).await.unwrap();
    let reopened = campaigns.act(&member(), spring, CampaignAction::Reopen).await.unwrap();
    assert_eq!((reopened.status, reopened.ended_at, state(2).await), (CampaignStatus::Paused, None, EnrollmentState::Stopped));
    leads.update(&member(), people[2].id, consent(Consent::Subscribed)).await.unwrap();
    let deleted = campaigns.delete(&member(), spring).await.unwrap();
    leads.update(&member(), people[2].id, consent(Consent::Unsubscribed)).await.unwrap();
    undo(&store, &member(), deleted).await.unwrap();
    assert_eq!(state(2).await, EnrollmentState::Stopped);

    // The lead was deleted when its campaign started, or when its enrollment was put back.
    let autumn = campaigns.create(&member(), named("Autumn")).await.unwrap().id;
    let (ana, bo) = (
        leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap(),
        leads.create(&member(), new_lead("Bo", "bo@b.example")).await.unwrap(),
    );
    campaigns.enroll(&member(), autumn, Selection::Leads(vec![ana.id, bo.id])).await.unwrap();
    let out = NewBulk { action: BulkAction::Unenroll { campaign_id: autumn }, which: Selection::Leads(vec![bo.id]) };
    let out = bulks.start(&member(), out).await.unwrap();
    let mut deletions = Vec::new();
    for id in [ana.id, bo.id] {
        leads.update(&member(), id, consent(Consent::Unsubscribed)).await.unwrap();
        deletions.push(leads.delete(&member(), id).await.unwrap());
    }
    campaigns.act(&member(), autumn, CampaignAction::Start).await.unwrap();
    bulks.undo(&member(), out.id).await.unwrap();
    for deletion in deletions {
        undo(&store, &member(), deletion).await.unwrap();
    }
    let page = campaigns.enrolled(&member(), autumn, &EnrollmentQuery::default()).await.unwrap().data;
    let states: Vec<EnrollmentState> = page.enrolled.iter().map(|one| one.enrollment.state).collect();
    assert_eq!(states, [EnrollmentState::Stopped, EnrollmentState::Stopped]);
    counts(&store, &campaigns, autumn).await;
    counts(&store, &campaigns, spring).await;
    store.close().await;
}

async fn an_undo_restores_enrollments_and_times_exactly(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    let people = people(&leads, 3).await;
    let spring = campaigns.create(&member(), named("Spring")).await.unwrap().id;
    campaigns.enroll(&member(), spring, ids(&people)).await.unwrap();
    campaigns.act(&member(), spring, CampaignAction::Start).await.unwrap();
    for task in [Task::SendRequest, Task::Decline] {
        campaigns.work(&member(), people[0].id, task, None).await.unwrap();
    }
    leads.update(&member(), people[1].id, edit(|set| set.status = Some(Status::Converted))).await.unwrap();
    campaigns.work(&member(), people[2].id, Task::SendRequest, None).await.unwrap();
    let enrollments = async || {
        let page = campaigns.enrolled(&member(), spring, &EnrollmentQuery::default()).await.unwrap().data;
        counts(&store, &campaigns, spring).await;
        page.enrolled.into_iter().map(|one| one.enrollment).collect::<Vec<_>>()
    };
    let before = enrollments().await;
    let states: Vec<_> = before.iter().rev().map(|one| (one.state, one.succeeded_at.is_some())).collect();
    let expected = [(EnrollmentState::Stopped, false), (EnrollmentState::Replied, true), (EnrollmentState::Requested, false)];
    assert_eq!(states, expected);

    let run = async |action, which| bulks.start(&member(), NewBulk { action, which }).await.unwrap().id;
    for action in [
        BulkAction::SetConsent { consent: Consent::Unsubscribed },
        BulkAction::SetStatus { status: Status::Contacted },
        BulkAction::SetStatus { status: Status::Responded },
    ] {
        let bulk = run(action.clone(), ids(&people)).await;
        assert_ne!(enrollments().await, before, "{action:?}");
        bulks.undo(&member(), bulk).await.unwrap();
        assert_eq!(enrollments().await, before, "{action:?}");
    }
    // Single edits, among them a request that a person withdraws.
    for (n, set) in [
        (0, edit(|set| set.consent = Some(Consent::Bounced))),
        (0, edit(|set| set.connection = Some(Connection::RequestSent))),
        (1, edit(|set| set.status = Some(Status::Pending))),
        (2, edit(|set| set.connection = Some(Connection::NotConnected))),
    ] {
        leads.update(&member(), people[n].id, set.clone()).await.unwrap();
        assert_ne!(enrollments().await, before, "{set:?}");
        let change = changes_of(&store, people[n].id).await.into_iter().find(|one| one.record().is_some_and(|one| one.as_lead().is_some()));
        undo(&store, &member(), change.unwrap().id).await.unwrap();
        assert_eq!(enrollments().await, before, "{set:?}");
    }
    // What happened since stays.
    let bulk = run(BulkAction::SetConsent { consent: Consent::Unsubscribed }, ids(&people[1..])).await;
    leads.update(&member(), people[1].id, consent(Consent::Bounced)).await.unwrap();
    bulks.undo(&member(), bulk).await.unwrap();
    let after = enrollments().await;
    assert_eq!((after[1].state, &after[0], &after[2]), (EnrollmentState::Stopped, &before[0], &before[2]));

    // The time in the stage too; the history has the undo at its own time.
    let lead = async || leads.get(&member(), people[2].id).await.unwrap().unwrap();
    let old = lead().await;
    let bulk = run(BulkAction::SetStage { stage: Stage::Negotiation }, ids(&people[2..])).await;
    assert!(lead().await.stage_at > old.stage_at);
    bulks.undo(&member(), bulk).await.unwrap();
    assert_eq!((lead().await.stage, lead().await.stage_at), (old.stage, old.stage_at));
    leads.update(&member(), old.id, edit(|set| set.stage = Some(Stage::ClosedWon))).await.unwrap();
    undo(&store, &member(), newest_change(&store, old.id).await).await.unwrap();
    let undone = lead().await;
    assert_eq!((undone.stage, undone.stage_at, &undone.last_activity), (old.stage, old.stage_at, &old.last_activity));
    let history = leads.detail(&member(), old.id).await.unwrap().unwrap().data.stage_history;
    assert!(history.last().is_some_and(|moved| moved.to == old.stage && moved.at == undone.updated_at), "{history:?}");
    store.close().await;
}
