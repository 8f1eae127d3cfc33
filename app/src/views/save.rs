//! Server functions behind forms: they take plain form posts and answer with a redirect.

use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::{
    ask::{actor, redirect, refuse, services},
    leads::Listing,
};
#[cfg(feature = "ssr")]
use domain::{
    Error,
    views::{NewView, ViewPatch, ViewQuery},
};
use domain::{ViewId, views::EditedView};
use leptos::prelude::*;

/// Parses the shown list, as JSON of `ViewQuery`.
#[cfg(feature = "ssr")]
fn read(query: &str) -> Result<ViewQuery> {
    domain::json::once(query.as_bytes(), "query")?;
    Ok(serde_json::from_str(query).map_err(|_| Error::invalid("query", "This view could not be saved; reload the page"))?)
}

/// Address of the list that was shown.
#[cfg(feature = "ssr")]
fn from(query: &str, view: Option<ViewId>) -> String {
    let shown = serde_json::from_str(query).unwrap_or_default();
    Listing { view, ..Listing::of_view(view.unwrap_or(ViewId(uuid::Uuid::nil())), shown) }.href()
}

/// Saves the current list as a new view, and redirects to it.
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

/// Changes the name of a view, whether it is shared, or its filter. Absent values stay. `query` is the current list; it is saved only
/// with `keep`.
#[server(prefix = "/sfn", endpoint = "views/edit", output = Json)]
pub async fn edit_view(
    id: ViewId,
    query: String,
    #[server(default)] name: Option<String>,
    #[server(default)] shared: Option<bool>,
    #[server(default)] keep: bool,
) -> Result<EditedView> {
    let edited = async {
        let shows = if keep { Some(read(&query)?) } else { None };
        Ok(services()?.views.edit(&actor()?, id, ViewPatch { name, shared, query: shows, ..ViewPatch::default() }).await?)
    };
    match edited.await {
        Ok(edited) => {
            let shown = || Listing::of_view(id, edited.view.query.clone()).href();
            redirect(&if keep { shown() } else { from(&query, Some(id)) });
            Ok(edited)
        }
        Err(error) => Err(refuse::<EditView>(&from(&query, Some(id)), [], error)),
    }
}

/// Deletes a view and redirects to all leads: for browsers without scripts, which have no toast.
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
