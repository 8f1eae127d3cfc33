//! Deleting at once; the toast takes it back.

use super::api::delete_campaign;
use crate::{
    live::origin,
    ui::{Toast, Toasts, Tone},
    undo::undo_change,
};
use domain::CampaignId;
use leptos::task::spawn_local;

pub fn remove(toasts: Toasts, id: CampaignId, name: String) {
    spawn_local(async move {
        match delete_campaign(id, origin()).await {
            Ok(change) => {
                let undo = move || {
                    spawn_local(async move {
                        if let Err(error) = undo_change(change, origin()).await {
                            toasts.error(format!("Not undone. {error}"));
                        }
                    });
                };
                toasts.push(Toast::new(Tone::Neutral, format!("Deleted {name}; its leads stay")).undo(undo));
            }
            Err(error) => toasts.error(format!("Not deleted. {error}")),
        }
    });
}
