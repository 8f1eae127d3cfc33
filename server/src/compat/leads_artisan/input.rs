//! Bodies of writes, checked as the contract's models check them.

use super::{
    errors::{Flaw, Loc, Refusal},
    lead::EngagementStatus,
    query::{Parameters, alternatives, flag, length},
};
use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};
use domain::{Error, Timestamp, leads::Stage, text::normalise_email, time::SECOND};
use jiff::{civil, tz::Offset};
use serde_json::{Value, json};

/// Longest name and company, in characters.
const NAME_MAX: usize = 100;
/// Longest status, in characters.
const STATUS_MAX: usize = 50;
/// Larger numbers are milliseconds since 1970; others are seconds.
const SECONDS_MAX: f64 = 2e10;
/// The years 1 to 9999, in microseconds.
const YEARS: std::ops::Range<i64> = -62_135_596_800 * SECOND..253_402_207_200 * SECOND;

/// The body of a create. Other members are ignored.
#[derive(utoipa::ToSchema)]
pub struct LeadCreate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    #[schema(format = Email)]
    pub email: String,
    #[schema(min_length = 1, max_length = 100)]
    pub company: String,
    #[schema(inline)]
    pub status: Option<EngagementStatus>,
    /// Decides, when `status` says otherwise.
    pub engaged: Option<bool>,
    pub current_stage: Option<Stage>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_contacted: Option<Timestamp>,
}

/// The body of an update. What is absent or `null` stays; other members are ignored.
#[derive(utoipa::ToSchema)]
pub struct LeadUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[schema(format = Email)]
    pub email: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    pub company: Option<String>,
    #[schema(inline)]
    pub status: Option<EngagementStatus>,
    /// Decides, when `status` says otherwise.
    pub engaged: Option<bool>,
    pub current_stage: Option<Stage>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_contacted: Option<Timestamp>,
}

impl LeadCreate {
    /// # Errors
    /// 422 with everything that is wrong, also in the parameters.
    pub fn read(body: &Value, parameters: Parameters) -> Result<Self, Refusal> {
        let mut reader = Reader { body, flaws: parameters.flaws() };
        if !body.is_object() {
            let msg = "Input should be a valid dictionary or object to extract fields from";
            reader.flaws.push(Flaw::new("model_attributes_type", [Loc::from("body")], msg, body));
            return Err(Refusal::Flaws(reader.flaws));
        }
        for name in ["name", "email", "company"].into_iter().filter(|name| body.get(name).is_none()) {
            reader.wrong("missing", name, "Field required", body, None);
        }
        let read = LeadUpdate::of(&mut reader, |_, value| Some(value));
        match read {
            LeadUpdate { name: Some(name), email: Some(email), company: Some(company), status, engaged, current_stage, last_contacted }
                if reader.flaws.is_empty() =>
            {
                Ok(Self { name, email, company, status, engaged, current_stage, last_contacted })
            }
            _ => Err(Refusal::Flaws(reader.flaws)),
        }
    }

    /// Whether the lead is engaged.
    pub fn engaged(&self) -> bool {
        self.engaged.unwrap_or(self.status == Some(EngagementStatus::Engaged))
    }
}

impl LeadUpdate {
    /// `served` is the lead as the client has read it: what it sends back unchanged is no edit, and may be what a create would refuse.
    ///
    /// # Errors
    /// 422 with everything that is wrong.
    pub fn read(body: &Value, served: &Value) -> Result<Self, Refusal> {
        let mut reader = Reader { body, flaws: Vec::new() };
        let update = Self::of(&mut reader, |name, value| {
            Some(value).filter(|value| !value.is_null() && (name == "engaged" || served.get(name) != Some(value)))
        });
        if reader.flaws.is_empty() { Ok(update) } else { Err(Refusal::Flaws(reader.flaws)) }
    }

    /// Whether the lead is engaged; `None` when that stays.
    pub fn engaged(&self) -> Option<bool> {
        self.engaged.or(self.status.map(|status| status == EngagementStatus::Engaged))
    }

    /// Reads the members that `keep` keeps.
    fn of<'v>(reader: &mut Reader<'v>, keep: impl Fn(&str, &'v Value) -> Option<&'v Value>) -> Self {
        let body = reader.body;
        let sent = |name: &str| body.get(name).and_then(|value| keep(name, value));
        Self {
            name: sent("name").and_then(|value| reader.text("name", value, 1, NAME_MAX)),
            email: sent("email").and_then(|value| reader.email(value)),
            company: sent("company").and_then(|value| reader.text("company", value, 1, NAME_MAX)),
            status: sent("status").and_then(|value| reader.word("status", value, &EngagementStatus::ALL, STATUS_MAX)),
            engaged: sent("engaged").and_then(|value| reader.flag("engaged", value)),
            current_stage: sent("current_stage").and_then(|value| {
                let stages: Vec<_> = Stage::ALL.iter().map(|stage| (stage.as_str(), *stage)).collect();
                reader.word("current_stage", value, &stages, usize::MAX)
            }),
            last_contacted: sent("last_contacted").filter(|value| !value.is_null()).and_then(|value| reader.time("last_contacted", value)),
        }
    }
}

struct Reader<'v> {
    body: &'v Value,
    flaws: Vec<Flaw>,
}

impl Reader<'_> {
    fn wrong(&mut self, kind: &'static str, name: &str, msg: impl Into<String>, input: &Value, ctx: Option<Value>) {
        let flaw = Flaw::new(kind, [Loc::from("body"), name.into()], msg, input);
        self.flaws.push(match ctx {
            Some(ctx) => flaw.with(ctx),
            None => flaw,
        });
    }

    fn text(&mut self, name: &str, value: &Value, least: usize, most: usize) -> Option<String> {
        let Some(text) = value.as_str() else {
            self.wrong("string_type", name, "Input should be a valid string", value, None);
            return None;
        };
        if let Some((kind, msg, ctx)) = length(text, least, most) {
            self.wrong(kind, name, msg, value, Some(ctx));
            return None;
        }
        Some(text.to_owned())
    }

    fn email(&mut self, value: &Value) -> Option<String> {
        let text = self.text("email", value, 0, usize::MAX)?;
        if let Err(error) = normalise_email(&text) {
            let msg = format!("value is not a valid email address: {}", error.message);
            self.wrong("value_error", "email", msg, value, Some(json!({ "reason": error.message })));
            return None;
        }
        Some(text)
    }

    fn word<T: Copy>(&mut self, name: &str, value: &Value, words: &[(&str, T)], most: usize) -> Option<T> {
        let text = self.text(name, value, 0, most)?;
        let known = words.iter().find(|(word, _)| *word == text).map(|(_, known)| *known);
        if known.is_none() {
            let expected = alternatives(words.iter().map(|(word, _)| *word));
            self.wrong("enum", name, format!("Input should be {expected}"), value, Some(json!({ "expected": expected })));
        }
        known
    }

    fn flag(&mut self, name: &str, value: &Value) -> Option<bool> {
        let read = match value {
            Value::Bool(flag) => return Some(*flag),
            Value::String(text) => flag(text),
            Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
            Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
            Value::Number(_) => None,
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.wrong("bool_type", name, "Input should be a valid boolean", value, None);
                return None;
            }
        };
        if read.is_none() {
            self.wrong("bool_parsing", name, "Input should be a valid boolean, unable to interpret input", value, None);
        }
        read
    }

    /// A time without a zone is in UTC, and so is a date: the contract's own times are written so. A number is in seconds or milliseconds since
    /// 1970.
    fn time(&mut self, name: &str, value: &Value) -> Option<Timestamp> {
        let at = match value {
            Value::String(text) => time(text),
            Value::Number(number) => number.as_f64().map(|number| {
                let seconds = if number.abs() > SECONDS_MAX { number / 1_000.0 } else { number };
                Timestamp((seconds * SECOND as f64).round() as i64)
            }),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.wrong("datetime_type", name, "Input should be a valid datetime", value, None);
                return None;
            }
        };
        let at = at.filter(|at| YEARS.contains(&at.0));
        if at.is_none() {
            let error = "write it as 2026-11-21T09:30:00";
            let msg = format!("Input should be a valid datetime, {error}");
            self.wrong("datetime_parsing", name, msg, value, Some(json!({ "error": error })));
        }
        at
    }
}

fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let local = || text.parse::<civil::DateTime>().ok().and_then(|at| Offset::UTC.to_timestamp(at).ok());
    let at = text.parse::<jiff::Timestamp>().ok().or_else(local)?;
    Some(Timestamp(at.as_microsecond()))
}

/// The JSON body.
///
/// # Errors
/// 422 for anything else.
pub fn body(headers: &HeaderMap, bytes: &Bytes) -> Result<Value, Refusal> {
    let wrong = |kind, loc: Vec<Loc>, msg: &str, input: Value, ctx: Option<Value>| {
        let flaw = Flaw::new(kind, loc, msg, &input);
        Refusal::Flaws(vec![match ctx {
            Some(ctx) => flaw.with(ctx),
            None => flaw,
        }])
    };
    if bytes.is_empty() {
        return Err(wrong("missing", vec!["body".into()], "Field required", Value::Null, None));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Another content type is text. A form of another site can send no JSON.
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Ok(String::from_utf8_lossy(bytes).chars().take(1_000).collect::<String>().into());
    }
    // The replaced system takes the last of two members of one name; we refuse them, as everywhere.
    if let Err(Error::Invalid(errors)) = domain::json::once(bytes, "") {
        let field = errors.into_iter().next().map(|error| error.field).unwrap_or_default();
        let error = json!({ "error": "This member occurs twice in its object; send it once" });
        return Err(wrong("json_invalid", vec!["body".into(), Loc::Name(field)], "JSON decode error", json!({}), Some(error)));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let before = bytes.split(|byte| *byte == b'\n').take(error.line().saturating_sub(1)).map(|line| line.len() + 1).sum::<usize>();
        // Columns count from 1; the end is behind the last one.
        let at = before + if error.is_eof() { error.column() } else { error.column().saturating_sub(1) };
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or_default();
        wrong("json_invalid", vec!["body".into(), Loc::At(at as i64)], "JSON decode error", json!({}), Some(json!({ "error": why })))
    })
}
