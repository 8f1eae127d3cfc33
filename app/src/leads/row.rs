//! One lead as a row of the table.

use super::{
    choose::{Chooser, Facet},
    columns::Column,
    edit::Editing,
    place::Place,
    store::{LeadList, Mark, Row},
};
use crate::{
    live::Live,
    ui::{Avatar, Icon, Money, Score, StageBadge, StatusPill, TimeAgo},
};
use domain::leads::Lead;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// One field of a row, followed.
pub fn field<T: Clone + Send + Sync + 'static>(row: &Row, read: impl Fn(&Lead) -> T + Send + Sync + 'static) -> Signal<T> {
    let lead = row.lead.clone();
    Signal::derive(move || lead.with(&read))
}

/// Whether a click means the row, and not something in it or another tab.
pub fn means_row(event: &ev::MouseEvent) -> bool {
    let inside = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|target| target.closest("button, input, [role=menu]").ok().flatten())
        .is_some();
    !(inside || event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() || event.button() != 0)
}

#[component]
pub fn LeadRow(
    row: Row,
    /// Its position in the whole list, from 0.
    #[prop(into)]
    at: Signal<usize>,
    columns: Signal<Vec<Column>>,
    list: LeadList,
) -> impl IntoView {
    let place = expect_context::<Place>();
    let id = row.id;
    let mark = row.mark.clone();
    let left = row.mark.clone();
    let open = Memo::new(move |_| place.listing.with(|listing| listing.peek == Some(id)));
    let picked = Memo::new(move |_| list.picked.has(id));
    let press = move |event: ev::MouseEvent| {
        if means_row(&event) {
            event.prevent_default();
            place.peek(Some(id));
        }
    };
    let cells = {
        let row = row.clone();
        move || columns.get().into_iter().map(|column| cell(column, &row)).collect_view()
    };
    view! {
        <tr
            data-id=id.to_string()
            aria-rowindex=move || (at.get() + 2).to_string()
            tabindex="-1"
            class:flash=move || mark.get() == Mark::Flash
            data-left=move || (left.get() == Mark::Left).then_some("")
            data-open=move || open.get().then_some("")
            aria-selected=move || picked.get().then_some("true")
            on:click=press
            on:focus=move |_| place.active.set(Some(id))
        >
            <Pick row=row.clone() list picked/>
            {cells}
            <td class="acts"><Delete row=row/></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Pick(row: Row, list: LeadList, picked: Memo<bool>) -> impl IntoView {
    let id = row.id;
    let name = field(&row, |lead| format!("Select {}", lead.name));
    let place = expect_context::<Place>();
    let press = move |event: ev::MouseEvent| {
        list.pick(id, event_target_checked(&event), event.shift_key());
        place.active.set(Some(id));
    };
    view! {
        <td class="scripts-only">
            <Show when=move || place.may_write.get()>
                <input class="check" type="checkbox" aria-label=name prop:checked=picked on:click=press/>
            </Show>
        </td>
    }
    .into_any()
}

#[component]
fn Delete(row: Row) -> impl IntoView {
    let place = expect_context::<Place>();
    let editing = expect_context::<Editing>();
    let name = field(&row, |lead| format!("Delete {}", lead.name));
    let delete = move |_| editing.delete(row.clone());
    view! {
        <Show when=move || place.may_write.get()>
            <button type="button" class="btn ghost icon sm" aria-label=name on:click=delete.clone()><Icon name="trash" small=true/></button>
        </Show>
    }
    .into_any()
}

fn cell(column: Column, row: &Row) -> AnyView {
    let prio = column.priority();
    let text = |read: fn(&Lead) -> Option<String>| {
        let value = field(row, move |lead| read(lead).unwrap_or_default());
        view! { <td class="sub" data-prio=prio title=value>{value}</td> }.into_any()
    };
    match column {
        Column::Name => view! { <NameCell row=row.clone()/> }.into_any(),
        Column::Email => text(|lead| Some(lead.email.clone())),
        Column::Title => text(|lead| lead.title.clone()),
        Column::Location => text(|lead| lead.location.clone()),
        Column::Company => {
            let company = field(row, |lead| lead.company.clone().unwrap_or_default());
            let logo = move || (!company.with(String::is_empty)).then(|| view! { <Avatar name=company org=true/> });
            view! { <td class="sub" data-prio=prio><span class="cell">{logo}<span class="trunc" title=company>{company}</span></span></td> }
                .into_any()
        }
        Column::Status | Column::Stage => view! { <FacetCell row=row.clone() column/> }.into_any(),
        Column::Score => view! { <td data-prio=prio><Score value=field(row, |lead| lead.score)/></td> }.into_any(),
        Column::Owner => view! { <OwnerCell row=row.clone()/> }.into_any(),
        Column::Value => view! { <td class="num" data-prio=prio><Money value=field(row, |lead| lead.value)/></td> }.into_any(),
        Column::Activity => {
            let what = field(row, |lead| lead.last_activity.clone());
            let at = field(row, |lead| lead.last_activity_at);
            view! {
                <td class="sub" data-prio=prio>
                    <span class="cell" title=what>
                        <Icon name="activity" small=true/>
                        <span class="trunc">{what}</span>
                        <span class="push num"><TimeAgo at/></span>
                    </span>
                </td>
            }
            .into_any()
        }
        Column::Created => view! { <td class="sub" data-prio=prio><TimeAgo at=field(row, |lead| lead.created_at)/></td> }.into_any(),
    }
}

#[component]
fn NameCell(row: Row) -> impl IntoView {
    let live = expect_context::<Live>();
    let me = crate::layout::use_me();
    let id = row.id;
    let name = field(&row, |lead| lead.name.clone());
    // A teammate who looks at this lead.
    let peer = Memo::new(move |_| {
        let mine = me.get().and_then(|me| me.id);
        live.people.with(|people| people.iter().find(|one| one.record == Some(id.0) && Some(one.id) != mine).map(|one| one.name.clone()))
    });
    let first_name = move || peer.get().map(|name| name.split_whitespace().next().unwrap_or_default().to_owned());
    let hue = move || peer.get().map(|name| format!("--h:{}", domain::text::hue(&name)));
    view! {
        <th scope="row" data-peer=first_name style=hue>
            <span class="cell"><Avatar name/><a class="trunc" href=format!("/leads/{id}")>{name}</a></span>
        </th>
    }
    .into_any()
}

#[component]
fn FacetCell(row: Row, column: Column) -> impl IntoView {
    let place = expect_context::<Place>();
    let chooser = expect_context::<Chooser>();
    let (stage, status) = (field(&row, |lead| lead.stage), field(&row, |lead| lead.status));
    let name = field(&row, |lead| lead.name.clone());
    let pending = row.pending.clone();
    let facet = if column == Column::Stage { Facet::Stage } else { Facet::Status };
    let label = move || match facet {
        Facet::Stage => format!("Stage of {}: {}", name.get(), stage.get().label()),
        Facet::Status => format!("Status of {}: {}", name.get(), status.get().label()),
    };
    let badge = match facet {
        Facet::Stage => view! { <StageBadge stage/> }.into_any(),
        Facet::Status => view! { <StatusPill status bare=true/> }.into_any(),
    };
    view! {
        <td data-prio=column.priority() data-edit=move || pending.get().then_some("pending")>
            <button
                type="button"
                class="pick"
                data-facet=column.word()
                aria-haspopup="menu"
                aria-label=label
                disabled=move || !place.may_write.get()
                on:click=move |event| chooser.open(row.clone(), facet, &event)
            >
                {badge}
            </button>
        </td>
    }
    .into_any()
}

#[component]
fn OwnerCell(row: Row) -> impl IntoView {
    let place = expect_context::<Place>();
    let owner = field(&row, |lead| lead.owner);
    let name = move || owner.get().map(|id| place.owners.with(|owners| owners.get(&id).cloned()).unwrap_or_else(|| "Someone".to_owned()));
    view! {
        <td data-prio=Column::Owner.priority()>
            {move || match name() {
                Some(name) => view! { <Avatar name label=true/> }.into_any(),
                None => view! { <span class="muted" title="No owner">"–"</span> }.into_any(),
            }}
        </td>
    }
    .into_any()
}
