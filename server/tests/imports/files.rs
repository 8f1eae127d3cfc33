//! Files and the leads they produce.

use super::*;
use crate::common::TestDb;
use crate::common::server::{TestServer, json as server_json};
use axum::{Router, body::Body, http::Request};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tower::Service;

both_dbs!(
    an_upload_that_hangs_up_at_its_end_leaves_no_file_without_an_import,
    real_files_give_what_they_must,
    cells_arrive_whole,
    known_people_are_skipped_or_updated,
    a_custom_field_keeps_its_first_spelling,
    rejected_rows_can_be_corrected_and_imported_again,
    a_files_name_is_one_line_as_it_was_called,
    an_upload_is_read_only_as_far_as_it_is_allowed,
    an_error_file_of_an_error_file_is_like_the_first,
    rows_wider_than_the_header_are_rejected_whole,
    hostile_files_are_refused_or_rejected_row_by_row,
    leads_come_into_a_campaign_as_they_are_imported,
    columns_beyond_the_most_custom_fields_are_named,
    amounts_in_another_currency_than_the_workspaces_are_left_out,
    owners_who_are_no_users_here_stay_as_they_are_written
);

async fn owners_who_are_no_users_here_stay_as_they_are_written(db: &TestDb) {
    let house = House::new(db).await;
    let upload = house.upload("owners.csv", b"name,email,Owner\nAna,a@b.example,Someone Else\n").await.unwrap();
    assert_eq!(upload.columns[2].target, Target::Custom("Owner".to_owned()));
}

async fn columns_beyond_the_most_custom_fields_are_named(db: &TestDb) {
    let house = House::new(db).await;
    let answers = |cell: fn(usize) -> String| (0..105).map(cell).collect::<Vec<_>>().join(",");
    let file = format!("email,name,{}\na@b.example,Ana,{}\n", answers(|at| format!("Answer {at}")), answers(|_| "x".to_owned()));
    let import = house.upload("wide.csv", file.as_bytes()).await.unwrap();
    let remark = import.remark.unwrap();
    assert!(remark.contains("“Answer 100”, “Answer 101”, “Answer 102” … (5 in all)"), "{remark}");
}

async fn amounts_in_another_currency_than_the_workspaces_are_left_out(db: &TestDb) {
    let house = House::new(db).await;
    let file = "name,email,value\nAna,a@b.example,$5\nBo,b@b.example,€6\nCy,c@b.example,7\nDi,d@b.example,£8\n";
    let import = house.import("mixed.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!((counts(&import), import.counts.incomplete), ([4, 4, 0, 0, 0], 2));
    let leads = house.leads().await;
    assert_eq!(["a", "b", "c", "d"].map(|who| leads[&format!("{who}@b.example")].value), [None, Some(600), Some(700), None]);

    // The header and the first rows show it before the import begins; later rows are read in the light of all.
    let file = "name,email,Value (USD)\nEd,e@b.example,5\nFay,f@b.example,€ 6\n";
    let upload = house.upload("header.csv", file.as_bytes()).await.unwrap();
    assert_eq!((upload.columns[2].foreign_to(Currency::EUR), upload.columns[0].currencies.len()), (vec!["USD".to_owned()], 0));
    house.imports.start(&Actor::system(), upload.id, ImportOptions::default()).await.unwrap();
    assert_eq!(house.over(upload.id).await.counts.incomplete, 1);
    assert!(house.csv(upload.id, true).await.contains("Another currency than the workspace's"));
    let as_they_are = ImportOptions { foreign_amounts: ForeignAmounts::AsTheyAre, ..update() };
    assert_eq!(house.import("header.csv", file.as_bytes(), as_they_are).await.counts.incomplete, 0);
    let leads = house.leads().await;
    assert_eq!(["e", "f"].map(|who| leads[&format!("{who}@b.example")].value), [Some(500), Some(600)]);
}

async fn an_upload_that_hangs_up_at_its_end_leaves_no_file_without_an_import(db: &TestDb) {
    let house = House::new(db).await;
    for later in 0..40 {
        let (sent, all_sent) = tokio::sync::oneshot::channel();
        let mut pieces = vec![Bytes::from_static(b"name,email\nAna,ana@b.example\n")];
        let mut sent = Some(sent);
        let body = futures::stream::poll_fn(move |_| {
            if pieces.is_empty() {
                sent.take().unwrap().send(()).unwrap();
            }
            std::task::Poll::Ready(pieces.pop().map(Ok))
        });
        let imports = house.imports.clone();
        let upload = tokio::spawn(async move { imports.receive(&Actor::system(), "a.csv", body).await });
        all_sent.await.unwrap();
        for _ in 0..later * 5 {
            tokio::task::yield_now().await;
        }
        upload.abort();
        drop(upload.await);
    }
    let whole = async {
        loop {
            let known = house.imports.list(&Actor::system()).await.unwrap().data;
            let files: Vec<_> =
                std::fs::read_dir(&house.folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            let named = |file: &String| known.iter().any(|import| *file == format!("{}.csv", import.id));
            if files.len() == known.len() && files.iter().all(named) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), whole).await.expect("each file has an import");
}

async fn real_files_give_what_they_must(db: &TestDb) {
    let house = House::new(db).await;
    let expected: BTreeMap<String, Json> = serde_json::from_slice(&data("expected.json")).unwrap();
    assert_eq!(expected.len(), 4);
    for (name, expected) in expected {
        let import = house.import(&name, &data(&name), ImportOptions::default()).await;
        let encoding = expected["encoding"].as_str().unwrap().split(' ').next().unwrap().to_owned();
        assert!(import.encoding.starts_with(&encoding), "{name}: {}", import.encoding);
        let delimiter = if expected["delimiter"] == "tab" { "\t" } else { expected["delimiter"].as_str().unwrap() };
        assert_eq!((import.delimiter.to_string().as_str(), import.status), (delimiter, ImportStatus::Completed), "{name}");
        let number = |key: &str| expected[key].as_i64().unwrap();
        assert_eq!(counts(&import), [number("rows"), number("new_leads"), 0, number("duplicates_in_file"), number("rejected")], "{name}");
        assert_eq!(import.read, import.size, "{name}");
        assert_eq!(house.leads().await.len() as i64, number("new_leads"), "{name}");
        assert_eq!(house.undo(import.id).await.status, ImportStatus::Undone);
        assert_eq!(house.leads().await.len(), 0, "{name}");
    }
    assert_eq!(std::fs::read_dir(&house.folder).unwrap().count(), 0, "files of imports that are over");
}

async fn cells_arrive_whole(db: &TestDb) {
    let house = House::new(db).await;
    let import = house.import(HUBSPOT, &data(HUBSPOT), ImportOptions { tags: vec!["fair".into()], ..ImportOptions::default() }).await;
    let leads = house.leads().await;
    let lead = &leads["browningjason0@hamilton.com"];
    assert_eq!((lead.name.as_str(), lead.phone.as_deref()), ("太田 真綾", Some("070-8609-1390")));
    assert_eq!(lead.notes.as_deref(), Some("\"Met at fair\"\nfollow up, soon"));
    assert_eq!(
        (lead.custom["Record ID"].as_str(), lead.import_id, lead.tags.as_slice()),
        ("100000", Some(import.id), &["fair".to_owned()][..])
    );
    house.import("u.txt", &data("excel_unicode_text_utf16.txt"), update()).await;
    assert_eq!(house.leads().await["browningjason0@hamilton.com"].stage, Stage::InitialContact);
    house.import("e.csv", &data("excel_semicolon_cp1252.csv"), update()).await;
    assert_eq!(house.leads().await["rebekah537@weaver.org"].location.as_deref(), Some("Nabburg"));
    let ragged = house.import("r.csv", &data("ragged_utf8_bom.csv"), update()).await;
    assert_eq!((counts(&ragged)[4], ragged.counts.incomplete), (0, 8), "rows of seven cells under four columns");
    let notes: Vec<_> = house.leads().await.into_values().filter_map(|lead| lead.notes).collect();
    assert!(notes.iter().any(|text| text == "=HYPERLINK(\"http://x\",\"click\")"));
    assert!(notes.iter().any(|text| text.chars().count() == 10_000));
}

async fn known_people_are_skipped_or_updated(db: &TestDb) {
    let house = House::new(db).await;
    let first = "name,email,company\nAna,ana@b.example,Tern\nBo,bo@b.example,\n";
    house.import("a.csv", first.as_bytes(), ImportOptions::default()).await;
    let second = "name,email,company,title,stage\nAnna,ANA@b.example,Fell,CTO,Negotiation\nCy,cy@b.example,,,\nCyd,cy@b.example,Halden,,\nBo,bo@b.example,,,\n";
    let skipped = house.import("b.csv", second.as_bytes(), ImportOptions::default()).await;
    assert_eq!(counts(&skipped), [4, 1, 0, 3, 0]);
    assert_eq!(house.leads().await["ana@b.example"].name, "Ana");
    house.undo(skipped.id).await;
    let before = house.leads().await;
    let updated = house.import("b.csv", second.as_bytes(), update()).await;
    // Bo's row changes nothing; Cyd's corrects an earlier row of the same file.
    assert_eq!(counts(&updated), [4, 1, 2, 1, 0]);
    let leads = house.leads().await;
    let ana = &leads["ana@b.example"];
    assert_eq!((ana.name.as_str(), ana.company.as_deref(), ana.title.as_deref()), ("Anna", Some("Fell"), Some("CTO")));
    assert_eq!((ana.stage, ana.revision), (Stage::Negotiation, 2));
    let detail = Leads::new(house.store.clone(), Hub::start(house.store.clone())).detail(&Actor::system(), ana.id).await.unwrap().unwrap();
    let timeline: Vec<_> = detail.data.timeline.into_iter().map(|item| item.kind).collect();
    let file = |name: &str| name.to_owned();
    assert_eq!(timeline, [TimelineKind::Updated { file: file("b.csv") }, TimelineKind::Imported { file: file("a.csv") }]);
    assert_eq!(leads["cy@b.example"].company.as_deref(), Some("Halden"));
    house.undo(updated.id).await;
    let after = house.leads().await;
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let (old, now) = (&before["ana@b.example"], &after["ana@b.example"]);
    assert_eq!((&now.name, &now.company, &now.title, now.stage), (&old.name, &old.company, &old.title, old.stage));
    assert_eq!(now.revision, 3);
}

async fn a_custom_field_keeps_its_first_spelling(db: &TestDb) {
    let house = House::new(db).await;
    house.import("a.csv", b"name,email,Plan\nAna,a@b.example,Gold\n", ImportOptions::default()).await;
    let again = house.import("b.csv", b"name,email,PLAN,plan\nAna,a@b.example,Silver,x\nBo,b@b.example,Silver,\n", update()).await;
    assert_eq!(counts(&again), [2, 1, 1, 0, 0]);
    let leads = house.leads().await;
    let fields = |email: &str| leads[email].custom.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect::<Vec<_>>();
    assert_eq!(fields("a@b.example"), [("Plan", "Silver"), ("plan (4)", "x")]);
    assert_eq!(fields("b@b.example"), [("PLAN", "Silver")]);
    let import = house.upload("c.csv", b"name,email,x,y\nAna,a@b.example,1,2\n").await.unwrap();
    let mapping = ["name", "email", "custom.Plan", "custom.plan"].map(|name| Target::try_from(name.to_owned()).unwrap()).to_vec();
    let options = ImportOptions { mapping, ..ImportOptions::default() };
    assert!(house.imports.start(&Actor::system(), import.id, options).await.is_err_and(|error| error.on_field("mapping").is_some()));
}

async fn rejected_rows_can_be_corrected_and_imported_again(db: &TestDb) {
    let house = House::new(db).await;
    let file = "Name;E-Mail;Telefon;Wert\r\n\"Holt, Maren\";nobody;+49 30 1;5\r\n\r\n=cmd|'/C calc'!A0;;;\r\nBo;bo@b.example;;viel\r\nCy;cy@b.example\r\n;;;\r\n";
    let import = house.import("Käufer 1.csv", file.as_bytes(), ImportOptions::default()).await;
    assert_eq!((counts(&import), import.counts.incomplete), ([4, 2, 0, 0, 2], 1), "blank lines and rows of delimiters are no rows");
    let rejected = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    let seen: Vec<_> = rejected.iter().map(|row| (row.line, row.column.as_str(), row.value.as_str(), row.imported)).collect();
    assert_eq!(seen, [(2, "E-Mail", "nobody", false), (4, "E-Mail", "", false), (5, "Wert", "viel", true)]);
    let errors = house.errors(import.id).await;
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "\u{feff}Name;E-Mail;Telefon;Wert;line;reason"));
    assert!(lines[1].starts_with("Holt, Maren;nobody;'+49 30 1;5;2;\"Not a full e-mail address"), "{}", lines[1]);
    assert!(lines[2].starts_with("'=cmd|'/C calc'!A0;;;;4;Enter an e-mail"), "{}", lines[2]);
    let incomplete = house.csv(import.id, true).await;
    assert!(incomplete.lines().nth(1).unwrap().starts_with("Bo;bo@b.example;;viel;5;"), "{incomplete}");
    // Imported unchanged: the columns that we added must not become custom fields.
    let again = house.import("again.csv", errors.replace(";nobody;", ";maren@b.example;").as_bytes(), ImportOptions::default()).await;
    assert_eq!(counts(&again), [2, 1, 0, 0, 1]);
    let again = house.import("cells.csv", incomplete.replace(";viel;", ";1.200,50 €;").as_bytes(), update()).await;
    assert_eq!(counts(&again), [1, 0, 1, 0, 0]);
    let leads = house.leads().await;
    assert_eq!((leads["maren@b.example"].phone.as_deref(), leads["bo@b.example"].value), (Some("+49 30 1"), Some(120_050)));
    assert!(leads.values().all(|lead| lead.custom.is_empty()));
}

async fn a_files_name_is_one_line_as_it_was_called(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let file = "name,email\nAna,ana@b.example\n";
    let form =
        format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a %22b%22%0D%0A 100%.csv\"\r\n\r\n{file}\r\n--x--\r\n");
    let posted =
        client.post(server.url("/api/imports")).header("content-type", "multipart/form-data; boundary=x").body(form).send().await.unwrap();
    assert_eq!(server_json(posted).await["file"], "a \"b\" 100%.csv");
    let named = client
        .post(server.url("/api/imports?name=a%0Ab%E2%80%AEcsv.exe"))
        .header("content-type", "text/csv")
        .body(file)
        .send()
        .await
        .unwrap();
    assert_eq!(server_json(named).await["file"], "a bcsv.exe");
    server.stop().await;
}

async fn an_upload_is_read_only_as_far_as_it_is_allowed(db: &TestDb) {
    let server = TestServer::start(db).await;
    let app = &server.server.app;
    let mut router = server::http::router(app.clone(), server::route_groups::all(app).unwrap()).unwrap();
    let (member, viewer) = (server.secret(Role::Member).await, server.secret(Role::Viewer).await);
    let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n";
    let other = "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n";
    for (what, start) in [("header", head), ("preamble", "--y"), ("another field", other)] {
        let (answer, read) = endless_form(&mut router, &member, start).await;
        assert_eq!((answer.0, answer.1["errors"][0]["field"].as_str()), (422, Some("file")), "{what}: {answer:?}");
        assert!(read <= 128 * 1024, "{what}: {read}");
        let (answer, read) = endless_form(&mut router, &viewer, start).await;
        assert_eq!((answer.0, read), (403, 0), "{what}");
    }
    server.stop().await;
}

/// Posts a form that begins with `start` and never ends. Returns the answer's status and JSON, and the bytes that were read of it.
async fn endless_form(router: &mut Router, key: &str, start: &'static str) -> ((u16, Json), u64) {
    let read = Arc::new(AtomicU64::new(0));
    let (counted, mut next) = (read.clone(), Bytes::from_static(start.as_bytes()));
    let body = Body::from_stream(futures::stream::repeat_with(move || {
        let piece = std::mem::replace(&mut next, Bytes::from_static(&[b'a'; 16 * 1024]));
        counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok::<_, std::io::Error>(piece)
    }));
    let request = Request::post("/api/imports")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "multipart/form-data; boundary=x");
    let answer = router.call(request.body(body).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let json = axum::body::to_bytes(answer.into_body(), 64 * 1024).await.unwrap();
    ((status, serde_json::from_slice(&json).unwrap()), read.load(Ordering::Relaxed))
}

async fn an_error_file_of_an_error_file_is_like_the_first(db: &TestDb) {
    let house = House::new(db).await;
    let notes = format!("{}.", "ä ".repeat(20_001));
    let file = format!("name,email,notes\nAna,nobody,{notes}\nBo,no one,x\nCy,\"c\"d,x\n");
    let first = house.import("a.csv", file.as_bytes(), ImportOptions::default()).await;
    let errors = house.errors(first.id).await;
    assert_eq!(counts(&first)[4], 3);
    assert!(errors.contains(&notes), "cells are whole");
    assert!(
        errors.contains("\"Cy,\"\"c\"\"d,x\",,,4,Text stands behind"),
        "so is the line of a broken row: {}",
        &errors[errors.len() - 200..]
    );
    let header = |file: &str| file.lines().next().unwrap().trim_start_matches('\u{feff}').to_owned();
    // Unchanged, as saved by a spreadsheet, and with the added columns moved to the front.
    for (file, expected) in [
        (errors.clone(), "name,email,notes,line,reason"),
        (errors.replace("line,reason\r\n", "Line,REASON,,\r\n"), "name,email,notes,,,line,reason"),
        ("line,reason,name,email,notes,line,reason\n7,why,Ana,nobody,x,2,why\n".to_owned(), "name,email,notes,line,reason"),
    ] {
        let again = house.import("again.csv", file.as_bytes(), ImportOptions::default()).await;
        assert!(again.columns.iter().all(|column| !matches!(column.target, Target::Custom(_))), "{:?}", again.columns);
        assert!(counts(&again)[4] > 0);
        assert_eq!(header(&house.errors(again.id).await), expected);
    }
    // An explicit mapping imports these columns.
    let mapping = ["name", "email", "custom.line", "skip"].map(|name| Target::try_from(name.to_owned()).unwrap()).to_vec();
    let import =
        house.import("own.csv", b"name,email,line,reason\nAna,nobody,7,x\n", ImportOptions { mapping, ..ImportOptions::default() }).await;
    assert_eq!(header(&house.errors(import.id).await), "name,email,line,line,reason");
}

async fn rows_wider_than_the_header_are_rejected_whole(db: &TestDb) {
    let house = House::new(db).await;
    let lead = "name,email,value,company,notes\nA,a@b.example,5,Acme,Met in spring\n";
    house.import("a.csv", lead.as_bytes(), ImportOptions::default()).await;
    let before = house.leads().await;
    let shifted = "name,email,value,company,notes\nA,a@b.example,12,50,Acme,hi\n";
    assert_eq!(counts(&house.import("shifted.csv", shifted.as_bytes(), update()).await), [1, 0, 0, 0, 1]);
    assert_eq!(house.leads().await, before, "no cell went to another column");

    let file = "name,email,value\nA,a@b.example,1,234.50\nB,b@b.example,2,,\n\"C, D\",c@b.example,1,2,3,\n";
    let import = house.import("w.csv", file.as_bytes(), update()).await;
    assert_eq!(counts(&import), [3, 1, 0, 0, 2]);
    assert_eq!(house.leads().await["b@b.example"].value, Some(200), "empty cells beyond the last column");
    let told = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    let why = |cells: i32| format!("{cells} cells under 3 columns; put quotes around a cell that holds the delimiter");
    assert_eq!(told.iter().map(|row| (row.line, row.reason.clone())).collect::<Vec<_>>(), [(2, why(4)), (4, why(5))]);
    let errors = house.errors(import.id).await;
    let rows: Vec<&str> = errors.lines().collect();
    assert_eq!(rows[1], format!("A,a@b.example,1,2,{},234.50", why(4)));
    assert_eq!(rows[2], format!("\"C, D\",c@b.example,1,4,{},2,3,", why(5)));
    // Imported unchanged it reports the same rows: no cell moves to another column.
    assert_eq!(counts(&house.import("again.csv", errors.as_bytes(), update()).await), [2, 0, 0, 0, 2]);
}

async fn hostile_files_are_refused_or_rejected_row_by_row(db: &TestDb) {
    let house = House::new(db).await;
    for (bytes, why) in [
        (Vec::new(), "empty"),
        (b"PK\x03\x04 workbook".to_vec(), "workbook"),
        (b"n\0a\0m\0e\0,\0e\0".to_vec(), "text file"),
        (format!("email{}\n\n", ",x".repeat(10_000)).into_bytes(), "4,096"),
        (format!("email{}\na@b.example\n", ",x".repeat(1_000)).into_bytes(), "columns"),
        (b"name,email".to_vec(), "no rows"),
        (b"name,\"email\nA,a@b.example\n".to_vec(), "quote"),
    ] {
        let refused = house.upload("bad.csv", &bytes).await;
        let Err(Error::Invalid(errors)) = refused else { panic!("{refused:?}") };
        assert!(errors[0].field == "file" && errors[0].message.contains(why), "{why}: {}", errors[0].message);
    }
    let small = house.imports.clone().with_file_max(10);
    let piece = futures::stream::iter([Ok(Bytes::from_static(b"name,email\n"))]);
    assert_eq!(small.receive(&Actor::system(), "big.csv", piece).await, Err(Error::TooLarge { limit: 10 }));
    assert_eq!(std::fs::read_dir(&house.folder).unwrap().count(), 0, "refused files are not kept");

    let mut bomb = String::from("name,email,notes\nAna,ana@b.example,fine\n");
    bomb += &format!("Bo,bo@b.example,{}\n", "x".repeat(1_000_000));
    bomb += &format!("Cy,cy@b.example,{}\n", "y".repeat(5_000_000));
    bomb += &format!("Di,di@b.example,z{}\n", ",".repeat(10_000));
    bomb += "Nu\0l,nul@b.example,a\0b\n<script>alert(1)</script>,xss@b.example,\u{202e}rtl 🦆\n";
    bomb += &format!("{},long@b.example,x\n", "n".repeat(100_000));
    bomb += "Ed,ed@b.example,\"never closed\nFay,fay@b.example,last";
    let import = house.import("bomb.csv", bomb.as_bytes(), ImportOptions::default()).await;
    assert_eq!((import.status, counts(&import), import.counts.incomplete), (ImportStatus::Completed, [9, 5, 0, 0, 4], 1));
    let rejected = house.imports.rejected(&Actor::system(), import.id, 10).await.unwrap();
    assert_eq!(rejected.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4, 5, 8, 9]);
    let leads = house.leads().await;
    assert_eq!((leads["nul@b.example"].name.as_str(), leads["xss@b.example"].notes.as_deref()), ("Nul", Some("rtl 🦆")));
    assert_eq!(leads["fay@b.example"].notes.as_deref(), Some("last"));
}

async fn leads_come_into_a_campaign_as_they_are_imported(db: &TestDb) {
    let house = House::new(db).await;
    let system = Actor::system();
    let bulks = Bulks::new(house.store.clone(), Hub::start(house.store.clone()));
    let campaigns = Campaigns::new(house.store.clone(), bulks);
    let id = campaigns.create(&system, named("Spring")).await.unwrap().id;
    let total = async || counts_of(&house.store, &campaigns, id).await.total_leads;
    house.import("a.csv", b"name,email\nAna,ana@b.example\nBo,bo@b.example\nCy,cy@b.example\n", ImportOptions::default()).await;
    let into = ImportOptions { campaign_id: Some(id), ..update() };
    campaigns.act(&system, id, CampaignAction::Start).await.unwrap();
    // Bo changes, Cy does not, Di is new and has a duplicate.
    let import = house
        .import(
            "b.csv",
            b"name,email,status\nBob,bo@b.example,converted\nCy,cy@b.example,\nDi,di@b.example,\nDi,di@b.example,\n",
            into.clone(),
        )
        .await;
    assert_eq!((counts(&import), total().await), ([4, 1, 1, 2, 0], 2));
    // A later import advances the enrollments of leads that it updates.
    let later = house.import("c.csv", b"name,email,status\nDi,di@b.example,converted\n", update()).await;
    assert_eq!(counts_of(&house.store, &campaigns, id).await.successful_leads, 1);
    house.undo(later.id).await;
    assert_eq!(counts_of(&house.store, &campaigns, id).await.successful_leads, 0);
    house.undo(import.id).await;
    assert_eq!(total().await, 0);

    let skip = house
        .import(
            "d.csv",
            b"name,email\nBo,bo@b.example\nEd,ed@b.example\n",
            ImportOptions { campaign_id: Some(id), ..ImportOptions::default() },
        )
        .await;
    assert_eq!((counts(&skip), total().await), ([2, 1, 0, 1, 0], 1));
    campaigns.act(&system, id, CampaignAction::Complete).await.unwrap();
    let waiting = house.upload("e.csv", b"name,email\nFay,fay@b.example\n").await.unwrap().id;
    assert!(matches!(house.imports.start(&system, waiting, into).await, Err(Error::Conflict(_))));
    let nowhere = ImportOptions { campaign_id: Some(CampaignId(waiting.0)), ..ImportOptions::default() };
    let Err(Error::Invalid(errors)) = house.imports.start(&system, waiting, nowhere).await else { panic!("started") };
    assert_eq!(errors[0].field, "campaignId");
}
