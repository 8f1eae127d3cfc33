//! Refuses JSON objects with duplicate members. Some readers use the first of two and others the last, so what was checked might not be what
//! is carried out.

use crate::{Error, Result};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::{
    collections::HashSet,
    fmt::{self, Write as _},
};

/// Checks all objects, at any depth. `at` is the path of the whole in the error.
///
/// # Errors
/// `Invalid` on the duplicate member. Text that is not JSON passes; its parser reports it.
pub fn once(json: &[u8], at: &str) -> Result<()> {
    let mut walk = Walk { path: at.to_owned(), twice: false };
    let walked = Once(&mut walk).deserialize(&mut serde_json::Deserializer::from_slice(json));
    if walked.is_err() && walk.twice {
        return Err(Error::invalid(walk.path, "This member occurs twice in its object; send it once"));
    }
    Ok(())
}

struct Walk {
    /// Path of the current value.
    path: String,
    twice: bool,
}

struct Once<'w>(&'w mut Walk);

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let length = self.0.path.len();
        for at in 0_usize.. {
            // Writing to a string never fails.
            let _ = write!(self.0.path, "[{at}]");
            if items.next_element_seed(Once(&mut *self.0))?.is_none() {
                break;
            }
            self.0.path.truncate(length);
        }
        self.0.path.truncate(length);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let length = self.0.path.len();
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if length > 0 {
                self.0.path.push('.');
            }
            self.0.path.extend(name.chars().take(100));
            if !seen.insert(name) {
                self.0.twice = true;
                return Err(A::Error::custom("a member occurs twice"));
            }
            members.next_value_seed(Once(&mut *self.0))?;
            self.0.path.truncate(length);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_stands_once_at_every_depth() {
        let field = |json: &str, at: &str| match once(json.as_bytes(), at) {
            Err(Error::Invalid(errors)) => errors[0].field.clone(),
            passed => format!("{passed:?}"),
        };
        assert_eq!(field(r#"{"a":1,"b":2,"a":3}"#, ""), "a");
        assert_eq!(field(r#"{"a":1,"\u0061":3}"#, ""), "a", "however it is written");
        assert_eq!(field(r#"{"rule":{"all":[{"field":"x"},{"field":"a","op":"is","field":"b"}]}}"#, ""), "rule.all[1].field");
        assert_eq!(field(r#"{"all":[[],[1,{"op":"is","op":"is"}]]}"#, "rule"), "rule.all[1][1].op");
        let good = r#"{"a":[{"x":1.5e300,"y":null},{"x":-1,"y":"ä\n\u00e4"}],"b":{"a":true},"A":[]}"#;
        for passes in [good, "7", "\"a\"", "[]", "{}", "{\"a\":1,", "", "{\"a\":1}x", &"[".repeat(10_000)] {
            assert_eq!(once(passes.as_bytes(), ""), Ok(()), "{passes:.60}");
        }
    }
}
