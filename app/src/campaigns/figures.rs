//! Four figures over all campaigns, kept up to date by a subscription. Each links to the list behind it.

use super::api::campaign_figures;
use crate::{
    live::{Live, LiveEvent, reading},
    ui::suspend,
};
use domain::{
    CampaignId, Entity, Record, Snapshot,
    campaigns::{CampaignStatus, CampaignSummary},
    figures::{CAMPAIGN_RESPONSE_RATE, percent},
    live::{DeltaOp, Query},
    text::grouped,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One campaign's share of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignShare {
    pub status: CampaignStatus,
    pub leads: i64,
    pub contacted: i64,
    pub replied: i64,
}

impl From<&CampaignSummary> for CampaignShare {
    fn from(campaign: &CampaignSummary) -> Self {
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

fn sums<'s>(shares: impl Iterator<Item = &'s CampaignShare>) -> Sums {
    shares.fold(Sums { all: 0, active: 0, leads: 0, contacted: 0, replied: 0 }, |sums, share| Sums {
        all: sums.all + 1,
        active: sums.active + i64::from(share.status == CampaignStatus::Active),
        leads: sums.leads + share.leads,
        contacted: sums.contacted + share.contacted,
        replied: sums.replied + share.replied,
    })
}

#[component]
pub fn CampaignFigures() -> impl IntoView {
    let live = expect_context::<Live>();
    let known = reading(Resource::new(|| (), |()| campaign_figures()));
    let shares = RwSignal::new(None::<HashMap<CampaignId, CampaignShare>>);
    Effect::new(move |_| {
        let Some(Ok(Snapshot { as_of, data, .. })) = known.get() else { return };
        shares.set(Some(data.into_iter().collect()));
        live.subscribe(Query::list(Entity::Campaign), as_of, move |event| match event {
            LiveEvent::Deltas { items, .. } => shares.update(|shares| {
                for delta in items {
                    let (Some(shares), id) = (shares.as_mut(), CampaignId(delta.id)) else { return };
                    if let Some(Record::Figures(figures)) = &delta.record {
                        if let Some(share) = shares.get_mut(&id) {
                            (share.leads, share.contacted, share.replied) =
                                (figures.counts.total_leads, figures.counts.contacted, figures.counts.replied);
                        }
                        continue;
                    }
                    match delta.record.as_ref().and_then(Record::as_campaign).filter(|_| delta.op != DeltaOp::Leave) {
                        Some(campaign) => shares.insert(id, (&CampaignSummary::from(campaign)).into()),
                        None => shares.remove(&id),
                    };
                }
            }),
            LiveEvent::Reset => known.refetch(),
            LiveEvent::Total(_) => {}
        });
    });
    let strip = move || {
        suspend(async move {
            let first = known.await.ok().map(|known| sums(known.data.iter().map(|(_, share)| share)));
            first.map(|first| {
                let now = Memo::new(move |_| shares.with(|shares| shares.as_ref().map_or(first, |shares| sums(shares.values()))));
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
        let share = |status, leads, replied| CampaignShare { status, leads, contacted: replied, replied };
        let all = [share(CampaignStatus::Active, 3, 2), share(CampaignStatus::Draft, 0, 0), share(CampaignStatus::Paused, 7, 1)];
        assert_eq!(sums(all.iter()), Sums { all: 3, active: 1, leads: 10, contacted: 3, replied: 3 });
    }
}
