//! Each bulk action and its effect on leads and campaigns.

use super::*;
use crate::common::TestDb;

both_dbs!(
    deleted_leads_come_back_with_all_that_was_theirs,
    leads_come_into_a_campaign_and_go_in_batches,
    enrollments_follow_and_their_counts_are_those_of_a_recount,
    each_action_does_what_it_says,
    who_has_all_tags_that_fit_is_left_out_and_counted,
    leads_can_be_chosen_by_their_campaign,
    an_undo_that_failed_half_way_goes_on_later
);

async fn deleted_leads_come_back_with_all_that_was_theirs(db: &TestDb) {
    let house = House::new(db).await;
    let people = people(&house.leads, 8).await;
    house.leads.add_note(&member(), people[0].id, "Called").await.unwrap();
    let spring = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    house.campaigns.enroll(&member(), spring, ids(&people[..5])).await.unwrap();
    house.campaigns.act(&member(), spring, CampaignAction::Start).await.unwrap();
    house.campaigns.work(&member(), people[1].id, Task::SendRequest, None).await.unwrap();
    let (before, counted) = (house.all().await, counts(&house.store, &house.campaigns, spring).await);

    let bulk = house.run(BulkAction::Delete {}, ids(&people[..7])).await;
    assert_eq!((numbers(&bulk), bulk.what.as_str()), ((BulkStatus::Done, 7, 7, 7), "deleted 7 leads"));
    assert_eq!(house.all().await.len(), 1);
    assert_eq!(counts(&house.store, &house.campaigns, spring).await, Counts::default());
    house.tallies_are_right().await;
    // Pruning the log keeps the undo images.
    server::prune::prune(&house.store, domain::Timestamp(1)).await.unwrap();

    let taken = house.leads.create(&member(), crate::common::leads::new_lead("Someone", "l6@b.example")).await.unwrap();
    let undone = house.undo(bulk.id).await;
    let what = "restored 6 leads, 1 left out (another lead has their e-mail)";
    assert_eq!((numbers(&undone), undone.left_out, undone.what.as_str()), ((BulkStatus::Undone, 7, 7, 6), 1, what));
    let named = format!("{} (l6@b.example)", people[6].name);
    assert!(undone.error.as_deref().is_some_and(|error| error.contains(&named)), "{:?}", undone.error);
    let after = house.all().await;
    assert!(after.iter().any(|lead| lead.id == taken.id) && after.iter().all(|lead| lead.id != people[6].id));
    for (old, now) in before[..6].iter().zip(&after) {
        assert_eq!(Lead { revision: now.revision, edited: now.edited, ..old.clone() }, *now);
        assert_eq!((now.revision, now.edited), (old.revision + 1, old.revision + 1));
    }
    assert_eq!(counts(&house.store, &house.campaigns, spring).await, counted);
    let detail = house.leads.detail(&member(), people[0].id).await.unwrap().unwrap().data;
    assert_eq!((detail.stage_history.len(), detail.timeline.is_empty()), (1, false));

    // Whoever was left out can be restored later, as often as it takes.
    let again = house.undo(bulk.id).await;
    assert_eq!((numbers(&again), again.left_out), ((BulkStatus::Undone, 1, 1, 0), 1));
    house.leads.update(&member(), taken.id, edit(|set| set.email = Some("other@b.example".into()))).await.unwrap();
    let whole = house.undo(bulk.id).await;
    assert_eq!((numbers(&whole), whole.left_out, whole.error), ((BulkStatus::Undone, 1, 1, 1), 0, None));
    assert!(house.all().await.iter().any(|lead| lead.id == people[6].id && lead.email == "l6@b.example"));
    assert!(matches!(house.bulks.undo(&member(), bulk.id).await, Err(Error::Conflict(_))));
    house.tallies_are_right().await;
}

async fn leads_come_into_a_campaign_and_go_in_batches(db: &TestDb) {
    let house = House::new(db).await;
    let people = people(&house.leads, 10).await;
    let campaign = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    let enroll = BulkAction::Enroll { campaign_id: campaign };
    let count = async || counts(&house.store, &house.campaigns, campaign).await.total_leads;
    house.run(enroll.clone(), ids(&people[..2])).await;
    let bulk = house.run(enroll.clone(), everyone()).await;
    assert_eq!((numbers(&bulk), bulk.what.as_str()), ((BulkStatus::Done, 10, 10, 8), "enrolled 8 leads in Spring"));
    assert_eq!(count().await, 10);

    // This lead has started since: it stays enrolled.
    house.campaigns.act(&member(), campaign, CampaignAction::Start).await.unwrap();
    house.campaigns.work(&member(), people[5].id, Task::SendRequest, None).await.unwrap();
    let undone = house.undo(bulk.id).await;
    assert_eq!((numbers(&undone), undone.what.as_str()), ((BulkStatus::Undone, 8, 8, 7), "took 7 leads out of Spring again"));
    assert_eq!(members(&house.campaigns, campaign, &people).await, [0, 1, 5]);
    assert_eq!(count().await, 3);

    let before = counts(&house.store, &house.campaigns, campaign).await;
    let out = house.run(BulkAction::Unenroll { campaign_id: campaign }, everyone()).await;
    assert_eq!((numbers(&out), out.what.as_str(), count().await), ((BulkStatus::Done, 10, 10, 3), "took 3 leads out of Spring", 0));
    house.leads.delete(&member(), people[1].id).await.unwrap();
    house.run(enroll.clone(), ids(&people[..1])).await;
    assert_eq!(numbers(&house.undo(out.id).await), (BulkStatus::Undone, 3, 3, 1));
    assert_eq!(members(&house.campaigns, campaign, &people).await, [0, 5]);
    assert_eq!((counts(&house.store, &house.campaigns, campaign).await.requests_sent, before.requests_sent), (1, 1));

    // The campaign ends halfway.
    let id = house.begin(enroll, everyone()).await.id;
    house.step(id).await;
    house.campaigns.act(&member(), campaign, CampaignAction::Complete).await.unwrap();
    let failed = house.step(id).await;
    assert_eq!(failed.status, BulkStatus::Failed);
    assert!(failed.error.as_deref().is_some_and(|text| text.contains("completed")), "{failed:?}");
}

async fn enrollments_follow_and_their_counts_are_those_of_a_recount(db: &TestDb) {
    let house = House::new(db).await;
    let people = people(&house.leads, 9).await;
    let mut campaigns: Vec<CampaignId> = Vec::new();
    for (name, range) in [("Spring", 0..6), ("Autumn", 3..9), ("Draft", 0..9)] {
        let id = house.campaigns.create(&member(), named(name)).await.unwrap().id;
        house.campaigns.enroll(&member(), id, ids(&people[range])).await.unwrap();
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
        (BulkAction::RenameTag { tag: "FAIR".into(), to: "Trade fair".into() }, "renamed the tag “FAIR” of 4 leads to “Trade fair”"),
        (BulkAction::RemoveTag { tag: "trade fair".into() }, "removed the tag “trade fair” from 4 leads"),
        (BulkAction::SetOwner { owner: Some(mia) }, "gave 4 leads to Mia"),
        (BulkAction::SetOwner { owner: None }, "removed the owner from 4 leads"),
        (BulkAction::SetStatus { status: Status::Qualified }, "set 4 leads to Qualified"),
        (set_stage(Stage::ClosedLost), "moved 4 leads to Closed Lost"),
    ] {
        let bulk = house.run(action, ids(&people)).await;
        assert_eq!((bulk.what.as_str(), bulk.total, bulk.done), (what, 4, 4));
        done.push(bulk.id);
    }
    let again = house.run(set_stage(Stage::ClosedLost), ids(&people)).await;
    assert_eq!(numbers(&again), (BulkStatus::Done, 4, 4, 0));
    // What a person set since stays, and is counted.
    let qualified = house.run(BulkAction::SetStatus { status: Status::Contacted }, ids(&people)).await;
    house.leads.update(&member(), people[0].id, edit(|set| set.status = Some(Status::Responded))).await.unwrap();
    let undone = house.undo(qualified.id).await;
    let what = "set 3 leads back from Contacted, 1 left out (edited since)";
    assert_eq!((numbers(&undone), undone.left_out, undone.what.as_str()), ((BulkStatus::Undone, 4, 4, 3), 1, what));
    house.leads.update(&member(), people[0].id, edit(|set| set.status = Some(Status::Qualified))).await.unwrap();
    assert!(matches!(house.bulks.undo(&member(), again.id).await, Err(Error::Conflict(_))));
    for id in done.into_iter().rev() {
        house.undo(id).await;
    }
    assert_eq!(seen(&house.all().await), seen(&before));
}

async fn leads_can_be_chosen_by_their_campaign(db: &TestDb) {
    let house = House::new(db).await;
    let people = people(&house.leads, 6).await;
    let spring = house.campaigns.create(&member(), named("Spring")).await.unwrap().id;
    let autumn = house.campaigns.create(&member(), named("Autumn")).await.unwrap().id;
    house.campaigns.enroll(&member(), spring, ids(&people[..3])).await.unwrap();
    house.campaigns.enroll(&member(), autumn, ids(&people[2..4])).await.unwrap();
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
    // The action makes leads stop matching its own rule.
    let out = house.run(BulkAction::Unenroll { campaign_id: spring }, Selection::Matching(rule(Op::Is, &[spring]))).await;
    assert_eq!((numbers(&out), found(rule(Op::IsSet, &[])).await), ((BulkStatus::Done, 2, 2, 2), vec![2, 3]));
    house.undo(out.id).await;
    assert_eq!(found(rule(Op::Is, &[spring])).await, [1, 2]);
    house.campaigns.delete(&member(), autumn).await.unwrap();
    assert_eq!(found(rule(Op::IsSet, &[])).await, [1, 2]);
}

async fn who_has_all_tags_that_fit_is_left_out_and_counted(db: &TestDb) {
    let house = House::new(db).await;
    let people = people(&house.leads, 3).await;
    let tags: Vec<String> = (0..50).map(|at| format!("t{at}")).collect();
    for (lead, count) in [(&people[0], 50), (&people[1], 49)] {
        house.leads.update(&member(), lead.id, edit(|set| set.tags = Some(tags[..count].to_vec()))).await.unwrap();
    }
    let bulk = house.run(BulkAction::AddTag { tag: "T49".to_owned() }, ids(&people)).await;
    assert_eq!((numbers(&bulk), bulk.left_out), ((BulkStatus::Done, 3, 3, 2), 0), "one has it already");
    let bulk = house.run(BulkAction::AddTag { tag: "vip".to_owned() }, ids(&people)).await;
    let what = "tagged 1 lead “vip”, 2 left out (50 tags already)";
    assert_eq!((numbers(&bulk), bulk.left_out, bulk.what.as_str()), ((BulkStatus::Done, 3, 3, 1), 2, what));
}

async fn an_undo_that_failed_half_way_goes_on_later(db: &TestDb) {
    let house = House::new(db).await;
    let people = people(&house.leads, 7).await;
    let bulk = house.run(BulkAction::AddTag { tag: "vip".to_owned() }, ids(&people)).await;
    assert_eq!(numbers(&bulk), (BulkStatus::Done, 7, 7, 7));
    let image = async |text: &'static str, values: Vec<server::store::Value>| {
        house.store.write(&member(), move |tx| Box::pin(async move { tx.run(sql(text).bind_all(values)).await })).await.unwrap()
    };
    let broken = server::store::Value::json(&serde_json::json!({ "tags": 7 })).unwrap();
    assert_eq!(image("UPDATE lead_image SET before = $1 WHERE lead_id = $2", vec![broken, people[4].id.into()]).await, 1);

    let head = house.head().await;
    let failed = house.undo(bulk.id).await;
    assert_eq!((numbers(&failed), failed.can_undo()), ((BulkStatus::Failed, 4, 4, 4), true), "a batch of 3 was reverted");
    let sets: Vec<_> = house
        .changes(head)
        .await
        .into_iter()
        .filter_map(|change| if let Some(Record::Set(set)) = change.after { Some(set) } else { None })
        .collect();
    assert_eq!(sets.iter().map(|set| (set.what.as_str(), set.count)).collect::<Vec<_>>(), [("removed the tag “vip” from 3 leads", 3)]);

    let mend = "UPDATE lead_image SET before = (SELECT other.before FROM lead_image AS other WHERE other.lead_id = $2) WHERE lead_id = $1";
    assert_eq!(image(mend, vec![people[4].id.into(), people[5].id.into()]).await, 1);
    assert_eq!(numbers(&house.undo(bulk.id).await), (BulkStatus::Undone, 4, 4, 4));
    assert!(house.all().await.iter().all(|lead| lead.tags.is_empty()));
}
