//! The decimal mark and the currency of the column of amounts, as its header and all of its cells in the file show them.

use super::ForeignAmounts;
use crate::{
    Currency,
    amount::{amount, currencies, decimal_mark, group_mark, is_foreign, is_one_group, split_header},
};

const MARKS: [char; 2] = ['.', ','];

/// Which of `.` and `,` the cells of a column prove to be a decimal mark, in this order.
///
/// `12.5`, `0.500` and `1,234,567` prove the dot. `1.500` alone proves nothing. `1.500` and `1,500` in one column contradict each other,
/// so either may be the one with decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    decimal: [bool; 2],
    one_group: [bool; 2],
    /// The currency in which amounts are stored.
    own: Option<Currency>,
    /// The currency of the header.
    header: Option<&'static str>,
    /// Whether cells name the own currency, and others.
    names: [bool; 2],
    takes_foreign: bool,
}

impl Marks {
    /// Amounts of the column with this header are stored in `own`.
    pub fn stored_in(&mut self, own: Currency, header: &str, foreign: ForeignAmounts) {
        (self.own, self.header) = (Some(own), split_header(header).1);
        self.takes_foreign = foreign == ForeignAmounts::AsTheyAre;
    }

    /// Adds what one cell shows.
    pub fn see(&mut self, cell: &str) {
        if cell.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        for name in currencies(cell) {
            self.names[usize::from(self.is_foreign(name))] = true;
        }
        let (decimal, group) = (decimal_mark(cell), group_mark(cell));
        for (at, mark) in MARKS.into_iter().enumerate() {
            self.decimal[at] |= decimal == Some(mark) || group.is_some_and(|group| group != mark);
            self.one_group[at] |= is_one_group(cell, mark);
        }
    }

    /// Whether the cell is written with three digits behind what may be a decimal mark in this column, or in the currency in which amounts are
    /// stored.
    pub fn are_ambiguous_for(self, cell: &str) -> bool {
        let both = self.one_group == [true; 2];
        let thousandths = self.own.is_some_and(|own| own.digits() > 2);
        let other = [self.decimal[1], self.decimal[0]];
        let marks = MARKS.into_iter().zip(self.decimal).zip(other);
        marks.into_iter().any(|((mark, decimal), other)| (decimal || both || thousandths && !other) && is_one_group(cell, mark))
    }

    /// Whether the cell is an amount in another currency than amounts are stored in, and is not to be taken as it is. An amount without a
    /// currency has that of the header, else that of the other cells.
    pub fn are_foreign_to(self, cell: &str) -> bool {
        if self.takes_foreign {
            return false;
        }
        let names = currencies(cell);
        let column = self.header.map_or(self.names == [false, true], |name| self.is_foreign(name));
        if names.is_empty() { column && amount(cell).is_some() } else { names.into_iter().any(|name| self.is_foreign(name)) }
    }

    fn is_foreign(self, name: &'static str) -> bool {
        self.own.is_some_and(|own| is_foreign(name, own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of this column that are refused.
    fn refused<'c>(cells: &[&'c str]) -> Vec<&'c str> {
        let mut marks = Marks::default();
        for cell in cells {
            marks.see(cell);
        }
        cells.iter().copied().filter(|cell| marks.are_ambiguous_for(cell)).collect()
    }

    #[test]
    fn three_digits_behind_a_decimal_mark_of_the_column_are_refused() {
        assert_eq!(refused(&["1.234", "€ 99.900", "1.234.567", "8"]), [""; 0], "nothing contradicts groups");
        assert_eq!(refused(&["99.900", "12.5", "€ 7.255", "1200", "7,255.00", "1,234,567"]), ["99.900", "€ 7.255"]);
        assert_eq!(refused(&["1.234,50", "1,234"]), ["1,234"]);
        assert_eq!(refused(&["1.234,50", "1.234"]), [""; 0]);
        for proof in ["0.500", "1234.567", "1,234.567", "12.3456", ".5", "1,234,567", "１２．５", "-3.20", "(4.5)", "USD 1.5"] {
            assert!(refused(&["1.234", proof]).contains(&"1.234"), "{proof}");
        }
    }

    #[test]
    fn where_both_marks_are_decimal_neither_is_read_as_a_group() {
        assert_eq!(refused(&["12.50", "9,99", "1.234", "1,234", "12"]), ["1.234", "1,234"]);
        assert_eq!(refused(&["1.500", "1,500"]), ["1.500", "1,500"]);
        assert_eq!(refused(&["1.234.567", "12.50", "1.234"]), ["1.234"]);
    }

    /// The cells of the column with this header that are left out where amounts are stored in `own`.
    fn foreign<'c>(own: &str, header: &str, cells: &[&'c str]) -> Vec<&'c str> {
        let mut marks = Marks::default();
        marks.stored_in(own.parse().unwrap(), header, ForeignAmounts::LeaveOut);
        for cell in cells {
            marks.see(cell);
        }
        let mut taken = marks;
        taken.takes_foreign = true;
        assert!(!cells.iter().any(|cell| taken.are_foreign_to(cell)));
        cells.iter().copied().filter(|cell| marks.are_foreign_to(cell)).collect()
    }

    #[test]
    fn amounts_in_another_currency_are_left_out() {
        let mixed = ["$5", "€6", "6 EUR", "£7", "¥1,234", "5 USD", "CHF 8", "9 zł", "R$ 10", "₹1,23,456", "12"];
        assert_eq!(foreign("EUR", "Value", &mixed), ["$5", "£7", "¥1,234", "5 USD", "CHF 8", "9 zł", "R$ 10", "₹1,23,456"]);
        assert_eq!(foreign("INR", "Value", &["Rs. 50", "₹ 1,00,000", "INR 7", "€ 3", "x €"]), ["€ 3"]);
        assert_eq!(foreign("USD", "Value", &["$5", "US$ 6", "$7 USD", "C$ 8", "A$9"]), ["C$ 8", "A$9"]);
        assert_eq!(foreign("CAD", "Value", &["$5", "C$ 6", "US$ 7", "8 USD"]), ["US$ 7", "8 USD"]);
        assert_eq!(foreign("EUR", "Value", &["BHD 1.234", "¥ 1,234", "KWD 1.5"]), ["BHD 1.234", "¥ 1,234", "KWD 1.5"]);
        assert_eq!(foreign("NOK", "Value", &["kr 5", "75 kr.", "NOK 5"]), [""; 0]);
    }

    #[test]
    fn an_amount_without_a_currency_has_that_of_its_column() {
        assert_eq!(foreign("EUR", "Value", &["$5", "6", "n/a"]), ["$5", "6"], "all that are named are dollars");
        assert_eq!(foreign("EUR", "Value", &["$5", "6", "€7"]), ["$5"], "some are euros");
        for header in ["Value (USD)", "Value ($)", "Amount [USD]", "Revenue in USD", "Value USD", "Price $"] {
            assert_eq!(foreign("EUR", header, &["5", "€7", "no idea"]), ["5"], "{header}");
            assert_eq!(foreign("USD", header, &["5", "€7"]), ["€7"], "{header}");
        }
        for header in ["Value (EUR)", "Value (all)", "Value top", "Value", "USD", "(USD)"] {
            assert_eq!(foreign("EUR", header, &["5"]), [""; 0], "{header}");
        }
    }

    #[test]
    fn where_the_currency_has_thousandths_three_digits_are_ambiguous() {
        let ambiguous = |own: &str, cells: &[&'static str]| {
            let mut marks = Marks::default();
            marks.stored_in(own.parse().unwrap(), "Value", ForeignAmounts::LeaveOut);
            for cell in cells {
                marks.see(cell);
            }
            cells.iter().copied().filter(|cell| marks.are_ambiguous_for(cell)).collect::<Vec<_>>()
        };
        assert_eq!(ambiguous("BHD", &["1.234", "1,234", "8"]), ["1.234", "1,234"]);
        assert_eq!(ambiguous("BHD", &["1,234", "8.5"]), [""; 0], "the dot is the decimal mark");
        assert_eq!(ambiguous("BHD", &["1.234", "8.5"]), ["1.234"]);
        assert_eq!(ambiguous("JPY", &["1.234", "5"]), [""; 0]);
    }

    #[test]
    fn what_is_no_amount_proves_nothing() {
        assert_eq!(refused(&["1.234", "24.12.", "01.02.2024", "Rs. 50", "Rs.50", "a.b", "1.2.3", "n,a"]), [""; 0]);
    }
}
