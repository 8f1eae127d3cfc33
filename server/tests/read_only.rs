//! A Postgres that takes no writes, or restarts: a standby, an operator's setting.

use crate::common::{
    TestDb,
    leads::new_lead,
    server::{TestServer, json},
};
use domain::Role;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Makes new connections read-only or not, and ends those there are.
async fn set_read_only(admin: &mut PgConnection, database: &str, read_only: bool) {
    let set = if read_only { "SET default_transaction_read_only = on" } else { "RESET default_transaction_read_only" };
    sqlx::query(AssertSqlSafe(format!("ALTER DATABASE {database} {set}"))).execute(&mut *admin).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::query(end).execute(&mut *admin).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_are_refused_until_it_takes_them_again() {
    let db = TestDb::postgres().await;
    let server = TestServer::start(&db).await;
    let client = server.key(Role::Member).await;
    let create = async |name: &str| {
        let lead = new_lead(name, &format!("{name}@b.example"));
        client.post(server.url("/api/leads")).json(&lead).send().await.unwrap()
    };
    assert_eq!(create("ana").await.status(), 200);
    let mut admin = PgConnection::connect(&db.url).await.unwrap();
    let database = db.url.rsplit('/').next().unwrap();
    set_read_only(&mut admin, database, true).await;
    for _ in 0..5 {
        let refused = create("ben").await;
        assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "5"));
        let refused = json(refused).await;
        assert!(
            refused["type"].as_str().unwrap().ends_with("unavailable")
                && refused["detail"].as_str().unwrap().contains("nothing was changed")
        );
    }
    let total = async || json(client.get(server.url("/api/leads")).send().await.unwrap()).await["data"].as_array().unwrap().len();
    assert_eq!(total().await, 1, "reads go on");
    set_read_only(&mut admin, database, false).await;
    assert_eq!(create("ben").await.status(), 200);
    assert_eq!(total().await, 2);
    server.stop().await;
}
