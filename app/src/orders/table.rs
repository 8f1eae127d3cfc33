//! Orders as a table.

use super::save::{RemoveOrder, press};
use crate::{
    layout::use_permission,
    ui::{Amount, Icon, TimeAgo, Toasts},
    workspace::use_workspace,
};
use domain::{
    Permission,
    orders::{ListedOrder, Order, OrderLine},
};
use leptos::prelude::*;
use server_fn::ServerFn;

#[component]
pub fn OrderTable(
    orders: Vec<ListedOrder>,
    /// On a lead's page: without the customer.
    #[prop(optional)]
    of_lead: bool,
) -> impl IntoView {
    // A person's role does not change while the page is open.
    let may = use_permission(Permission::WriteLeads).get_untracked();
    let rows = orders.into_iter().map(|listed| row(listed, of_lead, may)).collect_view();
    let customer = (!of_lead).then(|| view! { <th scope="col">"Customer"</th> });
    let acts = may.then(|| view! { <th scope="col"><span class="sr">"Actions"</span></th> });
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="sr">"Orders, newest first"</caption>
                <thead><tr>
                    <th scope="col">"Order"</th>{customer}<th scope="col" data-prio="3">"Products"</th>
                    <th scope="col" class="num">"Amount"</th><th scope="col" data-prio="2">"Ordered"</th>{acts}
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(listed: ListedOrder, of_lead: bool, may: bool) -> AnyView {
    let ListedOrder { order, lead_name } = listed;
    let name = order.order_id.clone().unwrap_or_else(|| "Order".to_owned());
    let customer = (!of_lead).then(|| view! { <td>{customer(&order, lead_name)}</td> });
    let (products, currency) = (products(&order), use_workspace().currency());
    let lead = order.lead_id.filter(|_| of_lead);
    let (id, said, told) = (order.id, format!("Delete {name}"), name.clone());
    let toasts = expect_context::<Toasts>();
    let remove = may.then(|| {
        view! {
            <td class="acts">
                <form method="post" action=RemoveOrder::url() on:submit=move |event| press(event, id, told.clone(), toasts)>
                    <input type="hidden" name="id" value=id.to_string()/>
                    {lead.map(|lead| view! { <input type="hidden" name="lead" value=lead.to_string()/> })}
                    <button type="submit" class="btn ghost icon sm" aria-label=said><Icon name="trash" small=true/></button>
                </form>
            </td>
        }
    });
    view! {
        <tr data-id=id.to_string()>
            <th scope="row"><span class="trunc" dir="auto">{name}</span></th>
            {customer}
            <td class="sub trunc" dir="auto" data-prio="3" title=products.clone()>{products.clone()}</td>
            <td class="num"><Amount currency minor=Some(order.amount)/></td>
            <td class="sub" data-prio="2"><TimeAgo at=order.ordered_at/></td>
            {remove}
        </tr>
    }
    .into_any()
}

fn customer(order: &Order, lead_name: Option<String>) -> AnyView {
    match (order.lead_id, lead_name) {
        (Some(lead), Some(name)) => view! { <a class="link trunc" dir="auto" href=format!("/leads/{lead}")>{name}</a> }.into_any(),
        _ => view! {
            <span class="row"><span class="trunc" dir="auto">{order.customer.clone()}</span><span class="status" data-tone="warning"><Icon name="wait"/>"Waiting"</span></span>
        }
        .into_any(),
    }
}

/// `2 × Green tea, Cup`
fn products(order: &Order) -> String {
    let one = |line: &OrderLine| match line.quantity {
        1 => line.name.clone(),
        quantity => format!("{quantity} × {}", line.name),
    };
    order.lines.iter().map(one).collect::<Vec<_>>().join(", ")
}
