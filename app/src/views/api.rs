//! Server functions of saved views: actor from the context, one service call.

#[cfg(feature = "ssr")]
use super::count::{COUNTED, shown};
use crate::ask::{self, Json};
use domain::{ChangeId, Origin, Snapshot, ViewId, views::View};
#[cfg(feature = "ssr")]
use futures::future::join_all;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The views that the person may see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewList {
    pub views: Snapshot<Vec<View>>,
    /// Number of leads for each of the first `COUNTED` views, where a count is cached.
    pub counts: HashMap<ViewId, i64>,
}

#[server(prefix = "/sfn", endpoint = "views/list", output = Json)]
pub async fn list_views() -> ask::Result<ViewList> {
    let (services, actor) = (ask::services()?, ask::actor()?);
    let views = services.views.list(&actor).await?;
    let counts = views.data.iter().take(COUNTED).map(async |view| {
        let total = services.leads.total(&actor, &shown(view)).await.ok().flatten();
        total.map(|total| (view.id, total))
    });
    let counts = join_all(counts).await.into_iter().flatten().collect();
    Ok(ViewList { views, counts })
}

/// Returns the change, for `undo_change`.
#[server(prefix = "/sfn", endpoint = "views/delete", input = Json, output = Json)]
pub async fn delete_view(id: ViewId, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(ask::services()?.views.delete(&ask::actor()?.with_origin(origin), id).await?)
}
