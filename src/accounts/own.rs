//! What users change of their own account, without a password.

use super::{User, check_name};
use crate::{
    Error, Result, given,
    workspace::{FindZone, check_zone},
};
use serde::{Deserialize, Serialize};

/// Changes of one's own account. Absent fields stay unchanged.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OwnPatch {
    /// 1–120 characters; cannot be `null`.
    #[serde(deserialize_with = "given::value", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The time zone to read times in, an IANA name such as `Europe/Berlin`. `null` or an empty text: the workspace's.
    #[serde(deserialize_with = "given::value_or_none", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub time_zone: Option<Option<String>>,
}

impl OwnPatch {
    /// The account after the patch.
    ///
    /// # Errors
    /// `Invalid` on `name` and `timeZone`.
    pub fn apply(self, before: &User, zones: FindZone<'_>) -> Result<User> {
        let mut after = before.clone();
        let mut errors = Vec::new();
        match self.name.map(|name| check_name(&name)).transpose() {
            Ok(name) => after.name = name.unwrap_or(after.name),
            Err(error) => errors.push(error),
        }
        if let Some(zone) = self.time_zone {
            match zone.filter(|name| !name.trim().is_empty()).map(|name| check_zone(&name, zones)).transpose() {
                Ok(zone) => after.time_zone = zone,
                Err(Error::Invalid(more)) => errors.extend(more),
                Err(other) => return Err(other),
            }
        }
        if errors.is_empty() { Ok(after) } else { Err(Error::Invalid(errors)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Role, Timestamp, UserId};

    fn patched(json: &str) -> Result<User> {
        let zones = |name: &str| name.eq_ignore_ascii_case("asia/kolkata").then(|| "Asia/Kolkata".to_owned());
        let id = UserId(uuid::Uuid::nil());
        let user = User::new(id, "ana@example.org".to_owned(), "Ana".to_owned(), Role::Viewer, Timestamp(0), true);
        let user = User { time_zone: Some("UTC".to_owned()), ..user };
        serde_json::from_str::<OwnPatch>(json).unwrap().apply(&user, &zones)
    }

    #[test]
    fn a_zone_is_set_kept_and_cleared() {
        let zone = |json: &str| patched(json).unwrap().time_zone;
        assert_eq!(zone(r#"{"timeZone":" asia/KOLKATA "}"#).as_deref(), Some("Asia/Kolkata"));
        assert_eq!(zone(r#"{"name":"Anna"}"#).as_deref(), Some("UTC"));
        assert_eq!((zone(r#"{"timeZone":null}"#), zone(r#"{"timeZone":" "}"#)), (None, None));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let Err(Error::Invalid(errors)) = patched(r#"{"name":" ","timeZone":"Berlin"}"#) else { panic!("accepted") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["name", "timeZone"]);
        assert!(serde_json::from_str::<OwnPatch>(r#"{"name":null}"#).is_err());
    }
}
