//! Validation of rules from outside: limits, known fields, types, and canonical form.

use super::{
    CustomKind, FieldKind, MAX_BYTES, MAX_DEPTH, MAX_LIST, MAX_TESTS, MAX_TEXT, MAX_VALUES, Op, Rule, Source, Subject, Test, Value,
    ops_for,
    plan::{predicate, word},
    takes_value,
};
use crate::{Error, FieldError, Moment, Result, leads::Stage, text::clean};
use uuid::Uuid;

impl Rule {
    /// The same rule with canonical names and words, without NUL, ready to store and to evaluate.
    ///
    /// # Errors
    /// `Invalid` with one entry for each wrong test, at its path, such as `rule.all[1].value`.
    pub fn check(self) -> Result<Self> {
        let mut checker = Checker::default();
        let rule = checker.rule(self, "rule", 1);
        for excess in checker.size.excess() {
            checker.wrong("rule", excess);
        }
        if checker.errors.is_empty() { Ok(rule) } else { Err(Error::Invalid(checker.errors)) }
    }
}

/// How much a rule asks.
#[derive(Default)]
pub(super) struct Size {
    /// Number of tests and of empty groups.
    leaves: usize,
    /// Number of values of all tests.
    values: usize,
    bytes: usize,
}

impl Size {
    pub(super) fn of(rule: &Rule) -> Self {
        let mut size = Self::default();
        size.add(rule);
        size
    }

    fn add(&mut self, rule: &Rule) {
        match rule {
            Rule::All(parts) | Rule::Any(parts) => {
                self.add_group(parts);
                for part in parts {
                    self.add(part);
                }
            }
            Rule::Not(part) => self.add(part),
            Rule::Test(test) => self.add_test(test),
        }
    }

    fn add_group(&mut self, parts: &[Rule]) {
        self.leaves += usize::from(parts.is_empty());
    }

    fn add_test(&mut self, test: &Test) {
        self.leaves += 1;
        self.values += texts(&test.value).len();
        self.bytes += test.field.len() + texts(&test.value).iter().map(String::len).sum::<usize>();
        self.bytes += test.which.product.as_ref().map_or(0, String::len);
    }

    /// A sentence for each limit that it exceeds.
    pub(super) fn excess(&self) -> Vec<String> {
        let mut excess = Vec::new();
        if self.leaves > MAX_TESTS {
            excess.push(Self::too_many_tests());
        }
        if self.values > MAX_VALUES {
            excess.push(format!("A rule has at most {MAX_VALUES} values in all; use fewer, or mark those leads with a tag"));
        }
        if self.bytes > MAX_BYTES {
            excess.push(format!("The texts of a rule have at most {MAX_BYTES} bytes in all; use fewer or shorter ones"));
        }
        excess
    }

    pub(super) fn too_many_tests() -> String {
        format!("A rule has at most {MAX_TESTS} tests; use lists of values, or leave some out")
    }
}

/// Most errors of a rule, however many mistakes it has.
pub(super) const MAX_ERRORS: usize = 20;

#[derive(Default)]
struct Checker {
    errors: Vec<FieldError>,
    size: Size,
}

impl Checker {
    fn wrong(&mut self, path: &str, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(path, message));
        }
    }

    fn rule(&mut self, rule: Rule, path: &str, depth: usize) -> Rule {
        if depth > MAX_DEPTH {
            self.wrong(path, format!("Groups nest at most {MAX_DEPTH} deep; flatten this one"));
            return Rule::everyone();
        }
        match rule {
            Rule::All(parts) => Rule::All(self.parts(parts, &format!("{path}.all"), depth)),
            Rule::Any(parts) => Rule::Any(self.parts(parts, &format!("{path}.any"), depth)),
            Rule::Not(part) => Rule::Not(Box::new(self.rule(*part, &format!("{path}.not"), depth + 1))),
            Rule::Test(test) => {
                self.size.add_test(&test);
                Rule::Test(self.test(test, path))
            }
        }
    }

    fn parts(&mut self, parts: Vec<Rule>, path: &str, depth: usize) -> Vec<Rule> {
        self.size.add_group(&parts);
        parts.into_iter().enumerate().map(|(at, part)| self.rule(part, &format!("{path}[{at}]"), depth + 1)).collect()
    }

    fn test(&mut self, mut test: Test, path: &str) -> Test {
        let Some(subject) = Subject::find(&test.field).map(cleaned).and_then(|name| Subject::find(&name)) else {
            let shown: String = test.field.chars().take(60).collect();
            self.wrong(&format!("{path}.field"), format!("No field named “{shown}”; use one of the catalogue, or custom.<key>"));
            return test;
        };
        let kind = subject.asked(test.op, &test.value);
        test.field = subject.name();
        test.op = test.op.canonical(kind);
        if subject.source() == Source::Orders {
            let (which, errors) = test.which.check(&format!("{path}.where"), MAX_TEXT);
            test.which = which;
            for error in errors {
                self.wrong(&error.field, error.message);
            }
        } else if !test.which.is_empty() {
            self.wrong(&format!("{path}.where"), format!("{} is no field of orders; take “where” out", subject.label()));
        }
        if !ops_for(kind).iter().any(|(op, _)| *op == test.op) {
            let known: Vec<_> = ops_for(kind).iter().map(|(op, _)| op.as_str()).collect();
            let message = format!("{} has no “{}”; use one of: {}", subject.label(), test.op.as_str(), known.join(", "));
            self.wrong(&format!("{path}.op"), message);
            return test;
        }
        test.value = canonical(kind, test.value);
        let value_path = format!("{path}.value");
        if let Value::List(list) = &test.value
            && list.len() > MAX_LIST
        {
            self.wrong(&value_path, format!("At most {MAX_LIST} values in a list; split it over several tests"));
        }
        if texts(&test.value).iter().any(|text| text.chars().count() > MAX_TEXT) {
            self.wrong(&value_path, format!("At most {MAX_TEXT} characters; shorten the text"));
        }
        let positive = test.op.positive().unwrap_or(test.op);
        // Whether a value is valid does not depend on the time.
        if predicate(kind, positive, &test.value, &Moment::default()).is_none() || is_part_of_a_day(test.op, &test.value) {
            self.wrong(&value_path, remedy(kind, test.op));
        }
        test
    }
}

fn cleaned(subject: Subject) -> String {
    match subject {
        Subject::Custom(key) => Subject::Custom(clean(&key)).name(),
        Subject::Field(_) => subject.name(),
    }
}

fn texts(value: &Value) -> &[String] {
    match value {
        Value::Text(text) => std::slice::from_ref(text),
        Value::List(texts) => texts,
        _ => &[],
    }
}

fn canonical(kind: FieldKind, value: Value) -> Value {
    let text = |text: String| match kind {
        FieldKind::Words(list) => word(list, &text).map_or(text, str::to_owned),
        FieldKind::Stage => text.parse::<Stage>().map_or(text, |stage| stage.as_str().to_owned()),
        FieldKind::Id(_) => Uuid::parse_str(text.trim()).map_or_else(|_| clean(&text), |id| id.to_string()),
        _ => clean(&text),
    };
    match value {
        Value::Text(one) => Value::Text(text(one)),
        Value::List(list) => Value::List(list.into_iter().map(text).collect()),
        value => value,
    }
}

/// Whether a test counts a part of a day. Days are those of the calendar.
pub(super) fn is_part_of_a_day(op: Op, value: &Value) -> bool {
    matches!(value, Value::Number(days) if op.counts_days() && days.fract() != 0.0)
}

pub(super) fn remedy(kind: FieldKind, op: Op) -> String {
    if !takes_value(op) {
        return "Leave the value out; this operator has none".to_owned();
    }
    match kind {
        FieldKind::Text | FieldKind::Email | FieldKind::Custom(CustomKind::Text | CustomKind::Choice) | FieldKind::Tags => {
            "Give a text, or a list of texts".to_owned()
        }
        FieldKind::Words(words) => format!("Use one of: {}", words.join(", ")),
        FieldKind::Stage => format!("Use one of: {}", Stage::ALL.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(", ")),
        FieldKind::Number | FieldKind::DaysSince | FieldKind::Custom(CustomKind::Number) => "Give a number".to_owned(),
        FieldKind::Money => "Give an amount as a number, such as 1250 or 99.5".to_owned(),
        FieldKind::Flag | FieldKind::Custom(CustomKind::YesNo) => "Give true or false".to_owned(),
        FieldKind::Time | FieldKind::Custom(CustomKind::Date) if op.counts_days() => "Give a whole number of days, 0 or more".to_owned(),
        FieldKind::Custom(CustomKind::Date) => "Give a number, or a date such as 2026-11-21".to_owned(),
        FieldKind::Time => "Give a date or a time with its zone: 2026-11-21 or 2026-11-21T09:30:00Z".to_owned(),
        FieldKind::Id(_) => "Give an id, or a list of ids".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(rule: Rule) -> Vec<(String, String)> {
        let Err(Error::Invalid(errors)) = rule.check() else { panic!("accepted") };
        errors.into_iter().map(|error| (error.field, error.message)).collect()
    }

    fn is(field: &str, value: &str) -> Rule {
        Rule::test(field, Op::Is, Value::Text(value.into()))
    }

    #[test]
    fn aliases_and_words_become_canonical() {
        let rule = Rule::All(vec![
            Rule::test("visit_count", Op::Gt, Value::Number(3.0)),
            is("connectionStatus", "Not Connected"),
            is("stage", "closed WON"),
            is("tag", " vip\0 "),
            is("custom. plan ", " a\0\u{7}b\u{200b}\n"),
        ]);
        let expected = Rule::All(vec![
            Rule::test("visits", Op::Gt, Value::Number(3.0)),
            is("connection", "not_connected"),
            is("stage", "Closed Won"),
            Rule::test("tags", Op::Contains, Value::Text("vip".into())),
            is("custom.plan", "ab"),
        ]);
        assert_eq!(rule.check().unwrap(), expected);
    }

    #[test]
    fn every_wrong_test_is_named_at_its_path() {
        let rule = Rule::All(vec![
            is("nickname", "x"),
            Rule::Not(Box::new(Rule::Any(vec![is("score", "30"), Rule::test("status", Op::Gt, Value::Number(1.0))]))),
            Rule::test("name", Op::IsSet, Value::Flag(true)),
            Rule::test("score", Op::Gt, Value::Number(f64::NAN)),
            Rule::test("created_at", Op::WithinDays, Value::Number(-1.0)),
            Rule::test("created_at", Op::OlderThanDays, Value::Number(0.5)),
            is("owner", "me"),
            is("custom. ", "x"),
        ]);
        let errors = errors(rule);
        let paths: Vec<_> = errors.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "rule.all[0].field",
                "rule.all[1].not.any[0].value",
                "rule.all[1].not.any[1].op",
                "rule.all[2].value",
                "rule.all[3].value",
                "rule.all[4].value",
                "rule.all[5].value",
                "rule.all[6].value",
                "rule.all[7].field"
            ]
        );
        assert_eq!(errors[2].1, "Status has no “gt”; use one of: is, is_not");
    }

    #[test]
    fn limits_hold() {
        let nested = |depth: usize| (1..depth).fold(is("name", "x"), |rule, _| Rule::Not(Box::new(rule)));
        assert!(nested(MAX_DEPTH).check().is_ok());
        assert_eq!(errors(nested(MAX_DEPTH + 1)).len(), 1);
        let many = |count: usize| Rule::Any((0..count).map(|_| Rule::everyone()).collect());
        assert!(many(MAX_TESTS).check().is_ok());
        assert_eq!(errors(many(MAX_TESTS + 1))[0].0, "rule");
        assert!(is("name", &"ß".repeat(MAX_TEXT)).check().is_ok());
        assert_eq!(errors(is("name", &"ß".repeat(MAX_TEXT + 1)))[0].0, "rule.value");
        let list = |length: usize| Rule::test("name", Op::Is, Value::List(vec!["x".into(); length]));
        let lists = |values: usize| Rule::All((0..values / 50).map(|_| list(50)).collect());
        assert!(lists(MAX_VALUES).check().is_ok());
        assert_eq!(errors(lists(MAX_VALUES + 50))[0].0, "rule");
        let texts = |bytes: usize| Rule::Any((0..bytes / 1_024).map(|_| is("name", &"x".repeat(1_000))).collect());
        assert!(texts(MAX_BYTES).check().is_ok());
        assert_eq!(errors(texts(MAX_BYTES + 1_024)).len(), 1);
        assert!(list(MAX_LIST).check().is_ok());
        assert_eq!(errors(list(MAX_LIST + 1))[0].0, "rule.value");
    }
}
