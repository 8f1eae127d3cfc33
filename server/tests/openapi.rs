//! The description of the API covers every route completely.

use crate::common::TestDb;
use crate::{
    common::server::{TestServer, json},
    http::routes,
};
use domain::{Role, Timestamp};
use serde_json::Value;
use server::route_groups;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// All values of `key` at any depth.
fn all<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == key {
                    found.push(member);
                }
                all(member, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        _ => {}
    }
}

both_dbs!(the_description_has_every_route_of_the_api_and_no_other, what_is_described_is_what_is_answered);

async fn the_description_has_every_route_of_the_api_and_no_other(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Viewer).await;
    assert_ne!(server.browser().get(server.url("/openapi.json")).send().await.unwrap().status(), 200, "nobody is signed in");
    let api = json(client.get(server.url("/openapi.json")).send().await.unwrap()).await;
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"), "{}", api["openapi"]);

    let mut served = BTreeMap::new();
    for (path, methods) in route_groups::all(&server.server.app)
        .unwrap()
        .iter()
        .flat_map(routes)
        .filter(|(path, methods)| (path.starts_with("/api/") || path == "/health") && path != "/api/docs" && !methods.is_empty())
    {
        let methods: BTreeSet<String> = methods.into_iter().map(|method| method.as_str().to_lowercase()).collect();
        served.entry(path).or_insert_with(BTreeSet::new).extend(methods);
    }
    let mut described = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        let mut methods = BTreeSet::new();
        for (method, operation) in item.as_object().unwrap() {
            methods.insert(method.clone());
            let place = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{place} has another's id");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place} says nothing");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with(['2', '3'])), "{place} never succeeds");
            let (kind, schema) = match operation["tags"][0].as_str().unwrap() {
                "Leads Artisan" => ("application/json", "HTTPError"),
                _ => ("application/problem+json", "Problem"),
            };
            assert_eq!(answers["429"]["content"][kind]["schema"]["$ref"], format!("#/components/schemas/{schema}"), "{place}");
            let named: Vec<_> = operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "path").collect();
            for one in &named {
                assert!(path.contains(&format!("{{{}}}", one["name"].as_str().unwrap())), "{place} has no {one}");
                assert_ne!(one["schema"], Value::Null, "{place}: what is {one}?");
            }
            assert_eq!(named.len(), path.matches('{').count(), "{place} says what each part of its path is");
        }
        described.insert(path.clone(), methods);
    }
    assert_eq!(described, served);
    assert!(described.len() > 40, "{described:?}");

    let mut references = Vec::new();
    all(&api, "$ref", &mut references);
    let schemas = api["components"]["schemas"].as_object().unwrap();
    for reference in references {
        let name = reference.as_str().unwrap().strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{name} is described nowhere");
    }
    server.stop().await;
}

async fn what_is_described_is_what_is_answered(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.signed_in("ana@openapi.example", Role::Admin).await;
    let api = json(client.get(server.url("/openapi.json")).send().await.unwrap()).await;
    let lead = serde_json::json!({ "name": "Ana", "email": "ana@example.com", "company": "Tern", "tags": ["fair"] });
    client.post(server.url("/api/leads")).json(&lead).send().await.unwrap();
    client.post(server.url("/api/campaigns")).json(&serde_json::json!({ "name": "Spring" })).send().await.unwrap();
    let json_of = |path: &str| &api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let described = api["paths"].as_object().unwrap().keys().filter(|path| !path.contains('{') && !json_of(path).is_null());
    let paths: Vec<&String> = described.collect();
    assert!(paths.len() >= 12, "{paths:?}");
    for path in paths {
        let answer = json(client.get(server.url(path)).send().await.unwrap()).await;
        fits(&api, json_of(path), &answer, path);
    }
    server.stop().await;
}

both_dbs!(limits_that_a_schema_can_say_are_described);

async fn limits_that_a_schema_can_say_are_described(db: &TestDb) {
    let server = TestServer::start(db).await;
    let api = json(server.key(Role::Viewer).await.get(server.url("/openapi.json")).send().await.unwrap()).await;
    let parameter = |path: &str, method: &str, name: &str| {
        let parameters = api["paths"][path][method]["parameters"].as_array().cloned().unwrap_or_default();
        parameters.into_iter().find(|one| one["name"] == name).map(|one| one["schema"].clone())
    };
    let mut pages = 0;
    for path in api["paths"].as_object().unwrap().keys() {
        for name in ["page", "limit", "page_size"] {
            let Some(number) = parameter(path, "get", name) else { continue };
            assert_eq!(number["minimum"], 1, "{name} of {path}");
            assert_eq!(number["maximum"].is_number(), name != "page", "{name} of {path}");
            pages += 1;
        }
    }
    assert!(pages > 10);
    assert_eq!(parameter("/api/leads", "get", "limit").unwrap()["maximum"], 1000);
    let schema = |name: &str| api["components"]["schemas"][name].clone();
    let days = schema("NewKey")["properties"]["days"].clone();
    assert_eq!((&days["minimum"], &days["maximum"]), (&1.into(), &3650.into()));
    let kinds: Vec<_> = domain::Entity::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(schema("Entity")["enum"], serde_json::json!(kinds));
    assert_eq!(schema("Handover")["required"], serde_json::json!(["leadsTo"]));
    assert!(parameter("/api/leads", "post", "linnet-origin").is_some());
    assert!(parameter("/api/auth/logout", "post", "linnet-origin").is_none(), "it writes nothing that others hear of");
    server.stop().await;
}

both_dbs!(both_words_are_described_and_the_contracts_are_marked, the_pages_that_show_the_description_take_everything_from_here);

async fn both_words_are_described_and_the_contracts_are_marked(db: &TestDb) {
    let server = TestServer::start(db).await;
    let client = server.key(Role::Viewer).await;
    let api = json(client.get(server.url("/openapi.json")).send().await.unwrap()).await;
    let body = |path: &str, method: &str| api["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"].clone();
    let answer = |path: &str, method: &str| api["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"].clone();
    let marked = |schema: &Value, pairs: &[(&str, &str)]| {
        let (known, _) = members(&api, schema).unwrap();
        for (ours, theirs) in pairs {
            // Where a type of its own may be absent, it stands beside the type.
            let told = [&known[theirs]["description"], &known[theirs]["oneOf"][0]["description"]].into_iter().find_map(Value::as_str);
            let told = told.unwrap_or_default();
            assert!(
                known.contains_key(ours) && told.contains("contract's") && told.contains(&format!("`{ours}`")),
                "{theirs}: {}",
                known[theirs]
            );
        }
    };
    let asked = [("title", "position"), ("connection", "connectionStatus"), ("lastContactedAt", "lastContactDate")];
    marked(&body("/api/leads", "post"), &asked);
    marked(&body("/api/leads/{id}", "patch"), &asked);
    let answered = [("id", "_id"), ("lastActivityAt", "lastActivityDate")].into_iter().chain(asked).collect::<Vec<_>>();
    marked(&answer("/api/leads/{id}", "get"), &answered);
    marked(&answer("/api/leads/{id}", "put"), &answered);
    marked(&answer("/api/campaigns/{id}", "get"), &[("id", "_id")]);
    for path in ["/api/leads", "/api/leads/board"] {
        let parameters = api["paths"][path]["get"]["parameters"].as_array().unwrap();
        let named = |name: &str| parameters.iter().find(|one| one["name"] == name).unwrap();
        assert_eq!(named("connection")["schema"], named("connectionStatus")["schema"]);
        assert!(named("connectionStatus")["description"].as_str().unwrap().contains("contract's name of `connection`"));
    }
    server.stop().await;
}

async fn the_pages_that_show_the_description_take_everything_from_here(db: &TestDb) {
    let server = TestServer::start(db).await;
    let browser = server.signed_in("ana@example.com", Role::Viewer).await;
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("public");
    for path in ["/docs", "/api/docs", "/redoc"] {
        let nobody = server.browser().get(server.url(path)).header("accept", "text/html").send().await.unwrap();
        assert!(matches!(nobody.status().as_u16(), 303 | 401), "{path} for nobody: {}", nobody.status());
        let page = browser.get(server.url(path)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(
            policy.contains("default-src 'none'; script-src 'self';") && !policy.contains("eval") && !policy.contains("http"),
            "{policy}"
        );
        let html = page.text().await.unwrap();
        let links: Vec<_> = html.split(['"', '\'']).filter(|text| text.starts_with('/') || text.contains("//")).collect();
        assert!(links.len() > 3, "{html}");
        for link in links {
            let file = link.strip_prefix('/').unwrap();
            assert!(link == "/openapi.json" || public.join(file).is_file(), "{path}: there is no {link}");
        }
    }
    server.stop().await;
}

/// Two schemas with one name would be merged into one.
#[test]
fn each_type_has_a_schema_name_of_its_own() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let domain = server.parent().unwrap().parent().unwrap().join("src");
    let (mut folders, mut found) = (vec![server, domain], BTreeMap::<String, Vec<String>>::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                for name in schemas(&std::fs::read_to_string(&path).unwrap()) {
                    found.entry(name).or_default().push(path.display().to_string());
                }
            }
        }
    }
    assert!(
        found.len() > 100 && ["Lead", "LeadId", "Stage", "Timestamp", "LeadBody", "Rule"].iter().all(|name| found.contains_key(*name)),
        "{found:?}"
    );
    found.retain(|_, places| places.len() > 1);
    assert!(found.is_empty(), "schemas of one name: {found:?}");
}

/// The schema names of the types in a file.
fn schemas(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // From the attributes before a type: whether it has a schema, and its name.
    let (mut described, mut as_name) = (false, None);
    let (mut ids, mut words) = (false, false);
    for line in text.lines().map(str::trim) {
        let ident = |text: &str| text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>();
        if line.starts_with("#[") {
            described |= line.contains("derive(") && line.contains("ToSchema");
            as_name = line.split("schema(as = ").nth(1).map(&ident).or(as_name);
        } else if let Some(rest) = ["struct ", "enum "].iter().find_map(|kind| Some(line.split_once(kind)?.1)).filter(|_| described) {
            names.push(as_name.take().unwrap_or_else(|| ident(rest)));
            described = false;
        } else if let Some(name) = line.strip_prefix("text!([").and_then(|rest| rest.split_once("] ")).map(|(_, rest)| rest) {
            names.push(ident(name));
        } else if let Some(name) = line.strip_prefix("impl utoipa::ToSchema for ") {
            names.push(ident(name));
        } else if let Some(name) = line.strip_prefix("ids!(") {
            names.push(ident(name));
        } else if line.starts_with("words! {") || line.starts_with("ids! {") {
            (ids, words) = (line.starts_with('i'), line.starts_with('w'));
        } else if (ids || words) && !line.starts_with("//") {
            names.push(ident(line));
            (ids, words) = (ids && line != "}", false);
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The fields of a schema, and the required ones. `None` when the schema is not an object with its own fields.
fn members<'v>(api: &'v Value, schema: &'v Value) -> Option<(BTreeMap<&'v str, &'v Value>, BTreeSet<&'v str>)> {
    if let Some(name) = schema["$ref"].as_str() {
        return members(api, &api["components"]["schemas"][name.rsplit('/').next().unwrap()]);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let (mut known, mut required) = (BTreeMap::new(), BTreeSet::new());
        for part in parts {
            let (more, needed) = members(api, part)?;
            known.extend(more);
            required.extend(needed);
        }
        return Some((known, required));
    }
    let known = schema["properties"].as_object()?.iter().map(|(name, schema)| (name.as_str(), schema)).collect();
    Some((known, schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()))
}

/// Whether a schema allows `null`.
fn nullable(api: &Value, schema: &Value) -> bool {
    if let Some(name) = schema["$ref"].as_str() {
        return nullable(api, &api["components"]["schemas"][name.rsplit('/').next().unwrap()]);
    }
    if let Some(parts) = schema["oneOf"].as_array() {
        return parts.iter().any(|part| nullable(api, part));
    }
    match &schema["type"] {
        Value::String(kind) => kind == "null",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "null"),
        // A schema without a type allows every value.
        _ => schema["allOf"].is_null(),
    }
}

/// Asserts that a response has all required fields and no undescribed ones, `null` only where it is allowed, and times with a zone where
/// they are described as such.
fn fits(api: &Value, schema: &Value, value: &Value, place: &str) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| fits(api, &schema["items"], item, place)),
        Value::Object(object) => {
            let Some((known, required)) = members(api, schema) else { return };
            for name in required {
                assert!(object.contains_key(name), "{place}: {name} is missing in {value}");
            }
            for (name, member) in object {
                let schema = known.get(name.as_str()).unwrap_or_else(|| panic!("{place}: {name} is not described"));
                fits(api, schema, member, &format!("{place}.{name}"));
            }
        }
        Value::Null => assert!(nullable(api, schema), "{place} may not be null: {schema}"),
        Value::String(text) if schema["format"] == "date-time" => assert!(text.parse::<Timestamp>().is_ok(), "{place}: {text}"),
        _ => {}
    }
}
