//! The order of a list, the same as the server's: by the column, then by id.

use domain::{
    LeadId,
    leads::{Cursor, Lead, Sort, SortColumn},
    text::fold,
};
use std::cmp::Ordering;
use uuid::Uuid;

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
    Id(u128),
}

fn key(column: SortColumn, lead: &Lead) -> Key {
    match column {
        SortColumn::Name => Key::Text(fold(&lead.name)),
        SortColumn::Company => Key::Text(fold(lead.company.as_deref().unwrap_or_default())),
        SortColumn::Status => Key::Text(lead.status.as_str().to_owned()),
        SortColumn::Stage => Key::Number(lead.stage.rank()),
        SortColumn::Score => Key::Number(i64::from(lead.score)),
        // Nobody comes first.
        SortColumn::Owner => Key::Id(lead.owner.map_or(0, |owner| owner.0.as_u128())),
        // Absent is less than nothing.
        SortColumn::Value => Key::Number(lead.value.unwrap_or(-1)),
        SortColumn::LastActivity => Key::Number(lead.last_activity_at.0),
        SortColumn::CreatedAt => Key::Number(lead.created_at.0),
    }
}

pub fn compare(sort: Sort, a: &Lead, b: &Lead) -> Ordering {
    let order = (key(sort.column, a), a.id).cmp(&(key(sort.column, b), b.id));
    if sort.descending { order.reverse() } else { order }
}

/// Where a page starts whose first row is this lead: the cursor just before it.
pub fn just_before(sort: Sort, lead: &Lead) -> Cursor {
    let id = lead.id.0.as_u128();
    let id = if sort.descending { id.saturating_add(1) } else { id.saturating_sub(1) };
    let key = match key(sort.column, lead) {
        Key::Number(number) => number.to_string(),
        Key::Text(text) => text,
    };
    Cursor { id: LeadId(Uuid::from_u128(id)), key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Timestamp, leads::NewLead};

    fn lead(id: u128, name: &str, value: Option<i64>) -> Lead {
        NewLead { name: name.into(), value, ..NewLead::default() }.into_lead(LeadId(uuid::Uuid::from_u128(id)), Timestamp(0))
    }

    #[test]
    fn a_page_can_start_with_a_lead() {
        let lead = lead(7, "Ana", None);
        let id = |column, descending| just_before(Sort { column, descending }, &lead);
        assert_eq!(id(SortColumn::Name, false), Cursor { id: LeadId(Uuid::from_u128(6)), key: "ana".into() });
        assert_eq!(id(SortColumn::Value, true), Cursor { id: LeadId(Uuid::from_u128(8)), key: "-1".into() });
    }

    #[test]
    fn ties_fall_to_the_id_and_absence_is_least() {
        let (a, b, c) = (lead(1, "Ana", None), lead(2, "ana", Some(0)), lead(3, "Bo", Some(5)));
        let by = |column, descending| {
            let mut all = [&c, &b, &a];
            all.sort_by(|a, b| compare(Sort { column, descending }, a, b));
            all.map(|lead| lead.id.0.as_u128())
        };
        assert_eq!(by(SortColumn::Name, false), [1, 2, 3]);
        assert_eq!(by(SortColumn::Value, true), [3, 2, 1]);
    }
}
