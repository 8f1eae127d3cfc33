//! Cells, rows and files that cannot be read as they are.

use super::*;
use crate::common::TestDb;

both_dbs!(
    everything_wrong_in_a_row_is_told,
    amounts_are_read_by_all_of_their_column,
    consent_is_read_from_marks_and_never_loosened,
    duplicates_that_are_skipped_are_not_told,
    a_row_that_makes_a_lead_too_large_is_rejected,
    one_stray_byte_costs_one_cell,
    two_exports_put_together_are_read_line_by_line,
    half_a_character_at_the_end_is_no_row,
    half_a_pair_costs_only_its_cell,
    no_letter_goes_without_a_word,
    lines_are_those_of_the_file,
    a_file_of_open_quotes_is_given_up,
    cells_of_custom_fields_are_read_by_their_type
);

async fn everything_wrong_in_a_row_is_told(db: &TestDb) {
    let house = House::new(db).await;
    let file = "Name,E-mail,Value,Stage,Link\n,nobody,much,Dreaming,x\nBo,bo@b.example,much,Dreaming,\nCy,cy@b.example,\"€ 1,00,000\",Negotiation,\n";
    let mapping = ["name", "email", "value", "stage", "linkedinUrl"].map(|name| Target::try_from(name.to_owned()).unwrap()).to_vec();
    let import = house.import("a.csv", file.as_bytes(), ImportOptions { mapping, ..ImportOptions::default() }).await;
    assert_eq!((counts(&import), import.counts.incomplete), ([3, 2, 0, 0, 1], 1));
    let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    for column in ["Name", "E-mail", "Value", "Stage", "Link"] {
        assert!(told[0].column.contains(column) && told[0].reason.contains(&format!("{column}: ")), "{column}: {told:?}");
    }
    assert_eq!((told[1].line, told[1].column.as_str(), told[1].imported), (3, "Value, Stage", true));
    let leads = house.leads().await;
    assert_eq!((leads["bo@b.example"].value, leads["bo@b.example"].stage), (None, Stage::NewLead));
    assert_eq!((leads["cy@b.example"].value, leads["cy@b.example"].stage), (Some(10_000_000), Stage::Negotiation));
}

async fn amounts_are_read_by_all_of_their_column(db: &TestDb) {
    let file = |amounts: &[&str]| {
        let row = |(at, amount): (usize, &&str)| format!("L{at};l{at}@b.example;{amount}\n");
        format!("sep=;\nname;email;value\n{}", amounts.iter().enumerate().map(row).collect::<String>())
    };
    // The proof is behind the rows that are read to guess the columns.
    let late = [vec!["1.234"; 300], vec!["12.50"]].concat();
    let few: [(&[&str], &[Option<i64>]); 4] = [
        (&["12.50", "9,99", "1.234", "1,234"], &[Some(1_250), Some(999), None, None]),
        (&["1.500", "1,500", "2"], &[None, None, Some(200)]),
        (&["1.234", "0.500"], &[None, None]),
        (&["1.234", "2.000", "7"], &[Some(123_400), Some(200_000), Some(700)]),
    ];
    let expected = [vec![None; 300], vec![Some(1_250)]].concat();
    for (amounts, values) in few.into_iter().chain([(late.as_slice(), expected.as_slice())]) {
        let house = House::new(db).await;
        let import = house.import("a.csv", file(amounts).as_bytes(), ImportOptions::default()).await;
        let leads = house.leads().await;
        let read: Vec<_> = (0..amounts.len()).map(|at| leads[&format!("l{at}@b.example")].value).collect();
        assert_eq!(read, values);
        let refused = values.iter().filter(|value| value.is_none()).count() as i64;
        assert_eq!((counts(&import)[1], import.counts.incomplete), (amounts.len() as i64, refused));
        house.undo(import.id).await;
    }
}

async fn consent_is_read_from_marks_and_never_loosened(db: &TestDb) {
    let house = House::new(db).await;
    let file = "name,email,Do not contact,HasOptedOutOfEmail,Bounced\nAna,ana@b.example,yes,,\nBo,bo@b.example,,true,0\nCy,cy@b.example,no,false,x\nDi,di@b.example,,0,\nEd,ed@b.example,maybe,,\n";
    let import = house.import("a.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!(counts(&import), [5, 4, 0, 0, 1]);
    let consents = async || {
        let leads = house.leads().await;
        ["ana", "bo", "cy", "di"].map(|name| leads[&format!("{name}@b.example")].consent)
    };
    let before = [Consent::Unsubscribed, Consent::Unsubscribed, Consent::Bounced, Consent::Subscribed];
    assert_eq!(consents().await, before);

    let file = "name,email,consent,score\nAna,ana@b.example,subscribed,101\nBo,bo@b.example,yes,7\nCy,cy@b.example,unsubscribed,\nDi,di@b.example,complained,\n";
    let import = house.import("b.csv", file.as_bytes(), update()).await;
    assert_eq!((counts(&import), import.counts.incomplete), ([4, 0, 3, 1, 0], 2));
    assert_eq!(consents().await, [before[0], before[1], Consent::Unsubscribed, Consent::Complained]);
    let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    let seen: Vec<_> = told.iter().map(|row| (row.line, row.column.as_str(), row.imported)).collect();
    assert_eq!(seen, [(2, "score, Consent", true), (3, "Consent", true)]);
    assert!(told[1].reason.contains("never loosens consent"), "{told:?}");
}

async fn duplicates_that_are_skipped_are_not_told(db: &TestDb) {
    let house = House::new(db).await;
    let file = "name,email,score\nAna,ana@b.example,101\nAna,ana@b.example,102\n";
    let mapping = vec![Target::Name, Target::Email, Target::Score];
    let import = house.import("a.csv", file.as_bytes(), ImportOptions { mapping: mapping.clone(), ..ImportOptions::default() }).await;
    assert_eq!((counts(&import), import.counts.incomplete), ([2, 1, 0, 1, 0], 1));
    let import = house.import("a.csv", file.as_bytes(), ImportOptions { mapping, ..update() }).await;
    assert_eq!((counts(&import), import.counts.incomplete), ([2, 0, 0, 2, 0], 2));
}

async fn a_row_that_makes_a_lead_too_large_is_rejected(db: &TestDb) {
    let house = House::new(db).await;
    let long = "x".repeat(90_000);
    let file = format!("name,email,a,b\nAna,ana@b.example,{long},{long}\n");
    assert_eq!(counts(&house.import("a.csv", file.as_bytes(), ImportOptions::default()).await), [1, 1, 0, 0, 0]);
    let more = format!("name,email,c\nAna,ana@b.example,{long}\nBo,bo@b.example,{long}\n");
    let import = house.import("b.csv", more.as_bytes(), update()).await;
    assert_eq!(counts(&import), [2, 1, 0, 0, 1]);
    let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    assert!(told[0].line == 2 && told[0].reason.contains("256 kB"), "{told:?}");
    assert!(house.errors(import.id).await.contains("Ana,ana@b.example,xxx"));
}

async fn one_stray_byte_costs_one_cell(db: &TestDb) {
    let house = House::new(db).await;
    let mut file = "name,email,company\nJörg Müller,joerg@b.example,Größe & Söhne\n太田 真綾,ota@b.example,Tern\n".as_bytes().to_vec();
    file.extend(b"Ana,ana@b.example,Caf\xe9 Tern\nZo\xeb,zoe@b.example,Fell\n");
    let import = house.import("a.csv", &file, ImportOptions::default()).await;
    assert_eq!((import.encoding.as_str(), counts(&import), import.counts.incomplete), ("utf-8", [4, 3, 0, 0, 1], 1));
    assert!(import.remark.as_deref().is_some_and(|remark| remark.contains("2 places")), "{:?}", import.remark);
    let leads = house.leads().await;
    assert_eq!((leads["joerg@b.example"].name.as_str(), leads["ota@b.example"].name.as_str()), ("Jörg Müller", "太田 真綾"));
    assert_eq!(leads["ana@b.example"].company, None);
    let latin = house.upload("b.csv", b"name,email\nJ\xf6rg M\xfcller,j@b.example\n").await.unwrap();
    assert_eq!(latin.encoding, "windows-1252");
    assert!(latin.remark.as_deref().is_some_and(|remark| remark.contains("it is read as windows-1252")), "{:?}", latin.remark);
}

async fn two_exports_put_together_are_read_line_by_line(db: &TestDb) {
    let house = House::new(db).await;
    let mut file = b"name,email\n".to_vec();
    for at in 0..9 {
        file.extend(if at % 2 == 0 { b"Zo\xeb M\xfcller".as_slice() } else { "Zoë Müller".as_bytes() });
        file.extend(format!(",zoe{at}@b.example\n").bytes());
    }
    let import = house.import("mixed.csv", &file, ImportOptions::default()).await;
    assert_eq!((import.encoding.as_str(), counts(&import)), ("windows-1252", [9, 9, 0, 0, 0]));
    assert!(import.remark.as_deref().is_some_and(|remark| remark.contains("4 lines are UTF-8")), "{:?}", import.remark);
    assert!(house.leads().await.values().all(|lead| lead.name == "Zoë Müller"));
}

async fn half_a_character_at_the_end_is_no_row(db: &TestDb) {
    let house = House::new(db).await;
    let mut file = vec![0xff, 0xfe];
    file.extend("name,email\nZoë,z@b.example\n".encode_utf16().flat_map(u16::to_le_bytes));
    file.push(0x41);
    let import = house.import("\u{202e}odd\r\nend.txt", &file, ImportOptions::default()).await;
    assert_eq!((import.encoding.as_str(), counts(&import), import.file.as_str()), ("utf-16le", [1, 1, 0, 0, 0], "odd end.txt"));
    assert!(import.remark.is_some());
}

async fn half_a_pair_costs_only_its_cell(db: &TestDb) {
    let house = House::new(db).await;
    let mut file = vec![0xff, 0xfe];
    let row = |name: &[u16], email: &str, title: &[u16]| {
        let units = [name, &[0x2c], &email.encode_utf16().collect::<Vec<_>>(), &[0x2c], title, &[0x0a]].concat();
        units.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    let text = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    file.extend(row(&text("name"), "email", &text("title")));
    file.extend(row(&text("Zoë"), "z@b.example", &[0x43, 0xd83e, 0x54]));
    file.extend(row(&[0x42, 0xd83e], "b@b.example", &text("CTO")));
    let import = house.import("pairs.txt", &file, ImportOptions::default()).await;
    assert_eq!((import.encoding.as_str(), counts(&import), import.counts.incomplete), ("utf-16le", [2, 1, 0, 0, 1], 1));
    assert!(import.remark.as_deref().is_some_and(|remark| remark.contains("left out")), "{:?}", import.remark);
    assert_eq!(house.leads().await["z@b.example"].title, None);
}

async fn no_letter_goes_without_a_word(db: &TestDb) {
    let house = House::new(db).await;
    let file = b"name,email\nJ\x81rgen M\x81ller,j@b.example\nZo\xeb,z@b.example\n";
    let import = house.import("dos.csv", file, ImportOptions::default()).await;
    assert_eq!(counts(&import), [2, 1, 0, 0, 1], "no name with a hole in it");
    assert_eq!(house.leads().await.into_keys().collect::<Vec<_>>(), ["z@b.example"]);
    assert!(import.remark.as_deref().is_some_and(|remark| remark.contains("cannot be read as windows-1252")), "{:?}", import.remark);
}

async fn lines_are_those_of_the_file(db: &TestDb) {
    let house = House::new(db).await;
    for end in ["\n", "\r\n", "\r"] {
        let rows = ["name,email,notes", "Ana,ana@b.example,\"a", "b", "c\"", "", "Bo,bad,\"x", "y\"", "Cy,worse,"];
        let import = house.import("a.csv", rows.join(end).as_bytes(), ImportOptions::default()).await;
        let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
        assert_eq!(told.iter().map(|row| row.line).collect::<Vec<_>>(), [6, 8], "{end:?}");
        assert_eq!(house.leads().await["ana@b.example"].notes.as_deref(), Some("a\nb\nc"), "{end:?}");
        house.undo(import.id).await;
    }
}

async fn a_file_of_open_quotes_is_given_up(db: &TestDb) {
    let house = House::new(db).await;
    let file = format!("name,email\nAna,ana@b.example\n{}", "a\"b,\"c\n".repeat(400_000));
    let import = house.import("quotes.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!(import.status, ImportStatus::Failed);
    assert!(import.error.as_deref().is_some_and(|error| error.contains("line 103")), "{:?}", import.error);
}

async fn cells_of_custom_fields_are_read_by_their_type(db: &TestDb) {
    let house = House::new(db).await;
    let leads = Leads::new(house.store.clone(), Hub::start(house.store.clone()));
    let fields = CustomFields::new(house.store.clone(), Arc::new(leads));
    for (label, kind, choices) in [
        ("Plan", CustomKind::Choice, vec!["Gold".to_owned()]),
        ("Ends", CustomKind::Date, Vec::new()),
        ("Seats", CustomKind::Number, Vec::new()),
    ] {
        let new = NewField { label: label.to_owned(), kind, choices, required: true, ..NewField::default() };
        fields.create(&Actor::system(), new).await.unwrap();
    }
    let file =
        "name,email,PLAN,Ends,Seats,Other\nAna,ana@b.example,gold,30.11.2026,\"12,5\",x\nBo,bo@b.example,Silver,1/2/2026,\"1,250\",\n";
    let import = house.import("a.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!((counts(&import)[1], import.counts.incomplete), (2, 1), "a required value may be missing in a file");
    let leads = house.leads().await;
    let custom = |email: &str| serde_json::to_value(&leads[email].custom).unwrap();
    assert_eq!(custom("ana@b.example"), serde_json::json!({ "Plan": "Gold", "Ends": "2026-11-30", "Seats": "12.5", "Other": "x" }));
    assert_eq!(custom("bo@b.example"), serde_json::json!({}));
    let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    for said in [
        "PLAN: No choice of this field; use one of: Gold",
        "Ends: Which of the numbers is the month?",
        "Seats: Thousands or three decimals?",
    ] {
        assert!(told[0].reason.contains(said), "{said}: {told:?}");
    }
}
