//! Server functions of custom fields.

use crate::ask::{self, Json};
#[cfg(feature = "ssr")]
use crate::ask::{actor, services};
use domain::{
    ChangeId, FieldId, Origin,
    fields::{FieldUse, Fields},
};
use leptos::prelude::*;

/// All definitions, in their order.
#[server(prefix = "/sfn", endpoint = "fields/list", output = Json)]
pub async fn list_fields() -> ask::Result<Fields> {
    Ok(services()?.fields.list(&actor()?).await?.data)
}

/// Where a field is used.
#[server(prefix = "/sfn", endpoint = "fields/uses", input = Json, output = Json)]
pub async fn uses_of(id: FieldId) -> ask::Result<FieldUse> {
    Ok(services()?.fields.uses(&actor()?, id).await?)
}

/// Returns the change, for `undo_change`.
#[server(prefix = "/sfn", endpoint = "fields/delete", input = Json, output = Json)]
pub async fn delete_field(id: FieldId, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(services()?.fields.delete(&actor()?.with_origin(origin), id).await?)
}
