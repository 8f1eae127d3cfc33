//! The workspace: the one installation, with what holds for everyone in it.

use crate::{
    ChangeId, Error, FieldError, Op, Permission, Recorded, Result, Timestamp,
    activity::{ActivityKind, Names, Word},
    currency::Currency,
    given,
    record::Concerned,
    text::clean_line,
    zone::Weekday,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;

/// Id of the workspace in the log and in live queries: there is only one.
pub const ID: Uuid = Uuid::nil();

/// The settings of the workspace.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    pub revision: i64,
    pub name: String,
    /// Of every amount; ISO 4217.
    pub currency: Currency,
    /// IANA name, such as `Europe/Berlin`. Days, “today” and dates in rules are those of this zone.
    pub time_zone: String,
    /// First day of the week.
    pub week_start: Weekday,
    pub updated_at: Timestamp,
}

impl Default for Workspace {
    /// The settings before anybody has chosen any.
    fn default() -> Self {
        Self {
            revision: 1,
            name: "Linnet".to_owned(),
            currency: Currency::EUR,
            time_zone: "UTC".to_owned(),
            week_start: Weekday::Monday,
            updated_at: Timestamp(0),
        }
    }
}

impl Recorded for Workspace {
    const LIVE: Option<Permission> = Some(Permission::Read);

    fn id(&self) -> Uuid {
        ID
    }

    fn said(&self, _: Op, _: &Names) -> Option<(ActivityKind, &'static str, Word)> {
        Some((ActivityKind::Edited, "changed the settings of", Word::strong(&self.name)))
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

/// Returns the name of a time zone as its database writes it, for a name in any case; `None` for an unknown one.
pub type FindZone<'f> = &'f dyn Fn(&str) -> Option<String>;

/// Changes of the workspace. Absent fields stay unchanged; none can be `null`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WorkspacePatch {
    /// 1–80 characters.
    #[serde(deserialize_with = "given::value", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Code of ISO 4217, such as `EUR`.
    #[serde(deserialize_with = "given::value", skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// IANA name, such as `Europe/Berlin`.
    #[serde(deserialize_with = "given::value", skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `monday` … `sunday`.
    #[serde(deserialize_with = "given::value", skip_serializing_if = "Option::is_none")]
    pub week_start: Option<String>,
    /// The revision that the client saw; any other is a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}

impl WorkspacePatch {
    /// The workspace after the patch; `None` when nothing changes.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field; `Conflict` when the workspace was changed since `revision`.
    pub fn apply(self, before: &Workspace, zones: FindZone<'_>, now: Timestamp) -> Result<Option<Workspace>> {
        if self.revision.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Conflict("The settings of the workspace were changed meanwhile; look at them again".to_owned()));
        }
        let mut errors = Vec::new();
        let mut after = before.clone();
        if let Some(name) = self.name.and_then(|name| checked(&mut errors, check_name(&name))) {
            after.name = name;
        }
        if let Some(currency) = self.currency.and_then(|code| checked(&mut errors, code.parse())) {
            after.currency = currency;
        }
        if let Some(zone) = self.time_zone.and_then(|name| checked(&mut errors, check_zone(&name, zones))) {
            after.time_zone = zone;
        }
        if let Some(day) = self.week_start.and_then(|day| checked(&mut errors, day.parse())) {
            after.week_start = day;
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        if after == *before {
            return Ok(None);
        }
        after.revision += 1;
        after.updated_at = now;
        Ok(Some(after))
    }
}

/// The value, or `None` and its errors in `errors`.
fn checked<T>(errors: &mut Vec<FieldError>, checked: Result<T>) -> Option<T> {
    match checked {
        Ok(value) => Some(value),
        Err(Error::Invalid(more)) => {
            errors.extend(more);
            None
        }
        // Checks of a value have no other errors.
        Err(_) => None,
    }
}

fn check_name(name: &str) -> Result<String> {
    let name = clean_line(name);
    match name.chars().count() {
        0 => Err(Error::invalid("name", "Enter a name")),
        1..=NAME_MAX => Ok(name),
        _ => Err(Error::invalid("name", format!("At most {NAME_MAX} characters; choose a shorter name"))),
    }
}

/// The name of a time zone as its database writes it.
///
/// # Errors
/// `Invalid` on `timeZone` for an unknown one.
pub fn check_zone(name: &str, zones: FindZone<'_>) -> Result<String> {
    zones(name.trim()).ok_or_else(|| {
        let shown: String = clean_line(name).chars().take(60).collect();
        let example = "use a name of the IANA database, such as Europe/Berlin, Asia/Kolkata or UTC";
        Error::invalid("timeZone", format!("No time zone “{shown}”; {example}"))
    })
}

/// Changed settings, and the change for undo; `None` when nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedWorkspace {
    pub workspace: Workspace,
    pub undo: Option<ChangeId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(name: &str) -> Option<String> {
        ["UTC", "Asia/Kolkata"].into_iter().find(|known| known.eq_ignore_ascii_case(name)).map(str::to_owned)
    }

    fn patched(json: &str) -> Result<Option<Workspace>> {
        serde_json::from_str::<WorkspacePatch>(json).unwrap().apply(&Workspace::default(), &zones, Timestamp(5))
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let after = patched(r#"{"name":" Tern ","currency":"inr","timeZone":" asia/kolkata ","weekStart":"Sunday"}"#).unwrap().unwrap();
        let expected = Workspace {
            revision: 2,
            name: "Tern".to_owned(),
            currency: "INR".parse().unwrap(),
            time_zone: "Asia/Kolkata".to_owned(),
            week_start: Weekday::Sunday,
            updated_at: Timestamp(5),
        };
        assert_eq!(after, expected);
        assert_eq!(patched(r#"{"currency":"EUR","revision":1}"#), Ok(None));
        assert!(matches!(patched(r#"{"name":"Tern","revision":7}"#), Err(Error::Conflict(_))));
    }

    #[test]
    fn every_wrong_field_is_named_with_examples() {
        let Err(Error::Invalid(errors)) = patched(r#"{"name":" ","currency":"EURO","timeZone":"Berlin","weekStart":"someday"}"#) else {
            panic!("accepted");
        };
        let said: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.message.as_str())).collect();
        assert_eq!(said.iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["name", "currency", "timeZone", "weekStart"]);
        assert!(said[1].1.contains("EUR, USD or INR") && said[2].1.contains("Europe/Berlin") && said[3].1.contains("monday"), "{said:?}");
        assert!(serde_json::from_str::<WorkspacePatch>(r#"{"name":null}"#).is_err());
    }
}
