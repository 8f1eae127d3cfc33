//! Conversion between the value of a test and the texts that people type for it.

use domain::{
    amount::amount,
    fields::Fields,
    leads::Stage,
    rule::{CustomKind, FieldKind, Op, Referent, Subject, Test, Value, takes_value, word_label},
};

/// The kind of a field; of an unknown one, text. `fields`: the definitions of custom fields.
pub fn kind_of(fields: &Fields, field: &str) -> FieldKind {
    match fields.named(field) {
        Some(custom) => FieldKind::Custom(custom.kind),
        None => Subject::find(field).map_or(FieldKind::Text, |subject| subject.kind()),
    }
}

/// Names and labels of the custom fields, for a list of fields.
pub fn custom(fields: &Fields) -> Vec<(String, String)> {
    fields.iter().map(|field| (field.name(), field.label.clone())).collect()
}

/// The texts of a value: one each, several of a list, none of a test without value.
pub fn texts(test: &Test) -> Vec<String> {
    match &test.value {
        Value::None => Vec::new(),
        Value::Flag(flag) => vec![flag.to_string()],
        // Two decimals, because an amount with three decimals would be parsed as thousands.
        Value::Number(number) if test.kind() == Some(FieldKind::Money) && number.fract() != 0.0 => vec![format!("{number:.2}")],
        Value::Number(number) => vec![number.to_string()],
        Value::Text(text) => vec![text.clone()],
        Value::List(list) => list.clone(),
    }
}

/// The value of these texts. What cannot be converted stays text, and `Rule::check` reports the error.
pub fn value(kind: FieldKind, op: Op, texts: &[String]) -> Value {
    match texts {
        [] => Value::None,
        [text] => match amount(text).filter(|_| kind == FieldKind::Money && takes_value(op)) {
            Some(cents) => Value::Number(cents as f64 / 100.0),
            None => Value::typed(kind, op, text.trim()),
        },
        _ if !takes_value(op) => Value::None,
        texts => Value::List(texts.iter().map(|text| text.trim().to_owned()).collect()),
    }
}

/// Values and labels of a field that has a fixed list of values.
pub fn choices(fields: &Fields, field: &str) -> Option<Vec<(String, String)>> {
    match kind_of(fields, field) {
        FieldKind::Custom(CustomKind::Choice) => {
            fields.named(field).map(|field| field.choices.iter().map(|choice| (choice.clone(), choice.clone())).collect())
        }
        FieldKind::Words(words) => Some(words.iter().map(|word| ((*word).to_owned(), word_label(word))).collect()),
        FieldKind::Stage => Some(Stage::ALL.iter().map(|stage| (stage.as_str().to_owned(), stage.label().to_owned())).collect()),
        FieldKind::Flag | FieldKind::Custom(CustomKind::YesNo) => {
            Some(vec![("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())])
        }
        _ => None,
    }
}

/// First option of a list of records.
pub fn prompt(referent: Referent) -> &'static str {
    match referent {
        Referent::User => "Choose an owner",
        Referent::Campaign => "Choose a campaign",
        Referent::Import => "Choose an import",
        Referent::Segment => "Choose a segment",
    }
}

pub fn counts_days(op: Op) -> bool {
    matches!(op, Op::WithinDays | Op::OlderThanDays)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rule::OrderFilter;

    fn back(field: &str, op: Op, typed: &[&str]) -> Vec<String> {
        let texts_typed: Vec<_> = typed.iter().map(|text| (*text).to_owned()).collect();
        let value = value(kind_of(&Fields::default(), field), op, &texts_typed);
        texts(&Test { field: field.to_owned(), op, value, which: OrderFilter::default() })
    }

    #[test]
    fn what_is_typed_comes_back() {
        assert_eq!(back("stage", Op::Is, &["Closed Won", "Negotiation"]), ["Closed Won", "Negotiation"]);
        assert_eq!(back("value", Op::Gt, &["€1.234,50"]), ["1234.50"]);
        assert_eq!(back("created_at", Op::WithinDays, &["7"]), ["7"]);
        assert_eq!(back("engaged", Op::Is, &["false"]), ["false"]);
        assert_eq!(back("company", Op::IsSet, &["x"]), [""; 0]);
        assert_eq!(back("score", Op::Is, &["many"]), ["many"]);
    }
}
