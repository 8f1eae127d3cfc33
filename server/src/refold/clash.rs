//! Rows that turned out to be the same as another.

use crate::store::{Conn, Sql, Store, Tx, sql};
use domain::Result;
use uuid::Uuid;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[Sql::same(INSERT), Sql::same(ADDRESSES), Sql::same(NAMES)];

const INSERT: &str = "
INSERT INTO clash (id, kind, other, has, key, at)
VALUES            ($1, $2,   $3,    $4,  $5,  $6)
ON CONFLICT (id) DO NOTHING";

/// Those that nobody has settled yet, by another address or by deleting one of the two.
const ADDRESSES: &str = "
SELECT clash.kind, clash.has, clash.key FROM clash JOIN lead    AS mine ON mine.id = clash.id JOIN lead    AS theirs ON theirs.id = clash.other
WHERE  clash.kind = 'lead'    AND mine.email = clash.has AND theirs.email = clash.key
UNION ALL
SELECT clash.kind, clash.has, clash.key FROM clash JOIN account AS mine ON mine.id = clash.id JOIN account AS theirs ON theirs.id = clash.other
WHERE  clash.kind = 'account' AND mine.email = clash.has AND theirs.email = clash.key
ORDER BY 1, 2";

/// Those that still have the name they were given.
const NAMES: &str = "
SELECT clash.kind, clash.has, clash.key FROM clash JOIN campaign   ON campaign.id   = clash.id AND campaign.name   = clash.has
UNION ALL
SELECT clash.kind, clash.has, clash.key FROM clash JOIN saved_view ON saved_view.id = clash.id AND saved_view.name = clash.has
ORDER BY 1, 2";

/// Each as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clashes {
    /// To be settled by someone.
    pub addresses: Vec<String>,
    /// To be known.
    pub names: Vec<String>,
}

/// What is told by `linnet doctor`.
///
/// # Errors
/// What the database refuses.
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

/// Notes that a row could not get its key. The log says so as well.
pub(super) async fn note(tx: &mut Tx, kind: &str, id: Uuid, other: Uuid, has: &str, key: &str) -> Result<()> {
    tracing::warn!(kind, %id, %other, has, key, "two rows are the same to whoever reads them; both were kept");
    tx.run(sql(INSERT).bind(id).bind(kind).bind(other).bind(has).bind(key).bind(tx.now())).await.map(drop)
}

/// With what nobody sees spelled out, so that the two can be told apart.
fn spelled(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}
