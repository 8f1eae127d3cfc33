//! When a lead was last contacted: by whatever door, and back with an undo.

use super::*;
use crate::common::{TestDb, campaigns};
use domain::{
    LeadId, Timestamp,
    bulk::{BulkAction, NewBulk},
    campaigns::Task,
    leads::{MessageKind, MessageStatus, Outreach, Selection},
    services::{BulkService, CampaignService},
};
use server::{bulk::Bulks, leads::Leads, live::Hub};

both_dbs!(
    tasks_messages_and_edits_of_status_are_contacts_and_go_back,
    a_later_contact_stays_when_an_earlier_one_is_undone,
    a_bulk_change_of_status_is_a_contact_of_those_it_changes
);

async fn contacted(leads: &Leads, id: LeadId) -> Option<Timestamp> {
    leads.get(&member(), id).await.unwrap().unwrap().last_contacted_at
}

fn message(status: MessageStatus) -> Outreach {
    Outreach::Message { message_kind: MessageKind::Email, subject: None, status, campaign_id: None }
}

async fn tasks_messages_and_edits_of_status_are_contacts_and_go_back(db: &TestDb) {
    let (store, leads, campaigns) = campaigns::service(db).await;
    let id = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap().id;
    leads.add_note(&member(), id, "called?").await.unwrap();
    leads.add_outreach(&member(), id, "Hello", message(MessageStatus::Draft)).await.unwrap();
    assert_eq!(contacted(&leads, id).await, None);

    let requested = campaigns.work(&member(), id, Task::SendRequest, None).await.unwrap().lead;
    assert_eq!(requested.last_contacted_at, Some(requested.updated_at));
    let told = leads.detail(&member(), id).await.unwrap().unwrap().data.timeline;
    assert!(!told.iter().any(|item| matches!(&item.kind, TimelineKind::Changed { field, .. } if field == "Last contacted")), "told twice");
    undo(&store, &member(), newest_change(&store, id).await).await.unwrap();
    assert_eq!(contacted(&leads, id).await, None, "the request was not sent");

    let edited = leads.update(&member(), id, edit(|set| set.status = Some(Status::Contacted))).await.unwrap();
    assert_eq!(edited.last_contacted_at, Some(edited.updated_at));
    leads.add_outreach(&member(), id, "Hello", message(MessageStatus::Sent)).await.unwrap();
    let written = contacted(&leads, id).await;
    assert!(written > edited.last_contacted_at);
    let set = leads.update(&member(), id, edit(|set| set.last_contacted_at = Some(Some(Timestamp(5))))).await.unwrap();
    assert_eq!((set.last_contacted_at, set.revision), (Some(Timestamp(5)), edited.revision + 2));
    let told = leads.detail(&member(), id).await.unwrap().unwrap().data.timeline;
    let to = told.iter().find_map(|item| match &item.kind {
        TimelineKind::Changed { field, to, .. } if field == "Last contacted" => to.as_deref(),
        _ => None,
    });
    assert_eq!(to, Some("1970-01-01 00:00 UTC"));
    undo(&store, &member(), newest_change(&store, id).await).await.unwrap();
    assert_eq!(contacted(&leads, id).await, written);
    let never = Rule::test("last_contacted_at", Op::IsEmpty, Value::None);
    assert_eq!(leads.count(&member(), &never).await.unwrap(), 0);
    store.close().await;
}

async fn a_later_contact_stays_when_an_earlier_one_is_undone(db: &TestDb) {
    let (store, leads) = service(db).await;
    let id = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap().id;
    leads.update(&member(), id, edit(|set| set.status = Some(Status::Contacted))).await.unwrap();
    let change = newest_change(&store, id).await;
    leads.add_outreach(&member(), id, "Hello", message(MessageStatus::Sent)).await.unwrap();
    let later = contacted(&leads, id).await;
    let back = undo_lead(&store, &member(), change).await.unwrap().unwrap();
    assert_eq!((back.status, back.last_contacted_at), (Status::Pending, later));
    let again = newest_change(&store, id).await;
    let again = undo_lead(&store, &member(), again).await.unwrap().unwrap();
    assert_eq!((again.status, again.last_contacted_at), (Status::Contacted, later), "an undo is no contact");
    store.close().await;
}

async fn a_bulk_change_of_status_is_a_contact_of_those_it_changes(db: &TestDb) {
    let (store, leads) = service(db).await;
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    let mut ids = Vec::new();
    for name in ["ana", "ben", "cy"] {
        ids.push(leads.create(&member(), new_lead(name, &format!("{name}@b.example"))).await.unwrap().id);
    }
    leads.update(&member(), ids[2], edit(|set| set.status = Some(Status::Qualified))).await.unwrap();
    let action = BulkAction::SetStatus { status: Status::Contacted };
    let bulk = bulks.start(&member(), NewBulk { action, which: Selection::Leads(ids.clone()) }).await.unwrap();
    for (id, is) in ids.iter().zip([true, true, false]) {
        let lead = leads.get(&member(), *id).await.unwrap().unwrap();
        assert_eq!((lead.status, lead.last_contacted_at), (Status::Contacted, is.then_some(lead.updated_at)));
    }
    bulks.undo(&member(), bulk.id).await.unwrap();
    for id in ids {
        assert_eq!(contacted(&leads, id).await, None);
    }
    store.close().await;
}
