//! The contracts that this server serves, and whom it lets in.

use crate::ui::Icon;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the server lets programs do. The server puts it into the context of pages, in an `Arc`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiAccess {
    pub contracts: Vec<Contract>,
    /// `--open`: requests without credentials are served where a contract allows it.
    pub open: bool,
    /// `--sign-up open`: people create their own accounts.
    pub sign_up: bool,
    /// `--allowed-origin`: other sites whose pages may use the API.
    pub allowed_origins: Vec<String>,
}

/// One API, with the addresses, bodies and errors that its clients know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    pub name: String,
    /// Who should use it.
    pub about: String,
    pub addresses: Vec<String>,
    /// Where its clients hear of changes.
    pub events: Vec<String>,
    /// Serves requests without credentials while the server is open.
    pub guests: bool,
    /// Those of `addresses` and `events` that pages of allowed sites may use.
    pub sites: Vec<String>,
    /// Has an address to create one's own account, while the server allows it.
    pub sign_up: bool,
    pub examples: Vec<Example>,
}

/// A request by `curl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    pub what: String,
    /// Options of `curl` beside the credential.
    pub options: String,
    /// Path and query.
    pub path: String,
}

impl Example {
    pub fn new(what: &str, options: &str, path: &str) -> Self {
        Self { what: what.to_owned(), options: options.to_owned(), path: path.to_owned() }
    }
}

#[component]
pub(super) fn Contracts(access: ApiAccess) -> impl IntoView {
    let ApiAccess { contracts, open, sign_up, allowed_origins } = access;
    let origins = allowed_origins.join(", ");
    let card = move |contract: Contract| {
        let guests = if !contract.guests {
            "Refused"
        } else if open {
            "Served as Guest, a member (--open)"
        } else {
            "Refused; served with --open"
        };
        let all = contract.sites.len() == contract.addresses.len() + contract.events.len();
        let sites = match (contract.sites.is_empty(), origins.is_empty()) {
            (true, _) => "None".to_owned(),
            (false, true) => "None; allow them with --allowed-origin".to_owned(),
            (false, false) => origins.clone(),
        };
        let only = (!all && !origins.is_empty()).then_some(contract.sites);
        let accounts = if sign_up { "Open: everyone who can reach Linnet becomes a member" } else { "Closed; open with --sign-up open" };
        let guest_tone = if contract.guests && open { "warning" } else { "neutral" };
        view! {
            <article class="card contract" aria-label=contract.name.clone()>
                <header>
                    <h3>{contract.name.clone()}</h3>
                    <span class="end">
                        <span class="pill" data-tone="success"><Icon name="ok"/>"Served"</span>
                        {(contract.guests && open).then(|| view! { <span class="pill" data-tone=guest_tone><Icon name="warn"/>"Open"</span> })}
                    </span>
                </header>
                <div class="body">
                    <p class="muted">{contract.about}</p>
                    <dl class="facts">
                        <dt>"Addresses"</dt><dd>{codes(contract.addresses)}</dd>
                        <dt>"Events"</dt><dd>{codes(contract.events)}</dd>
                        <dt>"Without a key"</dt><dd>{guests}</dd>
                        <dt>"Other sites"</dt><dd>{sites}{only.map(|only| view! { " at " {codes(only)} })}</dd>
                        {contract.sign_up.then(|| view! { <dt>"Sign-up"</dt><dd>{accounts}</dd> })}
                    </dl>
                </div>
            </article>
        }
    };
    view! {
        <section id="contracts" aria-labelledby="h-contracts">
            <header><div>
                <h2 id="h-contracts">"Contracts"</h2>
                <p>"Clients of the systems that Linnet replaces keep working: same data, same rights, their own addresses."</p>
            </div></header>
            <div class="stack g-s4">{contracts.into_iter().map(card).collect_view()}</div>
        </section>
    }
    .into_any()
}

fn codes(texts: Vec<String>) -> impl IntoView {
    texts.into_iter().map(|text| view! { <code>{text}</code> }).collect_view()
}
