//! Requests that may use our names or the contract's. Both are read as ours; errors use the names that were sent. The contract's clients
//! send members that we do not know; these are ignored, and refused only on request.

use crate::http::{ApiError, ApiJson};
use axum::{
    extract::{FromRequest, Request},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use domain::{Error, FieldError, Result};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, IntoDeserializer, MapAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::Value;
use std::{borrow::Cow, fmt, marker::PhantomData};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        RefOr,
        path::{Parameter, ParameterIn},
        schema::{ObjectBuilder, Schema, Type},
    },
};

/// Our name of a field, and the contract's.
pub type Pair = (&'static str, &'static str);

/// A type some of whose fields have another name in the contract.
pub trait AlsoCalled {
    const PAIRS: &'static [Pair];
    /// Members that only the contract has: they are kept in `Said`.
    const BESIDE: &'static [&'static str] = &[];
}

/// A `T` whose fields may be sent by either name.
pub struct Either<T> {
    pub value: T,
    pub said: Said,
}

/// What a request said beyond our fields.
#[derive(Default)]
pub struct Said {
    /// The pairs whose contract name was sent.
    theirs: Vec<Pair>,
    /// The members of `AlsoCalled::BESIDE`.
    beside: Vec<(&'static str, Value)>,
    /// Names of the members that nobody knows.
    unknown: Vec<String>,
}

impl Said {
    /// The value of a member of `AlsoCalled::BESIDE`; `None` when it is absent or `null`.
    #[must_use]
    pub fn beside(&self, name: &str) -> Option<&Value> {
        self.beside.iter().find(|(one, _)| *one == name).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// # Errors
    /// `Invalid`, with one entry for each member that nobody knows.
    pub fn refuse_unknown(&self) -> Result<()> {
        if self.unknown.is_empty() {
            return Ok(());
        }
        Err(Error::Invalid(self.unknown.iter().map(|name| FieldError::new(name, format!("unknown field `{name}`"))).collect()))
    }

    /// The error with field names as they were sent.
    #[must_use]
    pub fn with_sent_names(&self, mut error: Error) -> Error {
        let word = |field: &mut String| {
            if let Some((_, theirs)) = self.theirs.iter().find(|(ours, _)| ours == field) {
                (*theirs).clone_into(field);
            }
        };
        match &mut error {
            Error::Invalid(errors) => errors.iter_mut().for_each(|one| word(&mut one.field)),
            Error::Stale { fields, .. } => fields.iter_mut().for_each(word),
            Error::Duplicate { field, .. } => word(field),
            Error::Malformed(_)
            | Error::Unauthorized
            | Error::BadCredentials
            | Error::Forbidden(_)
            | Error::NotFound { .. }
            | Error::Conflict(_)
            | Error::TooLarge { .. }
            | Error::TooMany { .. }
            | Error::QuotaFull(_)
            | Error::Unavailable(_)
            | Error::DiskFull
            | Error::Internal => {}
        }
        error
    }
}

/// The value as JSON, with both names of each field.
///
/// # Errors
/// `Internal` when it cannot be written as JSON.
pub fn beside<T: Serialize + AlsoCalled>(value: &T) -> Result<Value> {
    let mut json = serde_json::to_value(value).map_err(|_| Error::Internal)?;
    for (ours, theirs) in T::PAIRS {
        if let Some(member) = json.get(*ours).cloned() {
            json[*theirs] = member;
        }
    }
    Ok(json)
}

impl<'de, T: Deserialize<'de> + AlsoCalled> Deserialize<'de> for Either<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + AlsoCalled> Visitor<'de> for Members<T> {
            type Value = Either<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Either<T>, A::Error> {
                let mut ours =
                    Ours { members, pairs: T::PAIRS, beside: T::BESIDE, fields: None, seen: Vec::new(), next: None, said: Said::default() };
                let value = T::deserialize(&mut ours)?;
                let mut said = ours.said;
                said.theirs = ours.seen.into_iter().filter(|one| one.word == one.pair.1).map(|one| one.pair).collect();
                Ok(Either { value, said })
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// The fields of an object by our names.
struct Ours<A> {
    members: A,
    pairs: &'static [Pair],
    beside: &'static [&'static str],
    /// The fields of the type that is read; `None` for a type that takes any.
    fields: Option<&'static [&'static str]>,
    seen: Vec<Seen>,
    /// The field whose value comes next, if it has two names.
    next: Option<(Pair, &'static str)>,
    said: Said,
}

/// A struct names its fields here, so that other members can be told apart from them.
impl<'de, A: MapAccess<'de>> Deserializer<'de> for &mut Ours<A> {
    type Error = A::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, A::Error> {
        visitor.visit_map(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.fields = Some(fields);
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// A field with two names that was read.
struct Seen {
    pair: Pair,
    /// The name that was sent.
    word: &'static str,
    value: Value,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Ours<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, mut seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) =
            self.members.next_key_seed(Key { seed, pairs: self.pairs, beside: self.beside, fields: self.fields, seen: &self.seen })?
        {
            match key {
                Read::Plain(key) => return Ok(Some(key)),
                Read::Paired(key, pair, word) => {
                    self.next = Some((pair, word));
                    return Ok(Some(key));
                }
                Read::Again(unread, at, word) => {
                    self.members.next_value_seed(Same { seen: &self.seen[at], word })?;
                    seed = unread;
                }
                Read::Beside(unread, name) => {
                    let value = self.members.next_value()?;
                    self.said.beside.push((name, value));
                    seed = unread;
                }
                Read::Unknown(unread, name) => {
                    self.members.next_value::<IgnoredAny>()?;
                    self.said.unknown.push(name);
                    seed = unread;
                }
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let Some((pair, word)) = self.next.take() else { return self.members.next_value_seed(seed) };
        let mut value = Value::Null;
        let read = self.members.next_value_seed(Kept { seed, value: &mut value })?;
        self.seen.push(Seen { pair, word, value });
        Ok(read)
    }
}

/// Reads a field's name. Errors in here are reported at that name.
struct Key<'s, K> {
    seed: K,
    pairs: &'static [Pair],
    beside: &'static [&'static str],
    fields: Option<&'static [&'static str]>,
    seen: &'s [Seen],
}

enum Read<K, V> {
    Plain(V),
    Paired(V, Pair, &'static str),
    /// The other name of a field that was read already: its place in `seen`, and this name.
    Again(K, usize, &'static str),
    /// A member that only the contract has.
    Beside(K, &'static str),
    /// A member that nobody knows.
    Unknown(K, String),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = Read<K, K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let key = String::deserialize(deserializer)?;
        let Some(&pair) = self.pairs.iter().find(|(ours, theirs)| *ours == key || *theirs == key) else {
            if let Some(name) = self.beside.iter().find(|name| **name == key) {
                return Ok(Read::Beside(self.seed, name));
            }
            if self.fields.is_some_and(|fields| !fields.contains(&key.as_str())) {
                return Ok(Read::Unknown(self.seed, key));
            }
            return self.seed.deserialize(key.into_deserializer()).map(Read::Plain);
        };
        let word = if key == pair.0 { pair.0 } else { pair.1 };
        match self.seen.iter().position(|one| one.pair == pair) {
            None => self.seed.deserialize(pair.0.into_deserializer()).map(|key| Read::Paired(key, pair, word)),
            Some(at) if self.seen[at].word == word => Err(D::Error::custom(format!("duplicate field `{word}`"))),
            Some(at) => Ok(Read::Again(self.seed, at, word)),
        }
    }
}

/// Reads a value and keeps a copy.
struct Kept<'v, V> {
    seed: V,
    value: &'v mut Value,
}

impl<'de, V: DeserializeSeed<'de>> DeserializeSeed<'de> for Kept<'_, V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        *self.value = Value::deserialize(deserializer)?;
        // From text again, so that errors read as for any other field.
        let text = self.value.to_string();
        let mut again = serde_json::Deserializer::from_reader(text.as_bytes());
        self.seed.deserialize(&mut again).map_err(D::Error::custom)
    }
}

/// A value that must equal the one sent by the other name.
struct Same<'s> {
    seen: &'s Seen,
    word: &'static str,
}

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { seen, word } = self;
        if Value::deserialize(deserializer)? == seen.value {
            return Ok(());
        }
        Err(D::Error::custom(format!("`{}` and `{word}` are two names of one field, and their values differ; send one of them", seen.word)))
    }
}

/// A body by either name. Members that nobody knows are ignored, as the contract's clients need; with `Prefer: handling=strict` (RFC 7240)
/// they are refused.
pub struct EitherJson<T>(pub Either<T>);

impl<T: DeserializeOwned + AlsoCalled + 'static, S: Send + Sync> FromRequest<S> for EitherJson<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let strict = is_strict(request.headers());
        let ApiJson(body) = ApiJson::<Either<T>>::from_request(request, state).await?;
        if strict {
            body.said.refuse_unknown().map_err(|error| ApiError(error).into_response())?;
        }
        Ok(Self(body))
    }
}

fn is_strict(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split([',', ';']));
    preferences.map(str::trim).any(|one| one.replace(['"', ' '], "").eq_ignore_ascii_case("handling=strict"))
}

/// `T` with both names of each field. Other members may be sent.
impl<T: ToSchema + AlsoCalled> PartialSchema for Either<T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            for (ours, theirs) in T::PAIRS {
                if let Some(property) = object.properties.get(*ours).cloned() {
                    object.properties.insert((*theirs).to_owned(), called(property, ours));
                }
            }
            for name in T::BESIDE {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some("Only in the outreach contract"));
                object.properties.insert((*name).to_owned(), text.into());
            }
            object.additional_properties = None;
        }
        schema
    }
}

impl<T: ToSchema + AlsoCalled> ToSchema for Either<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Body", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

impl<T: IntoParams + AlsoCalled> IntoParams for Either<T> {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = T::into_params(parameter_in);
        for (ours, theirs) in T::PAIRS {
            if let Some(mut parameter) = parameters.iter().find(|one| one.name == *ours).cloned() {
                (*theirs).clone_into(&mut parameter.name);
                parameter.description = Some(describe(ours));
                parameters.push(parameter);
            }
        }
        parameters
    }
}

fn describe(ours: &str) -> String {
    format!("The outreach contract's name of `{ours}`")
}

fn called(mut property: RefOr<Schema>, ours: &str) -> RefOr<Schema> {
    match &mut property {
        RefOr::Ref(reference) => reference.description = describe(ours),
        RefOr::T(Schema::Object(object)) => object.description = Some(describe(ours)),
        RefOr::T(Schema::OneOf(one)) => one.description = Some(describe(ours)),
        RefOr::T(_) => {}
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{FieldError, Record, leads::Connection};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Person {
        title: Option<String>,
        connection: Option<Connection>,
        score: Option<i32>,
    }

    impl AlsoCalled for Person {
        const PAIRS: &'static [Pair] = &[("title", "position"), ("connection", "connectionStatus")];
        const BESIDE: &'static [&'static str] = &["campaignId"];
    }

    /// What is read, with the contract's words that were used; or where it went wrong, and why.
    fn read(json: &str) -> Result<(Person, Vec<&'static str>), (String, String)> {
        let read: Result<Either<Person>, _> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(json));
        read.map(|Either { value, said }| (value, said.theirs.into_iter().map(|(_, theirs)| theirs).collect()))
            .map_err(|error| (error.path().to_string(), error.inner().to_string()))
    }

    #[test]
    fn either_word_is_read_and_the_callers_is_remembered() {
        let buyer = |connection, score| Person { title: Some("Buyer".to_owned()), connection, score };
        let connected = Some(Connection::Connected);
        for (json, person, theirs) in [
            (r#"{"title":"Buyer"}"#, buyer(None, None), vec![]),
            (r#"{"position":"Buyer","score":3}"#, buyer(None, Some(3)), vec!["position"]),
            (r#"{"connectionStatus":"connected","score":3,"title":"Buyer"}"#, buyer(connected, Some(3)), vec!["connectionStatus"]),
            (r#"{"title":"Buyer","connection":"connected","position":"Buyer"}"#, buyer(connected, None), vec![]),
            (r#"{"position":"Buyer","title":"Buyer"}"#, buyer(None, None), vec!["position"]),
        ] {
            assert_eq!(read(json), Ok((person, theirs)), "{json}");
        }
        assert_eq!(read(r#"{"position":null,"title":null}"#).unwrap().0, Person { title: None, connection: None, score: None });
    }

    #[test]
    fn what_is_wrong_is_told_at_the_word_that_was_sent() {
        for (json, at, why) in [
            (r#"{"title":"Buyer","position":"CTO"}"#, "position", "`title` and `position` are two names of one field"),
            (r#"{"position":"CTO","title":null}"#, "title", "`position` and `title` are two names of one field"),
            (r#"{"position":"A","position":"A"}"#, "position", "duplicate field `position`"),
            (r#"{"score":1,"score":1}"#, "", "duplicate field `score`"),
            (r#"{"connectionStatus":"far"}"#, "connectionStatus", "unknown variant `far`"),
            (r#"{"connectionStatus":5}"#, "connectionStatus", "expected value"),
            (r#"{"position":5}"#, "position", "invalid type: integer `5`, expected a string"),
            (r#"{"score":"high"}"#, "score", "invalid type"),
        ] {
            let (place, message) = read(json).unwrap_err();
            assert!(message.starts_with(why), "{json}: {message}");
            assert!(at.is_empty() || place == at, "{json}: at {place}");
        }
    }

    #[test]
    fn other_members_are_told_apart_and_ignored() {
        let read = |json: &str| serde_json::from_str::<Either<Person>>(json).unwrap();
        let Either { value, said } =
            read(r#"{"id":{"a":[1]},"score":3,"campaignId":"x","sequenceStep":1,"position":"Buyer","campaign":null}"#);
        assert_eq!((value.title.as_deref(), value.score), (Some("Buyer"), Some(3)));
        assert_eq!((said.beside("campaignId"), said.beside("other")), (Some(&"x".into()), None));
        let Err(Error::Invalid(errors)) = said.refuse_unknown() else { panic!("known") };
        let names: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(names, ["id", "sequenceStep", "campaign"]);
        let plain = read(r#"{"score":3,"campaignId":null}"#).said;
        assert_eq!((plain.refuse_unknown(), plain.beside("campaignId")), (Ok(()), None));
    }

    #[test]
    fn only_those_who_ask_for_it_are_strict() {
        let asks = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("prefer", value.parse().unwrap());
            }
            is_strict(&headers)
        };
        assert!(asks(&["handling=strict"]) && asks(&["respond-async, Handling = \"strict\""]) && asks(&["wait=5", "handling=strict"]));
        assert!(!asks(&[]) && !asks(&["handling=lenient"]) && !asks(&["strict"]));
    }

    #[test]
    fn errors_come_back_in_the_callers_words() {
        let said = Said { theirs: vec![("title", "position")], ..Said::default() };
        let wrong = said.with_sent_names(Error::Invalid(vec![FieldError::new("title", "Shorter"), FieldError::new("connection", "No")]));
        assert_eq!((wrong.on_field("position").as_deref(), wrong.on_field("connection").as_deref()), (Some("Shorter"), Some("No")));
        let theirs = Box::new(Record::Set(domain::change::Set::of_leads(String::new(), 0)));
        let Error::Stale { fields, .. } =
            said.with_sent_names(Error::Stale { fields: vec!["title".to_owned(), "name".to_owned()], theirs })
        else {
            panic!("another error")
        };
        assert_eq!(fields, ["position", "name"]);
        let person = Person { title: Some("Buyer".to_owned()), connection: None, score: Some(3) };
        let both = serde_json::json!({ "title": "Buyer", "position": "Buyer", "connection": null, "connectionStatus": null, "score": 3 });
        assert_eq!(beside(&person).unwrap(), both);
    }
}
