//! Active campaigns with the most leads.

use domain::{
    CampaignId,
    dashboard::{Dashboard, TopCampaign},
    figures::CAMPAIGN_PROGRESS,
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn Campaigns(shown: RwSignal<Dashboard>) -> impl IntoView {
    let top = Memo::new(move |_| shown.with(|shown| shown.top.clone()));
    let ids = move || top.with(|top| top.iter().map(|one| one.id).collect::<Vec<_>>());
    view! {
        <section class="card" aria-labelledby="h-campaigns">
            <header><h2 id="h-campaigns">"Active campaigns"</h2><div class="end"><a class="link small" href="/campaigns?status=active">"All active"</a></div></header>
            <div class="body">
                <Show when=move || top.with(Vec::is_empty)>
                    <p class="muted">"No campaign is active. "<a class="link" href="/campaigns?status=draft">"Start one"</a></p>
                </Show>
                <ul class="stack g-s35"><For each=ids key=|id| *id children=move |id| view! { <Row id top/> }/></ul>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Row(id: CampaignId, top: Memo<Vec<TopCampaign>>) -> impl IntoView {
    let of = move |read: fn(&TopCampaign) -> i64| top.with(|top| top.iter().find(|one| one.id == id).map_or(0, read));
    let name = Memo::new(move |_| top.with(|top| top.iter().find(|one| one.id == id).map(|one| one.name.clone()).unwrap_or_default()));
    let (total, done, replied) = (move || of(|one| one.steps_total), move || of(|one| one.steps_done), move || of(|one| one.replied));
    let words = move || format!("{} of {} steps done", grouped(done()), grouped(total()));
    view! {
        <li class="stack g-s15">
            <a class="trunc strong" dir="auto" href=format!("/campaigns/{id}")>{name}</a>
            <progress class="progress" data-tone="info" max=move || total().max(1) value=done title=CAMPAIGN_PROGRESS aria-label=move || format!("{}: {}", name.get(), words())></progress>
            <div class="row between small muted num"><span>{words}</span><span>{move || grouped(replied())}" replied"</span></div>
        </li>
    }
    .into_any()
}
