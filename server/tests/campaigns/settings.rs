//! A campaign's fields and its status.

use super::*;
use crate::common::TestDb;

both_dbs!(
    a_new_campaign_has_the_starter_sequence_and_a_name_of_its_own,
    a_text_with_an_unknown_field_is_refused_where_it_is_new,
    only_the_transitions_of_the_table_happen,
    edits_merge_by_field_and_clash_only_on_the_same_one,
    a_copy_is_a_draft_without_leads,
    lists_are_searched_sorted_and_paged,
    a_viewer_reads_and_writes_nothing
);

async fn a_new_campaign_has_the_starter_sequence_and_a_name_of_its_own(db: &TestDb) {
    let (store, _, campaigns) = service(db).await;
    let spring = campaigns.create(&member(), NewCampaign { description: " First\0 try ".into(), ..named(" Spring ") }).await.unwrap();
    assert_eq!(
        (spring.name.as_str(), spring.description.as_str(), spring.status, spring.revision),
        ("Spring", "First try", CampaignStatus::Draft, 1)
    );
    let steps: Vec<_> =
        spring.steps.iter().map(|step| (step.position, step.kind, step.title.as_str(), step.delay_days, step.active)).collect();
    assert_eq!(
        steps,
        [
            (1, StepKind::ConnectionRequest, "Connection Request", 0, true),
            (2, StepKind::FollowUpMessage, "Follow-up 1", 3, true),
            (3, StepKind::FollowUpMessage, "Follow-up 2", 7, true),
        ]
    );
    assert!(spring.steps.iter().all(|step| !step.id.0.is_nil() && step.content.contains("{firstName}")));
    assert_eq!((&spring.counts, spring.created_by.as_str()), (&Counts::default(), "Mia Member"));
    assert_eq!(find(&campaigns, spring.id).await, spring);

    let taken = campaigns.create(&member(), named("SPRING")).await;
    assert!(
        matches!(&taken, Err(Error::Duplicate { existing, .. }) if existing.id == spring.id.0 && existing.name == "Spring"),
        "{taken:?}"
    );
    let other = campaigns.create(&member(), named("Autumn")).await.unwrap();
    let taken = campaigns.update(&member(), other.id, patch(|set| set.name = Some("spring".into()))).await;
    assert!(matches!(&taken, Err(Error::Duplicate { existing, .. }) if existing.id == spring.id.0), "{taken:?}");
    assert_eq!(campaigns.update(&member(), spring.id, patch(|set| set.name = Some("SPRING".into()))).await.unwrap().name, "SPRING");

    let wrong = NewCampaign {
        name: "x".repeat(100_000),
        description: "y".repeat(100_000),
        steps: Some(vec![Step { title: " ".into(), delay_days: -1, ..starter_sequence()[0].clone() }]),
        ..named("")
    };
    let Err(Error::Invalid(errors)) = campaigns.create(&member(), wrong).await else { panic!("accepted") };
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["name", "description", "steps.0.title", "steps.0.delayDays"]);
    store.close().await;
}

async fn a_text_with_an_unknown_field_is_refused_where_it_is_new(db: &TestDb) {
    let (store, _, campaigns) = service(db).await;
    let with = |content: &str| vec![Step { content: content.to_owned(), ..starter_sequence()[1].clone() }];
    let refused = campaigns.create(&member(), NewCampaign { steps: Some(with("Hi {firstname}")), ..named("Spring") }).await.unwrap_err();
    assert!(refused.on_field("steps.0.content").is_some_and(|text| text.contains("{firstName}, {lastName}")), "{refused}");
    let spring = campaigns.create(&member(), NewCampaign { steps: Some(with("Hi {firstName}")), ..named("Spring") }).await.unwrap();
    let refused = campaigns.update(&member(), spring.id, patch(|set| set.steps = Some(with("In {shoeSize}")))).await.unwrap_err();
    assert!(refused.on_field("steps.0.content").is_some(), "{refused}");

    // A step stored before this check existed stays valid, also in a copy.
    let old = serde_json::to_string(&vec![Step { content: "In {shoeSize}".to_owned(), ..spring.steps[0].clone() }]).unwrap();
    let steps =
        if db.url.starts_with("sqlite") { "UPDATE campaign SET steps = $1" } else { "UPDATE campaign SET steps = CAST($1 AS JSONB)" };
    store.write(&member(), move |tx| Box::pin(async move { tx.run_one(sql(steps).bind(old)).await })).await.unwrap();
    let kept = find(&campaigns, spring.id).await.steps;
    let renamed = kept.iter().map(|step| Step { title: "Renamed".into(), ..step.clone() }).collect();
    assert_eq!(campaigns.update(&member(), spring.id, patch(|set| set.steps = Some(renamed))).await.unwrap().steps[0].title, "Renamed");
    assert_eq!(campaigns.duplicate(&member(), spring.id).await.unwrap().steps[0].content, "In {shoeSize}");
    store.close().await;
}

async fn only_the_transitions_of_the_table_happen(db: &TestDb) {
    let (store, _, campaigns) = service(db).await;
    let id = campaigns.create(&member(), named("Spring")).await.unwrap().id;
    let refused = campaigns.act(&member(), id, CampaignAction::Pause).await;
    assert!(matches!(&refused, Err(Error::Conflict(text)) if text.contains("Start, Stop")), "{refused:?}");
    let started = campaigns.act(&member(), id, CampaignAction::Start).await.unwrap();
    assert!(started.status == CampaignStatus::Active && started.started_at.is_some() && started.ended_at.is_none());
    assert_eq!(campaigns.act(&member(), id, CampaignAction::Pause).await.unwrap().status, CampaignStatus::Paused);
    // An edit can change the status too, by the same table of transitions.
    let active = campaigns.update(&member(), id, patch(|set| set.status = Some(CampaignStatus::Active))).await.unwrap();
    assert_eq!((active.status, active.started_at), (CampaignStatus::Active, started.started_at));
    let back = campaigns.update(&member(), id, patch(|set| set.status = Some(CampaignStatus::Draft))).await;
    assert!(matches!(&back, Err(Error::Conflict(text)) if text.contains("Pause, Complete, Stop")), "{back:?}");
    let done = campaigns.act(&member(), id, CampaignAction::Complete).await.unwrap();
    assert!(done.ended_at.is_some());
    for action in CampaignAction::ALL.iter().filter(|action| **action != CampaignAction::Reopen) {
        assert!(matches!(campaigns.act(&member(), id, *action).await, Err(Error::Conflict(_))));
    }
    assert_eq!(find(&campaigns, id).await, done);
    let reopened = campaigns.act(&member(), id, CampaignAction::Reopen).await.unwrap();
    assert_eq!((reopened.status, reopened.started_at, reopened.ended_at), (CampaignStatus::Paused, started.started_at, None));
    let draft = campaigns.create(&member(), named("Never begun")).await.unwrap().id;
    let stopped = campaigns.act(&member(), draft, CampaignAction::Cancel).await.unwrap();
    assert_eq!((stopped.status, stopped.started_at), (CampaignStatus::Cancelled, None));
    let again = campaigns.act(&member(), draft, CampaignAction::Reopen).await.unwrap();
    assert_eq!((again.status, again.started_at, again.ended_at), (CampaignStatus::Draft, None, None), "as it was");
    assert_eq!(campaigns.act(&member(), draft, CampaignAction::Start).await.unwrap().status, CampaignStatus::Active);
    let unknown = CampaignId(store.clock.id());
    assert!(matches!(campaigns.act(&member(), unknown, CampaignAction::Start).await, Err(Error::NotFound { .. })));
    store.close().await;
}

async fn edits_merge_by_field_and_clash_only_on_the_same_one(db: &TestDb) {
    let (store, _, campaigns) = service(db).await;
    let seen = campaigns.create(&member(), named("Spring")).await.unwrap();
    let based = |set: CampaignPatch| CampaignEdit { base: Some(set.values_in(&seen)), set, revision: None };
    campaigns.update(&member(), seen.id, based(CampaignPatch { name: Some("Theirs".into()), ..CampaignPatch::default() })).await.unwrap();
    let merged = campaigns
        .update(&member(), seen.id, based(CampaignPatch { description: Some("Mine".into()), ..CampaignPatch::default() }))
        .await
        .unwrap();
    assert_eq!((merged.name.as_str(), merged.description.as_str(), merged.revision), ("Theirs", "Mine", 3));
    let clash = campaigns.update(&member(), seen.id, based(CampaignPatch { name: Some("Mine".into()), ..CampaignPatch::default() })).await;
    let Err(Error::Stale { fields, theirs }) = clash else { panic!("{clash:?}") };
    assert_eq!((fields, theirs.as_campaign()), (vec!["name".to_owned()], Some(&merged)));
    let strict = |revision| CampaignEdit { revision: Some(revision), ..patch(|set| set.description = Some("Strict".into())) };
    assert!(matches!(campaigns.update(&member(), seen.id, strict(1)).await, Err(Error::Stale { .. })));
    assert_eq!(campaigns.update(&member(), seen.id, strict(3)).await.unwrap().revision, 4);
    assert_eq!(campaigns.update(&member(), seen.id, strict(4)).await.unwrap().revision, 4, "nothing changed, nothing written");

    let mut steps = seen.steps.clone();
    steps.swap(1, 2);
    steps.push(Step { id: domain::StepId(uuid::Uuid::nil()), kind: StepKind::Call, title: "Call".into(), ..steps[0].clone() });
    let longer = campaigns.update(&member(), seen.id, patch(|set| set.steps = Some(steps.clone()))).await.unwrap();
    let order: Vec<_> = longer.steps.iter().map(|step| (step.position, step.title.as_str())).collect();
    assert_eq!(order, [(1, "Connection Request"), (2, "Follow-up 2"), (3, "Follow-up 1"), (4, "Call")]);
    assert!(longer.steps[1].id == seen.steps[2].id && !longer.steps[3].id.0.is_nil());
    steps[0].id = domain::StepId(store.clock.id());
    assert!(campaigns.update(&member(), seen.id, patch(|set| set.steps = Some(steps))).await.unwrap_err().on_field("steps.0.id").is_some());
    store.close().await;
}

async fn a_copy_is_a_draft_without_leads(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 2).await;
    let spring = campaigns
        .create(&member(), NewCampaign { description: "As it was".into(), status: CampaignStatus::Active, ..named("100%_Spring") })
        .await
        .unwrap();
    campaigns.enroll(&member(), spring.id, ids(&people)).await.unwrap();
    for name in ["100%_Spring (copy)", "100%_Spring (copy 2)", "100%_Spring (copy 3)"] {
        let copy = campaigns.duplicate(&member(), spring.id).await.unwrap();
        assert_eq!(
            (copy.name.as_str(), copy.description.as_str(), copy.status, &copy.counts),
            (name, "As it was", CampaignStatus::Draft, &Counts::default())
        );
        assert!(copy.steps.iter().zip(&spring.steps).all(|(new, old)| new.id != old.id && new.content == old.content));
    }
    let long = campaigns.create(&member(), named(&"ß".repeat(NAME_MAX))).await.unwrap();
    assert!(campaigns.duplicate(&member(), long.id).await.unwrap().name.chars().count() <= NAME_MAX);
    store.close().await;
}

async fn lists_are_searched_sorted_and_paged(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 7).await;
    let mut all = Vec::new();
    for n in 0..7 {
        let status = if n % 2 == 0 { CampaignStatus::Active } else { CampaignStatus::Draft };
        let new = NewCampaign {
            status,
            description: format!("100%_of {}", ["ÄRGER", "fun"][n % 2]),
            ..named(&format!("Camp {}", (b'g' - n as u8) as char))
        };
        let id = campaigns.create(&member(), new).await.unwrap().id;
        campaigns.enroll(&member(), id, ids(&people[..n.max(1)])).await.unwrap();
        all.push(id);
    }
    for (n, person) in people[..4].iter().enumerate() {
        let status = if n == 0 { Status::Converted } else { Status::Responded };
        leads.update(&member(), person.id, edit(|set| set.status = Some(status))).await.unwrap();
    }
    campaigns.act(&member(), all[0], CampaignAction::Pause).await.unwrap();
    for column in CampaignColumn::ALL {
        for descending in [false, true] {
            let sort = Sort { column: *column, descending };
            let whole = campaigns.list(&member(), &CampaignQuery { sort, ..CampaignQuery::default() }).await.unwrap().data;
            assert_eq!((whole.campaigns.len(), whole.total, whole.next), (7, 7, None));
            let key = |one: &Campaign| match column {
                CampaignColumn::Name => (0, one.name.clone()),
                CampaignColumn::Status => {
                    (["draft", "active", "paused"].iter().position(|status| *status == one.status.as_str()).unwrap() as i64, String::new())
                }
                CampaignColumn::TotalLeads => (one.counts.total_leads, String::new()),
                CampaignColumn::SuccessfulLeads => (one.counts.successful_leads, String::new()),
                CampaignColumn::ResponseRate => (one.counts.response_rate(), String::new()),
                CampaignColumn::CreatedAt => (one.created_at.0, String::new()),
            };
            let keys: Vec<_> = whole.campaigns.iter().map(key).collect();
            assert!(if descending { keys.iter().rev().is_sorted() } else { keys.is_sorted() }, "{sort}: {keys:?}");
            let (mut query, mut paged) = (CampaignQuery { sort, limit: 2, ..CampaignQuery::default() }, Vec::new());
            loop {
                let page = campaigns.list(&member(), &query).await.unwrap().data;
                paged.extend(page.campaigns);
                let Some(next) = page.next else { break };
                query.cursor = Some(next);
            }
            assert_eq!(paged, whole.campaigns, "{sort}");
        }
    }
    let find = async |search: &str, status| {
        campaigns.list(&member(), &CampaignQuery { search: search.into(), status, ..CampaignQuery::default() }).await.unwrap().data.total
    };
    assert_eq!((find("ärger", None).await, find("0%_O", None).await, find("camp_", None).await, find("\\", None).await), (4, 7, 0, 0));
    assert_eq!((find("ärger", Some(CampaignStatus::Draft)).await, find("", Some(CampaignStatus::Draft)).await), (0, 3));
    let limit = CampaignQuery { limit: 0, ..CampaignQuery::default() };
    assert!(campaigns.list(&member(), &limit).await.unwrap_err().on_field("limit").is_some());
    store.close().await;
}

async fn a_viewer_reads_and_writes_nothing(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let people = people(&leads, 1).await;
    let id = campaigns.create(&member(), named("Spring")).await.unwrap().id;
    let viewer = Actor { role: Role::Viewer, ..member() };
    assert_eq!(campaigns.list(&viewer, &CampaignQuery::default()).await.unwrap().data.total, 1);
    assert!(campaigns.get(&viewer, id).await.unwrap().is_some());
    assert!(campaigns.enrolled(&viewer, id, &EnrollmentQuery::default()).await.is_ok());
    let refused = [
        campaigns.create(&viewer, named("B")).await.err(),
        campaigns.update(&viewer, id, patch(|set| set.name = Some("B".into()))).await.err(),
        campaigns.act(&viewer, id, CampaignAction::Start).await.err(),
        campaigns.duplicate(&viewer, id).await.err(),
        campaigns.delete(&viewer, id).await.err(),
        campaigns.enroll(&viewer, id, ids(&people)).await.err(),
        campaigns.unenroll(&viewer, id, ids(&people)).await.err(),
        campaigns.work(&viewer, people[0].id, Task::SendRequest, None).await.err(),
    ];
    assert!(refused.iter().all(|error| matches!(error, Some(Error::Forbidden(_)))), "{refused:?}");
    assert_eq!(find(&campaigns, id).await.revision, 1);
    let deleted = campaigns.delete(&member(), id).await.unwrap();
    assert!(matches!(undo(&store, &viewer, deleted).await, Err(Error::Forbidden(_))));
    store.close().await;
}
