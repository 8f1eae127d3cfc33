use super::{CustomField, CustomKind, FieldId, FieldPatch, Fields, GAP, NewField, position_at};
use crate::{
    Error, Result, Timestamp,
    leads::Custom,
    rule::{Op, Rule, Value},
};
use uuid::Uuid;

fn field(kind: CustomKind, label: &str, required: bool) -> CustomField {
    let choices = ["Gold", "Größe L"].map(str::to_owned).into();
    let new = NewField { label: label.to_owned(), kind, required, choices, ..NewField::default() };
    new.into_field(FieldId(Uuid::from_u128(kind.rank().unsigned_abs().into())), kind.rank(), Timestamp(1)).unwrap()
}

fn fields() -> Fields {
    let kinds = [(CustomKind::Number, "Age"), (CustomKind::Date, "Ends"), (CustomKind::Choice, "Plan"), (CustomKind::YesNo, "Press")];
    Fields::new(kinds.map(|(kind, label)| field(kind, label, label == "Plan")).into())
}

fn custom(values: &[(&str, &str)]) -> Custom {
    values.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

fn wrong<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    let Err(Error::Invalid(errors)) = result else { panic!("accepted: {result:?}") };
    errors.into_iter().map(|error| error.field).collect()
}

#[test]
fn values_are_kept_in_one_form() {
    for (kind, written, kept) in [
        (CustomKind::Number, " 1 250,50 ", Some("1250.5")),
        (CustomKind::Number, "−007", Some("-7")),
        (CustomKind::Number, "+0.0", Some("0")),
        (CustomKind::Number, "0,250", Some("0.25")),
        (CustomKind::Number, "1.1250", Some("1.125")),
        (CustomKind::Number, "1,250", None),
        (CustomKind::Number, "1.250", Some("1.25")),
        (CustomKind::Number, "1,250.5", None),
        (CustomKind::Number, "1.250,5", None),
        (CustomKind::Number, "many", None),
        (CustomKind::Number, "1000000000000", None),
        (CustomKind::Number, "0.1234567", None),
        (CustomKind::Number, ".", None),
        (CustomKind::Date, "2026-11-30", Some("2026-11-30")),
        (CustomKind::Date, "30.11.2026", Some("2026-11-30")),
        (CustomKind::Date, "2026/1/2", Some("2026-01-02")),
        (CustomKind::Date, "13/1/2026", Some("2026-01-13")),
        (CustomKind::Date, "1/13/2026", Some("2026-01-13")),
        (CustomKind::Date, "2026-11-30T00:00:00Z", Some("2026-11-30")),
        (CustomKind::Date, "2026-11-30T09:30:00Z", None),
        (CustomKind::Date, "1/2/2026", None),
        (CustomKind::Date, "1.2.26", None),
        (CustomKind::Date, "2026-02-30", None),
        (CustomKind::Date, "soon", None),
        (CustomKind::Choice, "GRÖSSE l", Some("Größe L")),
        (CustomKind::Choice, "Silver", None),
        (CustomKind::YesNo, "TRUE", Some("yes")),
        (CustomKind::YesNo, "Nein", Some("no")),
        (CustomKind::YesNo, "maybe", None),
        (CustomKind::Text, " a  b ", Some("a  b")),
    ] {
        let field = field(kind, "x", false);
        let read = field.read(written);
        assert_eq!(read.as_deref().ok(), kept, "{written:?} {read:?}");
        if let Ok(read) = read {
            assert!(field.fits(&read), "{read}");
            assert_eq!(field.read(&read).as_ref(), Ok(&read), "what is shown can be typed");
        }
    }
}

#[test]
fn a_new_lead_has_values_that_fit_and_required_ones() {
    let fields = fields();
    let kept = fields.check_new(custom(&[("AGE", "30,5"), ("plan", "gold"), ("Other", "1,250")]), true).unwrap();
    assert_eq!(kept, custom(&[("Age", "30.5"), ("Plan", "Gold"), ("Other", "1,250")]));
    assert_eq!(wrong(fields.check_new(custom(&[("age", "many"), ("ends", "soon")]), true)), ["custom.Age", "custom.Ends", "custom.Plan"]);
    assert!(fields.check_new(Custom::new(), false).is_ok(), "nobody was asked");
}

#[test]
fn an_edit_keeps_what_was_there() {
    let fields = fields();
    let before = custom(&[("age", "many"), ("Plan", "Gold")]);
    let same = fields.check_edit(&before, before.clone()).unwrap();
    assert_eq!(same, before, "a value that does not fit stays");
    let after = fields.check_edit(&before, custom(&[("age", "7"), ("Plan", "GOLD"), ("Press", "1")])).unwrap();
    assert_eq!(after, custom(&[("age", "7"), ("Plan", "Gold"), ("Press", "yes")]));
    assert_eq!(wrong(fields.check_edit(&before, custom(&[("age", "few")]))), ["custom.Age", "custom.Plan"]);
}

#[test]
fn rules_test_what_the_definition_says() {
    let fields = fields();
    let text = |text: &str| Value::Text(text.to_owned());
    let right = Rule::All(vec![
        Rule::test("custom.age", Op::Gte, Value::Number(30.0)),
        Rule::test("custom.Ends", Op::Lt, text("2026-01-01")),
        Rule::test("custom.Ends", Op::WithinDays, Value::Number(7.0)),
        Rule::test("custom.Ends", Op::IsSet, Value::None),
        Rule::test("custom.PLAN", Op::Is, Value::List(vec!["gold".to_owned(), "Größe L".to_owned()])),
        Rule::test("custom.Press", Op::IsNot, Value::Flag(true)),
        Rule::test("custom.other", Op::Contains, text("x")),
    ]);
    fields.check_rule(&right.clone().check().unwrap()).unwrap();
    let all = Rule::Any(vec![
        Rule::test("custom.Age", Op::Is, text("30")),
        Rule::Not(Box::new(Rule::test("custom.Ends", Op::Contains, text("2026")))),
        Rule::test("custom.Ends", Op::Is, text("soon")),
        Rule::test("custom.Plan", Op::Is, text("Silver")),
        Rule::test("custom.Press", Op::Is, text("yes")),
    ]);
    let paths = ["rule.any[0].value", "rule.any[1].not.op", "rule.any[2].value", "rule.any[3].value", "rule.any[4].value"];
    assert_eq!(wrong(fields.check_rule(&all.check().unwrap())), paths);
}

#[test]
fn definitions_are_checked() {
    let new = |json: &str| {
        let new: NewField = serde_json::from_str(json).unwrap();
        new.into_field(FieldId(Uuid::nil()), 1, Timestamp(1))
    };
    let made = new(r#"{"label":" Plan ","kind":"choice","choices":["Gold"," gold ","","Silver"]}"#).unwrap();
    assert_eq!((made.key.as_str(), made.choices.as_slice()), ("Plan", ["Gold".to_owned(), "Silver".to_owned()].as_slice()));
    assert_eq!(wrong(new(r#"{"label":" "}"#)), ["label", "key"]);
    assert_eq!(wrong(new(r#"{"label":"Plan","kind":"choice"}"#)), ["choices"]);
    assert_eq!(new(r#"{"label":"Age","key":"Years","kind":"number","choices":["x"]}"#).unwrap().choices, Vec::<String>::new());
    let patch = FieldPatch { label: Some("Tier".to_owned()), ..FieldPatch::default() };
    let after = patch.apply(&made, Timestamp(2)).unwrap().unwrap();
    assert_eq!((after.label.as_str(), after.key.as_str(), after.revision), ("Tier", "Plan", 2));
    assert!(matches!(FieldPatch { revision: Some(7), ..patch }.apply(&made, Timestamp(2)), Err(Error::Conflict(_))));
    assert_eq!(FieldPatch::default().apply(&made, Timestamp(2)).unwrap(), None);
}

#[test]
fn a_field_is_put_between_others() {
    let all = fields();
    let at = |positions: &[i64], place| {
        let others: Vec<_> =
            all.iter().zip(positions).map(|(field, position)| CustomField { position: *position, ..field.clone() }).collect();
        position_at(&others.iter().collect::<Vec<_>>(), place)
    };
    assert_eq!((at(&[], 3), at(&[5], 0), at(&[5], 1)), (Some(GAP), Some(5 - GAP), Some(5 + GAP)));
    assert_eq!((at(&[0, 10], 1), at(&[0, 1], 1)), (Some(5), None));
}
