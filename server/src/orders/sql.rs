//! Every statement about orders.

use crate::{
    leads::ids,
    store::{Bulk, Query, Sql, log::Prune},
};
use std::sync::LazyLock;

/// The columns of an `Order`, in the order of `bind_order`.
macro_rules! order_columns {
    () => {
        "id, order_id, message_id, customer, lead_id, amount, lines, ordered_at, import_id, created_at, updated_at"
    };
}

/// Orders with the names of their leads.
macro_rules! listed_columns {
    () => {
        "orders.id, orders.order_id, message_id, customer, lead_id, amount, lines, ordered_at, orders.import_id, orders.created_at, orders.updated_at, \
         lead.name AS lead_name FROM orders LEFT JOIN lead ON lead.id = orders.lead_id"
    };
}

/// The statements that write rows.
pub struct Writes {
    /// Inserts orders whose key is new, and returns their ids.
    pub(super) insert: Bulk,
    pub(super) opening: Bulk,
    pub(super) products: Bulk,
}

pub static WRITES: LazyLock<Writes> = LazyLock::new(|| Writes {
    insert: Bulk::new("orders", concat!(order_columns!(), ", key, search"), "ON CONFLICT (key) DO NOTHING RETURNING id"),
    products: Bulk::new("order_product", "order_id, product", ""),
    opening: Bulk::new(
        "opening",
        "lead_id, total_spend, visits, last_active_at",
        "ON CONFLICT (lead_id) DO UPDATE SET total_spend = opening.total_spend + excluded.total_spend, visits = opening.visits + \
         excluded.visits, last_active_at = excluded.last_active_at",
    ),
});

impl Writes {
    /// For the test that prepares every statement.
    pub fn samples(&self) -> Vec<Query> {
        [&self.insert, &self.opening, &self.products].map(Bulk::samples).concat()
    }
}

/// Every statement of this file, for the test that prepares them on both databases.
pub const STATEMENTS: &[Sql] = &[
    Sql::same(GET),
    Sql::same(GET_LISTED),
    LOCK,
    KNOWN,
    DELETE_MANY,
    TAKE_MANY,
    Sql::same(OF_IMPORT),
    LOCK_CUSTOMERS,
    WAITING_OF,
    HOW_MANY_WAIT,
    OPENING_VISITS,
    Sql::same(HOW_MANY_OF_DELETED),
    ATTACH,
    DETACH,
    RETURN,
    REATTACH,
    RECOUNT,
    Sql::same(FACTS),
    Sql::same(ALL[0]),
    Sql::same(ALL[1]),
    Sql::same(WAITING[0]),
    Sql::same(WAITING[1]),
    Sql::same(APPLIED[0]),
    Sql::same(APPLIED[1]),
    Sql::same(OF_LEAD[0]),
    Sql::same(OF_LEAD[1]),
    Sql::same(OF_CUSTOMER[0]),
    Sql::same(OF_CUSTOMER[1]),
    Sql::same(OF_LEAD_AND_CUSTOMER[0]),
    Sql::same(OF_LEAD_AND_CUSTOMER[1]),
    Sql::same(COUNT_WAITING),
    Sql::same(NEXT_LEADS),
    Sql::same(ASTRAY),
];

/// Opening balances of deleted leads are kept for undo, as long as there is a change or an undo image of the lead.
pub const PRUNE: &[Prune] = &[Prune::Unnamed(
    "
DELETE FROM opening
WHERE  NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = opening.lead_id)
AND    NOT EXISTS (SELECT 1 FROM change WHERE change.lead_id = opening.lead_id)
AND    lead_id NOT IN (SELECT lead_id FROM lead_image)",
)];

pub(super) const GET: &str = concat!("SELECT ", order_columns!(), " FROM orders WHERE id = $1");
pub(super) const GET_LISTED: &str = concat!("SELECT ", listed_columns!(), " WHERE orders.id = $1");
/// SQLite has only one writer and needs no row lock.
pub(super) const LOCK: Sql = Sql { sqlite: GET, postgres: concat!("SELECT ", order_columns!(), " FROM orders WHERE id = $1 FOR UPDATE") };

/// The orders with these keys; `$1` is a JSON list.
pub(super) const KNOWN: Sql = Sql {
    sqlite: concat!("SELECT ", order_columns!(), " FROM orders WHERE key IN (SELECT value FROM json_each($1))"),
    postgres: concat!("SELECT ", order_columns!(), " FROM orders WHERE key IN (SELECT jsonb_array_elements_text($1))"),
};

pub(super) const DELETE_MANY: Sql = Sql {
    sqlite: concat!("DELETE FROM orders WHERE id IN ", ids!(sqlite "$1")),
    postgres: concat!("DELETE FROM orders WHERE id IN ", ids!(postgres "$1")),
};

/// Deletes these orders, and returns their leads.
pub(super) const TAKE_MANY: Sql = Sql {
    sqlite: concat!("DELETE FROM orders WHERE id IN ", ids!(sqlite "$1"), " RETURNING lead_id"),
    postgres: concat!("DELETE FROM orders WHERE id IN ", ids!(postgres "$1"), " RETURNING lead_id"),
};

/// Orders of an import and their leads, as many as `$2`.
pub(super) const OF_IMPORT: &str = "SELECT id, lead_id FROM orders WHERE import_id = $1 ORDER BY id LIMIT $2";

// ── waiting orders ──

/// Locks customers until the transaction ends: for those who record an order that waits, and those who write a lead. So either the lead's
/// writer finds the order, or the order's writer finds the lead, and no two count what waits at once. All customers share 64 locks, which
/// are taken in one order. Only for Postgres: SQLite has one writer.
pub(super) const LOCK_CUSTOMERS: Sql = Sql {
    sqlite: "SELECT 1",
    postgres: "
SELECT pg_advisory_xact_lock(517812641, bucket)
FROM   (SELECT DISTINCT hashtext(customer) & 63 AS bucket FROM jsonb_array_elements_text($1) AS customer ORDER BY bucket) AS buckets",
};

/// The waiting orders of these customers, of each the first `$2` in the order in which they came.
pub(super) const WAITING_OF: Sql = Sql {
    sqlite: "
SELECT     orders.id, customer, amount, ordered_at
FROM       json_each($1) AS one
CROSS JOIN orders
WHERE      orders.id IN (SELECT id FROM orders WHERE lead_id IS NULL AND customer = one.value ORDER BY id LIMIT $2)
ORDER BY   orders.id",
    postgres: "
SELECT     first.id, first.customer, first.amount, first.ordered_at
FROM       jsonb_array_elements_text($1) AS one
CROSS JOIN LATERAL (
  SELECT id, customer, amount, ordered_at FROM orders WHERE lead_id IS NULL AND customer = one ORDER BY id LIMIT $2 FOR UPDATE
) AS first
ORDER BY   first.id",
};

/// How many orders wait for each of these customers, counted up to `$2`.
macro_rules! how_many_wait {
    ($customer:literal, $customers:literal) => {
        concat!(
            "SELECT ",
            $customer,
            ", (SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE lead_id IS NULL AND customer = ",
            $customer,
            " LIMIT $2) AS first) FROM ",
            $customers
        )
    };
}
pub(super) const HOW_MANY_WAIT: Sql = Sql {
    sqlite: how_many_wait!("one.value", "json_each($1) AS one"),
    postgres: how_many_wait!("one", "jsonb_array_elements_text($1) AS one"),
};

/// How many orders wait for a deleted lead, counted up to `$2`.
pub(super) const HOW_MANY_OF_DELETED: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM orders WHERE last_lead_id = $1 LIMIT $2) AS first";

/// `$1` is a JSON list of lists: an order and its lead. `$2` is now.
pub(super) const ATTACH: Sql = Sql {
    sqlite: "
UPDATE orders
SET    lead_id = unhex(replace(one.value ->> 1, '-', '')), last_lead_id = NULL, updated_at = $2
FROM   json_each($1) AS one
WHERE  orders.id = unhex(replace(one.value ->> 0, '-', ''))",
    postgres: "
UPDATE orders
SET    lead_id = CAST(one ->> 1 AS UUID), last_lead_id = NULL, updated_at = $2
FROM   jsonb_array_elements($1) AS one
WHERE  orders.id = CAST(one ->> 0 AS UUID)",
};

/// The orders of deleted leads wait. `$2` is now.
pub(super) const DETACH: Sql = Sql {
    sqlite: concat!("UPDATE orders SET last_lead_id = lead_id, lead_id = NULL, updated_at = $2 WHERE lead_id IN ", ids!(sqlite "$1")),
    postgres: concat!("UPDATE orders SET last_lead_id = lead_id, lead_id = NULL, updated_at = $2 WHERE lead_id IN ", ids!(postgres "$1")),
};

/// Orders of a lead that name a number wait for it. `$1` is a JSON list of lists: a lead and a number. `$2` is now.
pub(super) const RETURN: Sql = Sql {
    sqlite: "
UPDATE orders
SET    lead_id = NULL, updated_at = $2
FROM   json_each($1) AS one
WHERE  orders.lead_id = unhex(replace(one.value ->> 0, '-', '')) AND orders.customer = one.value ->> 1",
    postgres: "
UPDATE orders
SET    lead_id = NULL, updated_at = $2
FROM   jsonb_array_elements($1) AS one
WHERE  orders.lead_id = CAST(one ->> 0 AS UUID) AND orders.customer = one ->> 1",
};

/// The waiting orders of restored leads come back to them. `$2` is now.
macro_rules! reattach {
    ($ids:expr) => {
        concat!(
            "
UPDATE orders
SET    lead_id = last_lead_id, last_lead_id = NULL, updated_at = $2
WHERE  lead_id IS NULL AND last_lead_id IN ",
            $ids
        )
    };
}
pub(super) const REATTACH: Sql = Sql { sqlite: reattach!(ids!(sqlite "$1")), postgres: reattach!(ids!(postgres "$1")) };

// ── sums ──

/// Sums over the orders of leads, with their opening balances. The spend is split into millions and remainder, so that neither sum can
/// overflow.
macro_rules! recount {
    ($ids:expr) => {
        concat!(
            "
SELECT    lead.id,
          (SELECT CAST(COALESCE(SUM(amount / 1000000), 0) AS BIGINT) FROM orders WHERE lead_id = lead.id) AS millions,
          (SELECT CAST(COALESCE(SUM(amount % 1000000), 0) AS BIGINT) FROM orders WHERE lead_id = lead.id) AS rest,
          (SELECT COUNT(*) FROM orders WHERE lead_id = lead.id) AS orders,
          (SELECT MAX(ordered_at) FROM orders WHERE lead_id = lead.id) AS newest,
          COALESCE(opening.total_spend, 0) AS total_spend, COALESCE(opening.visits, 0) AS visits, opening.last_active_at
FROM      lead
LEFT JOIN opening ON opening.lead_id = lead.id
WHERE     lead.id IN ",
            $ids,
            "
ORDER BY  lead.id"
        )
    };
}
pub(super) const RECOUNT: Sql = Sql { sqlite: recount!(ids!(sqlite "$1")), postgres: recount!(ids!(postgres "$1")) };

/// The visits that leads had before their orders here.
macro_rules! opening_visits {
    ($ids:expr) => {
        concat!("SELECT lead_id, visits FROM opening WHERE lead_id IN ", $ids)
    };
}
pub(super) const OPENING_VISITS: Sql = Sql { sqlite: opening_visits!(ids!(sqlite "$1")), postgres: opening_visits!(ids!(postgres "$1")) };

/// Leads after an id, as many as `$2`.
pub(super) const NEXT_LEADS: &str = "SELECT id, revision, total_spend, visits, last_active_at FROM lead WHERE id > $1 ORDER BY id LIMIT $2";
/// Orders whose lead does not exist.
pub(super) const ASTRAY: &str =
    "SELECT COUNT(*) FROM orders WHERE lead_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = orders.lead_id)";

/// What rules test of the orders of a lead.
pub(super) const FACTS: &str = "SELECT ordered_at, amount, lines FROM orders WHERE lead_id = $1";

// ── lists ──

/// A page and a count. Of the page `$1` and `$2` are the cursor, `$3` and `$4` the time from and before, `$5` the pattern (`%%` for any
/// text), `$6` the limit; then the values of `$page`. The count takes time and pattern, then the values of `$count`.
macro_rules! list {
    ($page:literal, $count:literal) => {
        [
            concat!(
                "SELECT ",
                listed_columns!(),
                "
WHERE     (ordered_at, orders.id) < ($1, $2) AND ordered_at >= $3 AND ordered_at < $4
AND       (CAST($5 AS TEXT) = '%%' OR orders.search LIKE $5 ESCAPE '\\')
AND       ",
                $page,
                "
ORDER BY  ordered_at DESC, orders.id DESC
LIMIT     $6"
            ),
            concat!(
                "
SELECT COUNT(*)
FROM   orders
WHERE  ordered_at >= $1 AND ordered_at < $2 AND (CAST($3 AS TEXT) = '%%' OR search LIKE $3 ESCAPE '\\') AND ",
                $count
            ),
        ]
    };
}
pub(super) const ALL: [&str; 2] = list!("TRUE", "TRUE");
pub(super) const WAITING: [&str; 2] = list!("lead_id IS NULL", "lead_id IS NULL");
pub(super) const APPLIED: [&str; 2] = list!("lead_id IS NOT NULL", "lead_id IS NOT NULL");
pub(super) const OF_LEAD: [&str; 2] = list!("lead_id = $7", "lead_id = $4");
/// The waiting orders of a customer.
pub(super) const OF_CUSTOMER: [&str; 2] = list!("lead_id IS NULL AND customer = $7", "lead_id IS NULL AND customer = $4");
pub(super) const OF_LEAD_AND_CUSTOMER: [&str; 2] =
    list!("(lead_id = $7 OR lead_id IS NULL AND customer = $8)", "(lead_id = $4 OR lead_id IS NULL AND customer = $5)");
pub(super) const COUNT_WAITING: &str = "SELECT COUNT(*) FROM orders WHERE lead_id IS NULL";
