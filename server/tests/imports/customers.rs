//! Imports of customers with their numbers: nobody gets the number of another.

use super::*;
use crate::common::TestDb;

both_dbs!(
    a_number_of_another_lead_rejects_the_row,
    an_update_gives_no_lead_the_number_of_another,
    what_says_that_there_is_no_number_is_none,
    an_order_names_one_customer
);

/// Names and numbers by e-mail.
async fn people(house: &House) -> Vec<(String, String, Option<String>)> {
    house.leads().await.into_iter().map(|(email, lead)| (email, lead.name, lead.customer_id)).collect()
}

fn person(email: &str, name: &str, number: &str) -> (String, String, Option<String>) {
    (email.to_owned(), name.to_owned(), Some(number.to_owned()))
}

async fn a_number_of_another_lead_rejects_the_row(db: &TestDb) {
    for rows in [1, 100] {
        let temporary = tempfile::tempdir().unwrap();
        let house = House::open(db, temporary.path(), rows).await;
        let file =
            b"cust_no,name,email,value\nc1,Ana,ana@b.example,5\nc1,Anna,anna@b.example,much\nc2,Bo,bo@b.example,6\nc2,Bo,bo@b.example,7\n";
        let import = house.import("a.csv", file, ImportOptions::default()).await;
        assert_eq!((counts(&import), import.counts.incomplete), ([4, 2, 0, 1, 1], 0));
        let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
        assert_eq!((told.len(), told[0].line, told[0].value.as_str(), told[0].imported), (1, 3, "c1", false));
        assert!(told[0].reason.contains("Customer c1 has the e-mail ana@b.example, not anna@b.example"), "{told:?}");
        let import = house.import("b.csv", b"Kundennr;Name;E-Mail\nc2;Bob;bob@b.example\nc3;Cy;cy@b.example\n", update()).await;
        assert_eq!(counts(&import), [2, 1, 0, 0, 1]);
        let all = [person("ana@b.example", "Ana", "c1"), person("bo@b.example", "Bo", "c2"), person("cy@b.example", "Cy", "c3")];
        assert_eq!(people(&house).await, all);
        // Corrected, the rejected row is another person.
        let corrected = house.errors(import.id).await.replace("c2", "c4");
        assert_eq!(counts(&house.import("c.csv", corrected.as_bytes(), ImportOptions::default()).await), [1, 1, 0, 0, 0]);
        assert_eq!(people(&house).await[2], person("bob@b.example", "Bob", "c4"));
        house.run("DELETE FROM lead").await;
        house.store.close().await;
    }
}

async fn an_update_gives_no_lead_the_number_of_another(db: &TestDb) {
    let house = House::new(db).await;
    house.import("a.csv", b"customer_id,name,email\nc1,Ana,ana@b.example\nc2,Bo,bo@b.example\n", ImportOptions::default()).await;
    let file = b"customer_id,name,email\nc1,Bob,bo@b.example\nc1,Anna,ana@b.example\nc3,Bo,bo@b.example\nc3,Cy,cy@b.example\n";
    let import = house.import("b.csv", file, update()).await;
    assert_eq!((counts(&import), import.counts.incomplete), ([4, 0, 2, 0, 2], 0));
    assert_eq!(people(&house).await, [person("ana@b.example", "Anna", "c1"), person("bo@b.example", "Bo", "c3")]);
    let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    assert_eq!(told.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5]);
    // Leads that share a number since before keep it.
    house.run("UPDATE lead SET customer_id = 'c1'").await;
    let import = house.import("c.csv", b"customer_id,name,email\nc1,Bo B.,bo@b.example\n", update()).await;
    assert_eq!(counts(&import), [1, 0, 1, 0, 0]);
    // Where leads are kept as they are, the row is a duplicate.
    let import = house.import("d.csv", b"customer_id,name,email\nc1,Bo,bo@b.example\n", ImportOptions::default()).await;
    assert_eq!(counts(&import), [1, 0, 0, 1, 0]);
}

async fn what_says_that_there_is_no_number_is_none(db: &TestDb) {
    let house = House::new(db).await;
    let words = ["N/A", "n.a.", "0", "-", "–", "none", "Unknown", "NULL", "000", "?", "(none)"];
    let rows: String = words.iter().enumerate().map(|(at, word)| format!("P{at},p{at}@b.example,{word}\n")).collect();
    let file = format!("name,email,Customer number\n{rows}{rows}");
    for options in [ImportOptions::default(), update()] {
        house.import("numbers.csv", file.as_bytes(), options).await;
        let people = people(&house).await;
        assert!(people.len() == words.len() && people.iter().all(|(.., number)| number.is_none()), "{people:?}");
    }
}

async fn an_order_names_one_customer(db: &TestDb) {
    let house = House::new(db).await;
    house.import("a.csv", b"customer_id,name,email\nc1,Ana,ana@b.example\nc2,Bo,bo@b.example\n", ImportOptions::default()).await;
    let file = "order,customer,email,date,amount\n1,c1,bo@b.example,2026-11-21,10\n2,c1,ana@b.example,2026-11-21,20\n\
                3,N/A,bo@b.example,2026-11-21,30\n4,c1,new@b.example,2026-11-21,40\n5,-,,2026-11-21,50\n";
    let import = house.import("orders.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!((counts(&import), import.counts.waiting), ([5, 3, 0, 0, 2], 0));
    let leads = house.leads().await;
    assert_eq!(["ana", "bo"].map(|who| leads[&format!("{who}@b.example")].total_spend), [6_000, 3_000]);
    let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    assert!(told[0].line == 2 && told[0].reason.contains("Customer c1 is another lead than bo@b.example"), "{told:?}");
    assert!(told[1].line == 6 && told[1].reason.contains("customer’s number or e-mail"), "{told:?}");
}
