//! The outreach contract. It shares `/api/leads` and `/api/campaigns` with the native API: one body for both, with our names and the
//! contract's beside them.

mod campaign;
mod either;
mod lead;
mod linkedin_accounts;
mod list;
pub mod messages;
mod next_auth;
mod outreach;
mod probes;
mod sockets;

pub use campaign::{CampaignBody, CampaignPatchBody, CampaignWhole, CreatedCampaign, NewCampaignBody, NewCampaignFields};
pub use either::{AlsoCalled, Either, EitherJson, Pair, Said, beside};
pub use lead::{CONNECTION, LeadBody, LeadPatchBody, NewLeadBody, campaign, named};
pub use list::ListMeta;
pub use messages::Refusal;
pub use sockets::routes as socket_routes;

use crate::http::{Access, App, Policy, contract_addresses};
use app::accounts::{Contract, Example};
use utoipa_axum::router::OpenApiRouter;

/// Sockets bring their credential themselves, when they connect to the namespace.
pub const SOCKET_POLICY: Policy = Policy { access: Access::Open, ..Policy::WEB_SOCKET };

/// The contract, as the page of the API describes it.
pub fn contract() -> Contract {
    let text = str::to_owned;
    let [addresses, open_to_sites] = contract_addresses([
        ("/api/leads", Policy::SHARED),
        ("/api/campaigns", Policy::SHARED),
        ("/api/messages", Policy::SHARED),
        ("/api/activity", Policy::SHARED),
        ("/api/linkedin-accounts", Policy::SHARED),
        ("/api/auth/", Policy::SIGN_IN),
        ("/api/test", Policy::PROBE),
    ]);
    let [events, sockets_of_sites] = contract_addresses([("/api/socket (Socket.IO)", SOCKET_POLICY)]);
    Contract {
        name: text("Kandid"),
        about: text("For clients of Kandid. They sign in as its pages do, with NextAuth."),
        addresses,
        events,
        guests: Policy::SHARED.guests,
        sites: [open_to_sites, sockets_of_sites].concat(),
        sign_up: true,
        examples: vec![Example::new("List campaigns", "", "/api/campaigns?page=1&limit=5")],
    }
}

/// Routes that tell nothing and need no account.
pub fn probe_routes() -> OpenApiRouter<App> {
    probes::routes()
}

/// Messages, activities and people's own profiles.
pub fn routes() -> OpenApiRouter<App> {
    outreach::routes().merge(linkedin_accounts::routes())
}

/// Routes to sign in and out.
pub fn sign_in_routes() -> OpenApiRouter<App> {
    next_auth::routes()
}
