//! Server functions that read the dashboard.

use crate::ask::{self, Json};
use domain::{
    Snapshot,
    dashboard::{Dashboard, Range},
};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "dashboard/load", input = Json, output = Json)]
pub async fn load_dashboard(range: Range) -> ask::Result<Snapshot<Dashboard>> {
    Ok(ask::services()?.dashboard.read(&ask::actor()?, range).await?)
}
