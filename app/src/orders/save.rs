//! Deleting an order: at once with “Undo”, or by a plain form.

use crate::{
    ask::{self, Json, Result},
    live::origin,
    ui::Toasts,
    undo::offer_undo,
};
#[cfg(feature = "ssr")]
use ask::{actor, redirect, refuse, services};
use domain::{ChangeId, LeadId, OrderId, Origin};
use leptos::{ev, prelude::*, task::spawn_local};

#[server(prefix = "/sfn", endpoint = "orders/delete", input = Json, output = Json)]
pub async fn delete_order(id: OrderId, origin: Option<Origin>) -> ask::Result<ChangeId> {
    Ok(services()?.orders.delete(&actor()?.with_origin(origin), id).await?)
}

/// Deletes an order and redirects to the page of `lead`, which offers “Undo”, or to the list.
#[server(prefix = "/sfn", endpoint = "orders/remove", output = Json)]
pub async fn remove_order(id: OrderId, #[server(default)] lead: Option<LeadId>) -> Result<ChangeId> {
    let page = lead.map_or_else(|| "/orders".to_owned(), |lead| format!("/leads/{lead}"));
    let removed = async { Ok(services()?.orders.delete(&actor()?, id).await?) };
    let change = removed.await.map_err(|error| refuse::<RemoveOrder>(&page, [], error))?;
    redirect(&if lead.is_some() { format!("{page}?undo={change}") } else { page });
    Ok(change)
}

/// With scripts: deletes at once; the toast offers “Undo”.
pub fn press(event: ev::SubmitEvent, id: OrderId, name: String, toasts: Toasts) {
    event.prevent_default();
    spawn_local(async move {
        match delete_order(id, origin()).await {
            Ok(change) => offer_undo(toasts, change, format!("Deleted {name}")),
            Err(error) => toasts.error(format!("Not deleted. {error}")),
        }
    });
}
