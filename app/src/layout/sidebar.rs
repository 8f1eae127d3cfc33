//! Navigation: a sidebar, or on narrow screens a tab bar at the bottom.

use super::{
    ThemeSwitch,
    api::lead_count,
    frame::use_me,
    nav_pages::{NavPage, main_nav_pages},
};
use crate::{
    campaigns::api::active_campaigns,
    live::{Live, LiveEvent, reading},
    palette::Palette,
    segments::api::count_segments,
    ui::{Avatar, Icon, Mark, Menu, Pop, suspend},
    views::SavedViews,
    workspace::use_workspace,
};
use domain::{
    CampaignId, Entity, Record,
    campaigns::CampaignStatus,
    live::{DeltaOp, Query},
    rule::Rule,
    text::grouped,
};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;
use std::collections::HashSet;

/// Most pages in the tab bar of a narrow screen; `More` has the rest.
const IN_TABBAR: usize = 4;

fn current(href: &'static str) -> impl Fn() -> Option<&'static str> + Copy + Send + Sync {
    let path = use_location().pathname;
    move || path.with(|path| path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))).then_some("page")
}

#[component]
pub fn Sidebar() -> impl IntoView {
    let me = use_me();
    let name = Signal::derive(move || me.get().map(|me| me.name).unwrap_or_default());
    let link = move |page: NavPage| {
        view! {
            <li>
                <a href=page.href title=page.name aria-current=current(page.href)>
                    <Icon name=page.icon/>
                    <span>{page.name}</span>
                    {(page.href == "/leads").then(|| view! { <LeadCount/> })}
                    {(page.href == "/campaigns").then(|| view! { <ActiveCount/> })}
                    {(page.href == "/segments").then(|| view! { <SegmentCount/> })}
                </a>
            </li>
        }
    };
    view! {
        <aside class="sidebar" aria-label="Sidebar">
            <div class="row g-s0">
                <a class="ws" href="/dashboard"><Mark/><span class="trunc" dir="auto">{use_workspace().workspace().name}</span></a>
            </div>
            <Find/>
            <nav aria-label="Main"><ul>{main_nav_pages().map(link).collect_view()}</ul></nav>
            <SavedViews/>
            <div class="foot">
                <a href="/settings" title="Settings" aria-current=current("/settings")><Icon name="settings"/><span>"Settings"</span></a>
                <Menu
                    id="me-menu"
                    class="me"
                    button=ViewFn::from(move || view! { {move || view! { <Avatar name=name.get()/> }}<span class="trunc" dir="auto">{name}</span><span class="push"><Icon name="updown" small=true/></span> })
                >
                    <Me/>
                </Menu>
            </div>
        </aside>
    }
    .into_any()
}

/// Opens the palette. Without scripts it is a link to the search of leads.
#[component]
fn Find() -> impl IntoView {
    let palette = expect_context::<Palette>();
    let find = move |event: ev::MouseEvent| {
        event.prevent_default();
        // The popover around this link closes on the press and restores the focus, so the palette opens one frame later.
        request_animation_frame(move || palette.toggle());
    };
    view! {
        <a class="find" href="/leads?focus=search" aria-keyshortcuts="Control+K Meta+K" on:click=find>
            <Icon name="search"/>
            <span>"Search or jump to"</span>
            <kbd class="push scripts-only" aria-hidden="true">"Ctrl K"</kbd>
        </a>
    }
}

/// Number of all leads, kept up to date by a live query.
#[component]
fn LeadCount() -> impl IntoView {
    let live = expect_context::<Live>();
    let counted = reading(Resource::new(|| (), |()| lead_count()));
    let counted_live = RwSignal::new(None);
    Effect::new(move |_| live.count(Rule::everyone(), move |now| counted_live.set(Some(now))));
    let count = move || {
        suspend(async move {
            let first = counted.await.ok().flatten();
            move || counted_live.get().or(first).map(grouped)
        })
    };
    view! { <span class="num"><Transition>{count}</Transition></span> }
}

/// Number of active campaigns, kept up to date by a subscription; hidden when none is active.
#[component]
fn ActiveCount() -> impl IntoView {
    let live = expect_context::<Live>();
    let known = reading(Resource::new(|| (), |()| active_campaigns()));
    let active = RwSignal::new(None::<HashSet<CampaignId>>);
    Effect::new(move |_| {
        let Some(Ok(snapshot)) = known.get() else { return };
        active.set(Some(snapshot.data.into_iter().collect()));
        live.subscribe(Query::list(Entity::Campaign), snapshot.as_of, move |event| match event {
            LiveEvent::Deltas { items, .. } => {
                // Figures hold no status.
                for delta in items.into_iter().filter(|delta| !matches!(delta.record, Some(Record::Figures(_)))) {
                    let campaign = delta.record.as_ref().and_then(Record::as_campaign).filter(|_| delta.op != DeltaOp::Leave);
                    let (id, is) = (CampaignId(delta.id), campaign.is_some_and(|campaign| campaign.status == CampaignStatus::Active));
                    if active.with_untracked(|active| active.as_ref().is_some_and(|active| active.contains(&id) != is)) {
                        active.update(|active| {
                            if let Some(active) = active {
                                if is {
                                    active.insert(id)
                                } else {
                                    active.remove(&id)
                                };
                            }
                        });
                    }
                }
            }
            LiveEvent::Reset => known.refetch(),
            LiveEvent::Total(_) => {}
        });
    });
    let count = move || {
        suspend(async move {
            let first = known.await.map_or(0, |known| known.data.len());
            move || {
                Some(active.with(|active| active.as_ref().map_or(first, HashSet::len)))
                    .filter(|now| *now > 0)
                    .map(|now| format!("{now} active"))
            }
        })
    };
    view! { <span class="num"><Transition>{count}</Transition></span> }
}

/// Number of segments, read again when one is added or deleted; hidden when there is none.
#[component]
fn SegmentCount() -> impl IntoView {
    let live = expect_context::<Live>();
    let known = reading(Resource::new(|| (), |()| count_segments()));
    Effect::new(move |_| {
        let Some(Ok(counted)) = known.get() else { return };
        live.subscribe(Query::list(Entity::Segment), counted.as_of, move |event| match event {
            LiveEvent::Deltas { items, .. } if items.is_empty() => {}
            LiveEvent::Deltas { .. } | LiveEvent::Reset => known.refetch(),
            LiveEvent::Total(_) => {}
        });
    });
    let count = move || suspend(async move { known.await.ok().filter(|counted| counted.data > 0).map(|counted| grouped(counted.data)) });
    view! { <span class="num"><Transition>{count}</Transition></span> }
}

/// The person's own menu: theme and sign-out.
#[component]
fn Me() -> impl IntoView {
    view! {
        <div class="row between theme-row"><span class="muted small">"Theme"</span><ThemeSwitch/></div>
        <div role="separator"></div>
        <form method="post" action="/auth/sign-out"><button type="submit" role="menuitem"><Icon name="right"/>"Sign out"</button></form>
    }
}

#[component]
pub fn Tabbar() -> impl IntoView {
    let link = |page: NavPage| view! { <a href=page.href aria-current=current(page.href)><Icon name=page.icon/>{page.name}</a> };
    view! {
        <nav class="tabbar" aria-label="Main">
            {main_nav_pages().take(IN_TABBAR).map(link).collect_view()}
            <Pop id="more" class="" label="More" from="end" button=ViewFn::from(|| view! { <Icon name="more"/>"More" })><More/></Pop>
        </nav>
    }
    .into_any()
}

/// The rest of the sidebar that the tab bar has no room for. On the list of leads also its “Sort” and “Display” menus.
#[component]
fn More() -> impl IntoView {
    let path = use_location().pathname;
    let name = use_me().with_untracked(|me| me.as_ref().map(|me| me.name.clone())).unwrap_or_default();
    let link = |page: NavPage| {
        view! { <li><a href=page.href aria-current=current(page.href)><Icon name=page.icon/><span>{page.name}</span></a></li> }
    };
    let rest = || crate::NAV_PAGES.iter().copied().filter(|page| !main_nav_pages().take(IN_TABBAR).any(|shown| shown == *page));
    let of_list = [("sort-menu", "sort", "Sort"), ("display-menu", "display", "Display")];
    view! {
        <Find/>
        <Show when=move || path.with(|path| path == "/leads")>
            <div class="row">
                {of_list.map(|(menu, icon, label)| view! { <button type="button" class="btn grow" popovertarget=menu aria-haspopup="menu"><Icon name=icon/>{label}</button> })}
            </div>
        </Show>
        <nav aria-label="More pages"><ul>{rest().map(link).collect_view()}</ul></nav>
        <SavedViews/>
        <div class="row between"><span class="muted small">"Theme"</span><ThemeSwitch/></div>
        <form class="row between" method="post" action="/auth/sign-out">
            <span class="row shrinks"><Avatar name=name.clone()/><span class="trunc" dir="auto">{name}</span></span>
            <button class="btn" type="submit"><Icon name="right"/>"Sign out"</button>
        </form>
    }
}
