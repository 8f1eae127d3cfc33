//! Server functions that read the dashboard.

use crate::ask;
use domain::{
    Snapshot,
    dashboard::{Dashboard, Range},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[server(prefix = "/sfn", endpoint = "dashboard/load", input = Json, output = Json)]
pub async fn load_dashboard(range: Range) -> ask::Result<Snapshot<Dashboard>> {
    Ok(ask::services()?.dashboard.read(&ask::actor()?, range).await?)
}
