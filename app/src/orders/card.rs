//! The card of a lead's newest orders on its page.

use super::{api::list_orders, table::OrderTable};
use crate::{
    live::reading,
    ui::{ReadProblem, suspend},
};
use domain::{LeadId, orders::OrderQuery};
use leptos::prelude::*;

/// Orders in the card.
const NEWEST: u32 = 5;

#[component]
pub fn LeadOrders(
    lead: LeadId,
    /// Spend and number of orders: the card is read again when they change.
    sums: Signal<(i64, i64)>,
) -> impl IntoView {
    let sums = Memo::new(move |_| sums.get());
    let newest = move |_| list_orders(OrderQuery { lead: Some(lead), limit: NEWEST, ..OrderQuery::default() });
    let orders = reading(Resource::new(move || sums.get(), newest));
    let all = format!("/orders?customer={lead}");
    let card = move || {
        let all = all.clone();
        suspend(async move {
            match orders.await {
                Ok(page) if page.data.orders.is_empty() => ().into_any(),
                Ok(page) => {
                    let more = page.data.next.is_some();
                    view! {
                        <section class="card" aria-labelledby="h-orders">
                            <header><h2 id="h-orders">"Orders"</h2>{more.then(|| view! { <a class="link push" href=all>"Show all"</a> })}</header>
                            <OrderTable orders=page.data.orders of_lead=true/>
                        </section>
                    }
                    .into_any()
                }
                Err(error) => view! { <ReadProblem error/> }.into_any(),
            }
        })
    };
    view! { <Transition>{card}</Transition> }
}
