//! Server functions behind forms: they take plain form posts, and answer with where to go next.

use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::{
    ask::{actor, redirect, refuse, services},
    leads::Listing,
};
use domain::ViewId;
#[cfg(feature = "ssr")]
use domain::{
    Error,
    views::{NewView, ViewPatch, ViewQuery},
};
use leptos::prelude::*;

/// What the list showed, as JSON of `ViewQuery`.
#[cfg(feature = "ssr")]
fn read(query: &str) -> Result<ViewQuery> {
    Ok(serde_json::from_str(query).map_err(|_| Error::invalid("query", "This view could not be saved; reload the page"))?)
}

/// Where the list is that showed it.
#[cfg(feature = "ssr")]
fn from(query: &str, view: Option<ViewId>) -> String {
    let shown = serde_json::from_str(query).unwrap_or_default();
    Listing { view, ..Listing::of_view(view.unwrap_or(ViewId(uuid::Uuid::nil())), shown) }.href()
}

/// Saves what the list shows as a new view, and goes there.
#[server(prefix = "/sfn", endpoint = "views/save", output = Json)]
pub async fn save_view(name: String, #[server(default)] shared: bool, query: String) -> Result<ViewId> {
    let saved = async { Ok(services()?.views.create(&actor()?, NewView { name: name.clone(), shared, query: read(&query)? }).await?) };
    match saved.await {
        Ok(view) => {
            redirect(&Listing::of_view(view.id, view.query).href());
            Ok(view.id)
        }
        Err(error) => Err(refuse::<SaveView>(&from(&query, None), [("name".to_owned(), name)], error)),
    }
}

/// Changes what is named of a view: its name, whom it is shown to, or what it shows. `query` is what the list shows now;
/// it is kept only when `keep` says so.
#[server(prefix = "/sfn", endpoint = "views/edit", output = Json)]
pub async fn edit_view(
    id: ViewId,
    query: String,
    #[server(default)] name: Option<String>,
    #[server(default)] shared: Option<bool>,
    #[server(default)] keep: bool,
) -> Result<ViewId> {
    let edited = async {
        let shows = if keep { Some(read(&query)?) } else { None };
        Ok(services()?.views.update(&actor()?, id, ViewPatch { name, shared, query: shows, ..ViewPatch::default() }).await?)
    };
    match edited.await {
        Ok(view) => {
            redirect(&if keep { Listing::of_view(view.id, view.query).href() } else { from(&query, Some(id)) });
            Ok(id)
        }
        Err(error) => Err(refuse::<EditView>(&from(&query, Some(id)), [], error)),
    }
}

/// Deletes a view and shows all leads: for those without scripts, who have no toast.
#[server(prefix = "/sfn", endpoint = "views/remove", output = Json)]
pub async fn remove_view(id: ViewId, query: String) -> Result<()> {
    let removed = async { Ok(services()?.views.delete(&actor()?, id).await?) };
    match removed.await {
        Ok(_) => {
            redirect("/leads");
            Ok(())
        }
        Err(error) => Err(refuse::<RemoveView>(&from(&query, Some(id)), [], error)),
    }
}
