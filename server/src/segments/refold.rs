//! Recomputes a segment's folded name (`name_fold`) that another version wrote.

use super::{
    row::{SegmentRow, bind_segment},
    sql,
};
use crate::store::{self, Tx, Value};
use domain::{Result, SegmentId, segments::Segment, text::fold};

#[derive(sqlx::FromRow)]
struct FoldRow {
    #[sqlx(flatten)]
    segment: SegmentRow,
    name_fold: String,
}

/// All segments, each with its stored `name_fold`.
pub async fn to_refold(tx: &mut Tx) -> Result<Vec<(Segment, String)>> {
    Ok(tx.all::<FoldRow>(store::sql(sql::TO_REFOLD)).await?.into_iter().map(|row| (row.segment.into(), row.name_fold)).collect())
}

/// The id of the segment with this name.
pub async fn with_name(tx: &mut Tx, name: &str) -> Result<Option<SegmentId>> {
    Ok(tx.optional::<SegmentRow>(store::sql(sql::BY_NAME).bind(fold(name))).await?.map(|row| Segment::from(row).id))
}

/// Writes the segment and its folded name, without a change.
pub async fn refold(tx: &mut Tx, segment: &Segment) -> Result<()> {
    tx.run_one(bind_segment(store::sql(sql::UPDATE), segment)?).await
}

/// Lets all segments be counted: the folded texts of leads were written anew, or days begin at other times.
pub async fn recount_all(tx: &mut Tx) -> Result<()> {
    // None is created meanwhile, and counted without this write.
    tx.run(store::sql(sql::LOCK_ALL)).await?;
    let ids: Vec<SegmentId> = to_refold(tx).await?.into_iter().map(|(segment, _)| segment.id).collect();
    tx.run(store::sql(sql::COUNT_ASKED).bind_all([Value::json(&ids)?])).await?;
    tx.begin_generation().await
}
