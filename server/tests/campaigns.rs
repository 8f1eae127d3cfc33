//! Campaigns through their service: running, enrolling, working by hand, and counters that always equal a recount.

use crate::common::{
    campaigns::*,
    leads::{edit, member, settled},
};
use domain::{
    Actor, CampaignId, Error, Record, Role,
    campaigns::*,
    leads::{Connection, Lead, NewLead, Status},
    page::Sort,
    rule::{self, Rule, Value},
    services::{CampaignService, LeadService},
};
use server::store::{log, sql};

fn patch(set: impl FnOnce(&mut CampaignPatch)) -> CampaignEdit {
    let mut patch = CampaignPatch::default();
    set(&mut patch);
    CampaignEdit::set(patch)
}

/// The same numbers in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

both_dbs! {
    async fn a_new_campaign_has_the_starter_sequence_and_a_name_of_its_own(db: &TestDb) {
        let (store, _, campaigns) = service(db).await;
        let spring = campaigns.create(&member(), NewCampaign { description: " First\0 try ".into(), ..named(" Spring ") }).await.unwrap();
        assert_eq!((spring.name.as_str(), spring.description.as_str(), spring.status, spring.revision), ("Spring", "First try", CampaignStatus::Draft, 1));
        let steps: Vec<_> = spring.steps.iter().map(|step| (step.position, step.kind, step.title.as_str(), step.delay_days, step.active)).collect();
        assert_eq!(steps, [
            (1, StepKind::ConnectionRequest, "Connection Request", 0, true),
            (2, StepKind::FollowUpMessage, "Follow-up 1", 3, true),
            (3, StepKind::FollowUpMessage, "Follow-up 2", 7, true),
        ]);
        assert!(spring.steps.iter().all(|step| !step.id.0.is_nil() && step.content.contains("{firstName}")));
        assert_eq!((&spring.counts, spring.created_by.as_str()), (&Counts::default(), "Mia Member"));
        assert_eq!(find(&campaigns, spring.id).await, spring);

        let taken = campaigns.create(&member(), named("SPRING")).await;
        assert!(matches!(&taken, Err(Error::DuplicateCampaign { existing }) if existing.id == spring.id && existing.name == "Spring"), "{taken:?}");
        let other = campaigns.create(&member(), named("Autumn")).await.unwrap();
        let taken = campaigns.update(&member(), other.id, patch(|set| set.name = Some("spring".into()))).await;
        assert!(matches!(&taken, Err(Error::DuplicateCampaign { existing }) if existing.id == spring.id), "{taken:?}");
        assert_eq!(campaigns.update(&member(), spring.id, patch(|set| set.name = Some("SPRING".into()))).await.unwrap().name, "SPRING");

        let wrong = NewCampaign { name: "x".repeat(100_000), description: "y".repeat(100_000), steps: Some(vec![Step { title: " ".into(), delay_days: -1, ..starter_sequence()[0].clone() }]), ..named("") };
        let Err(Error::Invalid(errors)) = campaigns.create(&member(), wrong).await else { panic!("accepted") };
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["name", "description", "steps.0.title", "steps.0.delayDays"]);
        store.close().await;
    }

    async fn only_the_transitions_of_the_table_happen(db: &TestDb) {
        let (store, _, campaigns) = service(db).await;
        let id = campaigns.create(&member(), named("Spring")).await.unwrap().id;
        let refused = campaigns.act(&member(), id, CampaignAction::Pause).await;
        assert!(matches!(&refused, Err(Error::Conflict(text)) if text.contains("start, cancel")), "{refused:?}");
        let started = campaigns.act(&member(), id, CampaignAction::Start).await.unwrap();
        assert!(started.status == CampaignStatus::Active && started.started_at.is_some() && started.ended_at.is_none());
        assert_eq!(campaigns.act(&member(), id, CampaignAction::Pause).await.unwrap().status, CampaignStatus::Paused);
        // An edit may do it too, by the same table.
        let active = campaigns.update(&member(), id, patch(|set| set.status = Some(CampaignStatus::Active))).await.unwrap();
        assert_eq!((active.status, active.started_at), (CampaignStatus::Active, started.started_at));
        let back = campaigns.update(&member(), id, patch(|set| set.status = Some(CampaignStatus::Draft))).await;
        assert!(matches!(&back, Err(Error::Conflict(text)) if text.contains("pause, complete, cancel")), "{back:?}");
        let done = campaigns.act(&member(), id, CampaignAction::Complete).await.unwrap();
        assert!(done.ended_at.is_some());
        for action in CampaignAction::ALL {
            assert!(matches!(campaigns.act(&member(), id, *action).await, Err(Error::Conflict(_))));
        }
        assert_eq!(find(&campaigns, id).await, done);
        let unknown = CampaignId(store.clock.id());
        assert!(matches!(campaigns.act(&member(), unknown, CampaignAction::Start).await, Err(Error::NotFound { .. })));
        store.close().await;
    }

    async fn edits_merge_by_field_and_clash_only_on_the_same_one(db: &TestDb) {
        let (store, _, campaigns) = service(db).await;
        let seen = campaigns.create(&member(), named("Spring")).await.unwrap();
        let based = |set: CampaignPatch| CampaignEdit { base: Some(set.values_in(&seen)), set, revision: None };
        campaigns.update(&member(), seen.id, based(CampaignPatch { name: Some("Theirs".into()), ..CampaignPatch::default() })).await.unwrap();
        let merged = campaigns.update(&member(), seen.id, based(CampaignPatch { description: Some("Mine".into()), ..CampaignPatch::default() })).await.unwrap();
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
        let spring = campaigns.create(&member(), NewCampaign { description: "As it was".into(), status: CampaignStatus::Active, ..named("100%_Spring") }).await.unwrap();
        campaigns.enrol(&member(), spring.id, ids(&people)).await.unwrap();
        for name in ["100%_Spring (copy)", "100%_Spring (copy 2)", "100%_Spring (copy 3)"] {
            let copy = campaigns.duplicate(&member(), spring.id).await.unwrap();
            assert_eq!((copy.name.as_str(), copy.description.as_str(), copy.status, &copy.counts), (name, "As it was", CampaignStatus::Draft, &Counts::default()));
            assert!(copy.steps.iter().zip(&spring.steps).all(|(new, old)| new.id != old.id && new.content == old.content));
        }
        let long = campaigns.create(&member(), named(&"ß".repeat(NAME_MAX))).await.unwrap();
        assert!(campaigns.duplicate(&member(), long.id).await.unwrap().name.chars().count() <= NAME_MAX);
        store.close().await;
    }

    async fn enrolling_twice_adds_nobody_and_leads_outlive_their_campaign(db: &TestDb) {
        let (store, leads, campaigns) = service(db).await;
        let people = people(&leads, 6).await;
        let spring = campaigns.create(&member(), named("Spring")).await.unwrap().id;
        assert_eq!(campaigns.enrol(&member(), spring, ids(&people[..3])).await, Ok(3));
        assert_eq!(campaigns.enrol(&member(), spring, ids(&people[..3])).await, Ok(0));
        assert_eq!(campaigns.enrol(&member(), spring, ids(&people[2..4])).await, Ok(1));
        assert_eq!(members(&campaigns, spring, &people).await, [0, 1, 2, 3]);
        let ends_with = |text: &str| Selection::Matching(Rule::test("name", rule::Op::EndsWith, Value::Text(text.into())));
        assert_eq!(campaigns.enrol(&member(), spring, ends_with("5")).await, Ok(1));
        assert_eq!(campaigns.enrol(&member(), spring, Selection::Matching(Rule::everyone())).await, Ok(1));
        assert_eq!(counts(&store, &campaigns, spring).await.total_leads, 6);
        assert_eq!(campaigns.unenrol(&member(), spring, ends_with("0")).await, Ok(1));
        assert_eq!(campaigns.unenrol(&member(), spring, ids(&people[..2])).await, Ok(1), "the other was out already");
        assert_eq!(members(&campaigns, spring, &people).await, [2, 3, 4, 5]);
        assert_eq!(counts(&store, &campaigns, spring).await.standing, [4]);

        let nobody = Selection::Leads(vec![domain::LeadId(store.clock.id())]);
        assert!(matches!(campaigns.enrol(&member(), spring, nobody).await, Err(Error::NotFound { .. })));
        assert!(campaigns.enrol(&member(), spring, Selection::Leads(vec![])).await.is_err());
        assert!(campaigns.enrol(&member(), spring, Selection::Matching(Rule::test("nonsense", rule::Op::IsSet, Value::None))).await.is_err());
        let unknown = CampaignId(store.clock.id());
        assert!(matches!(campaigns.enrol(&member(), unknown, ids(&people)).await, Err(Error::NotFound { .. })));
        let rows = store.read(|conn| Box::pin(conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM enrolment")))).await.unwrap();
        assert_eq!(rows, (4,), "nothing is left of what was refused");

        campaigns.act(&member(), spring, CampaignAction::Cancel).await.unwrap();
        assert!(matches!(campaigns.enrol(&member(), spring, ids(&people)).await, Err(Error::Conflict(_))));
        campaigns.delete(&member(), spring).await.unwrap();
        assert!(campaigns.get(&member(), spring).await.unwrap().is_none());
        assert!(matches!(campaigns.delete(&member(), spring).await, Err(Error::NotFound { .. })));
        assert!(matches!(campaigns.enrolled(&member(), spring, &EnrolmentQuery::default()).await, Err(Error::NotFound { .. })));
        assert_eq!(leads.count(&member(), &Rule::everyone()).await, Ok(6));
        assert!(leads.update(&member(), people[3].id, edit(|set| set.status = Some(Status::Converted))).await.is_ok());
        assert_eq!(campaigns.create(&member(), named("spring")).await.unwrap().counts, Counts::default(), "the name is free again");

        // What the deleted campaign left goes with the log.
        settled(&store).await;
        store.prune(domain::Timestamp(i64::MAX)).await.unwrap();
        let rows = store.read(|conn| Box::pin(conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM enrolment")))).await.unwrap();
        assert_eq!(rows, (0,));
        store.close().await;
    }

    async fn a_lead_is_worked_by_hand_as_its_sheet_says(db: &TestDb) {
        let (store, leads, campaigns) = service(db).await;
        let people = people(&leads, 3).await;
        let spring = campaigns.create(&member(), named("Spring")).await.unwrap().id;
        campaigns.enrol(&member(), spring, ids(&people)).await.unwrap();
        campaigns.act(&member(), spring, CampaignAction::Start).await.unwrap();
        let work = async |n: usize, task| campaigns.work(&member(), people[n].id, task, None).await;

        let sent = work(0, Task::SendRequest).await.unwrap();
        assert_eq!((sent.lead.connection, sent.lead.status, sent.lead.last_activity.as_str()), (Connection::RequestSent, Status::Contacted, "Connection request sent"));
        assert_eq!(leads.get(&member(), people[0].id).await.unwrap().as_ref(), Some(&sent.lead));
        assert_eq!((sent.enrolments[0].step, sent.enrolments[0].state), (1, EnrolmentState::Requested));
        let again = work(0, Task::SendRequest).await;
        assert!(matches!(&again, Err(Error::Conflict(text)) if text.contains("accept, decline")), "{again:?}");
        assert!(matches!(work(0, Task::FollowUp).await, Err(Error::Conflict(_))), "not connected yet");
        let accepted = work(0, Task::Accept).await.unwrap();
        assert_eq!((accepted.lead.connection, accepted.lead.status, accepted.enrolments[0].state), (Connection::Connected, Status::Contacted, EnrolmentState::Connected));
        let followed = work(0, Task::FollowUp).await.unwrap();
        assert_eq!((followed.lead.last_activity.as_str(), followed.enrolments[0].step, followed.enrolments[0].messages), ("Follow-up 1 done", 2, 1));
        let last = work(0, Task::FollowUp).await.unwrap();
        assert_eq!((last.enrolments[0].step, last.enrolments[0].state), (3, EnrolmentState::Finished));

        // They asked us.
        leads.update(&member(), people[1].id, edit(|set| set.connection = Some(Connection::RequestReceived))).await.unwrap();
        let answered = work(1, Task::Accept).await.unwrap();
        assert_eq!((answered.lead.status, answered.enrolments[0].state), (Status::Responded, EnrolmentState::Replied));
        // A refusal ends it there; the request was sent all the same.
        work(2, Task::SendRequest).await.unwrap();
        let declined = work(2, Task::Decline).await.unwrap();
        assert_eq!((declined.lead.connection, declined.enrolments[0].state, declined.enrolments[0].step), (Connection::NotConnected, EnrolmentState::Stopped, 1));
        // The plain edit of an older client counts too, and its undo takes it back.
        leads.update(&member(), people[1].id, edit(|set| set.status = Some(Status::Converted))).await.unwrap();
        let kept = counts(&store, &campaigns, spring).await;
        assert_eq!(kept, Counts { total_leads: 3, requests_sent: 2, connected: 2, messages_sent: 2, replied: 1, successful_leads: 1, finished: 1, standing: vec![1, 1, 0, 1] });
        assert_eq!((kept.response_rate(), kept.reached(1)), (3_333, 2));
        let change = crate::common::leads::changes_of(&store, people[1].id).await.into_iter().find(|change| matches!(change.after, Some(Record::Lead(_)))).unwrap();
        leads.undo(&member(), change.id).await.unwrap();
        assert_eq!(counts(&store, &campaigns, spring).await.successful_leads, 0);

        let refused = campaigns.update(&member(), spring, patch(|set| set.steps = Some(vec![]))).await;
        assert!(matches!(&refused, Err(Error::Conflict(text)) if text.contains("first 3 steps")), "{refused:?}");
        leads.update(&member(), people[0].id, edit(|set| set.connection = Some(Connection::DoNotContact))).await.unwrap();
        for task in Task::ALL {
            assert!(matches!(work(0, *task).await, Err(Error::Conflict(_))));
        }
        assert_eq!(counts(&store, &campaigns, spring).await.connected, 1);
        store.close().await;
    }

    async fn a_follow_up_is_of_one_campaign(db: &TestDb) {
        let (store, leads, campaigns) = service(db).await;
        let lead = leads.create(&member(), NewLead { connection: Connection::Connected, ..crate::common::leads::new_lead("Ana", "ana@b.example") }).await.unwrap();
        let call = |name: &str| NewCampaign { steps: Some(vec![Step { kind: StepKind::Call, title: format!("Call {name}"), ..starter_sequence()[1].clone() }]), ..named(name) };
        let mut all = Vec::new();
        for name in ["Spring", "Summer", "Autumn"] {
            let id = campaigns.create(&member(), call(name)).await.unwrap().id;
            campaigns.enrol(&member(), id, ids(std::slice::from_ref(&lead))).await.unwrap();
            all.push(id);
        }
        let work = async |within| campaigns.work(&member(), lead.id, Task::FollowUp, within).await;
        let free = work(None).await.unwrap();
        assert_eq!((free.lead.last_activity.as_str(), free.enrolments.as_slice()), ("Message sent", &[][..]), "none of them has begun");
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
        assert_eq!(counts(&store, &campaigns, all[2]).await, Counts { total_leads: 1, standing: vec![1], ..Counts::default() }, "a draft sees nothing");
        store.close().await;
    }

    async fn a_deleted_lead_counts_no_more_until_it_comes_back(db: &TestDb) {
        let (store, leads, campaigns) = service(db).await;
        let people = people(&leads, 2).await;
        let spring = campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, ..named("Spring") }).await.unwrap().id;
        campaigns.enrol(&member(), spring, ids(&people)).await.unwrap();
        campaigns.work(&member(), people[0].id, Task::SendRequest, None).await.unwrap();
        let before = counts(&store, &campaigns, spring).await;
        let deleted = leads.delete(&member(), people[0].id).await.unwrap();
        assert_eq!(counts(&store, &campaigns, spring).await, Counts { total_leads: 1, standing: vec![1], ..Counts::default() });
        leads.undo(&member(), deleted).await.unwrap();
        assert_eq!(counts(&store, &campaigns, spring).await, before);
        store.close().await;
    }

    async fn a_deleted_campaign_comes_back_with_those_who_are_still_there(db: &TestDb) {
        let (store, leads, campaigns) = service(db).await;
        let people = people(&leads, 3).await;
        let spring = campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, ..named("Spring") }).await.unwrap().id;
        campaigns.enrol(&member(), spring, ids(&people)).await.unwrap();
        campaigns.work(&member(), people[1].id, Task::SendRequest, None).await.unwrap();
        let before = find(&campaigns, spring).await;
        let deleted = campaigns.delete(&member(), spring).await.unwrap();
        let lead_gone = leads.delete(&member(), people[0].id).await.unwrap();
        let taker = campaigns.create(&member(), named("SPRING")).await.unwrap();
        assert!(matches!(campaigns.undo(&member(), deleted).await, Err(Error::DuplicateCampaign { existing }) if existing.id == taker.id));
        let taker_gone = campaigns.delete(&member(), taker.id).await.unwrap();

        let back = campaigns.undo(&member(), deleted).await.unwrap().unwrap();
        assert_eq!(find(&campaigns, spring).await, back);
        assert_eq!((back.revision, &back.steps, back.status), (before.revision + 1, &before.steps, CampaignStatus::Active));
        assert_eq!((members(&campaigns, spring, &people).await, counts(&store, &campaigns, spring).await.standing), (vec![1, 2], vec![1, 1]));
        leads.undo(&member(), lead_gone).await.unwrap();
        assert_eq!(counts(&store, &campaigns, spring).await, before.counts);
        assert!(matches!(campaigns.undo(&member(), deleted).await, Err(Error::Conflict(_))), "twice");
        assert!(matches!(campaigns.undo(&member(), taker_gone).await, Err(Error::DuplicateCampaign { .. })));
        assert_eq!(campaigns.undo(&member(), lead_gone).await, Ok(None), "not about a campaign");
        store.close().await;
    }

    async fn counters_equal_a_recount_after_anything(db: &TestDb) {
        let (store, leads, campaigns) = service(db).await;
        let people = people(&leads, 12).await;
        let mut all = Vec::new();
        for (name, steps) in [("A", None), ("B", None), ("C", Some(vec![Step { kind: StepKind::Call, ..starter_sequence()[0].clone() }]))] {
            all.push(campaigns.create(&member(), NewCampaign { status: CampaignStatus::Active, steps, ..named(name) }).await.unwrap().id);
        }
        let (mut dice, mut deleted, mut done) = (Dice(7), Vec::new(), 0);
        let mut most = Counts::default();
        for turn in 0..600 {
            let (who, id) = (dice.below(people.len()), dice.of(&all));
            let lead = people[who].id;
            let score = dice.below(12) as f64;
            let some = Selection::Matching(Rule::test("name", rule::Op::Contains, Value::Text(format!("{score}"))));
            let result = match dice.below(12) {
                0 | 1 => campaigns.enrol(&member(), id, ids(&people[who..])).await.map(drop),
                2 => campaigns.enrol(&member(), id, some).await.map(drop),
                3 => campaigns.unenrol(&member(), id, if dice.below(4) == 0 { some } else { ids(&people[who..=who]) }).await.map(drop),
                4 => campaigns.work(&member(), lead, Task::FollowUp, Some(id)).await.map(drop),
                5..=7 => campaigns.work(&member(), lead, dice.of(Task::ALL), Some(id).filter(|_| dice.below(2) == 0)).await.map(drop),
                8 => leads.update(&member(), lead, edit(|set| set.status = Some(dice.of(Status::ALL)))).await.map(drop),
                9 => leads.update(&member(), lead, edit(|set| set.connection = Some(dice.of(Connection::ALL)))).await.map(drop),
                10 => campaigns.act(&member(), id, dice.of(&[CampaignAction::Pause, CampaignAction::Resume])).await.map(drop),
                _ if deleted.len() < 4 => leads.delete(&member(), lead).await.map(|change| deleted.push(change)),
                _ => match deleted.pop() {
                    Some(change) => leads.undo(&member(), change).await.map(drop),
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
        assert!([most.connected, most.messages_sent, most.replied, most.successful_leads, most.finished].iter().all(|most| *most > 0), "{most:?}");

        // The log carries the same: its last word on each campaign is the row.
        settled(&store).await;
        for change in store.read(|conn| Box::pin(log::since(conn, 0, i64::MAX, 10_000))).await.unwrap().into_iter().rev() {
            if let Some(Record::Campaign(campaign)) = change.after
                && let Some(at) = all.iter().position(|id| *id == campaign.id)
            {
                assert_eq!(find(&campaigns, all.remove(at)).await, *campaign);
            }
        }
        assert!(all.is_empty());
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
            let (leads, campaigns, people, id) = (leads.clone(), campaigns.clone(), people.clone(), all[n % 2]);
            tokio::spawn(async move {
                let one = &people[n % 8];
                match n % 5 {
                    0 => campaigns.enrol(&member(), id, Selection::Matching(Rule::everyone())).await.map(drop),
                    1 => campaigns.enrol(&member(), id, Selection::Leads(people.iter().rev().map(|lead| lead.id).collect())).await.map(drop),
                    2 => campaigns.unenrol(&member(), id, ids(&people[n % 8..])).await.map(drop),
                    3 => campaigns.work(&member(), one.id, Task::SendRequest, None).await.map(drop),
                    _ => match leads.delete(&member(), one.id).await {
                        Ok(change) => leads.undo(&member(), change).await.map(drop),
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

    async fn lists_are_searched_sorted_and_paged(db: &TestDb) {
        let (store, leads, campaigns) = service(db).await;
        let people = people(&leads, 7).await;
        let mut all = Vec::new();
        for n in 0..7 {
            let status = if n % 2 == 0 { CampaignStatus::Active } else { CampaignStatus::Draft };
            let new = NewCampaign { status, description: format!("100%_of {}", ["ÄRGER", "fun"][n % 2]), ..named(&format!("Camp {}", (b'g' - n as u8) as char)) };
            let id = campaigns.create(&member(), new).await.unwrap().id;
            campaigns.enrol(&member(), id, ids(&people[..n.max(1)])).await.unwrap();
            all.push(id);
        }
        for (n, person) in people[..4].iter().enumerate() {
            let status = if n == 0 { Status::Converted } else { Status::Responded };
            leads.update(&member(), person.id, edit(|set| set.status = Some(status))).await.unwrap();
        }
        for column in CampaignColumn::ALL {
            for descending in [false, true] {
                let sort = Sort { column: *column, descending };
                let whole = campaigns.list(&member(), &CampaignQuery { sort, ..CampaignQuery::default() }).await.unwrap().data;
                assert_eq!((whole.campaigns.len(), whole.total, whole.next), (7, 7, None));
                let key = |one: &Campaign| match column {
                    CampaignColumn::Name => (0, one.name.clone()),
                    CampaignColumn::Status => (0, one.status.as_str().to_owned()),
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
        let find = async |search: &str, status| campaigns.list(&member(), &CampaignQuery { search: search.into(), status, ..CampaignQuery::default() }).await.unwrap().data.total;
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
        assert!(campaigns.enrolled(&viewer, id, &EnrolmentQuery::default()).await.is_ok());
        let refused = [
            campaigns.create(&viewer, named("B")).await.err(),
            campaigns.update(&viewer, id, patch(|set| set.name = Some("B".into()))).await.err(),
            campaigns.act(&viewer, id, CampaignAction::Start).await.err(),
            campaigns.duplicate(&viewer, id).await.err(),
            campaigns.delete(&viewer, id).await.err(),
            campaigns.undo(&viewer, domain::ChangeId(id.0)).await.err(),
            campaigns.enrol(&viewer, id, ids(&people)).await.err(),
            campaigns.unenrol(&viewer, id, ids(&people)).await.err(),
            campaigns.work(&viewer, people[0].id, Task::SendRequest, None).await.err(),
        ];
        assert!(refused.iter().all(|error| matches!(error, Some(Error::Forbidden(_)))), "{refused:?}");
        assert_eq!(find(&campaigns, id).await.revision, 1);
        store.close().await;
    }
}

/// Whoever is connected is asked in no campaign: the lead's facts come with it.
#[test]
fn a_lead_that_answered_before_is_no_reply_to_this_campaign() {
    let lead = |status| Lead {
        status,
        ..crate::common::leads::new_lead("Ana", "ana@b.example")
            .check()
            .unwrap()
            .into_lead(domain::LeadId(uuid::Uuid::nil()), domain::Timestamp(1))
    };
    let new = Enrolment::new(CampaignId(uuid::Uuid::nil()), domain::LeadId(uuid::Uuid::nil()), domain::Timestamp(1));
    let steps = starter_sequence();
    let further = new.clone().follow(&steps, &lead(Status::Responded), &lead(Status::Qualified), domain::Timestamp(2));
    assert_eq!(further, new);
    let replied = new.follow(&steps, &lead(Status::Contacted), &lead(Status::Qualified), domain::Timestamp(2));
    assert_eq!(replied.state, EnrolmentState::Replied);
}
