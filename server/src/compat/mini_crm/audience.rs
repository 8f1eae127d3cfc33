//! Audiences: creating one, and its size before that.

use super::{
    TAG,
    errors::{flaw, refused},
};
use crate::{
    compat::xenocrm,
    http::{ApiActor, ApiError, ApiJson, App},
};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Actor, Error, Result, Services,
    rule::{Rule, blank_conditions, describe, parse},
    segments::{NAME_MAX, NewSegment, SizedSegment},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa_axum::{router::OpenApiRouter, routes};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create)).routes(routes!(size))
}

/// Body of both routes. XenoCRM's client sends groups of conditions to the first.
#[derive(utoipa::ToSchema)]
#[schema(as = MiniCrmRules)]
#[expect(dead_code, reason = "describes what is read as a tree of values")]
struct Rules {
    /// `{"field", "operator", "value"}` each, or `{"conditions": […]}` each.
    rules: Vec<Value>,
    /// `AND` or `OR`.
    logic: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MiniCrmAudience)]
struct Made {
    message: &'static str,
    audience_id: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = MiniCrmSize)]
struct Size {
    size: i64,
}

/// Creates an audience of Mini CRM, which is a segment; or counts for XenoCRM.
///
/// With `logic`, or rules with a `field`, it is Mini CRM's: it creates a segment, which is named by its rule. Rules with `conditions` are
/// XenoCRM's: they are counted. An unknown field or operator is 422: in the replaced systems it matched everybody. No rules are everybody. A
/// rule without field, operator or value is refused: without it the audience would have more people.
#[utoipa::path(
    post, path = "/api/audience", tag = TAG,
    request_body(content = Rules, example = json!({
        "rules": [
            { "field": "total_spends", "operator": ">", "value": 1000 },
            { "field": "visit_count", "operator": ">=", "value": 4 }
        ],
        "logic": "AND"
    })),
    responses((status = 201, body = Made), (status = 200, body = xenocrm::Counted, description = "The number of leads, for XenoCRM"))
)]
async fn create(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(sent): ApiJson<Map<String, Value>>,
) -> Result<Response, ApiError> {
    if is_grouped(&sent) {
        return xenocrm::count(&services, &actor, sent).await;
    }
    let incomplete = incomplete(&sent)?;
    let rule = match read(sent)? {
        Ok(rule) => rule,
        Err(refused) => return Ok(refused),
    };
    if let Some(refused) = incomplete {
        return Ok(refused);
    }
    let made = save(&services, &actor, rule).await?;
    let body = Made { message: "Audience created successfully", audience_id: made.segment.id.to_string() };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// The number of leads in an audience, before it is created.
///
/// A body that cannot be an audience is refused as there. The replaced system answers 500 to it, or counts everybody.
#[utoipa::path(
    post, path = "/api/audience/size", tag = TAG,
    request_body(content = Rules, example = json!({
        "rules": [{ "field": "total_spends", "operator": ">", "value": 10000 }], "logic": "AND"
    })),
    responses((status = 200, body = Size))
)]
async fn size(
    State(services): State<Services>,
    ApiActor(actor): ApiActor,
    ApiJson(sent): ApiJson<Map<String, Value>>,
) -> Result<Response, ApiError> {
    match read(sent)? {
        Ok(rule) => Ok(Json(Size { size: services.leads.count(&actor, &rule).await? }).into_response()),
        Err(refused) => Ok(refused),
    }
}

/// XenoCRM's shape: no `logic`, and groups of conditions, or no rules.
fn is_grouped(sent: &Map<String, Value>) -> bool {
    let rules = sent.get("rules").and_then(Value::as_array);
    !sent.contains_key("logic") && rules.is_none_or(|rules| rules.iter().all(|rule| rule.get("field").is_none()))
}

/// The contract's refusal of rules that lack something.
fn incomplete(sent: &Map<String, Value>) -> Result<Option<Response>> {
    let rules = sent.get("rules").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let blank = blank_conditions(rules);
    let told = |at: usize| flaw(&format!("rules[{at}]"), "Choose field, operator and value, or remove the rule", rules.get(at));
    if blank.is_empty() {
        Ok(None)
    } else {
        refused("The audience needs attention", blank.into_iter().map(told).collect::<Result<_>>()?).map(Some)
    }
}

/// The rule, or the contract's refusal.
fn read(sent: Map<String, Value>) -> Result<Result<Rule, Response>> {
    let mut errors = Vec::new();
    let (rules, logic) = (sent.get("rules"), sent.get("logic"));
    if !rules.is_some_and(Value::is_array) {
        errors.push(flaw("rules", "Rules must be an array", rules)?);
    }
    if !logic.and_then(Value::as_str).is_some_and(|logic| ["AND", "OR"].contains(&logic)) {
        errors.push(flaw("logic", "Logic must be AND or OR", logic)?);
    }
    if errors.is_empty() { parse(&Value::Object(sent)).map(Ok) } else { refused("The audience needs attention", errors).map(Err) }
}

/// Saves a segment with a free name.
async fn save(services: &Services, actor: &Actor, rule: Rule) -> Result<SizedSegment> {
    let sentence = describe(&rule);
    let mut number = 1;
    loop {
        let end = if number == 1 { String::new() } else { format!(" ({number})") };
        let start: String = sentence.chars().take(NAME_MAX - end.len()).collect();
        let new = NewSegment { name: start.trim_end().to_owned() + &end, rule: rule.clone(), ..NewSegment::default() };
        match services.segments.create(actor, new).await {
            // At most as often as there are segments.
            Err(Error::Duplicate { .. }) => number += 1,
            done => return done,
        }
    }
}
