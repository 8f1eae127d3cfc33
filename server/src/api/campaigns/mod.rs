//! `/api/campaigns`, enrollments and tasks. The outreach contract has the same address: the bodies are in `compat::kandid`.

mod leads;
mod list;
mod one;

use crate::http::App;
use axum::routing::{MethodRouter, post};
use domain::campaigns::{CampaignAction, Task};
// `routes!` itself uses this trait for the schemas of a handler; utoipa has no public name for it.
use utoipa::{__dev::SchemaReferences, Path, openapi::path::Paths};
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

/// The addresses of the contract.
pub fn shared_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list, one::create)).routes(routes!(one::get, one::update, one::delete))
}

pub fn routes() -> OpenApiRouter<App> {
    let router = OpenApiRouter::new()
        .routes(routes!(one::duplicate))
        .routes(routes!(leads::list, leads::enroll, leads::unenroll))
        .routes(routes!(leads::unenroll_one))
        .routes(routes!(leads::ways));
    let router = CampaignAction::ALL.iter().fold(router, |router, action| {
        let act = move |services, api_actor, path| one::act(*action, services, api_actor, path);
        router.routes(like::<one::__path_act>("{action}", action.as_str(), post(act)))
    });
    Task::ALL.iter().fold(router, |router, task| {
        let work = move |services, api_actor, path, within| leads::work(*task, services, api_actor, path, within);
        router.routes(like::<leads::__path_work>("{task}", task.as_str(), post(work)))
    })
}

/// One of several routes with the same description: `place` in the path and summary is replaced with `word`.
fn like<P: Path + SchemaReferences>(place: &str, word: &str, handler: MethodRouter<App>) -> UtoipaMethodRouter<App> {
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    let (path, mut operation) = (P::path().replace(place, word), P::operation());
    operation.summary = operation.summary.map(|summary| summary.replace(place, word));
    let mut paths = Paths::new();
    paths.add_path_operation(path, P::methods(), operation);
    (schemas, paths, handler)
}
