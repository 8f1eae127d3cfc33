//! Clashes: rows that have the same key as another row under the present folding.

use crate::store::{Conn, Sql, Store, Tx, sql};
use domain::Result;
use uuid::Uuid;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[Sql::same(INSERT), Sql::same(ADDRESSES), Sql::same(NAMES)];

const INSERT: &str = "
INSERT INTO clash (id, kind, other, has, key, at)
VALUES            ($1, $2,   $3,    $4,  $5,  $6)
ON CONFLICT (id) DO NOTHING";

/// Clashes of addresses that are not resolved yet, by a new address or by deleting one of the two rows.
const ADDRESSES: &str = "
SELECT clash.kind, clash.has, clash.key FROM clash JOIN lead    AS mine ON mine.id = clash.id JOIN lead    AS theirs ON theirs.id = clash.other
WHERE  clash.kind = 'lead'    AND mine.email = clash.has AND theirs.email = clash.key
UNION ALL
SELECT clash.kind, clash.has, clash.key FROM clash JOIN account AS mine ON mine.id = clash.id JOIN account AS theirs ON theirs.id = clash.other
WHERE  clash.kind = 'account' AND mine.email = clash.has AND theirs.email = clash.key
ORDER BY 1, 2";

/// Rows that still have the numbered name they were given.
const NAMES: &str = "
SELECT clash.kind, clash.has, clash.key FROM clash JOIN campaign   ON campaign.id   = clash.id AND campaign.name   = clash.has
UNION ALL
SELECT clash.kind, clash.has, clash.key FROM clash JOIN saved_view ON saved_view.id = clash.id AND saved_view.name = clash.has
ORDER BY 1, 2";

/// Clashes as sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clashes {
    /// A person must resolve these.
    pub addresses: Vec<String>,
    /// For information only.
    pub names: Vec<String>,
}

/// The clashes that `linnet doctor` shows.
///
/// # Errors
/// Errors of the database.
pub async fn clashes(store: &Store) -> Result<Clashes> {
    store
        .read(|conn| {
            Box::pin(async move {
                let addresses = read(conn, ADDRESSES).await?.into_iter().map(|(kind, has, key)| address(&kind, &has, &key)).collect();
                let names = read(conn, NAMES).await?.into_iter().map(|(kind, has, key)| name(&kind, &has, &key)).collect();
                Ok(Clashes { addresses, names })
            })
        })
        .await
}

async fn read(conn: &mut Conn, text: &'static str) -> Result<Vec<(String, String, String)>> {
    conn.all(sql(text)).await
}

fn address(kind: &str, has: &str, key: &str) -> String {
    let (what, remedy) = match kind {
        "account" => ("account", "nobody can sign in to it"),
        _ => ("lead", "correct its address, or delete one of the two"),
    };
    format!("the {what} {has} ({}) has the address of another, {key}; {remedy}", spelled(has))
}

fn name(kind: &str, has: &str, key: &str) -> String {
    let what = if kind == "campaign" { "campaign" } else { "saved view" };
    format!("a {what} was renamed to {has}, since another is called {key} too")
}

/// Stores and logs that a row could not get its key.
pub(super) async fn note(tx: &mut Tx, kind: &str, id: Uuid, other: Uuid, has: &str, key: &str) -> Result<()> {
    tracing::warn!(kind, %id, %other, has, key, "two rows are the same to whoever reads them; both were kept");
    tx.run(sql(INSERT).bind(id).bind(kind).bind(other).bind(has).bind(key).bind(tx.now())).await.map(drop)
}

/// Escapes characters other than visible ASCII, so that the two addresses can be told apart.
fn spelled(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}
