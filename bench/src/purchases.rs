//! Orders of the leads of a database, the same for the same number: some leads buy much more often than others.

use crate::{Failure, people::Dice};
use domain::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use std::path::Path;
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;

/// The leads that buy, and the time of the newest order.
pub struct Buyers {
    leads: Vec<Uuid>,
    until: i64,
}

/// An order of one product.
pub struct Purchase {
    pub number: u64,
    pub lead: Uuid,
    /// Minor units.
    pub amount: i64,
    pub at: Timestamp,
    /// Number of its product.
    pub product: u64,
}

impl Buyers {
    pub fn of(database: &Path) -> Result<Self, Failure> {
        let db = Connection::open(database)?;
        let until = db.query_row("SELECT MAX(created_at) FROM lead", [], |row| row.get(0))?;
        let leads = db
            .prepare("SELECT id FROM lead ORDER BY id")?
            .query_map([], |row| row.get(0).map(Uuid::from_bytes))?
            .collect::<Result<_, _>>()?;
        Ok(Self { leads, until })
    }

    /// Order `number`, within the two years before the newest lead.
    pub fn order(&self, number: u64) -> Purchase {
        let mut dice = Dice::new(number);
        let lead = self.leads[dice.skewed(self.leads.len() as u64) as usize];
        let at = Timestamp(self.until - dice.roll(730 * DAY as u64) as i64);
        Purchase { number, lead, amount: 500 + dice.skewed(50_000) as i64, at, product: dice.skewed(500) }
    }

    /// The body of `POST /api/orders/batch` with the orders from number `from`.
    pub fn batch(&self, from: u64, count: u64) -> String {
        let orders: Vec<_> = (from..from + count)
            .map(|number| {
                let Purchase { lead, amount, at, product, .. } = self.order(number);
                let line =
                    json!({ "productId": format!("p{product}"), "name": format!("Product {product}"), "quantity": 1, "price": amount });
                json!({ "orderId": format!("o{number}"), "customer": lead, "amount": amount, "orderedAt": at, "lines": [line] })
            })
            .collect();
        json!({ "orders": orders }).to_string()
    }
}
