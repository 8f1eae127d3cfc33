//! Saved views as rows, in both directions.

use crate::store::{Query, Value};
use domain::{
    Result, Timestamp, UserId, ViewId,
    text::fold,
    views::{View, ViewQuery},
};
use sqlx::types::Json;
use uuid::Uuid;

crate::store::bind_ids!(domain::ViewId);

#[derive(sqlx::FromRow)]
pub(super) struct ViewRow {
    id: Uuid,
    revision: i64,
    name: String,
    shared: bool,
    owner: Uuid,
    query: Json<ViewQuery>,
    position: i64,
    created_at: i64,
    updated_at: i64,
}

impl From<ViewRow> for View {
    fn from(row: ViewRow) -> Self {
        Self {
            id: ViewId(row.id),
            revision: row.revision,
            name: row.name,
            shared: row.shared,
            owner: UserId(row.owner),
            query: row.query.0,
            position: row.position,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

/// Binds `view_columns`, then `name_fold`.
pub(super) fn bind_view(query: Query, view: &View) -> Result<Query> {
    Ok(query
        .bind(view.id)
        .bind(view.revision)
        .bind(view.name.as_str())
        .bind(view.shared)
        .bind(view.owner)
        .bind(Value::json(&view.query)?)
        .bind(view.position)
        .bind(view.created_at)
        .bind(view.updated_at)
        .bind(fold(&view.name)))
}
