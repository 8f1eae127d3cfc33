//! Start of a page in the browser: its areas are loaded, then it is hydrated in one go.

use super::{Area, not_loaded::NotLoaded};
use crate::hydration;
use leptos::{
    prelude::*,
    tachys::{dom::body, view::Mountable},
};
use leptos_router::hooks::use_url;
use std::{future::pending, mem::forget};

/// In the tab's storage: the last missing file that made a page reload.
const RELOADED: &str = "reloaded";

pub async fn start<V: IntoView + 'static>(app: fn() -> V) {
    let path = window().location().pathname().unwrap_or_default();
    for area in Area::at(&path) {
        if area.load().await.is_ok() {
            continue;
        }
        if is_outdated() {
            let _ = window().location().reload();
        } else {
            // The page stays as the server rendered it, and works as without scripts.
            let owner = Owner::new();
            let mut notice = owner.with(|| view! { <NotLoaded class="notice callout"/> }.into_any().build());
            notice.mount(&body(), None);
            forget((owner, notice));
        }
        return;
    }
    hydration::start(app);
}

/// Whether files of this page are missing on the server, which then has another release. True once per missing file, so that a tab does
/// not reload again and again.
pub(super) fn is_outdated() -> bool {
    // Written by the loader in `xtask/src/build/areas.js`.
    let Some(file) = document().document_element().and_then(|html| html.get_attribute("data-missing")) else { return false };
    let Ok(Some(tab)) = window().session_storage() else { return false };
    tab.get_item(RELOADED).ok().flatten() != Some(file.clone()) && tab.set_item(RELOADED, &file).is_ok()
}

/// Leaves this page for the one that the router goes to, as a link does without scripts.
pub(super) async fn load_next_page() {
    let next =
        use_url().with_untracked(|url| [url.path(), if url.search().is_empty() { "" } else { "?" }, url.search(), url.hash()].concat());
    let _ = window().location().assign(&next);
    pending::<()>().await;
}
