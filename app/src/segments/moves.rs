//! What the buttons, keys and the pointer do to the builder's nodes. Nothing is saved here.

use super::nodes::{Node, insert, new_test, parent, range};
use domain::fields::Fields;
use std::{fmt, str::FromStr};

/// A button of the builder; on the wire `add-4`, `put-4-7-before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Adds a test at the end of a group.
    Add(u32),
    /// Adds a group with one test at the end of a group.
    Group(u32),
    Remove(u32),
    /// Before the part before it; out of its group, or into the group before it.
    Up(u32),
    Down(u32),
    /// Adds a value to a test.
    More(u32),
    /// Removes the value at this position.
    Less(u32, usize),
    /// Puts the first node beside or into the second.
    Put(u32, u32, Place),
    /// Only brings operators and values in line with the fields.
    Fit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Before,
    After,
    /// At the end of this group.
    Inside,
}

impl Place {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Inside => "inside",
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(key) => write!(f, "add-{key}"),
            Self::Group(key) => write!(f, "group-{key}"),
            Self::Remove(key) => write!(f, "remove-{key}"),
            Self::Up(key) => write!(f, "up-{key}"),
            Self::Down(key) => write!(f, "down-{key}"),
            Self::More(key) => write!(f, "more-{key}"),
            Self::Less(key, at) => write!(f, "less-{key}-{at}"),
            Self::Put(key, to, place) => write!(f, "put-{key}-{to}-{}", place.as_str()),
            Self::Fit => f.write_str("fit"),
        }
    }
}

impl FromStr for Act {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split('-');
        let word = words.next().unwrap_or_default();
        let mut number = || words.next().and_then(|text| text.parse::<u32>().ok()).ok_or(());
        Ok(match word {
            "add" => Self::Add(number()?),
            "group" => Self::Group(number()?),
            "remove" => Self::Remove(number()?),
            "up" => Self::Up(number()?),
            "down" => Self::Down(number()?),
            "more" => Self::More(number()?),
            "less" => Self::Less(number()?, number()? as usize),
            "put" => {
                let (key, to) = (number()?, number()?);
                let place = words.next();
                let known = [Place::Before, Place::After, Place::Inside].into_iter().find(|known| place == Some(known.as_str()));
                Self::Put(key, to, known.ok_or(())?)
            }
            "fit" => Self::Fit,
            _ => return Err(()),
        })
    }
}

/// The nodes after an act. Groups that became empty are removed, except the outermost.
pub fn arranged(mut nodes: Vec<Node>, act: Act, fields: &Fields) -> Vec<Node> {
    // The outermost group always exists.
    if nodes.first().is_none_or(|first| !first.is_group() || first.depth != 0) {
        nodes = vec![Node::group("all")];
    }
    apply(&mut nodes, act, fields);
    while let Some(at) =
        (1..nodes.len()).find(|at| nodes[*at].is_group() && nodes.get(at + 1).is_none_or(|next| next.depth <= nodes[*at].depth))
    {
        nodes.remove(at);
    }
    nodes.into_iter().map(|node| node.fitted(fields)).collect()
}

/// Does nothing when a node is missing or the act is impossible.
fn apply(nodes: &mut Vec<Node>, act: Act, fields: &Fields) -> Option<()> {
    match act {
        Act::Add(group) => {
            let (at, end) = range(nodes, group)?;
            insert(nodes, end, nodes[at].depth + 1, new_test());
        }
        Act::Group(group) => {
            let (at, end) = range(nodes, group)?;
            let depth = nodes[at].depth + 1;
            let join = if nodes[at].join == "all" { "any" } else { "all" };
            insert(nodes, end, depth, Node::group(join));
            insert(nodes, end + 1, depth + 1, new_test());
        }
        Act::Remove(key) => {
            let (at, end) = range(nodes, key).filter(|(at, _)| *at > 0)?;
            nodes.drain(at..end);
        }
        Act::Up(key) => {
            let (at, end) = range(nodes, key).filter(|(at, _)| *at > 0)?;
            let depth = nodes[at].depth;
            let before = (1..at).rev().take_while(|one| nodes[*one].depth >= depth).find(|one| nodes[*one].depth == depth);
            match before {
                // Into the group before it, at its end.
                Some(before) if nodes[before].is_group() => shift(nodes, at, end, at, depth + 1),
                Some(before) => shift(nodes, at, end, before, depth),
                None => {
                    let group = parent(nodes, at).filter(|group| *group > 0)?;
                    shift(nodes, at, end, group, depth - 1);
                }
            }
        }
        Act::Down(key) => {
            let (at, end) = range(nodes, key).filter(|(at, _)| *at > 0)?;
            let depth = nodes[at].depth;
            match nodes.get(end).filter(|next| next.depth == depth) {
                // Into the group after it, at its start.
                Some(next) if next.is_group() => shift(nodes, at, end, end + 1, depth + 1),
                Some(_) => shift(nodes, at, end, end + 1, depth),
                None => {
                    parent(nodes, at).filter(|group| *group > 0)?;
                    shift(nodes, at, end, end, depth - 1);
                }
            }
        }
        Act::Put(key, to, place) => {
            let (at, end) = range(nodes, key).filter(|(at, _)| *at > 0)?;
            let (target, target_end) = range(nodes, to).filter(|(target, _)| !(at..end).contains(target))?;
            let depth = nodes[target].depth;
            match place {
                Place::Inside if nodes[target].is_group() => shift(nodes, at, end, target_end, depth + 1),
                Place::Before if target > 0 => shift(nodes, at, end, target, depth),
                Place::After if target > 0 => shift(nodes, at, end, target_end, depth),
                _ => return None,
            }
        }
        Act::More(key) => {
            let (at, _) = range(nodes, key)?;
            let node = &mut nodes[at];
            if node.takes_list(fields) {
                node.values.push(String::new());
            }
        }
        Act::Less(key, value) => {
            let (at, _) = range(nodes, key)?;
            if value < nodes[at].values.len() {
                nodes[at].values.remove(value);
            }
        }
        Act::Fit => {}
    }
    Some(())
}

/// Moves the nodes of `at..end` to position `to`, with this depth for the first of them.
fn shift(nodes: &mut Vec<Node>, at: usize, end: usize, to: usize, depth: u32) {
    let mut moved: Vec<_> = nodes.drain(at..end).collect();
    let was = moved[0].depth;
    for node in &mut moved {
        node.depth = node.depth - was + depth;
    }
    let to = if to >= end { to - (end - at) } else { to.min(at) };
    nodes.splice(to..to, moved);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::nodes::{built, nodes_of};
    use domain::rule::{Op, Rule, Value, describe};

    fn test(score: i32) -> Rule {
        Rule::test("score", Op::Is, Value::Number(f64::from(score)))
    }

    /// Keys: 0 (1, 2 (3, 4), 5)
    fn start() -> Vec<Node> {
        nodes_of(&Rule::All(vec![test(1), Rule::Any(vec![test(3), test(4)]), test(5)]))
    }

    /// The tests by their scores: `1 (3|4) 5`.
    fn shown(nodes: &[Node]) -> String {
        describe(&built(nodes, &Fields::default()).rule).replace("score is ", "").replace(" and ", " ").replace(" or ", "|")
    }

    fn after(acts: &[&str]) -> String {
        shown(&acts.iter().fold(start(), |nodes, act| arranged(nodes, act.parse().unwrap(), &Fields::default())))
    }

    #[test]
    fn nodes_move_in_the_order_of_the_screen_through_groups() {
        assert_eq!(after(&[]), "1 (3|4) 5");
        assert_eq!(after(&["down-1"]), "(1|3|4) 5");
        assert_eq!(after(&["down-1", "down-1"]), "(3|1|4) 5");
        assert_eq!(after(&["down-1", "down-1", "down-1"]), "(3|4|1) 5");
        assert_eq!(after(&["down-1", "down-1", "down-1", "down-1"]), "(3|4) 1 5");
        assert_eq!(after(&["up-5"]), "1 (3|4|5)");
        assert_eq!(after(&["up-3"]), "1 3 4 5", "a group of one reads as its part");
        assert_eq!(after(&["up-2"]), "(3|4) 1 5");
        assert_eq!(after(&["down-2"]), "1 5 (3|4)");
        assert_eq!([after(&["up-1"]), after(&["down-5"]), after(&["up-0"])], [after(&[]), after(&[]), after(&[])]);
    }

    #[test]
    fn nodes_are_put_beside_or_into_others() {
        assert_eq!(after(&["put-5-1-before"]), "5 1 (3|4)");
        assert_eq!(after(&["put-1-3-after"]), "(3|1|4) 5");
        assert_eq!(after(&["put-1-2-inside"]), "(3|4|1) 5");
        assert_eq!(after(&["put-2-5-after"]), "1 5 (3|4)");
        assert_eq!(after(&["put-4-0-inside"]), "1 3 5 4");
        assert_eq!(after(&["put-2-3-before"]), after(&[]), "not into itself");
        assert_eq!(after(&["put-1-0-before"]), after(&[]), "not beside the outermost group");
    }

    #[test]
    fn nodes_are_added_and_removed() {
        assert_eq!(after(&["remove-3"]), "1 4 5");
        assert_eq!(after(&["remove-3", "remove-4"]), "1 5", "a group does not stay empty");
        assert_eq!(after(&["remove-2"]), "1 5");
        assert_eq!(after(&["remove-0"]), after(&[]));
        assert_eq!(after(&["add-2"]), "1 (3|4|stage is New Lead) 5");
        let nodes = arranged(start(), Act::Group(2), &Fields::default());
        assert_eq!(
            nodes[5..7].iter().map(|node| (node.depth, node.join.as_str(), node.key)).collect::<Vec<_>>(),
            [(2, "all", 6), (3, "", 7)]
        );
        let empty = arranged(Vec::new(), Act::Add(0), &Fields::default());
        assert_eq!(shown(&empty), "stage is New Lead");
    }

    #[test]
    fn values_are_added_and_removed() {
        let nodes = nodes_of(&Rule::test("company", Op::Is, Value::Text("Acme".into())));
        let more = arranged(nodes, Act::More(1), &Fields::default());
        assert_eq!(more[1].values, ["Acme", ""]);
        assert_eq!(arranged(more.clone(), Act::Less(1, 0), &Fields::default())[1].values, [""]);
        assert_eq!(arranged(more, Act::Less(1, 7), &Fields::default())[1].values, ["Acme", ""]);
        assert_eq!(arranged(start(), Act::More(1), &Fields::default())[1].values, ["1"], "a number is compared with one value");
    }

    #[test]
    fn acts_have_words() {
        for act in [
            Act::Add(0),
            Act::Group(1),
            Act::Remove(2),
            Act::Up(3),
            Act::Down(4),
            Act::More(5),
            Act::Less(6, 7),
            Act::Put(8, 9, Place::Inside),
            Act::Fit,
        ] {
            assert_eq!(act.to_string().parse(), Ok(act));
        }
        for wrong in ["", "add", "add-x", "put-1-2", "put-1-2-over", "less-1"] {
            assert_eq!(wrong.parse::<Act>(), Err(()), "{wrong}");
        }
    }
}
