//! Every statement of the product is one that both databases understand, with the tables as they are.

use domain::{Timestamp, leads::SortColumn, rule::Rule};
use server::{
    leads,
    store::{Query, Sql, Value, log, sql},
};

const SAME: &[&[&str]] = &[log::STATEMENTS, leads::STATEMENTS];
const PAIRS: &[&[Sql]] = &[leads::PAIRS];

both_dbs! {
    async fn every_statement_can_be_prepared(db: &TestDb) {
        let store = db.open().await;
        let all = SAME.concat().into_iter().map(Sql::from).chain(PAIRS.concat());
        for statement in all {
            assert!(store.prepare(sql(statement)).await.is_ok(), "{statement:?}");
        }
        let pages = SortColumn::ALL.iter().flat_map(|column| leads::pages(*column)).flat_map(|page| [page.first, page.after]);
        for template in pages.chain(leads::TEMPLATES.iter().copied()) {
            let values = vec![Value::from(1_i64), Value::from(0_i64)];
            let query = Query::with_rule(template, values, &Rule::search("x"), store.is_postgres(), Timestamp(0));
            assert!(store.prepare(query).await.is_ok(), "{template}");
        }
        assert!(store.prepare(sql("SELECT nonsense FROM lead")).await.is_err());
        store.close().await;
    }
}
