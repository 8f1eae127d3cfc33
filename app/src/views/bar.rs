//! Tabs over the list of leads: all leads, then the saved views. A changed view is marked, and can be saved or reset.

use super::{
    Views,
    count::ViewCount,
    edit::ManageView,
    name::SaveAs,
    save::{EditView, RemoveView, SaveView},
};
use crate::{
    layout::use_me,
    leads::Listing,
    ui::{Problem, Toasts},
    undo::{after_save, offer_undo},
};
use domain::{
    Role,
    views::{EditedView, View},
};
use leptos::{form::ActionForm, prelude::*};

#[component]
pub fn ViewTabs(listing: Memo<Listing>) -> impl IntoView {
    let views = expect_context::<Views>();
    let me = use_me();
    let (save, edit, remove) = (ServerAction::<SaveView>::new(), ServerAction::<EditView>::new(), ServerAction::<RemoveView>::new());
    let toasts = expect_context::<Toasts>();
    after_save(edit, move |EditedView { view, undo }| {
        if let Some(change) = undo {
            offer_undo(toasts, change, format!("Saved the view {}", view.name));
        }
    });
    let query = Signal::derive(move || listing.with(|listing| serde_json::to_string(&listing.view_query()).unwrap_or_default()));
    let at = Memo::new(move |_| listing.with(|listing| listing.view));
    let now = move || at.get().and_then(|id| views.find(id));
    let changed = move || now().is_some_and(|view| is_changed(&listing.get(), &view));
    // A view can be changed by its owner; a shared one also by administrators.
    let mine =
        move |view: &View| me.with(|me| me.as_ref().is_some_and(|me| me.id == Some(view.owner) || (view.shared && me.role == Role::Admin)));
    let tab = move |view: View| {
        let id = view.id;
        let current = move || (at.get() == Some(id)).then_some("page");
        let mark =
            move || (at.get() == Some(id) && changed()).then(|| view! { <i class="mark-changed"></i><span class="sr">" (changed)"</span> });
        view! { <a href=Listing::of_view(id, view.query).href() aria-current=current><bdi>{view.name}</bdi>{mark}<ViewCount id/></a> }
    };
    let tabs = move || views.all().into_iter().map(tab).collect_view();
    let manage = move || now().filter(|view| mine(view)).map(|view| view! { <ManageView view edit query/> });
    let settle = move || {
        let view = now().filter(|_| changed())?;
        let id = view.id;
        let keep = mine(&view).then(|| {
            view! {
                <ActionForm action=edit>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="query" value=query/>
                    <button class="btn sm" type="submit" name="keep" value="true">"Save"</button>
                </ActionForm>
            }
        });
        Some(view! { {keep}<a class="btn ghost sm" href=Listing::of_view(id, view.query).href()>"Reset view"</a> })
    };
    let problem = move || {
        let errors = [
            save.value().get().and_then(Result::err),
            edit.value().get().and_then(Result::err),
            remove.value().get().and_then(Result::err),
        ];
        errors.into_iter().flatten().next().map(|error| view! { <Problem error/> })
    };
    view! {
        <nav class="views" aria-label="Views of leads">
            <a href="/leads" aria-current=move || at.get().is_none().then_some("page")>"All leads"</a>
            <Transition>{tabs}{manage}</Transition>
            <SaveAs save query/>
            <Transition>{settle}</Transition>
            {problem}
        </nav>
    }
    .into_any()
}

/// Whether the list differs from the saved view.
fn is_changed(listing: &Listing, view: &View) -> bool {
    Listing::of_view(view.id, view.query.clone()).view_query() != listing.view_query()
}
