//! The rules that stand under a name: those of all segments, and of the views that a user sees.

use crate::store::{self, Conn, Sql, Store};
use domain::{
    Result, SegmentId, ViewId,
    rule::{Rule, SegmentRules, Source},
    segments::{SegmentRef, SegmentUse, ViewRef},
    views::ViewQuery,
};
use sqlx::types::Json;
use uuid::Uuid;

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[Sql::same(SEGMENTS), Sql::same(VIEWS), Sql::same(VIEWS_WITH)];

const SEGMENTS: &str = "SELECT id, name, rule FROM segment ORDER BY name_fold";
const VIEWS: &str = "SELECT name, query FROM saved_view WHERE shared OR owner = $1 ORDER BY position, id";
/// Those whose query contains the text `$2`; the last column says whether the user sees it.
const VIEWS_WITH: &str = "
SELECT   id, name, query, shared OR owner = $1
FROM     saved_view
WHERE    CAST(query AS TEXT) LIKE $2
ORDER BY position, id";

type Row = (Uuid, String, Json<Rule>);

/// The names of the segments, and of the views that `user` sees (nil: shared ones only), whose rules pass `concerned`.
pub async fn whose(conn: &mut Conn, user: Uuid, concerned: impl Fn(&Rule) -> bool) -> Result<(Vec<String>, Vec<String>)> {
    let segments = conn.all::<Row>(store::sql(SEGMENTS)).await?;
    let views = conn.all::<(String, Json<ViewQuery>)>(store::sql(VIEWS).bind(user)).await?;
    let segments = segments.into_iter().filter(|(.., rule)| concerned(&rule.0)).map(|(_, name, _)| name).collect();
    let views = views.into_iter().filter(|(_, query)| concerned(&query.0.rule)).map(|(name, _)| name).collect();
    Ok((segments, views))
}

/// Where a segment is in use, for `user`.
pub async fn uses(conn: &mut Conn, id: SegmentId, user: Uuid) -> Result<SegmentUse> {
    let names_it = |rule: &Rule| rule.segments().contains(&id);
    let segments = conn.all::<Row>(store::sql(SEGMENTS)).await?;
    let segments = segments.into_iter().filter(|(.., rule)| names_it(&rule.0));
    let mut used =
        SegmentUse { segments: segments.map(|(id, name, _)| SegmentRef { id: SegmentId(id), name }).collect(), ..SegmentUse::default() };
    // Checked rules have ids as they are written here.
    let views = store::sql(VIEWS_WITH).bind(user).bind(format!("%{id}%"));
    for (id, name, Json(query), seen) in conn.all::<(Uuid, String, Json<ViewQuery>, bool)>(views).await? {
        if !names_it(&query.rule) {
            continue;
        }
        if seen {
            used.views.push(ViewRef { id: ViewId(id), name });
        } else {
            used.private_views += 1;
        }
    }
    Ok(used)
}

/// The rules of all segments.
pub async fn segments(conn: &mut Conn) -> Result<SegmentRules> {
    let rows = conn.all::<Row>(store::sql(SEGMENTS)).await?;
    Ok(rows.into_iter().map(|(id, name, Json(rule))| (SegmentId(id), name, rule)).collect())
}

/// The rule with those of the segments that it names, as this connection sees them.
///
/// # Errors
/// As `SegmentRules::expand`.
pub async fn expanded(conn: &mut Conn, rule: &Rule) -> Result<Rule> {
    if rule.asks_of(Source::Segments) { segments(conn).await?.expand(rule) } else { Ok(rule.clone()) }
}

/// The same of a saved rule: see `SegmentRules::expand_saved`.
pub async fn expanded_saved(conn: &mut Conn, rule: &Rule) -> Result<Rule> {
    if rule.asks_of(Source::Segments) { Ok(segments(conn).await?.expand_saved(rule)) } else { Ok(rule.clone()) }
}

/// The same as of now, for a job: it keeps to what was selected when it began, whatever becomes of the segments.
///
/// # Errors
/// As `SegmentRules::expand`.
pub async fn fixed(store: &Store, rule: &Rule) -> Result<Rule> {
    let rule = rule.clone();
    store.read(move |conn| Box::pin(async move { expanded(conn, &rule).await })).await
}
