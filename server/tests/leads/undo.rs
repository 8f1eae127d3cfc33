//! Undo, and what remains of a deleted lead.

use super::*;
use crate::common::TestDb;

both_dbs!(
    undo_of_an_edit_sets_back_only_what_it_set,
    undo_of_a_creation_deletes_what_nobody_touched,
    a_saved_lead_names_the_change_to_undo,
    delete_and_undo_lose_nothing,
    what_a_deleted_lead_left_goes_with_the_log
);

async fn undo_of_an_edit_sets_back_only_what_it_set(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), NewLead { company: Some("Tern".into()), ..new_lead("Ana", "ana@b.example") }).await.unwrap();
    leads
        .update(
            &member(),
            lead.id,
            edit(|set| {
                set.company = Some(String::new());
                set.stage = Some(Stage::ClosedWon);
            }),
        )
        .await
        .unwrap();
    let first = newest_change(&store, lead.id).await;
    leads.update(&member(), lead.id, edit(|set| set.name = Some("Anna".into()))).await.unwrap();

    let back = undo_lead(&store, &member(), first).await.unwrap().unwrap();
    assert_eq!((back.name.as_str(), back.company.as_deref(), back.stage, back.revision), ("Anna", Some("Tern"), Stage::NewLead, 4));
    let redo = newest_change(&store, lead.id).await;
    assert!(matches!(undo_lead(&store, &member(), first).await, Err(Error::Conflict(_))), "twice");
    assert_eq!(undo_lead(&store, &member(), redo).await.unwrap().unwrap().stage, Stage::ClosedWon, "an undo is undone like any change");

    leads.update(&member(), lead.id, edit(|set| set.stage = Some(Stage::ClosedLost))).await.unwrap();
    let stale = undo_lead(&store, &member(), first).await;
    assert!(matches!(&stale, Err(Error::Stale { fields, .. }) if *fields == ["stage"]), "{stale:?}");
    assert_eq!(leads.get(&member(), lead.id).await.unwrap().unwrap().company, None, "all of it or nothing");
    let unknown = domain::ChangeId(store.clock.id());
    assert!(matches!(undo_lead(&store, &member(), unknown).await, Err(Error::NotFound { .. })));
    store.close().await;
}

async fn undo_of_a_creation_deletes_what_nobody_touched(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let created = newest_change(&store, lead.id).await;
    leads.update(&member(), lead.id, edit(|set| set.score = Some(5))).await.unwrap();
    assert!(matches!(undo_lead(&store, &member(), created).await, Err(Error::Stale { fields, .. }) if fields == ["score"]));
    leads.update(&member(), lead.id, edit(|set| set.score = Some(0))).await.unwrap();
    assert_eq!(undo_lead(&store, &member(), created).await.unwrap(), None);
    assert_eq!(leads.get(&member(), lead.id).await.unwrap(), None);
    assert!(matches!(undo_lead(&store, &member(), created).await, Err(Error::Conflict(_))));
    store.close().await;
}

async fn a_saved_lead_names_the_change_to_undo(db: &TestDb) {
    let (store, leads) = service(db).await;
    let added = leads.add(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let (id, rename) = (added.lead.id, || edit(|set| set.name = Some("Anna".into())));
    let saved = leads.edit(&member(), id, rename()).await.unwrap();
    assert_eq!(saved.lead.name, "Anna");
    assert_eq!(leads.edit(&member(), id, rename()).await.unwrap(), SavedLead { lead: saved.lead, undo: None }, "nothing changed");
    assert_eq!(undo_lead(&store, &member(), saved.undo.unwrap()).await.unwrap().unwrap().name, "Ana");
    assert_eq!(undo_lead(&store, &member(), added.undo.unwrap()).await.unwrap(), None);
    assert_eq!(leads.get(&member(), id).await.unwrap(), None);
    store.close().await;
}

async fn delete_and_undo_lose_nothing(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), NewLead { tags: vec!["vip".into()], ..new_lead("Ana", "ana@b.example") }).await.unwrap();
    leads.update(&member(), lead.id, edit(|set| set.stage = Some(Stage::Negotiation))).await.unwrap();
    let note = leads.add_note(&member(), lead.id, "keep me").await.unwrap();
    let before = leads.detail(&member(), lead.id).await.unwrap().unwrap().data;

    let deleted = leads.delete(&member(), lead.id).await.unwrap();
    assert_eq!(leads.get(&member(), lead.id).await.unwrap(), None);
    assert!(leads.detail(&member(), lead.id).await.unwrap().is_none());
    assert!(matches!(leads.delete(&member(), lead.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(leads.delete_note(&member(), note.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(leads.add_note(&member(), lead.id, "too late").await, Err(Error::NotFound { .. })));

    let back = undo_lead(&store, &member(), deleted).await.unwrap().unwrap();
    assert_eq!(domain::leads::Lead { revision: before.lead.revision, edited: before.lead.edited, ..back.clone() }, before.lead);
    assert_eq!(
        (back.revision, back.edited),
        (before.lead.revision + 1, before.lead.revision + 1),
        "newer wins, and is read again before a strict edit"
    );
    let after = leads.detail(&member(), lead.id).await.unwrap().unwrap().data;
    assert_eq!(after.stage_history, before.stage_history);
    let kinds: Vec<_> = after.timeline.iter().map(|item| item.kind.clone()).collect();
    assert_eq!(kinds[..2], [TimelineKind::Restored, TimelineKind::Deleted]);
    assert_eq!(after.timeline[2..], before.timeline);
    assert!(matches!(undo_lead(&store, &member(), deleted).await, Err(Error::Conflict(_))), "twice");

    // After a second deletion only that one can be undone; the first would restore an old state.
    leads.update(&member(), lead.id, edit(|set| set.score = Some(9))).await.unwrap();
    let again = leads.delete(&member(), lead.id).await.unwrap();
    assert!(matches!(undo_lead(&store, &member(), deleted).await, Err(Error::Conflict(_))));
    let taker = leads.create(&member(), new_lead("Taker", "ana@b.example")).await.unwrap();
    assert!(matches!(undo_lead(&store, &member(), again).await, Err(Error::Duplicate { existing, .. }) if existing.id == taker.id.0));
    leads.delete(&member(), taker.id).await.unwrap();
    assert_eq!(undo_lead(&store, &member(), again).await.unwrap().unwrap().score, 9);
    store.close().await;
}

async fn what_a_deleted_lead_left_goes_with_the_log(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    leads.add_note(&member(), lead.id, "a note").await.unwrap();
    leads.delete(&member(), lead.id).await.unwrap();
    let left = async || -> i64 {
        let count = "SELECT (SELECT COUNT(*) FROM note) + (SELECT COUNT(*) FROM stage_move)";
        store.read(move |conn| Box::pin(conn.one::<(i64,)>(sql(count)))).await.unwrap().0
    };
    assert_eq!(left().await, 2);
    leads.create(&member(), new_lead("Head of the log", "head@b.example")).await.unwrap();
    settled(&store).await;
    server::prune::prune(&store, domain::Timestamp(i64::MAX)).await.unwrap();
    assert_eq!(left().await, 1, "the living lead's first move");
    store.close().await;
}
