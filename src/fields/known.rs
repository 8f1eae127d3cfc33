//! All definitions, and what they ask of leads and rules.

use super::{CustomField, FieldId};
use crate::{
    Error, FieldError, Result,
    leads::Custom,
    rule::{CustomKind, FieldKind, Op, Rule, Subject, Test, Value, ops_for, takes_value},
    text::{fold, folded, same},
};
use serde::{Deserialize, Serialize};

/// All definitions, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(Vec<CustomField>);

impl Fields {
    pub fn new(mut fields: Vec<CustomField>) -> Self {
        fields.sort_by_key(|field| (field.position, field.id));
        Self(fields)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, CustomField> {
        self.0.iter()
    }

    pub fn get(&self, id: FieldId) -> Option<&CustomField> {
        self.0.iter().find(|field| field.id == id)
    }

    /// The definition of a key, however it is written.
    pub fn of(&self, key: &str) -> Option<&CustomField> {
        self.0.iter().find(|field| same(&field.key, key))
    }

    /// The definition of a field that a rule names.
    pub fn named(&self, field: &str) -> Option<&CustomField> {
        match Subject::find(field)? {
            Subject::Custom(key) => self.of(&key),
            Subject::Field(_) => None,
        }
    }

    /// The values of a lead for people: defined ones in their order, then the others.
    pub fn shown(&self, custom: &Custom) -> Vec<ShownValue> {
        let mut shown: Vec<_> = custom
            .iter()
            .map(|(key, text)| {
                let place = self.0.iter().position(|field| same(&field.key, key));
                let value = match place.map(|place| &self.0[place]) {
                    Some(field) => ShownValue { label: field.label.clone(), value: field.shown(text), fits: field.fits(text) },
                    None => ShownValue { label: key.clone(), value: text.clone(), fits: true },
                };
                (place.unwrap_or(usize::MAX), value)
            })
            .collect();
        shown.sort_by_key(|(place, _)| *place);
        shown.into_iter().map(|(_, value)| value).collect()
    }

    /// With this definition, unless a newer one is known.
    #[must_use]
    pub fn with(&self, field: &CustomField) -> Self {
        if self.0.iter().any(|one| one.id == field.id && one.revision > field.revision) {
            return self.clone();
        }
        let others = self.0.iter().filter(|one| one.id != field.id);
        Self::new(others.chain([field]).cloned().collect())
    }

    #[must_use]
    pub fn without(&self, id: FieldId) -> Self {
        Self(self.0.iter().filter(|one| one.id != id).cloned().collect())
    }

    /// The values of a new lead, as they are kept. `required`: whether a person adds it, who must give required ones.
    ///
    /// # Errors
    /// `Invalid` on `custom.<key>` for each value that is missing or does not fit.
    pub fn check_new(&self, custom: Custom, required: bool) -> Result<Custom> {
        let mut errors = Vec::new();
        let kept = self.check(custom, &Custom::new(), &mut errors);
        for field in self.0.iter().filter(|field| required && field.required && !has(&kept, field)) {
            if errors.iter().all(|error| error.field != field.name()) {
                errors.push(FieldError::new(field.name(), format!("Enter a value for {}", field.label)));
            }
        }
        if errors.is_empty() { Ok(kept) } else { Err(Error::Invalid(errors)) }
    }

    /// The values of a lead after an edit, as they are kept. A value that was there stays as it is, also one that does not fit.
    ///
    /// # Errors
    /// `Invalid` on `custom.<key>` for each new value that does not fit, and each required one that was taken away.
    pub fn check_edit(&self, before: &Custom, after: Custom) -> Result<Custom> {
        let mut errors = Vec::new();
        let kept = self.check(after, before, &mut errors);
        for field in self.0.iter().filter(|field| field.required && has(before, field) && !has(&kept, field)) {
            errors.push(FieldError::new(field.name(), format!("{} is required; enter a value", field.label)));
        }
        if errors.is_empty() { Ok(kept) } else { Err(Error::Invalid(errors)) }
    }

    /// A value under a key, both as they are kept.
    ///
    /// # Errors
    /// What is wrong with the value, and what to write instead.
    pub fn read(&self, key: &str, text: &str) -> Result<(String, String), String> {
        match self.of(key) {
            Some(field) => Ok((field.key.clone(), field.read(text)?)),
            None => Ok((key.to_owned(), text.to_owned())),
        }
    }

    fn check(&self, custom: Custom, before: &Custom, errors: &mut Vec<FieldError>) -> Custom {
        let read = |(key, text): (String, String)| {
            let Some(field) = self.of(&key).filter(|_| before.get(&key) != Some(&text)) else { return (key, text) };
            // The definition's spelling is that of new values.
            let key = if before.contains_key(&key) { key } else { field.key.clone() };
            let text = field.read(&text).unwrap_or_else(|message| {
                errors.push(FieldError::new(field.name(), format!("{}: {message}", field.label)));
                text
            });
            (key, text)
        };
        custom.into_iter().map(read).collect()
    }

    /// Checks the tests of custom fields against their definitions. The rule itself is already checked.
    ///
    /// # Errors
    /// `Invalid`, with the path of each wrong test.
    pub fn check_rule(&self, rule: &Rule) -> Result<()> {
        let mut errors = Vec::new();
        if !self.0.is_empty() {
            self.each_test(rule, "rule", &mut errors);
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }

    fn each_test(&self, rule: &Rule, path: &str, errors: &mut Vec<FieldError>) {
        let (parts, name) = match rule {
            Rule::All(parts) => (parts, "all"),
            Rule::Any(parts) => (parts, "any"),
            Rule::Not(part) => return self.each_test(part, &format!("{path}.not"), errors),
            Rule::Test(test) => return errors.extend(self.check_test(test, path)),
        };
        for (at, part) in parts.iter().enumerate() {
            self.each_test(part, &format!("{path}.{name}[{at}]"), errors);
        }
    }

    fn check_test(&self, test: &Test, path: &str) -> Option<FieldError> {
        let field = self.named(&test.field)?;
        let wrong = |member: &str, message: String| Some(FieldError::new(format!("{path}.{member}"), message));
        let ops = ops_for(FieldKind::Custom(field.kind));
        if !ops.iter().any(|(op, _)| *op == test.op) {
            let known: Vec<_> = ops.iter().map(|(op, _)| op.as_str()).collect();
            return wrong("op", format!("{} has no “{}”; use one of: {}", field.label, test.op.as_str(), known.join(", ")));
        }
        if !takes_value(test.op) {
            return None;
        }
        // A number of days, as `Rule::check` knows.
        if test.op.counts_days() {
            return None;
        }
        let texts = match &test.value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::List(texts) => texts,
            Value::None | Value::Flag(_) | Value::Number(_) => &[],
        };
        let message = match (field.kind, &test.value) {
            (CustomKind::Text, Value::Text(_) | Value::List(_))
            | (CustomKind::Number, Value::Number(_))
            | (CustomKind::YesNo, Value::Flag(_)) => return None,
            (CustomKind::Date, Value::Text(_) | Value::List(_)) if texts.iter().all(|text| field.fits(text)) => return None,
            (CustomKind::Choice, Value::Text(_) | Value::List(_)) => {
                let unknown = texts.iter().find(|text| !field.fits(text))?;
                field.read(unknown).err().map(|message| format!("{unknown}: {message}"))?
            }
            (CustomKind::Text, _) => "Give a text, or a list of texts".to_owned(),
            (CustomKind::Number, _) => "Give a number".to_owned(),
            (CustomKind::Date, _) if matches!(test.op, Op::Is | Op::IsNot) => {
                "Give a date such as 2026-11-21, or a list of dates".to_owned()
            }
            (CustomKind::Date, _) => "Give a date such as 2026-11-21".to_owned(),
            (CustomKind::Choice, _) => "Give one of the choices, or a list of them".to_owned(),
            (CustomKind::YesNo, _) => "Give true or false".to_owned(),
        };
        wrong("value", message)
    }
}

/// A value for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownValue {
    pub label: String,
    pub value: String,
    /// Whether it is one of its field.
    pub fits: bool,
}

impl<'f> IntoIterator for &'f Fields {
    type Item = &'f CustomField;
    type IntoIter = std::slice::Iter<'f, CustomField>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn has(custom: &Custom, field: &CustomField) -> bool {
    let wanted = fold(&field.key);
    custom.iter().any(|(key, text)| !text.is_empty() && folded(key) == wanted)
}
