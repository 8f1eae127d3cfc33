//! Rules from JSON: the rule tree, groups of conditions that are joined by OR (`rules[].conditions[]`), and flat lists with one `logic`.
//!
//! An unknown field or operator is an error. In the replaced systems such a condition matched everybody, and messages were sent to them.

use super::{CustomKind, FieldKind, Op, OrderFilter, Rule, Subject, Test, Value};
use crate::{Error, Result};
use serde_json::{Map, Value as Json};

/// Parses and checks a rule in any of these forms.
///
/// # Errors
/// `Invalid`, with the path of each mistake.
pub fn parse(json: &Json) -> Result<Rule> {
    match json.get("rules") {
        Some(rules) => {
            let Json::Array(rules) = rules else { return Err(Error::invalid("rules", "Rules must be an array")) };
            let grouped = rules.iter().any(|rule| rule.get("conditions").is_some());
            if grouped { groups(rules)? } else { flat(rules, json.get("logic"))? }.check()
        }
        None => tree(json, "rule", 0)?.check(),
    }
}

/// Groups are joined by OR, the conditions of a group by AND, whatever their `logic` says. Blank conditions are dropped; none left matches
/// everybody.
fn groups(rules: &[Json]) -> Result<Rule> {
    let mut groups = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let path = format!("rules[{at}].conditions");
        let Some(Json::Array(conditions)) = rule.get("conditions") else {
            return Err(Error::invalid(path, "Conditions must be an array"));
        };
        let mut tests = Vec::new();
        for (at, condition) in conditions.iter().enumerate() {
            tests.extend(self::condition(condition, &format!("{path}[{at}]"))?);
        }
        match tests.len() {
            0 => {}
            1 => groups.append(&mut tests),
            _ => groups.push(Rule::All(tests)),
        }
    }
    Ok(match groups.len() {
        0 => Rule::everyone(),
        1 => groups.remove(0),
        _ => Rule::Any(groups),
    })
}

/// The positions of rules with conditions that `parse` drops because they are blank. Without a condition a rule has more people than its
/// author meant, so that it is counted but not kept.
pub fn blank_conditions(rules: &[Json]) -> Vec<usize> {
    let is_blank = |condition: &Json| matches!(self::condition(condition, ""), Ok(None));
    let has_blank = |rule: &Json| match rule.get("conditions").and_then(Json::as_array) {
        Some(conditions) => conditions.iter().any(is_blank),
        None => is_blank(rule),
    };
    rules.iter().enumerate().filter(|(_, rule)| has_blank(rule)).map(|(at, _)| at).collect()
}

fn flat(rules: &[Json], logic: Option<&Json>) -> Result<Rule> {
    let any = match logic.map(Json::as_str) {
        None | Some(Some("AND")) => false,
        Some(Some("OR")) => true,
        Some(_) => return Err(Error::invalid("logic", "Logic must be AND or OR")),
    };
    let mut tests = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        tests.extend(condition(rule, &format!("rules[{at}]"))?);
    }
    Ok(if any && !tests.is_empty() { Rule::Any(tests) } else { Rule::All(tests) })
}

/// `None` for a blank condition.
fn condition(json: &Json, path: &str) -> Result<Option<Rule>> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).map_or("", str::trim);
    let (field, operator) = (text("field"), text("operator"));
    let value = json.get("value").unwrap_or(&Json::Null);
    let blank = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    if !json.is_object() {
        return Err(Error::invalid(path, "Give an object with field, operator and value"));
    }
    let op = operator_of(operator);
    if field.is_empty() || operator.is_empty() || (blank && op.is_none_or(super::takes_value)) {
        return Ok(None);
    }
    let Some(op) = op else {
        let shown: String = operator.chars().take(60).collect();
        return Err(Error::invalid(format!("{path}.operator"), format!("No operator “{shown}”; use one of: > >= < <= = !=")));
    };
    let Some(mut subject) = Subject::find(field) else {
        let shown: String = field.chars().take(60).collect();
        return Err(Error::invalid(
            format!("{path}.field"),
            format!("No field named “{shown}”; use one of the catalogue, or custom.<key>"),
        ));
    };
    let text = scalar(value);
    // A last visit compared with a number means whole days since the visit.
    let since = super::field("days_since_last_active");
    if subject.name() == "last_active_at" && !op.counts_days() && text.as_ref().is_some_and(|text| text.parse::<f64>().is_ok()) {
        subject = since.map_or(subject, Subject::Field);
    }
    let kind = match subject.kind() {
        // Only numbers and dates have an order.
        FieldKind::Custom(_) if op.counts_days() => FieldKind::Custom(CustomKind::Date),
        FieldKind::Custom(_) if matches!(op, Op::Gt | Op::Gte | Op::Lt | Op::Lte) => FieldKind::Custom(CustomKind::Number),
        kind => kind,
    };
    let value = match (kind, text) {
        (FieldKind::Time, Some(text)) if !op.counts_days() => Value::Text(text.replace('/', "-")),
        (kind, Some(text)) => Value::typed(kind, op, &text),
        (_, None) => plain(value, &format!("{path}.value"))?,
    };
    Ok(Some(Rule::test(subject.name(), op, value)))
}

fn operator_of(operator: &str) -> Option<Op> {
    Some(match operator {
        ">" => Op::Gt,
        ">=" => Op::Gte,
        "<" => Op::Lt,
        "<=" => Op::Lte,
        "=" | "==" | "===" => Op::Is,
        "!=" | "!==" => Op::IsNot,
        word => Op::from_word(word)?,
    })
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.trim().to_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The rule tree. Parsed by hand, so that errors carry the path of the mistake.
fn tree(json: &Json, path: &str, depth: usize) -> Result<Rule> {
    let wrong = || Error::invalid(path, r#"Give {"all": […]}, {"any": […]}, {"not": …} or {"field": …, "op": …, "value": …}"#);
    let object = json.as_object().ok_or_else(wrong)?;
    if depth > super::MAX_DEPTH {
        return Err(Error::invalid(path, format!("Groups nest at most {} deep; flatten this one", super::MAX_DEPTH)));
    }
    if object.contains_key("field") {
        return test(object, path);
    }
    let mut members = object.iter();
    let (Some((key, inner)), None) = (members.next(), members.next()) else { return Err(wrong()) };
    let parts = |inner: &Json| -> Result<Vec<Rule>> {
        let parts = inner.as_array().ok_or_else(wrong)?;
        parts.iter().enumerate().map(|(at, part)| tree(part, &format!("{path}.{key}[{at}]"), depth + 1)).collect()
    };
    match key.as_str() {
        "all" => parts(inner).map(Rule::All),
        "any" => parts(inner).map(Rule::Any),
        "not" => tree(inner, &format!("{path}.not"), depth + 1).map(|part| Rule::Not(Box::new(part))),
        _ => Err(wrong()),
    }
}

fn test(object: &Map<String, Json>, path: &str) -> Result<Rule> {
    if let Some(extra) = object.keys().find(|key| !["field", "op", "value", "where"].contains(&key.as_str())) {
        let shown: String = extra.chars().take(60).collect();
        return Err(Error::invalid(path, format!("A test has field, op, value and, for orders, where; take “{shown}” out")));
    }
    let text = |key: &str| {
        let text = object.get(key).and_then(Json::as_str);
        text.ok_or_else(|| Error::invalid(format!("{path}.{key}"), format!("A test needs its {key} as text")))
    };
    let op = text("op")?;
    let op = Op::from_word(op).ok_or_else(|| {
        let known: Vec<_> = Op::ALL.iter().map(|op| op.as_str()).collect();
        Error::invalid(format!("{path}.op"), format!("No such operator; use one of: {}", known.join(", ")))
    })?;
    let value = object.get("value").map_or(Ok(Value::None), |value| plain(value, &format!("{path}.value")))?;
    let which = object.get("where").map_or(Ok(OrderFilter::default()), |json| orders(json, &format!("{path}.where")))?;
    Ok(Rule::Test(Test { field: text("field")?.to_owned(), op, value, which }))
}

fn orders(json: &Json, path: &str) -> Result<OrderFilter> {
    let members = json.as_object().ok_or_else(|| Error::invalid(path, "Give an object with product, within_days, from or to"))?;
    let mut which = OrderFilter::default();
    for (member, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let wrong = |what: &str| Error::invalid(format!("{path}.{member}"), what);
        let text = || value.as_str().map(str::to_owned).ok_or_else(|| wrong("Give a text"));
        match member.as_str() {
            "product" => which.product = Some(text()?),
            "from" => which.from = Some(text()?),
            "to" => which.to = Some(text()?),
            "within_days" => which.within_days = Some(value.as_f64().ok_or_else(|| wrong("Give a whole number of days, 0 or more"))?),
            _ => return Err(Error::invalid(path, "Orders are named by product, within_days, from and to; take the rest out")),
        }
    }
    Ok(which)
}

fn plain(json: &Json, path: &str) -> Result<Value> {
    let wrong = || Error::invalid(path, "Give a text, a number, true or false, or a list of texts");
    Ok(match json {
        Json::Null => Value::None,
        Json::Bool(flag) => Value::Flag(*flag),
        Json::Number(number) => Value::Number(number.as_f64().ok_or_else(wrong)?),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or_else(wrong)?),
        Json::Object(_) => return Err(wrong()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number(field: &str, op: Op, number: f64) -> Rule {
        Rule::test(field, op, Value::Number(number))
    }

    #[test]
    fn groups_of_conditions_are_or_ed() {
        let rule = parse(&json!({"rules": [
            {"conditions": [
                {"field": "total_spend", "operator": ">", "value": "1000", "logic": "OR"},
                {"field": "last_active_at", "operator": ">", "value": 30},
            ]},
            {"conditions": [{"field": "visits_count", "operator": "==", "value": 3}]},
            {"conditions": []},
            {"conditions": [{"field": "", "operator": "", "value": ""}]},
        ]}));
        let expected = Rule::Any(vec![
            Rule::All(vec![number("total_spend", Op::Gt, 1000.0), number("days_since_last_active", Op::Gt, 30.0)]),
            number("visits", Op::Is, 3.0),
        ]);
        assert_eq!(rule.unwrap(), expected);
        for blank in [json!({"rules": []}), json!({"rules": [{"conditions": [{"field": "total_spend", "operator": ">", "value": ""}]}]})] {
            assert!(parse(&blank).unwrap().is_everyone(), "{blank}");
        }
    }

    #[test]
    fn flat_lists_have_one_logic() {
        let body = |logic: &str| {
            json!({"rules": [
                {"field": "total_spends", "operator": ">", "value": "1000"},
                {"field": "last_visit_date", "operator": "<=", "value": "2024/06/01"},
                {"field": "name", "operator": "=", "value": 7},
            ], "logic": logic})
        };
        let tests = vec![
            number("total_spend", Op::Gt, 1000.0),
            Rule::test("last_active_at", Op::Lte, Value::Text("2024-06-01".into())),
            Rule::test("name", Op::Is, Value::Text("7".into())),
        ];
        assert_eq!(parse(&body("AND")).unwrap(), Rule::All(tests.clone()));
        assert_eq!(parse(&body("OR")).unwrap(), Rule::Any(tests));
        assert_eq!(parse(&body("XOR")).unwrap_err(), Error::invalid("logic", "Logic must be AND or OR"));
    }

    #[test]
    fn our_own_tree_comes_back() {
        let json = json!({"all": [
            {"not": {"field": "stage", "op": "is", "value": ["Closed Won", "Closed Lost"]}},
            {"any": [{"field": "engaged", "op": "is", "value": true}, {"field": "owner", "op": "is_empty"}]},
        ]});
        let rule = parse(&json).unwrap();
        assert_eq!(serde_json::to_value(&rule).unwrap(), json);
        assert_eq!(serde_json::from_value::<Rule>(json).unwrap(), rule);
    }

    #[test]
    fn mistakes_are_told_at_their_path() {
        let path = |json: Json| match parse(&json) {
            Err(Error::Invalid(errors)) => errors[0].field.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(path(json!({"rules": {}})), "rules");
        assert_eq!(path(json!({"rules": [{"field": "visits", "operator": "~", "value": 1}]})), "rules[0].operator");
        assert_eq!(path(json!({"rules": [{"field": "shoe_size", "operator": ">", "value": 1}]})), "rules[0].field");
        assert_eq!(path(json!({"rules": [{"conditions": [{"field": "visits", "operator": ">", "value": "many"}]}]})), "rule.value");
        assert_eq!(path(json!({"any": [{"field": "name", "op": "like", "value": "x"}]})), "rule.any[0].op");
        assert_eq!(path(json!({"any": [{"field": "name", "op": "is", "value": [1]}]})), "rule.any[0].value");
        assert_eq!(path(json!({"all": [], "any": []})), "rule");
        let orders = |which: Json| path(json!({"all": [{"field": "orders", "op": "gte", "value": 2, "where": which}]}));
        assert_eq!(orders(json!([])), "rule.all[0].where");
        assert_eq!(orders(json!({"shop": "x"})), "rule.all[0].where");
        assert_eq!(orders(json!({"product": 7})), "rule.all[0].where.product");
        assert_eq!(orders(json!({"product": " "})), "rule.all[0].where.product");
        assert_eq!(orders(json!({"within_days": -1})), "rule.all[0].where.within_days");
        assert_eq!(orders(json!({"within_days": 0.5})), "rule.all[0].where.within_days");
        assert_eq!(orders(json!({"within_days": 7, "to": "2026-01-01"})), "rule.all[0].where.within_days");
        assert_eq!(orders(json!({"from": "soon"})), "rule.all[0].where.from");
        assert_eq!(orders(json!({"from": "2026-02-01", "to": "2026-01-31"})), "rule.all[0].where.to");
        assert_eq!(path(json!({"field": "visits", "op": "gte", "value": 2, "where": {"product": "x"}})), "rule.where");
        assert_eq!(path(json!(7)), "rule");
    }
}
