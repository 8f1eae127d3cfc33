//! Server functions behind forms: they take plain form posts and answer with a redirect.

use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect, redirect_form, refuse, services};
#[cfg(feature = "ssr")]
use domain::fields::{FieldPatch, NewField};
use domain::{FieldId, fields::EditedField, rule::CustomKind};
use leptos::prelude::*;

/// Page of the list.
pub const LIST: &str = "/settings/fields";

/// Defines a field, or edits the one with `id` that the editor saw at `revision`. `choices`: one a line.
#[server(prefix = "/sfn", endpoint = "fields/save", output = Json)]
pub async fn save_field(
    #[server(default)] id: Option<FieldId>,
    #[server(default)] revision: Option<i64>,
    label: String,
    kind: CustomKind,
    #[server(default)] required: bool,
    #[server(default)] choices: String,
    #[server(default)] keep_misfits: bool,
) -> Result<EditedField> {
    let form = id.map_or_else(|| format!("{LIST}/new"), |id| format!("{LIST}/{id}"));
    let typed =
        [("label", label.clone()), ("kind", kind.as_str().to_owned()), ("required", required.to_string()), ("choices", choices.clone())];
    let saved = async {
        let (services, actor) = (services()?, actor()?);
        let choices = choices.lines().map(str::to_owned).collect();
        let Some(id) = id else {
            let new = NewField { label, key: None, kind, required, choices };
            return Ok(EditedField { field: services.fields.create(&actor, new).await?, undo: None });
        };
        let patch = FieldPatch {
            label: Some(label),
            kind: Some(kind),
            required: Some(required),
            choices: Some(choices),
            place: None,
            keep_misfits,
            revision,
        };
        Ok(services.fields.edit(&actor, id, patch).await?)
    };
    match saved.await {
        Ok(saved) => {
            redirect(LIST);
            Ok(saved)
        }
        Err(error) => Err(refuse::<SaveField>(&form, typed.map(|(name, value)| (name.to_owned(), value)), error)),
    }
}

/// Puts a field to a place among all, from 0.
#[server(prefix = "/sfn", endpoint = "fields/move", output = Json)]
pub async fn move_field(id: FieldId, place: u32) -> Result<EditedField> {
    let moved = async {
        let patch = FieldPatch { place: Some(place), ..FieldPatch::default() };
        Ok(services()?.fields.edit(&actor()?, id, patch).await?)
    };
    let moved = moved.await.map_err(|error| refuse::<MoveField>(LIST, [], error))?;
    redirect_form(LIST);
    Ok(moved)
}

/// Deletes a definition and redirects to the list: for browsers without scripts, which have no toast.
#[server(prefix = "/sfn", endpoint = "fields/remove", output = Json)]
pub async fn remove_field(id: FieldId) -> Result<()> {
    let removed = async { Ok(services()?.fields.delete(&actor()?, id).await?) };
    removed.await.map_err(|error| refuse::<RemoveField>(&format!("{LIST}/{id}"), [], error))?;
    redirect(LIST);
    Ok(())
}
