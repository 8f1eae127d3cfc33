//! Who asks, and what they may.

use crate::{ApiKeyId, Error, Origin, Permission, Result, SessionId, UserId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Ordered: each role includes the rights of the one before.
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

/// Who did it, as the log keeps it.
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
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::Key { name, .. } => name,
            Self::Guest => "Guest",
            Self::System => "Linnet",
        }
    }

    /// The same one, whatever the name is by now.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User { id, .. }, Self::User { id: other, .. }) => id == other,
            (Self::Key { id, .. }, Self::Key { id: other, .. }) => id == other,
            _ => self == other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub who: ActorRef,
    pub role: Role,
    /// Marks the writes of this request, so that whoever asked recognises its own deltas.
    pub origin: Option<Origin>,
    /// The browser session that asked.
    pub session: Option<SessionId>,
    /// Whoever sits at the browser has just typed their password once more.
    #[serde(default)]
    pub confirmed: bool,
}

impl Actor {
    /// The product itself: the command line, start-up, imports that resume.
    pub fn system() -> Self {
        Self { who: ActorRef::System, role: Role::Admin, origin: None, session: None, confirmed: false }
    }

    #[must_use]
    pub fn with_origin(mut self, origin: Option<Origin>) -> Self {
        self.origin = origin;
        self
    }

    pub fn user_id(&self) -> Option<UserId> {
        match self.who {
            ActorRef::User { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Gate of what hands out lasting power: a browser left alone is no proof that its owner sits there.
    ///
    /// # Errors
    /// `Invalid` on `confirm`, when a browser's session asks without the password.
    pub fn require_confirmed(&self) -> Result<()> {
        if self.confirmed || self.session.is_none() {
            return Ok(());
        }
        Err(Error::invalid("confirm", "Enter your own password to confirm this"))
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.role >= permission.least_role()
    }

    /// # Errors
    /// `Forbidden`, naming the role that would do.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(permission.refuse(self.role)) }
    }
}
