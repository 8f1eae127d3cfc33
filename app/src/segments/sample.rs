//! The newest leads that match the rule in the builder, and the way to all of them.

use super::{api::sample_of, refresh::Refresh};
use crate::{
    leads::Listing,
    ui::{Amount, Avatar, Icon, StageBadge, TimeAgo},
    workspace::use_workspace,
};
use domain::{leads::Lead, rule::Rule, text::grouped};
use futures::future::{AbortHandle, abortable};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn Sample(
    first: Vec<Lead>,
    asked: Signal<Option<Rule>>,
    /// The rule of the list of all of them.
    listed: Signal<Option<Rule>>,
    count: Signal<Option<i64>>,
) -> impl IntoView {
    let leads = RwSignal::new(first);
    let running = StoredValue::new(None::<AbortHandle>);
    let read = move || {
        let Some(rule) = asked.get_untracked() else { return };
        let (read, handle) = abortable(sample_of(rule));
        if let Some(before) = running.try_update_value(|running| running.replace(handle)).flatten() {
            before.abort();
        }
        spawn_local(async move {
            if let Ok(Ok(now)) = read.await {
                leads.try_set(now);
            }
        });
    };
    Effect::new(move |before: Option<()>| {
        asked.track();
        if before.is_some() {
            read();
        }
    });
    let refresh = Refresh::new();
    Effect::new(move |before: Option<()>| {
        count.track();
        if before.is_some() {
            refresh.ask(read);
        }
    });
    let all = move || {
        let rule = listed.get()?;
        let label = count.get().map_or_else(|| "Open all".to_owned(), |count| format!("Open all {}", grouped(count)));
        Some(view! { <a class="btn ghost sm" href=Listing::of_rule(rule).href()><Icon name="rows" small=true/>{label}</a> })
    };
    let currency = use_workspace().currency();
    let row = move |lead: Lead| {
        view! {
            <tr>
                <th scope="row">
                    <span class="cell"><Avatar name=lead.name.clone()/><a class="trunc" dir="auto" href=format!("/leads/{}", lead.id)>{lead.name.clone()}</a></span>
                </th>
                <td class="sub trunc" dir="auto" data-prio="2">{lead.company}</td>
                <td><StageBadge stage=lead.stage/></td>
                <td class="num" data-prio="3"><Amount currency minor=lead.value/></td>
                <td class="sub" data-prio="3"><TimeAgo at=lead.updated_at/></td>
            </tr>
        }
        .into_any()
    };
    let rows = move || leads.get().into_iter().map(row).collect_view();
    view! {
        <section aria-labelledby="h-sample">
            <div class="row between"><h2 id="h-sample" class="label">"Newest matching leads"</h2>{all}</div>
            <Show when=move || leads.with(|leads| !leads.is_empty()) fallback=|| view! { <p class="muted small">"No lead matches."</p> }>
                <div class="table-wrap"><table class="table plain compact">
                    <caption class="sr">"The newest matching leads"</caption>
                    <colgroup><col/><col data-prio="2"/><col class="w-40"/><col class="w-28" data-prio="3"/><col class="w-28" data-prio="3"/></colgroup>
                    <thead><tr>
                        <th scope="col">"Name"</th><th scope="col" data-prio="2">"Company"</th><th scope="col">"Stage"</th>
                        <th scope="col" class="num" data-prio="3">"Value"</th><th scope="col" data-prio="3">"Updated"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            </Show>
        </section>
    }
    .into_any()
}
