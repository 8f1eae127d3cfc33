//! Recomputes a view's folded name (`name_fold`) that another version wrote.

use super::{
    row::{ViewRow, bind_view},
    sql,
};
use crate::store::{self, Tx};
use domain::{Result, UserId, ViewId, text::fold, views::View};

#[derive(sqlx::FromRow)]
struct FoldRow {
    #[sqlx(flatten)]
    view: ViewRow,
    name_fold: String,
}

/// All views, each with its stored `name_fold`.
pub async fn to_refold(tx: &mut Tx) -> Result<Vec<(View, String)>> {
    Ok(tx.all::<FoldRow>(store::sql(sql::TO_REFOLD)).await?.into_iter().map(|row| (row.view.into(), row.name_fold)).collect())
}

/// The id of the owner's view with this name.
pub async fn with_name(tx: &mut Tx, owner: UserId, name: &str) -> Result<Option<ViewId>> {
    Ok(tx.optional::<ViewRow>(store::sql(sql::BY_NAME).bind(owner).bind(fold(name))).await?.map(|row| View::from(row).id))
}

/// Writes the view and its folded name, without a change.
pub async fn refold(tx: &mut Tx, view: &View) -> Result<()> {
    tx.run_one(bind_view(store::sql(sql::UPDATE), view)?).await
}
