//! Why a page can no longer do what it offers. The page shows the notice and keeps all that was typed.

use crate::layout::Me;
use domain::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The session expired or was ended.
    SignedOut,
    /// The person's role was changed.
    Role(Role),
    /// Someone else signed in, in another tab. Holds their name.
    Person(String),
    /// The settings of the workspace were changed.
    Workspace,
    /// The server's protocol is newer than this page.
    Updated,
}

impl Notice {
    /// The notice for a page rendered for `me`, when the session now belongs to `now`.
    pub fn between(me: &Me, now: Option<&Me>) -> Option<Self> {
        match now {
            None => Some(Self::SignedOut),
            Some(now) if now.id != me.id => Some(Self::Person(now.name.clone())),
            Some(now) if now.role != me.role => Some(Self::Role(now.role)),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use uuid::Uuid;

    #[test]
    fn a_page_says_what_changed() {
        let me = Me { id: Some(UserId(Uuid::from_u128(1))), name: "Ann".into(), role: Role::Member, time_zone: None };
        assert_eq!(Notice::between(&me, None), Some(Notice::SignedOut));
        assert_eq!(Notice::between(&me, Some(&Me { name: "Anna".into(), ..me.clone() })), None, "only renamed");
        assert_eq!(Notice::between(&me, Some(&Me { role: Role::Viewer, ..me.clone() })), Some(Notice::Role(Role::Viewer)));
        let other = Me { id: Some(UserId(Uuid::from_u128(2))), name: "Bo".into(), role: Role::Viewer, time_zone: None };
        assert_eq!(Notice::between(&me, Some(&other)), Some(Notice::Person("Bo".into())));
    }
}
