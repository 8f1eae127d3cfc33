//! Reordering, adding and removing steps while leads are in the sequence.

use super::*;
use crate::common::TestDb;
use domain::{ChangeId, StepId, leads::NewLead};
use server::{campaigns::Campaigns, store::Store};
use uuid::Uuid;

fn calls(titles: &[&str]) -> Vec<Step> {
    let call = |title: &&str| Step { kind: StepKind::Call, title: (*title).to_owned(), ..starter_sequence()[1].clone() };
    titles.iter().map(call).collect()
}

/// An active campaign of calls, and leads that have completed `done` steps each.
async fn begun(leads: &server::leads::Leads, campaigns: &Campaigns, done: &[usize]) -> (Campaign, Vec<Lead>) {
    let new = NewCampaign { status: CampaignStatus::Active, steps: Some(calls(&["A", "B", "C"])), ..named("Spring") };
    let spring = campaigns.create(&member(), new).await.unwrap();
    let mut people = Vec::new();
    for (n, done) in done.iter().enumerate() {
        let new = NewLead {
            connection: Connection::Connected,
            ..crate::common::leads::new_lead(&format!("Lead {n}"), &format!("l{n}@b.example"))
        };
        let lead = leads.create(&member(), new).await.unwrap();
        campaigns.enroll(&member(), spring.id, ids(std::slice::from_ref(&lead))).await.unwrap();
        for _ in 0..*done {
            campaigns.work(&member(), lead.id, Task::FollowUp, None).await.unwrap();
        }
        people.push(lead);
    }
    (spring, people)
}

/// The steps of `of` with these titles, in this order; new ones for other titles.
async fn arrange(campaigns: &Campaigns, of: &Campaign, titles: &str) -> Campaign {
    let step = |title: char| {
        let known = of.steps.iter().find(|step| step.title == title.to_string());
        known.cloned().unwrap_or_else(|| calls(&[&title.to_string()]).remove(0))
    };
    campaigns.update(&member(), of.id, patch(|set| set.steps = Some(titles.chars().map(step).collect()))).await.unwrap()
}

/// Each lead's last completed step and state (`B`, `C finished`), after the counters were compared with both recounts.
async fn standing(store: &Store, campaigns: &Campaigns, id: CampaignId, people: &[Lead]) -> Vec<String> {
    counts(store, campaigns, id).await;
    let campaign = find(campaigns, id).await;
    let page = campaigns.enrolled(&member(), id, &EnrollmentQuery::default()).await.unwrap().data;
    let one = |lead: &Lead| {
        let Enrollment { step, step_id, state, .. } = &page.enrolled.iter().find(|one| one.lead.id == lead.id).unwrap().enrollment;
        let stands = campaign.steps.iter().find(|one| Some(one.id) == *step_id);
        assert_eq!(stands.map_or(0, |one| one.position), *step);
        let title = stands.map_or("-", |one| one.title.as_str());
        if *state == EnrollmentState::Finished { format!("{title} finished") } else { title.to_owned() }
    };
    people.iter().map(one).collect()
}

async fn newest(store: &Store, id: CampaignId) -> ChangeId {
    let query = sql("SELECT id FROM change WHERE entity = 'campaign' AND entity_id = $1 ORDER BY id DESC LIMIT 1").bind(id);
    let (id,) = store.read(move |conn| Box::pin(conn.one::<(Uuid,)>(query))).await.unwrap();
    ChangeId(id)
}

both_dbs!(
    leads_go_on_behind_their_step_and_an_undo_puts_them_back,
    an_undo_leaves_alone_what_was_done_since,
    enrollments_of_before_the_edit_come_back_at_a_step_that_is_there,
    readers_of_the_api_get_the_number_and_the_id_of_a_step
);

async fn leads_go_on_behind_their_step_and_an_undo_puts_them_back(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let (spring, people) = begun(&leads, &campaigns, &[0, 1, 2, 3]).await;
    let before = ["-", "A", "B", "C finished"];
    let stand = async || standing(&store, &campaigns, spring.id, &people).await;
    assert_eq!(stand().await, before);
    for (titles, after) in [
        ("AXBC", before),
        ("XABCY", before),
        ("BAC", ["-", "A", "A", "C finished"]),
        ("AC", ["-", "A", "A", "C finished"]),
        ("BC", ["-", "-", "B", "C finished"]),
        // A lead that has completed B has no step left.
        ("AB", ["-", "A", "B finished", "B finished"]),
        ("CBA", ["-", "A finished", "A finished", "A finished"]),
        ("", ["-", "-", "-", "- finished"]),
    ] {
        arrange(&campaigns, &spring, titles).await;
        assert_eq!(stand().await, after, "{titles}");
        let edited = newest(&store, spring.id).await;
        let back = undo(&store, &member(), edited).await.unwrap().unwrap();
        assert_eq!(back.as_campaign().unwrap().steps, spring.steps);
        assert_eq!(
            (stand().await, back.as_campaign()),
            (before.map(str::to_owned).to_vec(), Some(&find(&campaigns, spring.id).await)),
            "{titles}"
        );
        assert!(matches!(undo(&store, &member(), edited).await, Err(Error::Conflict(_))), "twice");
        // Undo the undo, and undo that.
        let undone = newest(&store, spring.id).await;
        undo(&store, &member(), undone).await.unwrap();
        assert_eq!(stand().await, after, "{titles} again");
        undo(&store, &member(), newest(&store, spring.id).await).await.unwrap();
        assert_eq!(stand().await, before, "{titles} again");
    }
    store.close().await;
}

async fn an_undo_leaves_alone_what_was_done_since(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let (spring, people) = begun(&leads, &campaigns, &[0, 1, 2]).await;
    let work = async |n: usize| campaigns.work(&member(), people[n].id, Task::FollowUp, Some(spring.id)).await.unwrap().lead.last_activity;
    let stand = async || standing(&store, &campaigns, spring.id, &people).await;
    arrange(&campaigns, &spring, "XAC").await;
    let edited = newest(&store, spring.id).await;
    assert_eq!(stand().await, ["-", "A", "A"]);
    assert_eq!((work(0).await.as_str(), work(1).await.as_str()), ("X done", "C done"));
    undo(&store, &member(), edited).await.unwrap();
    // X was removed, so its lead starts over; C is completed; B was completed before the edit.
    assert_eq!(stand().await, ["-", "C finished", "B"]);
    assert_eq!((work(0).await.as_str(), work(2).await.as_str()), ("A done", "C done"));

    // After another edit of the same steps, the older edit cannot be undone.
    arrange(&campaigns, &spring, "ACB").await;
    let first = newest(&store, spring.id).await;
    arrange(&campaigns, &spring, "CAB").await;
    let second = newest(&store, spring.id).await;
    assert!(matches!(undo(&store, &member(), first).await, Err(Error::Stale { fields, .. }) if fields == ["steps"]));
    campaigns.update(&member(), spring.id, patch(|set| set.description = Some("Elsewhere".into()))).await.unwrap();
    undo(&store, &member(), second).await.unwrap();
    assert_eq!(find(&campaigns, spring.id).await.description, "Elsewhere");
    undo(&store, &member(), first).await.unwrap();
    assert_eq!(stand().await, ["A", "C finished", "C finished"]);
    // A change of status has no undo; it has its own buttons.
    campaigns.act(&member(), spring.id, CampaignAction::Pause).await.unwrap();
    assert!(matches!(undo(&store, &member(), newest(&store, spring.id).await).await, Err(Error::Conflict(_))));

    // An edit names the change that undoes it; one that changes nothing names none.
    let renamed = || patch(|set| set.name = Some("Summer".into()));
    let edited = campaigns.edit(&member(), spring.id, renamed()).await.unwrap();
    assert_eq!((edited.campaign.name.as_str(), edited.undo), ("Summer", Some(newest(&store, spring.id).await)));
    assert_eq!(campaigns.edit(&member(), spring.id, renamed()).await.unwrap().undo, None);
    undo(&store, &member(), edited.undo.unwrap()).await.unwrap();
    assert_eq!(find(&campaigns, spring.id).await.name, "Spring");

    // Pruning the log removes the saved positions.
    let undo_images = async || store.read(|conn| Box::pin(conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM step_image")))).await.unwrap().0;
    assert!(undo_images().await > 0);
    settled(&store).await;
    server::prune::prune(&store, domain::Timestamp(i64::MAX)).await.unwrap();
    assert_eq!(undo_images().await, 0);
    store.close().await;
}

async fn enrollments_of_before_the_edit_come_back_at_a_step_that_is_there(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let (spring, people) = begun(&leads, &campaigns, &[2, 3]).await;
    let bulks = server::bulk::Bulks::new(store.clone(), server::live::Hub::start(store.clone()));
    let out = domain::bulk::NewBulk { action: domain::bulk::BulkAction::Unenroll { campaign_id: spring.id }, which: ids(&people) };
    let out = domain::services::BulkService::start(&bulks, &member(), out).await.unwrap();
    arrange(&campaigns, &spring, "AC").await;
    domain::services::BulkService::undo(&bulks, &member(), out.id).await.unwrap();
    assert_eq!(standing(&store, &campaigns, spring.id, &people).await, ["A", "C finished"]);
    store.close().await;
}

async fn readers_of_the_api_get_the_number_and_the_id_of_a_step(db: &TestDb) {
    let (store, leads, campaigns) = service(db).await;
    let (spring, people) = begun(&leads, &campaigns, &[0, 2]).await;
    let ways =
        async |n: usize| campaigns.of_lead(&member(), people[n].id, &LeadCampaignQuery::default()).await.unwrap().data.campaigns.remove(0);
    let json = serde_json::to_value(ways(1).await.enrollment).unwrap();
    assert_eq!((&json["step"], &json["stepId"]), (&serde_json::json!(2), &serde_json::json!(spring.steps[1].id)));
    let json = serde_json::to_value(ways(0).await.enrollment).unwrap();
    assert_eq!((&json["step"], json.get("stepId")), (&serde_json::json!(0), None));
    let before: StepId = ways(1).await.next.unwrap().id;
    arrange(&campaigns, &spring, "CAB").await;
    let way = ways(1).await;
    assert_eq!(
        (way.enrollment.step, way.enrollment.step_id, way.next, way.enrollment.state),
        (3, Some(spring.steps[1].id), None, EnrollmentState::Finished)
    );
    assert_eq!(before, spring.steps[2].id);
    store.close().await;
}
