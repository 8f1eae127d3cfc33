//! Server functions of imports.

use crate::ask::{Json, NothingElse, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect, services};
use domain::{
    ImportId, Snapshot,
    imports::{Import, OnDuplicate, RejectedRow},
};
use leptos::prelude::*;

#[server(prefix = "/sfn", output = Json)]
pub async fn list_imports() -> Result<Snapshot<Vec<Import>>> {
    let imports = services()?.imports.list(&actor()?).await?;
    Ok(imports.map(|imports| imports.into_iter().map(Import::in_list).collect()))
}

#[server(prefix = "/sfn", output = Json)]
pub async fn get_import(id: ImportId) -> Result<Snapshot<Import>> {
    let found = services()?.imports.get(&actor()?, id).await?;
    Ok(found.ok_or_else(|| domain::Error::not_found("Import", id))?)
}

/// The first `limit` rows (at most 1,000) that were rejected or imported without some cells, in file order.
#[server(prefix = "/sfn", output = Json)]
pub async fn rejected_rows(id: ImportId, limit: u32) -> Result<Vec<RejectedRow>> {
    Ok(services()?.imports.rejected(&actor()?, id, limit.min(1_000)).await?)
}

/// Starts an import. `mapping` has one target per column of the file, as `Target::name`; `tags` are separated by commas; `campaign` is an
/// id or empty.
#[server(prefix = "/sfn", output = Json)]
pub async fn start_import(
    id: ImportId,
    mapping: Vec<String>,
    on_duplicate: OnDuplicate,
    #[server(default)] tags: String,
    #[server(default)] campaign: String,
    #[server(flatten)] nothing_else: NothingElse,
) -> Result<Import> {
    let NothingElse = nothing_else;
    let mapping = mapping.into_iter().map(domain::imports::Target::try_from).collect::<domain::Result<_>>()?;
    let unknown = || domain::Error::invalid("campaignId", "Choose a campaign from the list");
    let campaign_id = if campaign.is_empty() { None } else { Some(campaign.parse().map_err(|_| unknown())?) };
    let options = domain::imports::ImportOptions { mapping, on_duplicate, tags: crate::leads::tags(&tags), campaign_id };
    Ok(services()?.imports.start(&actor()?, id, options).await?)
}

#[server(prefix = "/sfn", output = Json)]
pub async fn cancel_import(id: ImportId) -> Result<Import> {
    Ok(services()?.imports.cancel(&actor()?, id).await?)
}

/// Resumes an import that paused itself.
#[server(prefix = "/sfn", output = Json)]
pub async fn continue_import(id: ImportId) -> Result<Import> {
    Ok(services()?.imports.go_on(&actor()?, id).await?)
}

#[server(prefix = "/sfn", output = Json)]
pub async fn undo_import(id: ImportId) -> Result<Import> {
    Ok(services()?.imports.undo(&actor()?, id).await?)
}

/// Deletes the upload and redirects to the list of imports.
#[server(prefix = "/sfn", output = Json)]
pub async fn discard_import(id: ImportId) -> Result<()> {
    services()?.imports.discard(&actor()?, id).await?;
    redirect("/imports");
    Ok(())
}
