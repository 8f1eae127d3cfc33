//! Metadata of lists.

use domain::Timestamp;
use serde::Serialize;

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListMeta {
    timestamp: Timestamp,
    /// Only in the outreach contract: always `database`.
    source: &'static str,
    /// The data includes every change up to this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<i64>,
}

impl ListMeta {
    pub fn new(timestamp: Timestamp, as_of: Option<i64>) -> Self {
        Self { timestamp, source: "database", as_of }
    }
}
