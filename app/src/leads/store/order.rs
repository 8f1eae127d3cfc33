//! Sort order of a list, equal to the database's: by the column, then by id.

use domain::leads::{Lead, Sort};
use std::cmp::Ordering;

pub fn compare(sort: Sort, a: &Lead, b: &Lead) -> Ordering {
    let order = (sort.column.key(a), a.id).cmp(&(sort.column.key(b), b.id));
    if sort.descending { order.reverse() } else { order }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        LeadId, Timestamp,
        leads::{NewLead, SortColumn, Status},
    };

    fn lead(id: u128, name: &str, value: Option<i64>) -> Lead {
        NewLead { name: name.into(), value, ..NewLead::default() }.into_lead(LeadId(uuid::Uuid::from_u128(id)), Timestamp(0))
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

    #[test]
    fn status_follows_the_funnel() {
        let of = |id, status| Lead { status, ..lead(id, "Ana", None) };
        let mut all = [of(1, Status::Nurturing), of(2, Status::Contacted), of(3, Status::Converted), of(4, Status::Pending)];
        all.sort_by(|a, b| compare(Sort { column: SortColumn::Status, descending: false }, a, b));
        assert_eq!(all.map(|lead| lead.id.0.as_u128()), [4, 2, 1, 3]);
    }
}
