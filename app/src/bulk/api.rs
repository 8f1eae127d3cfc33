//! Server functions of bulk actions: actor from the context, one service call.

use crate::ask::{self, Json};
#[cfg(feature = "ssr")]
use crate::ask::{actor, services};
use domain::{
    BulkId, Snapshot,
    bulk::{Bulk, NewBulk},
};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "bulk/start", input = Json, output = Json)]
pub async fn start_bulk(new: NewBulk) -> ask::Result<Bulk> {
    Ok(services()?.bulk.start(&actor()?, new).await?)
}

#[server(prefix = "/sfn", endpoint = "bulk/load", input = Json, output = Json)]
pub async fn load_bulk(id: BulkId) -> ask::Result<Snapshot<Bulk>> {
    let found = services()?.bulk.get(&actor()?, id).await?;
    Ok(found.ok_or_else(|| domain::Error::not_found("Bulk action", id))?)
}

#[server(prefix = "/sfn", endpoint = "bulk/under-way", input = Json, output = Json)]
pub async fn bulks_under_way() -> ask::Result<Vec<BulkId>> {
    Ok(services()?.bulk.under_way(&actor()?).await?.into_iter().map(|bulk| bulk.id).collect())
}

#[server(prefix = "/sfn", endpoint = "bulk/cancel", input = Json, output = Json)]
pub async fn cancel_bulk(id: BulkId) -> ask::Result<Bulk> {
    Ok(services()?.bulk.cancel(&actor()?, id).await?)
}

#[server(prefix = "/sfn", endpoint = "bulk/undo", input = Json, output = Json)]
pub async fn undo_bulk(id: BulkId) -> ask::Result<Bulk> {
    Ok(services()?.bulk.undo(&actor()?, id).await?)
}
