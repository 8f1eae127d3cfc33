//! How types that are texts on the wire are described in OpenAPI. The others derive it, each where it is.

use crate::{
    Timestamp,
    imports::Target,
    page::{Cursor, Sort},
    rule::Rule,
};
use utoipa::openapi::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

/// A type that is a text: with its generics in brackets, its name, and what more there is to say.
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
text!([C] Sort<C>, example("-value").description(Some("The name of a column; `-` before it reverses the order")));
text!([Id] Cursor<Id>, ObjectBuilder::new().description(Some("Where a page ended; opaque")));
text!([] Target, example("custom.Shoe size").description(Some("The name of a field, `custom.<key>` or `skip`")));

impl utoipa::PartialSchema for Rule {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "`{\"all\": [rules]}`, `{\"any\": [rules]}`, `{\"not\": rule}` or a test; `GET /api/rules` says what tests there are",
            ))
            .examples([serde_json::json!({ "all": [{ "field": "stage", "op": "is", "value": "Negotiation" }] })])
            .into()
    }
}

impl utoipa::ToSchema for Rule {}
