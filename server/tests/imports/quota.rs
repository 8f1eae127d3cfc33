//! How many files may wait for their import.

use super::*;
use crate::common::leads::{account, member_of};
use domain::imports::FILES_EACH;
use server::background::Background;

const FILE: &str = "name,email\nAna,ana@b.example\n";

both_dbs!(one_keeps_a_limited_number_of_files, files_are_limited_in_bytes);

async fn one_keeps_a_limited_number_of_files(db: &TestDb) {
    let house = House::new(db).await;
    let ana = member_of(account(&house.store, "Ana").await, "Ana");
    let ben = member_of(account(&house.store, "Ben").await, "Ben");
    let upload = async |actor: &Actor, file: &'static str| {
        let body = futures::stream::iter([Ok(Bytes::from_static(file.as_bytes()))]);
        house.imports.receive(actor, "a.csv", body).await
    };
    let mut files = Vec::new();
    for _ in 0..FILES_EACH {
        files.push(upload(&ana, FILE).await.unwrap().id);
    }
    let refused = upload(&ana, FILE).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Invalid(errors) if errors[0].field == "file" && errors[0].message.contains("discard")),
        "{refused:?}"
    );
    assert!(upload(&ben, FILE).await.is_ok(), "each has their own");

    // A discarded file frees its place, and so does one whose import has ended.
    house.imports.discard(&ana, files[0]).await.unwrap();
    upload(&ana, FILE).await.unwrap();
    assert!(upload(&ana, FILE).await.is_err());
    house.imports.start(&ana, files[1], ImportOptions::default()).await.unwrap();
    house.over(files[1]).await;
    upload(&ana, FILE).await.unwrap();
    assert!(upload(&ana, FILE).await.is_err());
    house.imports.shutdown().await;
    let kept = std::fs::read_dir(&house.folder).unwrap().count() as i64;
    assert_eq!(kept, FILES_EACH + 1, "what was refused leaves no file");
}

async fn files_are_limited_in_bytes(db: &TestDb) {
    let house = House::new(db).await;
    let imports = house.imports.clone().with_file_max(1_000);
    let upload = async |actor: &Actor, bytes: usize| {
        let file = format!("name,email\n{}", "x".repeat(bytes - 11));
        imports.receive(actor, "a.csv", futures::stream::iter([Ok(Bytes::from(file))])).await
    };
    let is_full = |done: Result<Import>| matches!(done, Err(Error::Invalid(errors)) if errors[0].message.contains("leave room"));
    let mut people = Vec::new();
    for n in 0..6 {
        let name = format!("Person {n}");
        people.push(member_of(account(&house.store, &name).await, &name));
    }
    let first = upload(&people[0], 1_000).await.unwrap();
    assert!(matches!(upload(&people[0], 1_001).await, Err(Error::TooLarge { limit: 1_000 })));
    upload(&people[0], 900).await.unwrap();
    // Twice the largest file for one, ten times for all.
    assert!(is_full(upload(&people[0], 101).await));
    upload(&people[0], 100).await.unwrap();
    assert!(is_full(upload(&people[0], 11).await));
    for person in &people[1..5] {
        upload(person, 1_000).await.unwrap();
        upload(person, 1_000).await.unwrap();
    }
    assert!(is_full(upload(&people[5], 11).await));
    imports.discard(&people[5], first.id).await.unwrap();
    upload(&people[5], 1_000).await.unwrap();
    // The command line is not limited by what others keep.
    upload(&Actor::system(), 1_000).await.unwrap();
}
