//! Tests of segments, such as `segment is <id>`. A rule is expanded before an engine gets it: in place of each such test stand the rules of
//! the segments that it names, as they are then. The engines themselves know no segments.

use super::{
    MAX_DEPTH, MAX_TESTS, Op, Referent, Rule, Source, Test,
    check::{MAX_ERRORS, Size},
};
use crate::{Error, FieldError, Result, SegmentId};
use std::collections::{BTreeMap, BTreeSet};

/// Most segments inside each other.
const MAX_INSIDE: usize = 20;

/// The rules of all segments, with their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SegmentRules(BTreeMap<SegmentId, NamedRule>);

#[derive(Debug, Clone, PartialEq)]
struct NamedRule {
    name: String,
    rule: Rule,
}

impl FromIterator<(SegmentId, String, Rule)> for SegmentRules {
    fn from_iter<I: IntoIterator<Item = (SegmentId, String, Rule)>>(all: I) -> Self {
        Self(all.into_iter().map(|(id, name, rule)| (id, NamedRule { name, rule })).collect())
    }
}

impl SegmentRules {
    /// Adds a segment, or replaces what is known of it.
    pub fn set(&mut self, id: SegmentId, name: &str, rule: &Rule) {
        self.0.insert(id, NamedRule { name: name.to_owned(), rule: rule.clone() });
    }

    pub fn remove(&mut self, id: SegmentId) {
        self.0.remove(&id);
    }

    pub fn ids(&self) -> impl Iterator<Item = SegmentId> {
        self.0.keys().copied()
    }

    pub fn name(&self, id: SegmentId) -> Option<&str> {
        self.0.get(&id).map(|one| one.name.as_str())
    }

    /// The segment's own rule.
    pub fn rule(&self, id: SegmentId) -> Option<&Rule> {
        self.0.get(&id).map(|one| &one.rule)
    }

    /// The rule without tests of segments. Nobody is in a segment that was deleted.
    ///
    /// # Errors
    /// `Invalid` on `rule` when it exceeds a limit with the rules of its segments.
    pub fn expand(&self, rule: &Rule) -> Result<Rule> {
        self.expand_inside(rule, Vec::new())
    }

    /// As `expand`, for rules that were within the limits when they were saved. One that is not any more matches nobody.
    pub fn expand_saved(&self, rule: &Rule) -> Rule {
        self.expand(rule).unwrap_or_else(|_| Rule::nobody())
    }

    /// The expanded rule of a segment; nobody for one that is not there.
    ///
    /// # Errors
    /// As `expand`; and on the test through which the segment would be inside itself, with the names of the segments in between.
    pub fn expand_own(&self, id: SegmentId) -> Result<Rule> {
        self.rule(id).map_or_else(|| Ok(Rule::nobody()), |rule| self.expand_inside(rule, vec![id]))
    }

    fn expand_inside(&self, rule: &Rule, inside: Vec<SegmentId>) -> Result<Rule> {
        if !rule.asks_of(Source::Segments) {
            return Ok(rule.clone());
        }
        let mut expander = Expander { known: self, outside: inside.len(), inside, leaves: 0, errors: Vec::new() };
        let expanded = expander.rule(rule, "rule");
        let mut errors = expander.errors;
        if expander.leaves > MAX_TESTS {
            errors.push(too_large(&Size::too_many_tests()));
        } else {
            errors.extend(Size::of(&expanded).excess().iter().map(|excess| too_large(excess)));
            if depth(&expanded) > MAX_DEPTH {
                errors.push(too_large(&format!("Groups nest at most {MAX_DEPTH} deep")));
            }
        }
        if errors.is_empty() { Ok(expanded) } else { Err(Error::Invalid(errors)) }
    }

    /// All segments that a rule names, also through the rules of others, and also those that were deleted.
    pub fn reached(&self, rule: &Rule) -> BTreeSet<SegmentId> {
        let (mut reached, mut next) = (BTreeSet::new(), rule.segments());
        while let Some(id) = next.pop() {
            if reached.insert(id) {
                next.extend(self.rule(id).map(Rule::segments).unwrap_or_default());
            }
        }
        reached
    }

    /// The other segments that name this one, also through the rules of others.
    pub fn naming(&self, id: SegmentId) -> Vec<SegmentId> {
        let names = |(other, one): (&SegmentId, &NamedRule)| (*other != id && self.reached(&one.rule).contains(&id)).then_some(*other);
        self.0.iter().filter_map(names).collect()
    }
}

fn too_large(what: &str) -> FieldError {
    FieldError::new("rule", format!("{what}. The rules of the segments in it count, too"))
}

/// Levels of a tree, with its tests.
fn depth(rule: &Rule) -> usize {
    match rule {
        Rule::All(parts) | Rule::Any(parts) => 1 + parts.iter().map(depth).max().unwrap_or_default(),
        Rule::Not(part) => 1 + depth(part),
        Rule::Test(_) => 1,
    }
}

struct Expander<'s> {
    known: &'s SegmentRules,
    /// The segments whose rules are being expanded, from the outside.
    inside: Vec<SegmentId>,
    /// How many of them are around the whole rule.
    outside: usize,
    /// Tests, empty groups and lists, and segments that were refused or deleted, so far: each step comes to at least one.
    leaves: usize,
    errors: Vec<FieldError>,
}

impl Expander<'_> {
    fn rule(&mut self, rule: &Rule, path: &str) -> Rule {
        // What is too large already may be very large.
        if self.leaves > MAX_TESTS {
            return Rule::nobody();
        }
        match rule {
            Rule::All(parts) => {
                let flat = self.parts(parts, path, "all", parts_of_all);
                alone(flat, Rule::All)
            }
            Rule::Any(parts) => {
                let flat = self.parts(parts, path, "any", parts_of_any);
                alone(flat, Rule::Any)
            }
            Rule::Not(part) => Rule::Not(Box::new(self.rule(part, &self.below(path, "not")))),
            Rule::Test(test) => {
                if let Some(ids) = test.segments() {
                    return self.segments(test, &ids, path);
                }
                self.leaves += 1;
                rule.clone()
            }
        }
    }

    /// The expanded parts of a group. A segment that is such a group itself adds its parts, so that it needs no level of its own.
    fn parts(&mut self, parts: &[Rule], path: &str, name: &str, same: fn(Rule) -> Vec<Rule>) -> Vec<Rule> {
        self.leaves += usize::from(parts.is_empty());
        let mut flat = Vec::with_capacity(parts.len());
        for (at, part) in parts.iter().enumerate() {
            let expanded = self.rule(part, &self.below(path, &format!("{name}[{at}]")));
            if matches!(part, Rule::Test(test) if test.segments().is_some()) {
                flat.extend(same(expanded));
            } else {
                flat.push(expanded);
            }
        }
        flat
    }

    fn segments(&mut self, test: &Test, ids: &[SegmentId], path: &str) -> Rule {
        self.leaves += usize::from(ids.is_empty());
        let mut any = Vec::with_capacity(ids.len());
        for id in ids {
            if self.leaves > MAX_TESTS {
                break;
            }
            any.extend(parts_of_any(self.segment(*id, path)));
        }
        let any = alone(any, Rule::Any);
        if test.op == Op::IsNot { Rule::Not(Box::new(any)) } else { any }
    }

    fn segment(&mut self, id: SegmentId, path: &str) -> Rule {
        let Some(rule) = self.known.rule(id) else {
            self.leaves += 1;
            return Rule::nobody();
        };
        if self.inside.contains(&id) {
            return self.refuse(path, |this| this.circle(id));
        }
        if self.inside.len() >= MAX_INSIDE {
            return self.refuse(path, |_| format!("Segments are inside each other at most {MAX_INSIDE} deep. Take one of these tests out"));
        }
        self.inside.push(id);
        let expanded = self.rule(rule, path);
        self.inside.pop();
        expanded
    }

    fn refuse(&mut self, path: &str, why: impl Fn(&Self) -> String) -> Rule {
        self.leaves += 1;
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(format!("{path}.value"), why(self)));
        }
        Rule::nobody()
    }

    /// The path of a part. Inside of a segment's rule, it is that of the test of the segment.
    fn below(&self, path: &str, part: &str) -> String {
        if self.inside.len() > self.outside { path.to_owned() } else { format!("{path}.{part}") }
    }

    fn circle(&self, id: SegmentId) -> String {
        let inner = self.inside.iter().skip_while(|one| **one != id).chain([&id]);
        let names: Vec<_> = inner.map(|id| self.known.name(*id).unwrap_or_default()).collect();
        format!("A segment cannot be inside itself: {}. Take one of these tests out", names.join(" → "))
    }
}

fn parts_of_all(rule: Rule) -> Vec<Rule> {
    if let Rule::All(parts) = rule { parts } else { vec![rule] }
}

fn parts_of_any(rule: Rule) -> Vec<Rule> {
    if let Rule::Any(parts) = rule { parts } else { vec![rule] }
}

/// A group of one part is that part.
fn alone(mut parts: Vec<Rule>, group: fn(Vec<Rule>) -> Rule) -> Rule {
    match parts.pop() {
        Some(one) if parts.is_empty() => one,
        Some(last) => {
            parts.push(last);
            group(parts)
        }
        None => group(parts),
    }
}

impl Rule {
    /// The segments that its tests name.
    pub fn segments(&self) -> Vec<SegmentId> {
        self.tests().into_iter().filter_map(Test::segments).flatten().collect()
    }

    /// The rule that matches the leads of a segment.
    pub fn segment(id: SegmentId) -> Self {
        Self::test("segment", Op::Is, super::Value::Text(id.to_string()))
    }
}

impl Test {
    /// The segments in its value; `None` for a test of another field.
    pub fn segments(&self) -> Option<Vec<SegmentId>> {
        match self.referents()? {
            (Referent::Segment, ids) => Some(ids.into_iter().map(SegmentId).collect()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Value;
    use uuid::Uuid;

    const fn id(id: u128) -> SegmentId {
        SegmentId(Uuid::from_u128(id))
    }

    const IDS: [SegmentId; 4] = [id(1), id(2), id(3), id(4)];

    fn score(least: f64) -> Rule {
        Rule::test("score", Op::Gte, Value::Number(least))
    }

    fn test(op: Op, ids: &[SegmentId]) -> Rule {
        Rule::test("segment", op, Value::List(ids.iter().map(ToString::to_string).collect()))
    }

    /// Segments A, B, … with these rules.
    fn known(rules: Vec<Rule>) -> SegmentRules {
        IDS.into_iter().zip(["A", "B", "C", "D"]).zip(rules).map(|((id, name), rule)| (id, name.to_owned(), rule)).collect()
    }

    fn errors<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, String)> {
        let Err(Error::Invalid(errors)) = result else { panic!("{result:?}") };
        errors.into_iter().map(|error| (error.field, error.message)).collect()
    }

    #[test]
    fn a_test_is_the_rules_of_its_segments() {
        let both = Rule::All(vec![score(1.0), score(2.0)]);
        let known = known(vec![both.clone(), Rule::Any(vec![score(3.0), Rule::segment(IDS[0])]), Rule::everyone()]);
        let [a, b, c, gone] = IDS;
        assert_eq!(known.expand(&Rule::segment(a)), Ok(both.clone()));
        assert_eq!(known.expand(&test(Op::Is, &[a, b])), Ok(Rule::Any(vec![both.clone(), score(3.0), both.clone()])));
        assert_eq!(known.expand(&test(Op::IsNot, &[a])), Ok(Rule::Not(Box::new(both.clone()))));
        assert_eq!(known.expand(&Rule::segment(gone)), Ok(Rule::nobody()), "deleted");
        assert_eq!(known.expand(&test(Op::IsNot, &[gone])), Ok(Rule::Not(Box::new(Rule::nobody()))));
        assert_eq!(known.expand(&test(Op::Is, &[gone, a])), Ok(both));
        assert_eq!(known.expand(&test(Op::Is, &[])), Ok(Rule::nobody()));
        assert_eq!(known.expand(&Rule::segment(c)), Ok(Rule::everyone()));
        let within = Rule::All(vec![Rule::segment(a), score(9.0), Rule::segment(c)]);
        assert_eq!(known.expand(&within), Ok(Rule::All(vec![score(1.0), score(2.0), score(9.0)])));
        assert_eq!(known.expand(&score(4.0)), Ok(score(4.0)));
        let [reached, naming] = [known.reached(&Rule::segment(b)), known.naming(a).into_iter().collect()];
        assert_eq!((reached, naming), (BTreeSet::from([a, b]), BTreeSet::from([b])));
    }

    #[test]
    fn no_segment_is_inside_itself() {
        let [a, b, c, _] = IDS;
        let known = known(vec![Rule::All(vec![score(1.0), Rule::segment(b)]), Rule::segment(c), Rule::Not(Box::new(Rule::segment(a)))]);
        let circle = "A segment cannot be inside itself: A → B → C → A. Take one of these tests out";
        assert_eq!(errors(known.expand_own(a)), [("rule.all[1].value".to_owned(), circle.to_owned())]);
        assert_eq!(errors(known.expand_own(c))[0].0, "rule.not.value");
        assert_eq!(known.expand_saved(&Rule::segment(a)), Rule::nobody());
        assert_eq!(known.naming(a), [b, c]);
    }

    #[test]
    fn work_is_bounded_whatever_segments_name() {
        let all: Vec<SegmentId> = (1..=60).map(id).collect();
        let of = |rule: &dyn Fn(usize) -> Rule| -> SegmentRules {
            all.iter().enumerate().map(|(at, id)| (*id, format!("{at}"), rule(at))).collect()
        };
        // Each names the next many times; the last nobody, nothing, or the first.
        let many = |at: usize| test(Op::Is, &[all[at + 1]; 100]);
        for last in [test(Op::Is, &[]), Rule::segment(id(99)), Rule::Any(Vec::new()), Rule::segment(all[0])] {
            let known = of(&|at| if at < 19 { many(at) } else { last.clone() });
            let over = errors(known.expand_own(all[0]));
            assert!(
                over.len() <= MAX_ERRORS + 1 && over.iter().any(|(_, why)| why.starts_with("A rule has at most 200 tests")),
                "{over:?}"
            );
        }
        let chain = of(&|at| all.get(at + 1).map_or_else(Rule::everyone, |next| Rule::segment(*next)));
        assert_eq!(chain.expand_own(all[60 - MAX_INSIDE]), Ok(Rule::everyone()));
        let deep = "Segments are inside each other at most 20 deep. Take one of these tests out";
        assert_eq!(errors(chain.expand_own(all[60 - MAX_INSIDE - 1])), [("rule.value".to_owned(), deep.to_owned())]);
    }

    #[test]
    fn limits_hold_for_what_stands_in_place() {
        let [a, b, ..] = IDS;
        let many = |count: usize| Rule::Any((0..count).map(|n| score(n as f64)).collect());
        let known = known(vec![many(MAX_TESTS), (1..MAX_DEPTH).fold(score(1.0), |rule, _| Rule::Not(Box::new(rule)))]);
        assert!(known.expand(&Rule::All(vec![Rule::segment(a)])).is_ok());
        let over = errors(known.expand(&Rule::All(vec![Rule::segment(a), score(1.0)])));
        assert_eq!(over.len(), 1);
        assert!(over[0].0 == "rule" && over[0].1.starts_with("A rule has at most 200 tests"), "{over:?}");
        assert!(known.expand(&Rule::All(vec![Rule::segment(b)])).is_ok());
        assert_eq!(errors(known.expand(&Rule::All(vec![Rule::segment(b), score(1.0)])))[0].0, "rule");
    }
}
