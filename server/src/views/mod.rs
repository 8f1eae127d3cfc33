//! Saved views. A view's owner and its `shared` flag decide who sees it and who may change it.

mod refold;
mod row;
mod sql;

pub use refold::{refold, to_refold, with_name};
pub use sql::STATEMENTS;

use crate::{
    named_rules,
    store::{self, Store, Tx},
};
use async_trait::async_trait;
use domain::{
    Actor, Change, ChangeId, Error, Op, Permission, Record, Result, Snapshot, UserId, ViewId,
    services::ViewService,
    text::fold,
    views::{EditedView, NewView, View, ViewPatch},
};
use row::{ViewRow, bind_view};
use uuid::Uuid;

/// Maximum views per user.
const MOST: i64 = 100;
/// Maximum bytes of a user's queries, as JSON: each page that the user opens contains them all.
const MOST_BYTES: i64 = 64 * 1024;
/// Maximum bytes of all shared queries, as JSON: each page that anyone opens contains them.
const MOST_SHARED_BYTES: i64 = 128 * 1024;

#[derive(Clone)]
pub struct Views {
    store: Store,
}

impl Views {
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl ViewService for Views {
    async fn list(&self, actor: &Actor) -> Result<Snapshot<Vec<View>>> {
        actor.require(Permission::Read)?;
        let user = actor.user_id();
        self.store
            .snapshot(move |conn| {
                Box::pin(async move {
                    let rows = conn.all::<ViewRow>(store::sql(sql::SEEN).bind(user.map_or(Uuid::nil(), |user| user.0))).await?;
                    Ok(rows.into_iter().map(View::from).collect())
                })
            })
            .await
    }

    async fn create(&self, actor: &Actor, new: NewView) -> Result<View> {
        actor.require(Permission::Read)?;
        may_share(actor, new.shared)?;
        let owner = actor.user_id().ok_or_else(|| Error::Forbidden("A view belongs to a person; sign in to save one".to_owned()))?;
        let new = new.check()?;
        self.store.current.fields().check_rule(&new.query.rule)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    named_rules::expanded(tx.conn(), &new.query.rule).await?;
                    let last = room(tx, owner).await?;
                    let (id, now) = (ViewId(tx.new_id()), tx.now());
                    let NewView { name, shared, query } = new;
                    let position = last.unwrap_or_default() + 1;
                    let view = View { id, revision: 1, name, shared, owner, query, position, created_at: now, updated_at: now };
                    insert(tx, &view).await?;
                    tx.created(Record::View(Box::new(view.clone())));
                    Ok(view)
                })
            })
            .await
    }

    async fn edit(&self, actor: &Actor, id: ViewId, patch: ViewPatch) -> Result<EditedView> {
        actor.require(Permission::Read)?;
        may_share(actor, patch.shared == Some(true))?;
        let fields = self.store.current.fields();
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = own(tx, id).await?;
                    let Some(after) = patch.apply(&before, tx.now())? else { return Ok(EditedView { view: before, undo: None }) };
                    if after.query.rule != before.query.rule {
                        fields.check_rule(&after.query.rule)?;
                        named_rules::expanded(tx.conn(), &after.query.rule).await?;
                    }
                    let undo = replace(tx, before, after.clone()).await?;
                    Ok(EditedView { view: after, undo: Some(undo) })
                })
            })
            .await
    }

    async fn delete(&self, actor: &Actor, id: ViewId) -> Result<ChangeId> {
        actor.require(Permission::Read)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let view = own(tx, id).await?;
                    tx.run_one(store::sql(sql::DELETE).bind(id)).await?;
                    Ok(tx.deleted(Record::View(Box::new(view))))
                })
            })
            .await
    }
}

/// Writes `after` over `before`, which is locked, and records the change.
async fn replace(tx: &mut Tx, before: View, after: View) -> Result<ChangeId> {
    tx.run(store::sql(sql::LOCK_OWNER).bind(before.owner)).await?;
    if fold(&after.name) != fold(&before.name) {
        name_is_free(tx, &after).await?;
    }
    tx.run_one(bind_view(store::sql(sql::UPDATE), &after)?).await?;
    // A user over the limit (from an older version) may still make a view smaller.
    if bytes(&after)? > bytes(&before)? || (after.shared && !before.shared) {
        fits(tx, &after).await?;
    }
    Ok(tx.updated(Record::View(Box::new(before)), Record::View(Box::new(after))))
}

/// Reverts an edit, or restores a deleted view.
///
/// # Errors
/// `Forbidden` or `NotFound` without the right to change the view; `Duplicate` when its owner has another view of this name; `Conflict`
/// when the view was edited since, or the change is neither an edit nor a deletion, or is already undone.
pub async fn undo(tx: &mut Tx, change: Change) -> Result<Option<Record>> {
    tx.actor().require(Permission::Read)?;
    for view in [&change.before, &change.after].into_iter().flatten().filter_map(Record::as_view) {
        may_edit(tx.actor(), view)?;
    }
    let gone = match change {
        Change { op: Op::Delete, before: Some(Record::View(gone)), .. } => gone,
        Change { op: Op::Update, before: Some(Record::View(before)), after: Some(Record::View(after)), .. } => {
            return revert_edit(tx, *before, &after).await.map(Some);
        }
        _ => return Err(Error::Conflict("Of a view its edits and its deletion can be undone; delete it instead".to_owned())),
    };
    if tx.optional::<ViewRow>(store::sql(sql::GET).bind(gone.id)).await?.is_some() {
        return Err(Error::Conflict(format!("{} was restored already", gone.name)));
    }
    room(tx, gone.owner).await?;
    insert(tx, &gone).await?;
    tx.record(Op::Restore, None, Some(Record::View(gone.clone())));
    Ok(Some(Record::View(gone)))
}

async fn revert_edit(tx: &mut Tx, before: View, after: &View) -> Result<Record> {
    let now = own(tx, after.id).await.map_err(|error| match error {
        Error::NotFound { .. } => Error::Conflict(format!("{} was deleted since", after.name)),
        other => other,
    })?;
    if now.revision != after.revision {
        return Err(Error::Conflict(format!("{} was changed since; edit it instead", now.name)));
    }
    let back = View { revision: now.revision + 1, updated_at: tx.now(), ..before };
    replace(tx, now, back.clone()).await?;
    Ok(Record::View(Box::new(back)))
}

/// Shared views need the permission to share.
fn may_share(actor: &Actor, shared: bool) -> Result<()> {
    if shared { actor.require(Permission::ShareViews) } else { Ok(()) }
}

/// `NotFound` for a view that the actor may not see. A shared view may be changed, deleted and restored only with the permission to share,
/// which its owner may have lost.
fn may_edit(actor: &Actor, view: &View) -> Result<()> {
    if actor.user_id() == Some(view.owner) || (view.shared && actor.may(Permission::EditOthersViews)) {
        may_share(actor, view.shared)
    } else if view.shared {
        Err(Error::Forbidden(format!("{} belongs to someone else; save a view of your own", view.name)))
    } else {
        Err(Error::not_found("View", view.id))
    }
}

/// The view, locked, if the actor may change it.
async fn own(tx: &mut Tx, id: ViewId) -> Result<View> {
    let row = tx.optional::<ViewRow>(store::sql(sql::LOCK).bind(id)).await?;
    let view = row.ok_or_else(|| Error::not_found("View", id))?.into();
    may_edit(tx.actor(), &view)?;
    Ok(view)
}

/// The greatest position of all views. Fails when the owner has the maximum number of views.
async fn room(tx: &mut Tx, owner: UserId) -> Result<Option<i64>> {
    tx.run(store::sql(sql::LOCK_OWNER).bind(owner)).await?;
    let ViewUsage { count, last, .. } = places(tx, owner).await?;
    if count >= MOST {
        return Err(Error::Conflict(format!("There are {MOST} views already; delete one that is no longer used")));
    }
    Ok(last)
}

/// Counts and sizes of the existing views.
struct ViewUsage {
    /// Views of the owner, and the bytes of their queries.
    count: i64,
    bytes: i64,
    /// Bytes of all shared queries.
    shared: i64,
    last: Option<i64>,
}

async fn places(tx: &mut Tx, owner: UserId) -> Result<ViewUsage> {
    let (count, bytes, shared, last) = tx.one(store::sql(sql::PLACES).bind(owner)).await?;
    Ok(ViewUsage { count, bytes, shared, last })
}

/// Bytes of the view's query, as JSON.
fn bytes(view: &View) -> Result<usize> {
    serde_json::to_vec(&view.query).map(|text| text.len()).map_err(|_| Error::Internal)
}

/// Fails when the owner's views, or all shared views, are too large with this one.
async fn fits(tx: &mut Tx, view: &View) -> Result<()> {
    let ViewUsage { bytes, shared, .. } = places(tx, view.owner).await?;
    if bytes > MOST_BYTES {
        return Err(Error::invalid("query", "The filters of your views are too large together; delete a view, or use fewer values"));
    }
    if view.shared && shared > MOST_SHARED_BYTES {
        return Err(Error::invalid(
            "shared",
            "The filters of all shared views are too large together; keep this one private, delete one, or use fewer values",
        ));
    }
    Ok(())
}

/// Writes one new row, without a change.
async fn insert(tx: &mut Tx, view: &View) -> Result<()> {
    if tx.optional::<(Uuid,)>(bind_view(store::sql(sql::INSERT), view)?).await?.is_some() {
        return fits(tx, view).await;
    }
    name_is_free(tx, view).await?;
    // The view with this name was deleted or renamed between the two statements.
    Err(Error::Unavailable("A view with this name is just being changed; try again".to_owned()))
}

async fn name_is_free(tx: &mut Tx, view: &View) -> Result<()> {
    let taken = tx.optional::<ViewRow>(store::sql(sql::BY_NAME).bind(view.owner).bind(fold(&view.name))).await?.map(View::from);
    match taken.filter(|taken| taken.id != view.id) {
        Some(taken) => Err(Error::duplicate("name", taken)),
        None => Ok(()),
    }
}
