//! Enrollments and the campaign counters.

use super::*;
use crate::common::TestDb;

both_dbs!(
    enrolling_twice_adds_nobody_and_leads_outlive_their_campaign,
    a_lead_is_worked_by_hand_as_its_sheet_says,
    a_form_opened_before_an_enrollment_moves_still_saves,
    a_follow_up_is_of_one_campaign,
    a_deleted_lead_counts_no_more_until_it_comes_back,
    a_deleted_campaign_comes_back_with_those_who_are_still_there,
    counters_equal_a_recount_after_anything,
    many_at_once_neither_wait_in_a_circle_nor_miscount
);

async fn enrolling_twice_adds_nobody_and_leads_outlive_their_campaign(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 6).await;
    let spring = campaigns.create(&member(), named("Spring")).await.unwrap().id;
    assert_eq!(campaigns.enroll(&member(), spring, ids(&people[..3])).await.map(|done| done.count), Ok(3));
    assert_eq!(campaigns.enroll(&member(), spring, ids(&people[..3])).await.map(|done| done.count), Ok(0));
    assert_eq!(campaigns.enroll(&member(), spring, ids(&people[2..4])).await.map(|done| done.count), Ok(1));
    assert_eq!(members(&campaigns, spring, &people).await, [0, 1, 2, 3]);
    let ends_with = |text: &str| Selection::Matching(Rule::test("name", rule::Op::EndsWith, Value::Text(text.into())));
    assert_eq!(campaigns.enroll(&member(), spring, ends_with("5")).await.map(|done| done.count), Ok(1));
    assert_eq!(campaigns.enroll(&member(), spring, Selection::Matching(Rule::everyone())).await.map(|done| done.count), Ok(1));
    assert_eq!(counts(&store, &campaigns, spring).await.total_leads, 6);
    assert_eq!(campaigns.unenroll(&member(), spring, ends_with("0")).await, Ok(1));
    assert_eq!(campaigns.unenroll(&member(), spring, ids(&people[..2])).await, Ok(1), "the other was out already");
    assert_eq!(members(&campaigns, spring, &people).await, [2, 3, 4, 5]);
    assert_eq!(counts(&store, &campaigns, spring).await.standing, [4]);

    let nobody = Selection::Leads(vec![domain::LeadId(store.clock.id())]);
    assert!(matches!(campaigns.enroll(&member(), spring, nobody).await, Err(Error::NotFound { .. })));
    assert!(campaigns.enroll(&member(), spring, Selection::Leads(vec![])).await.is_err());
    assert!(campaigns.enroll(&member(), spring, Selection::Matching(Rule::test("nonsense", rule::Op::IsSet, Value::None))).await.is_err());
    let unknown = CampaignId(store.clock.id());
    assert!(matches!(campaigns.enroll(&member(), unknown, ids(&people)).await, Err(Error::NotFound { .. })));
    let rows = store.read(|conn| Box::pin(conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM enrollment")))).await.unwrap();
    assert_eq!(rows, (4,), "nothing is left of what was refused");

    campaigns.act(&member(), spring, CampaignAction::Cancel).await.unwrap();
    assert!(matches!(campaigns.enroll(&member(), spring, ids(&people)).await, Err(Error::Conflict(_))));
    campaigns.delete(&member(), spring).await.unwrap();
    assert!(campaigns.get(&member(), spring).await.unwrap().is_none());
    assert!(matches!(campaigns.delete(&member(), spring).await, Err(Error::NotFound { .. })));
    assert!(matches!(campaigns.enrolled(&member(), spring, &EnrollmentQuery::default()).await, Err(Error::NotFound { .. })));
    assert_eq!(leads.count(&member(), &Rule::everyone()).await, Ok(6));
    assert!(leads.update(&member(), people[3].id, edit(|set| set.status = Some(Status::Converted))).await.is_ok());
    assert_eq!(campaigns.create(&member(), named("spring")).await.unwrap().counts, Counts::default(), "the name is free again");

    // Pruning the log removes the deleted campaign's enrollments.
    settled(&store).await;
    server::prune::prune(&store, domain::Timestamp(i64::MAX)).await.unwrap();
    let rows = store.read(|conn| Box::pin(conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM enrollment")))).await.unwrap();
    assert_eq!(rows, (0,));
    store.close().await;
}

async fn a_lead_is_worked_by_hand_as_its_sheet_says(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 3).await;
    let spring = campaigns.create(&member(), named("Spring")).await.unwrap().id;
    campaigns.enroll(&member(), spring, ids(&people)).await.unwrap();
    campaigns.act(&member(), spring, CampaignAction::Start).await.unwrap();
    let work = async |n: usize, task| campaigns.work(&member(), people[n].id, task, None).await;

    let sent = work(0, Task::SendRequest).await.unwrap();
    assert_eq!(
        (sent.lead.connection, sent.lead.status, sent.lead.last_activity.as_str()),
        (Connection::RequestSent, Status::Contacted, "Connection request sent")
    );
    assert_eq!(leads.get(&member(), people[0].id).await.unwrap().as_ref(), Some(&sent.lead));
    assert_eq!((sent.enrollments[0].step, sent.enrollments[0].state), (1, EnrollmentState::Requested));
    let again = work(0, Task::SendRequest).await;
    assert!(matches!(&again, Err(Error::Conflict(text)) if text.contains("accept, decline")), "{again:?}");
    assert!(matches!(work(0, Task::FollowUp).await, Err(Error::Conflict(_))), "not connected yet");
    let accepted = work(0, Task::Accept).await.unwrap();
    assert_eq!(
        (accepted.lead.connection, accepted.lead.status, accepted.enrollments[0].state),
        (Connection::Connected, Status::Contacted, EnrollmentState::Connected)
    );
    let followed = work(0, Task::FollowUp).await.unwrap();
    assert_eq!(
        (followed.lead.last_activity.as_str(), followed.enrollments[0].step, followed.enrollments[0].messages),
        ("Follow-up 1 done", 2, 1)
    );
    let last = work(0, Task::FollowUp).await.unwrap();
    assert_eq!((last.enrollments[0].step, last.enrollments[0].state), (3, EnrollmentState::Finished));

    // The lead sent us a connection request.
    leads.update(&member(), people[1].id, edit(|set| set.connection = Some(Connection::RequestReceived))).await.unwrap();
    let answered = work(1, Task::Accept).await.unwrap();
    assert_eq!((answered.lead.status, answered.enrollments[0].state), (Status::Responded, EnrollmentState::Replied));
    // A refusal finishes the enrollment; the sent request still counts.
    work(2, Task::SendRequest).await.unwrap();
    let declined = work(2, Task::Decline).await.unwrap();
    assert_eq!(
        (declined.lead.connection, declined.enrollments[0].state, declined.enrollments[0].step),
        (Connection::NotConnected, EnrollmentState::Stopped, 1)
    );
    // A direct edit by an older client counts too, and its undo reverts the counts.
    leads.update(&member(), people[1].id, edit(|set| set.status = Some(Status::Converted))).await.unwrap();
    let kept = counts(&store, &campaigns, spring).await;
    assert_eq!(
        kept,
        Counts {
            total_leads: 3,
            requests_sent: 2,
            connected: 2,
            messages_sent: 2,
            contacted: 3,
            replied: 1,
            successful_leads: 1,
            finished: 1,
            standing: vec![1, 1, 0, 1]
        }
    );
    assert_eq!((kept.response_rate(), kept.reached(1)), (3_333, 2));
    let change = crate::common::leads::changes_of(&store, people[1].id)
        .await
        .into_iter()
        .find(|change| matches!(change.after, Some(Record::Lead(_))))
        .unwrap();
    undo(&store, &member(), change.id).await.unwrap();
    assert_eq!(counts(&store, &campaigns, spring).await.successful_leads, 0);

    leads.update(&member(), people[0].id, edit(|set| set.connection = Some(Connection::DoNotContact))).await.unwrap();
    for task in Task::ALL {
        assert!(matches!(work(0, *task).await, Err(Error::Conflict(_))));
    }
    assert_eq!(counts(&store, &campaigns, spring).await.connected, 1);
    store.close().await;
}

async fn a_form_opened_before_an_enrollment_moves_still_saves(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 1).await;
    let spring = campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, ..named("Spring") }).await.unwrap().id;
    campaigns.enroll(&member(), spring, ids(&people)).await.unwrap();
    let seen = &people[0];
    let form = |set: LeadPatch| LeadEdit { base: Some(set.values_in(seen)), revision: Some(seen.revision), set };
    let company = |name: &str| form(LeadPatch { company: Some(name.into()), ..LeadPatch::default() });
    let moved = campaigns.work(&member(), seen.id, Task::SendRequest, None).await.unwrap().lead;
    assert_eq!((moved.revision, moved.edited), (2, 1));
    let saved = leads.update(&member(), seen.id, company("Tern")).await.unwrap();
    assert_eq!((saved.revision, saved.edited, saved.status, saved.company.as_deref()), (3, 3, Status::Contacted, Some("Tern")));
    let clash = leads.update(&member(), seen.id, company("Fell")).await;
    assert!(matches!(&clash, Err(Error::Stale { fields, .. }) if fields == &["company"]), "{clash:?}");
    // A bulk change counts as an edit of each lead.
    let bulks = server::bulk::Bulks::new(store.clone(), server::live::Hub::start(store.clone()));
    let qualified =
        domain::bulk::NewBulk { action: domain::bulk::BulkAction::SetStatus { status: Status::Qualified }, which: ids(&people) };
    domain::services::BulkService::start(&bulks, &member(), qualified).await.unwrap();
    let now = leads.get(&member(), seen.id).await.unwrap().unwrap();
    assert_eq!((now.status, now.revision, now.edited), (Status::Qualified, 4, 4));
    store.close().await;
}

async fn a_follow_up_is_of_one_campaign(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let lead = leads
        .create(&member(), NewLead { connection: Connection::Connected, ..crate::common::leads::new_lead("Ana", "ana@b.example") })
        .await
        .unwrap();
    let call = |name: &str| NewCampaign {
        steps: Some(vec![Step { kind: StepKind::Call, title: format!("Call {name}"), ..starter_sequence()[1].clone() }]),
        ..named(name)
    };
    let mut all = Vec::new();
    for name in ["Spring", "Summer", "Autumn"] {
        let id = campaigns.create(&member(), call(name)).await.unwrap().id;
        campaigns.enroll(&member(), id, ids(std::slice::from_ref(&lead))).await.unwrap();
        all.push(id);
    }
    let work = async |within| campaigns.work(&member(), lead.id, Task::FollowUp, within).await;
    let free = work(None).await.unwrap();
    assert_eq!((free.lead.last_activity.as_str(), free.enrollments.as_slice()), ("Message sent", &[][..]), "none of them has begun");
    let paused = work(Some(all[0])).await;
    assert!(matches!(&paused, Err(Error::Conflict(text)) if text.contains("start")), "{paused:?}");
    for id in &all[..2] {
        campaigns.act(&member(), *id, CampaignAction::Start).await.unwrap();
    }
    assert!(work(None).await.unwrap_err().on_field("campaignId").is_some(), "which of two?");
    let done = work(Some(all[1])).await.unwrap();
    assert_eq!(done.lead.last_activity, "Call Summer done");
    assert_eq!(counts(&store, &campaigns, all[1]).await.finished, 1);
    assert_eq!(work(None).await.unwrap().lead.last_activity, "Call Spring done", "the only one left");
    assert!(matches!(work(Some(all[1])).await, Err(Error::Conflict(_))), "nothing left to do");
    assert!(matches!(work(Some(CampaignId(store.clock.id()))).await, Err(Error::Conflict(_))));
    assert_eq!(
        counts(&store, &campaigns, all[2]).await,
        Counts { total_leads: 1, standing: vec![1], ..Counts::default() },
        "a draft sees nothing"
    );
    store.close().await;
}

async fn a_deleted_lead_counts_no_more_until_it_comes_back(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 2).await;
    let spring = campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, ..named("Spring") }).await.unwrap().id;
    campaigns.enroll(&member(), spring, ids(&people)).await.unwrap();
    campaigns.work(&member(), people[0].id, Task::SendRequest, None).await.unwrap();
    let before = counts(&store, &campaigns, spring).await;
    let deleted = leads.delete(&member(), people[0].id).await.unwrap();
    assert_eq!(counts(&store, &campaigns, spring).await, Counts { total_leads: 1, standing: vec![1], ..Counts::default() });
    undo(&store, &member(), deleted).await.unwrap();
    assert_eq!(counts(&store, &campaigns, spring).await, before);
    store.close().await;
}

async fn a_deleted_campaign_comes_back_with_those_who_are_still_there(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 3).await;
    let spring = campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, ..named("Spring") }).await.unwrap().id;
    campaigns.enroll(&member(), spring, ids(&people)).await.unwrap();
    campaigns.work(&member(), people[1].id, Task::SendRequest, None).await.unwrap();
    let before = find(&campaigns, spring).await;
    let deleted = campaigns.delete(&member(), spring).await.unwrap();
    let lead_gone = leads.delete(&member(), people[0].id).await.unwrap();
    let taker = campaigns.create(&member(), named("SPRING")).await.unwrap();
    assert!(matches!(undo(&store, &member(), deleted).await, Err(Error::Duplicate { existing, .. }) if existing.id == taker.id.0));
    let taker_gone = campaigns.delete(&member(), taker.id).await.unwrap();

    let back = undo(&store, &member(), deleted).await.unwrap().unwrap().as_campaign().unwrap().clone();
    assert_eq!(find(&campaigns, spring).await, back);
    assert_eq!((back.revision, &back.steps, back.status), (before.revision + 1, &before.steps, CampaignStatus::Active));
    assert_eq!((members(&campaigns, spring, &people).await, counts(&store, &campaigns, spring).await.standing), (vec![1, 2], vec![1, 1]));
    undo(&store, &member(), lead_gone).await.unwrap();
    assert_eq!(counts(&store, &campaigns, spring).await, before.counts);
    assert!(matches!(undo(&store, &member(), deleted).await, Err(Error::Conflict(_))), "twice");
    assert!(matches!(undo(&store, &member(), taker_gone).await, Err(Error::Duplicate { .. })));
    store.close().await;
}

async fn counters_equal_a_recount_after_anything(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 12).await;
    let mut all = Vec::new();
    for (name, steps) in [("A", None), ("B", None), ("C", Some(vec![Step { kind: StepKind::Call, ..starter_sequence()[0].clone() }]))] {
        all.push(campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, steps, ..named(name) }).await.unwrap().id);
    }
    let (mut dice, mut deleted, mut done) = (fastrand::Rng::with_seed(7), Vec::new(), 0);
    let mut most = Counts::default();
    for turn in 0..600 {
        let (who, id) = (dice.usize(..people.len()), *dice.choice(&all).unwrap());
        let lead = people[who].id;
        let score = dice.usize(..12) as f64;
        let some = Selection::Matching(Rule::test("name", rule::Op::Contains, Value::Text(format!("{score}"))));
        let result = match dice.usize(..13) {
            0 | 1 => campaigns.enroll(&member(), id, ids(&people[who..])).await.map(drop),
            2 => campaigns.enroll(&member(), id, some).await.map(drop),
            3 => campaigns.unenroll(&member(), id, if dice.usize(..4) == 0 { some } else { ids(&people[who..=who]) }).await.map(drop),
            4 => campaigns.work(&member(), lead, Task::FollowUp, Some(id)).await.map(drop),
            5..=7 => {
                campaigns.work(&member(), lead, *dice.choice(Task::ALL).unwrap(), Some(id).filter(|_| dice.usize(..2) == 0)).await.map(drop)
            }
            8 => leads.update(&member(), lead, edit(|set| set.status = Some(*dice.choice(Status::ALL).unwrap()))).await.map(drop),
            9 => leads.update(&member(), lead, edit(|set| set.connection = Some(*dice.choice(Connection::ALL).unwrap()))).await.map(drop),
            // Reorder the steps, and add or remove one.
            12 => {
                let mut steps = find(&campaigns, id).await.steps;
                dice.shuffle(&mut steps);
                if steps.len() > 2 {
                    steps.pop();
                } else {
                    steps.push(Step { id: domain::StepId(uuid::Uuid::nil()), ..steps[0].clone() });
                }
                campaigns.update(&member(), id, patch(|set| set.steps = Some(steps))).await.map(drop)
            }
            10 => campaigns.act(&member(), id, *dice.choice(&[CampaignAction::Pause, CampaignAction::Resume]).unwrap()).await.map(drop),
            _ if deleted.len() < 4 => leads.delete(&member(), lead).await.map(|change| deleted.push(change)),
            _ => match deleted.pop() {
                Some(change) => undo(&store, &member(), change).await.map(drop),
                None => Ok(()),
            },
        };
        match result {
            Ok(()) => done += 1,
            Err(Error::Conflict(_) | Error::NotFound { .. } | Error::Invalid(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
        if turn % 8 == 0 {
            let now = counts(&store, &campaigns, id).await;
            most.connected = most.connected.max(now.connected);
            most.messages_sent = most.messages_sent.max(now.messages_sent);
            most.replied = most.replied.max(now.replied);
            most.successful_leads = most.successful_leads.max(now.successful_leads);
            most.finished = most.finished.max(now.finished);
        }
    }
    assert!(done > 150, "{done}");
    for id in &all {
        counts(&store, &campaigns, *id).await;
    }
    assert!(
        [most.connected, most.messages_sent, most.replied, most.successful_leads, most.finished].iter().all(|most| *most > 0),
        "{most:?}"
    );

    // The newest change of each campaign in the log equals its row.
    settled(&store).await;
    let mut told: std::collections::HashMap<CampaignId, Campaign> = std::collections::HashMap::new();
    for change in store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 10_000))).await.unwrap() {
        match change.after {
            Some(Record::Campaign(campaign)) => _ = told.insert(campaign.id, *campaign),
            Some(Record::Figures(figures)) => assert!(told.get_mut(&figures.campaign_id).unwrap().take(&figures), "newer each time"),
            _ => {}
        }
    }
    assert_eq!(told.len(), all.len());
    for id in all {
        assert_eq!(find(&campaigns, id).await, told[&id]);
    }
    store.close().await;
}

async fn many_at_once_neither_wait_in_a_circle_nor_miscount(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 8).await;
    let mut all = Vec::new();
    for name in ["A", "B"] {
        all.push(campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, ..named(name) }).await.unwrap().id);
    }
    let jobs = (0..60).map(|n: usize| {
        let (store, leads, campaigns, people, id) = (store.clone(), leads.clone(), campaigns.clone(), people.clone(), all[n % 2]);
        tokio::spawn(async move {
            let one = &people[n % 8];
            match n % 5 {
                0 => campaigns.enroll(&member(), id, Selection::Matching(Rule::everyone())).await.map(drop),
                1 => campaigns.enroll(&member(), id, Selection::Leads(people.iter().rev().map(|lead| lead.id).collect())).await.map(drop),
                2 => campaigns.unenroll(&member(), id, ids(&people[n % 8..])).await.map(drop),
                3 => campaigns.work(&member(), one.id, Task::SendRequest, None).await.map(drop),
                _ => match leads.delete(&member(), one.id).await {
                    Ok(change) => undo(&store, &member(), change).await.map(drop),
                    Err(error) => Err(error),
                },
            }
        })
    });
    for done in futures::future::join_all(jobs).await {
        let done = done.unwrap();
        assert!(matches!(done, Ok(()) | Err(Error::Conflict(_) | Error::NotFound { .. })), "{done:?}");
    }
    for id in all {
        counts(&store, &campaigns, id).await;
    }
    store.close().await;
}
