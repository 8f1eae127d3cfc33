//! Why a page can no longer do what it offers. It stays as it is, with all that was typed, and says so.

use crate::layout::Me;
use domain::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The session ended: by someone, or by its time.
    SignedOut,
    /// The person has another role now.
    Role(Role),
    /// Someone else signed in, in another tab.
    Person(String),
    /// The server speaks a newer protocol than this page.
    Updated,
}

impl Notice {
    /// What someone whose page was made for `me` must know, when the server says that it is `now`.
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
        let me = Me { id: Some(UserId(Uuid::from_u128(1))), name: "Ann".into(), role: Role::Member };
        assert_eq!(Notice::between(&me, None), Some(Notice::SignedOut));
        assert_eq!(Notice::between(&me, Some(&Me { name: "Anna".into(), ..me.clone() })), None, "only renamed");
        assert_eq!(Notice::between(&me, Some(&Me { role: Role::Viewer, ..me.clone() })), Some(Notice::Role(Role::Viewer)));
        let other = Me { id: Some(UserId(Uuid::from_u128(2))), name: "Bo".into(), role: Role::Viewer };
        assert_eq!(Notice::between(&me, Some(&other)), Some(Notice::Person("Bo".into())));
    }
}
