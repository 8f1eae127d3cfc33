//! Writes by one user, and concurrent writes.

use super::*;
use crate::common::TestDb;

both_dbs!(
    a_lead_is_cleaned_and_its_email_is_its_key,
    edits_merge_by_field_and_clash_only_on_the_same_one,
    a_column_holds_what_it_was_given,
    of_many_stage_moves_the_first_and_the_newest_are_told,
    every_stage_move_is_kept,
    the_timeline_says_what_changed,
    hostile_text_is_refused_or_kept_whole,
    of_concurrent_writers_of_one_email_one_wins,
    concurrent_edits_of_different_fields_all_survive,
    a_viewer_reads_and_writes_nothing
);

async fn a_lead_is_cleaned_and_its_email_is_its_key(db: &TestDb) {
    let (store, leads) = service(db).await;
    let new = NewLead {
        company: Some("  Halden Works ".into()),
        tags: vec!["vip".into(), " vip".into()],
        ..new_lead(" Maren Holt ", "Maren@Halden.Example")
    };
    let lead = leads.create(&member(), new).await.unwrap();
    assert_eq!(
        (lead.name.as_str(), lead.email.as_str(), lead.company.as_deref()),
        ("Maren Holt", "maren@halden.example", Some("Halden Works"))
    );
    assert_eq!((lead.revision, lead.tags.as_slice()), (1, &["vip".to_owned()][..]));
    assert_eq!(leads.get(&member(), lead.id).await.unwrap().as_ref(), Some(&lead));

    let again = leads.create(&member(), new_lead("Other", "MAREN@halden.example ")).await;
    let Err(Error::Duplicate { existing, .. }) = again else { panic!("{again:?}") };
    assert_eq!((existing.id, existing.name.as_str()), (lead.id.0, "Maren Holt"));

    let other = leads.create(&member(), new_lead("Other", "other@halden.example")).await.unwrap();
    let taken = leads.update(&member(), other.id, edit(|set| set.email = Some("maren@halden.example".into()))).await;
    assert!(matches!(&taken, Err(Error::Duplicate { existing, .. }) if existing.id == lead.id.0), "{taken:?}");
    assert_eq!(leads.get(&member(), other.id).await.unwrap(), Some(other));
    store.close().await;
}

async fn edits_merge_by_field_and_clash_only_on_the_same_one(db: &TestDb) {
    let (store, leads) = service(db).await;
    let seen = leads.create(&member(), NewLead { company: Some("Tern".into()), ..new_lead("Ana", "ana@b.example") }).await.unwrap();
    let based = |set: LeadPatch| LeadEdit { base: Some(set.values_in(&seen)), set, revision: None };

    let theirs = based(LeadPatch { name: Some("Anna".into()), ..LeadPatch::default() });
    leads.update(&member(), seen.id, theirs).await.unwrap();
    let mine = based(LeadPatch { company: Some("Mine".into()), ..LeadPatch::default() });
    let merged = leads.update(&member(), seen.id, mine).await.unwrap();
    assert_eq!((merged.name.as_str(), merged.company.as_deref(), merged.revision), ("Anna", Some("Mine"), 3));

    let clash = leads.update(&member(), seen.id, based(LeadPatch { name: Some("Annie".into()), ..LeadPatch::default() })).await;
    let Err(Error::Stale { fields, theirs }) = clash else { panic!("{clash:?}") };
    assert_eq!((fields, theirs.as_lead().unwrap().name.as_str()), (vec!["name".to_owned()], "Anna"));

    let strict = |revision| LeadEdit { revision: Some(revision), ..edit(|set| set.engaged = Some(true)) };
    assert!(matches!(leads.update(&member(), seen.id, strict(1)).await, Err(Error::Stale { .. })));
    assert!(leads.update(&member(), seen.id, strict(3)).await.unwrap().engaged);

    let same = leads.update(&member(), seen.id, edit(|set| set.engaged = Some(true))).await.unwrap();
    assert_eq!(same.revision, 4, "nothing changed, nothing written");
    assert_eq!(changes_of(&store, seen.id).await.len(), 4);
    let unknown = leads.update(&member(), domain::LeadId(store.clock.id()), edit(|set| set.score = Some(1))).await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
    store.close().await;
}

async fn a_column_holds_what_it_was_given(db: &TestDb) {
    let (store, leads) = service(db).await;
    let owner = account(&store, "Olga").await;
    let mut new = NewLead {
        name: "Ana".into(),
        email: "ana@b.example".into(),
        status: Status::Qualified,
        connection: Connection::Connected,
        stage: Stage::Negotiation,
        engaged: true,
        owner: Some(owner),
        value: Some(12_345),
        score: 77,
        last_contacted_at: Some(domain::Timestamp(1_700_000_000_000_000)),
        consent: Consent::Bounced,
        tags: vec!["a".into(), "Ü".into()],
        custom: [("plan \"x\"".to_owned(), "Gold".to_owned())].into(),
        ..NewLead::default()
    };
    for (field, text) in TextField::ALL.into_iter().zip(new.texts_mut()) {
        *text = Some(match field {
            TextField::LinkedinUrl => "https://l.example/a".to_owned(),
            field if field.has_lines() => format!("{}\nsecond", field.label()),
            field => field.label().to_owned(),
        });
    }
    let (given, default) = (serde_json::to_value(&new).unwrap(), serde_json::to_value(NewLead::default()).unwrap());
    let absent = |field: &&String| given[field.as_str()] == default[field.as_str()];
    assert_eq!(given.as_object().unwrap().keys().find(absent), None, "every field is given");
    let lead = leads.create(&member(), new).await.unwrap();
    assert_eq!(leads.get(&member(), lead.id).await.unwrap(), Some(lead.clone()));
    let cleared: LeadPatch = serde_json::from_str(r#"{"title":null,"value":null,"owner":null,"tags":[],"custom":{},"notes":""}"#).unwrap();
    let after = leads.update(&member(), lead.id, LeadEdit::set(cleared)).await.unwrap();
    assert_eq!((&after.title, after.value, after.owner, &after.notes), (&None, None, None, &None));
    assert!(after.tags.is_empty() && after.custom.is_empty());
    assert_eq!(leads.get(&member(), lead.id).await.unwrap(), Some(after));

    let nobody = domain::UserId(store.clock.id());
    let bad = leads.update(&member(), lead.id, edit(|set| set.owner = Some(Some(nobody)))).await;
    assert!(bad.unwrap_err().on_field("owner").is_some());
    assert!(
        leads
            .create(&member(), NewLead { owner: Some(nobody), ..new_lead("B", "b@b.example") })
            .await
            .unwrap_err()
            .on_field("owner")
            .is_some()
    );
    store.close().await;
}

async fn of_many_stage_moves_the_first_and_the_newest_are_told(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    for at in 0..230 {
        let stage = if at % 2 == 0 { Stage::Negotiation } else { Stage::NewLead };
        leads.update(&member(), lead.id, edit(|set| set.stage = Some(stage))).await.unwrap();
    }
    let history = leads.detail(&member(), lead.id).await.unwrap().unwrap().data.stage_history;
    assert_eq!((history.len(), history[0].from, history[0].to), (201, None, Stage::NewLead));
    assert!(history.is_sorted_by_key(|step| step.at));
    assert_eq!(history[200].to, Stage::NewLead);
    store.close().await;
}

async fn every_stage_move_is_kept(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    for stage in [Stage::ProposalSent, Stage::InitialContact, Stage::ClosedWon] {
        let moved = leads.update(&member(), lead.id, edit(|set| set.stage = Some(stage))).await.unwrap();
        assert_eq!((moved.stage, moved.stage_at), (stage, moved.updated_at));
    }
    let detail = leads.detail(&member(), lead.id).await.unwrap().unwrap().data;
    let history: Vec<_> = detail.stage_history.iter().map(|one| (one.from, one.to, one.by.as_str())).collect();
    assert_eq!(
        history,
        [
            (None, Stage::NewLead, "Mia Member"),
            (Some(Stage::NewLead), Stage::ProposalSent, "Mia Member"),
            (Some(Stage::ProposalSent), Stage::InitialContact, "Mia Member"),
            (Some(Stage::InitialContact), Stage::ClosedWon, "Mia Member"),
        ]
    );
    assert_eq!(detail.timeline.iter().filter(|item| matches!(item.kind, TimelineKind::Moved { .. })).count(), 3);
    store.close().await;
}

async fn the_timeline_says_what_changed(db: &TestDb) {
    let (store, leads) = service(db).await;
    let owner = account(&store, "Olga").await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let set: LeadPatch =
        serde_json::from_value(serde_json::json!({ "value": 123_456, "owner": owner, "custom": { "plan": "Gold" } })).unwrap();
    leads.update(&member(), lead.id, LeadEdit::set(set)).await.unwrap();
    let kept = leads.add_note(&member(), lead.id, " called \0back ").await.unwrap();
    assert_eq!((kept.body.as_str(), kept.author.as_str()), ("called back", "Mia Member"));
    let gone = leads.add_note(&member(), lead.id, "wrong lead").await.unwrap();
    leads.delete_note(&member(), gone.id).await.unwrap();
    assert!(matches!(leads.delete_note(&member(), gone.id).await, Err(Error::NotFound { .. })));
    assert!(leads.add_note(&member(), lead.id, " \n").await.unwrap_err().on_field("body").is_some());

    let detail = leads.detail(&member(), lead.id).await.unwrap().unwrap().data;
    assert_eq!(detail.owner_name.as_deref(), Some("Olga"));
    assert_eq!(detail.lead.last_activity, "Note added");
    let changed = |field: &str, to: &str| TimelineKind::Changed { field: field.into(), from: None, to: Some(to.into()) };
    let kinds: Vec<_> = detail.timeline.into_iter().map(|item| item.kind).collect();
    assert_eq!(
        kinds,
        [
            TimelineKind::Noted { note: kept.clone() },
            changed("Value", "1,234.56"),
            changed("Owner", "Olga"),
            changed("plan", "Gold"),
            TimelineKind::Created,
        ]
    );

    // Pruning the log keeps the lead's stage history.
    settled(&store).await;
    server::prune::prune(&store, domain::Timestamp(i64::MAX)).await.unwrap();
    let kinds: Vec<_> = leads.detail(&member(), lead.id).await.unwrap().unwrap().data.timeline.into_iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [TimelineKind::Noted { note: kept }, TimelineKind::Created]);
    store.close().await;
}

async fn hostile_text_is_refused_or_kept_whole(db: &TestDb) {
    let (store, leads) = service(db).await;
    let long = leads.create(&member(), new_lead(&"x".repeat(100_000), "long@b.example")).await;
    assert!(long.unwrap_err().on_field("name").is_some());
    for (n, text) in ["<script>alert(1)</script>", "'; DROP TABLE lead; --", "\u{200f}evil مرحبا", "👩‍👩‍👧 é e\u{301}", "$1 {rule} % _ \\"]
        .into_iter()
        .enumerate()
    {
        let new = NewLead {
            notes: Some(text.repeat(50)),
            tags: vec![text.replace(',', "")],
            custom: [(text.to_owned(), text.to_owned())].into(),
            ..new_lead(text, &format!("a{n}@b.example"))
        };
        let lead = leads.create(&member(), new).await.unwrap();
        assert_eq!((lead.name.as_str(), lead.custom[text].as_str()), (text, text));
        assert_eq!(leads.get(&member(), lead.id).await.unwrap().as_ref(), Some(&lead));
        let query = LeadQuery { rule: Rule::search(text), ..LeadQuery::default() };
        assert_eq!(leads.list(&member(), &query).await.unwrap().data.leads, std::slice::from_ref(&lead));
        let custom = Rule::test(format!("custom.{text}"), Op::Is, Value::Text(text.to_owned()));
        assert_eq!(leads.count(&member(), &custom).await.unwrap(), 1, "{text}");
    }
    let nul = leads.create(&member(), NewLead { notes: Some("a\0b".into()), ..new_lead("N\0UL", "nul@b.example") }).await.unwrap();
    assert_eq!((nul.name.as_str(), nul.notes.as_deref()), ("NUL", Some("ab")));
    let turned = leads.create(&member(), new_lead("Ana \u{202e}exe.gnp\u{202c}", "turned@b.example")).await.unwrap();
    assert_eq!(turned.name, "Ana exe.gnp", "what reorders the text after it is no part of a name");
    let notes = "ß".repeat(100_000);
    let lead = leads.update(&member(), nul.id, edit(|set| set.notes = Some(notes.clone()))).await.unwrap();
    assert_eq!(lead.notes, Some(notes));
    store.close().await;
}

async fn of_concurrent_writers_of_one_email_one_wins(db: &TestDb) {
    let (store, leads) = service(db).await;
    let creates = (0..30).map(|n| {
        let leads = leads.clone();
        tokio::spawn(async move { leads.create(&member(), new_lead(&format!("N{n}"), "same@b.example")).await })
    });
    let mut won = BTreeSet::new();
    let mut lost = BTreeSet::new();
    for done in futures::future::join_all(creates).await {
        match done.unwrap() {
            Ok(lead) => won.insert(lead.id.0),
            Err(Error::Duplicate { existing, .. }) => lost.insert(existing.id),
            Err(other) => panic!("{other:?}"),
        };
    }
    assert_eq!((won.len(), &lost), (1, &won));

    let mut others = Vec::new();
    for n in 0..20 {
        others.push(leads.create(&member(), new_lead("R", &format!("r{n}@b.example"))).await.unwrap().id);
    }
    let renames = others.into_iter().map(|id| {
        let leads = leads.clone();
        tokio::spawn(async move { leads.update(&member(), id, edit(|set| set.email = Some("wanted@b.example".into()))).await })
    });
    let mut won = 0;
    for done in futures::future::join_all(renames).await {
        match done.unwrap() {
            Ok(_) => won += 1,
            Err(Error::Duplicate { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
    store.close().await;
}

async fn concurrent_edits_of_different_fields_all_survive(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let patches = [
        LeadPatch { name: Some("Anna".into()), ..LeadPatch::default() },
        LeadPatch { company: Some("Tern".into()), ..LeadPatch::default() },
        LeadPatch { score: Some(50), ..LeadPatch::default() },
        LeadPatch { stage: Some(Stage::ClosedWon), ..LeadPatch::default() },
        LeadPatch { value: Some(Some(7)), ..LeadPatch::default() },
        LeadPatch { engaged: Some(true), ..LeadPatch::default() },
    ];
    let edits = patches.into_iter().map(|set| {
        let (leads, edit) = (leads.clone(), LeadEdit { base: Some(set.values_in(&lead)), set, revision: None });
        let id = lead.id;
        tokio::spawn(async move { leads.update(&member(), id, edit).await })
    });
    for done in futures::future::join_all(edits).await {
        done.unwrap().unwrap();
    }
    let after = leads.get(&member(), lead.id).await.unwrap().unwrap();
    assert_eq!((after.name.as_str(), after.company.as_deref(), after.score), ("Anna", Some("Tern"), 50));
    assert_eq!((after.stage, after.value, after.engaged, after.revision), (Stage::ClosedWon, Some(7), true, 7));
    store.close().await;
}

async fn a_viewer_reads_and_writes_nothing(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), new_lead("Ana", "ana@b.example")).await.unwrap();
    let change = newest_change(&store, lead.id).await;
    let viewer = Actor { role: Role::Viewer, ..member() };
    assert!(leads.get(&viewer, lead.id).await.unwrap().is_some());
    assert_eq!(leads.list(&viewer, &LeadQuery::default()).await.unwrap().data.leads.len(), 1);
    assert_eq!(leads.count(&viewer, &Rule::everyone()).await.unwrap(), 1);
    assert!(leads.detail(&viewer, lead.id).await.unwrap().is_some());
    let refused = [
        leads.create(&viewer, new_lead("B", "b@b.example")).await.err(),
        leads.update(&viewer, lead.id, edit(|set| set.score = Some(1))).await.err(),
        leads.delete(&viewer, lead.id).await.err(),
        undo_lead(&store, &viewer, change).await.err(),
        leads.add_note(&viewer, lead.id, "x").await.err(),
        leads.edit_note(&viewer, domain::NoteId(lead.id.0), "x").await.err(),
        leads.delete_note(&viewer, domain::NoteId(lead.id.0)).await.err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::Forbidden(_))), "{error:?}");
    }
    assert_eq!(changes_of(&store, lead.id).await.len(), 1);
    store.close().await;
}
