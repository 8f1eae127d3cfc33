//! Access: links, passwords, roles, keys, deactivation; and who may read changes of it.

mod forms;
mod keys;
mod links;
mod names;
mod own;
mod people;

use crate::common::{TestDb, server::PASSWORD};
use domain::{
    Actor, Role,
    accounts::{NewKey, NewUser, User},
    services::AccountService,
};
use server::{accounts::Accounts, bulk::Bulks, live::Hub, store::Store};

struct House {
    store: Store,
    accounts: Accounts,
}

impl House {
    async fn new(db: &TestDb) -> Self {
        let store = db.open().await;
        let bulks = Bulks::new(store.clone(), Hub::start(store.clone()));
        Self { accounts: Accounts::new(store.clone(), bulks, |tx| Box::pin(server::demo::fill(tx)), || {}), store }
    }

    async fn user(&self, name: &str, role: Role) -> User {
        let new = NewUser { email: format!("{name}@access.example"), name: name.to_owned(), password: PASSWORD.to_owned(), role };
        self.accounts.add_user(&Actor::system(), new).await.unwrap()
    }

    /// Signs in and returns the session token.
    async fn sign_in(&self, user: &User, password: &str) -> domain::Result<String> {
        self.accounts.sign_in(&user.email, password, "Firefox", domain::accounts::Device::Unknown).await.map(|session| session.secret)
    }

    /// A new signed-in user and the session token.
    async fn at_browser(&self, name: &str, role: Role) -> (Actor, String) {
        let user = self.user(name, role).await;
        let token = self.sign_in(&user, PASSWORD).await.unwrap();
        (self.accounts.actor(&token).await.unwrap().unwrap(), token)
    }

    /// Whether the secret gives an actor. Its use is written when this returns.
    async fn opens(&self, secret: &str) -> bool {
        let opens = self.accounts.actor(secret).await.unwrap().is_some();
        self.accounts.uses.flush().await;
        opens
    }

    /// The whole log as text.
    async fn log(&self) -> String {
        let changes = self.store.read(|conn| Box::pin(server::store::log::since(conn, 0, i64::MAX, 1_000))).await.unwrap();
        serde_json::to_string(&changes).unwrap()
    }

    /// Updates one value of one row directly in the database.
    async fn set(&self, statement: &'static str) {
        let system = Actor::system();
        let write = self.store.write(&system, move |tx| Box::pin(async move { tx.run(server::store::sql(statement)).await }));
        write.await.unwrap();
    }
}

fn key(name: &str, role: Role) -> NewKey {
    NewKey { name: name.to_owned(), role, days: None }
}
