//! OpenAPI schemas of types that are strings on the wire. Other types derive `ToSchema` where they are defined.

use crate::{
    Currency, Timestamp,
    imports::Target,
    page::{Cursor, Sort},
    rule::Rule,
};
use utoipa::openapi::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

/// Implements the schema of a string type. Arguments: generics in brackets, type, and an `ObjectBuilder` with further attributes.
macro_rules! text {
    ([$($generic:ident),*] $name:ty, $object:expr) => {
        impl<$($generic),*> utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $object.schema_type(utoipa::openapi::Type::String).into()
            }
        }

        impl<$($generic),*> utoipa::ToSchema for $name {}
    };
}
pub(crate) use text;

fn example(example: &str) -> ObjectBuilder {
    ObjectBuilder::new().examples([serde_json::Value::from(example)])
}

text!([] Timestamp, example("2026-11-21T09:30:00.000Z").format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))));
text!([] Currency, example("EUR").description(Some("Code of ISO 4217")));
text!([C] Sort<C>, example("-value").description(Some("The name of a column; `-` before it reverses the order")));
text!([Id] Cursor<Id>, ObjectBuilder::new().description(Some("Where a page ended; opaque")));
text!([] Target, example("custom.Shoe size").description(Some("The name of a field, `custom.<key>` or `skip`")));

impl utoipa::PartialSchema for Rule {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "`{\"all\": [rules]}`, `{\"any\": [rules]}`, `{\"not\": rule}` or a test; `GET /api/rules` says what tests there are. `where` says \
                 which orders a test of orders asks: `product`, and `within_days`, or `from` and `to`",
            ))
            .examples([serde_json::json!({ "all": [
                { "field": "stage", "op": "is", "value": "Negotiation" },
                { "field": "orders", "op": "gte", "value": 2, "where": { "product": "Tea", "within_days": 30 } },
            ] })])
            .into()
    }
}

impl utoipa::ToSchema for Rule {}
