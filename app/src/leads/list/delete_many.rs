//! Confirms the deletion of several leads: their number must be typed, so that nobody confirms by habit.

use crate::{
    leads::store::Picked,
    ui::{Dialog, Icon},
};
use domain::{bulk::BulkAction, text::grouped};
use leptos::{ev, prelude::*};

#[component]
pub fn DeleteMany(picked: Picked, open: RwSignal<bool>, act: Callback<BulkAction>) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let count = Memo::new(move |_| picked.count());
    // With or without thousands separators.
    let agreed = Memo::new(move |_| {
        let digits: String = typed.with(|typed| typed.chars().filter(|c| !matches!(c, ',' | '.' | ' ')).collect());
        count.get().is_some_and(|count| digits == count.to_string())
    });
    Effect::new(move |_| {
        if open.get() {
            typed.set(String::new());
        }
    });
    let delete = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if agreed.get_untracked() {
            open.set(false);
            act.run(BulkAction::Delete {});
        }
    };
    let title = Signal::derive(move || match count.get() {
        Some(count) => format!("Delete {} leads?", grouped(count)),
        None => "Delete all matching leads?".to_owned(),
    });
    view! {
        <Dialog open title>
            <form id="delete-many" class="stack g-s3" on:submit=delete>
                <p>"They are also removed from their campaigns. You can undo this."</p>
                <div class="field">
                    <label for="delete-many-count">
                        {move || count.get().map_or_else(|| "Counting the leads".to_owned(), |count| format!("Type {count} to confirm"))}
                    </label>
                    <input
                        class="input" id="delete-many-count" inputmode="numeric" autocomplete="off" autofocus
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                </div>
                <div class="row">
                    <button class="btn danger" type="submit" disabled=move || !agreed.get()><Icon name="trash"/>"Delete"</button>
                    <button class="btn" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
