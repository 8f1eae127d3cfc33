//! Deserialisers for fields of patches and of new records. An absent field stays unchanged, or has its default. `null` clears a field that
//! can be empty, and is an error for any other.

use serde::{Deserialize, Deserializer, de::Error};

/// Patch field that always has a value: `null` is an error.
pub(crate) fn value<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let given = Option::<T>::deserialize(deserializer)?;
    given.map(Some).ok_or_else(|| D::Error::custom("This cannot be null; give a value, or leave it out to keep what there is"))
}

/// Field of a new record that always has a value: `null` is an error.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let given = Option::<T>::deserialize(deserializer)?;
    given.ok_or_else(|| D::Error::custom("This cannot be null; give a value, or leave it out"))
}

/// Field of a new record that can be empty: `null` is its empty value.
pub(crate) fn present_or_empty<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Patch field that can be empty: `null` is its empty value.
pub(crate) fn value_or_empty<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::<T>::deserialize(deserializer).map(|given| Some(given.unwrap_or_default()))
}

/// Patch field that is optional: `null` clears it.
#[expect(clippy::option_option, reason = "not given, given as absent, and a value are three things")]
pub(crate) fn value_or_none<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
