//! Tags as a whole: which ones leads have, on how many, and what tests them. A tag is one whatever its case.

use crate::{
    rule::{FieldKind, Rule, Value, field},
    text::same,
};
use serde::{Deserialize, Serialize};

/// Most tags of a list: those with the most leads.
pub const LISTED: i64 = 500;

/// A tag, and on how many leads it is.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagCount {
    pub name: String,
    pub leads: i64,
}

/// The tags that leads have, at most 500: those with the most leads first.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tags {
    pub tags: Vec<TagCount>,
    /// Number of all tags that match the search.
    pub total: i64,
}

/// A tag and what tests it. Views of others are not named.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagDetail {
    #[serde(flatten)]
    pub tag: TagCount,
    /// Names of the segments whose rules test the tag.
    pub segments: Vec<String>,
    /// Names of the saved views whose filters test the tag.
    pub views: Vec<String>,
}

/// Whether the rule tests the tag.
pub fn is_tested_by(tag: &str, rule: &Rule) -> bool {
    rule.tests().iter().any(|test| {
        let named = match &test.value {
            Value::Text(text) => same(text, tag),
            Value::List(texts) => texts.iter().any(|text| same(text, tag)),
            _ => false,
        };
        named && field(&test.field).is_some_and(|field| field.kind == FieldKind::Tags)
    })
}

/// The rule of the leads that have the tag.
pub fn rule_of(tag: &str) -> Rule {
    Rule::test("tags", crate::rule::Op::Is, Value::Text(tag.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Op;

    #[test]
    fn rules_name_tags_in_any_case() {
        let of = |field: &str, value: Value| Rule::Not(Box::new(Rule::test(field, Op::Is, value)));
        assert!(is_tested_by("VIP", &of("tag", Value::Text("vip".into()))));
        assert!(is_tested_by("vip", &of("tags", Value::List(vec!["beta".into(), "Vip".into()]))));
        assert!(!is_tested_by("vip", &of("company", Value::Text("vip".into()))));
        assert!(!is_tested_by("vip", &of("tags", Value::Text("vips".into()))));
        assert!(is_tested_by("a b", &rule_of("A b")));
    }
}
