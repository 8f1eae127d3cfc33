//! Validation of rules from outside: limits, known fields, types, and canonical form.

use super::{
    FieldKind, MAX_BYTES, MAX_DEPTH, MAX_LIST, MAX_TESTS, MAX_TEXT, MAX_VALUES, Op, Rule, Subject, Test, Value, ops_for,
    plan::{predicate, word},
    takes_value,
};
use crate::{Error, FieldError, Result, Timestamp, leads::Stage, text::clean};

impl Rule {
    /// The same rule with canonical names and words, without NUL, ready to store and to evaluate.
    ///
    /// # Errors
    /// `Invalid` with one entry for each wrong test, at its path, such as `rule.all[1].value`.
    pub fn check(self) -> Result<Self> {
        let mut checker = Checker::default();
        let rule = checker.rule(self, "rule", 1);
        if checker.leaves > MAX_TESTS {
            checker.wrong("rule", format!("A rule has at most {MAX_TESTS} tests; use lists of values, or save parts of it as segments"));
        }
        if checker.values > MAX_VALUES {
            checker.wrong("rule", format!("A rule has at most {MAX_VALUES} values in all; use fewer, or mark those leads with a tag"));
        }
        if checker.bytes > MAX_BYTES {
            checker.wrong("rule", format!("The texts of a rule have at most {MAX_BYTES} bytes in all; use fewer or shorter ones"));
        }
        if checker.errors.is_empty() { Ok(rule) } else { Err(Error::Invalid(checker.errors)) }
    }
}

#[derive(Default)]
struct Checker {
    errors: Vec<FieldError>,
    /// Number of tests and of empty groups.
    leaves: usize,
    /// Number of values of all tests.
    values: usize,
    bytes: usize,
}

impl Checker {
    fn wrong(&mut self, path: &str, message: impl Into<String>) {
        // At most 20 errors, however many mistakes a rule has.
        if self.errors.len() < 20 {
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
                self.leaves += 1;
                self.values += texts(&test.value).len();
                self.bytes += test.field.len() + texts(&test.value).iter().map(String::len).sum::<usize>();
                Rule::Test(self.test(test, path))
            }
        }
    }

    fn parts(&mut self, parts: Vec<Rule>, path: &str, depth: usize) -> Vec<Rule> {
        self.leaves += usize::from(parts.is_empty());
        parts.into_iter().enumerate().map(|(at, part)| self.rule(part, &format!("{path}[{at}]"), depth + 1)).collect()
    }

    fn test(&mut self, mut test: Test, path: &str) -> Test {
        let Some(subject) = Subject::find(&test.field).map(cleaned).and_then(|name| Subject::find(&name)) else {
            let shown: String = test.field.chars().take(60).collect();
            self.wrong(&format!("{path}.field"), format!("No field named “{shown}”; use one of the catalogue, or custom.<key>"));
            return test;
        };
        let kind = subject.kind();
        test.field = subject.name();
        test.op = test.op.canonical(kind);
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
        if predicate(kind, positive, &test.value, Timestamp::default()).is_none() {
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
        _ => clean(&text),
    };
    match value {
        Value::Text(one) => Value::Text(text(one)),
        Value::List(list) => Value::List(list.into_iter().map(text).collect()),
        value => value,
    }
}

fn remedy(kind: FieldKind, op: Op) -> String {
    if !takes_value(op) {
        return "Leave the value out; this operator has none".to_owned();
    }
    match kind {
        FieldKind::Text | FieldKind::Email | FieldKind::Custom | FieldKind::Tags => "Give a text, or a list of texts".to_owned(),
        FieldKind::Words(words) => format!("Use one of: {}", words.join(", ")),
        FieldKind::Stage => format!("Use one of: {}", Stage::ALL.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(", ")),
        FieldKind::Number | FieldKind::DaysSince => "Give a number".to_owned(),
        FieldKind::Money => "Give an amount as a number, such as 1250 or 99.5".to_owned(),
        FieldKind::Flag => "Give true or false".to_owned(),
        FieldKind::Time if op.counts_days() => "Give a number of days, 0 or more".to_owned(),
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
                "rule.all[6].field"
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
