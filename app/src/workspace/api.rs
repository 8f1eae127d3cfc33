//! Server functions of the workspace.

use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect_form, refuse, services};
#[cfg(feature = "ssr")]
use domain::workspace::WorkspacePatch;
use domain::{Workspace, workspace::EditedWorkspace};
use leptos::prelude::*;

/// The settings, as they are now.
#[server(prefix = "/sfn", endpoint = "workspace/load", output = Json)]
pub async fn load_workspace() -> Result<Workspace> {
    Ok(services()?.workspace.get(&actor()?).await?.data)
}

/// The names of all time zones, in order; also for the page of set-up.
#[server(prefix = "/sfn", endpoint = "workspace/zones", output = Json)]
pub async fn list_zones() -> Result<Vec<String>> {
    Ok(services()?.workspace.zones())
}

/// Page of the form.
#[cfg(feature = "ssr")]
const PAGE: &str = "/settings";

/// Changes the settings. `revision`: of the settings that the form showed.
#[server(prefix = "/sfn", endpoint = "workspace/edit", output = Json)]
pub async fn edit_workspace(
    workspace: String,
    currency: String,
    time_zone: String,
    week_start: String,
    revision: i64,
) -> Result<EditedWorkspace> {
    let typed = [("workspace", &workspace), ("currency", &currency), ("time_zone", &time_zone), ("week_start", &week_start)];
    let typed = typed.map(|(name, value)| (name.to_owned(), value.clone()));
    let edited = async {
        let patch = WorkspacePatch {
            name: Some(workspace),
            currency: Some(currency),
            time_zone: Some(time_zone),
            week_start: Some(week_start),
            revision: Some(revision),
        };
        Ok(services()?.workspace.edit(&actor()?, patch).await?)
    };
    let edited = edited.await.map_err(|error| refuse::<EditWorkspace>(PAGE, typed, error))?;
    redirect_form(PAGE);
    Ok(edited)
}
