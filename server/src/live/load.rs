//! What live queries cost a node, and how much of it there is.

use domain::rule::Rule;

/// Memory, and work at each change.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Load {
    /// Distinct queries; each is evaluated for every change.
    queries: usize,
    /// Bytes of their keys.
    bytes: usize,
    /// Values that each change is compared with: 4,000 of them take about a quarter of the time of a write.
    comparisons: usize,
}

/// A node's maximum.
const MOST: Load = Load { queries: 4_000, bytes: 8 * 1024 * 1024, comparisons: 16_000 };
/// One requester may use at most 1/4 of it.
const SHARE: usize = 4;
/// A rule that counts from now is compiled again for most changes, which takes as long as this many evaluations.
const TIMED: usize = 4;
/// The most comparisons of one requester's queries.
pub(super) const OWN_COMPARISONS: usize = MOST.comparisons / SHARE;

/// Values that each change is compared with by a query with this expanded rule.
pub(super) fn comparisons(rule: Option<&Rule>) -> usize {
    rule.map_or(1, |rule| rule.comparisons() * if rule.depends_on_time() { TIMED } else { 1 })
}

/// The maximum that a query would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The node's.
    Node,
    /// The requester's share.
    Own,
}

impl Load {
    /// Of a query with this key and this expanded rule.
    pub(super) fn of(key: &str, rule: Option<&Rule>) -> Self {
        Self { queries: 1, bytes: key.len(), comparisons: comparisons(rule) }
    }

    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self { queries: self.queries + other.queries, bytes: self.bytes + other.bytes, comparisons: self.comparisons + other.comparisons }
    }

    #[must_use]
    pub(super) fn minus(self, other: Self) -> Self {
        Self { queries: self.queries - other.queries, bytes: self.bytes - other.bytes, comparisons: self.comparisons - other.comparisons }
    }

    fn fits(self, most: usize) -> bool {
        self.queries <= MOST.queries / most && self.bytes <= MOST.bytes / most && self.comparisons <= MOST.comparisons / most
    }

    /// # Errors
    /// `Full` when `more` does not fit beside the load `of_node` and the requester's `own`.
    pub(super) fn check(more: Self, of_node: Self, own: Self) -> Result<(), Full> {
        if !own.plus(more).fits(SHARE) {
            return Err(Full::Own);
        }
        if of_node.plus(more).fits(1) { Ok(()) } else { Err(Full::Node) }
    }
}

impl Full {
    /// What to do, for the client.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Node => "Too many different filters are watched at the moment; try again later".to_owned(),
            Self::Own => format!(
                "You watch too many filters: all of yours together may have {OWN_COMPARISONS} conditions, of which those on days count {TIMED} times. \
                 Close some windows, or use fewer conditions"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rule::{MAX_TESTS, MAX_VALUES, Op, Value};

    fn load(rule: Rule) -> Load {
        Load::of("", Some(&rule))
    }

    #[test]
    fn work_is_the_values_that_a_change_is_compared_with() {
        let list = Value::List(["a", "b", "c"].map(str::to_owned).to_vec());
        let rule = Rule::Any(vec![Rule::test("company", Op::Is, list), Rule::test("score", Op::Gte, Value::Number(5.0))]);
        assert_eq!(load(rule.clone()).comparisons, 4);
        let timed = Rule::All(vec![rule, Rule::test("created_at", Op::WithinDays, Value::Number(7.0))]);
        assert_eq!(load(timed).comparisons, 5 * TIMED);
        assert_eq!(load(Rule::everyone()).comparisons, 1);
    }

    #[test]
    fn one_has_a_share_and_all_have_a_maximum() {
        let half = Load { queries: 1, bytes: 1, comparisons: MOST.comparisons / SHARE / 2 };
        let none = Load::default();
        assert_eq!(Load::check(half, none, half), Ok(()));
        assert_eq!(Load::check(half, none, half.plus(half)), Err(Full::Own));
        assert_eq!(Load::check(half, MOST.minus(half), half), Ok(()));
        assert_eq!(Load::check(half, MOST, none), Err(Full::Node));
    }

    /// The largest rule is within a share.
    const _: () = assert!((MAX_TESTS + MAX_VALUES) * TIMED <= OWN_COMPARISONS);
}
