//! People's own profiles on a social network, with the limits that each person keeps on them.

use crate::{
    Error, FieldError, Op, Recorded, Result, Timestamp, UserId, given,
    id::ids,
    leads::{TEXT_MAX, check_length, check_link, web_link},
    record::Concerned,
    text::clean_line,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

ids! {
    /// A person's own profile on a social network.
    ProfileId,
}

/// Largest limit, and largest count.
const NUMBER_MAX: i64 = 100_000;

/// A person's own profile. Linnet does not act on the network: the counts and their reset are as its clients set them.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub id: ProfileId,
    /// Only they and administrators see it.
    pub owner: UserId,
    pub name: String,
    pub linkedin_url: String,
    pub is_active: bool,
    pub is_primary: bool,
    /// Most requests and messages a day.
    pub daily_limit: i64,
    /// Most requests and messages a week.
    pub weekly_limit: i64,
    pub current_daily_count: i64,
    pub current_weekly_count: i64,
    /// When the counts were last set to 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reset_date: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Recorded for Profile {
    const HIDDEN: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn is_seen_by(&self, user: Option<UserId>) -> bool {
        Some(self.owner) == user
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

/// Input for a new profile.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewProfile {
    pub name: String,
    pub linkedin_url: String,
    pub daily_limit: i64,
    pub weekly_limit: i64,
}

impl Default for NewProfile {
    fn default() -> Self {
        Self { name: String::new(), linkedin_url: String::new(), daily_limit: 50, weekly_limit: 200 }
    }
}

impl NewProfile {
    /// # Errors
    /// `Invalid`, with one entry per field.
    pub fn into_profile(self, id: ProfileId, owner: UserId, now: Timestamp) -> Result<Profile> {
        let profile = Profile {
            id,
            owner,
            name: self.name,
            linkedin_url: self.linkedin_url,
            is_active: true,
            is_primary: false,
            daily_limit: self.daily_limit,
            weekly_limit: self.weekly_limit,
            current_daily_count: 0,
            current_weekly_count: 0,
            last_reset_date: None,
            created_at: now,
            updated_at: now,
        };
        profile.check()
    }
}

/// Changes of a profile. Absent fields stay unchanged.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProfilePatch {
    #[serde(deserialize_with = "given::value")]
    pub name: Option<String>,
    #[serde(deserialize_with = "given::value")]
    pub linkedin_url: Option<String>,
    #[serde(deserialize_with = "given::value")]
    pub is_active: Option<bool>,
    #[serde(deserialize_with = "given::value")]
    pub is_primary: Option<bool>,
    #[serde(deserialize_with = "given::value")]
    pub daily_limit: Option<i64>,
    #[serde(deserialize_with = "given::value")]
    pub weekly_limit: Option<i64>,
    #[serde(deserialize_with = "given::value")]
    pub current_daily_count: Option<i64>,
    #[serde(deserialize_with = "given::value")]
    pub current_weekly_count: Option<i64>,
    #[serde(deserialize_with = "given::value")]
    pub last_reset_date: Option<Timestamp>,
}

impl ProfilePatch {
    /// The profile after the patch; `None` when nothing changes.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field.
    pub fn apply(self, before: &Profile, now: Timestamp) -> Result<Option<Profile>> {
        let before = before.clone();
        let after = Profile {
            name: self.name.unwrap_or_else(|| before.name.clone()),
            linkedin_url: self.linkedin_url.unwrap_or_else(|| before.linkedin_url.clone()),
            is_active: self.is_active.unwrap_or(before.is_active),
            is_primary: self.is_primary.unwrap_or(before.is_primary),
            daily_limit: self.daily_limit.unwrap_or(before.daily_limit),
            weekly_limit: self.weekly_limit.unwrap_or(before.weekly_limit),
            current_daily_count: self.current_daily_count.unwrap_or(before.current_daily_count),
            current_weekly_count: self.current_weekly_count.unwrap_or(before.current_weekly_count),
            last_reset_date: self.last_reset_date.or(before.last_reset_date),
            ..before.clone()
        };
        let after = after.check()?;
        Ok((after != before).then_some(Profile { updated_at: now, ..after }))
    }
}

impl Profile {
    fn check(mut self) -> Result<Self> {
        let mut errors = Vec::new();
        self.name = clean_line(&self.name);
        self.linkedin_url = web_link(clean_line(&self.linkedin_url));
        if self.name.is_empty() {
            errors.push(FieldError::new("name", "Enter a name"));
        }
        check_length("name", Some(&self.name), TEXT_MAX, &mut errors);
        check_length("linkedinUrl", Some(&self.linkedin_url), TEXT_MAX, &mut errors);
        check_link(Some(&self.linkedin_url), &mut errors);
        for (field, number) in [
            ("dailyLimit", self.daily_limit),
            ("weeklyLimit", self.weekly_limit),
            ("currentDailyCount", self.current_daily_count),
            ("currentWeeklyCount", self.current_weekly_count),
        ] {
            if !(0..=NUMBER_MAX).contains(&number) {
                errors.push(FieldError::new(field, "Enter a number from 0 to 100,000"));
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}
