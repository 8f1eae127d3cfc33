//! State of the list, as its address holds it: `?q=&rule=<json>&sort=&cols=&layout=&density=&view=<id>&peek=<id>&cursor=`.
//! Every change of the list changes the address; everything else is derived from it.

use super::columns::{Column, default_columns, read_columns, write_columns};
use crate::address::Params;
use domain::{
    LeadId, ViewId,
    leads::{BoardQuery, Cursor, LeadQuery, Sort},
    rule::{Op, Rule, Value},
    text::{clean, clean_optional},
    views::{Density, Layout, ViewQuery},
};

/// Rows of the first page: a full-HD screen. More would be sent and hydrated, then removed again.
const FIRST: u32 = 32;
/// Filters of more bytes are checked before they are written into links. Of refused ones this many characters are written.
const LONG: usize = 8 * 1024;
const REFUSED: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The filters, as `All` or `Any`.
    pub rule: Rule,
    pub q: String,
    pub sort: Sort,
    /// `None`: the default columns.
    pub columns: Option<Vec<Column>>,
    pub layout: Layout,
    pub density: Density,
    /// The saved view that this list started from.
    pub view: Option<ViewId>,
    pub peek: Option<LeadId>,
    /// Keyset position of the page, for browsers without scripts.
    pub cursor: Option<Cursor>,
}

impl Listing {
    pub fn read(params: &Params) -> Self {
        let mut rule = params.get("rule").filter(|text| !text.is_empty()).map_or_else(Rule::everyone, |text| {
            // An unreadable rule is sent as a test of an unknown field: the error names it, and its chip can be removed.
            serde_json::from_str(&text).unwrap_or_else(|_| Rule::test(text, Op::Is, Value::None))
        });
        if matches!(rule, Rule::Test(_) | Rule::Not(_)) {
            rule = Rule::All(vec![rule]);
        }
        // The plain filter form, for browsers without scripts.
        for field in ["status", "stage"] {
            if let Some(word) = params.get(field).filter(|word| !word.is_empty()) {
                rule = rule.and(Rule::All(vec![Rule::test(field, Op::Is, Value::Text(word))]));
            }
        }
        Self {
            rule,
            q: params.get("q").unwrap_or_default(),
            sort: params.get("sort").and_then(|text| text.parse().ok()).unwrap_or_default(),
            columns: params.get("cols").filter(|text| !text.is_empty()).map(|text| read_columns(&text)),
            layout: word(params, "layout"),
            density: word(params, "density"),
            view: params.get("view").and_then(|text| text.parse().ok()),
            peek: params.get("peek").and_then(|text| text.parse().ok()),
            cursor: params.get("cursor").and_then(|text| Cursor::try_from(text).ok()),
        }
    }

    pub fn columns(&self) -> Vec<Column> {
        self.columns.clone().unwrap_or_else(default_columns)
    }

    /// The list that a saved view shows.
    pub fn of_view(id: ViewId, query: ViewQuery) -> Self {
        let rule = if matches!(query.rule, Rule::Test(_) | Rule::Not(_)) { Rule::All(vec![query.rule]) } else { query.rule };
        Self {
            rule,
            q: query.search,
            sort: query.sort,
            columns: query.columns.map(|words| read_columns(&words.join(","))),
            layout: query.layout,
            density: query.density,
            view: Some(id),
            peek: None,
            cursor: None,
        }
    }

    /// The list of the leads that match a rule.
    pub fn of_rule(rule: Rule) -> Self {
        let rule = if matches!(rule, Rule::Test(_) | Rule::Not(_)) { Rule::All(vec![rule]) } else { rule };
        Self { rule, ..Self::read(&Params::new()) }
    }

    /// The part of this list that a saved view stores.
    pub fn view_query(&self) -> ViewQuery {
        let words = |columns: &Vec<Column>| columns.iter().map(|column| column.word().to_owned()).collect();
        ViewQuery {
            rule: self.rule.clone(),
            search: clean(&self.q),
            sort: self.sort,
            columns: self.columns.as_ref().map(words),
            layout: self.layout,
            density: self.density,
        }
    }

    pub fn board_query(&self) -> BoardQuery {
        let LeadQuery { rule, sort, .. } = self.query();
        BoardQuery { rule, sort, ..BoardQuery::default() }
    }

    /// Filters and search as one query.
    pub fn query(&self) -> LeadQuery {
        let search = clean_optional(Some(&self.q)).map_or_else(Rule::everyone, |text| Rule::All(vec![Rule::search(&text)]));
        let rule = match &self.rule {
            Rule::Any(parts) if parts.is_empty() => search,
            Rule::Any(_) if search.is_everyone() => self.rule.clone(),
            Rule::Any(_) => Rule::All(vec![self.rule.clone(), search]),
            rule => rule.clone().and(search),
        };
        LeadQuery { rule, sort: self.sort, cursor: self.cursor.clone(), limit: FIRST, ..LeadQuery::default() }
    }

    pub fn href(&self) -> String {
        let mut params = Params::new();
        if !self.q.is_empty() {
            params.insert("q", self.q.clone());
        }
        if let Some(rule) = self.filters_text() {
            params.insert("rule", rule);
        }
        if self.sort != Sort::default() {
            params.insert("sort", self.sort.to_string());
        }
        if let Some(columns) = &self.columns {
            params.insert("cols", write_columns(columns));
        }
        if self.layout != Layout::default() {
            params.insert("layout", self.layout.to_string());
        }
        if self.density != Density::default() {
            params.insert("density", self.density.to_string());
        }
        if let Some(view) = self.view {
            params.insert("view", view.to_string());
        }
        if let Some(peek) = self.peek {
            params.insert("peek", peek.to_string());
        }
        if let Some(cursor) = &self.cursor {
            params.insert("cursor", cursor.clone().into());
        }
        format!("/leads{}", params.to_query_string())
    }

    /// The filters as addresses and forms hold them. Each link of a page repeats them, so of long ones that are refused it is only their
    /// beginning, which is refused too.
    pub fn filters_text(&self) -> Option<String> {
        if self.filters().is_empty() {
            return None;
        }
        let text = serde_json::to_string(&self.rule).ok()?;
        let is_refused = text.len() > LONG && self.rule.clone().check().is_err();
        Some(if is_refused { text.chars().take(REFUSED).collect() } else { text })
    }

    pub fn filters(&self) -> &[Rule] {
        match &self.rule {
            Rule::All(parts) | Rule::Any(parts) => parts,
            _ => &[],
        }
    }

    pub fn any(&self) -> bool {
        matches!(self.rule, Rule::Any(_))
    }

    #[must_use]
    pub fn with_filters(&self, any: bool, parts: Vec<Rule>) -> Self {
        Self { rule: if any && parts.len() > 1 { Rule::Any(parts) } else { Rule::All(parts) }, cursor: None, ..self.clone() }
    }

    /// The same list without its search.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self { q: String::new(), ..self.clone() }
    }

    #[must_use]
    pub fn with_sort(&self, sort: Sort) -> Self {
        Self { sort, cursor: None, ..self.clone() }
    }

    #[must_use]
    pub fn with_layout(&self, layout: Layout) -> Self {
        Self { layout, cursor: None, ..self.clone() }
    }

    #[must_use]
    pub fn with_peek(&self, peek: Option<LeadId>) -> Self {
        Self { peek, ..self.clone() }
    }
}

/// Parses one of a closed set of values; the default if missing or unknown.
fn word<T: Default + std::str::FromStr>(params: &Params, name: &str) -> T {
    params.get(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rule;

    #[test]
    fn the_address_holds_the_filters() {
        let mut params = Params::new();
        params.insert("rule", r#"{"any":[{"field":"score","op":"gte","value":30.0},{"field":"company","op":"is_set"}]}"#.to_owned());
        params.insert("q", "ana & co".to_owned());
        params.insert("stage", "Closed Won".to_owned());
        let listing = Listing::read(&params);
        assert!(!listing.any(), "the plain form's filters hold besides");
        assert_eq!(listing.filters().len(), 2);
        let Rule::All(parts) = listing.query().rule else { panic!("not all") };
        assert_eq!(parts.last(), Some(&Rule::search("ana & co")));
        assert!(listing.href().starts_with("/leads?"));
        let id = ViewId(uuid::Uuid::from_u128(7));
        let saved = Listing { layout: Layout::Board, density: Density::Compact, columns: Some(vec![Column::Name]), ..listing };
        assert_eq!(Listing::of_view(id, saved.view_query()), Listing { view: Some(id), ..saved });
    }

    /// Links repeat no long filters that are refused, and never show more leads than what was asked for.
    #[test]
    fn long_refused_filters_are_not_repeated() {
        let company = |n: usize| Rule::test("company", Op::Contains, Value::Text(format!("{n} {}", "x".repeat(60))));
        let listing = |tests: usize| Listing::of_rule(Rule::All((0..tests).map(company).collect()));
        let href = listing(rule::MAX_TESTS + 1).href();
        assert!(href.len() < 1_000, "{href}");
        let mut params = Params::new();
        params.insert("rule", listing(rule::MAX_TESTS + 1).filters_text().unwrap());
        assert!(Listing::read(&params).rule.check().is_err(), "refused as before");
        let most = listing(150);
        params = Params::new();
        params.insert("rule", most.filters_text().unwrap());
        assert_eq!(Listing::read(&params), most);
    }
}
