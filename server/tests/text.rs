//! Text that looks the same compares equal, through every interface; older rows are folded anew.

use crate::common::TestDb;
use crate::common::{
    campaigns::named,
    leads::{changes_of, edit, insert, member, new_lead, settled, with_member},
    server::{TestServer, json, location},
};
use domain::{
    Actor, Error, LeadId, Record, Role, ViewId,
    accounts::{Invite, NewKey},
    bulk::{BulkAction, NewBulk},
    leads::{Lead, LeadQuery, Selection},
    rule::{Op, Rule, Value},
    services::{AccountService, BulkService, CampaignService, LeadService, ViewService},
    text::FOLD,
    views::{NewView, ViewPatch},
};
use serde_json::json;
use server::{
    accounts::Accounts,
    bulk::Bulks,
    campaigns::Campaigns,
    leads::Leads,
    live::Hub,
    refold::{self, clashes, run_in_batches},
    store::{Sql, Store, sql},
    views::Views,
};
use uuid::Uuid;

async fn write(store: &Store, text: impl Into<Sql> + Send + 'static) {
    let system = Actor::system();
    store.write(&system, move |tx| Box::pin(async move { tx.run(sql(text)).await.map(drop) })).await.unwrap();
}

/// A lead as an older version wrote it: with this address and old folded keys.
async fn old_lead(store: &Store, n: u128, name: &str, email: &str) -> LeadId {
    let mut lead = new_lead(name, "x@b.example").into_lead(LeadId(Uuid::from_u128(n)), domain::Timestamp(n as i64));
    lead.email = email.to_owned();
    let (id, system) = (lead.id, Actor::system());
    store
        .write(&system, move |tx| {
            Box::pin(async move {
                insert(tx, vec![lead]).await?;
                let old = "UPDATE lead SET name_fold = 'old', company_fold = 'old', tags_fold = 'old', search = 'old' WHERE id = $1";
                tx.run_one(sql(old).bind(id)).await
            })
        })
        .await
        .unwrap();
    id
}

async fn found(leads: &Leads, rule: Rule) -> Vec<String> {
    let query = LeadQuery { rule, ..LeadQuery::default() };
    let mut names: Vec<String> = leads.list(&member(), &query).await.unwrap().data.leads.into_iter().map(|lead| lead.name).collect();
    names.sort();
    names
}

fn is(field: &str, value: &str) -> Rule {
    Rule::test(field, Op::Is, Value::Text(value.to_owned()))
}

async fn lead(leads: &Leads, id: LeadId) -> Lead {
    leads.get(&member(), id).await.unwrap().unwrap()
}

both_dbs!(
    older_leads_are_brought_into_the_form_of_today,
    an_interrupted_start_goes_on_where_it_was,
    those_who_turn_out_to_be_one_both_stay_and_are_told,
    accounts_campaigns_and_views_follow,
    a_text_of_one_line_has_one_at_every_door,
    a_tag_is_one_whatever_its_case_at_every_door,
    a_custom_field_is_one_however_its_key_is_written,
    fields_of_older_leads_that_became_one_all_stay,
    one_person_has_one_address_over_the_api,
    null_clears_or_is_refused_and_absent_stays,
    a_bulk_action_says_all_that_it_does,
    a_slash_at_the_end_leads_to_the_page
);

async fn older_leads_are_brought_into_the_form_of_today(db: &TestDb) {
    let store = db.open().await;
    let mut ids = Vec::new();
    for (n, name, email) in [
        (1, "İSTANBUL", "ana@xn--bcher-kva.example"),
        (2, "Jose\u{301}", "jose\u{301}@b.example"),
        (3, "Plain", "plain@b.example"),
        (4, "Hidden", "\u{200b}hidden@b.example"),
        (5, "Odd", "odd@b_c.example"),
    ] {
        ids.push(old_lead(&store, n, name, email).await);
    }
    run_in_batches(&store, 2).await.unwrap();
    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    let emails =
        [("ana@bücher.example", 2), ("josé@b.example", 2), ("plain@b.example", 1), ("hidden@b.example", 2), ("odd@b_c.example", 1)];
    for (id, (email, revision)) in ids.iter().zip(emails) {
        let now = lead(&leads, *id).await;
        assert_eq!((now.email.as_str(), now.revision), (email, revision), "nobody is lost, and what people read changes by a change");
    }
    settled(&store).await;
    let changes = changes_of(&store, ids[1]).await;
    let Some(Record::Lead(was)) = &changes[0].before else { panic!("no lead") };
    assert_eq!((was.email.as_str(), changes.len()), ("jose\u{301}@b.example", 1));
    assert_eq!(found(&leads, Rule::search("istanbul")).await, ["İSTANBUL"]);
    assert_eq!(found(&leads, is("name", "JOSÉ")).await, ["Jose\u{301}"]);
    assert_eq!(found(&leads, is("email", "ana@BÜCHER.example")).await, ["İSTANBUL"]);
    assert_eq!(found(&leads, Rule::search("old")).await, Vec::<String>::new());
    assert_eq!(clashes(&store).await.unwrap().addresses, Vec::<String>::new());
    // A second run does nothing.
    write(&store, "UPDATE lead SET search = 'kept'").await;
    refold::run(&store).await.unwrap();
    assert_eq!(found(&leads, Rule::search("kept")).await.len(), 5);
    store.close().await;
}

async fn an_interrupted_start_goes_on_where_it_was(db: &TestDb) {
    let store = db.open().await;
    for n in 1..=5 {
        old_lead(&store, n, &format!("Lead {n}"), &format!("l{n}@b.example")).await;
    }
    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    // Interrupted after the second lead: earlier leads are not done again.
    let place = sql("INSERT INTO meta (key, value) VALUES ('fold', $1)").bind(format!("{FOLD} {}", Uuid::from_u128(2)));
    store.write(&Actor::system(), move |tx| Box::pin(async move { tx.run_one(place).await })).await.unwrap();
    run_in_batches(&store, 2).await.unwrap();
    assert_eq!(found(&leads, Rule::search("lead")).await, ["Lead 3", "Lead 4", "Lead 5"]);
    // A cursor of another version is ignored.
    write(&store, "UPDATE meta SET value = '0 00000000-0000-0000-0000-000000000004' WHERE key = 'fold'").await;
    run_in_batches(&store, 2).await.unwrap();
    assert_eq!(found(&leads, Rule::search("lead")).await.len(), 5);
    store.close().await;
}

async fn those_who_turn_out_to_be_one_both_stay_and_are_told(db: &TestDb) {
    let store = db.open().await;
    let (first, second) =
        (old_lead(&store, 1, "One", "ana\u{ad}@b.example").await, old_lead(&store, 2, "Two", "ana\u{200b}@b.example").await);
    let (third, fourth) =
        (old_lead(&store, 3, "Three", "bo@xn--bcher-kva.example").await, old_lead(&store, 4, "Four", "bo@bücher.example").await);
    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    refold::run(&store).await.unwrap();
    let emails =
        [(first, "ana@b.example"), (second, "ana\u{200b}@b.example"), (third, "bo@xn--bcher-kva.example"), (fourth, "bo@bücher.example")];
    for (id, email) in emails {
        assert_eq!(lead(&leads, id).await.email, email);
    }
    assert_eq!(found(&leads, Rule::search("ana@b.example")).await, ["One", "Two"], "both are found");
    assert_eq!(found(&leads, is("name", "two")).await, ["Two"]);
    let told = clashes(&store).await.unwrap().addresses;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|one| one.contains("\\u{200b}") && one.contains("address of another, ana@b.example")), "{told:?}");
    // Both leads can still be edited; then the clash is resolved.
    leads.update(&member(), second, edit(|set| set.company = Some("Tern".into()))).await.unwrap();
    let twice = leads.update(&member(), second, edit(|set| set.email = Some("Ana@b.example".into()))).await;
    assert!(matches!(twice, Err(Error::Duplicate { existing, .. }) if existing.id == first.0));
    leads.update(&member(), second, edit(|set| set.email = Some("ana.two@b.example".into()))).await.unwrap();
    leads.delete(&member(), fourth).await.unwrap();
    assert_eq!(clashes(&store).await.unwrap().addresses, Vec::<String>::new(), "settled");
    store.close().await;
}

async fn accounts_campaigns_and_views_follow(db: &TestDb) {
    let store = db.open().await;
    let hub = Hub::start(store.clone());
    let bulks = Bulks::new(store.clone(), hub);
    let campaigns = Campaigns::new(store.clone(), bulks.clone());
    let views = Views::new(store.clone());
    let (accounts, owner) = (
        Accounts::new(store.clone(), bulks, |tx| Box::pin(server::demo::fill(tx)), || {}),
        crate::common::leads::account(&store, "Ana").await,
    );
    let actor = Actor { who: domain::ActorRef::User { id: owner, name: "Ana".into() }, ..member() };
    let kept = campaigns.create(&actor, named("STRASSE")).await.unwrap();
    let other = campaigns.create(&actor, named("Other")).await.unwrap();
    let (mine, second) = {
        let new = |name: &str| NewView { name: name.to_owned(), ..NewView::default() };
        (views.create(&actor, new("Warm")).await.unwrap().id, views.create(&actor, new("Other")).await.unwrap().id)
    };
    write(&store, "UPDATE campaign SET name = 'Straße', name_fold = 'straße', search = 'old' WHERE name = 'Other'").await;
    write(&store, "UPDATE saved_view SET name = 'ＷＡＲＭ', name_fold = 'ｗａｒｍ' WHERE name = 'Other'").await;
    write(&store, "UPDATE account SET email = 'ana@xn--bcher-kva.example' WHERE name = 'Ana'").await;
    refold::run(&store).await.unwrap();
    let name = |id| {
        let campaigns = &campaigns;
        async move { crate::common::campaigns::find(campaigns, id).await.name }
    };
    assert_eq!((name(kept.id).await, name(other.id).await), ("STRASSE".to_owned(), "Straße (2)".to_owned()));
    let duplicate = campaigns.create(&actor, named("straße")).await;
    assert!(matches!(duplicate, Err(Error::Duplicate { existing, .. }) if existing.id == kept.id.0));
    let view_names =
        |views: Vec<domain::views::View>| -> Vec<(ViewId, String)> { views.into_iter().map(|view| (view.id, view.name)).collect() };
    assert_eq!(view_names(views.list(&actor).await.unwrap().data), [(mine, "Warm".to_owned()), (second, "ＷＡＲＭ (2)".to_owned())]);
    // Both can still be edited.
    views.update(&actor, second, ViewPatch { position: Some(9), ..ViewPatch::default() }).await.unwrap();
    assert_eq!(accounts.users(&Actor::system()).await.unwrap()[0].email, "ana@bücher.example");
    assert_eq!(clashes(&store).await.unwrap().names.len(), 2);
    store.close().await;
}

async fn a_text_of_one_line_has_one_at_every_door(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = server.signed_in("ana@b.example", Role::Member).await;
    let (lines, line) = ("One \r\n\t two\u{2028}three", "One two three");
    let texts = ["name", "company", "title", "phone", "location", "customerId"];
    let sent = |email: &str| {
        let mut body = json!({ "email": email, "notes": "a\nb", "tags": [lines], "custom": { lines: "a\nb" } });
        texts.iter().for_each(|text| body[*text] = json!(lines));
        body
    };
    let check = |lead: &serde_json::Value, at: &str| {
        for text in texts {
            assert_eq!(lead[text], json!(line), "{text} {at}");
        }
        assert_eq!(lead["notes"], json!("a\nb"), "{at}");
    };
    let all = |lead: &serde_json::Value, at: &str| {
        check(lead, at);
        assert_eq!((&lead["tags"], &lead["custom"]), (&json!([line]), &json!({ line: "a\nb" })), "{at}");
    };
    let made = json(ana.post(server.url("/api/leads")).json(&sent("a@b.example")).send().await.unwrap()).await;
    all(&made, "new");
    let plain = json(ana.post(server.url("/api/leads")).json(&json!({ "name": "B", "email": "b@b.example" })).send().await.unwrap()).await;
    let path = server.url(&format!("/api/leads/{}", plain["id"].as_str().unwrap()));
    all(&json(ana.patch(&path).json(&sent("b@b.example")).send().await.unwrap()).await, "edited");

    let fields: Vec<(&str, &str)> = ["name", "company", "title", "phone", "location"].map(|text| (text, lines)).into();
    let form = [fields, vec![("email", "c@b.example"), ("notes", "a\nb")]].concat();
    assert_eq!(server.form(&ana, "/sfn/leads/save", &form).await.status(), 200);
    // A row with the number of another lead is rejected: nobody has the file's one yet.
    for lead in [&made, &plain] {
        let path = server.url(&format!("/api/leads/{}", lead["id"].as_str().unwrap()));
        assert_eq!(ana.patch(path).json(&json!({ "customerId": null })).send().await.unwrap().status(), 200);
    }
    let file = format!(
        "email,name,company,title,phone,location,customer number,notes\nd@b.example{},\"a\nb\"\n",
        format!(",\"{lines}\"").repeat(6)
    );
    let import = json(ana.post(server.url("/api/imports?name=a.csv")).body(file).send().await.unwrap()).await;
    let path = format!("/api/imports/{}", import["id"].as_str().unwrap());
    let mapping = json!(["email", "name", "company", "title", "phone", "location", "customerId", "notes"]);
    let started = ana.post(server.url(&format!("{path}/start"))).json(&json!({ "mapping": mapping })).send().await.unwrap();
    assert_eq!(started.status(), 200);
    while json(ana.get(server.url(&path)).send().await.unwrap()).await["status"] == "running" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let found = json(ana.get(server.url("/api/leads?limit=100")).send().await.unwrap()).await;
    for lead in found["data"].as_array().unwrap() {
        match lead["email"].as_str().unwrap() {
            "c@b.example" => assert_eq!((&lead["name"], &lead["company"]), (&json!(line), &json!(line))),
            "d@b.example" => check(lead, "imported"),
            _ => {}
        }
    }
    assert_eq!(found["data"].as_array().unwrap().len(), 4);

    let steps = json!([{ "kind": "call", "title": lines, "content": "a\nb" }]);
    let new = json!({ "name": lines, "description": "a\nb", "steps": steps });
    let campaign = json(ana.post(server.url("/api/campaigns")).json(&new).send().await.unwrap()).await["data"].clone();
    assert_eq!((&campaign["name"], &campaign["description"]), (&json!(line), &json!("a\nb")));
    assert_eq!((&campaign["steps"][0]["title"], &campaign["steps"][0]["content"]), (&json!(line), &json!("a\nb")));
    let path = server.url(&format!("/api/campaigns/{}", campaign["id"].as_str().unwrap()));
    let edited = json(ana.patch(path).json(&json!({ "name": format!("Now\n{lines}") })).send().await.unwrap()).await;
    assert!(edited.to_string().contains(&format!("\"Now {line}\"")), "{edited}");
    let view = json(ana.post(server.url("/api/views")).json(&json!({ "name": lines, "query": {} })).send().await.unwrap()).await;
    assert!(view.to_string().contains(&format!("\"{line}\"")), "{view}");
    let services = &server.server.app.services;
    let key = NewKey { name: lines.to_owned(), role: Role::Viewer, days: None };
    assert_eq!(services.accounts.add_key(&Actor::system(), key).await.unwrap().of.name, line);
    let invite = Invite { name: lines.to_owned(), email: "eve@b.example".to_owned(), role: Role::Viewer };
    assert_eq!(services.accounts.invite(&Actor::system(), invite).await.unwrap().of.name, line);
    server.stop().await;
}

async fn a_tag_is_one_whatever_its_case_at_every_door(db: &TestDb) {
    let store = with_member(db.open().await).await;
    let hub = Hub::start(store.clone());
    let leads = Leads::new(store.clone(), hub.clone());
    let bulks = Bulks::new(store.clone(), hub);
    let mut new = new_lead("Ana", "ana@b.example");
    new.tags = vec!["VIP".into(), "vip".into(), "Straße".into(), "STRASSE\u{200b}".into()];
    let ana = leads.create(&member(), new).await.unwrap();
    assert_eq!(ana.tags, ["VIP", "Straße"]);
    let run = async |action: BulkAction| {
        let bulk = bulks.start(&member(), NewBulk { action, which: Selection::Leads(vec![ana.id]) }).await.unwrap();
        (bulk.changed, lead(&leads, ana.id).await.tags)
    };
    assert_eq!(run(BulkAction::AddTag { tag: "vIp".into() }).await, (0, vec!["VIP".to_owned(), "Straße".to_owned()]));
    assert_eq!(run(BulkAction::RemoveTag { tag: " strasse".into() }).await, (1, vec!["VIP".to_owned()]));
    let edited = leads.update(&member(), ana.id, edit(|set| set.tags = Some(vec!["new".into(), "NEW".into()]))).await.unwrap();
    assert_eq!(edited.tags, ["new"]);
    assert_eq!(found(&leads, Rule::test("tags", Op::Contains, Value::Text("ＮＥＷ".into()))).await, ["Ana"]);
    store.close().await;
}

async fn a_custom_field_is_one_however_its_key_is_written(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let add = async |email: &str, custom: serde_json::Value| {
        let body = json!({ "name": "Ana", "email": email, "custom": custom });
        let answer = client.post(server.url("/api/leads")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let (status, problem) = add("ana@b.example", json!({ "Plan": "Gold", "plan": "Silver" })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("custom")));
    let told = problem["errors"][0]["message"].as_str().unwrap();
    assert!(told.contains("“Plan”") && told.contains("“plan”"), "{told}");
    let (status, ana) = add("ana@b.example", json!({ "Plan": "Gold", "caf\u{e9}": "1" })).await;
    assert_eq!(status, 200);
    assert_eq!(add("bo@b.example", json!({ "plan": "Silver" })).await.0, 200);
    let path = server.url(&format!("/api/leads/{}", ana["id"].as_str().unwrap()));
    let patch = async |custom: serde_json::Value| {
        let answer = client.patch(&path).json(&json!({ "custom": custom })).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    assert_eq!(patch(json!({ "caf\u{e9}": "1", "CAFE\u{301}": "2" })).await.0, 422);
    let (status, now) = patch(json!({ "ＰＬＡＮ": "Silver", "CAFE\u{301}": "2", "New": "x" })).await;
    assert_eq!((status, &now["custom"]), (200, &json!({ "Plan": "Silver", "caf\u{e9}": "2", "New": "x" })), "as first written");
    let count = async |rule: serde_json::Value| {
        let encoded: String = rule.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = client.get(server.url(&format!("/api/leads?rule={encoded}"))).send().await.unwrap();
        json(answer).await["data"].as_array().unwrap().len()
    };
    for key in ["plan", "PLAN", "ｐｌａｎ", " Plan "] {
        let field = format!("custom.{key}");
        assert_eq!(count(json!({ "field": field, "op": "is", "value": "silver" })).await, 2, "{key}");
        assert_eq!(count(json!({ "field": field, "op": "is_empty" })).await, 0, "{key}");
    }
    server.stop().await;
}

async fn fields_of_older_leads_that_became_one_all_stay(db: &TestDb) {
    let store = db.open().await;
    let system = Actor::system();
    let old = |n: u128, custom: &[(&str, &str)]| {
        let mut lead = new_lead("Ana", &format!("l{n}@b.example")).into_lead(LeadId(Uuid::from_u128(n)), domain::Timestamp(1));
        lead.custom = custom.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        lead
    };
    let (both, one) = (old(1, &[("Plan", "Gold"), ("plan", "Silver")]), old(2, &[("Plan", "Gold")]));
    let ids = [both.id, one.id];
    store.write(&system, move |tx| Box::pin(async move { insert(tx, vec![both, one]).await.map(drop) })).await.unwrap();
    write(&store, r#"UPDATE lead SET custom_fold = '{"Plan":"gold"}'"#).await;
    let leads = Leads::new(store.clone(), Hub::start(store.clone()));
    assert_eq!(leads.count(&member(), &is("custom.plan", "gold")).await.unwrap(), 0);
    refold::run(&store).await.unwrap();
    let now = lead(&leads, ids[0]).await;
    let fields: Vec<_> = now.custom.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
    assert_eq!((fields, now.revision), (vec![("Plan", "Gold"), ("plan (2)", "Silver")], 2));
    assert_eq!(lead(&leads, ids[1]).await.revision, 1);
    assert_eq!(leads.count(&member(), &is("custom.plan", "gold")).await.unwrap(), 2);
    assert_eq!(leads.count(&member(), &is("custom.PLAN (2)", "silver")).await.unwrap(), 1);
    store.close().await;
}

async fn one_person_has_one_address_over_the_api(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let add = async |name: &str, email: &str| {
        let answer = client.post(server.url("/api/leads")).json(&json!({ "name": name, "email": email })).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let (status, ana) = add("Ana", "ana@bücher.example").await;
    assert_eq!((status, &ana["email"]), (200, &json!("ana@bücher.example")));
    for same in [
        "ANA@XN--BCHER-KVA.example",
        "\u{feff}ana@bu\u{308}cher.example",
        "a\u{200b}na@bücher\u{ad}.example",
        "ana\u{2060}＠bücher.example",
    ] {
        let (status, answer) = add("Ana again", same).await;
        assert_eq!((status, &answer["existing"]["id"]), (409, &ana["id"]), "{same:?}");
    }
    let (status, hindi) = add("हिन्दी", "info@हिन्दी.भारत").await;
    assert_eq!((status, &hindi["email"]), (200, &json!("info@हिन्दी.भारत")));
    assert_eq!(add("Nobody", "\u{200b}@b.example").await.0, 422);
    assert_eq!(add("\u{200b}\u{200d}", "nobody@b.example").await.0, 422, "a name that nobody sees is none");
    let names = async |query: &[(&str, &str)]| {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let answer = client.get(server.url(&format!("/api/leads?{}", query.join("&")))).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{query:?}");
        let mut names: Vec<String> =
            json(answer).await["data"].as_array().unwrap().iter().map(|lead| lead["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&[("search", "  XN--BCHER-KVA.example\n")]).await, ["Ana"], "a search is trimmed, as on the page");
    assert_eq!(names(&[("search", " \u{200b} ")]).await, ["Ana", "हिन्दी"], "a blank one is none");
    assert_eq!(names(&[("search", "na\nana@")]).await, Vec::<String>::new());
    for value in ["\n", " ", "\u{7}", "\u{200d}"] {
        let rule = json!({ "field": "search", "op": "contains", "value": value }).to_string();
        assert_eq!(names(&[("rule", &rule)]).await, Vec::<String>::new(), "{value:?}");
    }
    let rule = json!({ "field": "created_at", "op": "lt", "value": "9999-12-31" }).to_string();
    assert_eq!(names(&[("rule", &rule)]).await.len(), 2);
    server.stop().await;
}

async fn null_clears_or_is_refused_and_absent_stays(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let full = json!({
        "name": "Ana", "email": "ana@b.example", "company": "Tern", "title": "Buyer", "phone": "1", "location": "Oslo", "notes": "n",
        "linkedinUrl": "https://l.example", "customerId": "C", "value": 5, "tags": ["a"], "custom": { "plan": "Gold" },
    });
    let lead = json(client.post(server.url("/api/leads")).json(&full).send().await.unwrap()).await;
    let path = server.url(&format!("/api/leads/{}", lead["id"].as_str().unwrap()));
    let patch = async |path: &str, body: serde_json::Value| {
        let answer = client.patch(path).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    for field in ["name", "email", "status", "connection", "stage", "engaged", "score", "consent"] {
        let (status, problem) = patch(&path, json!({ field: null })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)));
        assert!(problem["detail"].as_str().unwrap().contains("cannot be null"), "{problem}");
    }
    for field in ["company", "title", "phone", "location", "linkedinUrl", "notes", "owner", "value", "customerId", "tags", "custom"] {
        let (status, after) = patch(&path, json!({ field: null })).await;
        assert_eq!((status, after.get(field)), (200, None), "{field} is cleared");
        assert_eq!(after["name"], "Ana");
    }
    let new = async |body: serde_json::Value| {
        let answer = client.post(server.url("/api/leads")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    let nulls =
        json!({ "name": "Bo", "email": "bo@b.example", "company": null, "owner": null, "value": null, "tags": null, "custom": null });
    assert_eq!(new(nulls).await.0, 200);
    for field in ["name", "email", "status", "connection", "stage", "engaged", "score", "consent"] {
        let mut body = json!({ "name": "Cy", "email": "cy@b.example" });
        body[field] = serde_json::Value::Null;
        let (status, problem) = new(body).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)));
        assert!(problem["detail"].as_str().unwrap().contains("cannot be null"), "{problem}");
    }
    for (field, value, told) in
        [("status", json!(5), "give it as a text"), ("stage", json!(true), "give it as a text"), ("owner", json!(""), "Not an id")]
    {
        let mut body = json!({ "name": "Cy", "email": "cy@b.example" });
        body[field] = value;
        let (status, problem) = new(body).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(told), "{problem}");
    }
    let broken = client.post(server.url("/api/leads")).header("content-type", "application/json").body("{\"name\": ").send().await.unwrap();
    assert_eq!(broken.status(), 400);
    let campaign = client.post(server.url("/api/campaigns")).json(&json!({ "name": "Spring", "description": "All" })).send().await.unwrap();
    let path = server.url(&format!("/api/campaigns/{}", json(campaign).await["data"]["id"].as_str().unwrap()));
    for field in ["name", "status", "steps"] {
        let (status, problem) = patch(&path, json!({ field: null })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)));
    }
    assert_eq!(patch(&path, json!({ "description": null })).await.1["description"], "");
    for field in ["name", "shared", "query", "position"] {
        let (status, problem) = patch(&server.url(&format!("/api/views/{}", Uuid::nil())), json!({ field: null })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)));
    }
    server.stop().await;
}

async fn a_bulk_action_says_all_that_it_does(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Member).await;
    let owner = server.user("owner@b.example", Role::Member).await.id;
    let lead = json!({ "name": "Ana", "email": "ana@b.example", "owner": owner, "tags": ["vip"] });
    let lead = json(client.post(server.url("/api/leads")).json(&lead).send().await.unwrap()).await;
    let start = async |action: serde_json::Value| {
        let body = json!({ "action": action, "leadIds": [lead["id"]] });
        let answer = client.post(server.url("/api/bulk")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), json(answer).await)
    };
    for (kind, field) in [
        ("set_stage", "stage"),
        ("set_status", "status"),
        ("set_owner", "owner"),
        ("add_tag", "tag"),
        ("remove_tag", "tag"),
        ("enroll", "campaignId"),
        ("unenroll", "campaignId"),
    ] {
        let (status, problem) = start(json!({ "kind": kind })).await;
        assert_eq!(status, 422, "{kind}");
        assert!(problem["detail"].as_str().unwrap().contains(&format!("`{field}`")), "{problem}");
        assert_eq!(start(json!({ "kind": kind, field: "x", "more": 1 })).await.0, 422, "{kind} with something else");
        if kind != "set_owner" {
            assert_eq!(start(json!({ "kind": kind, field: null })).await.0, 422, "{kind} of nothing");
        }
    }
    let now = async || json(client.get(server.url(&format!("/api/leads/{}", lead["id"].as_str().unwrap()))).send().await.unwrap()).await;
    assert_eq!((&now().await["owner"], &now().await["tags"]), (&json!(owner), &json!(["vip"])));
    assert_eq!(start(json!({ "kind": "set_owner", "owner": null })).await.0, 201);
    assert_eq!(now().await.get("owner"), None);
    server.stop().await;
}

async fn a_slash_at_the_end_leads_to_the_page(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.signed_in("ana@b.example", Role::Member).await;
    let get = async |path: &str| client.get(server.url(path)).send().await.unwrap();
    for (path, page) in
        [("/leads/", "/leads"), ("/leads//?q=a%26b&x", "/leads?q=a%26b&x"), ("/settings/", "/settings"), ("/%5Cx/", "/%5Cx")]
    {
        let answer = get(path).await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (308, page), "{path}");
    }
    for path in ["//evil.example/", "/api/leads/", "/nowhere"] {
        assert_eq!(get(path).await.status(), 404, "{path}");
    }
    server.stop().await;
}
