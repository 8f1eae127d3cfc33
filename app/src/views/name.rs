//! Form that saves the current list as a new view.

use super::save::SaveView;
use crate::{
    layout::use_permission,
    ui::{Icon, Pop, close_popover},
};
use domain::{Permission, views::NAME_MAX};
use leptos::{form::ActionForm, prelude::*};

pub const POP: &str = "new-view";

#[component]
pub fn SaveAs(
    save: ServerAction<SaveView>,
    /// JSON of `ViewQuery`.
    #[prop(into)]
    query: Signal<String>,
) -> impl IntoView {
    let may_share = use_permission(Permission::ShareViews);
    Effect::new(move |_| {
        if let Some(Ok(_)) = save.value().get() {
            close_popover(POP);
        }
    });
    view! {
        <Pop id=POP class="btn ghost icon" label="Save view" bare=true button=ViewFn::from(|| view! { <Icon name="plus"/> })>
            <ActionForm action=save attr:class="stack">
                <input type="hidden" name="query" value=query/>
                <div class="field">
                    <label for="view-name">"Name of the new view"</label>
                    <input class="input" id="view-name" name="name" required=true maxlength=NAME_MAX.to_string() autocomplete="off"/>
                </div>
                <Show when=move || may_share.get()>
                    <label class="row"><input class="check" type="checkbox" name="shared" value="true"/>"Share with everyone"</label>
                </Show>
                <button class="btn primary" type="submit">"Save view"</button>
            </ActionForm>
        </Pop>
    }
    .into_any()
}
