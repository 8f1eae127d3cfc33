//! Pages of segments without scripts: the builder is a form, and each of its buttons a request.

use crate::common::{
    TestDb,
    server::{TestServer, json, location},
};
use domain::Role;
use reqwest::{Client, Response};
use serde_json::{Value, json};

both_dbs!(
    a_rule_over_orders_is_built_by_requests,
    a_rule_is_built_by_requests,
    what_is_wrong_is_said_at_its_rule,
    the_page_says_why_a_lead_is_in,
    who_only_reads_sees_no_form
);

/// A node of the builder: depth, join, field, operator, values.
type Node<'n> = (u32, &'n str, &'n str, &'n str, &'n [&'n str]);

fn fields(nodes: &[Node<'_>]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (at, (depth, join, field, op, values)) in nodes.iter().enumerate() {
        let mut add = |name: &str, value: &str| fields.push((format!("nodes[{at}]{name}"), value.to_owned()));
        add("[key]", &at.to_string());
        add("[depth]", &depth.to_string());
        if join.is_empty() {
            add("[field]", field);
            add("[op]", op);
        } else {
            add("[join]", join);
        }
        for (n, value) in values.iter().enumerate() {
            add(&format!("[values][{n}]"), value);
        }
    }
    fields
}

/// Sends the form as a browser does.
async fn send(server: &TestServer, client: &Client, more: &[(&str, &str)], nodes: &[Node<'_>]) -> Response {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    // Numbers in names must stay as they are, as in browsers.
    let byte = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let encode = |text: &str| text.bytes().map(byte).collect::<String>();
    let body: Vec<_> = more.chain(fields(nodes)).map(|(name, value)| format!("{}={}", encode(&name), encode(&value))).collect();
    let post = client.post(server.url("/sfn/segments/save")).header("accept", "text/html");
    post.header("content-type", "application/x-www-form-urlencoded").body(body.join("&")).send().await.unwrap()
}

async fn page(server: &TestServer, client: &Client, address: &str) -> String {
    let answer = client.get(server.url(address)).header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{address}");
    // Without the marks that the browser side needs between texts.
    answer.text().await.unwrap().replace("<!>", "")
}

/// The page that the answer redirects to.
async fn next(server: &TestServer, client: &Client, answer: Response) -> String {
    assert_eq!(answer.status(), 302, "{}", answer.text().await.unwrap());
    let address = location(&answer).to_owned();
    page(server, client, &address).await
}

fn rules(html: &str) -> usize {
    html.matches("class=\"rule\"").count()
}

/// The rule in plain words, as the page shows it.
fn sentence(html: &str) -> &str {
    let (_, rest) = html.split_once("class=\"say\"").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split_once("</p>").unwrap().0
}

async fn a_rule_is_built_by_requests(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = server.signed_in("ana@b.example", Role::Member).await;
    for (name, score) in [("Bo", 5), ("Cy", 50)] {
        let lead = json!({ "name": name, "email": format!("{name}@b.example"), "score": score });
        assert!(ana.post(server.url("/api/leads")).json(&lead).send().await.unwrap().status().is_success());
    }
    assert!(page(&server, &ana, "/segments").await.contains("No segments yet"));
    assert_eq!(rules(&page(&server, &ana, "/segments/new").await), 1);

    // Buttons keep what is typed, and save nothing.
    let typed = [(0, "all", "", "", &[][..]), (1, "", "score", "gt", &["20"])];
    let html = next(&server, &ana, send(&server, &ana, &[("name", "Good & warm"), ("then", "group-0")], &typed).await).await;
    assert_eq!(rules(&html), 2);
    assert!(
        html.contains("Good &amp; warm") && sentence(&html).contains("score more than 20 and stage is New Lead"),
        "{}",
        sentence(&html)
    );
    let html = next(&server, &ana, send(&server, &ana, &[("name", "Warm"), ("then", "remove-1")], &typed).await).await;
    assert_eq!((rules(&html), sentence(&html)), (0, "All leads"));
    // Another field: its operators are offered, and what does not fit is replaced.
    let other = [(0, "all", "", "", &[][..]), (1, "", "stage", "contains", &["20"])];
    let html = next(&server, &ana, send(&server, &ana, &[("name", "Warm"), ("then", "fit")], &other).await).await;
    assert!(sentence(&html).ends_with("stage is New Lead"), "{}", sentence(&html));
    assert!(page(&server, &ana, "/segments").await.contains("No segments yet"));

    // More nodes than a digit counts stay in order.
    let names: Vec<String> = (0..12).map(|at| format!("n{at}")).collect();
    let values: Vec<[&str; 2]> = names.iter().map(|name| [name.as_str(), "Cy"]).collect();
    let mut nodes: Vec<Node<'_>> = vec![(0, "all", "", "", &[]), (1, "", "score", "gt", &["20"]), (1, "any", "", "", &[])];
    nodes.extend(values.iter().map(|values| (2, "", "name", "is", &values[..])));
    let made = send(&server, &ana, &[("name", "Warm"), ("description", "More than 20")], &nodes).await;
    let address = location(&made).to_owned();
    let html = next(&server, &ana, made).await;
    assert!(address.starts_with("/segments/") && rules(&html) == 13, "{address}");
    let saved: Value = json(ana.get(server.url(&format!("/api{address}"))).send().await.unwrap()).await;
    let any: Vec<_> = values.iter().map(|values| json!({ "field": "name", "op": "is", "value": values })).collect();
    assert_eq!(saved["rule"], json!({ "all": [{ "field": "score", "op": "gt", "value": 20.0 }, { "any": any }] }));
    assert_eq!((&saved["size"], &saved["description"]), (&json!(1), &json!("More than 20")));
    assert!(html.contains("href=\"/leads?rule=") && html.contains("Open all 1"));
    let list = page(&server, &ana, "/segments").await;
    assert!(list.contains("Warm") && list.contains("More than 20"));

    // An edit of what someone else changed meanwhile is refused, and the typed rule stays.
    let id = address.trim_start_matches("/segments/");
    let stale = [("id", id), ("revision", "7"), ("name", "Warm")];
    let html = next(&server, &ana, send(&server, &ana, &stale, &typed).await).await;
    assert!(html.contains("changed meanwhile") && sentence(&html).ends_with("score more than 20"), "{}", sentence(&html));
    let html = next(&server, &ana, send(&server, &ana, &[("id", id), ("revision", "1"), ("name", "Warmer")], &typed).await).await;
    assert!(html.contains("Warmer") && rules(&html) == 1);
    server.stop().await;
}

async fn a_rule_over_orders_is_built_by_requests(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = server.signed_in("ana@b.example", Role::Member).await;
    let typed = [(0, "all", "", "", &[][..]), (1, "", "orders", "gte", &["2"])];
    let which = [("nodes[1][orders][product]", "Tea"), ("nodes[1][orders][window]", "days")];
    let fitted = [&[("name", "Tea"), ("then", "fit")][..], &which].concat();
    let html = next(&server, &ana, send(&server, &ana, &fitted, &typed).await).await;
    assert!(html.contains("name=\"nodes[1][orders][bounds][0]\"") && html.contains("value=\"Tea\""), "{html}");
    let wrong = [&[("name", "Tea"), ("nodes[1][orders][bounds][0]", "many")][..], &which].concat();
    let html = next(&server, &ana, send(&server, &ana, &wrong, &typed).await).await;
    assert!(html.contains("Give a whole number of days, 0 or more"), "{html}");
    let right = [&[("name", "Tea"), ("nodes[1][orders][bounds][0]", "30")][..], &which].concat();
    let made = send(&server, &ana, &right, &typed).await;
    let address = location(&made).to_owned();
    let html = next(&server, &ana, made).await;
    assert!(sentence(&html).ends_with("orders of “Tea” in the last 30 days at least 2"), "{}", sentence(&html));
    let saved: Value = json(ana.get(server.url(&format!("/api{address}"))).send().await.unwrap()).await;
    let test = json!({ "field": "orders", "op": "gte", "value": 2.0, "where": { "product": "Tea", "within_days": 30.0 } });
    assert_eq!(saved["rule"], json!({ "all": [test] }));
    server.stop().await;
}

async fn what_is_wrong_is_said_at_its_rule(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = server.signed_in("ana@b.example", Role::Member).await;
    let nodes =
        [(0, "any", "", "", &[][..]), (1, "", "score", "gt", &["many"]), (1, "", "company", "is", &[" "]), (1, "", "owner", "is", &[""])];
    let html = next(&server, &ana, send(&server, &ana, &[("name", "Wrong")], &nodes).await).await;
    assert!(html.contains("some rules need attention") && html.contains("value=\"many\""));
    let rule = |at: usize| html.split("class=\"rule\"").nth(at).unwrap().to_owned();
    assert!(rule(1).contains("Give a number") && rule(2).contains("Enter a value") && rule(3).contains("role=\"alert\""), "{html}");
    let html = next(&server, &ana, send(&server, &ana, &[("name", " ")], &nodes[..1]).await).await;
    assert!(html.contains("Enter a name"));
    assert!(page(&server, &ana, "/segments").await.contains("No segments yet"));
    server.stop().await;
}

async fn the_page_says_why_a_lead_is_in(db: &TestDb) {
    let server = TestServer::start(db).await;
    let ana = server.signed_in("ana@b.example", Role::Member).await;
    let lead = json!({ "name": "Bo Berg", "email": "bo@b.example", "score": 5 });
    let lead = json(ana.post(server.url("/api/leads")).json(&lead).send().await.unwrap()).await;
    let new = json!({ "name": "Warm", "rule": { "not": { "field": "score", "op": "lt", "value": 20 } } });
    let made = json(ana.post(server.url("/api/segments")).json(&new).send().await.unwrap()).await;
    let address = format!("/segments/{}", made["id"].as_str().unwrap());
    let html = page(&server, &ana, &format!("{address}?why=berg")).await;
    let link = format!("{address}?lead={}", lead["id"].as_str().unwrap());
    assert!(html.contains(&link), "{html}");
    let html = page(&server, &ana, &link).await;
    assert!(
        html.contains(" is not in") && html.contains("Score less than 20") && html.contains("Yes: ") && html.contains("No: "),
        "{html}"
    );
    let gone = server.form(&ana, "/sfn/segments/remove", &[("id", made["id"].as_str().unwrap())]).await;
    assert!(gone.status().is_success() || gone.status().is_redirection(), "{}", gone.status());
    assert!(page(&server, &ana, "/segments").await.contains("No segments yet"));
    server.stop().await;
}

async fn who_only_reads_sees_no_form(db: &TestDb) {
    let server = TestServer::start(db).await;
    let (ana, vera) = (server.signed_in("ana@b.example", Role::Member).await, server.signed_in("vera@b.example", Role::Viewer).await);
    let new = json!({ "name": "Warm", "rule": { "all": [{ "field": "score", "op": "gt", "value": 20 }] } });
    let made = json(ana.post(server.url("/api/segments")).json(&new).send().await.unwrap()).await;
    let address = format!("/segments/{}", made["id"].as_str().unwrap());
    let html = page(&server, &vera, &address).await;
    assert!(sentence(&html).ends_with("score more than 20") && html.contains("Score more than 20"));
    for hidden in ["/sfn/segments/", "New segment", "Save segment", "Delete segment"] {
        assert!(!html.contains(hidden), "{hidden}");
    }
    assert!(page(&server, &vera, "/segments/new").await.contains("Your role does not include this"));
    let list = page(&server, &vera, "/segments").await;
    assert!(list.contains(&address) && !list.contains("/segments/new"));
    server.stop().await;
}
