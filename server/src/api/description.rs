//! The description of the API in OpenAPI 3.1, at `/openapi.json`.
//!
//! Handlers describe their requests and responses. This file adds what is the same for every route: errors, security, operation ids, tags.

use crate::http::{Access, Policy};
use domain::{Origin, Problem};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ContentBuilder, Info, OpenApi, PathItem, Ref, ResponseBuilder, SecurityRequirement,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

const ABOUT: &str = "Bodies are JSON; a member that nobody knows is refused, except where docs/api.md says that it is ignored. Every error is a \
    problem (RFC 9457), except in a contract that has its own. \
    People ask with the cookie of their session, programs with `Authorization: Bearer <key>`; what each role may is in docs/roles.md, \
    what absent and null mean in docs/api.md.";

/// The description of one route group: whether its routes need an account, and whether they write what others hear of.
#[must_use]
pub fn entered(mut api: OpenApi, policy: Policy) -> OpenApi {
    for (method, operation) in api.paths.paths.values_mut().flat_map(operations) {
        if policy.access == Access::Open {
            operation.security = Some(Vec::new());
        } else if method != "get" && policy != Policy::SIGN_OUT && !is_contract(operation) {
            operation.parameters.get_or_insert_default().push(origin().into());
        }
    }
    api
}

/// A contract with errors of its own has described them.
fn is_contract(operation: &Operation) -> bool {
    operation.responses.responses.contains_key("429")
}

/// Completes the routes' description with what all routes share.
#[must_use]
pub fn complete(mut api: OpenApi) -> OpenApi {
    api.info = Info::new("Linnet", env!("CARGO_PKG_VERSION"));
    api.info.description = Some(ABOUT.to_owned());
    let components = api.components.get_or_insert_with(Components::new);
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.add_security_scheme("key", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-linnet"))));
    let none: [&str; 0] = [];
    api.security = Some(vec![SecurityRequirement::new("key", none), SecurityRequirement::new("session", none)]);
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            finish(path, method, operation);
        }
    }
    api
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The group of an operation, by the first word of its path. Few routes alone are no group of their own.
fn group(word: &str) -> &str {
    match word {
        "notes" => "leads",
        "rules" => "segments",
        "changes" | "events" => "activities",
        other => other,
    }
}

fn finish(path: &str, method: &str, operation: &mut Operation) {
    let words: Vec<_> =
        path.split(['/', '.']).map(|word| word.trim_matches(['{', '}'])).filter(|word| !matches!(*word, "" | "api")).collect();
    let name = words.join("_").replace('-', "_");
    operation.operation_id = Some(format!("{method}_{name}"));
    let of_contract = is_contract(operation);
    let tags = operation.tags.get_or_insert_with(|| words.iter().take(1).map(|&word| group(word).to_owned()).collect());
    if of_contract {
        let contract = tags.concat().to_lowercase().replace(' ', "_");
        operation.operation_id = Some(format!("{method}_{contract}_{name}"));
        return;
    }
    let open = operation.security.is_some();
    let (body, writes) = (operation.request_body.is_some(), method != "get");
    let asks = body || operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
    let errors = [
        ("400", body || !open, "The request cannot be read, such as a body that is no JSON"),
        ("401", !open || body, "Nobody is signed in, or the credentials are wrong"),
        ("403", !open, "The role of whoever asks does not include this"),
        ("404", path.contains('{'), "Not found"),
        ("409", writes && !open, "Taken, changed by someone else, or not possible now"),
        ("413", body, "Too large"),
        ("415", body, "The body has another content type"),
        ("422", asks, "Some fields need attention; `errors` names each"),
        ("429", true, "Too many requests, or as much as one sender may have; `Retry-After` says when the next may come"),
        ("500", true, "Something went wrong here; the server's log says what"),
        ("503", true, "Not possible at the moment; try again after the seconds of `Retry-After`"),
        ("507", writes && !open, "The disk is full"),
    ];
    for (status, _, what) in errors.into_iter().filter(|(_, can, _)| *can) {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
        let response = ResponseBuilder::new().description(what).content("application/problem+json", problem).build();
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.into());
    }
}

/// The `Linnet-Origin` header: chosen by the caller, returned in the live deltas of the request's changes.
fn origin() -> Parameter {
    ParameterBuilder::new()
        .name("linnet-origin")
        .parameter_in(ParameterIn::Header)
        .description(Some("Comes back in the live deltas of what this request changes, so that a program knows its own"))
        .schema(Some(Origin::schema()))
        .build()
}
