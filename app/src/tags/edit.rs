//! One tag: another name, or none.

use super::{
    LIST,
    api::{DeleteTag, RenameTag, load_tag},
    leads_href,
};
use crate::{
    accounts::{Answer, SettingsNav, elsewhere, on_field},
    address::use_query,
    bulk::Bulks,
    layout::{Missing, Topbar},
    live::reading,
    ui::{Field, Icon, Pop, ReadProblem, Skeleton, close_popover, suspend},
};
use domain::{
    bulk::Bulk,
    tags::{TagCount, TagDetail},
    text::grouped,
};
use leptos::{form::ActionForm, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

const POP: &str = "delete-tag";

#[component]
pub fn TagPage() -> impl IntoView {
    let params = use_query();
    let name = Memo::new(move |_| params.with(|params| params.get("tag").unwrap_or_default()));
    let read = reading(Resource::new(move || name.get(), load_tag));
    view! {
        <Suspense fallback=|| view! { <Skeleton rows=4/> }>
            {move || suspend(async move {
                match read.await {
                    Ok(Some(detail)) => view! { <Shown detail/> }.into_any(),
                    Ok(None) => view! { <Missing what="Tag" icon="pin" home=(LIST, "Tags")/> }.into_any(),
                    Err(error) => view! { <ReadProblem error/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// Shows the bulk action and goes to the list.
fn follow(value: Answer<Bulk>) {
    let (bulks, go) = (expect_context::<Bulks>(), use_navigate());
    Effect::new(move |_| {
        if let Some(Ok(bulk)) = value.get() {
            close_popover(POP);
            bulks.began(bulk);
            go(LIST, NavigateOptions::default());
        }
    });
}

#[component]
fn Shown(detail: TagDetail) -> impl IntoView {
    let TagDetail { tag: TagCount { name, leads }, segments, views } = detail;
    let (rename, delete) = (ServerAction::<RenameTag>::new(), ServerAction::<DeleteTag>::new());
    follow(rename.value());
    follow(delete.value());
    let count = format!("{} {}", grouped(leads), if leads == 1 { "lead" } else { "leads" });
    // Without scripts, a refused name comes back in the address.
    let typed = use_query().get_untracked().get("to").unwrap_or_else(|| name.clone());
    let used: Vec<String> = [("segment", segments), ("view", views)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(kind, names)| uses(kind, &names))
        .collect();
    let (hidden, question) = (name.clone(), format!("Remove “{name}” from {count}? "));
    view! {
        <Topbar title=name.clone() crumb=(LIST, "Tags")/>
        <div class="split">
            <SettingsNav here=LIST/>
            <div class="scroll grow"><div class="page top-s6"><div class="settings">
                <section aria-labelledby="h-tag">
                    <header>
                        <div><h2 id="h-tag" dir="auto">{name.clone()}</h2><p>"On "<a href=leads_href(&name)>{count}</a></p></div>
                        <Pop id=POP class="btn ghost icon" label="Delete tag" bare=true from="end" button=ViewFn::from(|| view! { <Icon name="trash"/> })>
                            <ActionForm action=delete attr:class="stack">
                                <input type="hidden" name="tag" value=hidden.clone()/>
                                {elsewhere(delete.value(), &[])}
                                <p><b dir="auto">{question.clone()}</b>"The leads are kept."</p>
                                <button class="btn danger" type="submit" disabled=move || delete.pending().get()><Icon name="trash"/>"Delete tag"</button>
                            </ActionForm>
                        </Pop>
                    </header>
                    <div class="card"><div class="body">
                        <ActionForm action=rename attr:class="stack g-s3" attr:aria-label="Name of the tag">
                            {elsewhere(rename.value(), &["to"])}
                            <input type="hidden" name="tag" value=name/>
                            <Field
                                label="Name" name="to" value=typed error=on_field(rename.value(), "to") required=true autocomplete="off"
                                hint="The name of another tag makes one of the two"
                            />
                            {(!used.is_empty()).then(|| view! {
                                <div class="callout"><Icon name="info"/><p>{format!("Rules keep the old name; change them too. {}", used.join(" "))}</p></div>
                            })}
                            <div class="row"><button class="btn primary" type="submit" data-state=move || rename.pending().get().then_some("busy")>"Rename tag"</button></div>
                        </ActionForm>
                    </div></div>
                </section>
            </div></div></div>
        </div>
    }
    .into_any()
}

/// `Tested by 2 segments: Regulars, VIPs.`
fn uses(kind: &str, names: &[String]) -> String {
    const NAMED: usize = 5;
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (count, plural) = (names.len(), if names.len() == 1 { "" } else { "s" });
    format!("Tested by {count} {kind}{plural}: {}{more}.", names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "))
}
