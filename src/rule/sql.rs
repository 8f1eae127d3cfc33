//! The database engines: the same predicates as SQL conditions, for SQLite and Postgres.

use super::{
    FieldKind, Rule, Source, Subject,
    plan::{Plan, Predicate, TextMatch},
};
use crate::{Timestamp, text::folded};
use uuid::Uuid;

/// The database for which a condition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A value to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    Text(String),
    Int(i64),
    Bool(bool),
    Uuid(Uuid),
}

/// A condition that is never NULL, with the values of its placeholders in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlPart {
    pub text: String,
    pub binds: Vec<Bind>,
}

/// Value of the column `tags_fold`: each folded tag between line feeds; empty without tags.
pub fn tags_fold(tags: &[String]) -> String {
    let mut fenced = String::new();
    for tag in tags {
        fenced.push('\n');
        fenced.push_str(&folded(tag));
    }
    if !fenced.is_empty() {
        fenced.push('\n');
    }
    fenced
}

/// The rule as a condition on the columns of `FIELDS`, with placeholders from `$first`. The text contains no values of the rule.
pub fn to_sql(rule: &Rule, dialect: Dialect, now: Timestamp, first: usize) -> SqlPart {
    let mut writer = Writer { dialect, first, part: SqlPart { text: String::new(), binds: Vec::new() } };
    writer.plan(&Plan::new(rule, now));
    writer.part
}

struct Writer {
    dialect: Dialect,
    first: usize,
    part: SqlPart,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.part.text.push_str(text);
    }

    fn bind(&mut self, value: Bind) -> String {
        let place = format!("${}", self.first + self.part.binds.len());
        self.part.binds.push(value);
        place
    }

    fn plan(&mut self, plan: &Plan) {
        match plan {
            Plan::All(parts) => self.joined(parts, " AND ", "TRUE"),
            Plan::Any(parts) => self.joined(parts, " OR ", "FALSE"),
            Plan::Not(part) => {
                self.put("NOT (");
                self.plan(part);
                self.put(")");
            }
            Plan::Test(subject, predicate) => {
                let column = self.column(subject);
                let test = self.test(&column, subject.kind(), predicate);
                match subject.source() {
                    Source::Lead => self.put(&test),
                    Source::Enrollments => {
                        // Enrollments of a deleted campaign still exist, but do not count.
                        self.put("id IN (SELECT lead_id FROM enrollment WHERE NOT gone AND campaign_id IN (SELECT id FROM campaign) AND ");
                        self.put(&test);
                        self.put(")");
                    }
                }
            }
        }
    }

    fn joined(&mut self, parts: &[Plan], between: &str, none: &str) {
        if parts.is_empty() {
            return self.put(none);
        }
        self.put("(");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.put(between);
            }
            self.plan(part);
        }
        self.put(")");
    }

    /// The column of a subject. A custom key is bound, for SQLite as a quoted path: a bare key such as `0` would be an array index.
    fn column(&mut self, subject: &Subject) -> String {
        match (subject, self.dialect) {
            (Subject::Field(field), _) => field.column.to_owned(),
            (Subject::Custom(key), Dialect::Sqlite) => {
                let path = self.bind(Bind::Text(format!("$.{}", serde_json::Value::from(key.as_str()))));
                format!("COALESCE(json_extract(custom_fold, {path}), '')")
            }
            (Subject::Custom(key), Dialect::Postgres) => {
                let key = self.bind(Bind::Text(key.clone()));
                format!("COALESCE(custom_fold ->> CAST({key} AS TEXT), '')")
            }
        }
    }

    fn test(&mut self, column: &str, kind: FieldKind, predicate: &Predicate) -> String {
        match predicate {
            Predicate::Set => match kind {
                FieldKind::Text | FieldKind::Email | FieldKind::Custom | FieldKind::Tags => format!("{column} <> ''"),
                _ => format!("{column} IS NOT NULL"),
            },
            Predicate::Text(TextMatch::Equal, needles) => self.one_of(column, needles.iter().cloned().map(Bind::Text)),
            Predicate::Text(how, needles) => self.any(needles.iter().map(|needle| (*how, needle.clone())), column),
            Predicate::Tags(tags) => self.any(tags.iter().map(|tag| (TextMatch::Contains, format!("\n{tag}\n"))), column),
            Predicate::Words(words) => self.one_of(column, words.iter().map(|word| Bind::Text((*word).to_owned()))),
            Predicate::OneOf(numbers) => self.one_of(column, numbers.iter().copied().map(Bind::Int)),
            Predicate::Ids(ids) => {
                let test = self.one_of(column, ids.iter().copied().map(Bind::Uuid));
                format!("({column} IS NOT NULL AND {test})")
            }
            Predicate::Range(min, max) => {
                let mut tests = vec![format!("{column} IS NOT NULL")];
                if *min != i64::MIN {
                    tests.push(format!("{column} >= {}", self.bind(Bind::Int(*min))));
                }
                if *max != i64::MAX {
                    tests.push(format!("{column} <= {}", self.bind(Bind::Int(*max))));
                }
                format!("({})", tests.join(" AND "))
            }
            Predicate::Flag(flag) => format!("{column} = {}", self.bind(Bind::Bool(*flag))),
        }
    }

    fn one_of(&mut self, column: &str, values: impl Iterator<Item = Bind>) -> String {
        let places: Vec<_> = values.map(|value| self.bind(value)).collect();
        format!("{column} IN ({})", places.join(", "))
    }

    /// Uses functions instead of LIKE, so that `%`, `_` and `\` are plain characters. Case was folded before.
    fn any(&mut self, needles: impl Iterator<Item = (TextMatch, String)>, column: &str) -> String {
        let tests: Vec<_> = needles
            .map(|(how, needle)| {
                let length = needle.chars().count();
                let place = self.bind(Bind::Text(needle));
                match (how, self.dialect) {
                    (TextMatch::Equal, _) => format!("{column} = {place}"),
                    (TextMatch::Contains, Dialect::Sqlite) => format!("instr({column}, {place}) > 0"),
                    (TextMatch::Contains, Dialect::Postgres) => format!("strpos({column}, {place}) > 0"),
                    (TextMatch::Starts, _) => format!("substr({column}, 1, {length}) = {place}"),
                    (TextMatch::Ends, Dialect::Sqlite) => format!("substr({column}, -{length}) = {place}"),
                    (TextMatch::Ends, Dialect::Postgres) => format!("right({column}, {length}) = {place}"),
                }
            })
            .collect();
        format!("({})", tests.join(" OR "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Op, Value, generate::NOW};

    fn both(rule: &Rule) -> [SqlPart; 2] {
        [Dialect::Sqlite, Dialect::Postgres].map(|dialect| to_sql(rule, dialect, NOW, 3))
    }

    #[test]
    fn values_are_bound_and_counted_from_first() {
        let rule = Rule::Not(Box::new(Rule::Any(vec![
            Rule::test("stage", Op::IsNot, Value::List(vec!["Closed Lost".into(), "New Lead".into()])),
            Rule::test("name", Op::Contains, Value::Text("' OR 1=1 --".into())),
            Rule::test("value", Op::Gte, Value::Number(1.5)),
        ])));
        let [sqlite, postgres] = both(&rule);
        assert_eq!(sqlite.text, "NOT ((NOT (stage IN ($3, $4)) OR (instr(name_fold, $5) > 0) OR (value IS NOT NULL AND value >= $6)))");
        assert_eq!(postgres.text, sqlite.text.replace("instr", "strpos"));
        assert_eq!(sqlite.binds, [Bind::Int(6), Bind::Int(0), Bind::Text("' or 1=1 --".into()), Bind::Int(150)]);
    }

    #[test]
    fn groups_without_parts_are_everybody_and_nobody() {
        assert_eq!(both(&Rule::everyone())[0].text, "TRUE");
        assert_eq!(both(&Rule::Any(Vec::new()))[1].text, "FALSE");
        assert_eq!(both(&Rule::test("name", Op::IsNot, Value::List(Vec::new())))[0].text, "NOT (FALSE)");
    }

    #[test]
    fn keys_of_custom_fields_are_bound() {
        let [sqlite, postgres] = both(&Rule::test("custom.a\"b", Op::EndsWith, Value::Text("é!".into())));
        assert_eq!(sqlite.text, "(substr(COALESCE(json_extract(custom_fold, $3), ''), -2) = $4)");
        assert_eq!(sqlite.binds, [Bind::Text(r#"$."a\"b""#.into()), Bind::Text("é!".into())]);
        assert_eq!(postgres.text, "(right(COALESCE(custom_fold ->> CAST($3 AS TEXT), ''), 2) = $4)");
        assert_eq!(postgres.binds[0], Bind::Text("a\"b".into()));
    }

    #[test]
    fn a_key_is_one_however_it_is_written() {
        for key in ["Caf\u{e9}", "CAFE\u{301}", " cafe\u{301} "] {
            let [sqlite, postgres] = both(&Rule::test(format!("custom.{key}"), Op::IsSet, Value::None));
            assert_eq!(sqlite.binds, [Bind::Text("$.\"caf\u{e9}\"".into())], "{key}");
            assert_eq!(postgres.binds, [Bind::Text("caf\u{e9}".into())], "{key}");
        }
    }

    #[test]
    fn tags_stand_between_line_feeds() {
        assert_eq!(tags_fold(&["VIP".into(), "de".into()]), "\nvip\nde\n");
        assert_eq!(tags_fold(&[]), "");
        let [sqlite, _] = both(&Rule::test("tag", Op::Is, Value::Text("Vip".into())));
        assert_eq!((sqlite.text.as_str(), &sqlite.binds[0]), ("(instr(tags_fold, $3) > 0)", &Bind::Text("\nvip\n".into())));
    }
}
