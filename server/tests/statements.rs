//! Both databases can prepare every statement of the product.

use crate::common::TestDb;
use domain::{Moment, campaigns::CampaignColumn, leads::SortColumn, rule::Rule};
use server::{
    bulk, campaigns, exports, imports, ingest, leads, orders, segments,
    store::{Query, Sql, log, meta, sql},
};

both_dbs!(every_statement_can_be_prepared);

async fn every_statement_can_be_prepared(db: &TestDb) {
    let store = db.open().await;
    let forgetting = server::prune::LISTS.concat().into_iter().map(|prune| Sql::same(prune.text()));
    let of_the_log = log::STATEMENTS.iter().chain(meta::STATEMENTS).map(|text| Sql::same(text)).chain(forgetting);
    for statement in server::STATEMENTS.concat().into_iter().chain(of_the_log) {
        assert!(store.prepare(sql(statement)).await.is_ok(), "{statement:?}");
    }
    let among = leads::AMONG.of(store.is_postgres());
    let pages = SortColumn::ALL.iter().flat_map(|column| leads::pages(*column)).flat_map(|page| [page.first, page.after]);
    for template in
        pages.chain(leads::TEMPLATES.iter().copied()).chain(bulk::TEMPLATES.iter().chain(campaigns::TEMPLATES).copied()).chain([among])
    {
        let query = Query::with_rule(template, Vec::new(), &Rule::everyone(), store.is_postgres(), &Moment::default());
        assert!(store.prepare(query).await.is_ok(), "{template}");
    }
    for template in segments::TEMPLATES.iter().chain(exports::TEMPLATES) {
        let query =
            Query::with_rule(template.of(store.is_postgres()), Vec::new(), &Rule::everyone(), store.is_postgres(), &Moment::default());
        assert!(store.prepare(query).await.is_ok(), "{template:?}");
    }
    for page in CampaignColumn::ALL.iter().flat_map(|column| campaigns::pages(*column)) {
        for text in [page.first, page.after] {
            assert!(store.prepare(sql(text)).await.is_ok(), "{text}");
        }
    }
    for query in [
        imports::Writes::default().samples(),
        leads::WRITES.samples(),
        campaigns::WRITES.samples(),
        orders::WRITES.samples(),
        ingest::WRITES.samples(),
    ]
    .concat()
    {
        assert!(store.prepare(query.clone()).await.is_ok(), "{query:?}");
    }
    assert!(store.prepare(sql("SELECT nonsense FROM lead")).await.is_err());
    store.close().await;
}
