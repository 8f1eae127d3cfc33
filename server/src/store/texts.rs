//! Large texts of the log, each kept once: a change of a large record names them instead of holding two copies of each.
//!
//! A text that is much like the one it replaces is kept as what differs from that one, which is itself kept whole: reading one text reads
//! two rows at most.

use super::{
    conn::Conn,
    sql::{Query, Sql, Value, sql},
};
use domain::{Error, Record, Result, Timestamp, leads::SHOWN, stand_in::StandIn, time::DAY};
use serde_json::{Value as Json, value::RawValue};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// For the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[KNOWN, BASE, Sql::same(WHOLE), Sql::same(DIFFERENT), TEXTS, Sql::same(PRUNE)];

/// Records shorter than this, in bytes of JSON, are kept as they are.
const RECORD: usize = 4 * 1024;
/// In a large record, texts from this many bytes on are named when both sides of the change have them,
const UNCHANGED: usize = 256;
/// and from this many on when they came, went or changed: with their beginning, for what shows them cut.
const CHANGED: usize = 1_024;
/// A text in use is written anew once in this time at most, so that it can be told from one that no change names any more.
const FRESH: i64 = DAY;

/// Of a JSON list of hashes.
const KNOWN: Sql = Sql {
    sqlite: "SELECT hash, at FROM large_text WHERE hash IN (SELECT value FROM json_each($1))",
    postgres: "SELECT hash, at FROM large_text WHERE hash IN (SELECT jsonb_array_elements_text($1))",
};
/// What a successor of this text may be kept as a difference to: the text itself, or what it is a difference to.
const BASE: Sql = Sql::same(
    "SELECT base.hash, base.text FROM large_text AS one JOIN large_text AS base ON base.hash = COALESCE(one.base, one.hash)
     WHERE  one.hash = $1 AND base.at >= $2",
);
/// What is kept whole stays whole: others may be kept as a difference to it.
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
/// A change names texts that were written at most `FRESH` before it, and a text is a difference to one at most `FRESH` older.
pub(super) const PRUNE: &str = "DELETE FROM large_text WHERE at < (SELECT MIN(at) FROM change) - 172800000000";

/// Both sides of a change as they go into the log. Their large texts are kept first.
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

/// A text to keep, and the hash of the one it replaces.
struct Large {
    hash: String,
    text: String,
    instead_of: Option<String>,
}

struct Found<'f> {
    texts: &'f mut Vec<Large>,
    /// These texts replace those on the other side.
    successor: bool,
}

/// `json` with stand-ins for its large texts; `other` is the other side of the change at the same place.
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
            let stand_in = StandIn { hash: &hash, length: text.len(), head: &text[..shown] }.write();
            let instead_of = other.filter(|other| found.successor && !unchanged && other.len() >= CHANGED).map(sha256);
            found.texts.push(Large { hash, text, instead_of });
            Json::String(stand_in)
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

/// Keeps texts that are not kept yet, or were last written long ago.
async fn keep(conn: &mut Conn, now: Timestamp, mut texts: Vec<Large>) -> Result<()> {
    // Those before the change come first: those after it may be kept as a difference to them.
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

/// What of a text is not in another: all but its first `head` and last `tail` bytes.
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

/// Bytes of the texts that a record names, in its JSON.
pub(super) fn named_bytes(raw: &RawValue) -> usize {
    stand_ins(raw).map(|(_, length)| length).sum()
}

/// Hash and length of each text that a record names, in its JSON.
fn stand_ins(raw: &RawValue) -> impl Iterator<Item = (&str, usize)> {
    // As both databases write the mark of a stand-in.
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

/// The texts that these records name, by their hashes.
pub(super) async fn texts_of<'r>(conn: &mut Conn, records: impl Iterator<Item = &'r RawValue>) -> Result<HashMap<String, String>> {
    let hashes: HashSet<&str> = records.flat_map(stand_ins).map(|(hash, _)| hash).collect();
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let query: Query = sql(TEXTS).bind_all([Value::json(&hashes)?]);
    Ok(conn.all::<TextRow>(query).await?.into_iter().filter_map(TextRow::whole).collect())
}

/// A record of the log with the texts that it names; what has no text here keeps its stand-in.
pub(super) fn unpack(raw: &RawValue, texts: &HashMap<String, String>) -> Result<Record> {
    let unreadable = |error: serde_json::Error| {
        tracing::error!(%error, "a record in the change log cannot be read");
        Error::Internal
    };
    if texts.is_empty() || stand_ins(raw).next().is_none() {
        return serde_json::from_str(raw.get()).map_err(unreadable);
    }
    let mut json: Json = serde_json::from_str(raw.get()).map_err(unreadable)?;
    put_back(&mut json, texts);
    serde_json::from_value(json).map_err(unreadable)
}

fn put_back(json: &mut Json, texts: &HashMap<String, String>) {
    match json {
        Json::Object(members) => members.values_mut().for_each(|value| put_back(value, texts)),
        Json::Array(parts) => parts.iter_mut().for_each(|value| put_back(value, texts)),
        Json::String(text) => {
            if let Some(whole) = StandIn::read(text).and_then(|stand_in| texts.get(stand_in.hash)) {
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
