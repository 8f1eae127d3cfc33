//! Where exports begin: links to the form with what a list shows, and the button for selected leads.

use super::api::start_picked;
use crate::{
    address::Params,
    layout::use_permission,
    leads::{Column, Listing},
    ui::{Icon, Toasts},
};
use domain::{
    Permission,
    exports::{ExportFormat, ExportOf, NewExport},
    leads::{Selection, Sort},
    orders::OrderQuery,
    rule::Rule,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// Address of the form for a list of leads, with its order and columns.
pub fn leads_link(listing: &Listing) -> String {
    let query = listing.query();
    link(&ExportOf::Leads(Selection::Matching(query.rule)), Some(query.sort), &columns(listing))
}

/// Address of the form for the leads that match a rule.
pub fn rule_link(rule: Rule) -> String {
    leads_link(&Listing::of_rule(rule))
}

pub fn orders_link(query: OrderQuery) -> String {
    link(&ExportOf::Orders(query.into()), None, &[])
}

fn link(of: &ExportOf, sort: Option<Sort>, columns: &[String]) -> String {
    let mut params = Params::new();
    // A rule is always JSON.
    params.insert("of", serde_json::to_string(of).unwrap_or_default());
    if let Some(sort) = sort {
        params.insert("sort", sort.to_string());
    }
    if !columns.is_empty() {
        params.insert("cols", columns.join(","));
    }
    format!("/exports/new{}", params.to_query_string())
}

/// The columns of the list by their names in a file, and the e-mail, which tells leads apart.
fn columns(listing: &Listing) -> Vec<String> {
    let mut names: Vec<String> = listing.columns().into_iter().map(|column| name(column).to_owned()).collect();
    if !names.iter().any(|name| name == "email") {
        names.insert(1, "email".to_owned());
    }
    names
}

fn name(column: Column) -> &'static str {
    match column {
        Column::TotalSpend => "totalSpend",
        Column::LastActive => "lastActiveAt",
        Column::Activity => "lastActivityAt",
        Column::Contacted => "lastContactedAt",
        Column::Created => "createdAt",
        other => other.word(),
    }
}

/// Exports the selected leads as CSV, with the columns of the list, and shows the list of exports.
#[component]
pub fn ExportPicked(#[prop(into)] listing: Signal<Listing>, selection: Callback<(), Selection>) -> impl IntoView {
    let (toasts, go) = (expect_context::<Toasts>(), use_navigate());
    let may = use_permission(Permission::Export);
    let export = StoredValue::new(move || {
        let (sort, columns) = listing.with_untracked(|listing| (listing.sort, columns(listing)));
        let (of, go) = (ExportOf::Leads(selection.run(())), go.clone());
        spawn_local(async move {
            match start_picked(NewExport { of, sort, columns, format: ExportFormat::Csv, bom: true }).await {
                Ok(_) => go("/exports", NavigateOptions::default()),
                Err(error) => toasts.error(format!("Not exported. {error}")),
            }
        });
    });
    view! {
        <Show when=move || may.get()>
            <button type="button" class="btn ghost icon" aria-label="Export" title="Export" on:click=move |_| export.with_value(|export| export())>
                <Icon name="export"/>
            </button>
        </Show>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::exports;

    #[test]
    fn each_column_of_the_list_is_one_of_a_file() {
        for column in Column::ALL {
            assert!(exports::Column::named(name(*column)).is_ok(), "{column:?}");
        }
    }

    #[test]
    fn a_link_holds_what_the_list_shows() {
        let listing = Listing::read(&Params::read("q=ana&sort=name&cols=name,spend"));
        let address = leads_link(&listing);
        let params = Params::read(address.split_once('?').unwrap().1);
        assert_eq!(params.get_str("cols"), Some("name,email,totalSpend"));
        assert_eq!(params.get_str("sort"), Some("name"));
        let of: ExportOf = serde_json::from_str(params.get_str("of").unwrap()).unwrap();
        assert_eq!(of, ExportOf::Leads(Selection::Matching(listing.query().rule)));
        assert!(orders_link(OrderQuery::default()).starts_with("/exports/new?of="));
    }
}
