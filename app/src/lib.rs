//! Pages, components and server functions. The same code renders on the server (`ssr`) and runs in the browser (`hydrate`).
//!
//! What lives here: one folder per entity (routes, server functions, components, its live store), `ui` (the design system), `hydration`
//! (hydration in slices), `layout` (frame around every page), `live` (client of the socket). What must not: storage, clocks, random
//! numbers.

pub mod accounts;
pub mod activity;
pub mod address;
pub mod areas;
pub mod ask;
pub mod bulk;
pub mod campaigns;
mod dashboard;
pub mod exports;
pub mod fields;
pub mod hydration;
pub mod imports;
mod ingest;
pub mod layout;
pub mod leads;
pub mod live;
mod orders;
pub mod palette;
mod segments;
mod tags;
pub mod ui;
pub mod undo;
pub mod views;
pub mod workspace;

pub use ask::AppError;
pub use layout::Theme;

use areas::Area;
use bulk::Bulks;
use fields::CurrentFields;
use layout::{CurrentMe, Frame, Keys, NavPage, ThemeChoice, Trail};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    StaticSegment,
    components::{ParentRoute, Router, Routes},
    location::RequestUrl,
};
use live::Live;
use ui::{Now, Toasts};
use workspace::CurrentWorkspace;

/// Pages of the navigation, in the order of the sidebar.
pub const NAV_PAGES: &[NavPage] =
    &[dashboard::NAV, leads::NAV, campaigns::NAV, segments::NAV, orders::NAV, imports::NAV, exports::NAV, activity::NAV, accounts::NAV];

/// Paths of the built files, with hashed names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    pub js: String,
    pub wasm: String,
    pub css: String,
}

/// Present in the context during development: address of the WebSocket that signals a page reload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevReload(pub String);

/// Present in the context when the server lets in guests (`--open`): every page says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenHouse;

/// The HTML document. The server may provide `Theme`, `OpenHouse` and `DevReload` in the context.
pub fn shell(assets: Assets) -> impl IntoView {
    let Assets { js, wasm, css } = assets;
    let is_live = use_context::<ask::WithoutScripts>().is_none();
    let theme = use_context::<Theme>().and_then(Theme::attribute);
    let url = use_context::<RequestUrl>().and_then(|url| url.parse().ok()).unwrap_or_default();
    let areas: Vec<_> = Area::at(url.path()).iter().map(|area| area.name()).collect();
    // The HTML is complete without scripts, so WebAssembly is fetched after the first paint, or it would compete for bandwidth: the main
    // file, beside it the areas of this page, and the others when it is hydrated.
    let start = format!(
        "const go=()=>{{const wasm=fetch({wasm:?});import({js:?}).then(m=>{{m.prefetch({areas:?});\
         m.default({{module_or_path:wasm}}).then(()=>setTimeout(()=>m.hydrate().then(m.prefetchWhenIdle)))}})}};\
         document.hidden?go():requestAnimationFrame(()=>setTimeout(go))"
    );
    let reload = use_context::<DevReload>().map(|DevReload(socket)| {
        let script = format!("new WebSocket({socket:?}).onmessage=()=>location.reload()");
        view! { <script nonce=use_nonce()>{script}</script> }
    });
    let open = use_context::<OpenHouse>().map(|OpenHouse| {
        view! { <p class="open-house" role="note">"Open house: anyone may read and change leads"</p> }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/mark.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=css/>
                <link rel="preload" href="/fonts/inter-latin-opsz-normal.woff2" r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                {is_live.then(|| view! { <script type="module" nonce=use_nonce()>{start}</script> })}
                {reload}
                <MetaTags/>
            </head>
            <body>
                <App/>
                <ui::Sprite/>
                {open}
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(CurrentMe::new());
    let workspace = CurrentWorkspace::new();
    provide_context(workspace);
    provide_context(CurrentFields::new());
    provide_context(Live::new());
    let toasts = Toasts::new();
    provide_context(toasts);
    provide_context(Bulks::new(toasts));
    provide_context(Keys::new());
    provide_context(Trail::new());
    provide_context(ThemeChoice::new());
    provide_context(Now::new(workspace));
    view! {
        <Router>
            <Routes fallback=layout::NotFound>
                <accounts::GateRoutes/>
                <ParentRoute path=StaticSegment("") view=Frame>
                    <dashboard::DashboardRoutes/>
                    <activity::ActivityRoutes/>
                    <leads::LeadRoutes/>
                    <campaigns::CampaignRoutes/>
                    <segments::SegmentRoutes/>
                    <orders::OrderRoutes/>
                    <imports::ImportRoutes/>
                    <exports::ExportRoutes/>
                    <accounts::AccountRoutes/>
                </ParentRoute>
            </Routes>
        </Router>
        <ui::ToastList><bulk::RunningBulks/></ui::ToastList>
    }
}
