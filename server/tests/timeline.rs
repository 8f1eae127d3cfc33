//! Timeline items of campaigns, bulk actions and imports, and rules that use them.

use crate::common::TestDb;
use crate::common::{
    campaigns::{ids, named, people, service},
    leads::{edit, member, settled},
};
use domain::{
    LeadId,
    bulk::{BulkAction, NewBulk},
    campaigns::{CampaignAction, Selection, Step, StepKind, Task, starter_sequence},
    leads::{Connection, LeadQuery, Stage, Status, TimelineKind},
    rule::{Op, Rule, Value},
    services::{BulkService, CampaignService, LeadService},
};
use server::{bulk::Bulks, leads::Leads, live::Hub};

async fn kinds(leads: &Leads, id: LeadId) -> Vec<TimelineKind> {
    leads.detail(&member(), id).await.unwrap().unwrap().data.timeline.into_iter().map(|item| item.kind).collect()
}

fn together(what: &str) -> TimelineKind {
    TimelineKind::Together { what: what.to_owned() }
}

both_dbs!(a_lead_tells_what_was_done_to_it_with_others_and_in_campaigns, leads_can_be_chosen_by_their_replies);

async fn a_lead_tells_what_was_done_to_it_with_others_and_in_campaigns(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    let people = people(&leads, 3).await;
    let steps = vec![Step { kind: StepKind::Call, ..starter_sequence()[1].clone() }];
    let spring = domain::campaigns::NewCampaign { steps: Some(steps), ..named("Spring") };
    let spring = campaigns.create(&member(), spring).await.unwrap().id;
    campaigns.enroll(&member(), spring, ids(&people[..2])).await.unwrap();
    campaigns.act(&member(), spring, CampaignAction::Start).await.unwrap();
    leads.update(&member(), people[0].id, edit(|set| set.connection = Some(Connection::Connected))).await.unwrap();
    campaigns.work(&member(), people[0].id, Task::FollowUp, Some(spring)).await.unwrap();
    let moved = NewBulk { action: BulkAction::SetStage { stage: Stage::Negotiation }, which: ids(&people) };
    let moved = bulks.start(&member(), moved).await.unwrap();
    let first = kinds(&leads, people[0].id).await;
    assert_eq!(first[0], together("moved 3 leads to Negotiation"));
    assert!(first.contains(&TimelineKind::FollowedUp { campaign: Some("Spring".to_owned()) }), "{first:?}");
    assert!(first.contains(&together("enrolled 2 leads in Spring")), "{first:?}");
    assert_eq!(kinds(&leads, people[2].id).await, [together("moved 3 leads to Negotiation"), TimelineKind::Created]);
    // Also outside of campaigns, and only when a request was sent.
    campaigns.work(&member(), people[2].id, Task::SendRequest, None).await.unwrap();
    campaigns.work(&member(), people[2].id, Task::Accept, None).await.unwrap();
    let wrote = TimelineKind::FollowedUp { campaign: None };
    assert!(!kinds(&leads, people[2].id).await.contains(&wrote));
    campaigns.work(&member(), people[2].id, Task::FollowUp, None).await.unwrap();
    let third = kinds(&leads, people[2].id).await;
    assert_eq!(third.iter().filter(|kind| **kind == wrote).count(), 1, "{third:?}");
    // Undone actions are not shown, and a deleted campaign has no name.
    bulks.undo(&member(), moved.id).await.unwrap();
    campaigns.delete(&member(), spring).await.unwrap();
    let first = kinds(&leads, people[0].id).await;
    assert!(!first.contains(&together("moved 3 leads to Negotiation")), "{first:?}");
    assert!(first.contains(&TimelineKind::FollowedUp { campaign: None }), "{first:?}");
    store.close().await;
}

async fn leads_can_be_chosen_by_their_replies(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 4).await;
    for (name, who) in [("Spring", &people[..2]), ("Autumn", &people[1..3])] {
        let id = campaigns.create(&member(), named(name)).await.unwrap().id;
        campaigns.enroll(&member(), id, ids(who)).await.unwrap();
        campaigns.act(&member(), id, CampaignAction::Start).await.unwrap();
    }
    // The last lead is in no campaign, so its reply belongs to none.
    for lead in &people[1..] {
        leads.update(&member(), lead.id, edit(|set| set.status = Some(Status::Responded))).await.unwrap();
    }
    settled(&store).await;
    let today = store.clock.now();
    let on = |op, at: domain::Timestamp| Rule::test("repliedAt", op, Value::Text(at.date()));
    let found = async |rule: Rule| {
        let page = leads.list(&member(), &LeadQuery { rule: rule.clone(), ..LeadQuery::default() }).await.unwrap().data;
        let mut numbers: Vec<_> = page.leads.iter().map(|lead| people.iter().position(|one| one.id == lead.id).unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(leads.count(&member(), &rule).await.unwrap(), numbers.len() as i64);
        numbers
    };
    assert_eq!(found(on(Op::Is, today)).await, [1, 2]);
    assert_eq!(found(on(Op::Is, today.plus_days(-1))).await, [0; 0]);
    assert_eq!(found(Rule::test("replied_at", Op::IsEmpty, Value::None)).await, [0, 3]);
    assert_eq!(found(Rule::test("replied_at", Op::WithinDays, Value::Number(7.0))).await, [1, 2]);
    assert_eq!(
        campaigns
            .enroll(&member(), campaigns.create(&member(), named("Again")).await.unwrap().id, Selection::Matching(on(Op::Gte, today)))
            .await
            .map(|done| done.count),
        Ok(2)
    );
    store.close().await;
}
