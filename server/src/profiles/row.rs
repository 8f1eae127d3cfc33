//! Profiles as rows, in both directions.

use crate::store::Query;
use domain::{ProfileId, Timestamp, UserId, profiles::Profile};
use uuid::Uuid;

crate::store::bind_ids!(ProfileId);

#[derive(sqlx::FromRow)]
pub(super) struct ProfileRow {
    id: Uuid,
    owner: Uuid,
    name: String,
    linkedin_url: String,
    is_active: bool,
    is_primary: bool,
    daily_limit: i64,
    weekly_limit: i64,
    current_daily_count: i64,
    current_weekly_count: i64,
    last_reset_date: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        Self {
            id: ProfileId(row.id),
            owner: UserId(row.owner),
            name: row.name,
            linkedin_url: row.linkedin_url,
            is_active: row.is_active,
            is_primary: row.is_primary,
            daily_limit: row.daily_limit,
            weekly_limit: row.weekly_limit,
            current_daily_count: row.current_daily_count,
            current_weekly_count: row.current_weekly_count,
            last_reset_date: row.last_reset_date.map(Timestamp),
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

/// Binds all columns.
pub(super) fn bind_profile(query: Query, profile: &Profile) -> Query {
    query
        .bind(profile.id)
        .bind(profile.owner)
        .bind(profile.name.as_str())
        .bind(profile.linkedin_url.as_str())
        .bind(profile.is_active)
        .bind(profile.is_primary)
        .bind(profile.daily_limit)
        .bind(profile.weekly_limit)
        .bind(profile.current_daily_count)
        .bind(profile.current_weekly_count)
        .bind(profile.last_reset_date)
        .bind(profile.created_at)
        .bind(profile.updated_at)
}
