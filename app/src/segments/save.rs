//! Server functions behind forms: they take plain form posts and answer with a redirect.

use super::nodes::Node;
#[cfg(feature = "ssr")]
use super::{
    moves::{Act, arranged},
    nodes::built,
};
use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect, refuse, services, show_form};
#[cfg(feature = "ssr")]
use crate::fields::api::list_fields;
#[cfg(feature = "ssr")]
use domain::{
    Permission,
    segments::{NewSegment, SegmentPatch},
};
use domain::{SegmentId, segments::EditedSegment};
use leptos::prelude::*;

/// Adds a segment, or edits the one with `id` that the editor saw at `revision`.
///
/// `then` is the button: empty for “Save”. Without scripts also an `Act`, which changes the typed rule and shows the form again, unsaved;
/// the answer is `None` then.
#[server(prefix = "/sfn", endpoint = "segments/save", output = Json)]
pub async fn save_segment(
    #[server(default)] id: Option<SegmentId>,
    #[server(default)] revision: Option<i64>,
    name: String,
    #[server(default)] description: String,
    #[server(default)] nodes: Vec<Node>,
    #[server(default)] then: String,
) -> Result<Option<EditedSegment>> {
    let form = id.map_or_else(|| "/segments/new".to_owned(), |id| format!("/segments/{id}"));
    let typed = |nodes: &[Node]| {
        let nodes = serde_json::to_string(nodes).unwrap_or_default();
        [("name", name.clone()), ("description", description.clone()), ("nodes", nodes)].map(|(name, value)| (name.to_owned(), value))
    };
    if !then.is_empty() {
        actor()?.require(Permission::WriteSegments)?;
        let mut params = crate::address::Params::new();
        let fields = list_fields().await?;
        for (name, value) in typed(&arranged(nodes, then.parse().unwrap_or(Act::Fit), &fields)) {
            params.insert(&name, value);
        }
        show_form(format!("{form}{}", params.to_query_string()));
        return Ok(None);
    }
    let saved = async {
        let (services, actor) = (services()?, actor()?);
        let fields = list_fields().await?;
        let (name, description, rule) = (name.clone(), description.clone(), built(&nodes, &fields).checked(&fields)?);
        let Some(id) = id else {
            let segment = services.segments.create(&actor, NewSegment { name, description, rule }).await?;
            return Ok(EditedSegment { segment, undo: None });
        };
        let patch = SegmentPatch { name: Some(name), description: Some(description), rule: Some(rule), revision };
        Ok(services.segments.edit(&actor, id, patch).await?)
    };
    match saved.await {
        Ok(saved) => {
            redirect(&format!("/segments/{}", saved.segment.segment.id));
            Ok(Some(saved))
        }
        Err(error) => Err(refuse::<SaveSegment>(&form, typed(&nodes), error)),
    }
}

/// Deletes a segment and redirects to the list: for browsers without scripts, which have no toast. `even_if_used`: the form said where it is
/// in use.
#[server(prefix = "/sfn", endpoint = "segments/remove", output = Json)]
pub async fn remove_segment(id: SegmentId, #[server(default)] even_if_used: bool) -> Result<()> {
    let removed = async { Ok(services()?.segments.delete(&actor()?, id, even_if_used).await?) };
    removed.await.map_err(|error| refuse::<RemoveSegment>(&format!("/segments/{id}"), [], error))?;
    redirect("/segments");
    Ok(())
}
