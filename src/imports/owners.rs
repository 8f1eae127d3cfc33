//! Whom a cell of the column of owners names.

use crate::{UserId, text::fold};
use std::collections::HashMap;

/// Active users by e-mail and by name, folded; `None` for a name of several.
#[derive(Debug, Clone, Default)]
pub struct Owners(HashMap<String, Option<UserId>>);

impl Owners {
    /// Of id, name and e-mail of each.
    pub fn new(users: impl IntoIterator<Item = (UserId, String, String)>) -> Self {
        let (mut owners, mut addresses) = (HashMap::new(), HashMap::new());
        for (id, name, email) in users {
            owners.entry(fold(&name)).and_modify(|owner| *owner = None).or_insert(Some(id));
            addresses.insert(fold(&email), Some(id));
        }
        owners.extend(addresses);
        Self(owners)
    }

    /// Whether at least half of these cells name someone.
    pub fn know_most(&self, cells: &[String]) -> bool {
        cells.iter().filter(|cell| self.find(cell).is_ok()).count() * 2 >= cells.len()
    }

    /// # Errors
    /// What is wrong with the cell, and what to do.
    pub(super) fn find(&self, cell: &str) -> Result<UserId, String> {
        match self.0.get(&fold(cell)) {
            Some(Some(id)) => Ok(*id),
            Some(None) => Err("Several people have this name; write the e-mail of one".to_owned()),
            None => Err("No active user has this name or e-mail; invite them first, or import the column as a custom field".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_owner_is_named_by_name_or_address() {
        let [ana, bo, other] = [1, 2, 3].map(|n| UserId(Uuid::from_u128(n)));
        let users = [(ana, "Ana", "ana@b.example"), (bo, "Bo", "bo@b.example"), (other, "bo", "ana")];
        let owners = Owners::new(users.map(|(id, name, email)| (id, name.to_owned(), email.to_owned())));
        assert_eq!((owners.find("ANA@b.example"), owners.find("bo@b.example")), (Ok(ana), Ok(bo)));
        assert_eq!(owners.find("Ana"), Ok(other), "an address before a name");
        assert!(owners.find("Bo").is_err_and(|why| why.contains("Several")) && owners.find("Cy").is_err());
    }
}
