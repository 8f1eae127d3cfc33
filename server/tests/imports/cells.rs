//! Cells, rows and files that cannot be read as they are.

use super::*;
use crate::common::TestDb;

both_dbs!(
    everything_wrong_in_a_row_is_told,
    duplicates_that_are_skipped_are_not_told,
    a_row_that_makes_a_lead_too_large_is_rejected,
    one_stray_byte_costs_one_cell,
    two_exports_put_together_are_read_line_by_line,
    half_a_character_at_the_end_is_no_row,
    no_letter_goes_without_a_word,
    lines_are_those_of_the_file,
    a_file_of_open_quotes_is_given_up
);

async fn everything_wrong_in_a_row_is_told(db: &TestDb) {
    let house = House::new(db).await;
    let file = "Name,E-mail,Value,Stage,Link\n,nobody,much,Dreaming,x\nBo,bo@b.example,much,Dreaming,\nCy,cy@b.example,\"Rs. 1,00,000\",Negotiation,\n";
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
    assert_eq!((latin.encoding.as_str(), latin.remark), ("windows-1252", None));
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

async fn no_letter_goes_without_a_word(db: &TestDb) {
    let house = House::new(db).await;
    let file = b"name,email\nJ\x81rgen M\x81ller,j@b.example\nZo\xeb,z@b.example\n";
    let import = house.import("dos.csv", file, ImportOptions::default()).await;
    assert_eq!(house.leads().await["j@b.example"].name, "J\u{fffd}rgen M\u{fffd}ller");
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
