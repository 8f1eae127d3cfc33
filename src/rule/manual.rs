//! Manual of the rules: the meaning of each operator for each kind of field, as JSON in the API and as `docs/rules.md`.

use super::{CustomKind, FIELDS, FieldKind, MAX_BYTES, MAX_DEPTH, MAX_LIST, MAX_TESTS, MAX_TEXT, MAX_VALUES, Op, Referent, ops_for};
use crate::leads::Stage;
use serde::Serialize;
use std::fmt::Write;

/// Statements that hold for every rule.
const GENERAL: &[&str] = &[
    "A rule is a test, `{\"field\": …, \"op\": …, \"value\": …}`, or a group: `{\"all\": […]}` (every part; an empty list is everybody), \
     `{\"any\": […]}` (at least one part; an empty list is nobody), `{\"not\": …}`.",
    "Every test is true or false. What a lead does not have fails every positive test and passes every negative one (`is_not`, \
     `not_contains`, `is_empty`), so that `not` is plain negation. `is_set` and `is_empty` take no value.",
    "Text is compared after Unicode NFKC, without case (`İ`, `I`, `ı` and `i` are one letter, and so are `ß` and `ss`), without characters \
     that nobody sees, and with one plain space for any run of white space. A domain is the same in letters and in its `xn--` form.",
    "Values are trimmed, and control characters in them are left out, for every kind that takes text. A blank value is asked of nobody: a \
     positive test with it is false, a negative one true.",
    "A list of values means at least one of them; with a negative operator none of them. An empty list is asked of nobody, too.",
    "`search` looks at the name, the e-mail, the company, the title and the notes, each on its own: no test goes from one into the next.",
    "`campaign` and `replied_at` ask each campaign that the lead is in, and one of them is enough; a negative test holds when none does. Campaigns that were deleted do not count.",
    "`orders` (how many), `order_total` (their sum), `first_order_at` and `last_order_at` ask the orders of the lead, not those that wait \
     for their customer. `where` names some of them: `{\"field\": \"orders\", \"op\": \"gte\", \"value\": 2, \"where\": {\"product\": \"Tea\", \"within_days\": 30}}`. \
     `product` is the id or the name of a product, of which an order has a line; the whole order counts. `within_days` is from the day so many days \
     before today up to now; or `from` and `to`, one or both, are dates or moments, both included. Without orders, the number and the sum are 0.",
    "`segment` asks whether the lead is in a segment: the segment's rule stands in place of the test, as it is then, and counts towards the \
     limits. A segment may name others, at most 20 deep, but none is inside itself. Nobody is in a segment that was deleted.",
    "A field is named as below, by one of its other names, or as `custom.<key>` for a custom field. A test of a custom field compares texts, \
     numbers, dates, or yes and no, as its operator and value say; a field that is defined (`GET /api/fields`) takes the tests of its type alone.",
];

/// One kind of field.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct KindManual {
    pub kind: &'static str,
    /// Format of a value, and how it is compared.
    pub value: String,
    pub ops: Vec<OpManual>,
}

/// One operator of a kind.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct OpManual {
    pub op: Op,
    /// Label for people.
    pub label: &'static str,
    pub means: &'static str,
}

/// One field of the catalogue.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct FieldManual {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    #[serde(rename = "otherNames")]
    pub aliases: &'static [&'static str],
    /// The allowed words of the field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<&'static str>,
}

/// The whole manual.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Manual {
    pub general: &'static [&'static str],
    pub limits: Limits,
    pub kinds: Vec<KindManual>,
    pub fields: Vec<FieldManual>,
}

/// Limits of a rule.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Serialize)]
pub struct Limits {
    pub depth: usize,
    pub tests: usize,
    #[serde(rename = "valuesOfAList")]
    pub list: usize,
    #[serde(rename = "charactersOfAText")]
    pub text: usize,
    #[serde(rename = "valuesInAll")]
    pub values: usize,
    #[serde(rename = "bytesInAll")]
    pub bytes: usize,
}

const KINDS: &[FieldKind] = &[
    FieldKind::Text,
    FieldKind::Email,
    FieldKind::Custom(CustomKind::Text),
    FieldKind::Custom(CustomKind::Number),
    FieldKind::Custom(CustomKind::Date),
    FieldKind::Custom(CustomKind::Choice),
    FieldKind::Custom(CustomKind::YesNo),
    FieldKind::Tags,
    FieldKind::Words(&[]),
    FieldKind::Stage,
    FieldKind::Number,
    FieldKind::Money,
    FieldKind::DaysSince,
    FieldKind::Flag,
    FieldKind::Time,
    FieldKind::Id(Referent::User),
    FieldKind::Id(Referent::Segment),
];

impl FieldKind {
    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::Custom(CustomKind::Text) => "custom",
            Self::Custom(CustomKind::Number) => "customNumber",
            Self::Custom(CustomKind::Date) => "customDate",
            Self::Custom(CustomKind::Choice) => "customChoice",
            Self::Custom(CustomKind::YesNo) => "customYesNo",
            Self::Tags => "tags",
            Self::Words(_) => "word",
            Self::Stage => "stage",
            Self::Number => "number",
            Self::Money => "money",
            Self::DaysSince => "daysSince",
            Self::Flag => "flag",
            Self::Time => "time",
            Self::Id(Referent::Segment) => "segment",
            Self::Id(_) => "id",
        }
    }

    fn value(self) -> String {
        match self {
            Self::Text => "A text or a list of texts.".to_owned(),
            Self::Email => {
                "A text or a list of texts, compared as addresses are: `straße` and `strasse` are two domains here, a domain's letters \
                 and its `xn--` form one."
                    .to_owned()
            }
            Self::Custom(CustomKind::Text) => {
                "A text or a list of texts, whatever the field holds: `7` and `7.0` differ. Keys are compared as texts are: `Plan` and `plan` are one field."
                    .to_owned()
            }
            Self::Custom(CustomKind::Number) => {
                "A number, which is compared with values that are written as plain decimal numbers, such as -1250.5; `7` and `7.0` are one. Other \
                 values are as none."
                    .to_owned()
            }
            Self::Custom(CustomKind::Date) => {
                "A date, such as 2026-11-21. The order is that of values that are written so; other values are as none. `is` and `is_not` take a \
                 list, too. A number of days is counted from today in the workspace's time zone."
                    .to_owned()
            }
            Self::Custom(CustomKind::Choice) => "One of the field's choices, or a list of them, in any case.".to_owned(),
            Self::Custom(CustomKind::YesNo) => "`true` or `false`, which are the values `yes` and `no`.".to_owned(),
            Self::Tags => "A tag or a list of tags. A whole tag is compared, never a part of one.".to_owned(),
            Self::Words(_) => "One of the field's words, or a list of them, in any case; spaces and underscores are the same.".to_owned(),
            Self::Stage => {
                let stages: Vec<_> = Stage::ALL.iter().map(|stage| stage.as_str()).collect();
                format!("One of, in this order: {}. A list for `is` and `is_not` alone.", stages.join(", "))
            }
            Self::Number => "A number. Leads have whole ones: `is` 7.5 holds for nobody.".to_owned(),
            Self::Money => "A number in major units, such as 1250 or 99.5; compared exactly, to the cent.".to_owned(),
            Self::DaysSince => {
                "A number of days. Days of the calendar are counted, in the workspace's time zone: a time today is 0 days ago, one \
                 yesterday 1, whatever the hour; one tomorrow -1."
                    .to_owned()
            }
            Self::Flag => "`true` or `false`.".to_owned(),
            Self::Time => "A date, which is its whole day in the workspace's time zone, to the last microsecond; or a moment with its zone, \
                 `2026-11-21T09:30:00Z` or `…+01:00`. Years from 0000 to 9999; earlier ones have a sign and six digits, down to -009999."
                .to_owned(),
            Self::Id(Referent::Segment) => "The id of a segment (`GET /api/segments`), or a list of ids.".to_owned(),
            Self::Id(_) => "An id, or a list of ids.".to_owned(),
        }
    }

    fn means(self, op: Op) -> &'static str {
        match (self, op) {
            (_, Op::IsSet) => "There is one.",
            (_, Op::IsEmpty) => "There is none.",
            (Self::Tags, Op::NotContains) => "Has none of these tags; without tags, too. `is_not` is the same.",
            (Self::Tags, _) => "Has at least one of these tags. `is` is the same.",
            (_, Op::Contains) => "The value is a part of the text.",
            (_, Op::NotContains) => "The value is no part of the text; without a text, too.",
            (_, Op::StartsWith) => "The text begins with the value.",
            (_, Op::EndsWith) => "The text ends with the value.",
            (Self::Time | Self::Custom(CustomKind::Date), Op::WithinDays) => {
                "Today (0), or at most this many days of the calendar ago, up to now, in the workspace's time zone. A whole number. What is \
                 still to come is not."
            }
            (Self::Time | Self::Custom(CustomKind::Date), Op::OlderThanDays) => {
                "More than this many days of the calendar ago, in the workspace's time zone. A whole number. Of what has happened, the \
                 opposite of `within_days`."
            }
            (Self::Time, Op::Is) => "On that day, or at that moment.",
            (Self::Time, Op::IsNot) => "On another day, at another moment, or never.",
            (Self::Time, Op::Gt) => "After that day has ended, or after that moment.",
            (Self::Time, Op::Gte) => "On that day or later, or from that moment on.",
            (Self::Time, Op::Lt) => "Before that day begins, or before that moment.",
            (Self::Time, Op::Lte) => "On that day or earlier, or up to that moment.",
            (Self::Custom(CustomKind::Date), Op::Gt) => "After that day.",
            (Self::Custom(CustomKind::Date), Op::Gte) => "On that day or later.",
            (Self::Custom(CustomKind::Date), Op::Lt) => "Before that day.",
            (Self::Custom(CustomKind::Date), Op::Lte) => "On that day or earlier.",
            (Self::Stage, Op::Gt) => "Further on than that stage.",
            (Self::Stage, Op::Gte) => "In that stage, or further on.",
            (Self::Stage, Op::Lt) => "Not as far as that stage.",
            (Self::Stage, Op::Lte) => "In that stage, or not as far.",
            (_, Op::Gt) => "More than the value. Without one: no.",
            (_, Op::Gte) => "The value or more. Without one: no.",
            (_, Op::Lt) => "Less than the value. Without one: no.",
            (_, Op::Lte) => "The value or less. Without one: no.",
            (Self::Number | Self::Money | Self::DaysSince | Self::Flag | Self::Custom(CustomKind::Number | CustomKind::YesNo), Op::Is) => {
                "Equal to the value."
            }
            (
                Self::Number | Self::Money | Self::DaysSince | Self::Flag | Self::Custom(CustomKind::Number | CustomKind::YesNo),
                Op::IsNot,
            ) => "Not the value; without one, too.",
            (Self::Id(Referent::Segment), Op::Is) => "In the segment, or in one of the list.",
            (Self::Id(Referent::Segment), Op::IsNot) => "Not in the segment, or in none of the list.",
            (_, Op::IsNot) => "Not the value, or none of the list; without one, too.",
            (_, Op::Is | Op::WithinDays | Op::OlderThanDays) => "Equal to the value, or to one of the list.",
        }
    }
}

impl Manual {
    pub fn new() -> Self {
        let kind = |kind: &FieldKind| KindManual {
            kind: kind.name(),
            value: kind.value(),
            ops: ops_for(*kind).iter().map(|(op, label)| OpManual { op: *op, label, means: kind.means(*op) }).collect(),
        };
        let words = |kind: FieldKind| match kind {
            FieldKind::Words(words) => words.to_vec(),
            FieldKind::Stage => Stage::ALL.iter().map(|stage| stage.as_str()).collect(),
            _ => Vec::new(),
        };
        let fields = FIELDS.iter().map(|field| FieldManual {
            name: field.name,
            label: field.label,
            kind: field.kind.name(),
            aliases: field.aliases,
            words: words(field.kind),
        });
        Self {
            general: GENERAL,
            limits: Limits { depth: MAX_DEPTH, tests: MAX_TESTS, list: MAX_LIST, text: MAX_TEXT, values: MAX_VALUES, bytes: MAX_BYTES },
            kinds: KINDS.iter().map(kind).collect(),
            fields: fields.collect(),
        }
    }

    /// Content of `docs/rules.md`.
    pub fn markdown(&self) -> String {
        let mut text =
            "# Rules\n\nWhat filters, segments and `rule` parameters ask of leads. `GET /api/rules` answers the same as JSON.\n\n"
                .to_owned();
        for line in self.general {
            let _ = writeln!(text, "- {line}");
        }
        let Limits { depth, tests, list, text: longest, values, bytes } = self.limits;
        let _ = writeln!(
            text,
            "- At most {tests} tests, groups {depth} deep, {list} values in a list and {values} in all, {longest} characters in a text and {bytes} \
             bytes in all texts and fields together."
        );
        text.push_str("\n## Fields\n\n| name | kind | other names | words |\n| --- | --- | --- | --- |\n");
        for field in &self.fields {
            let words = if field.kind == "stage" { String::new() } else { field.words.join(", ") };
            let _ = writeln!(text, "| `{}` | {} | {} | {words} |", field.name, field.kind, field.aliases.join(", "));
        }
        for kind in &self.kinds {
            let _ = write!(text, "\n## {}\n\n{}\n\n| operator | in words | means |\n| --- | --- | --- |\n", kind.kind, kind.value);
            for op in &kind.ops {
                let _ = writeln!(text, "| `{}` | {} | {} |", op.op.as_str(), op.label, op.means);
            }
        }
        text
    }
}

impl Default for Manual {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Source;

    #[test]
    fn every_kind_and_operator_of_the_catalogue_is_described() {
        let manual = Manual::new();
        for field in FIELDS.iter() {
            let kind = manual.kinds.iter().find(|kind| kind.kind == field.kind.name()).unwrap();
            assert_eq!(kind.ops.len(), ops_for(field.kind).len(), "{}", field.name);
        }
        for kind in &manual.kinds {
            let mut meanings: Vec<_> = kind.ops.iter().map(|op| op.means).collect();
            meanings.sort_unstable();
            meanings.dedup();
            assert_eq!(meanings.len(), kind.ops.len(), "two operators of {} mean the same", kind.kind);
        }
    }

    #[test]
    fn fields_that_ask_each_enrollment_are_named() {
        let said = GENERAL.iter().find(|line| line.contains("each campaign that the lead is in")).unwrap();
        for field in FIELDS.iter() {
            assert_eq!(said.contains(&format!("`{}`", field.name)), field.source == Source::Enrollments, "{}", field.name);
        }
    }

    #[test]
    fn the_page_says_what_the_program_does() {
        let written = include_str!("../../docs/rules.md");
        assert_eq!(written, Manual::new().markdown(), "write docs/rules.md anew: cargo run --example rules > docs/rules.md");
    }
}
