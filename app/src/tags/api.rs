//! Server functions of tags. Forms answer with a redirect, without scripts.

use crate::ask::{Json, Result};
#[cfg(feature = "ssr")]
use crate::ask::{actor, redirect_form, refuse, services};
use domain::{
    Snapshot,
    bulk::Bulk,
    tags::{TagDetail, Tags},
};
#[cfg(feature = "ssr")]
use domain::{
    bulk::{BulkAction, NewBulk},
    leads::Selection,
    tags::rule_of,
};
use leptos::prelude::*;

#[server(prefix = "/sfn", endpoint = "tags/list", input = Json, output = Json)]
pub async fn list_tags(search: String) -> Result<Snapshot<Tags>> {
    Ok(services()?.tags.list(&actor()?, &search).await?)
}

#[server(prefix = "/sfn", endpoint = "tags/load", input = Json, output = Json)]
pub async fn load_tag(name: String) -> Result<Option<TagDetail>> {
    Ok(services()?.tags.get(&actor()?, &name).await?)
}

/// Puts the tag `to` in the place of `tag` on every lead. When `to` is there already, the two become one.
#[server(prefix = "/sfn", endpoint = "tags/rename", output = Json)]
pub async fn rename_tag(tag: String, to: String) -> Result<Bulk> {
    let (form, typed) = (super::tag_href(&tag), [("to".to_owned(), to.clone())]);
    let renamed = start(Selection::Matching(rule_of(&tag)), BulkAction::RenameTag { tag, to });
    let bulk = renamed.await.map_err(|error| refuse::<RenameTag>(&form, typed, error))?;
    redirect_form(super::LIST);
    Ok(bulk)
}

/// Removes the tag from every lead.
#[server(prefix = "/sfn", endpoint = "tags/delete", output = Json)]
pub async fn delete_tag(tag: String) -> Result<Bulk> {
    let form = super::tag_href(&tag);
    let deleted = start(Selection::Matching(rule_of(&tag)), BulkAction::RemoveTag { tag });
    let bulk = deleted.await.map_err(|error| refuse::<DeleteTag>(&form, [], error))?;
    redirect_form(super::LIST);
    Ok(bulk)
}

#[cfg(feature = "ssr")]
async fn start(which: Selection, action: BulkAction) -> Result<Bulk> {
    Ok(services()?.bulk.start(&actor()?, NewBulk { action, which }).await?)
}
