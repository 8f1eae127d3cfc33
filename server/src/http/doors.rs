//! The list of all route groups (`Door`), each with its routes and its policy. A route is served only if it is listed here, so every route
//! has a policy.

use super::{
    App, auth, docs, health,
    policy::{Access, Policy, Told},
    render, setup,
};
use crate::{api, live};
use axum::{Router, http::StatusCode, routing::any};
use domain::Result;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list_with_exclusions};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub struct Door {
    pub policy: Policy,
    pub router: Router<App>,
}

/// Pages without a session: path, access, and whose signed errors they show.
const OPEN_PAGES: [(&str, Access, Told); 3] = [
    ("/signin", Access::SignIn, Told::BySession),
    ("/setup", Access::SetUp, Told::ByForm("/setup")),
    ("/join", Access::Open, Told::ByForm("/join")),
];

/// # Errors
/// `Internal` when the description of the API cannot be serialised.
pub fn doors(app: &App) -> Result<Vec<Door>> {
    let metrics = if app.config.metrics_open { Access::Open } else { Access::Signed };
    let mut doors = Vec::new();
    let mut description = OpenApi::default();
    let mut native = |policy: Policy, routes: OpenApiRouter<App>| {
        let (router, of_routes) = routes.split_for_parts();
        description.merge(api::entered(of_routes, policy.access == Access::Open));
        Door { policy, router }
    };
    doors.extend([
        native(Policy::API, api::routes().route("/api/", any(nowhere)).route("/api/{*address}", any(nowhere))),
        native(Policy::UPLOAD, api::uploads()),
        native(Policy::SIGN_IN, auth::sign_in_routes()),
        native(Policy::SIGN_OUT, auth::sign_out_routes()),
        native(Policy { counted: true, ..Policy::HEALTH }, health::api_routes()),
    ]);
    doors.extend([
        Door { policy: Policy::HEALTH, router: health::routes() },
        Door { policy: Policy { access: metrics, ..Policy::HEALTH }, router: health::metrics_routes() },
        Door { policy: Policy::API, router: docs::description(&api::complete(description))? },
        Door { policy: Policy::PAGE, router: docs::pages() },
        Door { policy: Policy::SOCKET, router: live::routes() },
        Door { policy: Policy { access: Access::Open, ..Policy::FORM }, router: auth::sign_in_form() },
        Door { policy: Policy::FORM, router: auth::sign_out_form() },
        Door { policy: Policy { access: Access::Open, told: Told::ByForm("/join"), ..Policy::FORM }, router: auth::join_form() },
        Door { policy: Policy { access: Access::Open, told: Told::ByForm("/setup"), ..Policy::FORM }, router: setup::routes() },
    ]);

    // Leptos lists pages and server functions together.
    let functions: Vec<_> = server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let listed = generate_route_list_with_exclusions(app::App, Some(functions.clone()));
    let routes =
        |listed: Vec<AxumRouteListing>| Router::new().leptos_routes_with_context(app, listed, render::contexts(app), render::shell(app));
    doors.push(Door {
        policy: Policy::FUNCTION,
        router: routes(Vec::new()).route("/sfn/", any(nowhere)).route("/sfn/{*address}", any(nowhere)),
    });
    // The listing also contains the excluded server functions.
    let pages = |wanted: &dyn Fn(&str) -> bool| {
        let is_function = |path: &str| functions.iter().any(|function| function == path);
        routes(listed.iter().filter(|page| is_function(page.path()) || wanted(page.path())).cloned().collect())
    };
    for (page, access, told) in OPEN_PAGES {
        doors.push(Door { policy: Policy { access, told, ..Policy::PAGE }, router: pages(&|path: &str| path == page) });
    }
    let is_open = |path: &str| OPEN_PAGES.iter().any(|(page, ..)| *page == path);
    doors.push(Door { policy: Policy::PAGE, router: pages(&|path: &str| !is_open(path)) });
    doors.push(Door { policy: Policy::SITE, router: Router::new().fallback(render::missing) });
    Ok(doors)
}

/// Unknown address in a route group; the problem layer formats the 404 by the group's policy.
async fn nowhere() -> StatusCode {
    StatusCode::NOT_FOUND
}
