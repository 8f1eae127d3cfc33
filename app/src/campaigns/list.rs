//! `/campaigns`: every campaign, newest first, live. Search and status stand in the address, so that they work without scripts.

use super::{api::list_campaigns, words};
use crate::{
    layout::Topbar,
    live::{Live, LiveEvent},
    ui::{Empty, Icon, Problem, Skeleton, TimeAgo},
};
use domain::{
    CampaignId, Record, Snapshot,
    campaigns::{Campaign, CampaignPage, CampaignStatus},
    live::{DeltaOp, Query},
    text::{fold, grouped},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What the address asks for.
#[derive(Debug, Clone, Default, PartialEq)]
struct Filter {
    search: String,
    status: Option<CampaignStatus>,
}

impl Filter {
    /// As the server decides it, for what comes in live.
    fn takes(&self, campaign: &Campaign) -> bool {
        self.status.is_none_or(|status| status == campaign.status) && campaign.search_text().contains(&fold(self.search.trim()))
    }
}

#[component]
pub fn CampaignList() -> impl IntoView {
    let query = use_query_map();
    let filter = Memo::new(move |_| {
        query.with(|query| Filter {
            search: query.get("search").unwrap_or_default(),
            status: query.get("status").and_then(|text| text.parse().ok()),
        })
    });
    let campaigns = Resource::new(move || filter.get(), |filter| list_campaigns(filter.search, filter.status));
    view! {
        <Topbar title="Campaigns"><Search filter/></Topbar>
        <div class="viewbar"><Tabs filter/></div>
        <div class="scroll"><div class="page">
            <Transition fallback=|| view! { <Skeleton rows=6 /> }>
                {move || Suspend::new(async move {
                    match campaigns.await {
                        Ok(snapshot) => {
                            view! { <Table snapshot filter=filter.get_untracked() refetch=move || campaigns.refetch() /> }.into_any()
                        }
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
        </div></div>
    }
    .into_any()
}

#[component]
fn Search(filter: Memo<Filter>) -> impl IntoView {
    view! {
        <form method="get" action="/campaigns" role="search">
            {move || filter.get().status.map(|status| view! { <input type="hidden" name="status" value=status.as_str() /> })}
            <input class="input" type="search" name="search" placeholder="Search campaigns" aria-label="Search campaigns" value=move || filter.get().search />
        </form>
    }
}

#[component]
fn Tabs(filter: Memo<Filter>) -> impl IntoView {
    let tab = move |status: Option<CampaignStatus>| {
        let href = status.map_or_else(|| "/campaigns".to_owned(), |status| format!("/campaigns?status={status}"));
        let current = move || (filter.get().status == status).then_some("page");
        view! { <a href=href aria-current=current>{status.map_or("All", CampaignStatus::label)}</a> }
    };
    let all = std::iter::once(None).chain(CampaignStatus::ALL.iter().copied().map(Some));
    view! { <nav class="views" aria-label="Campaigns by status">{all.map(tab).collect_view()}</nav> }
}

#[component]
fn Table(snapshot: Snapshot<CampaignPage>, filter: Filter, refetch: impl Fn() + Clone + Send + Sync + 'static) -> impl IntoView {
    let rows = RwSignal::new(snapshot.data.campaigns.into_iter().map(|one| (one.id, RwSignal::new(one))).collect::<Vec<_>>());
    let live = expect_context::<Live>();
    let filtered = filter != Filter::default();
    live.subscribe(Query::Campaigns, snapshot.as_of, move |event| match event {
        LiveEvent::Deltas { items, .. } => {
            for delta in items {
                let id = CampaignId(delta.id);
                match delta.record {
                    Some(Record::Campaign(campaign)) if delta.op != DeltaOp::Leave && filter.takes(&campaign) => {
                        let known = rows.with_untracked(|rows| rows.iter().find(|row| row.0 == id).map(|row| row.1));
                        match known {
                            Some(row) if row.with_untracked(|row| row.revision < campaign.revision) => row.set(*campaign),
                            Some(_) => {}
                            None => rows.update(|rows| rows.insert(0, (id, RwSignal::new(*campaign)))),
                        }
                    }
                    _ => rows.update(|rows| rows.retain(|row| row.0 != id)),
                }
            }
        }
        LiveEvent::Reset => refetch(),
        LiveEvent::Total(_) => {}
    });
    let text = if filtered {
        "Nothing matches. Search for something else, or look at all of them."
    } else {
        "A campaign takes leads through a sequence of steps."
    };
    view! {
        <Show
            when=move || rows.with(|rows| !rows.is_empty())
            fallback=move || view! { <Empty icon="campaigns" title="No campaigns" text>{filtered.then(|| view! { <a class="btn" href="/campaigns">"All campaigns"</a> })}</Empty> }
        >
            <section class="card" aria-label="Campaigns"><div class="table-wrap">
                <table class="table" style="--row:2.75rem">
                    <caption class="sr">"Campaigns, newest first"</caption>
                    <colgroup>
                        <col /><col style="inline-size:9rem" /><col style="inline-size:6rem" /><col style="inline-size:7rem" data-prio="2" />
                        <col style="inline-size:8rem" data-prio="2" /><col style="inline-size:7rem" data-prio="3" /><col style="inline-size:7rem" data-prio="3" />
                    </colgroup>
                    <thead><tr>
                        <th scope="col">"Campaign"</th><th scope="col">"Status"</th><th scope="col" class="num">"Leads"</th>
                        <th scope="col" class="num" data-prio="2">"Successful"</th><th scope="col" class="num" data-prio="2">"Response rate"</th>
                        <th scope="col" class="num" data-prio="3">"Progress"</th><th scope="col" data-prio="3">"Created"</th>
                    </tr></thead>
                    <tbody>
                        <For each=move || rows.get() key=|row| row.0 let((_, campaign))><Row campaign /></For>
                    </tbody>
                </table>
            </div></section>
        </Show>
    }
    .into_any()
}

#[component]
fn Row(campaign: RwSignal<Campaign>) -> impl IntoView {
    let status = move || {
        let status = campaign.with(|one| one.status);
        let (tone, icon) = words::look(status);
        view! { <span class="status" data-tone=tone><Icon name=icon />{status.label()}</span> }
    };
    view! {
        <tr>
            <th scope="row"><span class="trunc" title=move || campaign.with(|one| one.description.clone())>{move || campaign.with(|one| one.name.clone())}</span></th>
            <td>{status}</td>
            <td class="num">{move || grouped(campaign.with(|one| one.counts.total_leads))}</td>
            <td class="num" data-prio="2">{move || grouped(campaign.with(|one| one.counts.successful_leads))}</td>
            <td class="num" data-prio="2">{move || campaign.with(|one| words::rate(&one.counts))}</td>
            <td class="num sub" data-prio="3">{move || format!("{}%", campaign.with(|one| words::progress(&one.counts)))}</td>
            <td class="sub" data-prio="3">{move || view! { <TimeAgo at=campaign.with(|one| one.created_at) /> }}</td>
        </tr>
    }
    .into_any()
}
