//! Parameters of a request, as FastAPI reads them: unknown ones are ignored, and of one that is sent twice the last counts.

use super::errors::{Flaw, Loc, Refusal};
use crate::http::ApiError;
use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use domain::Error;
use serde_json::{Value, json};

/// Longest `user_id` and `client_id`, in characters.
pub const ID_MAX: usize = 200;

pub struct Parameters {
    pairs: Vec<(String, String)>,
    flaws: Vec<Flaw>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let read = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(pairs) = read.map_err(|error| Error::Malformed(error.body_text()))?;
        Ok(Self { pairs, flaws: Vec::new() })
    }
}

impl Parameters {
    fn last(&self, name: &str) -> Option<String> {
        self.pairs.iter().rev().find(|(one, _)| one == name).map(|(_, text)| text.clone())
    }

    fn wrong(&mut self, kind: &'static str, name: &str, msg: impl Into<String>, input: &str, ctx: Option<Value>) {
        let flaw = Flaw::new(kind, [Loc::from("query"), name.into()], msg, &input.into());
        self.flaws.push(match ctx {
            Some(ctx) => flaw.with(ctx),
            None => flaw,
        });
    }

    /// A whole number of at least 1, and at most `most`.
    pub fn number(&mut self, name: &str, default: i64, most: Option<i64>) -> i64 {
        let Some(text) = self.last(name) else { return default };
        match text.trim().parse::<i64>() {
            Ok(number) if number < 1 => {
                self.wrong("greater_than_equal", name, "Input should be greater than or equal to 1", &text, Some(json!({ "ge": 1 })));
            }
            Ok(number) if most.is_some_and(|most| number > most) => {
                let most = most.unwrap_or_default();
                let msg = format!("Input should be less than or equal to {most}");
                self.wrong("less_than_equal", name, msg, &text, Some(json!({ "le": most })));
            }
            Ok(number) => return number,
            Err(_) => {
                let msg = "Input should be a valid integer, unable to parse string as an integer";
                self.wrong("int_parsing", name, msg, &text, None);
            }
        }
        default
    }

    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(text) = self.last(name) else { return default };
        let flag = flag(&text);
        if flag.is_none() {
            self.wrong("bool_parsing", name, "Input should be a valid boolean, unable to interpret input", &text, None);
        }
        flag.unwrap_or(default)
    }

    /// One of `words`, which are not empty; else `default`.
    pub fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)], default: T) -> T {
        let Some(text) = self.last(name) else { return default };
        if let Some((_, known)) = words.iter().find(|(word, _)| *word == text) {
            return *known;
        }
        let expected = alternatives(words.iter().map(|(word, _)| *word));
        self.wrong("literal_error", name, format!("Input should be {expected}"), &text, Some(json!({ "expected": expected })));
        default
    }

    /// A text of `least` to `most` characters.
    pub fn text(&mut self, name: &str, least: usize, most: usize) -> Option<String> {
        let text = self.last(name)?;
        if let Some((kind, msg, ctx)) = length(&text, least, most) {
            self.wrong(kind, name, msg, &text, Some(ctx));
        }
        Some(text)
    }

    pub fn user_id(&mut self) -> Option<String> {
        self.text("user_id", 0, ID_MAX)
    }

    /// What was wrong.
    pub fn flaws(self) -> Vec<Flaw> {
        self.flaws
    }

    /// # Errors
    /// 422 when something was wrong.
    pub fn check(self) -> Result<(), Refusal> {
        if self.flaws.is_empty() { Ok(()) } else { Err(Refusal::Flaws(self.flaws)) }
    }
}

/// `'a', 'b' or 'c'`.
pub fn alternatives<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut words: Vec<_> = words.map(|word| format!("'{word}'")).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} or {last}", words.join(", ")) }
}

/// A flag as text.
pub fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" | "t" => Some(true),
        "false" | "0" | "no" | "n" | "off" | "f" => Some(false),
        _ => None,
    }
}

/// Type, sentence and context of the flaw of a text that is too short or too long.
pub fn length(text: &str, least: usize, most: usize) -> Option<(&'static str, String, Value)> {
    let plural = |count: usize| if count == 1 { "character" } else { "characters" };
    let count = text.chars().count();
    if count < least {
        let msg = format!("String should have at least {least} {}", plural(least));
        return Some(("string_too_short", msg, json!({ "min_length": least })));
    }
    (count > most).then(|| {
        let msg = format!("String should have at most {most} {}", plural(most));
        ("string_too_long", msg, json!({ "max_length": most }))
    })
}
