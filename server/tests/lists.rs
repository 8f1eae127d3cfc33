//! Pages of leads: complete in every sort order, stable under writes, and read from an index.

use crate::common::{TestDb, leads::*};
use domain::{
    Error, LeadId,
    leads::{BoardQuery, Cursor, Lead, LeadPage, LeadQuery, Sort, SortColumn, Stage},
    rule::{Op, Rule, Value},
    services::LeadService,
    text::fold,
};
use server::{
    leads::{Leads, pages},
    store::{Query, Value as Bound},
};
use std::cmp::Ordering;

/// Statuses in the order of outreach progress.
const FUNNEL: [&str; 6] = ["pending", "contacted", "responded", "qualified", "nurturing", "converted"];

fn sorts() -> impl Iterator<Item = Sort> {
    SortColumn::ALL.iter().flat_map(|column| [false, true].map(|descending| Sort { column: *column, descending }))
}

/// The sort order of each column's index, computed independently.
fn compare(sort: Sort, a: &Lead, b: &Lead) -> Ordering {
    let company = |lead: &Lead| fold(lead.company.as_deref().unwrap_or_default());
    let by_key = match sort.column {
        SortColumn::Name => fold(&a.name).cmp(&fold(&b.name)),
        SortColumn::Company => company(a).cmp(&company(b)),
        SortColumn::Status => {
            let stands = |lead: &Lead| FUNNEL.iter().position(|status| *status == lead.status.as_str()).unwrap();
            stands(a).cmp(&stands(b))
        }
        SortColumn::Owner => a.owner.cmp(&b.owner),
        SortColumn::Stage => a.stage.cmp(&b.stage),
        SortColumn::Score => a.score.cmp(&b.score),
        SortColumn::Value => a.value.unwrap_or(-1).cmp(&b.value.unwrap_or(-1)),
        SortColumn::TotalSpend => a.total_spend.cmp(&b.total_spend),
        SortColumn::LastActivity => a.last_activity_at.cmp(&b.last_activity_at),
        SortColumn::LastContacted => a.last_contacted_at.cmp(&b.last_contacted_at),
        SortColumn::CreatedAt => Ordering::Equal,
    };
    let order = by_key.then(a.id.cmp(&b.id));
    if sort.descending { order.reverse() } else { order }
}

async fn page(leads: &Leads, query: &LeadQuery) -> LeadPage {
    leads.list(&member(), query).await.unwrap().data
}

async fn read_all(leads: &Leads, rule: &Rule, sort: Sort, limit: u32) -> Vec<Lead> {
    let mut query = LeadQuery { rule: rule.clone(), sort, limit, ..LeadQuery::default() };
    let mut all = Vec::new();
    loop {
        let page = page(leads, &query).await;
        assert!(page.leads.len() <= limit as usize);
        all.extend(page.leads);
        match page.next {
            // Through its wire format.
            Some(next) => query.cursor = Some(Cursor::try_from(String::from(next)).unwrap()),
            None => return all,
        }
    }
}

both_dbs!(
    a_board_is_the_list_of_each_stage_with_what_it_adds_up_to,
    pages_put_together_are_the_whole_list_in_every_order,
    those_of_the_leads_that_match_are_told_by_their_ids,
    new_leads_neither_repeat_nor_hide_a_row,
    what_cannot_be_a_page_is_refused
);

async fn a_board_is_the_list_of_each_stage_with_what_it_adds_up_to(db: &TestDb) {
    let (store, leads) = service(db).await;
    random_leads(&store, 230).await;
    let engaged = Rule::test("engaged", Op::Is, Value::Flag(true));
    for (sort, rule) in sorts().flat_map(|sort| [(sort, Rule::everyone()), (sort, engaged.clone())]) {
        let query = BoardQuery { rule: rule.clone(), sort, limit: 7 };
        let board = loop {
            // The first count may take longer than a page waits.
            let board = leads.board(&member(), &query).await.unwrap().data;
            if board.sums.is_some() {
                break board;
            }
        };
        let all = read_all(&leads, &rule, sort, 100).await;
        assert_eq!(board.columns.len(), Stage::COUNT);
        for column in board.columns {
            let of_stage: Vec<&Lead> = all.iter().filter(|lead| lead.stage == column.stage).collect();
            let sum = board.sums.unwrap().of(column.stage);
            let value: i64 = of_stage.iter().fold(0, |sum: i64, lead| sum.wrapping_add(lead.value.unwrap_or_default()));
            assert_eq!((sum.leads, sum.value), (of_stage.len() as i64, value), "{sort} {}", column.stage);
            assert!(column.leads.iter().eq(of_stage.iter().copied().take(7)), "{sort} {}", column.stage);
            assert_eq!(column.next.is_some(), of_stage.len() > 7);
            let Some(cursor) = column.next else { continue };
            let stage = Rule::test("stage", Op::Is, Value::Text(column.stage.as_str().to_owned()));
            let next = LeadQuery { rule: stage.and(rule.clone()), sort, cursor: Some(cursor), limit: 1_000, ..LeadQuery::default() };
            assert!(page(&leads, &next).await.leads.iter().eq(of_stage.iter().copied().skip(7)), "{sort} {}", column.stage);
        }
    }
    let refused = leads.board(&member(), &BoardQuery { limit: 0, ..BoardQuery::default() }).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    store.close().await;
}

async fn pages_put_together_are_the_whole_list_in_every_order(db: &TestDb) {
    let (store, leads) = service(db).await;
    let all = random_leads(&store, 230).await;
    let some = Rule::test("engaged", Op::Is, Value::Flag(true));
    for sort in sorts() {
        let mut expected = all.clone();
        expected.sort_by(|a, b| compare(sort, a, b));
        assert_eq!(read_all(&leads, &Rule::everyone(), sort, 23).await, expected, "{sort}");
        let by_offset = LeadQuery { sort, offset: 200, limit: 1_000, ..LeadQuery::default() };
        assert_eq!(page(&leads, &by_offset).await.leads, expected[200..]);
        expected.retain(|lead| lead.engaged);
        assert_eq!(read_all(&leads, &some, sort, 7).await, expected, "{sort}, filtered");
    }
    let engaged = all.iter().filter(|lead| lead.engaged).count();
    assert!(engaged > 20);
    assert_eq!(leads.count(&member(), &some).await.unwrap(), engaged as i64);
    store.close().await;
}

async fn those_of_the_leads_that_match_are_told_by_their_ids(db: &TestDb) {
    let (store, leads) = service(db).await;
    let all = random_leads(&store, 60).await;
    let rule = Rule::test("engaged", Op::Is, Value::Flag(true));
    let gone = LeadId(store.clock.id());
    let mut asked: Vec<LeadId> = all.iter().take(40).map(|lead| lead.id).collect();
    let mut expected: Vec<Lead> = all.iter().take(40).filter(|lead| lead.engaged).cloned().collect();
    expected.sort_by_key(|lead| lead.id);
    asked.extend([gone, asked[0]]);
    let page = leads.among(&member(), &rule, &asked).await.unwrap().data;
    assert!(!expected.is_empty() && page.next.is_none());
    assert_eq!(page.leads, expected);
    for ids in [vec![], vec![gone; 1_001]] {
        let refused = leads.among(&member(), &rule, &ids).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    store.close().await;
}

async fn new_leads_neither_repeat_nor_hide_a_row(db: &TestDb) {
    let (store, leads) = service(db).await;
    for n in 0..40 {
        leads.create(&member(), new_lead(&format!("Lead {n:02}"), &format!("l{n}@b.example"))).await.unwrap();
    }
    let sort = Sort { column: SortColumn::Name, descending: false };
    let mut query = LeadQuery { sort, limit: 10, ..LeadQuery::default() };
    let mut names = Vec::new();
    for round in 0.. {
        let page = page(&leads, &query).await;
        names.extend(page.leads.iter().map(|lead| lead.name.clone()));
        // Insert one lead before the cursor, one within the shown rows, one at the end.
        for name in ["A", "Lead 05 b", "Z"] {
            leads
                .create(&member(), new_lead(&format!("{name} {round}"), &format!("{}{round}@c.example", name.replace(' ', ""))))
                .await
                .unwrap();
        }
        let Some(next) = page.next else { break };
        // Delete the last row of the page: its cursor must still work.
        leads.delete(&member(), next.id).await.unwrap();
        query.cursor = Some(next);
    }
    let old: Vec<_> = names.iter().filter(|name| name.len() == 7).cloned().collect();
    assert_eq!(old, (0..40).map(|n| format!("Lead {n:02}")).collect::<Vec<_>>());
    store.close().await;
}

async fn what_cannot_be_a_page_is_refused(db: &TestDb) {
    let (store, leads) = service(db).await;
    for limit in [0, 1_001, u32::MAX] {
        let error = leads.list(&member(), &LeadQuery { limit, ..LeadQuery::default() }).await.unwrap_err();
        assert!(error.on_field("limit").is_some());
    }
    let id = domain::LeadId(store.clock.id());
    for (column, key) in [
        (SortColumn::Score, "x"),
        (SortColumn::Value, ""),
        (SortColumn::Name, "a\0b"),
        (SortColumn::Owner, "x"),
        (SortColumn::Status, "pending"),
    ] {
        let sort = Sort { column, descending: false };
        let cursor = Some(Cursor { id, key: key.to_owned() });
        let error = leads.list(&member(), &LeadQuery { sort, cursor, ..LeadQuery::default() }).await.unwrap_err();
        assert!(error.on_field("cursor").is_some(), "{column}");
    }
    let unknown = Rule::test("nonsense", Op::Is, Value::Text("x".into()));
    assert!(matches!(leads.count(&member(), &unknown).await, Err(Error::Invalid(_))));
    assert!(matches!(leads.list(&member(), &LeadQuery { rule: unknown, ..LeadQuery::default() }).await, Err(Error::Invalid(_))));
    store.close().await;
}

/// On SQLite no page needs a sort: each walks its index from the cursor.
#[tokio::test]
async fn every_order_walks_an_index() {
    let db = TestDb::sqlite().await;
    let (store, _) = service(&db).await;
    random_leads(&store, 50).await;
    for sort in sorts() {
        let page = pages(sort.column)[usize::from(sort.descending)];
        for (template, way) in [(page.first, "SCAN lead USING INDEX"), (page.after, "SEARCH lead USING INDEX")] {
            let template = format!("EXPLAIN QUERY PLAN {template}");
            let plan = store
                .read(move |conn| {
                    let values = vec![Bound::from(51_i64), Bound::from(0_i64)];
                    let query = Query::with_rule(&template, values, &Rule::everyone(), false, &domain::Moment::default());
                    Box::pin(conn.all::<(i64, i64, i64, String)>(query))
                })
                .await
                .unwrap();
            let steps: Vec<_> = plan.iter().map(|(.., step)| step.as_str()).collect();
            assert!(steps.len() == 1 && steps[0].starts_with(way), "{sort}: {steps:?}");
        }
    }
    store.close().await;
}
