//! One lead as a card.

use super::super::{
    choose::{Chooser, Facet},
    place::Place,
    row::{field, means_row},
    store::{Mark, Row},
};
use super::{HELP, drag::Drag, keys};
use crate::{
    live::Live,
    ui::{Avatar, Icon, Score, TimeAgo, is_inside, money},
};
use domain::{
    LeadId, UserId,
    leads::{Lead, Stage},
};
use leptos::{ev, prelude::*};

/// Whether a click adds to the selection, or takes from it; on the name it opens another tab.
fn adds(event: &ev::MouseEvent) -> bool {
    !is_inside(event, "a, button, input") && (event.shift_key() || event.ctrl_key() || event.meta_key())
}

#[component]
pub fn Card(row: Row, stage: Stage) -> impl IntoView {
    let place = expect_context::<Place>();
    let drag = expect_context::<Drag>();
    let live = expect_context::<Live>();
    let me = crate::layout::use_me();
    let id = row.id;
    let name = field(&row, |lead| lead.name.clone());
    let company = field(&row, |lead| lead.company.clone());
    let label = move || [Some(name.get()), company.get()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    // A teammate who looks at this lead or drags it.
    let peer = Memo::new(move |_| {
        let mine = me.get().and_then(|me| me.id);
        live.people.with(|people| people.iter().find(|one| one.record == Some(id.0) && Some(one.id) != mine).map(|one| one.name.clone()))
    });
    let first_name = move || peer.get().map(|name| name.split_whitespace().next().unwrap_or_default().to_owned());
    let hue = move || peer.get().map(|name| format!("--h:{}", domain::text::hue(&name)));
    let picked = drag.picked();
    let is_picked = Memo::new(move |_| picked.has(id));
    let (mark, left, pending) = (row.mark.clone(), row.mark.clone(), row.pending.clone());
    let state = move || drag.state_of(id).or_else(|| pending.get().then_some("pending"));
    let press = move |event: ev::MouseEvent| {
        if means_row(&event) {
            event.prevent_default();
            if !drag.was_drop() {
                place.peek(Some(id));
            }
        } else if adds(&event) && place.may_write.get_untracked() {
            event.prevent_default();
            picked.toggle(id, event.shift_key());
        }
    };
    let (grab, key) = (row.clone(), row.clone());
    view! {
        <article
            class="kard"
            class:flash=move || mark.get() == Mark::Flash
            data-id=id.to_string()
            data-state=state
            data-left=move || (left.get() == Mark::Left).then_some("")
            data-picked=move || is_picked.get().then_some("")
            data-peer=first_name
            style=hue
            tabindex="0"
            aria-label=label
            aria-describedby=HELP
            on:click=press
            on:focus=move |_| place.active.set(Some(id))
            on:pointerdown=move |event| drag.press(&event, grab.clone(), stage)
            on:keydown=move |event| keys::press(&event, &drag, key.clone(), stage, place)
        >
            <Face row/>
        </article>
    }
    .into_any()
}

/// What stands on a card, also while it is carried.
#[component]
pub fn Face(row: Row) -> impl IntoView {
    move || row.lead.with(|lead| face(lead, &row))
}

fn face(lead: &Lead, row: &Row) -> AnyView {
    let about = [lead.title.clone(), lead.company.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let value = match lead.value {
        Some(value) => view! { <span class="num strong">{money(value)}</span> }.into_any(),
        None => view! { <span class="muted">"No value"</span> }.into_any(),
    };
    view! {
        <div class="row between">
            <h3 class="trunc strong"><a href=format!("/leads/{}", lead.id) draggable="false">{lead.name.clone()}</a></h3>
            <span class="row" style="--g:2px">
                <StageButton row=row.clone() label=format!("Stage of {}: {}", lead.name, lead.stage.label())/>
                <span class="who">
                    {lead.owner.map(|owner| view! { <Owner owner/> })}
                    <Pick id=lead.id name=lead.name.clone()/>
                </span>
            </span>
        </div>
        <p class="sub trunc" title=about.clone()>{about.clone()}</p>
        <div class="row small">
            {value}
            <span class="vr"></span>
            <Score value=lead.score/>
            <span class="row push muted" style="--g:.25rem" title=lead.last_activity.clone()>
                <Icon name="activity" small=true/>
                <span class="num"><TimeAgo at=lead.last_activity_at/></span>
            </span>
        </div>
    }
    .into_any()
}

/// In the place of the owner's picture, for who points there.
#[component]
fn Pick(id: LeadId, name: String) -> impl IntoView {
    let place = expect_context::<Place>();
    let picked = expect_context::<Drag>().picked();
    let press = move |event: ev::MouseEvent| picked.toggle(id, event.shift_key());
    view! {
        <Show when=move || place.may_write.get()>
            <input class="check scripts-only" type="checkbox" aria-label=format!("Select {name}") prop:checked=move || picked.has(id) on:click=press/>
        </Show>
    }
    .into_any()
}

/// Named as soon as the names are known.
#[component]
fn Owner(owner: UserId) -> impl IntoView {
    let place = expect_context::<Place>();
    move || view! { <Avatar name=place.owner_name(owner) label=true/> }
}

/// The way by a menu.
#[component]
fn StageButton(row: Row, label: String) -> impl IntoView {
    let place = expect_context::<Place>();
    let chooser = expect_context::<Chooser>();
    view! {
        <Show when=move || place.may_write.get()>
            <button
                type="button"
                class="btn ghost icon sm scripts-only"
                data-facet="stage"
                aria-haspopup="menu"
                aria-label=label.clone()
                on:click={
                    let row = row.clone();
                    move |event| chooser.open(row.clone(), Facet::Stage, &event)
                }
            >
                <Icon name="more" small=true/>
            </button>
        </Show>
    }
    .into_any()
}
