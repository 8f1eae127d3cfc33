//! Deletes a campaign at once; the toast offers “Undo”.

use super::api::delete_campaign;
use crate::{layout::use_me, live::origin, ui::Toasts, undo::offer_undo};
use domain::{Actor, CampaignId};
use leptos::{prelude::*, task::spawn_local};

/// Whether the signed-in person may end and delete a campaign; `may` is `may_be_ended_by` of the campaign.
pub fn may_end(may: impl Fn(&Actor) -> bool + Send + Sync + 'static) -> Signal<bool> {
    let me = use_me();
    Signal::derive(move || me.get().is_some_and(|me| may(&me.actor())))
}

pub fn remove(toasts: Toasts, id: CampaignId, name: String) {
    spawn_local(async move {
        match delete_campaign(id, origin()).await {
            Ok(change) => offer_undo(toasts, change, format!("Deleted {name}; its leads stay")),
            Err(error) => toasts.error(format!("Not deleted. {error}")),
        }
    });
}
