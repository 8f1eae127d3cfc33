//! `/settings/tags`: which tags leads have, and on how many; renamed, merged and deleted by bulk actions.

mod api;
mod edit;
mod list;

pub use edit::TagPage;
pub use list::TagListPage;

use crate::address::Params;
use domain::tags::rule_of;

/// Page of the list.
const LIST: &str = "/settings/tags";

fn with(path: &str, name: &str, value: String) -> String {
    let mut params = Params::new();
    params.insert(name, value);
    format!("{path}{}", params.to_query_string())
}

/// Page of a tag, whose name may have any character.
fn tag_href(tag: &str) -> String {
    with("/settings/tags/edit", "tag", tag.to_owned())
}

/// The leads that have the tag.
fn leads_href(tag: &str) -> String {
    let rule = domain::rule::Rule::All(vec![rule_of(tag)]);
    with("/leads", "rule", serde_json::to_string(&rule).unwrap_or_default())
}
