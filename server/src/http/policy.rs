//! The policy of a route group: access, error format, limits. Declared where the routes are listed; no layer decides by a path.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use domain::Error;

/// Who has access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Open,
    /// Callers without a session, once there is an account.
    SignIn,
    /// Everyone, while there is no account (setup).
    SetUp,
    /// Sessions and API keys. Services check the permission.
    Signed,
}

/// The error format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// `application/problem+json`.
    Problem,
    /// The format of server functions. A plain form without a session is redirected to sign-in.
    Function,
    /// A problem. A plain form without a session is redirected to sign-in.
    Form,
    /// A problem. A request without a session is redirected to sign-in.
    Page,
    /// The format of a contract.
    Contract(ContractErrors),
}

/// Writes the response to an error in a contract's format. Without the error, the status says what is wrong, such as an unknown address.
#[derive(Debug, Clone, Copy)]
pub struct ContractErrors(pub fn(StatusCode, Option<&Error>) -> Response);

impl PartialEq for ContractErrors {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for ContractErrors {}

/// Limits of size and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// A body of at most this many bytes, answered within 30 s; the response is compressed.
    Bounded(u64),
    /// A streamed file; its service limits the size.
    File,
    /// A stream with its own limits.
    Socket,
    /// Health and metrics: answered within 30 s without a permit, so that they work under load.
    Probe,
}

/// Which errors in the address a page shows. They must be signed, because pages show them as the product's own texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedErrors {
    /// Errors of server functions, signed with the session's secret.
    BySession,
    /// Errors of a form without a session, signed with the installation's secret for this page.
    ByForm(&'static str),
    /// None.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub access: Access,
    pub errors: Errors,
    pub traffic: Traffic,
    /// Whether requests count against `--rate-limit`.
    pub counted: bool,
    pub signed_errors: SignedErrors,
    /// With `--open`, requests without credentials act as the built-in member `guest`.
    pub guests: bool,
    /// Pages of the sites in `--allowed-origin` may read responses (CORS, with credentials) and open sockets.
    pub cors: bool,
}

/// Every request header that the API reads. Pages of other sites may send these, besides those that browsers let anyone send.
pub(super) const REQUEST_HEADERS: [HeaderName; 7] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("linnet-origin"),
    HeaderName::from_static("prefer"),
];
/// Response headers that pages of other sites may read, besides those that browsers show anyone.
pub(super) const RESPONSE_HEADERS: [HeaderName; 9] = [
    header::ALLOW,
    header::CONTENT_DISPOSITION,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("x-request-id"),
];

/// Maximum body of an API request: 2 MiB. Files are streamed elsewhere.
const LIMIT: u64 = 2 * 1024 * 1024;
/// Maximum body of a request without an account, such as a sign-in: 16 KiB.
const OPEN_LIMIT: u64 = 16 * 1024;

/// Maximum body of a role that changes nothing but its own views: 64 KiB, which holds the largest rule.
pub(super) const VIEW_LIMIT: u64 = 64 * 1024;

impl Policy {
    /// The API.
    pub const API: Self = Self {
        access: Access::Signed,
        errors: Errors::Problem,
        traffic: Traffic::Bounded(LIMIT),
        counted: true,
        signed_errors: SignedErrors::BySession,
        guests: false,
        cors: false,
    };
    /// The part of the API that other sites may use: leads and campaigns, and what a contract adds.
    pub const SHARED: Self = Self { cors: true, ..Self::API };
    /// Signing in and out by the API.
    pub const SIGN_OUT: Self = Self { traffic: Traffic::Bounded(OPEN_LIMIT), ..Self::API };
    pub const SIGN_IN: Self = Self { access: Access::Open, cors: true, ..Self::SIGN_OUT };
    /// Health in the API.
    pub const PROBE: Self = Self { cors: true, counted: true, ..Self::HEALTH };
    /// Health and metrics.
    pub const HEALTH: Self = Self { access: Access::Open, traffic: Traffic::Probe, counted: false, ..Self::API };
    pub const UPLOAD: Self = Self { traffic: Traffic::File, ..Self::API };
    pub const SOCKET: Self = Self { traffic: Traffic::Socket, counted: false, ..Self::API };
    /// A WebSocket. It checks the `Origin` itself.
    pub const WEB_SOCKET: Self = Self { cors: true, ..Self::SOCKET };
    pub const FUNCTION: Self = Self { errors: Errors::Function, ..Self::API };
    pub const PAGE: Self = Self { errors: Errors::Page, counted: false, ..Self::API };
    /// Unknown addresses. (Files of the site are served before any check.)
    pub const SITE: Self = Self { signed_errors: SignedErrors::Never, ..Self::PAGE };
    /// Forms of pages that are not server functions. Their redirects contain user input, so nothing in them is signed.
    pub const FORM: Self = Self { errors: Errors::Form, traffic: Traffic::Bounded(OPEN_LIMIT), ..Self::SITE };

    /// Maximum body in bytes; `None` when a service limits it.
    pub fn largest_body(self) -> Option<u64> {
        match self.traffic {
            Traffic::Bounded(limit) => Some(limit),
            Traffic::Probe => Some(OPEN_LIMIT),
            Traffic::File | Traffic::Socket => None,
        }
    }
}

/// The addresses, and those of them that other sites may use, as the page of the API names them.
pub fn addresses<const N: usize>(all: [(&str, Policy); N]) -> [Vec<String>; 2] {
    let named =
        |wanted: fn(Policy) -> bool| all.iter().filter(|(_, policy)| wanted(*policy)).map(|(address, _)| (*address).to_owned()).collect();
    [named(|_| true), named(|policy| policy.cors)]
}
