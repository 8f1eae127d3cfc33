//! Segments as rows, in both directions.

use crate::store::{Query, Value};
use domain::{
    ActorRef, Result, SegmentId, Timestamp,
    rule::Rule,
    segments::{Segment, SizedSegment},
    text::fold,
};
use sqlx::types::Json;
use uuid::Uuid;

crate::store::bind_ids!(SegmentId);

#[derive(sqlx::FromRow)]
pub(super) struct SegmentRow {
    id: Uuid,
    revision: i64,
    name: String,
    description: String,
    rule: Json<Rule>,
    created_by: Json<ActorRef>,
    created_at: i64,
    updated_at: i64,
    size: Option<i64>,
}

impl From<SegmentRow> for SizedSegment {
    fn from(row: SegmentRow) -> Self {
        Self { size: row.size, segment: row.into() }
    }
}

impl From<SegmentRow> for Segment {
    fn from(row: SegmentRow) -> Self {
        Self {
            id: SegmentId(row.id),
            revision: row.revision,
            name: row.name,
            description: row.description,
            rule: row.rule.0,
            created_by: row.created_by.0,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

/// Binds `segment_columns`, then `name_fold`.
pub(super) fn bind_segment(query: Query, segment: &Segment) -> Result<Query> {
    Ok(query
        .bind(segment.id)
        .bind(segment.revision)
        .bind(segment.name.as_str())
        .bind(segment.description.as_str())
        .bind_all([Value::json(&segment.rule)?, Value::json(&segment.created_by)?])
        .bind(segment.created_at)
        .bind(segment.updated_at)
        .bind(fold(&segment.name)))
}
