//! Server functions that read activities.

use crate::ask::{self, Json};
use domain::{
    Snapshot,
    activity::{ActivityPage, ActivityQuery},
};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "activities/list", input = Json, output = Json)]
pub async fn list_activities(query: ActivityQuery) -> ask::Result<Snapshot<ActivityPage>> {
    Ok(ask::services()?.activity.list(&ask::actor()?, &query).await?)
}
