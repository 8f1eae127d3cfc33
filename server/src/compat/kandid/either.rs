//! Requests that may use our names or the contract's. Both are read as ours; errors use the names that were sent.

use domain::{Error, Result};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;
use std::{borrow::Cow, fmt, marker::PhantomData};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        RefOr,
        path::{Parameter, ParameterIn},
        schema::Schema,
    },
};

/// Our name of a field, and the contract's.
pub type Pair = (&'static str, &'static str);

/// A type some of whose fields have another name in the contract.
pub trait AlsoCalled {
    const PAIRS: &'static [Pair];
}

/// A `T` whose fields may be sent by either name.
pub struct Either<T> {
    pub value: T,
    pub said: Said,
}

/// The pairs whose contract name was sent.
#[derive(Default)]
pub struct Said(Vec<Pair>);

impl Said {
    /// The error with field names as they were sent.
    #[must_use]
    pub fn with_sent_names(&self, mut error: Error) -> Error {
        let word = |field: &mut String| {
            if let Some((_, theirs)) = self.0.iter().find(|(ours, _)| ours == field) {
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
                let mut ours = Ours { members, pairs: T::PAIRS, seen: Vec::new(), next: None };
                let value = T::deserialize(MapAccessDeserializer::new(&mut ours))?;
                let theirs = ours.seen.into_iter().filter(|one| one.word == one.pair.1).map(|one| one.pair);
                Ok(Either { value, said: Said(theirs.collect()) })
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// The fields of an object by our names.
struct Ours<A> {
    members: A,
    pairs: &'static [Pair],
    seen: Vec<Seen>,
    /// The field whose value comes next, if it has two names.
    next: Option<(Pair, &'static str)>,
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
        while let Some(key) = self.members.next_key_seed(Key { seed, pairs: self.pairs, seen: &self.seen })? {
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
    seen: &'s [Seen],
}

enum Read<K, V> {
    Plain(V),
    Paired(V, Pair, &'static str),
    /// The other name of a field that was read already: its place in `seen`, and this name.
    Again(K, usize, &'static str),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Key<'_, K> {
    type Value = Read<K, K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let key = String::deserialize(deserializer)?;
        let Some(&pair) = self.pairs.iter().find(|(ours, theirs)| *ours == key || *theirs == key) else {
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

/// `T` with both names of each field.
impl<T: ToSchema + AlsoCalled> PartialSchema for Either<T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            for (ours, theirs) in T::PAIRS {
                if let Some(property) = object.properties.get(*ours).cloned() {
                    object.properties.insert((*theirs).to_owned(), called(property, ours));
                }
            }
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
    }

    /// What is read, with the contract's words that were used; or where it went wrong, and why.
    fn read(json: &str) -> Result<(Person, Vec<&'static str>), (String, String)> {
        let read: Result<Either<Person>, _> = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(json));
        read.map(|Either { value, said }| (value, said.0.into_iter().map(|(_, theirs)| theirs).collect()))
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
            (r#"{"position":"A","sequenceStep":1}"#, "sequenceStep", "unknown field `sequenceStep`"),
        ] {
            let (place, message) = read(json).unwrap_err();
            assert!(message.starts_with(why), "{json}: {message}");
            assert!(at.is_empty() || place == at, "{json}: at {place}");
        }
    }

    #[test]
    fn errors_come_back_in_the_callers_words() {
        let said = Said(vec![("title", "position")]);
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
