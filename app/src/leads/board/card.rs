//! A lead as a card on the board.

use super::{HELP, drag::Drag, keys};
use crate::{
    leads::{
        list::{FACET_MENU, Facet, FacetEditor, ListContext, is_row_click, peer},
        store::{Mark, Row, field},
    },
    ui::{Now, Portrait, RowMarkup, avatar, icon, is_inside, score, time_ago},
    workspace::use_workspace,
};
use domain::{
    Currency,
    leads::{Lead, Stage},
};
use leptos::{ev, prelude::*};
use maud::{Markup, html};

/// Whether a click toggles the selection; on the name it would open a tab.
fn adds(event: &ev::MouseEvent) -> bool {
    !is_inside(event, "a, button, input") && (event.shift_key() || event.ctrl_key() || event.meta_key())
}

#[component]
pub fn Card(row: Row, stage: Stage) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let drag = expect_context::<Drag>();
    let chooser = expect_context::<FacetEditor>();
    let id = row.id;
    let name = field(&row, |lead| lead.name.clone());
    let company = field(&row, |lead| lead.company.clone());
    let label = move || [Some(name.get()), company.get()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    // Colleague who has this lead open or drags it.
    let peer = peer(id);
    let picked = drag.picked();
    let is_picked = Memo::new(move |_| picked.has(id));
    let (mark, left, pending) = (row.mark.clone(), row.mark.clone(), row.pending.clone());
    let state = move || drag.state_of(id).or_else(|| pending.get().then_some("pending"));
    let chosen = row.clone();
    let press = move |event: ev::MouseEvent| {
        if let Some(facet) = Facet::pressed(&event) {
            chooser.choose(chosen.clone(), facet);
        } else if is_inside(&event, "input.check") {
            picked.toggle(id, event.shift_key());
        } else if is_row_click(&event) {
            event.prevent_default();
            if !drag.was_drop() {
                context.peek(Some(id));
            }
        } else if adds(&event) && context.may_write.get_untracked() {
            event.prevent_default();
            picked.toggle(id, event.shift_key());
        }
    };
    let (grab, key) = (row.clone(), row.clone());
    view! {
        <article
            class="lead-card"
            class:flash=move || mark.get() == Mark::Flash
            data-id=id.to_string()
            data-state=state
            data-left=move || (left.get() == Mark::Left).then_some("")
            data-picked=move || is_picked.get().then_some("")
            data-peer=move || peer.with(|peer| peer.as_ref().map(|(name, _)| name.clone()))
            style=move || peer.with(|peer| peer.as_ref().map(|(_, hue)| format!("--h:{hue}")))
            tabindex="0"
            aria-label=label
            aria-describedby=move || context.may_write.get().then_some(HELP)
            on:click=press
            on:focus=move |_| context.active.set(Some(id))
            on:pointerdown=move |event| drag.press(&event, grab.clone(), stage)
            on:keydown=move |event| keys::press(&event, &drag, key.clone(), stage, context)
        >
            <Face row/>
        </article>
    }
    .into_any()
}

/// Content of a card, also while it is dragged.
#[component]
pub fn Face(row: Row) -> impl IntoView {
    let context = expect_context::<ListContext>();
    let picked = expect_context::<Drag>().picked();
    let now = expect_context::<Now>();
    let currency = use_workspace().currency();
    let is_picked = Memo::new(move |_| picked.has(row.id));
    move || {
        let owner = |id| context.owner_name(id);
        let elements = row.lead.with(|lead| face(lead, lead.owner.map(owner), context.may_write.get(), now, currency));
        view! { <RowMarkup elements ticked=is_picked.get()/> }
    }
}

fn face(lead: &Lead, owner: Option<String>, may_write: bool, now: Now, currency: Currency) -> Vec<Markup> {
    let about = [lead.title.as_deref(), lead.company.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let head = html! {
        div class="row between" {
            h3 class="trunc strong" { a dir="auto" href={ "/leads/" (lead.id) } draggable="false" { (lead.name) } }
            span.row.g-s0 {
                @if may_write {
                    // Moves the card by a menu instead of dragging.
                    button type="button" class="btn ghost icon sm scripts-only" data-facet=(Facet::Stage.word()) popovertarget=(FACET_MENU)
                        aria-haspopup="menu"
                        aria-label={ "Stage of " (lead.name) ": " (lead.stage.label()) } { (icon("more", true)) }
                }
                span.who {
                    @if let Some(name) = owner { (avatar(&name, Portrait { label: true, ..Portrait::default() })) }
                    // Shown on hover in place of the owner's avatar.
                    @if may_write { input class="check scripts-only" type="checkbox" aria-label={ "Select " (lead.name) }; }
                }
            }
        }
    };
    let figures = html! {
        div class="row small" {
            @if let Some(value) = lead.value { span class="num strong" { (currency.amount(value)) } } @else { span.muted { "No value" } }
            span.vr {}
            (score(lead.score))
            span class="row push muted g-s1" title=(lead.last_activity) {
                (icon("activity", true))
                span.num { (time_ago(lead.last_activity_at, now)) }
            }
        }
    };
    vec![head, html! { p class="sub trunc" dir="auto" title=(about) { (about) } }, figures]
}
