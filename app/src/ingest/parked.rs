//! The items that could not be applied, each with its reason.

use super::api::{DiscardParked, RetryParked};
use crate::{
    layout::IfAllowed,
    ui::{Empty, Icon, TimeAgo},
};
use domain::{
    Permission,
    ingest::{Parked, ParkedCursor, ParkedPage, WhichParked},
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};

/// What the page asks before it is discarded, because that has no undo. In the address, so that it works without scripts.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub which: Memo<Option<WhichParked>>,
    /// Where the page begins.
    pub after: Memo<Option<ParkedCursor>>,
}

impl Asked {
    /// Address of the page that asks about `which`; of the page that asks nothing for `None`.
    pub fn href(self, which: Option<WhichParked>) -> String {
        let after = self.after.get_untracked().map(|after| format!("after={}", String::from(after)));
        let sure = which.map(|which| format!("sure={which}"));
        let query: Vec<String> = after.into_iter().chain(sure).collect();
        if query.is_empty() { "/settings/ingestion".to_owned() } else { format!("/settings/ingestion?{}", query.join("&")) }
    }

    fn is(self, which: WhichParked) -> bool {
        self.which.get() == Some(which)
    }
}

/// `count`: all parked items, those of other pages too.
#[component]
pub fn ParkedItems(
    page: ParkedPage,
    count: Signal<i64>,
    asked: Asked,
    retry: ServerAction<RetryParked>,
    discard: ServerAction<DiscardParked>,
) -> impl IntoView {
    let ParkedPage { items, next } = page;
    let error = move || match (retry.value().get(), discard.value().get()) {
        (Some(Err(error)), _) | (_, Some(Err(error))) => {
            Some(view! { <p class="field"><span class="error" role="alert"><Icon name="warn" small=true/>{error.to_string()}</span></p> })
        }
        _ => None,
    };
    if items.is_empty() {
        return view! {
            <Empty icon="inbox" title="Nothing is parked" text="What programs send and cannot be applied waits here, with its reason, until you retry or discard it."/>
            {error}
        }
        .into_any();
    }
    let more = next.map(|next| {
        let href = format!("/settings/ingestion?after={}", String::from(next));
        view! { <footer class="row between"><a class="link push" href=href>"Next page"</a></footer> }
    });
    view! {
        <section class="card" aria-labelledby="h-parked">
            <header>
                <h2 id="h-parked">"Parked"</h2>
                <IfAllowed to=Permission::WriteLeads><div class="end row"><Actions which=WhichParked::All asked retry/></div></IfAllowed>
            </header>
            <Question which=WhichParked::All count asked discard/>
            {error}
            <ul class="stack g-s35 body">
                {items.into_iter().map(|item| view! { <Item item asked retry discard/> }).collect_view()}
            </ul>
            {more}
        </section>
    }
    .into_any()
}

#[component]
fn Item(item: Parked, asked: Asked, retry: ServerAction<RetryParked>, discard: ServerAction<DiscardParked>) -> impl IntoView {
    let Parked { id, queue, reason, item, who, parked_at, .. } = item;
    view! {
        <li class="stack g-s15">
            <div class="row between wrap">
                <b dir="auto">{reason}</b>
                <IfAllowed to=Permission::WriteLeads><div class="row"><Actions which=WhichParked::One(id) asked retry/></div></IfAllowed>
            </div>
            <Question which=WhichParked::One(id) count=Signal::stored(1) asked discard/>
            <p class="sub">{queue.label()}", from "<span dir="auto">{who.name().to_owned()}</span>", "<TimeAgo at=parked_at/></p>
            <details><summary>"What was sent"</summary><pre dir="auto"><code>{item}</code></pre></details>
        </li>
    }
}

/// Buttons for one item, or for all.
#[component]
fn Actions(which: WhichParked, asked: Asked, retry: ServerAction<RetryParked>) -> impl IntoView {
    let (size, all) = if which == WhichParked::All { ("btn", " all") } else { ("btn sm", "") };
    view! {
        <ActionForm action=retry>
            <input type="hidden" name="which" value=which.to_string()/>
            <button class=size type="submit" disabled=move || retry.pending().get()><Icon name="refresh" small=true/>{format!("Retry{all}")}</button>
        </ActionForm>
        <a class=format!("{size} danger") href=asked.href(Some(which))><Icon name="trash" small=true/>{format!("Discard{all}")}</a>
    }
}

/// Asks before items are discarded.
#[component]
fn Question(which: WhichParked, count: Signal<i64>, asked: Asked, discard: ServerAction<DiscardParked>) -> impl IntoView {
    let title = move || match (which, count.get()) {
        (WhichParked::One(_), _) | (WhichParked::All, 1) => "Discard this item? ".to_owned(),
        (WhichParked::All, count) => format!("Discard {} items? ", grouped(count)),
    };
    view! {
        <IfAllowed to=Permission::WriteLeads><Show when=move || asked.is(which)>
            <div class="callout" data-tone="danger" role="status">
                <Icon name="warn"/>
                <p><b>{title}</b>"This cannot be undone."</p>
                <div class="end row">
                    <a class="btn" href=asked.href(None)>"Keep"</a>
                    <ActionForm action=discard>
                        <input type="hidden" name="which" value=which.to_string()/>
                        <button class="btn danger" type="submit" disabled=move || discard.pending().get()><Icon name="trash"/>"Discard permanently"</button>
                    </ActionForm>
                </div>
            </div>
        </Show></IfAllowed>
    }
}
