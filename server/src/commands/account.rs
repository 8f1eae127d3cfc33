//! `linnet user` and `linnet key`.

use super::{AddKey, AddUser, Deactivate, KeyCommand, SetRole, UserCommand, Whom, beside, to_read};
use crate::core::Core;
use domain::{
    Actor, ApiKeyId, Error, Result, UserId,
    accounts::{Invite, NewKey, NewUser, Secret, User},
    services::AccountService,
    text::{grouped, normalise_email},
};
use std::io::BufRead;

async fn find(core: &Core, email: &str) -> Result<User> {
    let email = normalise_email(email).map_err(|error| Error::Invalid(vec![error]))?;
    let users = core.accounts.users(&Actor::system()).await?;
    users.into_iter().find(|user| user.email == email).ok_or_else(|| Error::not_found("User", email))
}

pub(super) async fn user(what: UserCommand) -> Result<()> {
    let core = if matches!(what, UserCommand::List(_)) { to_read(what.location()).await? } else { beside(what.location()).await? };
    let done = match what {
        UserCommand::Add(new) => add_user(&core, new).await,
        UserCommand::List(_) => list_users(&core).await,
        UserCommand::Role(SetRole { email, role, .. }) => set_role(&core, &email, role).await,
        UserCommand::Deactivate(asked) => deactivate(&core, asked).await,
        UserCommand::Activate(whom) => activate(&core, whom).await,
        UserCommand::ResetLink(whom) => reset_link(&core, whom).await,
        UserCommand::SignOut(whom) => sign_out(&core, whom).await,
    };
    core.close().await;
    done
}

pub(super) async fn key(what: KeyCommand) -> Result<()> {
    let core = if matches!(what, KeyCommand::List(_)) { to_read(what.location()).await? } else { beside(what.location()).await? };
    let done = match what {
        KeyCommand::Add(new) => add_key(&core, new).await,
        KeyCommand::List(_) => list_keys(&core).await,
        KeyCommand::Revoke { key, .. } => revoke_key(&core, &key).await,
    };
    core.close().await;
    done
}

async fn add_user(core: &Core, new: AddUser) -> Result<()> {
    let AddUser { email, name, role, password_stdin, .. } = new;
    if !password_stdin {
        let Secret { secret, of } = core.accounts.invite(&Actor::system(), Invite { email, name, role }).await?;
        println!("{} <{}> was invited as {}", of.name, of.email, of.role.as_str());
        show_link(&of, &secret);
        return Ok(());
    }
    let mut password = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut password)
        .map_err(|error| Error::invalid("password", format!("No password came in: {error}")))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let user = core.accounts.add_user(&Actor::system(), NewUser { email, name, password, role }).await?;
    println!("{} <{}> can sign in as {}", user.name, user.email, user.role.as_str());
    Ok(())
}

/// Prints the link, alone on the last line.
fn show_link(user: &User, secret: &str) {
    let until = user.link_until.map(|at| format!(" until {at}")).unwrap_or_default();
    println!("Open this address on your Linnet to choose a password; it works once{until}:");
    println!("/join?token={secret}");
}

async fn list_users(core: &Core) -> Result<()> {
    for user in core.accounts.users(&Actor::system()).await? {
        let state = match (user.deactivated_at, user.password_at) {
            (Some(at), _) => format!("deactivated {}", at.date()),
            (None, Some(_)) => "active".to_owned(),
            (None, None) => "no password yet".to_owned(),
        };
        println!("{}\t{}\t{}\t{state}", user.email, user.role.as_str(), user.name);
    }
    Ok(())
}

async fn set_role(core: &Core, email: &str, role: domain::Role) -> Result<()> {
    let user = find(core, email).await?;
    let user = core.accounts.set_role(&Actor::system(), user.id, role).await?;
    println!("{} <{}> is {} now", user.name, user.email, user.role.as_str());
    Ok(())
}

async fn deactivate(core: &Core, asked: Deactivate) -> Result<()> {
    let user = find(core, &asked.email).await?;
    let heir: Option<UserId> = match asked.leads_to.as_str() {
        "nobody" => None,
        email => Some(find(core, email).await?.id),
    };
    let done = core.accounts.deactivate(&Actor::system(), user.id, heir).await?;
    println!("{} <{}> cannot sign in any more; {} leads handed to {}", user.name, user.email, grouped(done.leads.changed), asked.leads_to);
    Ok(())
}

async fn activate(core: &Core, Whom { email, .. }: Whom) -> Result<()> {
    let user = find(core, &email).await?;
    let user = core.accounts.activate(&Actor::system(), user.id).await?;
    println!("{} <{}> can sign in again as {}", user.name, user.email, user.role.as_str());
    Ok(())
}

async fn reset_link(core: &Core, Whom { email, .. }: Whom) -> Result<()> {
    let user = find(core, &email).await?;
    let Secret { secret, of } = core.accounts.make_link(&Actor::system(), user.id).await?;
    show_link(&of, &secret);
    Ok(())
}

async fn sign_out(core: &Core, Whom { email, .. }: Whom) -> Result<()> {
    let user = find(core, &email).await?;
    let ended = core.accounts.end_sessions(&Actor::system(), user.id).await?;
    println!("{ended} sessions of {} <{}> ended", user.name, user.email);
    Ok(())
}

async fn add_key(core: &Core, AddKey { name, role, days, .. }: AddKey) -> Result<()> {
    let key = core.accounts.add_key(&Actor::system(), NewKey { name, role, days }).await?;
    println!("Key {} ({}); keep it, it is not shown again:", key.of.name, key.of.role.as_str());
    println!("{}", key.secret);
    Ok(())
}

async fn list_keys(core: &Core) -> Result<()> {
    let date = |at: Option<domain::Timestamp>| at.map_or_else(|| "never".to_owned(), domain::Timestamp::date);
    for key in core.accounts.keys(&Actor::system()).await? {
        let (expires, used) = (date(key.expires_at), date(key.used_at));
        println!("{}\t{}\t{}\texpires {expires}\tlast used {used}", key.prefix, key.role.as_str(), key.name);
    }
    Ok(())
}

/// Finds the key by the prefix that the list shows, or by its id.
async fn revoke_key(core: &Core, which: &str) -> Result<()> {
    let keys = core.accounts.keys(&Actor::system()).await?;
    let id = which.parse::<ApiKeyId>().ok();
    let mut found = keys.into_iter().filter(|key| key.prefix == which || Some(key.id) == id);
    let (Some(key), None) = (found.next(), found.next()) else { return Err(Error::not_found("Key", which)) };
    core.accounts.revoke_key(&Actor::system(), key.id).await?;
    println!("Key {} ({}) opens nothing any more", key.name, key.prefix);
    Ok(())
}
