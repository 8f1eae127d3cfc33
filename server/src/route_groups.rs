//! The list of all route groups (`RouteGroup`), each with its routes and its policy. A route is served only if it is listed here, so every route
//! has a policy.

use crate::{
    api,
    compat::{kandid, leads_artisan, mini_crm, xenocrm},
    http::{Access, App, Policy, RouteGroup, SignedErrors, auth, docs, health, page_tasks, render, setup},
    socket,
};
use axum::{Router, http::StatusCode, routing::any};
use domain::Result;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list_with_exclusions};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// Pages without a session: path, access, and whose signed errors they show.
const OPEN_PAGES: [(&str, Access, SignedErrors); 3] = [
    ("/signin", Access::SignIn, SignedErrors::BySession),
    ("/setup", Access::SetUp, SignedErrors::ByForm("/setup")),
    ("/join", Access::Open, SignedErrors::ByForm("/join")),
];

/// # Errors
/// `Internal` when the description of the API cannot be serialised.
pub fn all(app: &App) -> Result<Vec<RouteGroup>> {
    let metrics = if app.config.metrics_open { Access::Open } else { Access::Signed };
    let (artisan_leads, artisan_sockets) = leads_artisan::routes(app);
    let mut route_groups = Vec::new();
    let mut description = OpenApi::default();
    let mut native = |policy: Policy, routes: OpenApiRouter<App>| {
        let (router, of_routes) = routes.split_for_parts();
        description.merge(api::entered(of_routes, policy));
        RouteGroup { policy, router }
    };
    route_groups.extend([
        native(Policy::API, api::routes().route("/api/", any(nowhere)).route("/api/{*address}", any(nowhere))),
        native(Policy::SHARED, api::shared_routes().merge(kandid::routes())),
        native(Policy::UPLOAD, api::files()),
        native(Policy::SOCKET, api::events(app)),
        native(Policy::SIGN_IN, auth::sign_in_routes().merge(kandid::sign_in_routes())),
        native(Policy::SIGN_OUT, auth::sign_out_routes()),
        native(Policy::PROBE, health::api_routes().merge(kandid::probe_routes())),
        native(mini_crm::POLICY, mini_crm::routes()),
        native(mini_crm::ORDER_POLICY, api::order_routes()),
        native(xenocrm::POLICY, xenocrm::routes()),
        native(leads_artisan::POLICY, artisan_leads),
        native(leads_artisan::HEALTH_POLICY, leads_artisan::health_routes()),
    ]);
    route_groups.extend([
        RouteGroup { policy: Policy::HEALTH, router: health::routes() },
        RouteGroup { policy: Policy { access: metrics, ..Policy::HEALTH }, router: health::metrics_routes() },
        RouteGroup { policy: Policy::API, router: docs::description(&api::complete(description))? },
        RouteGroup { policy: Policy::PAGE, router: docs::pages() },
        RouteGroup { policy: Policy::WEB_SOCKET, router: socket::routes() },
        RouteGroup { policy: leads_artisan::SOCKET_POLICY, router: artisan_sockets },
        RouteGroup { policy: kandid::SOCKET_POLICY, router: kandid::socket_routes(app) },
        RouteGroup { policy: Policy { access: Access::Open, ..Policy::FORM }, router: auth::sign_in_form() },
        RouteGroup { policy: Policy::FORM, router: auth::sign_out_form() },
        RouteGroup {
            policy: Policy { access: Access::Open, signed_errors: SignedErrors::ByForm("/join"), ..Policy::FORM },
            router: auth::join_form(),
        },
        RouteGroup {
            policy: Policy { access: Access::Open, signed_errors: SignedErrors::ByForm("/setup"), ..Policy::FORM },
            router: setup::routes(),
        },
    ]);

    page_tasks::init_executor();
    // Leptos lists pages and server functions together.
    let functions: Vec<_> = server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let listed = generate_route_list_with_exclusions(app::App, Some(functions.clone()));
    let routes =
        |listed: Vec<AxumRouteListing>| Router::new().leptos_routes_with_context(app, listed, render::contexts(app), render::shell(app));
    route_groups.push(RouteGroup {
        policy: Policy::FUNCTION,
        router: routes(Vec::new()).route("/sfn/", any(nowhere)).route("/sfn/{*address}", any(nowhere)),
    });
    // The listing also contains the excluded server functions.
    let pages = |wanted: &dyn Fn(&str) -> bool| {
        let is_function = |path: &str| functions.iter().any(|function| function == path);
        routes(listed.iter().filter(|page| is_function(page.path()) || wanted(page.path())).cloned().collect())
    };
    for (page, access, signed_errors) in OPEN_PAGES {
        route_groups
            .push(RouteGroup { policy: Policy { access, signed_errors, ..Policy::PAGE }, router: pages(&|path: &str| path == page) });
    }
    let is_open = |path: &str| OPEN_PAGES.iter().any(|(page, ..)| *page == path);
    route_groups.push(RouteGroup { policy: Policy::PAGE, router: pages(&|path: &str| !is_open(path)) });
    route_groups.push(RouteGroup { policy: Policy::SITE, router: Router::new().fallback(render::missing) });
    Ok(route_groups)
}

/// Unknown address in a route group; the problem layer formats the 404 by the group's policy.
async fn nowhere() -> StatusCode {
    StatusCode::NOT_FOUND
}
