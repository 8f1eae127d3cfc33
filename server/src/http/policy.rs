//! What a door asks of whoever comes, and how it answers. Said once, where its routes are listed; every layer is given it, none reads a path.

/// Who may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Open,
    /// Whoever is not signed in, once there is an account.
    SignIn,
    /// Whoever sets Linnet up, while there is no account.
    SetUp,
    /// Whoever is signed in, and API keys. Services ask for the permission.
    Signed,
}

/// How an error looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// `application/problem+json`.
    Problem,
    /// As callers of server functions read it. A plain form of somebody unknown leads to where one signs in.
    Function,
    /// A problem. A plain form of somebody unknown leads to where one signs in.
    Form,
    /// A problem. Whoever is unknown is led to where one signs in.
    Page,
}

/// How much may be on its way, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// A body of at most this many bytes, answered within 30 s; the answer is packed.
    Bounded(u64),
    /// A file, streamed: its service limits it.
    File,
    /// A connection that stays open, with limits of its own.
    Socket,
}

/// Whose errors this door shows when they come in its address: the product shows them as its own words, so each is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Errors of server functions, signed with the session's secret.
    BySession,
    /// Errors of a form without a session, signed with the installation's secret for the page of this name.
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
    pub told: Told,
}

/// Largest body of an API request, in bytes. Files are streamed elsewhere.
const LIMIT: u64 = 2 * 1024 * 1024;
/// Largest body of a request that needs no account, such as a sign-in, in bytes.
const OPEN_LIMIT: u64 = 16 * 1024;

impl Policy {
    /// The API.
    pub const API: Self =
        Self { access: Access::Signed, errors: Errors::Problem, traffic: Traffic::Bounded(LIMIT), counted: true, told: Told::BySession };
    /// Signing in and out by the API.
    pub const SIGN_OUT: Self = Self { traffic: Traffic::Bounded(OPEN_LIMIT), ..Self::API };
    pub const SIGN_IN: Self = Self { access: Access::Open, ..Self::SIGN_OUT };
    /// How the server is.
    pub const HEALTH: Self = Self { access: Access::Open, counted: false, ..Self::API };
    pub const UPLOAD: Self = Self { traffic: Traffic::File, ..Self::API };
    pub const SOCKET: Self = Self { traffic: Traffic::Socket, counted: false, ..Self::API };
    pub const FUNCTION: Self = Self { errors: Errors::Function, ..Self::API };
    pub const PAGE: Self = Self { errors: Errors::Page, counted: false, ..Self::API };
    /// Files of the site, which come before any question, and addresses that nobody has.
    pub const SITE: Self = Self { told: Told::Never, ..Self::PAGE };
    /// Forms of pages that are no server functions. Where they lead to is partly what was sent to them, so nothing in it is signed.
    pub const FORM: Self = Self { errors: Errors::Form, traffic: Traffic::Bounded(OPEN_LIMIT), ..Self::SITE };

    /// Largest body in bytes; `None` when a service limits it.
    pub fn largest_body(self) -> Option<u64> {
        match self.traffic {
            Traffic::Bounded(limit) => Some(limit),
            Traffic::File | Traffic::Socket => None,
        }
    }
}
