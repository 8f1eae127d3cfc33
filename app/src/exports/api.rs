//! Server functions of exports.

use crate::ask::{self, Json, NothingElse};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect, services};
use domain::{
    ExportId, Snapshot,
    exports::{Export, ExportFormat, NewExport},
};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "exports/list", output = Json)]
pub async fn list_exports() -> ask::Result<Snapshot<Vec<Export>>> {
    Ok(services()?.exports.list(&actor()?).await?)
}

/// Starts an export from the form, then shows the list. `of` is an `ExportOf` as JSON.
#[server(prefix = "/sfn", endpoint = "exports/start", output = Json)]
pub async fn start_export(
    of: String,
    #[server(default)] sort: String,
    #[server(default)] columns: Vec<String>,
    format: ExportFormat,
    #[server(default)] bom: bool,
    #[server(flatten)] nothing_else: NothingElse,
) -> ask::Result<()> {
    let NothingElse = nothing_else;
    if columns.is_empty() {
        return Err(domain::Error::invalid("columns", "Choose at least one column").into());
    }
    let of = serde_json::from_str(&of).map_err(|error| domain::Error::Malformed(error.to_string()))?;
    let sort = if sort.is_empty() { domain::leads::Sort::default() } else { sort.parse()? };
    services()?.exports.start(&actor()?, NewExport { of, sort, columns, format, bom }).await?;
    redirect("/exports");
    Ok(())
}

/// Exports selected leads.
#[server(prefix = "/sfn", endpoint = "exports/start-picked", input = Json, output = Json)]
pub async fn start_picked(new: NewExport) -> ask::Result<Export> {
    Ok(services()?.exports.start(&actor()?, new).await?)
}

/// Stops and deletes an export, then shows the list.
#[server(prefix = "/sfn", endpoint = "exports/delete", output = Json)]
pub async fn delete_export(id: ExportId, #[server(flatten)] nothing_else: NothingElse) -> ask::Result<()> {
    let NothingElse = nothing_else;
    services()?.exports.delete(&actor()?, id).await?;
    ask::redirect_form("/exports");
    Ok(())
}
