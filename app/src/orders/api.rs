//! Server functions that read orders.

use crate::ask::{self, Json};
use domain::{
    Snapshot,
    orders::{OrderPage, OrderQuery},
};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "orders/list", input = Json, output = Json)]
pub async fn list_orders(query: OrderQuery) -> ask::Result<Snapshot<OrderPage>> {
    Ok(ask::services()?.orders.list(&ask::actor()?, &query).await?)
}
