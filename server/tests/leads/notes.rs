//! Notes belong to their authors; writes that are no activity do not change a lead's last activity.

use super::*;
use crate::common::TestDb;
use domain::{
    ActorRef, UserId,
    bulk::{BulkAction, NewBulk},
    leads::{Lead, Note, Selection},
    services::BulkService,
};
use server::{bulk::Bulks, leads::Leads, live::Hub};
use uuid::Uuid;

fn someone(number: u128, name: &str, role: Role) -> Actor {
    Actor { who: ActorRef::User { id: UserId(Uuid::from_u128(number)), name: name.into() }, role, ..member() }
}

/// The notes of the timeline: author, time and text.
async fn noted(leads: &Leads, lead: &Lead) -> Vec<(String, domain::Timestamp, Note)> {
    let timeline = leads.detail(&member(), lead.id).await.unwrap().unwrap().data.timeline;
    timeline
        .into_iter()
        .filter_map(|item| match item.kind {
            TimelineKind::Noted { note } => Some((item.who.name().to_owned(), item.at, note)),
            _ => None,
        })
        .collect()
}

both_dbs!(
    a_timeline_holds_the_newest_notes_up_to_a_size,
    a_restored_note_keeps_its_author_and_its_time,
    members_delete_their_own_notes_and_managers_all,
    an_author_edits_a_note_and_undoes_the_edit,
    tags_and_owner_are_no_activity,
    old_notes_find_their_author_in_the_log
);

async fn a_timeline_holds_the_newest_notes_up_to_a_size(db: &TestDb) {
    let (_, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    for at in 0..6 {
        leads.add_note(&member(), lead.id, &format!("{at} {}", "é".repeat(40_000))).await.unwrap();
    }
    let detail = leads.detail(&member(), lead.id).await.unwrap().unwrap().data;
    let texts: Vec<_> = noted(&leads, &lead).await.into_iter().map(|(_, _, note)| note.body.chars().next().unwrap()).collect();
    assert_eq!((texts, detail.older), (vec!['5', '4', '3', '2'], true));
    assert!(!detail.timeline.iter().any(|item| matches!(item.kind, TimelineKind::Created)), "what is older than a note left out");
    let whole = leads.create(&member(), new_lead("Bo", "bo@b.example")).await.unwrap();
    leads.add_note(&member(), whole.id, "called").await.unwrap();
    assert!(!leads.detail(&member(), whole.id).await.unwrap().unwrap().data.older);
}

async fn a_restored_note_keeps_its_author_and_its_time(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let note = leads.add_note(&member(), lead.id, "called").await.unwrap();
    let before = noted(&leads, &lead).await;
    let manager = someone(9, "Max Manager", Role::Manager);
    let deleted = leads.delete_note(&manager, note.id).await.unwrap();
    assert_eq!(noted(&leads, &lead).await, []);
    assert_eq!(undo(&store, &manager, deleted).await.unwrap(), Some(domain::Record::Note(note.clone())));
    assert_eq!(noted(&leads, &lead).await, before);
    assert_eq!(before, [("Mia Member".to_owned(), note.created_at, note.clone())]);
    assert!(matches!(undo(&store, &manager, deleted).await, Err(Error::Conflict(_))), "once");
    // The author may still edit and delete it.
    leads.edit_note(&member(), note.id, "called back").await.unwrap();
    leads.delete_note(&member(), note.id).await.unwrap();
    store.close().await;
}

async fn members_delete_their_own_notes_and_managers_all(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let note = leads.add_note(&member(), lead.id, "mine").await.unwrap();
    // Users with the same name are different authors.
    for other in [someone(8, "Olaf Other", Role::Member), someone(8, "Mia Member", Role::Member)] {
        assert!(matches!(leads.delete_note(&other, note.id).await, Err(Error::Forbidden(_))));
    }
    let deleted = leads.delete_note(&member(), note.id).await.unwrap();
    let other = someone(8, "Olaf Other", Role::Member);
    assert!(matches!(undo(&store, &other, deleted).await, Err(Error::Forbidden(_))), "nor bring it back");
    undo(&store, &member(), deleted).await.unwrap();
    for role in [Role::Manager, Role::Admin] {
        let boss = someone(9, "Max Manager", role);
        let deleted = leads.delete_note(&boss, note.id).await.unwrap();
        undo(&store, &boss, deleted).await.unwrap();
        assert!(matches!(leads.edit_note(&boss, note.id, "not what she wrote").await, Err(Error::Forbidden(_))));
    }
    store.close().await;
}

async fn an_author_edits_a_note_and_undoes_the_edit(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let note = leads.add_note(&member(), lead.id, "caled").await.unwrap();
    assert!(leads.edit_note(&member(), note.id, " \n").await.unwrap_err().on_field("body").is_some());
    assert_eq!(leads.edit_note(&member(), note.id, " caled ").await.unwrap().undo, None, "the same text");
    let edited = leads.edit_note(&member(), note.id, " called ").await.unwrap();
    assert_eq!((edited.note.body.as_str(), edited.note.created_at, &edited.note.author), ("called", note.created_at, &note.author));
    assert!(edited.note.edited_at >= Some(note.created_at));
    assert_eq!(noted(&leads, &lead).await, [("Mia Member".to_owned(), note.created_at, edited.note.clone())]);
    let change = edited.undo.unwrap();
    assert!(matches!(undo(&store, &someone(8, "Olaf Other", Role::Manager), change).await, Err(Error::Forbidden(_))));
    undo(&store, &member(), change).await.unwrap();
    assert_eq!(noted(&leads, &lead).await[0].2, note);
    assert!(matches!(undo(&store, &member(), change).await, Err(Error::Conflict(_))), "once");
    let unknown = domain::NoteId(store.clock.id());
    assert!(matches!(leads.edit_note(&member(), unknown, "x").await, Err(Error::NotFound { .. })));
    leads.delete(&member(), lead.id).await.unwrap();
    assert!(matches!(leads.edit_note(&member(), note.id, "x").await, Err(Error::NotFound { .. })), "gone with its lead");
    store.close().await;
}

async fn tags_and_owner_are_no_activity(db: &TestDb) {
    let (store, leads) = service(db).await;
    let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
    let owner = account(&store, "Olga").await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    leads.add_note(&member(), lead.id, "called").await.unwrap();
    let now = async || leads.get(&member(), lead.id).await.unwrap().unwrap();
    let active = async || {
        let lead = now().await;
        (lead.last_activity, lead.last_activity_at)
    };
    let before = active().await;
    let which = || Selection::Leads(vec![lead.id]);
    for action in [BulkAction::AddTag { tag: "fair".into() }, BulkAction::SetOwner { owner: Some(owner) }] {
        let bulk = bulks.start(&member(), NewBulk { action, which: which() }).await.unwrap();
        assert_eq!(active().await, before);
        bulks.undo(&member(), bulk.id).await.unwrap();
        assert_eq!(active().await, before, "nor is their undo");
    }
    leads
        .update(
            &member(),
            lead.id,
            edit(|set| {
                set.tags = Some(vec!["vip".into()]);
                set.owner = Some(Some(owner));
            }),
        )
        .await
        .unwrap();
    assert_eq!(active().await, before);
    let tagged = newest_change(&store, lead.id).await;
    undo(&store, &member(), tagged).await.unwrap();
    assert_eq!((active().await, now().await.tags.len(), now().await.revision), (before.clone(), 0, 8));

    // Other edits are an activity; their undo restores the last activity.
    leads
        .update(
            &member(),
            lead.id,
            edit(|set| {
                set.tags = Some(vec!["vip".into()]);
                set.company = Some("Tern".into());
            }),
        )
        .await
        .unwrap();
    assert_eq!(active().await.0, "Edited");
    undo(&store, &member(), newest_change(&store, lead.id).await).await.unwrap();
    assert_eq!(active().await, before);
    store.close().await;
}

async fn old_notes_find_their_author_in_the_log(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let (known, forgotten) =
        (leads.add_note(&member(), lead.id, "a").await.unwrap(), leads.add_note(&member(), lead.id, "b").await.unwrap());
    let migration = if store.is_postgres() {
        include_str!("../../migrations/postgres/0012_notes_and_contacted.sql")
    } else {
        include_str!("../../migrations/sqlite/0012_notes_and_contacted.sql")
    };
    let fill: &'static str = migration[migration.find("UPDATE note").unwrap()..].split(';').next().unwrap();
    let (note, system) = (forgotten.id, Actor::system());
    let write = store.write(&system, move |tx| {
        Box::pin(async move {
            tx.run(sql("UPDATE note SET written_by = NULL")).await?;
            tx.run(sql("DELETE FROM change WHERE entity_id = $1").bind(note)).await?;
            tx.run(sql(fill)).await
        })
    });
    write.await.unwrap();
    let mut notes = noted(&leads, &lead).await;
    notes.sort_by_key(|(_, _, note)| note.id);
    assert_eq!(notes[0].2, known);
    assert_eq!(notes[1], ("Mia Member".to_owned(), forgotten.created_at, Note { written_by: None, ..forgotten }));
    store.close().await;
}
