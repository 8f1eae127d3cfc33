//! The database engines: the same predicates as SQL conditions, for SQLite and Postgres.

use super::{
    FieldKind, Rule, Source, Subject,
    orders::{Aggregate, OrdersAsked},
    plan::{Plan, Predicate, TextMatch},
};
use crate::{Moment, text::folded};
use uuid::Uuid;

/// The database for which a condition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// How many leads a condition is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All, or many: orders are read as a set.
    Many,
    /// A few by their ids: the orders of each are looked up.
    Few,
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

/// The rule as a condition on the columns of `FIELDS` in a query of `lead`, with placeholders from `$first`. The text contains no values of
/// the rule.
pub fn to_sql(rule: &Rule, dialect: Dialect, reach: Reach, at: &Moment, first: usize) -> SqlPart {
    let mut writer = Writer { dialect, reach, first, part: SqlPart { text: String::new(), binds: Vec::new() } };
    writer.plan(&Plan::new(rule, at));
    writer.part
}

struct Writer {
    dialect: Dialect,
    reach: Reach,
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
            Plan::Any(parts) => self.unjoinable(|writer| writer.joined(parts, " OR ", "FALSE")),
            Plan::Not(part) => self.unjoinable(|writer| {
                writer.put("NOT (");
                writer.plan(part);
                writer.put(")");
            }),
            Plan::Orders(asked, predicate) => self.orders(asked, predicate),
            Plan::Test(subject, predicate) => {
                let column = self.column(subject, predicate);
                let test = self.test(&column, subject.kind(), predicate);
                match subject.source() {
                    // Of orders and segments there is no such test.
                    Source::Lead | Source::Totals | Source::Orders | Source::Segments => self.put(&test),
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

    /// Writes what stands under an OR or a NOT. There Postgres cannot join a set with the leads, and a set that is too large for a hash
    /// would be searched for each lead: the orders of each are looked up instead.
    fn unjoinable(&mut self, write: impl FnOnce(&mut Self)) {
        let outside = self.reach;
        if self.dialect == Dialect::Postgres {
            self.reach = Reach::Few;
        }
        write(self);
        self.reach = outside;
    }

    /// Finds the leads whose orders fit, or leaves out those whose orders do not, when leads without such orders fit too.
    fn orders(&mut self, asked: &OrdersAsked, predicate: &Predicate) {
        let (min, max) = match predicate {
            Predicate::Range(min, max) => (*min, *max),
            _ => (i64::MIN, i64::MAX),
        };
        let aggregate = asked.aggregate;
        if aggregate.of_none().is_some_and(|none| (min..=max).contains(&none)) {
            if max == i64::MAX {
                return self.put("TRUE");
            }
            self.unjoinable(|writer| writer.excess(asked, max));
        } else {
            self.put(match self.reach {
                Reach::Many => "id IN (",
                Reach::Few => "EXISTS (",
            });
            self.orders_asked(asked);
            let mut tests = Vec::new();
            if min > aggregate.least() {
                tests.push(format!("{} >= {}", self.computed(aggregate), self.bind(Bind::Int(min))));
            }
            if max != i64::MAX {
                tests.push(format!("{} <= {}", self.computed(aggregate), self.bind(Bind::Int(max))));
            }
            if !tests.is_empty() {
                self.put(" GROUP BY lead_id HAVING ");
                self.put(&tests.join(" AND "));
            }
            self.put(")");
        }
    }

    /// Leaves out the leads whose number or sum is more than `max`. It is never below `min`, which is at most 0.
    fn excess(&mut self, asked: &OrdersAsked, max: i64) {
        self.put(match self.reach {
            Reach::Many => "id NOT IN (",
            Reach::Few => "NOT EXISTS (",
        });
        self.orders_asked(asked);
        if max >= asked.aggregate.least() {
            let test = format!(" GROUP BY lead_id HAVING {} > {}", self.computed(asked.aggregate), self.bind(Bind::Int(max)));
            self.put(&test);
        }
        self.put(")");
    }

    /// The leads of the orders that are asked, one row for each order.
    fn orders_asked(&mut self, asked: &OrdersAsked) {
        self.put("SELECT lead_id FROM orders WHERE lead_id ");
        self.put(match self.reach {
            Reach::Many => "IS NOT NULL",
            Reach::Few => "= lead.id",
        });
        let (first, last) = asked.window;
        for (bound, operator, none) in [(first, ">=", i64::MIN), (last, "<=", i64::MAX)] {
            if bound != none {
                let place = self.bind(Bind::Int(bound));
                self.put(&format!(" AND ordered_at {operator} {place}"));
            }
        }
        if let Some(product) = &asked.product {
            let place = self.bind(Bind::Text(product.clone()));
            self.put(&match self.reach {
                Reach::Many => format!(" AND id IN (SELECT order_id FROM order_product WHERE product = {place})"),
                Reach::Few => format!(" AND EXISTS (SELECT 1 FROM order_product WHERE order_id = orders.id AND product = {place})"),
            });
        }
    }

    /// SQLite fails on a sum that is too large for a number, and computes with decimals when the product is.
    fn computed(&self, aggregate: Aggregate) -> &'static str {
        match (aggregate, self.dialect) {
            (Aggregate::Count, _) => "COUNT(*)",
            (Aggregate::Sum, Dialect::Sqlite) => "SUM(amount / 1000000) * 1000000 + SUM(amount % 1000000)",
            (Aggregate::Sum, Dialect::Postgres) => "SUM(amount)",
            (Aggregate::First, _) => "MIN(ordered_at)",
            (Aggregate::Last, _) => "MAX(ordered_at)",
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
    fn column(&mut self, subject: &Subject, predicate: &Predicate) -> String {
        let key = match subject {
            Subject::Field(field) => return field.column.to_owned(),
            Subject::Custom(key) => key,
        };
        let measure = match predicate {
            Predicate::Measured(measure, ..) => Some(measure),
            _ => None,
        };
        let key = measure.map_or_else(|| key.clone(), |measure| measure.key(key));
        let value = match self.dialect {
            Dialect::Sqlite => {
                let path = self.bind(Bind::Text(format!("$.{}", serde_json::Value::from(key))));
                format!("json_extract(custom_fold, {path})")
            }
            Dialect::Postgres => {
                let key = self.bind(Bind::Text(key));
                format!("custom_fold ->> CAST({key} AS TEXT)")
            }
        };
        match (measure, self.dialect) {
            (None, _) => format!("COALESCE({value}, '')"),
            (Some(_), Dialect::Sqlite) => value,
            (Some(_), Dialect::Postgres) => format!("CAST({value} AS BIGINT)"),
        }
    }

    fn test(&mut self, column: &str, kind: FieldKind, predicate: &Predicate) -> String {
        match predicate {
            Predicate::Set => match kind {
                FieldKind::Text | FieldKind::Email | FieldKind::Custom(_) | FieldKind::Tags => format!("{column} <> ''"),
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
            Predicate::Range(min, max) | Predicate::Measured(_, min, max) => {
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
    use crate::rule::{Op, OrderFilter, Value, generate};

    fn both(rule: &Rule) -> [SqlPart; 2] {
        [Dialect::Sqlite, Dialect::Postgres].map(|dialect| to_sql(rule, dialect, Reach::Many, &generate::now(), 3))
    }

    #[test]
    fn orders_are_a_set_of_many_leads_and_looked_up_for_few() {
        let tea = || OrderFilter { product: Some(" TEA ".into()), from: Some("1970-01-02".into()), ..OrderFilter::default() };
        let rule = Rule::of_orders("orders", Op::Gte, Value::Number(2.0), tea());
        let set = "id IN (SELECT lead_id FROM orders WHERE lead_id IS NOT NULL AND ordered_at >= $3 AND id IN \
                   (SELECT order_id FROM order_product WHERE product = $4) GROUP BY lead_id HAVING COUNT(*) >= $5)";
        let [sqlite, postgres] = both(&rule);
        assert_eq!((sqlite.text.as_str(), postgres.text.as_str()), (set, set));
        assert_eq!(sqlite.binds, [Bind::Int(crate::time::DAY), Bind::Text("tea".into()), Bind::Int(2)]);
        let each = "EXISTS (SELECT lead_id FROM orders WHERE lead_id = lead.id AND ordered_at >= $3 AND EXISTS \
                    (SELECT 1 FROM order_product WHERE order_id = orders.id AND product = $4) GROUP BY lead_id HAVING COUNT(*) >= $5)";
        assert_eq!(to_sql(&rule, Dialect::Sqlite, Reach::Few, &generate::now(), 3).text, each);
        let [sqlite, postgres] = both(&Rule::Any(vec![rule]));
        assert_eq!((sqlite.text, postgres.text), (format!("({set})"), format!("({each})")));
    }

    #[test]
    fn leads_without_orders_have_none() {
        let rule = |field: &str, op, number| Rule::test(field, op, Value::Number(number));
        let sql = |rule: Rule| both(&rule).map(|part| part.text);
        let none = "id NOT IN (SELECT lead_id FROM orders WHERE lead_id IS NOT NULL)";
        assert_eq!(sql(rule("orders", Op::Is, 0.0))[0], none);
        assert_eq!(sql(rule("orders", Op::Lt, 1.0))[1], "NOT EXISTS (SELECT lead_id FROM orders WHERE lead_id = lead.id)");
        assert_eq!(sql(rule("orders", Op::Gte, 1.0))[0], "id IN (SELECT lead_id FROM orders WHERE lead_id IS NOT NULL)");
        assert_eq!(sql(rule("orders", Op::Gte, 0.0)), ["TRUE", "TRUE"]);
        assert!(sql(rule("order_total", Op::Lte, 5.0))[1].ends_with("GROUP BY lead_id HAVING SUM(amount) > $3)"));
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
    fn numbers_and_days_of_custom_fields_are_read_measured() {
        let rule = Rule::test("custom.Age", Op::Gte, Value::Number(29.5));
        let [sqlite, postgres] = both(&rule);
        assert_eq!(sqlite.text, "(json_extract(custom_fold, $3) IS NOT NULL AND json_extract(custom_fold, $3) >= $4)");
        assert_eq!(sqlite.binds, [Bind::Text("$.\"N age\"".into()), Bind::Int(29_500_000)]);
        let days = "CAST(custom_fold ->> CAST($3 AS TEXT) AS BIGINT)";
        assert_eq!(postgres.text, format!("({days} IS NOT NULL AND {days} >= $4)"));
        let [_, postgres] = both(&Rule::test("custom.Ends", Op::Lt, Value::Text("1970-01-03".into())));
        assert_eq!(postgres.text, format!("({days} IS NOT NULL AND {days} <= $4)"));
        assert_eq!(postgres.binds, [Bind::Text("D ends".into()), Bind::Int(2 * crate::time::DAY - 1)]);
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
