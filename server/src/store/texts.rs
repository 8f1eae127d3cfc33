//! Large texts of the log, each stored once: a change of a large record refers to them by hash instead of holding two copies of each.
//!
//! A text that is similar to the text it replaces is stored as a difference to that one, which is itself stored in full: reading one text
//! reads at most two rows.

use super::{
    conn::Conn,
    sql::{Query, Sql, Value, sql},
};
use domain::{Error, Record, Result, Timestamp, leads::SHOWN, text_ref::TextRef, time::DAY};
use serde_json::{Value as Json, value::RawValue};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// For the test that prepares every statement on both databases.
pub const STATEMENTS: &[Sql] = &[KNOWN, BASE, Sql::same(WHOLE), Sql::same(DIFFERENT), TEXTS, Sql::same(PRUNE)];

/// Records shorter than this, in bytes of JSON, are stored as they are.
const RECORD: usize = 4 * 1024;
/// Unchanged texts of a large record become references from this many bytes on.
const UNCHANGED: usize = 256;
/// Added, removed and changed texts become references from this many bytes on. Such a reference holds the beginning of the text, for
/// display.
const CHANGED: usize = 1_024;
/// A text in use is rewritten at most once in this time, so that texts that no change refers to are recognised by their age.
const FRESH: i64 = DAY;

/// Takes a JSON list of hashes.
const KNOWN: Sql = Sql {
    sqlite: "SELECT hash, at FROM large_text WHERE hash IN (SELECT value FROM json_each($1))",
    postgres: "SELECT hash, at FROM large_text WHERE hash IN (SELECT jsonb_array_elements_text($1))",
};
/// The base for a difference to this text: the text itself, or the base of its own difference.
const BASE: Sql = Sql::same(
    "SELECT base.hash, base.text FROM large_text AS one JOIN large_text AS base ON base.hash = COALESCE(one.base, one.hash)
     WHERE  one.hash = $1 AND base.at >= $2",
);
/// A text that is stored in full stays so, because others may be stored as a difference to it.
const WHOLE: &str = "
INSERT INTO large_text (hash, at, head, tail, text) VALUES ($1, $2, 0, 0, $3)
ON CONFLICT (hash) DO UPDATE SET at = excluded.at, base = NULL, head = 0, tail = 0, text = excluded.text";
const DIFFERENT: &str = "
INSERT INTO large_text (hash, at, base, head, tail, text) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (hash) DO NOTHING";
const TEXTS: Sql = Sql {
    sqlite: "SELECT one.hash, one.head, one.tail, one.text, base.text AS base FROM large_text AS one LEFT JOIN large_text AS base ON base.hash = one.base
             WHERE  one.hash IN (SELECT value FROM json_each($1))",
    postgres: "SELECT one.hash, one.head, one.tail, one.text, base.text AS base FROM large_text AS one LEFT JOIN large_text AS base ON base.hash = one.base
             WHERE  one.hash IN (SELECT jsonb_array_elements_text($1))",
};
/// A change refers to texts that were written at most `FRESH` before it, and a base is at most `FRESH` older than its difference: 2 days.
pub(super) const PRUNE: &str = "DELETE FROM large_text WHERE at < (SELECT MIN(at) FROM change) - 172800000000";

/// Both sides of a change as stored in the log. Stores their large texts first.
pub(super) async fn pack(conn: &mut Conn, now: Timestamp, before: Option<&Record>, after: Option<&Record>) -> Result<[Value; 2]> {
    let raw = |record: Option<&Record>| record.map(serde_json::value::to_raw_value).transpose().map_err(|error| unwritable(&error));
    let (before, after) = (raw(before)?, raw(after)?);
    let length = |raw: &Option<Box<RawValue>>| raw.as_ref().map_or(0, |raw| raw.get().len());
    if length(&before).max(length(&after)) < RECORD {
        return Ok([Value::Json(before), Value::Json(after)]);
    }
    let tree = |raw: &Option<Box<RawValue>>| raw.as_ref().map_or(Ok(Json::Null), |raw| serde_json::from_str(raw.get()));
    let (was, is): (Json, Json) = (tree(&before).map_err(|error| unwritable(&error))?, tree(&after).map_err(|error| unwritable(&error))?);
    let mut found = Vec::new();
    let packed = [
        before.map(|_| named(was.clone(), &is, false, &mut Found { texts: &mut found, successor: false })),
        after.map(|_| named(is, &was, false, &mut Found { texts: &mut found, successor: true })),
    ];
    keep(conn, now, found).await?;
    let [before, after] = packed;
    let value = |json: Option<Json>| json.map_or(Ok(Value::Json(None)), |json| Value::json(&json));
    Ok([value(before)?, value(after)?])
}

fn unwritable(error: &serde_json::Error) -> Error {
    tracing::error!(%error, "a record could not be written as JSON");
    Error::Internal
}

/// A text to store, and the hash of the text it replaces.
struct Large {
    hash: String,
    text: String,
    instead_of: Option<String>,
}

struct Found<'f> {
    texts: &'f mut Vec<Large>,
    /// Whether these texts replace those on the other side.
    successor: bool,
}

/// `json` with references for its large texts; `other` is the value at the same path on the other side of the change.
fn named(json: Json, other: &Json, holder: bool, found: &mut Found<'_>) -> Json {
    match json {
        Json::Object(members) => {
            let part = |(key, value): (String, Json)| {
                let holder = holder || Record::LARGE.contains(&key.as_str());
                let value = if holder { named(value, other.get(&key).unwrap_or(&Json::Null), true, found) } else { value };
                (key, value)
            };
            Json::Object(members.into_iter().map(part).collect())
        }
        Json::Array(parts) => {
            let part = |(at, value): (usize, Json)| named(value, other.get(at).unwrap_or(&Json::Null), holder, found);
            Json::Array(parts.into_iter().enumerate().map(part).collect())
        }
        Json::String(text) if holder => {
            let other = other.as_str();
            let unchanged = other == Some(text.as_str());
            if text.len() < if unchanged { UNCHANGED } else { CHANGED } {
                return Json::String(text);
            }
            let shown = if unchanged { 0 } else { text.char_indices().nth(SHOWN + 1).map_or(text.len(), |(at, _)| at) };
            let hash = sha256(&text);
            let text_ref = TextRef { hash: &hash, length: text.len(), head: &text[..shown] }.write();
            let instead_of = other.filter(|other| found.successor && !unchanged && other.len() >= CHANGED).map(sha256);
            found.texts.push(Large { hash, text, instead_of });
            Json::String(text_ref)
        }
        other => other,
    }
}

fn sha256(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Stores texts that are not stored yet, and rewrites those that were last written more than `FRESH` ago.
async fn keep(conn: &mut Conn, now: Timestamp, mut texts: Vec<Large>) -> Result<()> {
    // The texts before the change come first, because those after it may be stored as a difference to them.
    let mut seen = HashSet::new();
    texts.retain(|text| seen.insert(text.hash.clone()));
    if texts.is_empty() {
        return Ok(());
    }
    let fresh = now.0 - FRESH;
    let hashes: Vec<&str> = texts.iter().map(|text| text.hash.as_str()).collect();
    let known = conn.all::<(String, i64)>(sql(KNOWN).bind_all([Value::json(&hashes)?])).await?;
    let known: HashMap<String, i64> = known.into_iter().collect();
    for Large { hash, text, instead_of } in texts {
        let written = known.get(&hash);
        if written.is_some_and(|at| *at >= fresh) {
            continue;
        }
        let base = match instead_of.filter(|_| written.is_none()) {
            Some(old) => conn.optional::<(String, String)>(sql(BASE).bind(old).bind(fresh)).await?,
            None => None,
        };
        let difference = base.and_then(|(base, whole)| Some((base, Difference::between(&whole, &text)?)));
        let query = match difference {
            Some((base, Difference { head, tail, middle })) => {
                sql(DIFFERENT).bind(hash).bind(now).bind(base).bind(head as i64).bind(tail as i64).bind(middle)
            }
            None => sql(WHOLE).bind(hash).bind(now).bind(text),
        };
        conn.run(query).await?;
    }
    Ok(())
}

/// Difference of a text to another: all of it but the first `head` and the last `tail` bytes, which are equal.
struct Difference<'t> {
    head: usize,
    tail: usize,
    middle: &'t str,
}

impl<'t> Difference<'t> {
    /// `None` when more than a quarter of the text differs.
    fn between(base: &str, text: &'t str) -> Option<Self> {
        let shorter = base.len().min(text.len());
        let alike = |a: &mut dyn Iterator<Item = (u8, u8)>| a.take_while(|(a, b)| a == b).count();
        let mut head = alike(&mut base.bytes().zip(text.bytes()));
        while !text.is_char_boundary(head) || !base.is_char_boundary(head) {
            head -= 1;
        }
        let mut tail = alike(&mut base.bytes().rev().zip(text.bytes().rev())).min(shorter - head);
        while !text.is_char_boundary(text.len() - tail) || !base.is_char_boundary(base.len() - tail) {
            tail -= 1;
        }
        let middle = &text[head..text.len() - tail];
        (middle.len() * 4 <= text.len()).then_some(Self { head, tail, middle })
    }
}

/// Total bytes of the texts that a record refers to, from its JSON.
pub(super) fn referenced_bytes(raw: &RawValue) -> usize {
    text_refs(raw).map(|(_, length)| length).sum()
}

/// Hash and length of each text that a record refers to, from its JSON.
fn text_refs(raw: &RawValue) -> impl Iterator<Item = (&str, usize)> {
    // The mark of a reference, as both databases write it in JSON.
    const ESCAPED: &str = "\"\\u0001";
    raw.get().match_indices(ESCAPED).filter_map(|(at, _)| {
        let rest = &raw.get()[at + ESCAPED.len()..];
        let (hash, rest) = rest.split_at_checked(64)?;
        Some((hash, rest.split_once(':')?.0.parse().ok()?))
    })
}

#[derive(sqlx::FromRow)]
struct TextRow {
    hash: String,
    head: i64,
    tail: i64,
    text: String,
    base: Option<String>,
}

impl TextRow {
    fn whole(self) -> Option<(String, String)> {
        let Some(base) = self.base else { return Some((self.hash, self.text)) };
        let (head, tail) = (usize::try_from(self.head).ok()?, usize::try_from(self.tail).ok()?);
        let (start, end) = (base.get(..head)?, base.get(base.len().checked_sub(tail)?..)?);
        Some((self.hash, [start, &self.text, end].concat()))
    }
}

/// The texts that these records refer to, by hash.
pub(super) async fn texts_of<'r>(conn: &mut Conn, records: impl Iterator<Item = &'r RawValue>) -> Result<HashMap<String, String>> {
    let hashes: HashSet<&str> = records.flat_map(text_refs).map(|(hash, _)| hash).collect();
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let query: Query = sql(TEXTS).bind_all([Value::json(&hashes)?]);
    Ok(conn.all::<TextRow>(query).await?.into_iter().filter_map(TextRow::whole).collect())
}

/// A record of the log with its large texts. A reference whose text is not in `texts` stays.
pub(super) fn unpack(raw: &RawValue, texts: &HashMap<String, String>) -> Result<Record> {
    let unreadable = |error: serde_json::Error| {
        tracing::error!(%error, "a record in the change log cannot be read");
        Error::Internal
    };
    if texts.is_empty() || text_refs(raw).next().is_none() {
        return serde_json::from_str(raw.get()).map_err(unreadable);
    }
    let mut json: Json = serde_json::from_str(raw.get()).map_err(unreadable)?;
    insert_texts(&mut json, texts);
    serde_json::from_value(json).map_err(unreadable)
}

fn insert_texts(json: &mut Json, texts: &HashMap<String, String>) {
    match json {
        Json::Object(members) => members.values_mut().for_each(|value| insert_texts(value, texts)),
        Json::Array(parts) => parts.iter_mut().for_each(|value| insert_texts(value, texts)),
        Json::String(text) => {
            if let Some(whole) = TextRef::read(text).and_then(|text_ref| texts.get(text_ref.hash)) {
                text.clone_from(whole);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_what_changed() {
        let base = format!("{}Ä{}", "a".repeat(500), "z".repeat(500));
        for text in [
            format!("{}Ö{}", "a".repeat(500), "z".repeat(500)),
            format!("{base} and more"),
            format!("before {base}"),
            base[..500].to_owned(),
            base.clone(),
        ] {
            let Difference { head, tail, middle } = Difference::between(&base, &text).unwrap();
            let row =
                TextRow { hash: String::new(), head: head as i64, tail: tail as i64, text: middle.to_owned(), base: Some(base.clone()) };
            assert_eq!(row.whole().unwrap().1, text);
            assert!(middle.len() < 12, "{middle}");
        }
        assert!(Difference::between(&base, &"x".repeat(900)).is_none());
        assert!(Difference::between("", "x").is_none());
    }
}
