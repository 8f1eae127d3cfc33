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
    ui::{Avatar, Icon, Money, Score, StageBadge, StatusPill, TimeAgo, is_inside},
};
use domain::{LeadId, UserId, leads::Lead};
use leptos::{ev, prelude::*};

/// One field of a row, followed.
pub fn field<T: Clone + Send + Sync + 'static>(row: &Row, read: impl Fn(&Lead) -> T + Send + Sync + 'static) -> Signal<T> {
    let lead = row.lead.clone();
    Signal::derive(move || lead.with(&read))
}

/// Whether a click means the row, and not something in it or another tab.
pub fn means_row(event: &ev::MouseEvent) -> bool {
    let on_own = is_inside(event, "button, input, [role=menu]");
    !(on_own || event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() || event.button() != 0)
}

#[component]
pub fn LeadRow(
    row: Row,
    /// Its position in the whole list, from 0.
    #[prop(into)]
    at: Signal<usize>,
    columns: Memo<Vec<Column>>,
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
    // The cells at once: a lead changes seldom, and a watcher for each of its fields is what makes a long list slow.
    let cells = move || {
        let (columns, may_write) = (columns.get(), place.may_write.get());
        row.lead.with(|lead| {
            let pick = view! { <td class="scripts-only">{may_write.then(|| view! { <Pick id name=lead.name.clone() list picked/> })}</td> }
                .into_any();
            let delete =
                view! { <td class="acts">{may_write.then(|| view! { <Delete name=lead.name.clone() row=row.clone()/> })}</td> }.into_any();
            let cells = columns.into_iter().map(|column| cell(column, lead, &row));
            std::iter::once(pick).chain(cells).chain(std::iter::once(delete)).collect_view()
        })
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
            {cells}
        </tr>
    }
    .into_any()
}

#[component]
fn Pick(id: LeadId, name: String, list: LeadList, picked: Memo<bool>) -> impl IntoView {
    let place = expect_context::<Place>();
    let press = move |event: ev::MouseEvent| {
        list.picked.pick(id, event_target_checked(&event), event.shift_key());
        place.active.set(Some(id));
    };
    view! { <input class="check" type="checkbox" aria-label=format!("Select {name}") prop:checked=picked on:click=press/> }.into_any()
}

#[component]
fn Delete(row: Row, name: String) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let delete = move |_| editing.delete(row.clone());
    view! {
        <button type="button" class="btn ghost icon sm" aria-label=format!("Delete {name}") on:click=delete><Icon name="trash" small=true/></button>
    }
    .into_any()
}

fn cell(column: Column, lead: &Lead, row: &Row) -> AnyView {
    let (prio, col) = (column.priority(), column.word());
    let text = |value: Option<&str>| {
        let value = value.unwrap_or_default().to_owned();
        view! { <td class="sub" data-prio=prio title=value.clone()>{value.clone()}</td> }.into_any()
    };
    match column {
        Column::Name => view! { <NameCell id=lead.id name=lead.name.clone()/> }.into_any(),
        Column::Email => text(Some(&lead.email)),
        Column::Title => text(lead.title.as_deref()),
        Column::Location => text(lead.location.as_deref()),
        Column::Company => {
            let company = lead.company.clone().unwrap_or_default();
            let logo = lead.company.clone().filter(|name| !name.is_empty()).map(|name| view! { <Avatar name org=true/> });
            view! { <td class="sub" data-prio=prio data-col=col><span class="cell">{logo}<span class="trunc" title=company.clone()>{company.clone()}</span></span></td> }
                .into_any()
        }
        Column::Status => {
            let label = format!("Status of {}: {}", lead.name, lead.status.label());
            let badge = view! { <StatusPill status=lead.status bare=true/> }.into_any();
            view! { <FacetCell row=row.clone() facet=Facet::Status column label badge/> }.into_any()
        }
        Column::Stage => {
            let label = format!("Stage of {}: {}", lead.name, lead.stage.label());
            let badge = view! { <StageBadge stage=lead.stage/> }.into_any();
            view! { <FacetCell row=row.clone() facet=Facet::Stage column label badge/> }.into_any()
        }
        Column::Score => view! { <td data-prio=prio><Score value=lead.score/></td> }.into_any(),
        Column::Owner => view! { <OwnerCell owner=lead.owner/> }.into_any(),
        Column::Value => view! { <td class="num" data-prio=prio data-col=col><Money value=lead.value/></td> }.into_any(),
        Column::Activity => view! {
            <td class="sub" data-prio=prio data-col=col>
                <span class="cell" title=lead.last_activity.clone()>
                    <Icon name="activity" small=true/>
                    <span class="trunc">{lead.last_activity.clone()}</span>
                    <span class="push num"><TimeAgo at=lead.last_activity_at/></span>
                </span>
            </td>
        }
        .into_any(),
        Column::Created => view! { <td class="sub" data-prio=prio><TimeAgo at=lead.created_at/></td> }.into_any(),
    }
}

#[component]
fn NameCell(id: LeadId, name: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let me = crate::layout::use_me();
    // A teammate who looks at this lead.
    let peer = Memo::new(move |_| {
        let mine = me.get().and_then(|me| me.id);
        live.people.with(|people| people.iter().find(|one| one.record == Some(id.0) && Some(one.id) != mine).map(|one| one.name.clone()))
    });
    let first_name = move || peer.get().map(|name| name.split_whitespace().next().unwrap_or_default().to_owned());
    let hue = move || peer.get().map(|name| format!("--h:{}", domain::text::hue(&name)));
    view! {
        <th scope="row" data-peer=first_name style=hue>
            <span class="cell"><Avatar name=name.clone()/><a class="trunc" href=format!("/leads/{id}")>{name}</a></span>
        </th>
    }
    .into_any()
}

#[component]
fn FacetCell(row: Row, column: Column, facet: Facet, label: String, badge: AnyView) -> impl IntoView {
    let place = expect_context::<Place>();
    let chooser = expect_context::<Chooser>();
    let pending = row.pending.clone();
    view! {
        <td data-prio=column.priority() data-col=column.word() data-edit=move || pending.get().then_some("pending")>
            <button
                type="button"
                class="pick"
                data-facet=column.word()
                aria-haspopup="menu"
                aria-label=label
                disabled=!place.may_write.get_untracked()
                on:click=move |event| chooser.open(row.clone(), facet, &event)
            >
                {badge}
            </button>
        </td>
    }
    .into_any()
}

#[component]
fn OwnerCell(owner: Option<UserId>) -> impl IntoView {
    let place = expect_context::<Place>();
    let name = move || owner.map(|id| place.owner_name(id));
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
