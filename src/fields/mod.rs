//! Custom fields: a definition says how a value of a lead is called, written and compared. Values without a definition are texts.

mod known;
mod value;

pub use known::{Fields, ShownValue};

use crate::{
    ChangeId, Error, FieldError, Op, Permission, Recorded, Result, Timestamp,
    activity::{ActivityKind, Names, Word},
    given,
    id::ids,
    imports::Target,
    leads::KEY_MAX,
    record::Concerned,
    rule::{self, CUSTOM, CustomKind, NO, Rule, Subject, Value, YES},
    text::{clean_line, same},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids! {
    /// The definition of a custom field.
    FieldId,
}

/// Most definitions.
pub const MOST: usize = 100;
/// Most choices of a field, and longest choice, in characters.
pub const CHOICES_MAX: usize = 100;
const CHOICE_MAX: usize = 100;

/// The definition of a custom field.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    pub id: FieldId,
    pub revision: i64,
    /// Name of the value in `custom` of leads and, after `custom.`, in rules and imports. It never changes.
    pub key: String,
    /// Name for people.
    pub label: String,
    pub kind: CustomKind,
    /// People who add a lead must give a value.
    pub required: bool,
    /// The values of a choice, in their order; empty for other types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Smaller ones come first.
    pub position: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Recorded for CustomField {
    const LIVE: Option<Permission> = Some(Permission::Read);

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn said(&self, op: Op, _: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        let (kind, verb) = match op {
            Op::Delete => (ActivityKind::Deleted, "deleted the custom field"),
            Op::Restore => (ActivityKind::Restored, "restored the custom field"),
            Op::Update => (ActivityKind::Edited, "edited the custom field"),
            Op::Create | Op::Bulk => (ActivityKind::Added, "added the custom field"),
        };
        Some((kind, verb, Word::strong(&self.label)))
    }

    /// Rules mean the same whatever the definition says.
    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

impl CustomField {
    /// Its name in rules, imports and forms, and of its errors.
    pub fn name(&self) -> String {
        format!("{CUSTOM}{}", self.key)
    }

    /// The rule of the leads that have a value.
    pub fn is_set(&self) -> Rule {
        Rule::test(self.name(), rule::Op::IsSet, Value::None)
    }

    /// The rule of the leads whose value does not fit: `fits` says the same of one value.
    pub fn misfits(&self) -> Rule {
        let test = |op, value| Rule::test(self.name(), op, value);
        let fits = match self.kind {
            CustomKind::Text => return Rule::nobody(),
            CustomKind::Number => test(rule::Op::Gte, Value::Number(-1e300)),
            CustomKind::Date => test(rule::Op::Gte, Value::Text("0000-01-01".to_owned())),
            CustomKind::Choice => test(rule::Op::Is, Value::List(self.choices.clone())),
            CustomKind::YesNo => test(rule::Op::Is, Value::List([YES, NO].map(str::to_owned).into())),
        };
        Rule::All(vec![self.is_set(), Rule::Not(Box::new(fits))])
    }

    pub fn is_written_by(&self, targets: &[Target]) -> bool {
        targets.iter().any(|target| matches!(target, Target::Custom(key) if same(key, &self.key)))
    }

    pub fn is_tested_by(&self, rule: &Rule) -> bool {
        rule.tests().iter().any(|test| matches!(test.subject(), Some(Subject::Custom(key)) if same(&key, &self.key)))
    }

    /// # Errors
    /// `Invalid`, with one entry per member.
    fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        self.label = clean_line(&self.label);
        self.key = clean_line(&self.key);
        for (member, text) in [("label", &self.label), ("key", &self.key)] {
            match text.chars().count() {
                0 => errors.push(FieldError::new(member, "Enter a name")),
                1..=KEY_MAX => {}
                _ => errors.push(FieldError::new(member, format!("At most {KEY_MAX} characters; choose a shorter name"))),
            }
        }
        let mut choices: Vec<String> = Vec::new();
        for choice in self.choices.iter().map(|choice| clean_line(choice)).filter(|choice| !choice.is_empty()) {
            if choice.chars().count() > CHOICE_MAX {
                errors.push(FieldError::new("choices", format!("A choice has at most {CHOICE_MAX} characters; shorten “{choice}”")));
            } else if !choices.iter().any(|one| same(one, &choice)) {
                choices.push(choice);
            }
        }
        if choices.len() > CHOICES_MAX {
            errors.push(FieldError::new("choices", format!("At most {CHOICES_MAX} choices; use a text for more")));
        }
        if self.kind == CustomKind::Choice && choices.is_empty() && errors.is_empty() {
            errors.push(FieldError::new("choices", "Enter at least one choice"));
        }
        self.choices = if self.kind == CustomKind::Choice { choices } else { Vec::new() };
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}

/// Input for a new definition.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewField {
    /// 1–100 characters.
    pub label: String,
    /// Its key in leads; the label when it is left out. Leads that have values under this key have them in this field.
    pub key: Option<String>,
    #[serde(deserialize_with = "given::present")]
    pub kind: CustomKind,
    #[serde(deserialize_with = "given::present")]
    pub required: bool,
    /// Only for choices.
    #[serde(deserialize_with = "given::present_or_empty")]
    pub choices: Vec<String>,
}

impl NewField {
    /// # Errors
    /// `Invalid`, with one entry per member.
    pub fn into_field(self, id: FieldId, position: i64, now: Timestamp) -> Result<CustomField> {
        let key = self.key.filter(|key| !clean_line(key).is_empty()).unwrap_or_else(|| self.label.clone());
        let Self { label, kind, required, choices, .. } = self;
        CustomField { id, revision: 1, key, label, kind, required, choices, position, created_at: now, updated_at: now }.check()
    }
}

/// Changes of a definition. Absent members stay unchanged; none can be `null`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FieldPatch {
    #[serde(deserialize_with = "given::value")]
    pub label: Option<String>,
    /// With values that do not fit the new type, only with `keepMisfits`.
    #[serde(deserialize_with = "given::value")]
    pub kind: Option<CustomKind>,
    #[serde(deserialize_with = "given::value")]
    pub required: Option<bool>,
    /// As `kind`: a choice that leads have is taken away only with `keepMisfits`.
    #[serde(deserialize_with = "given::value")]
    pub choices: Option<Vec<String>>,
    /// Its place among the fields, from 0.
    #[serde(deserialize_with = "given::value")]
    pub place: Option<u32>,
    /// Change type or choices although leads have values that do not fit. They keep these, which are shown as not fitting.
    #[serde(deserialize_with = "given::present")]
    pub keep_misfits: bool,
    /// The revision that the client saw; any other is a conflict.
    pub revision: Option<i64>,
}

impl FieldPatch {
    /// The definition after the patch, without its `place`; `None` when nothing changes.
    ///
    /// # Errors
    /// `Invalid`, with one entry per member; `Conflict` when it was changed since `revision`.
    pub fn apply(&self, before: &CustomField, now: Timestamp) -> Result<Option<CustomField>> {
        if self.revision.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Conflict(format!("The field {} was changed meanwhile; look at it again", before.label)));
        }
        let given = |text: &Option<String>, before: &str| text.clone().unwrap_or_else(|| before.to_owned());
        let after = CustomField {
            label: given(&self.label, &before.label),
            kind: self.kind.unwrap_or(before.kind),
            required: self.required.unwrap_or(before.required),
            choices: self.choices.clone().unwrap_or_else(|| before.choices.clone()),
            ..before.clone()
        };
        let after = after.check()?;
        Ok((after != *before).then(|| CustomField { revision: before.revision + 1, updated_at: now, ..after }))
    }
}

/// An edited definition, and the change for undo; `None` when nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedField {
    pub field: CustomField,
    pub undo: Option<ChangeId>,
}

/// Where a custom field is used.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldUse {
    /// Leads that have a value.
    pub leads: i64,
    /// Of these, leads whose value does not fit the definition.
    pub misfits: i64,
    /// Names of the segments whose rule tests it.
    pub segments: Vec<String>,
    /// Names of the shared views, and of those of the reader, that filter by it.
    pub views: Vec<String>,
    /// Files of the imports that wait or run and write it.
    pub imports: Vec<String>,
}

/// Distance of the positions of two fields that were added after each other.
pub const GAP: i64 = 1 << 32;

/// The position of a field that is put to `place` (from 0) among the `others`, which are in order. `None` when there is no room: then all
/// get new positions.
pub fn position_at(others: &[&CustomField], place: usize) -> Option<i64> {
    let place = place.min(others.len());
    let before = place.checked_sub(1).map(|at| others[at].position);
    let after = others.get(place).map(|field| field.position);
    match (before, after) {
        (None, None) => Some(GAP),
        (Some(before), None) => Some(before + GAP),
        (None, Some(after)) => Some(after - GAP),
        (Some(before), Some(after)) => Some(before + (after - before) / 2).filter(|middle| (before + 1..after).contains(middle)),
    }
}

#[cfg(test)]
mod tests;
