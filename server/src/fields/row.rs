//! Definitions of custom fields as rows, in both directions.

use crate::store::{Query, Value};
use domain::{FieldId, Result, Timestamp, fields::CustomField};
use sqlx::types::Json;
use uuid::Uuid;

crate::store::bind_ids!(FieldId);

#[derive(sqlx::FromRow)]
pub(super) struct FieldRow {
    id: Uuid,
    revision: i64,
    key: String,
    label: String,
    kind: String,
    required: bool,
    choices: Json<Vec<String>>,
    position: i64,
    created_at: i64,
    updated_at: i64,
}

impl From<FieldRow> for CustomField {
    fn from(row: FieldRow) -> Self {
        Self {
            id: FieldId(row.id),
            revision: row.revision,
            key: row.key,
            label: row.label,
            // A newer version may know more.
            kind: row.kind.parse().unwrap_or_default(),
            required: row.required,
            choices: row.choices.0,
            position: row.position,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

/// Binds all columns.
pub(super) fn bind_field(query: Query, field: &CustomField) -> Result<Query> {
    Ok(query
        .bind(field.id)
        .bind(field.revision)
        .bind(field.key.as_str())
        .bind(field.label.as_str())
        .bind(field.kind.as_str())
        .bind(field.required)
        .bind(Value::json(&field.choices)?)
        .bind(field.position)
        .bind(field.created_at)
        .bind(field.updated_at))
}
