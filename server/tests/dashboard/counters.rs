//! Tallies compared with a recount.

use super::*;
use crate::common::TestDb;
use server::background::Background;

both_dbs!(kept_counters_equal_a_recount_after_any_changes_and_restarts, writes_at_once_count_once, sample_data_is_counted_too);

async fn kept_counters_equal_a_recount_after_any_changes_and_restarts(db: &TestDb) {
    let changes: usize = std::env::var("LINNET_TEST_CHANGES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_200);
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(db, folder.path()).await;
    let mut dice = Rng::with_seed(7);
    let me = Actor { who: ActorRef::System, role: Role::Manager, ..member() };
    let mut spring = Vec::new();
    for name in ["Spring", "Autumn"] {
        let new = NewCampaign { status: CampaignStatus::Active, ..campaigns::named(name) };
        spring.push(house.campaigns.create(&me, new).await.unwrap().id);
    }
    let (mut ids, mut gone, mut made): (Vec<LeadId>, Vec<LeadId>, usize) = (Vec::new(), Vec::new(), 0);
    for at in 0..changes {
        let pick = |dice: &mut Rng, ids: &[LeadId]| (!ids.is_empty()).then(|| dice.usize(..ids.len()));
        match dice.usize(..100) {
            0 => {
                let undo = dice.usize(..2) == 0;
                house.import(&mut dice, made, undo).await;
            }
            1..30 => {
                made += 1;
                // An import may already have added the address.
                if let Ok(lead) = house.leads.create(&me, random(&mut dice, made)).await {
                    ids.push(lead.id);
                }
            }
            30..75 => {
                if let Some(at) = pick(&mut dice, &ids) {
                    let to = random(&mut dice, made);
                    let fields = dice.usize(..8);
                    let set = edit(|patch| {
                        patch.stage = (fields & 1 > 0).then_some(to.stage);
                        patch.status = (fields & 2 > 0).then_some(to.status);
                        patch.value = (fields & 4 > 0).then_some(to.value);
                    });
                    house.leads.update(&me, ids[at], set).await.unwrap();
                }
            }
            75..85 => {
                if let Some(at) = pick(&mut dice, &ids) {
                    let id = ids.swap_remove(at);
                    house.leads.delete(&me, id).await.unwrap();
                    gone.push(id);
                }
            }
            85..97 => {
                if let Some(id) = gone.pop() {
                    settled(&house.store).await;
                    let change = newest_change(&house.store, id).await;
                    if undo(&house.store, &me, change).await.is_ok() {
                        ids.push(id);
                    }
                }
            }
            97 => {
                if let Some(at) = pick(&mut dice, &ids) {
                    let which = Selection::Leads(ids[at..].iter().take(20).copied().collect());
                    let action = match dice.usize(..3) {
                        0 => BulkAction::SetStage { stage: *dice.choice(Stage::ALL).unwrap() },
                        1 => BulkAction::SetStatus { status: *dice.choice(Status::ALL).unwrap() },
                        _ => BulkAction::Delete {},
                    };
                    let deletes = action == BulkAction::Delete {};
                    // So few leads are done when this returns.
                    let bulk = house.bulks.start(&me, NewBulk { action, which }).await.unwrap();
                    assert!(bulk.status.is_over(), "{bulk:?}");
                    if bulk.can_undo() && (deletes || dice.usize(..2) == 0) {
                        house.bulks.undo(&me, bulk.id).await.unwrap();
                    }
                }
            }
            98 => {
                if let Some(at) = pick(&mut dice, &ids) {
                    let which = Selection::Leads(ids[at..].iter().take(20).copied().collect());
                    house.campaigns.enroll(&me, *dice.choice(&spring).unwrap(), which).await.unwrap();
                }
            }
            // A rejected write must not change the tallies.
            _ => assert!(house.leads.create(&me, new_lead("Nobody", "nowhere")).await.is_err()),
        }
        if at % (changes / 5).max(1) == 0 {
            compare(&house.store).await;
            house.imports.shutdown().await;
            house.store.close().await;
            house = House::open(db, folder.path()).await;
        }
    }
    let counts = compare(&house.store).await;
    assert!(counts.iter().filter(|(kind, ..)| kind == "stage").count() > 4, "{counts:?}");
    let shown = Dashboards::new(house.store.clone()).read(&me, Range::Week).await.unwrap().data;
    assert!(shown.days.replies.iter().sum::<i64>() > 0 && shown.top.len() == 2, "{shown:?}");
    // The replies of a deleted campaign no longer count.
    house.campaigns.delete(&me, spring[0]).await.unwrap();
    compare(&house.store).await;
    house.imports.shutdown().await;
    house.store.close().await;
}

async fn writes_at_once_count_once(db: &TestDb) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(db, folder.path()).await;
    let me = member();
    let writes = (0..120).map(|n| {
        let (leads, me) = (house.leads.clone(), me.clone());
        tokio::spawn(async move {
            // Every third address is a duplicate, now or later.
            let lead = leads.create(&me, new_lead("Lead", &format!("l{}@dash.example", n - n % 3 / 2))).await?;
            leads.update(&me, lead.id, edit(|patch| patch.stage = Some(Stage::ALL[n % 7]))).await
        })
    });
    let done = futures::future::join_all(writes).await.into_iter().filter(|done| done.as_ref().unwrap().is_ok()).count();
    let counts = compare(&house.store).await;
    assert_eq!((done, counts.iter().filter(|(kind, ..)| kind == "stage").map(|(_, _, leads, _)| leads).sum()), (80, 80));
    house.store.close().await;
}

async fn sample_data_is_counted_too(db: &TestDb) {
    let store = db.open().await;
    store.write(&Actor::system(), |tx| Box::pin(demo::fill(tx))).await.unwrap();
    compare(&store).await;
    let shown = Dashboards::new(store.clone()).read(&member(), Range::Quarter).await.unwrap().data;
    assert_eq!(shown.total_leads(), 1_200);
    assert!(shown.days.replies.iter().sum::<i64>() > 50 && shown.response_rate() > 1_000 && shown.stages[0].value > 0);
    assert!(shown.top.iter().all(|one| one.total_leads > 0));
    assert_eq!(shown.recent[0].text(), "Linnet loaded 1,200 sample leads");
    store.close().await;
}
