//! The actor of a request: user, API key, guest or system, with a role.

use crate::{ApiKeyId, Error, Origin, Permission, Result, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Ordered: each role includes the rights of the previous one.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Viewer,
    Member,
    Manager,
    Admin,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Manager, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| Error::invalid("role", "Role must be admin, manager, member or viewer"))
    }
}

/// Actor as stored in the change log.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ActorRef {
    User { id: UserId, name: String },
    Key { id: ApiKeyId, name: String },
    Guest,
    System,
}

impl ActorRef {
    /// Name for people.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::Key { name, .. } => name,
            Self::Guest => "Guest",
            Self::System => "Linnet",
        }
    }

    /// Whether both are the same user or key, even after a rename.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User { id, .. }, Self::User { id: other, .. }) => id == other,
            (Self::Key { id, .. }, Self::Key { id: other, .. }) => id == other,
            _ => self == other,
        }
    }
}

/// Who makes a request, and with which role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub who: ActorRef,
    pub role: Role,
    /// Marks the writes of this request, so that the client recognises its own deltas.
    pub origin: Option<Origin>,
    /// The browser session of the request.
    pub session: Option<SessionId>,
    /// The user entered their password again for this request.
    #[serde(default)]
    pub confirmed: bool,
    /// Whom a program says that it writes for, in its own words; `Change::on_behalf_of` of its changes.
    #[serde(default)]
    pub on_behalf_of: Option<String>,
    /// The time zone in which the user reads times, an IANA name; `None`: the workspace's.
    #[serde(default)]
    pub time_zone: Option<String>,
}

impl Actor {
    /// Linnet itself: the command line, start-up, resumed imports.
    pub fn system() -> Self {
        Self {
            who: ActorRef::System,
            role: Role::Admin,
            origin: None,
            session: None,
            confirmed: false,
            on_behalf_of: None,
            time_zone: None,
        }
    }

    /// The built-in member for requests without credentials, when the server runs with `--open`. It has no account.
    pub fn guest() -> Self {
        Self { who: ActorRef::Guest, role: Role::Member, ..Self::system() }
    }

    #[must_use]
    pub fn with_origin(mut self, origin: Option<Origin>) -> Self {
        self.origin = origin;
        self
    }

    /// The user's id; `None` for keys, guests and the system.
    pub fn user_id(&self) -> Option<UserId> {
        match self.who {
            ActorRef::User { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Required before actions that grant lasting access, because an open session does not prove that its owner is at the browser.
    ///
    /// # Errors
    /// `Invalid` on `confirm`, when the request comes from a browser session and the password was not entered again.
    pub fn require_confirmed(&self) -> Result<()> {
        if self.confirmed || self.session.is_none() {
            return Ok(());
        }
        Err(Error::invalid("confirm", "Enter your own password to confirm this"))
    }

    /// Whether the actor's role has the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.role >= permission.least_role()
    }

    /// # Errors
    /// `Forbidden`, naming the least role that has the permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(permission.refuse(self.role)) }
    }
}
