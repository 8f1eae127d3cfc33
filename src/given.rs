//! What a patch names, and something new. A field that is absent stays as it is, or is the usual; `null` clears what can be empty and is
//! refused for what cannot.

use serde::{Deserialize, Deserializer, de::Error};

/// For a field that always has a value: `null` is an error.
pub(crate) fn value<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let given = Option::<T>::deserialize(deserializer)?;
    given.map(Some).ok_or_else(|| D::Error::custom("This cannot be null; give a value, or leave it out to keep what there is"))
}

/// For a field of something new that always has a value: `null` is an error.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let given = Option::<T>::deserialize(deserializer)?;
    given.ok_or_else(|| D::Error::custom("This cannot be null; give a value, or leave it out"))
}

/// For a field of something new that can be empty: `null` is its empty value.
pub(crate) fn present_or_empty<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// For a field that can be empty: `null` is its empty value.
pub(crate) fn value_or_empty<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(|given| Some(given.unwrap_or_default()))
}

/// For a field that can be absent: `null` makes it so.
#[expect(clippy::option_option, reason = "not given, given as absent, and a value are three things")]
pub(crate) fn value_or_none<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
