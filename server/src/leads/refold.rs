//! Leads with folded columns that another version wrote.

use super::{
    commit::{LogMode, Write, commit},
    row::{LeadRow, RefRow},
    sql,
};
use crate::store::{self, Tx};
use domain::{LeadId, Result, error::LeadRef, leads::Lead, rule::tags_fold, text::folded};
use sqlx::types::Json;
use std::collections::BTreeMap;

pub struct Refold {
    pub lead: Lead,
    /// Whether the stored folded columns are those that this version would write.
    pub folded: bool,
}

#[derive(sqlx::FromRow)]
struct FoldRow {
    #[sqlx(flatten)]
    lead: LeadRow,
    name_fold: String,
    company_fold: String,
    title_fold: String,
    location_fold: String,
    customer_id_fold: String,
    tags_fold: String,
    custom_fold: Json<BTreeMap<String, String>>,
    search: String,
}

impl TryFrom<FoldRow> for Refold {
    type Error = domain::Error;
    fn try_from(row: FoldRow) -> Result<Self> {
        let lead = Lead::try_from(row.lead)?;
        let same = |text: &Option<String>, kept: &str| folded(text.as_deref().unwrap_or_default()) == kept;
        // All fields by name, so that the compiler asks for each new field whether it has a folded column.
        let Lead {
            name,
            company,
            title,
            location,
            customer_id,
            tags,
            custom,
            // Without a folded column: contained in `search`, or compared as stored.
            email: _,
            phone: _,
            linkedin_url: _,
            notes: _,
            last_activity: _,
            id: _,
            revision: _,
            edited: _,
            status: _,
            connection: _,
            stage: _,
            stage_at: _,
            engaged: _,
            owner: _,
            value: _,
            score: _,
            total_spend: _,
            visits: _,
            last_active_at: _,
            consent: _,
            last_activity_at: _,
            import_id: _,
            created_at: _,
            updated_at: _,
        } = &lead;
        let folded = folded(name) == row.name_fold
            && same(company, &row.company_fold)
            && same(title, &row.title_fold)
            && same(location, &row.location_fold)
            && same(customer_id, &row.customer_id_fold)
            && tags_fold(tags) == row.tags_fold
            && custom.len() == row.custom_fold.len()
            && custom.iter().all(|(key, text)| row.custom_fold.get(folded(key).as_ref()).is_some_and(|kept| folded(text) == *kept))
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
