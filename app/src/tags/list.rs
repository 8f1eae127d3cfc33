//! The list, live.

use super::{LIST, api::list_tags, leads_href, tag_href, with};
use crate::{
    accounts::SettingsNav,
    address::use_query,
    layout::{IfAllowed, Topbar},
    live::{Live, reading},
    ui::{Debounce, Empty, ReadProblem, Search, Skeleton, suspend},
};
use domain::{
    Permission, Snapshot,
    live::Query,
    tags::{TagCount, Tags},
    text::grouped,
};
use leptos::prelude::*;

#[component]
pub fn TagListPage() -> impl IntoView {
    let params = use_query();
    let search = Memo::new(move |_| params.with(|params| params.get("q").unwrap_or_default()));
    let read = reading(Resource::new(move || search.get(), list_tags));
    let href = Callback::new(|text: String| if text.is_empty() { LIST.to_owned() } else { with(LIST, "q", text) });
    view! {
        <Topbar title="Settings"/>
        <div class="split">
            <SettingsNav here=LIST/>
            <div class="scroll grow"><div class="page top-s6"><div class="settings">
                <section aria-labelledby="h-tags">
                    <header>
                        <div>
                            <h2 id="h-tags">"Tags"</h2>
                            <p>"One tag whatever its case. A tag comes with the first lead that gets it."</p>
                        </div>
                        <Search label="Search tags" action=LIST text=search href><button class="btn sm noscript-only" type="submit">"Search"</button></Search>
                    </header>
                    <Transition fallback=|| view! { <Skeleton rows=8/> }>
                        {move || suspend(async move {
                            match read.await {
                                Ok(found) => view! { <Found found search=search.get_untracked() refetch=move || read.refetch()/> }.into_any(),
                                Err(error) => view! { <ReadProblem error/> }.into_any(),
                            }
                        })}
                    </Transition>
                </section>
            </div></div></div>
        </div>
    }
    .into_any()
}

#[component]
fn Found(found: Snapshot<Tags>, search: String, refetch: impl Fn() + Clone + Send + Sync + 'static) -> impl IntoView {
    let Snapshot { as_of, data: Tags { tags, total }, .. } = found;
    let later = Debounce::new();
    expect_context::<Live>().follow(Query::Tags {}, as_of, |_| {}, move || later.run(refetch.clone()));
    if tags.is_empty() {
        return if search.is_empty() {
            view! { <Empty icon="pin" title="No tags yet" text="Give leads tags on their page, in bulk or with an import; here they are renamed, merged and deleted."/> }
                .into_any()
        } else {
            view! { <Empty icon="search" title="No tag found" text=format!("No tag has “{search}” in its name.")/> }.into_any()
        };
    }
    let more = total - tags.len() as i64;
    view! {
        <div class="card"><ul class="list" aria-label="Tags">{tags.into_iter().map(|tag| view! { <Row tag/> }).collect_view()}</ul></div>
        {(more > 0).then(|| view! { <p class="sub">{format!("{} more have fewer leads; search for them by name", grouped(more))}</p> })}
    }
    .into_any()
}

#[component]
fn Row(tag: TagCount) -> impl IntoView {
    let TagCount { name, leads } = tag;
    let count = format!("{} {}", grouped(leads), if leads == 1 { "lead" } else { "leads" });
    view! {
        <li class="min-h-12">
            <span class="body"><span class="trunc"><span class="tag" dir="auto">{name.clone()}</span></span></span>
            <a class="small rigid" href=leads_href(&name)>{count}</a>
            <IfAllowed to=Permission::WriteLeads>
                <a class="btn sm" href=tag_href(&name) aria-label=format!("Edit {name}")>"Edit"</a>
            </IfAllowed>
        </li>
    }
    .into_any()
}
