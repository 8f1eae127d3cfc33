//! Live rows of the list, patched by deltas.

use super::{
    listing::Listing,
    order::{compare, is_counted, matches},
    remove::{may_end, remove},
    words::{StatusOf, tone},
};
use crate::{
    layout::use_permission,
    live::{Live, LiveEvent, is_ours},
    ui::{DeferredItem, Empty, Flashes, Icon, TimeAgo, Toasts},
};
use domain::{
    CampaignId, Entity, Permission, Record, Snapshot,
    campaigns::{CampaignColumn, CampaignFigures, CampaignQuery, CampaignSort, CampaignSummary, SummaryPage},
    figures::{CAMPAIGN_PROGRESS, CAMPAIGN_RESPONSE_RATE, percent},
    live::{Delta, DeltaOp, Query},
    text::grouped,
};
use leptos::prelude::*;
use std::cmp::Ordering;

/// A campaign, and whether its row flashes because someone else changed it.
type Row = (CampaignId, RwSignal<CampaignSummary>, RwSignal<bool>);

fn row(campaign: CampaignSummary) -> Row {
    (campaign.id, RwSignal::new(campaign), RwSignal::new(false))
}

/// Whether no field that people edit differs, shown here or not; counters change without a flash.
fn same_edit(a: &CampaignSummary, b: &CampaignSummary) -> bool {
    a.edited == b.edited && a.status == b.status
}

#[derive(Clone, Copy)]
struct Rows {
    shown: RwSignal<Vec<Row>>,
    query: StoredValue<CampaignQuery>,
    /// All matching campaigns are loaded, so deltas suffice to add and remove rows.
    whole: bool,
    flashes: Flashes,
}

impl Rows {
    /// Applies deltas. Returns whether the page must be read again.
    fn take(self, items: &[Delta]) -> bool {
        let mut ask = false;
        for delta in items {
            let id = CampaignId(delta.id);
            if let Some(Record::Figures(figures)) = &delta.record {
                ask |= self.count(figures);
                continue;
            }
            let campaign = delta.record.as_ref().and_then(Record::as_campaign);
            let kept = campaign.filter(|campaign| delta.op != DeltaOp::Leave && self.query.with_value(|query| matches(query, campaign)));
            let kept = kept.map(CampaignSummary::from);
            let known = self.shown.with_untracked(|rows| rows.iter().find(|row| row.0 == id).copied());
            match (known, kept) {
                (Some(row), Some(campaign)) => {
                    if row.1.with_untracked(|known| campaign.revision > known.revision) {
                        let same = row.1.with_untracked(|known| same_edit(known, &campaign));
                        row.1.set(campaign);
                        if !same && !is_ours(delta.origin) {
                            self.flash(row);
                        }
                    }
                }
                (None, Some(campaign)) if self.whole => {
                    let row = row(campaign);
                    self.shown.update(|rows| rows.push(row));
                    if !is_ours(delta.origin) {
                        self.flash(row);
                    }
                }
                (Some(_), None) if self.whole => self.shown.update(|rows| rows.retain(|row| row.0 != id)),
                (None, Some(campaign)) => ask |= self.belongs_here(&campaign),
                (Some(_), None) => ask = true,
                (None, None) => {}
            }
        }
        if self.whole {
            self.sort();
        }
        ask
    }

    /// Applies a campaign's counters, without a flash. Returns whether they may move a campaign onto this page that is not loaded.
    fn count(self, figures: &CampaignFigures) -> bool {
        let known = self.shown.with_untracked(|rows| rows.iter().find(|row| row.0 == figures.campaign_id).copied());
        let Some(row) = known else {
            return !self.whole && self.query.with_value(|query| query.cursor.is_none() && is_counted(query.sort.column));
        };
        row.1.maybe_update(|known| known.take(figures));
        false
    }

    fn flash(self, (.., flash): Row) {
        self.flashes.flash(|| flash.set(true), move || _ = flash.try_set(false));
    }

    /// Whether the campaign sorts before the last row of the first page.
    fn belongs_here(self, campaign: &CampaignSummary) -> bool {
        let (sort, first) = self.query.with_value(|query| (query.sort, query.cursor.is_none()));
        let last = self.shown.with_untracked(|rows| rows.last().map(|row| row.1));
        first && last.is_none_or(|last| last.with_untracked(|last| compare(sort, campaign, last)) == Ordering::Less)
    }

    fn sort(self) {
        let sort = self.query.with_value(|query| query.sort);
        let order = |a: &Row, b: &Row| a.1.with_untracked(|a| b.1.with_untracked(|b| compare(sort, a, b)));
        if !self.shown.with_untracked(|rows| rows.is_sorted_by(|a, b| order(a, b) != Ordering::Greater)) {
            self.shown.update(|rows| rows.sort_by(order));
        }
    }
}

#[component]
pub fn CampaignTable(
    snapshot: Snapshot<SummaryPage>,
    query: CampaignQuery,
    listing: Memo<Listing>,
    /// Set to the number of matching campaigns.
    total: RwSignal<Option<i64>>,
    refetch: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let SummaryPage { campaigns, next, total: matching } = snapshot.data;
    let whole = query.cursor.is_none() && next.is_none();
    let rows = RwSignal::new(campaigns.into_iter().map(row).collect::<Vec<_>>());
    let kept = Rows { shown: rows, query: StoredValue::new(query), whole, flashes: Flashes::new() };
    expect_context::<Live>().subscribe(Query::list(Entity::Campaign), snapshot.as_of, move |event| match event {
        LiveEvent::Deltas { items, .. } => {
            if kept.take(&items) {
                refetch();
            }
        }
        LiveEvent::Reset => refetch(),
        LiveEvent::Total(_) => {}
    });
    let count = Memo::new(move |_| if whole { rows.with(Vec::len) as i64 } else { matching });
    Effect::new(move |_| total.set(Some(count.get())));
    let next = StoredValue::new(next);
    let more = move || {
        next.get_value().map(|cursor| {
            let href = move || listing.with(|listing| Listing { cursor: Some(cursor.clone()), ..listing.clone() }.href());
            view! { <a class="link" href=href>"Next page"</a> }
        })
    };
    view! {
        <Show when=move || rows.with(|rows| !rows.is_empty()) fallback=move || view! { <NoRows listing/> }>
            <section class="card" aria-label="Campaigns"><div class="table-wrap">
                <table class="table rows-11">
                    <caption class="sr">{move || listing.with(|listing| caption(listing.sort))}</caption>
                    <colgroup>
                        <col/><col class="w-34"/><col class="w-24" data-prio="2"/><col class="w-28" data-prio="3"/>
                        <col class="w-34" data-prio="2"/><col class="w-40" data-prio="3"/><col class="w-30" data-prio="3"/><col class="scripts-only w-11"/>
                    </colgroup>
                    <thead><tr>
                        <Head column=CampaignColumn::Name listing/>
                        <Head column=CampaignColumn::Status listing/>
                        <Head column=CampaignColumn::TotalLeads listing prio="2"/>
                        <Head column=CampaignColumn::SuccessfulLeads listing prio="3"/>
                        <Head column=CampaignColumn::ResponseRate listing prio="2"/>
                        <th scope="col" data-prio="3" title=CAMPAIGN_PROGRESS>"Progress"</th>
                        <Head column=CampaignColumn::CreatedAt listing prio="3"/>
                        <th scope="col" class="scripts-only"><span class="sr">"Actions"</span></th>
                    </tr></thead>
                    <tbody><For each=move || rows.get() key=|row| row.0 let((id, campaign, flash))><DeferredItem><CampaignRow id campaign flash/></DeferredItem></For></tbody>
                </table>
            </div>
            <footer class="row between">
                <span aria-live="polite">{move || grouped(count.get())}{move || if count.get() == 1 { " campaign" } else { " campaigns" }}</span>
                {more}
            </footer></section>
        </Show>
    }
    .into_any()
}

fn caption(sort: CampaignSort) -> String {
    format!("Campaigns, by {}, {}", sort.column.label().to_lowercase(), if sort.descending { "descending" } else { "ascending" })
}

fn is_figure(column: CampaignColumn) -> bool {
    matches!(column, CampaignColumn::TotalLeads | CampaignColumn::SuccessfulLeads | CampaignColumn::ResponseRate)
}

/// Column head. Sorting is a link, so that it works without scripts. First press: text ascending, figures and times descending.
#[component]
fn Head(column: CampaignColumn, listing: Memo<Listing>, #[prop(optional)] prio: Option<&'static str>) -> impl IntoView {
    let sorted = Memo::new(move |_| listing.with(|listing| (listing.sort.column == column).then_some(listing.sort.descending)));
    let href = move || {
        let first = is_figure(column) || column == CampaignColumn::CreatedAt;
        let descending = sorted.get().map_or(first, |descending| !descending);
        listing.with(|listing| listing.with_sort(CampaignSort { column, descending }).href())
    };
    let arrow = move || sorted.get().map(|descending| view! { <Icon name=if descending { "down" } else { "up" } small=true/> });
    view! {
        <th
            scope="col"
            class=is_figure(column).then_some("num")
            data-prio=prio
            aria-sort=move || sorted.get().map(|descending| if descending { "descending" } else { "ascending" })
        >
            <a href=href title=(column == CampaignColumn::ResponseRate).then_some(CAMPAIGN_RESPONSE_RATE)>{column.label()}{arrow}</a>
        </th>
    }
    .into_any()
}

#[component]
fn CampaignRow(id: CampaignId, campaign: RwSignal<CampaignSummary>, flash: RwSignal<bool>) -> impl IntoView {
    let may_delete = may_end(move |actor| campaign.with(|campaign| campaign.may_be_ended_by(actor)));
    let toasts = expect_context::<Toasts>();
    let name = move || campaign.with(|campaign| campaign.name.clone());
    let delete = move |_| remove(toasts, id, campaign.with_untracked(|campaign| campaign.name.clone()));
    let count = move |read: fn(&CampaignSummary) -> i64| move || campaign.with(read);
    let (total, successful) = (count(|campaign| campaign.counts.total_leads), count(|campaign| campaign.counts.successful_leads));
    let rate = move || campaign.with(|campaign| percent(campaign.counts.replied, campaign.counts.contacted));
    let progress = move || {
        let (done, all) = campaign.with(|campaign| campaign.counts.progress(campaign.step_count));
        (all > 0).then(|| {
            view! {
                <span class="row" title=CAMPAIGN_PROGRESS>
                    <progress
                        class="progress"
                        data-tone=tone(campaign.with(|campaign| campaign.status))
                        max=all
                        value=done
                        aria-label=format!("{} of {} steps done", grouped(done), grouped(all))
                    ></progress>
                    <span class="num small w-12 rigid">{percent(done, all)}</span>
                </span>
            }
        })
    };
    view! {
        <tr data-id=id.to_string() class:flash=flash>
            <th scope="row"><a class="trunc" dir="auto" href=format!("/campaigns/{id}")>{name}</a></th>
            <td>{move || view! { <StatusOf status=campaign.with(|campaign| campaign.status)/> }}</td>
            <td class="num" data-prio="2">{move || grouped(total())}</td>
            <td class="num" data-prio="3">{move || grouped(successful())}</td>
            <td class="num" data-prio="2">{rate}</td>
            <td data-prio="3">{progress}{move || (total() == 0).then(|| view! { <span class="muted">"–"</span> })}</td>
            <td class="sub" data-prio="3"><TimeAgo at=campaign.with_untracked(|campaign| campaign.created_at)/></td>
            <td class="acts scripts-only">
                <Show when=move || may_delete.get()>
                    <button type="button" class="btn ghost icon sm" aria-label=move || format!("Delete {}", name()) on:click=delete>
                        <Icon name="trash" small=true/>
                    </button>
                </Show>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn NoRows(listing: Memo<Listing>) -> impl IntoView {
    let may_write = use_permission(Permission::WriteCampaigns);
    move || {
        if listing.with(Listing::is_narrowed) {
            view! {
                <Empty icon="filter" title="No campaign matches" text="Choose another status or search for something else.">
                    <a class="btn" href="/campaigns">"Show all campaigns"</a>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty icon="campaigns" title="No campaigns yet" text="A campaign is a sequence of steps, and the leads that go through it.">
                    <Show when=move || may_write.get()>
                        <a class="btn primary" href="/campaigns/new"><Icon name="plus"/>"Create the first campaign"</a>
                    </Show>
                </Empty>
            }
            .into_any()
        }
    }
}
