//! Four figures over all campaigns, kept up to date by a subscription. Each links to the list behind it.

use super::api::campaign_figures;
use crate::{
    live::{Live, LiveEvent, reading},
    ui::suspend,
};
use domain::{
    CampaignId, Record, Snapshot,
    campaigns::{Campaign, CampaignStatus},
    figures::{CAMPAIGN_RESPONSE_RATE, percent},
    live::{DeltaOp, Query},
    text::grouped,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One campaign's part of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub status: CampaignStatus,
    pub leads: i64,
    pub contacted: i64,
    pub replied: i64,
}

impl From<&Campaign> for Part {
    fn from(campaign: &Campaign) -> Self {
        Self {
            status: campaign.status,
            leads: campaign.counts.total_leads,
            contacted: campaign.counts.contacted,
            replied: campaign.counts.replied,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sums {
    all: i64,
    active: i64,
    leads: i64,
    contacted: i64,
    replied: i64,
}

fn sums<'p>(parts: impl Iterator<Item = &'p Part>) -> Sums {
    parts.fold(Sums { all: 0, active: 0, leads: 0, contacted: 0, replied: 0 }, |sums, part| Sums {
        all: sums.all + 1,
        active: sums.active + i64::from(part.status == CampaignStatus::Active),
        leads: sums.leads + part.leads,
        contacted: sums.contacted + part.contacted,
        replied: sums.replied + part.replied,
    })
}

#[component]
pub fn CampaignFigures() -> impl IntoView {
    let live = expect_context::<Live>();
    let known = reading(Resource::new(|| (), |()| campaign_figures()));
    let kept = RwSignal::new(None::<HashMap<CampaignId, Part>>);
    Effect::new(move |_| {
        let Some(Ok(Snapshot { as_of, data, .. })) = known.get() else { return };
        kept.set(Some(data.into_iter().collect()));
        live.subscribe(Query::Campaigns, as_of, move |event| match event {
            LiveEvent::Deltas { items, .. } => kept.update(|kept| {
                for delta in items {
                    let (Some(kept), id) = (kept.as_mut(), CampaignId(delta.id)) else { return };
                    if let Some(Record::Figures(figures)) = &delta.record {
                        if let Some(part) = kept.get_mut(&id) {
                            (part.leads, part.contacted, part.replied) =
                                (figures.counts.total_leads, figures.counts.contacted, figures.counts.replied);
                        }
                        continue;
                    }
                    match delta.record.as_ref().and_then(Record::as_campaign).filter(|_| delta.op != DeltaOp::Leave) {
                        Some(campaign) => kept.insert(id, campaign.into()),
                        None => kept.remove(&id),
                    };
                }
            }),
            LiveEvent::Reset => known.refetch(),
            LiveEvent::Total(_) => {}
        });
    });
    let strip = move || {
        suspend(async move {
            let first = known.await.ok().map(|known| sums(known.data.iter().map(|(_, part)| part)));
            first.map(|first| {
                let now = Memo::new(move |_| kept.with(|kept| kept.as_ref().map_or(first, |kept| sums(kept.values()))));
                view! { <Strip now/> }
            })
        })
    };
    view! { <Transition>{strip}</Transition> }.into_any()
}

#[component]
fn Strip(now: Memo<Sums>) -> impl IntoView {
    let figure = move |label: &'static str, what: &'static str, href: &'static str, value: fn(Sums) -> String, note: fn(Sums) -> String| {
        view! {
            <div title=what>
                <dt class="label">{label}</dt>
                <dd class="value"><a href=href title=what>{move || value(now.get())}</a></dd>
                <dd class="note">{move || note(now.get())}</dd>
            </div>
        }
    };
    view! {
        <dl class="strip" aria-label="All campaigns">
            {figure("Campaigns", "All campaigns, whatever their status", "/campaigns", |sums| grouped(sums.all), |_| "of every status".to_owned())}
            {figure("Active", "Active campaigns", "/campaigns?status=active", |sums| grouped(sums.active), |_| "running now".to_owned())}
            {figure(
                "Enrolled leads",
                "Leads of all campaigns; a lead in two of them counts twice",
                "/campaigns?sort=-totalLeads",
                |sums| grouped(sums.leads),
                |_| "in all campaigns together".to_owned(),
            )}
            {figure(
                "Response rate in campaigns",
                CAMPAIGN_RESPONSE_RATE,
                "/campaigns?sort=-responseRate",
                |sums| percent(sums.replied, sums.contacted),
                |sums| format!("{} of {} contacted replied", grouped(sums.replied), grouped(sums.contacted)),
            )}
        </dl>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_sums() {
        let part = |status, leads, replied| Part { status, leads, contacted: replied, replied };
        let all = [part(CampaignStatus::Active, 3, 2), part(CampaignStatus::Draft, 0, 0), part(CampaignStatus::Paused, 7, 1)];
        assert_eq!(sums(all.iter()), Sums { all: 3, active: 1, leads: 10, contacted: 3, replied: 3 });
    }
}
