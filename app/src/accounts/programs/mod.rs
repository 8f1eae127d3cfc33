//! `/settings/api`: how other programs use Linnet. Everyone sees the address, contracts, examples and events; administrators also the keys.

mod contracts;
mod events;
mod examples;

pub use contracts::{ApiAccess, Contract, Example};

use super::{
    forms::{Token, form_token},
    keys::Keys,
    secret::Secret,
    settings_nav::SettingsNav,
};
#[cfg(feature = "ssr")]
use crate::ask;
use crate::{
    ask::{Json, Result},
    layout::{IfAllowed, Topbar},
    live::reading,
    ui::{CopyButton, Icon, ReadProblem, Skeleton, suspend},
};
use contracts::Contracts;
use domain::Permission;
use events::Events;
use examples::Examples;
use leptos::prelude::*;

/// The base URL for programs, and what they find there.
#[server(prefix = "/sfn", endpoint = "settings/api", output = Json)]
pub async fn load_access() -> Result<(String, ApiAccess)> {
    ask::actor()?.require(Permission::Read)?;
    let access = use_context::<std::sync::Arc<ApiAccess>>().map(|access| (*access).clone()).unwrap_or_default();
    // Unknown for a host name that is not plain: then the person's shell fills in the address.
    let origin = use_context::<super::forms::Forms>().map(|forms| forms.origin).filter(|origin| !origin.is_empty());
    Ok((origin.unwrap_or_else(|| "$LINNET_URL".to_owned()), access))
}

#[component]
pub fn ApiPage() -> impl IntoView {
    let token = reading(Resource::new(|| (), |()| form_token()));
    let access = reading(Resource::new(|| (), |()| load_access()));
    view! {
        <Topbar title="Settings"/>
        <div class="split">
            <SettingsNav here="/settings/api"/>
            <div class="scroll grow"><div class="page top-s6"><div class="settings">
                <Suspense fallback=|| view! { <Skeleton rows=6/> }>
                    {move || suspend(async move {
                        match (token.await, access.await) {
                            (Ok((token, once)), Ok((base, access))) => view! { <Sections token once base access/> }.into_any(),
                            (Err(error), _) | (_, Err(error)) => view! { <ReadProblem error/> }.into_any(),
                        }
                    })}
                </Suspense>
            </div></div></div>
        </div>
    }
    .into_any()
}

#[component]
fn Sections(token: String, once: Option<String>, base: String, access: ApiAccess) -> impl IntoView {
    provide_context(Token(token));
    let contracts = access.contracts.clone();
    view! {
        {once.map(|value| view! { <Secret title="The key is ready." value/> })}
        <Address base=base.clone()/>
        <IfAllowed to=Permission::Administer><Keys/></IfAllowed>
        <Contracts access/>
        <Examples base contracts/>
        <Events/>
    }
    .into_any()
}

#[component]
fn Address(base: String) -> impl IntoView {
    let page = |href: &'static str, name: &'static str, what: &'static str| {
        view! {
            <li>
                <Icon name="external"/>
                <span class="body"><a class="strong" href=href rel="external">{name}</a><span class="meta">{what}</span></span>
            </li>
        }
    };
    view! {
        <section id="address" aria-labelledby="h-address">
            <header><div>
                <h2 id="h-address">"API"</h2>
                <p>"Programs read and write what people do here, with the rights of their key."</p>
            </div></header>
            <div class="card"><ul class="list">
                <li>
                    <Icon name="globe"/>
                    <span class="body"><span class="strong">"Base URL"</span><code class="meta">{base.clone()}</code></span>
                    <CopyButton text=base of="Base URL"/>
                </li>
                <li>
                    <Icon name="key"/>
                    <span class="body"><span class="strong">"Credential"</span><code class="meta">"Authorization: Bearer $LINNET_KEY"</code></span>
                </li>
                {page("/docs", "Documentation", "Every address; sends requests as you")}
                {page("/redoc", "Reference", "The same, to read and search")}
                {page("/openapi.json", "OpenAPI", "For generators of clients")}
            </ul></div>
        </section>
    }
    .into_any()
}
