//! Leads with folded columns that another version wrote.

use super::{
    commit::{LogMode, Write, commit},
    row::{LeadRow, RefRow},
    sql,
};
use crate::store::{self, Tx};
use domain::{
    LeadId, Result,
    error::LeadRef,
    leads::{Lead, TextField},
    rule::{custom_fold, tags_fold},
    text::folded,
};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type, types::Json};
use std::collections::BTreeMap;

pub struct Refold {
    pub lead: Lead,
    /// Whether the stored folded columns are those that this version would write.
    pub folded: bool,
}

/// The folded columns of the texts that rules can test, in their order.
struct FoldedTexts(Vec<String>);

impl<'r, R: Row> FromRow<'r, R> for FoldedTexts
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let columns = TextField::ALL.into_iter().filter_map(TextField::filter).map(|filter| row.try_get(filter.column));
        columns.collect::<sqlx::Result<_>>().map(Self)
    }
}

#[derive(FromRow)]
struct FoldRow {
    #[sqlx(flatten)]
    lead: LeadRow,
    #[sqlx(flatten)]
    texts: FoldedTexts,
    name_fold: String,
    tags_fold: String,
    custom_fold: Json<BTreeMap<String, serde_json::Value>>,
    search: String,
}

impl TryFrom<FoldRow> for Refold {
    type Error = domain::Error;
    fn try_from(row: FoldRow) -> Result<Self> {
        let lead = Lead::try_from(row.lead)?;
        let texts = TextField::ALL.into_iter().filter(|field| field.filter().is_some()).map(|field| lead.text(field).unwrap_or_default());
        let folded = folded(&lead.name) == row.name_fold
            && texts.map(folded).eq(row.texts.0.iter().map(String::as_str))
            && tags_fold(&lead.tags) == row.tags_fold
            && custom_fold(&lead.custom) == row.custom_fold.0
            && lead.search_text() == row.search;
        Ok(Self { lead, folded })
    }
}

/// The next leads by id, locked until the transaction ends.
pub async fn to_refold(tx: &mut Tx, after: LeadId, limit: usize) -> Result<Vec<Refold>> {
    let rows = tx.all::<FoldRow>(store::sql(sql::TO_REFOLD).bind(after).bind(limit as i64)).await?;
    rows.into_iter().map(Refold::try_from).collect()
}

/// The lead with this e-mail.
pub async fn with_email(tx: &mut Tx, email: &str) -> Result<Option<LeadRef>> {
    Ok(tx.optional::<RefRow>(store::sql(sql::BY_EMAIL).bind(email)).await?.map(LeadRef::from))
}

/// Rewrites the folded columns. No visible field changes, so no change is recorded.
pub async fn refold(tx: &mut Tx, lead: &Lead) -> Result<()> {
    commit(tx, Write::Update(vec![(lead.clone(), lead.clone())]), LogMode::Set).await.map(drop)
}
