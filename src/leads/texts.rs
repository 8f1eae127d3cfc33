//! The optional texts of a lead, one row each. The structs with these fields, checks, undo, timeline, rules, imports, statements, form and
//! page follow this table.

use super::{Lead, LeadPatch, NOTES_MAX, NewLead, TEXT_MAX};
use crate::text::{clean, clean_line};

/// Passes the table to the macro `$then`. A row:
///
/// - the field, which is also its column;
/// - its variant of `TextField`, its name in the API, its label, and `line` (at most `TEXT_MAX` characters) or `lines` (`NOTES_MAX`);
/// - `filter`, when rules can test it by the name of the field, with its other names there. It then has a second column,
///   `<field>_fold TEXT NOT NULL DEFAULT ''` (`COLLATE "C"` on Postgres);
/// - `was`: its names in older rows of the log.
#[macro_export]
macro_rules! each_lead_text {
    ($($then:ident)::+) => {
        $($then)::+! {
            company [Company "company" "Company" line] filter [];
            title [Title "title" "Title" line] filter ["position"] was ["position"];
            phone [Phone "phone" "Phone" line];
            location [Location "location" "Location" line] filter ["city"];
            linkedin_url [LinkedinUrl "linkedinUrl" "LinkedIn" line];
            notes [Notes "notes" "Notes" lines];
            customer_id [CustomerId "customerId" "Customer number" line] filter [];
        }
    };
}
pub(super) use each_lead_text;

macro_rules! filter {
    ($field:ident) => {
        None
    };
    ($field:ident [$($other:literal),*]) => {
        Some(Filter { column: concat!(stringify!($field), "_fold"), aliases: &[$($other),*] })
    };
}

macro_rules! has_lines {
    (line) => {
        false
    };
    (lines) => {
        true
    };
}

/// How rules test a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// The column with the folded text; `''` = absent.
    pub column: &'static str,
    /// Other names of the field in a rule.
    pub aliases: &'static [&'static str],
}

macro_rules! define {
    ($($field:ident [$variant:ident $name:literal $label:literal $size:ident] $(filter $filter:tt)? $(was [$($was:literal),*])?;)+) => {
        /// A field of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum TextField { $($variant),+ }

        impl TextField {
            pub const ALL: [Self; [$($label),+].len()] = [$(Self::$variant),+];

            /// Name in the API.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Name of its column, and in rules.
            pub const fn column(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field)),+ }
            }

            /// Label for people; the only place that defines it.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            /// Names in older rows of the log.
            pub fn former(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($($was),*)?]),+ }
            }

            /// `None`: rules cannot test it.
            pub const fn filter(self) -> Option<Filter> {
                match self { $(Self::$variant => filter!($field $($filter)?)),+ }
            }

            /// Whether it may have several lines.
            pub const fn has_lines(self) -> bool {
                match self { $(Self::$variant => has_lines!($size)),+ }
            }

            /// The text as it is stored.
            pub fn clean(self, text: &str) -> String {
                if self.has_lines() { clean(text) } else { clean_line(text) }
            }

            /// Most characters.
            pub const fn max(self) -> usize {
                if self.has_lines() { NOTES_MAX } else { TEXT_MAX }
            }

            /// Finds a field by its name in the API.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|field| field.name() == name)
            }
        }

        with_texts!(Lead, $($field)+);
        with_texts!(NewLead, $($field)+);
        with_texts!(LeadPatch, $($field)+);
    };
}

macro_rules! with_texts {
    ($name:ident, $($field:ident)+) => {
        impl $name {
            /// The texts in the order of `TextField::ALL`.
            pub fn texts(&self) -> [&Option<String>; TextField::ALL.len()] {
                [$(&self.$field),+]
            }

            pub fn texts_mut(&mut self) -> [&mut Option<String>; TextField::ALL.len()] {
                [$(&mut self.$field),+]
            }

            pub fn text(&self, field: TextField) -> Option<&str> {
                self.texts()[field as usize].as_deref()
            }

            pub fn text_mut(&mut self, field: TextField) -> &mut Option<String> {
                self.texts_mut().into_iter().nth(field as usize).expect("one text for each field")
            }
        }
    };
}

each_lead_text!(define);
