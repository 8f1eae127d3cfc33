//! The start of an import: its options are checked, and it is leased to this server.

use super::{Imports, put, sql};
use crate::{campaigns, jobs};
use domain::{
    Actor, Error, ImportId, Permission, Result,
    imports::{Import, ImportKind, ImportOptions, ImportStatus, Mapping, OnDuplicate},
};

impl Imports {
    /// Uploaded → running, with checked options.
    pub(super) async fn begin(&self, actor: &Actor, id: ImportId, options: ImportOptions) -> Result<Import> {
        let lease = self.jobs.holding(id.0);
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = sql::lock(tx, id).await?;
                    if before.status != ImportStatus::Uploaded {
                        return Err(Error::Conflict(format!(
                            "This import was started before; it is {}. Upload the file again",
                            before.status
                        )));
                    }
                    let options = settled(&before, options)?;
                    let kind = options.kind.unwrap_or_default();
                    let tags = Mapping::new(kind, &before.columns, &options.mapping, &options.tags)?.tags;
                    if let Some(campaign) = options.campaign_id {
                        tx.actor().require(Permission::WriteCampaigns)?;
                        // How many leads it brings is known when they are read: it pauses where the campaign becomes too large.
                        campaigns::open_for(tx, campaign, 0).await?;
                    }
                    let options = ImportOptions { tags, ..options };
                    let after = Import { status: ImportStatus::Running, options, started_at: Some(tx.now()), ..before.clone() };
                    let begun = put(tx, before, after).await?;
                    // Lease in the same transaction, so that no other server claims the job first.
                    jobs::hold(tx, lease).await?;
                    Ok(begun)
                })
            })
            .await
    }
}

/// The options with what the file holds, and with the mapping unless it is the guessed one.
///
/// # Errors
/// `Invalid` on an option that only leads have, for a file of orders.
fn settled(import: &Import, options: ImportOptions) -> Result<ImportOptions> {
    let kind = options.kind.unwrap_or_else(|| import.kind());
    if kind == ImportKind::Orders {
        let wrong = |field, why: &str| Err(Error::invalid(field, format!("{why}; leave this out, or import leads")));
        match &options {
            ImportOptions { on_duplicate: OnDuplicate::Update, .. } => {
                return wrong("onDuplicate", "An order that is there is never changed");
            }
            ImportOptions { tags, .. } if !tags.is_empty() => return wrong("tags", "Orders have no tags"),
            ImportOptions { campaign_id: Some(_), .. } => return wrong("campaignId", "Orders are in no campaign"),
            _ => {}
        }
    }
    let mapping = if options.mapping.is_empty() && kind != import.kind() { import.guessed(kind) } else { options.mapping };
    Ok(ImportOptions { kind: Some(kind), mapping, ..options })
}
