//! The operators of each kind of field with their labels, and the conversion of typed text to a value.

use super::{CustomKind, FieldKind, Op, Referent, Value};

const TEXT: &[(Op, &str)] = &[
    (Op::Is, "is"),
    (Op::IsNot, "is not"),
    (Op::Contains, "contains"),
    (Op::NotContains, "does not contain"),
    (Op::StartsWith, "starts with"),
    (Op::EndsWith, "ends with"),
    (Op::IsSet, "is set"),
    (Op::IsEmpty, "is empty"),
];
const WORDS: &[(Op, &str)] = &[(Op::Is, "is"), (Op::IsNot, "is not")];
const STAGE: &[(Op, &str)] = &[
    (Op::Is, "is"),
    (Op::IsNot, "is not"),
    (Op::Gt, "is after"),
    (Op::Gte, "is at least"),
    (Op::Lt, "is before"),
    (Op::Lte, "is at most"),
];
const NUMBER: &[(Op, &str)] = &[
    (Op::Is, "is"),
    (Op::IsNot, "is not"),
    (Op::Gt, "more than"),
    (Op::Gte, "at least"),
    (Op::Lt, "less than"),
    (Op::Lte, "at most"),
    (Op::IsSet, "is set"),
    (Op::IsEmpty, "is empty"),
];
const FLAG: &[(Op, &str)] = &[(Op::Is, "is")];
const TIME: &[(Op, &str)] = &[
    (Op::WithinDays, "in the last"),
    (Op::OlderThanDays, "more than"),
    (Op::Is, "on"),
    (Op::IsNot, "not on"),
    (Op::Gt, "after"),
    (Op::Gte, "on or after"),
    (Op::Lt, "before"),
    (Op::Lte, "on or before"),
    (Op::IsSet, "is set"),
    (Op::IsEmpty, "is empty"),
];
const TAGS: &[(Op, &str)] =
    &[(Op::Contains, "include"), (Op::NotContains, "do not include"), (Op::IsSet, "are set"), (Op::IsEmpty, "are empty")];
const ID: &[(Op, &str)] = &[(Op::Is, "is"), (Op::IsNot, "is not"), (Op::IsSet, "is set"), (Op::IsEmpty, "is empty")];

/// The operators of a kind with their labels, in menu order. For tags, `Is` and `IsNot` are read as `Contains` and `NotContains`.
pub fn ops_for(kind: FieldKind) -> &'static [(Op, &'static str)] {
    match kind {
        FieldKind::Text | FieldKind::Email | FieldKind::Custom(CustomKind::Text) => TEXT,
        FieldKind::Words(_) | FieldKind::Id(Referent::Segment) => WORDS,
        FieldKind::Stage => STAGE,
        FieldKind::Number | FieldKind::Money | FieldKind::DaysSince | FieldKind::Custom(CustomKind::Number) => NUMBER,
        FieldKind::Flag => FLAG,
        FieldKind::Time | FieldKind::Custom(CustomKind::Date) => TIME,
        FieldKind::Tags => TAGS,
        FieldKind::Id(_) | FieldKind::Custom(CustomKind::Choice | CustomKind::YesNo) => ID,
    }
}

/// Whether a test with this operator has a value.
pub fn takes_value(op: Op) -> bool {
    !matches!(op, Op::IsSet | Op::IsEmpty)
}

impl Op {
    pub const ALL: [Self; 14] = [
        Self::Is,
        Self::IsNot,
        Self::Contains,
        Self::NotContains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::WithinDays,
        Self::OlderThanDays,
        Self::IsSet,
        Self::IsEmpty,
    ];

    /// Name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::IsNot => "is_not",
            Self::Contains => "contains",
            Self::NotContains => "not_contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::WithinDays => "within_days",
            Self::OlderThanDays => "older_than_days",
            Self::IsSet => "is_set",
            Self::IsEmpty => "is_empty",
        }
    }

    /// Parses the name on the wire.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str() == word)
    }

    /// The operator that this one negates.
    pub(super) fn positive(self) -> Option<Self> {
        match self {
            Self::IsNot => Some(Self::Is),
            Self::NotContains => Some(Self::Contains),
            Self::IsEmpty => Some(Self::IsSet),
            _ => None,
        }
    }

    pub(crate) fn counts_days(self) -> bool {
        matches!(self, Self::WithinDays | Self::OlderThanDays)
    }

    /// The canonical operator of this kind, where two operators mean the same.
    pub(super) fn canonical(self, kind: FieldKind) -> Self {
        match (kind, self) {
            (FieldKind::Tags, Self::Is) => Self::Contains,
            (FieldKind::Tags, Self::IsNot) => Self::NotContains,
            _ => self,
        }
    }
}

impl Value {
    /// Converts typed text to the type that this kind compares: `30` is a number for a score and a text for a name.
    /// Text that cannot be converted stays text, and `Rule::check` reports the error.
    pub fn typed(kind: FieldKind, op: Op, text: &str) -> Self {
        let number = || text.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Number);
        let read = match kind {
            _ if !takes_value(op) => Some(Self::None),
            FieldKind::Number | FieldKind::Money | FieldKind::DaysSince | FieldKind::Custom(CustomKind::Number) => number(),
            FieldKind::Time | FieldKind::Custom(CustomKind::Date) if op.counts_days() => number(),
            FieldKind::Flag | FieldKind::Custom(CustomKind::YesNo) => match crate::text::fold(text.trim()).as_str() {
                "true" | "yes" | "1" | "on" => Some(Self::Flag(true)),
                "false" | "no" | "0" | "off" => Some(Self::Flag(false)),
                _ => None,
            },
            _ => None,
        };
        read.unwrap_or_else(|| Self::Text(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_wire() {
        for op in Op::ALL {
            assert_eq!(serde_json::to_value(op).unwrap(), op.as_str());
        }
    }

    #[test]
    fn typed_text_becomes_what_the_kind_compares() {
        assert_eq!(Value::typed(FieldKind::Number, Op::Gt, " 30 "), Value::Number(30.0));
        assert_eq!(Value::typed(FieldKind::Text, Op::Is, "30"), Value::Text("30".into()));
        assert_eq!(Value::typed(FieldKind::Flag, Op::Is, "Yes"), Value::Flag(true));
        assert_eq!(Value::typed(FieldKind::Time, Op::WithinDays, "7"), Value::Number(7.0));
        assert_eq!(Value::typed(FieldKind::Number, Op::Is, "inf"), Value::Text("inf".into()));
        assert_eq!(Value::typed(FieldKind::Text, Op::IsSet, "x"), Value::None);
    }
}
