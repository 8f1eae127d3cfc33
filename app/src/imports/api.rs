//! Server functions of imports.

use crate::ask::{Json, NothingElse, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect, services};
use domain::{
    ImportId, Snapshot,
    imports::{ForeignAmounts, Import, ImportKind, OnDuplicate, RejectedRow},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[server(prefix = "/sfn", output = Json)]
pub async fn list_imports() -> Result<Snapshot<Vec<Import>>> {
    let imports = services()?.imports.list(&actor()?).await?;
    Ok(imports.map(|imports| imports.into_iter().map(Import::in_list).collect()))
}

/// An import. Before its start, `kind` says what the person takes its file for, if not for what it seems.
#[server(prefix = "/sfn", output = Json)]
pub async fn get_import(id: ImportId, #[server(default)] kind: Option<ImportKind>) -> Result<Snapshot<Import>> {
    let found = services()?.imports.get(&actor()?, id).await?;
    let found = found.ok_or_else(|| domain::Error::not_found("Import", id))?;
    Ok(found.map(|import| match kind {
        Some(kind) if import.status == domain::imports::ImportStatus::Uploaded => import.holding(kind),
        _ => import,
    }))
}

/// The first `limit` rows (at most 1,000) that were rejected or imported without some cells, in file order.
#[server(prefix = "/sfn", output = Json)]
pub async fn rejected_rows(id: ImportId, limit: u32) -> Result<Vec<RejectedRow>> {
    Ok(services()?.imports.rejected(&actor()?, id, limit.min(1_000)).await?)
}

/// What is asked for leads alone. `tags` are separated by commas; `campaign` is an id or empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ForLeads {
    on_duplicate: OnDuplicate,
    tags: String,
    campaign: String,
}

/// Starts an import. `mapping` has one target per column of the file, as `Target::name`.
#[server(prefix = "/sfn", output = Json)]
pub async fn start_import(
    id: ImportId,
    #[server(default)] kind: Option<ImportKind>,
    mapping: Vec<String>,
    #[server(default)] foreign_amounts: ForeignAmounts,
    #[server(flatten)] for_leads: ForLeads,
    #[server(flatten)] nothing_else: NothingElse,
) -> Result<Import> {
    let (ForLeads { on_duplicate, tags, campaign }, NothingElse) = (for_leads, nothing_else);
    let mapping = mapping.into_iter().map(domain::imports::Target::try_from).collect::<domain::Result<_>>()?;
    let unknown = || domain::Error::invalid("campaignId", "Choose a campaign from the list");
    let campaign_id = if campaign.is_empty() { None } else { Some(campaign.parse().map_err(|_| unknown())?) };
    let tags = crate::leads::tags(&tags);
    let options = domain::imports::ImportOptions { kind, mapping, on_duplicate, foreign_amounts, tags, campaign_id };
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
