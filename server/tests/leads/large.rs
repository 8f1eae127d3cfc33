//! Large leads: bounded in total, in the log, and in every page.

use super::*;
use crate::common::TestDb;
use domain::{
    Change,
    activity::{ActivityQuery, Period},
    leads::{LEAD_MAX, Lead, SHOWN},
    services::ActivityService,
    text_ref,
};
use server::{
    activity::Activities,
    store::{Store, log},
};

/// Bytes of the log, with its separately stored texts.
async fn bytes(store: &Store) -> i64 {
    let records =
        "SELECT CAST(COALESCE(SUM(length(CAST(before AS TEXT))), 0) + COALESCE(SUM(length(CAST(after AS TEXT))), 0) AS BIGINT) FROM change";
    let texts = "SELECT CAST(COALESCE(SUM(length(text)), 0) AS BIGINT) FROM large_text";
    let mut all = 0;
    for text in [records, texts] {
        all += store.read(move |conn| Box::pin(conn.one::<(i64,)>(sql(text)))).await.unwrap().0;
    }
    all
}

both_dbs!(
    the_log_keeps_what_changed_of_large_texts,
    what_the_log_forgets_takes_its_texts_along,
    pages_of_large_leads_are_short,
    a_lead_has_a_largest_size_at_every_door
);

async fn the_log_keeps_what_changed_of_large_texts(db: &TestDb) {
    let (store, leads) = service(db).await;
    let mut feed = store.feed();
    let lead = leads.create(&member(), large("ana@b.example")).await.unwrap();
    let first = bytes(&store).await;
    assert!((200_000..280_000).contains(&first), "{first}");
    for score in 1..=50 {
        leads.update(&member(), lead.id, edit(|set| set.score = Some(score))).await.unwrap();
    }
    let mut notes = lead.notes.clone().unwrap();
    for at in 0..20 {
        notes = format!("call {at}\n{notes}");
        leads.update(&member(), lead.id, edit(|set| set.notes = Some(notes.clone()))).await.unwrap();
    }
    let grown = bytes(&store).await - first;
    assert!(grown < 1_500_000, "70 small patches of a lead of 220 kB took {grown} bytes");

    // A replay from the log gives the same records as the live feed.
    settled(&store).await;
    let read = {
        let mut read: Vec<Change> = Vec::new();
        loop {
            let after = read.last().and_then(|change| change.seq).unwrap_or(0);
            let part = store.read(move |conn| Box::pin(log::since(conn, after, i64::MAX, 1_000))).await.unwrap();
            if part.is_empty() {
                break read;
            }
            read.extend(part);
        }
    };
    assert_eq!(read.len(), 71);
    for change in &read {
        assert_eq!(*feed.recv().await.unwrap(), *change);
    }
    assert_eq!(read.last().unwrap().after.as_ref().unwrap().as_lead().unwrap().notes.as_deref(), Some(notes.as_str()));

    // The timeline reads and shows only the start of long texts.
    let detail = leads.detail(&member(), lead.id).await.unwrap().unwrap().data;
    assert_eq!((detail.timeline.len(), detail.lead.notes.as_deref()), (71, Some(notes.as_str())));
    let TimelineKind::Changed { field, from, to } = &detail.timeline[0].kind else { panic!("{:?}", detail.timeline[0]) };
    let cut = |text: &str| text.chars().take(SHOWN).chain(['…']).collect::<String>();
    assert_eq!((field.as_str(), to.as_deref()), ("Notes", Some(cut(&notes).as_str())));
    assert_eq!(from.as_deref(), Some(cut(&notes["call 19\n".len()..]).as_str()));
    let activities = Activities::new(store.clone());
    let query = ActivityQuery { period: Period::Today, search: "call 7".to_owned(), ..ActivityQuery::default() };
    let page = activities.list(&member(), &query).await.unwrap().data;
    assert!(!page.activities.is_empty());
    assert!(page.activities.iter().all(|activity| !activity.text().contains(text_ref::MARK)));

    // Undo restores whole texts.
    let newest = newest_change(&store, lead.id).await;
    let back = undo_lead(&store, &member(), newest).await.unwrap().unwrap();
    assert_eq!(back.notes.as_deref(), Some(&notes["call 19\n".len()..]));
    let gone = leads.delete(&member(), lead.id).await.unwrap();
    let again = undo_lead(&store, &member(), gone).await.unwrap().unwrap();
    assert_eq!((again.notes, again.custom), (back.notes, lead.custom));
    store.close().await;
}

async fn what_the_log_forgets_takes_its_texts_along(db: &TestDb) {
    let (store, leads) = service(db).await;
    let lead = leads.create(&member(), large("ana@b.example")).await.unwrap();
    leads.delete(&member(), lead.id).await.unwrap();
    leads.create(&member(), new_lead("Bo", "bo@b.example")).await.unwrap();
    settled(&store).await;
    let texts = async || store.read(|conn| Box::pin(conn.one::<(i64,)>(sql("SELECT COUNT(*) FROM large_text")))).await.unwrap().0;
    server::prune::prune(&store, store.clock.now().plus_days(1)).await.unwrap();
    assert_eq!(texts().await, 61, "a text stays for as long as a change may name it");
    let old = store.clock.now().plus_days(-3);
    let system = domain::Actor::system();
    store.write(&system, move |tx| Box::pin(async move { tx.run(sql("UPDATE large_text SET at = $1").bind(old)).await })).await.unwrap();
    server::prune::prune(&store, store.clock.now().plus_days(-1)).await.unwrap();
    assert_eq!(texts().await, 0);
    store.close().await;
}

async fn pages_of_large_leads_are_short(db: &TestDb) {
    let (store, leads) = service(db).await;
    for at in 0..50 {
        leads.create(&member(), large(&format!("p{at}@b.example"))).await.unwrap();
    }
    let mut query = LeadQuery { limit: 200, ..LeadQuery::default() };
    let (mut seen, mut pages) = (0, 0);
    loop {
        let page = leads.list(&member(), &query).await.unwrap().data;
        assert!(page.leads.iter().map(Lead::size).sum::<usize>() < 2_500_000);
        seen += page.leads.len();
        pages += 1;
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!((seen, pages), (50, 5));
    store.close().await;
}

async fn a_lead_has_a_largest_size_at_every_door(db: &TestDb) {
    let (store, leads) = service(db).await;
    let mut new = large("ana@b.example");
    let lead = leads.create(&member(), new.clone()).await.unwrap();
    let refused = |done: Result<Lead, Error>, field: &str| {
        let Err(Error::Invalid(errors)) = done else { panic!("{field}: taken") };
        assert_eq!(errors[0].field, field);
        assert!(errors[0].message.contains("256 kB"), "{}", errors[0].message);
    };
    new.email = "bo@b.example".to_owned();
    new.custom.insert("Bio".to_owned(), "ü".repeat(40_000));
    refused(leads.create(&member(), new.clone()).await, "notes");
    let custom = new.custom;
    refused(leads.update(&member(), lead.id, edit(|set| set.custom = Some(custom))).await, "notes");
    let long = "語".repeat(LEAD_MAX / 3);
    refused(leads.update(&member(), lead.id, edit(|set| set.notes = Some(long.clone()))).await, "notes");
    assert!(matches!(leads.add_note(&member(), lead.id, &format!("{long}語")).await, Err(Error::Invalid(_))));
    store.close().await;
}
