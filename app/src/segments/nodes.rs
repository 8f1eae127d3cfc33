//! The rule of the builder as a list of nodes: groups and tests in the order of the screen, each with its depth. The same list is the
//! builder's state, the fields of its form, and what a browser without scripts sends.

use crate::leads::filter::{
    orders::{TypedOrders, is_of_orders},
    typed,
};
use domain::{
    Error, FieldError,
    fields::Fields,
    rule::{CustomKind, FieldKind, Op, Rule, Test, ops_for, takes_value},
};
use serde::{Deserialize, Serialize};
use std::slice;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Unique in the list; it stays when the node moves.
    pub key: u32,
    /// Number of groups around it. Only the first node, the outermost group, has 0.
    pub depth: u32,
    /// Of a group: a word of `JOINS`; empty for a test.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub join: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub op: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Which orders are asked, for fields of orders.
    #[serde(skip_serializing_if = "TypedOrders::is_empty")]
    pub orders: TypedOrders,
}

/// How the parts of a group are joined, with the label of the choice and the name of the group.
pub const JOINS: [(&str, &str, &str); 4] = [
    ("all", "AND", "All of these"),
    ("any", "OR", "Any of these"),
    ("none", "NONE", "None of these"),
    ("not_all", "NOT ALL", "Not all of these"),
];

impl Node {
    pub fn group(join: &str) -> Self {
        Self { join: join.to_owned(), ..Self::default() }
    }

    /// A new test, with a value that people may keep.
    fn test() -> Self {
        Self { field: "stage".to_owned(), ..Self::default() }.fitted(&Fields::default())
    }

    pub fn is_group(&self) -> bool {
        !self.join.is_empty()
    }

    /// `fields`: the definitions of custom fields.
    pub fn kind(&self, fields: &Fields) -> FieldKind {
        typed::kind_of(fields, &self.field)
    }

    pub fn operator(&self) -> Option<Op> {
        Op::from_word(&self.op)
    }

    /// Whether it may have several values, of which one must match.
    pub fn takes_list(&self, fields: &Fields) -> bool {
        let Some(op) = self.operator().filter(|op| takes_value(*op)) else { return false };
        match self.kind(fields) {
            FieldKind::Text
            | FieldKind::Email
            | FieldKind::Custom(CustomKind::Text | CustomKind::Choice)
            | FieldKind::Tags
            | FieldKind::Words(_)
            | FieldKind::Id(_) => true,
            FieldKind::Stage | FieldKind::Custom(CustomKind::Date) => matches!(op, Op::Is | Op::IsNot),
            FieldKind::Number
            | FieldKind::Money
            | FieldKind::Flag
            | FieldKind::Time
            | FieldKind::DaysSince
            | FieldKind::Custom(CustomKind::Number | CustomKind::YesNo) => false,
        }
    }

    /// With an operator of its field, and as many values as the operator takes.
    pub fn fitted(mut self, fields: &Fields) -> Self {
        if self.is_group() {
            return self;
        }
        let kind = self.kind(fields);
        let op = self.operator().filter(|op| ops_for(kind).iter().any(|(known, _)| known == op));
        let op = op.or_else(|| ops_for(kind).first().map(|(op, _)| *op)).unwrap_or(Op::Is);
        op.as_str().clone_into(&mut self.op);
        self.orders = if is_of_orders(&self.field) { self.orders.fitted() } else { TypedOrders::default() };
        let most = match self.takes_list(fields) {
            _ if !takes_value(op) => 0,
            true => usize::MAX,
            false => 1,
        };
        self.values.truncate(most);
        if self.values.is_empty() && most > 0 {
            self.values.push(String::new());
        }
        if let Some(choices) = typed::choices(fields, &self.field) {
            for value in &mut self.values {
                if !choices.iter().any(|(known, _)| known == value) {
                    value.clone_from(&choices[0].0);
                }
            }
        }
        self
    }
}

/// The nodes of a rule.
pub fn nodes_of(rule: &Rule) -> Vec<Node> {
    let mut nodes = Vec::new();
    match rule {
        Rule::Test(_) => add_group(&mut nodes, "all", slice::from_ref(rule), 0),
        rule => add(&mut nodes, rule, 0),
    }
    for (node, key) in nodes.iter_mut().zip(0..) {
        node.key = key;
    }
    nodes
}

fn add(nodes: &mut Vec<Node>, rule: &Rule, depth: u32) {
    match rule {
        Rule::Test(test) => {
            let (op, values) = (test.op.as_str().to_owned(), typed::texts(test));
            let orders = TypedOrders::of(&test.which);
            nodes.push(Node { depth, field: test.field.clone(), op, values, orders, ..Node::default() });
        }
        Rule::All(parts) => add_group(nodes, "all", parts, depth),
        Rule::Any(parts) => add_group(nodes, "any", parts, depth),
        Rule::Not(part) => match &**part {
            Rule::All(parts) => add_group(nodes, "not_all", parts, depth),
            Rule::Any(parts) => add_group(nodes, "none", parts, depth),
            part => add_group(nodes, "none", slice::from_ref(part), depth),
        },
    }
}

fn add_group(nodes: &mut Vec<Node>, join: &str, parts: &[Rule], depth: u32) {
    nodes.push(Node { depth, ..Node::group(join) });
    for part in parts {
        add(nodes, part, depth + 1);
    }
}

/// A rule, and the key of the node at each of its paths, such as `rule.all[1]`.
#[derive(Debug, Default)]
pub struct Built {
    pub rule: Rule,
    /// In the order of the nodes.
    paths: Vec<NodePath>,
}

#[derive(Debug)]
struct NodePath {
    path: String,
    key: u32,
    is_test: bool,
}

/// `fields`: the definitions of custom fields.
pub fn built(nodes: &[Node], fields: &Fields) -> Built {
    let mut paths = Vec::with_capacity(nodes.len());
    let rule = if nodes.is_empty() { Rule::everyone() } else { build(nodes, fields, 0, "rule".to_owned(), &mut paths).0 };
    Built { rule, paths }
}

/// The rule of the node at `at`, and the position after its last part.
fn build(nodes: &[Node], fields: &Fields, at: usize, path: String, paths: &mut Vec<NodePath>) -> (Rule, usize) {
    let node = &nodes[at];
    paths.push(NodePath { path: path.clone(), key: node.key, is_test: !node.is_group() });
    if !node.is_group() {
        let op = node.operator().unwrap_or(Op::Is);
        let value = typed::value(node.kind(fields), op, &node.values);
        return (Rule::Test(Test { field: node.field.clone(), op, value, which: node.orders.filter() }), at + 1);
    }
    let below = match node.join.as_str() {
        "any" => "any",
        "none" => "not.any",
        "not_all" => "not.all",
        _ => "all",
    };
    let (mut parts, mut next) = (Vec::new(), at + 1);
    while nodes.get(next).is_some_and(|part| part.depth > node.depth) {
        let (part, after) = build(nodes, fields, next, format!("{path}.{below}[{}]", parts.len()), paths);
        parts.push(part);
        next = after;
    }
    let rule = match below {
        "any" => Rule::Any(parts),
        "not.any" => Rule::Not(Box::new(Rule::Any(parts))),
        "not.all" => Rule::Not(Box::new(Rule::All(parts))),
        _ => Rule::All(parts),
    };
    (rule, next)
}

impl Built {
    /// The rule, ready to save.
    ///
    /// # Errors
    /// `Invalid` with one entry for each wrong test, at its path.
    pub fn checked(&self, fields: &Fields) -> Result<Rule, Error> {
        let mut empty = Vec::new();
        for (test, path) in self.rule.tests().into_iter().zip(self.paths.iter().filter(|one| one.is_test)) {
            if takes_value(test.op) && typed::texts(test).iter().all(|text| text.trim().is_empty()) {
                let message = match typed::kind_of(fields, &test.field) {
                    FieldKind::Id(referent) => typed::prompt(referent),
                    _ => "Enter a value",
                };
                empty.push(FieldError::new(format!("{}.value", path.path), message));
            }
        }
        match self.rule.clone().check().and_then(|rule| fields.check_rule(&rule).map(|()| rule)) {
            rule if empty.is_empty() => rule,
            Ok(_) => Err(Error::Invalid(empty)),
            Err(Error::Invalid(mut errors)) => {
                errors.retain(|error| !empty.iter().any(|known| known.field == error.field));
                empty.extend(errors);
                Err(Error::Invalid(empty))
            }
            Err(error) => Err(error),
        }
    }

    /// What the errors say about the node itself.
    pub fn errors_of(&self, key: u32, errors: &[FieldError]) -> Vec<String> {
        let Some(NodePath { path, .. }) = self.paths.iter().find(|one| one.key == key) else { return Vec::new() };
        let about = |error: &&FieldError| {
            let rest = error.field.strip_prefix(path.as_str());
            rest.is_some_and(|rest| ["", ".field", ".op", ".value"].contains(&rest) || rest.starts_with(".where"))
        };
        errors.iter().filter(about).map(|error| error.message.clone()).collect()
    }
}

/// `after`, as typed, with what follows from a change of a field or operator.
pub fn typed_over(before: &[Node], after: Vec<Node>, fields: &Fields) -> Vec<Node> {
    let follow = |mut node: Node| {
        if let Some(known) = before.iter().find(|known| known.key == node.key) {
            if known.field != node.field {
                node = Node { op: String::new(), values: Vec::new(), ..node };
            }
            if known.orders.window != node.orders.window {
                node.orders.bounds.clear();
            }
        }
        node.fitted(fields)
    };
    after.into_iter().map(follow).collect()
}

/// The position of a node and the one after its last part.
pub fn range(nodes: &[Node], key: u32) -> Option<(usize, usize)> {
    let at = nodes.iter().position(|node| node.key == key)?;
    let parts = nodes[at + 1..].iter().take_while(|node| node.depth > nodes[at].depth).count();
    Some((at, at + 1 + parts))
}

/// Position of the group around the node at `at`.
pub fn parent(nodes: &[Node], at: usize) -> Option<usize> {
    (0..at).rev().find(|one| nodes[*one].depth < nodes[at].depth)
}

/// Positions of a group's parts.
pub fn parts(nodes: &[Node], key: u32) -> Vec<usize> {
    let Some((at, end)) = range(nodes, key) else { return Vec::new() };
    (at + 1..end).filter(|one| nodes[*one].depth == nodes[at].depth + 1).collect()
}

/// A new node with a fresh key.
pub(super) fn insert(nodes: &mut Vec<Node>, at: usize, depth: u32, node: Node) {
    let key = nodes.iter().map(|node| node.key).max().map_or(0, |key| key + 1);
    nodes.insert(at, Node { key, depth, ..node });
}

pub(super) fn new_test() -> Node {
    Node::test()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rule::{OrderFilter, Value};

    fn none() -> Fields {
        Fields::default()
    }

    fn tea() -> OrderFilter {
        OrderFilter { product: Some("Tea".into()), within_days: Some(30.0), ..OrderFilter::default() }
    }

    fn rule() -> Rule {
        Rule::All(vec![
            Rule::test("stage", Op::Is, Value::List(vec!["Negotiation".into(), "Closed Won".into()])),
            Rule::Any(vec![
                Rule::test("value", Op::Gte, Value::Number(1_250.5)),
                Rule::Not(Box::new(Rule::Any(vec![Rule::test("tags", Op::Contains, Value::Text("vip".into()))]))),
                Rule::Not(Box::new(Rule::All(Vec::new()))),
            ]),
            Rule::test("last_activity_at", Op::WithinDays, Value::Number(30.0)),
            Rule::test("owner", Op::IsEmpty, Value::None),
            Rule::of_orders("orders", Op::Gte, Value::Number(2.0), tea()),
        ])
    }

    #[test]
    fn a_rule_comes_back_from_its_nodes() {
        assert_eq!(built(&nodes_of(&rule()), &none()).checked(&none()), Ok(rule()));
        let test = Rule::test("score", Op::Gt, Value::Number(3.0));
        assert_eq!(built(&nodes_of(&test), &none()).rule, Rule::All(vec![test.clone()]));
        let not = Rule::Not(Box::new(test.clone()));
        assert_eq!(built(&nodes_of(&not), &none()).rule, Rule::Not(Box::new(Rule::Any(vec![test]))));
        assert_eq!(built(&[], &none()).rule, Rule::everyone());
    }

    #[test]
    fn errors_are_at_their_nodes() {
        let mut nodes = nodes_of(&rule());
        let keys: Vec<_> =
            ["value", "tags", "orders"].iter().map(|field| nodes.iter().find(|node| node.field == *field).unwrap().key).collect();
        for node in &mut nodes {
            match node.field.as_str() {
                "value" => node.values = vec!["much".into()],
                "tags" => node.values = vec![" ".into()],
                "orders" => node.orders.bounds = vec!["many".into()],
                _ => {}
            }
        }
        let built = built(&nodes, &none());
        let Err(Error::Invalid(errors)) = built.checked(&none()) else { panic!("accepted") };
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert_eq!(built.errors_of(keys[0], &errors), ["Give an amount as a number, such as 1250 or 99.5"]);
        assert_eq!(built.errors_of(keys[1], &errors), ["Enter a value"]);
        assert_eq!(built.errors_of(keys[2], &errors), ["Give a whole number of days, 0 or more"]);
        assert!(built.errors_of(0, &errors).is_empty());
    }

    #[test]
    fn another_field_brings_its_operators() {
        let before = nodes_of(&rule());
        let mut after = before.clone();
        after[1].field = "visits".into();
        after[2].join = "none".into();
        let after = typed_over(&before, after, &none());
        assert_eq!((after[1].op.as_str(), after[1].values.as_slice()), ("is", [String::new()].as_slice()));
        assert_eq!(after[3..], before[3..]);
        let mut flag = before.clone();
        flag[1].field = "engaged".into();
        assert_eq!(typed_over(&before, flag, &none())[1].values, ["true"]);
        let mut other = before.clone();
        let last = other.len() - 1;
        other[last].orders.window = "dates".into();
        assert_eq!(typed_over(&before, other.clone(), &none())[last].orders.bounds, ["", ""], "days are no date");
        other[last].field = "visits".into();
        assert!(typed_over(&before, other, &none())[last].orders.is_empty());
    }
}
