//! `linnet user` and `linnet key`.

use super::{AddKey, AddUser, accounts, open};
use domain::{Actor, Error, Result, accounts::NewUser, services::AccountService};
use std::io::BufRead;

pub(super) async fn add_user(new: AddUser) -> Result<()> {
    let mut password = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut password)
        .map_err(|error| Error::invalid("password", format!("No password came in: {error}")))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let store = open(&new.place).await?;
    let user = NewUser { email: new.email, name: new.name, password, role: new.role };
    let user = accounts(&store).add_user(&Actor::system(), user).await;
    store.close().await;
    let user = user?;
    println!("{} <{}> can sign in as {}", user.name, user.email, user.role.as_str());
    Ok(())
}

pub(super) async fn add_key(new: AddKey) -> Result<()> {
    let store = open(&new.place).await?;
    let key = accounts(&store).add_key(&Actor::system(), &new.name, new.role).await;
    store.close().await;
    let key = key?;
    println!("Key {} ({}); keep it, it is not shown again:", key.of.name, key.of.role.as_str());
    println!("{}", key.secret);
    Ok(())
}
