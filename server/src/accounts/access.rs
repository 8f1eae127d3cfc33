//! What administrators change: roles, access (deactivate, activate), sessions of others.

use super::{Accounts, edit, sql};
use domain::{
    Actor, Error, Permission, Result, Role, SessionId, UserId,
    accounts::{Deactivated, Session, User},
    bulk::{BulkAction, NewBulk},
    leads::Selection,
    rule::{Op, Rule, Value},
};

impl Accounts {
    pub(super) async fn give_role(&self, actor: &Actor, id: UserId, role: Role) -> Result<User> {
        actor.require(Permission::Administer)?;
        if role == Role::Admin {
            actor.require_confirmed()?;
        }
        let user = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, id).await?;
                    if before.role == role {
                        return Ok(before);
                    }
                    edit::not_the_last(tx, &before).await?;
                    let after = User { role, ..before.clone() };
                    edit::put(tx, before, after).await
                })
            })
            .await?;
        self.changed();
        Ok(user)
    }

    /// Deactivates the account, then hands over its leads. In this order no lead can be assigned to it during the hand-over.
    pub(super) async fn take_access(&self, actor: &Actor, id: UserId, leads_to: Option<UserId>) -> Result<Deactivated> {
        actor.require(Permission::Administer)?;
        if actor.user_id() == Some(id) {
            return Err(Error::Conflict("You cannot deactivate yourself; ask another administrator".to_owned()));
        }
        let user = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, id).await?;
                    if let Some(heir) = leads_to {
                        let known = sql::by_id(tx.conn(), heir).await?;
                        if heir == id || !known.is_some_and(|heir| heir.is_active()) {
                            return Err(Error::invalid("leadsTo", "Choose someone else who can sign in, or nobody"));
                        }
                    }
                    if !before.is_active() {
                        return Ok(before);
                    }
                    edit::not_the_last(tx, &before).await?;
                    let after = User { deactivated_at: Some(tx.now()), link_until: None, ..before.clone() };
                    sql::set_link(tx, id, None).await?;
                    let after = edit::put(tx, before, after).await?;
                    // After the account's write, so that a concurrent sign-in waits for it and is refused.
                    tx.run(sql::end_of(id, None)).await?;
                    Ok(after)
                })
            })
            .await?;
        self.changed();
        let theirs = Rule::test("owner", Op::Is, Value::Text(id.to_string()));
        let hand_over = NewBulk { action: BulkAction::SetOwner { owner: leads_to }, which: Selection::Matching(theirs) };
        let leads = self.bulks.start(actor, hand_over).await?;
        Ok(Deactivated { user, leads })
    }

    pub(super) async fn give_access(&self, actor: &Actor, id: UserId) -> Result<User> {
        actor.require(Permission::Administer)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, id).await?;
                    if before.is_active() {
                        return Ok(before);
                    }
                    if before.role == Role::Admin {
                        tx.actor().require_confirmed()?;
                    }
                    let after = User { deactivated_at: None, ..before.clone() };
                    edit::put(tx, before, after).await
                })
            })
            .await
    }

    pub(super) async fn sign_out_everywhere(&self, actor: &Actor, id: UserId) -> Result<u64> {
        actor.require(Permission::Administer)?;
        let ended = self
            .store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, id).await?;
                    // The administrator's own session stays; sign-out is another button.
                    let ended = tx.run(sql::end_of(id, tx.actor().session)).await?;
                    if ended > 0 {
                        let after = User { signed_out_at: Some(tx.now()), ..before.clone() };
                        edit::put(tx, before, after).await?;
                    }
                    Ok(ended)
                })
            })
            .await?;
        self.changed();
        Ok(ended)
    }

    pub(super) async fn sessions_of_user(&self, actor: &Actor, id: UserId) -> Result<Vec<Session>> {
        actor.require(Permission::Administer)?;
        let (current, now) = (actor.session, self.store.clock.now());
        self.store
            .read(move |conn| {
                Box::pin(async move {
                    sql::by_id(conn, id).await?.ok_or_else(|| Error::not_found("User", id))?;
                    sql::sessions(conn, id, current, now).await
                })
            })
            .await
    }

    pub(super) async fn end_session_of(&self, actor: &Actor, of: UserId, id: SessionId) -> Result<()> {
        actor.require(Permission::Administer)?;
        self.store
            .write(actor, move |tx| {
                Box::pin(async move {
                    let before = edit::lock(tx, of).await?;
                    if tx.run(sql::end_by_id(id, of)).await? == 0 {
                        return Err(Error::not_found("Session", id));
                    }
                    let after = User { signed_out_at: Some(tx.now()), ..before.clone() };
                    edit::put(tx, before, after).await.map(drop)
                })
            })
            .await?;
        self.changed();
        Ok(())
    }
}
