//! Saved views: a list of leads with filter, sort order, columns and layout, under a name; private or shared.

use crate::{
    ChangeId, Error, FieldError, Op, Permission, Recorded, Result, Timestamp, UserId, given,
    id::ids,
    leads::Sort,
    record::Concerned,
    rule::Rule,
    text::{clean, clean_line},
    words::words,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

ids! {
    /// A saved view of the leads.
    ViewId,
}

/// Longest name, in characters.
pub const NAME_MAX: usize = 80;
/// Longest search, in characters.
const SEARCH_MAX: usize = 200;
/// Most columns, and most characters in the name of a column.
const COLUMNS_MAX: usize = 40;

words! {
    /// How the leads are laid out.
    Layout, "layout", default Table {
        Table = "table", "Table";
        Board = "board", "Board";
    }
}

words! {
    /// Distance between the rows.
    Density, "density", default Comfortable {
        Comfortable = "comfortable", "Comfortable";
        Compact = "compact", "Compact";
    }
}

/// What a list shows: filter, search, sort order, columns, layout and density.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ViewQuery {
    /// The filters, as `All` or `Any`.
    pub rule: Rule,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub search: String,
    pub sort: Sort,
    /// Names of the shown columns, in any order; `None` for the default columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    pub layout: Layout,
    pub density: Density,
}

impl ViewQuery {
    /// Cleans the search and checks all fields.
    ///
    /// # Errors
    /// `Invalid` for an unknown filter, and for a search, column name or number of columns over its limit.
    pub fn check(mut self) -> Result<Self> {
        self.rule = self.rule.check()?;
        self.search = clean(&self.search);
        let mut errors = Vec::new();
        if self.search.chars().count() > SEARCH_MAX {
            errors.push(FieldError::new("query.search", format!("Search for at most {SEARCH_MAX} characters")));
        }
        let named = |name: &String| !name.is_empty() && name.len() <= COLUMNS_MAX && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if self.columns.as_ref().is_some_and(|columns| columns.len() > COLUMNS_MAX || !columns.iter().all(named)) {
            errors.push(FieldError::new("query.columns", "Name the columns as the list's address does: name, stage, value …"));
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Invalid(errors)) }
    }
}

/// A saved view.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub id: ViewId,
    pub revision: i64,
    pub name: String,
    /// Everyone sees it; its owner and managers can change it.
    pub shared: bool,
    pub owner: UserId,
    pub query: ViewQuery,
    /// Position among the views, from the left.
    pub position: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Recorded for View {
    const LIVE: Option<Permission> = Some(Permission::Read);
    const HIDDEN: bool = true;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn is_seen_by(&self, user: Option<UserId>) -> bool {
        self.is_seen_by(user)
    }

    fn concerns(&self, _: Op) -> Concerned {
        Concerned::Nobody
    }
}

/// An edited view, and the change for undo; `None` when nothing changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditedView {
    pub view: View,
    pub undo: Option<ChangeId>,
}

impl View {
    /// Whether the user can see the view: a shared one, or their own.
    pub fn is_seen_by(&self, user: Option<UserId>) -> bool {
        self.shared || Some(self.owner) == user
    }
}

/// Input for a new view.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NewView {
    pub name: String,
    pub shared: bool,
    pub query: ViewQuery,
}

impl NewView {
    /// # Errors
    /// `Invalid` for an invalid name or filter.
    pub fn check(mut self) -> Result<Self> {
        self.name = check_name(&self.name)?;
        self.query = self.query.check()?;
        Ok(self)
    }
}

/// Changes of a saved view. Absent fields stay unchanged; none can be `null`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ViewPatch {
    #[serde(deserialize_with = "given::value")]
    pub name: Option<String>,
    #[serde(deserialize_with = "given::value")]
    pub shared: Option<bool>,
    #[serde(deserialize_with = "given::value")]
    pub query: Option<ViewQuery>,
    #[serde(deserialize_with = "given::value")]
    pub position: Option<i64>,
    /// The revision that the client saw; any other is a conflict.
    pub revision: Option<i64>,
}

impl ViewPatch {
    /// The view after the patch; `None` when nothing changes.
    ///
    /// # Errors
    /// `Invalid` for invalid values; `Conflict` when the view was changed since `revision`.
    pub fn apply(self, before: &View, now: Timestamp) -> Result<Option<View>> {
        if self.revision.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Conflict(format!("{} was changed meanwhile; look at it again", before.name)));
        }
        let mut after = before.clone();
        if let Some(name) = self.name {
            after.name = check_name(&name)?;
        }
        if let Some(query) = self.query {
            after.query = query.check()?;
        }
        after.shared = self.shared.unwrap_or(after.shared);
        after.position = self.position.unwrap_or(after.position);
        if after == *before {
            return Ok(None);
        }
        after.revision += 1;
        after.updated_at = now;
        Ok(Some(after))
    }
}

fn check_name(name: &str) -> Result<String> {
    let name = clean_line(name);
    match name.chars().count() {
        0 => Err(Error::invalid("name", "Enter a name")),
        1..=NAME_MAX => Ok(name),
        _ => Err(Error::invalid("name", format!("At most {NAME_MAX} characters; choose a shorter name"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn view() -> View {
        View {
            id: ViewId(Uuid::nil()),
            revision: 1,
            name: "Mine".to_owned(),
            shared: false,
            owner: UserId(Uuid::nil()),
            query: ViewQuery::default(),
            position: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let patch: ViewPatch = serde_json::from_str(r#"{"name":"  Warm  ","query":{"sort":"-value","layout":"board"}}"#).unwrap();
        let after = patch.apply(&view(), Timestamp(5)).unwrap().unwrap();
        assert_eq!((after.name.as_str(), after.revision, after.query.layout, after.shared), ("Warm", 2, Layout::Board, false));
        assert_eq!(ViewPatch { shared: Some(false), ..ViewPatch::default() }.apply(&view(), Timestamp(5)), Ok(None));
        assert!(ViewPatch { revision: Some(9), ..ViewPatch::default() }.apply(&view(), Timestamp(5)).is_err());
        assert!(ViewPatch { name: Some(" ".to_owned()), ..ViewPatch::default() }.apply(&view(), Timestamp(5)).is_err());
    }

    #[test]
    fn what_cannot_be_asked_is_not_saved() {
        let bad: ViewQuery = serde_json::from_str(r#"{"rule":{"all":[{"field":"shoe_size","op":"is","value":"9"}]}}"#).unwrap();
        assert!(matches!(bad.check(), Err(Error::Invalid(_))));
        assert!(ViewQuery { columns: Some(vec!["na me".to_owned()]), ..ViewQuery::default() }.check().is_err());
        assert!(ViewQuery { search: "a".repeat(201), ..ViewQuery::default() }.check().is_err());
    }
}
