//! Guesses what a file holds, and which column of a file of orders is what.

use super::{
    ImportKind, OrderField, Target,
    cell::whole,
    guess::{error_columns, guess, letters, most},
    order_words::WORDS,
};
use crate::{
    amount::{amount, split_header},
    text::{date::is_date, normalise_email},
};
use std::collections::HashSet;

impl ImportKind {
    /// What a file with these headers holds. `values[n]` are the non-empty values of column `n` in the first rows.
    pub fn of(headers: &[String], values: &[Vec<String>]) -> Self {
        let fields = guess_orders(headers, values);
        let has = |field: OrderField| fields.contains(&Target::Order(field));
        let amount = has(OrderField::Amount) || has(OrderField::Price);
        let by_id = has(OrderField::OrderId) && (has(OrderField::Customer) || has(OrderField::Email));
        // A person has an amount and a date, too, but is known by their e-mail.
        let by_number = has(OrderField::Customer) && has(OrderField::OrderedAt) && !has(OrderField::Email);
        if amount && (by_id || by_number) { Self::Orders } else { Self::Leads }
    }

    /// The target of each column, if the file holds this. `values` as in `of`.
    pub fn guess(self, headers: &[String], values: &[Vec<String>]) -> Vec<Target> {
        match self {
            Self::Leads => guess(headers, values),
            Self::Orders => guess_orders(headers, values),
        }
    }
}

/// One target per header. Columns that are no part of an order are skipped.
fn guess_orders(headers: &[String], values: &[Vec<String>]) -> Vec<Target> {
    let values_of = |at: usize| values.get(at).map_or(&[][..], Vec::as_slice);
    let ours: HashSet<usize> = error_columns(headers, values_of).into_iter().collect();
    let mut taken = HashSet::new();
    let field = |(at, header): (usize, &String)| {
        let field = by_header(header, values_of(at)).filter(|field| !ours.contains(&at) && taken.insert(*field));
        field.map_or(Target::Skip, Target::Order)
    };
    let mut targets: Vec<Target> = headers.iter().enumerate().map(field).collect();
    let has = |field: OrderField| targets.contains(&Target::Order(field));
    if !has(OrderField::Product) && !has(OrderField::ProductId) {
        let of_product = |target: &Target| matches!(target, Target::Order(OrderField::Quantity | OrderField::Price));
        targets.iter_mut().filter(|target| of_product(target)).for_each(|target| *target = Target::Skip);
    }
    targets
}

fn by_header(header: &str, values: &[String]) -> Option<OrderField> {
    let word = letters(split_header(header).0);
    let (field, _) = WORDS.iter().find(|(_, words)| words.contains(&word.as_str()))?;
    let fits = match field {
        OrderField::Amount | OrderField::Price => most(values, |text| amount(text).is_some()),
        OrderField::Quantity => most(values, |text| whole(text).is_some()),
        OrderField::OrderedAt => most(values, is_date),
        OrderField::Email => most(values, |text| normalise_email(text).is_ok()),
        _ => true,
    };
    fits.then_some(*field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(columns: &[(&str, &str)]) -> (ImportKind, Vec<String>) {
        let headers: Vec<String> = columns.iter().map(|(header, _)| (*header).to_owned()).collect();
        let values: Vec<Vec<String>> =
            columns.iter().map(|(_, value)| Some((*value).to_owned()).into_iter().filter(|text| !text.is_empty()).collect()).collect();
        let kind = ImportKind::of(&headers, &values);
        (kind, kind.guess(&headers, &values).iter().map(Target::name).collect())
    }

    #[test]
    fn orders_of_known_tools() {
        let cdnow = [
            ("order_id", "o000001"),
            ("customer_id", "c00004"),
            ("order_date", "1997-01-01"),
            ("quantity", "2"),
            ("order_amount", "29.33"),
        ];
        let orders = |fields: &[&str]| (ImportKind::Orders, fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>());
        assert_eq!(guessed(&cdnow), orders(&["orderId", "customer", "orderedAt", "skip", "amount"]));
        let own = [
            ("Linnet id", "x"),
            ("Order", "o1"),
            ("Customer number", "c1"),
            ("Lead id", ""),
            ("Amount (EUR)", "5"),
            ("Ordered", "2026-11-21T09:30:00.000Z"),
            ("Products", ""),
        ];
        assert_eq!(guessed(&own), orders(&["skip", "orderId", "customer", "skip", "amount", "orderedAt", "skip"]));
        let german = [
            ("Bestellnr.", "7"),
            ("Kundennr.", "c1"),
            ("Bestelldatum", "21.11.2026"),
            ("Artikel", "Tee"),
            ("Menge", "2"),
            ("Einzelpreis", "4,50 €"),
        ];
        assert_eq!(guessed(&german), orders(&["orderId", "customer", "orderedAt", "product", "quantity", "price"]));
        let lines = [
            ("Order number", "1"),
            ("Email", "a@b.example"),
            ("Created at", "2026-11-21 09:30:00 +0100"),
            ("Total", "24.00"),
            ("Lineitem name", "Tea"),
            ("Lineitem quantity", "1"),
        ];
        assert_eq!(guessed(&lines), orders(&["orderId", "customerEmail", "orderedAt", "amount", "product", "quantity"]));
    }

    #[test]
    fn people_are_no_orders() {
        for columns in [
            &[("Name", "Ana"), ("Email", "a@b.example"), ("Amount", "500"), ("Date", "2026-11-21")][..],
            &[("Customer number", "c1"), ("Name", "Ana"), ("E-mail", "a@b.example"), ("Revenue", "500"), ("Created at", "2026-11-21")],
            &[("customer_id", "c1"), ("name", "Ana"), ("email", "a@b.example")],
        ] {
            assert_eq!(guessed(columns).0, ImportKind::Leads, "{columns:?}");
        }
    }

    #[test]
    fn values_and_columns_of_rejected_rows_are_heeded() {
        let columns = [("order", "o1"), ("customer", "c1"), ("date", "soon"), ("amount", "5"), ("line", "7"), ("reason", "x")];
        assert_eq!(guessed(&columns).1, ["orderId", "customer", "skip", "amount", "skip", "skip"]);
    }
}
