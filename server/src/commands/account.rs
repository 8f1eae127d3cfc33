//! `linnet user` and `linnet key`.

use super::{AddKey, AddUser, Deactivate, KeyCommand, SetRole, UserCommand, Whom, open};
use crate::{accounts::Accounts, bulk::Bulks, config::Place, live::Hub, store::Store};
use domain::{
    Actor, ApiKeyId, Error, Result, UserId,
    accounts::{Invite, NewKey, NewUser, Secret, User},
    services::AccountService,
    text::{grouped, normalise_email},
};
use std::io::BufRead;

/// The running server, if any, sees what was written in the log, and its sockets ask again every few seconds.
struct Opened {
    store: Store,
    hub: Hub,
    bulks: Bulks,
    accounts: Accounts,
}

impl Opened {
    async fn new(place: &Place) -> Result<Self> {
        let store = open(place).await?;
        let hub = Hub::start(store.clone());
        // Leads are handed over before the command ends: a server that runs already would not go on with them.
        let bulks = Bulks::new(store.clone(), hub.clone()).with_at_once(i64::MAX);
        let accounts = Accounts::new(store.clone(), bulks.clone(), || {});
        Ok(Self { store, hub, bulks, accounts })
    }

    async fn close(self) {
        self.bulks.shutdown().await;
        self.hub.shutdown().await;
        self.store.close().await;
    }

    async fn user(&self, email: &str) -> Result<User> {
        let email = normalise_email(email).map_err(|error| Error::Invalid(vec![error]))?;
        let users = self.accounts.users(&Actor::system()).await?;
        users.into_iter().find(|user| user.email == email).ok_or_else(|| Error::not_found("User", email))
    }
}

pub(super) async fn user(what: UserCommand) -> Result<()> {
    let opened = Opened::new(what.place()).await?;
    let done = match what {
        UserCommand::Add(new) => add_user(&opened, new).await,
        UserCommand::List(_) => list_users(&opened).await,
        UserCommand::Role(SetRole { email, role, .. }) => set_role(&opened, &email, role).await,
        UserCommand::Deactivate(asked) => deactivate(&opened, asked).await,
        UserCommand::Activate(whom) => activate(&opened, whom).await,
        UserCommand::ResetLink(whom) => reset_link(&opened, whom).await,
        UserCommand::SignOut(whom) => sign_out(&opened, whom).await,
    };
    opened.close().await;
    done
}

pub(super) async fn key(what: KeyCommand) -> Result<()> {
    let opened = Opened::new(what.place()).await?;
    let done = match what {
        KeyCommand::Add(new) => add_key(&opened, new).await,
        KeyCommand::List(_) => list_keys(&opened).await,
        KeyCommand::Revoke { key, .. } => revoke_key(&opened, &key).await,
    };
    opened.close().await;
    done
}

async fn add_user(opened: &Opened, new: AddUser) -> Result<()> {
    let AddUser { email, name, role, password_stdin, .. } = new;
    if !password_stdin {
        let Secret { secret, of } = opened.accounts.invite(&Actor::system(), Invite { email, name, role }).await?;
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
    let user = opened.accounts.add_user(&Actor::system(), NewUser { email, name, password, role }).await?;
    println!("{} <{}> can sign in as {}", user.name, user.email, user.role.as_str());
    Ok(())
}

/// The link alone on the last line.
fn show_link(user: &User, secret: &str) {
    let until = user.link_until.map(|at| format!(" until {at}")).unwrap_or_default();
    println!("Open this address on your Linnet to choose a password; it works once{until}:");
    println!("/join?token={secret}");
}

async fn list_users(opened: &Opened) -> Result<()> {
    for user in opened.accounts.users(&Actor::system()).await? {
        let state = match (user.deactivated_at, user.password_at) {
            (Some(at), _) => format!("deactivated {}", at.date()),
            (None, Some(_)) => "active".to_owned(),
            (None, None) => "no password yet".to_owned(),
        };
        println!("{}\t{}\t{}\t{state}", user.email, user.role.as_str(), user.name);
    }
    Ok(())
}

async fn set_role(opened: &Opened, email: &str, role: domain::Role) -> Result<()> {
    let user = opened.user(email).await?;
    let user = opened.accounts.set_role(&Actor::system(), user.id, role).await?;
    println!("{} <{}> is {} now", user.name, user.email, user.role.as_str());
    Ok(())
}

async fn deactivate(opened: &Opened, asked: Deactivate) -> Result<()> {
    let user = opened.user(&asked.email).await?;
    let heir: Option<UserId> = match asked.leads_to.as_str() {
        "nobody" => None,
        email => Some(opened.user(email).await?.id),
    };
    let done = opened.accounts.deactivate(&Actor::system(), user.id, heir).await?;
    println!("{} <{}> cannot sign in any more; {} leads handed to {}", user.name, user.email, grouped(done.leads.changed), asked.leads_to);
    Ok(())
}

async fn activate(opened: &Opened, Whom { email, .. }: Whom) -> Result<()> {
    let user = opened.user(&email).await?;
    let user = opened.accounts.activate(&Actor::system(), user.id).await?;
    println!("{} <{}> can sign in again as {}", user.name, user.email, user.role.as_str());
    Ok(())
}

async fn reset_link(opened: &Opened, Whom { email, .. }: Whom) -> Result<()> {
    let user = opened.user(&email).await?;
    let Secret { secret, of } = opened.accounts.make_link(&Actor::system(), user.id).await?;
    show_link(&of, &secret);
    Ok(())
}

async fn sign_out(opened: &Opened, Whom { email, .. }: Whom) -> Result<()> {
    let user = opened.user(&email).await?;
    let ended = opened.accounts.end_sessions(&Actor::system(), user.id).await?;
    println!("{ended} sessions of {} <{}> ended", user.name, user.email);
    Ok(())
}

async fn add_key(opened: &Opened, AddKey { name, role, days, .. }: AddKey) -> Result<()> {
    let key = opened.accounts.add_key(&Actor::system(), NewKey { name, role, days }).await?;
    println!("Key {} ({}); keep it, it is not shown again:", key.of.name, key.of.role.as_str());
    println!("{}", key.secret);
    Ok(())
}

async fn list_keys(opened: &Opened) -> Result<()> {
    let date = |at: Option<domain::Timestamp>| at.map_or_else(|| "never".to_owned(), domain::Timestamp::date);
    for key in opened.accounts.keys(&Actor::system()).await? {
        let (expires, used) = (date(key.expires_at), date(key.used_at));
        println!("{}\t{}\t{}\texpires {expires}\tlast used {used}", key.prefix, key.role.as_str(), key.name);
    }
    Ok(())
}

/// By its prefix as the list shows it, or by its id.
async fn revoke_key(opened: &Opened, which: &str) -> Result<()> {
    let keys = opened.accounts.keys(&Actor::system()).await?;
    let id = which.parse::<ApiKeyId>().ok();
    let mut found = keys.into_iter().filter(|key| key.prefix == which || Some(key.id) == id);
    let (Some(key), None) = (found.next(), found.next()) else { return Err(Error::not_found("Key", which)) };
    opened.accounts.revoke_key(&Actor::system(), key.id).await?;
    println!("Key {} ({}) opens nothing any more", key.name, key.prefix);
    Ok(())
}
