//! Actions of a view's owner: rename, share, delete.

use super::{
    api::delete_view,
    save::{EditView, RemoveView},
};
use crate::{
    layout::use_permission,
    live::origin,
    ui::{Icon, Pop, Toasts, close_popover},
    undo::offer_undo,
};
use domain::{
    Permission, ViewId,
    views::{NAME_MAX, View},
};
use leptos::{ev, form::ActionForm, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use server_fn::ServerFn;

const POP: &str = "edit-view";

#[component]
pub fn ManageView(
    view: View,
    edit: ServerAction<EditView>,
    /// JSON of `ViewQuery`: the current list, to return to.
    #[prop(into)]
    query: Signal<String>,
) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let may_share = use_permission(Permission::ShareViews);
    let go = use_navigate();
    let View { id, name, shared, .. } = view;
    let hidden = move || view! { <input type="hidden" name="id" value=id.to_string()/><input type="hidden" name="query" value=query/> };
    Effect::new(move |_| {
        if let Some(Ok(_)) = edit.value().get() {
            close_popover(POP);
        }
    });
    let called = name.clone();
    let remove = move |event: ev::SubmitEvent| {
        event.prevent_default();
        close_popover(POP);
        go("/leads", NavigateOptions::default());
        delete(id, called.clone(), toasts);
    };
    view! {
        <Pop id=POP class="btn ghost icon sm" label="Edit view" bare=true button=ViewFn::from(|| view! { <Icon name="more" small=true/> })>
            <ActionForm action=edit attr:class="stack">
                {hidden()}
                <div class="field">
                    <label for="view-rename">"Name"</label>
                    <input class="input" id="view-rename" name="name" required=true maxlength=NAME_MAX.to_string() value=name autocomplete="off"/>
                </div>
                <button class="btn" type="submit">"Rename"</button>
            </ActionForm>
            <div class="row between">
                <Show when=move || may_share.get()>
                    <ActionForm action=edit>
                        {hidden()}
                        <button class="btn ghost" type="submit" name="shared" value=(!shared).to_string()>
                            <Icon name=if shared { "lock" } else { "globe" }/>
                            {if shared { "Stop sharing" } else { "Share with everyone" }}
                        </button>
                    </ActionForm>
                </Show>
                <form method="post" action=RemoveView::url() on:submit=remove>
                    {hidden()}
                    <button class="btn ghost danger" type="submit"><Icon name="trash"/>"Delete"</button>
                </form>
            </div>
        </Pop>
    }
    .into_any()
}

/// Deletes at once; the toast offers “Undo”.
fn delete(id: ViewId, name: String, toasts: Toasts) {
    spawn_local(async move {
        match delete_view(id, origin()).await {
            Ok(change) => offer_undo(toasts, change, format!("Deleted the view {name}")),
            Err(error) => toasts.error(format!("Not deleted. {error}")),
        }
    });
}
