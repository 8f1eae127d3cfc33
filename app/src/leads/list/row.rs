//! A lead as a table row.

use super::{
    columns::Column,
    context::ListContext,
    facet_editor::{FACET_MENU, Facet, FacetEditor},
};
use crate::{
    leads::{
        edit::Editing,
        store::{LeadList, Mark, Row},
    },
    live::Live,
    ui::{Now, Portrait, RowMarkup, amount, avatar, icon, is_inside, score, stage_badge, status_pill, time_ago},
    workspace::use_workspace,
};
use domain::{
    Currency, LeadId,
    leads::{Lead, TextField},
    text::grouped,
};
use leptos::{ev, prelude::*};
use maud::{Markup, html};

/// Whether a click opens the row, not a control inside it nor a new tab.
pub fn is_row_click(event: &ev::MouseEvent) -> bool {
    let on_own = is_inside(event, "button, input, [role=menu]");
    !(on_own || event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() || event.button() != 0)
}

/// First name and hue of a colleague who has this lead open.
pub fn peer(id: LeadId) -> Memo<Option<(String, u16)>> {
    let live = expect_context::<Live>();
    let me = crate::layout::use_me();
    Memo::new(move |_| {
        let mine = me.get().and_then(|me| me.id);
        live.people.with(|people| {
            let one = people.iter().find(|one| one.record == Some(id.0) && Some(one.id) != mine)?;
            Some((one.name.split_whitespace().next().unwrap_or_default().to_owned(), domain::text::hue(&one.name)))
        })
    })
}

#[component]
pub fn LeadRow(
    row: Row,
    /// Index in the whole list, from 0.
    #[prop(into)]
    at: Signal<usize>,
    columns: Memo<Vec<Column>>,
    list: LeadList,
) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let editing = expect_context::<Editing>();
    let chooser = expect_context::<FacetEditor>();
    let now = expect_context::<Now>();
    let currency = use_workspace().currency();
    let id = row.id;
    let (mark, left, pending) = (row.mark.clone(), row.mark.clone(), row.pending.clone());
    let open = Memo::new(move |_| context.listing.with(|listing| listing.peek == Some(id)));
    let picked = Memo::new(move |_| list.picked.has(id));
    let peer = peer(id);
    // The whole row as text: a view or a subscriber per field would make long lists slow.
    let cells = {
        let lead = row.lead.clone();
        move || {
            let elements = lead.with(|lead| {
                let about = About {
                    may_write: context.may_write.get(),
                    pending: pending.get(),
                    peer: peer.get(),
                    owner: lead.owner.map(|owner| context.owner_name(owner)),
                    now,
                    currency,
                };
                let cells = columns.with(|columns| columns.iter().map(|column| cell(*column, lead, &about)).collect::<Vec<_>>());
                [pick(lead, &about)].into_iter().chain(cells).chain([acts(lead, &about)]).collect()
            });
            view! { <RowMarkup elements ticked=picked.get()/> }
        }
    };
    let press = move |event: ev::MouseEvent| {
        if let Some(facet) = Facet::pressed(&event) {
            chooser.choose(row.clone(), facet);
        } else if is_inside(&event, "input.check") {
            list.picked.pick(id, event_target_checked(&event), event.shift_key());
            context.active.set(Some(id));
        } else if is_inside(&event, ".acts button") {
            editing.delete(row.clone());
        } else if is_row_click(&event) {
            event.prevent_default();
            context.peek(Some(id));
        }
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
            on:focus=move |_| context.active.set(Some(id))
        >
            {cells}
        </tr>
    }
    .into_any()
}

/// What a row shows besides the lead's own fields.
struct About {
    may_write: bool,
    /// An optimistic edit waits for its answer.
    pending: bool,
    peer: Option<(String, u16)>,
    owner: Option<String>,
    now: Now,
    currency: Currency,
}

fn pick(lead: &Lead, about: &About) -> Markup {
    html! {
        td.scripts-only { @if about.may_write { input.check type="checkbox" aria-label={ "Select " (lead.name) }; } }
    }
}

fn acts(lead: &Lead, about: &About) -> Markup {
    html! {
        td.acts {
            @if about.may_write { button type="button" class="btn ghost icon sm" aria-label={ "Delete " (lead.name) } { (icon("trash", true)) } }
        }
    }
}

fn cell(column: Column, lead: &Lead, about: &About) -> Markup {
    let (prio, col) = (column.priority(), column.word());
    let text = |value: Option<&str>| {
        let value = value.unwrap_or_default();
        html! { td.sub data-prio=[prio] dir="auto" title=(value) { (value) } }
    };
    let facet = |facet: Facet, word: &str, badge: Markup| {
        html! {
            td data-prio=[prio] data-col=(col) data-edit=[about.pending.then_some("pending")] {
                @if about.may_write {
                    button.pick type="button" data-facet=(facet.word()) popovertarget=(FACET_MENU) aria-haspopup="menu"
                        aria-label={ (column.label()) " of " (lead.name) ": " (word) } { (badge) }
                } @else { (badge) }
            }
        }
    };
    match column {
        Column::Name => html! {
            th scope="row" data-peer=[about.peer.as_ref().map(|(name, _)| name)] style=[about.peer.as_ref().map(|(_, hue)| format!("--h:{hue}"))] {
                span.cell { (avatar(&lead.name, Portrait::default())) a.trunc dir="auto" href={ "/leads/" (lead.id) } { (lead.name) } }
            }
        },
        Column::Email => text(Some(&lead.email)),
        Column::Text(TextField::Company) => {
            let company = lead.company.as_deref().unwrap_or_default();
            html! {
                td.sub data-prio=[prio] data-col=(col) {
                    span.cell {
                        @if !company.is_empty() { (avatar(company, Portrait { org: true, ..Portrait::default() })) }
                        span.trunc dir="auto" title=(company) { (company) }
                    }
                }
            }
        }
        Column::Text(field) => text(lead.text(field)),
        Column::Status => facet(Facet::Status, lead.status.label(), status_pill(lead.status, true)),
        Column::Stage => facet(Facet::Stage, lead.stage.label(), stage_badge(lead.stage)),
        Column::Score => html! { td data-prio=[prio] { (score(lead.score)) } },
        Column::Owner => html! {
            td data-prio=[prio] {
                @if let Some(name) = &about.owner { (avatar(name, Portrait { label: true, ..Portrait::default() })) }
                @else { span.muted title="No owner" { "–" } }
            }
        },
        Column::TotalSpend => html! { td.num data-prio=[prio] data-col=(col) { (amount(about.currency, Some(lead.total_spend))) } },
        Column::Visits => html! { td.num data-prio=[prio] data-col=(col) { (grouped(lead.visits)) } },
        Column::LastActive => html! {
            td.sub data-prio=[prio] { @if let Some(at) = lead.last_active_at { (time_ago(at, about.now)) } @else { span.muted { "–" } } }
        },
        Column::Value => html! { td.num data-prio=[prio] data-col=(col) { (amount(about.currency, lead.value)) } },
        Column::Activity => html! {
            td.sub data-prio=[prio] data-col=(col) {
                span.cell title=(lead.last_activity) {
                    (icon("activity", true))
                    span.trunc dir="auto" { (lead.last_activity) }
                    span class="push num" { (time_ago(lead.last_activity_at, about.now)) }
                }
            }
        },
        Column::Contacted => html! {
            td.sub data-prio=[prio] { @if let Some(at) = lead.last_contacted_at { (time_ago(at, about.now)) } @else { span.muted title="Never" { "–" } } }
        },
        Column::Created => html! { td.sub data-prio=[prio] { (time_ago(lead.created_at, about.now)) } },
    }
}
