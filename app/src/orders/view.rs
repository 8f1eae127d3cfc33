//! Filters of the list of orders, as its address holds them: `?waiting=&customer=&from=&until=&q=&after=`.

use crate::address::Params;
use domain::{
    Zone,
    orders::{OrderCursor, OrderQuery},
    rule::{Op, Rule, Value},
    zone::day_of,
};

/// Address of the list of customers: leads with orders, and their sums; those who spent most first.
pub fn customers() -> String {
    let rule = Rule::All(vec![Rule::test("visits", Op::Gt, Value::Number(0.0))]);
    let mut params = Params::new();
    params.insert("rule", serde_json::to_string(&rule).unwrap_or_default());
    params.insert("sort", "-totalSpend".to_owned());
    params.insert("cols", "name,email,customerId,spend,visits,active".to_owned());
    format!("/leads{}", params.to_query_string())
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// Only orders that wait for their customer.
    pub waiting: bool,
    /// Id of a lead, or a customer number.
    pub customer: String,
    /// Days as a date field has them, `2026-11-21`, in the workspace's time zone; `until` is included.
    pub from: String,
    pub until: String,
    pub q: String,
    /// Keyset position: the page shows orders after it.
    pub after: Option<OrderCursor>,
}

impl View {
    pub fn read(params: &Params) -> Self {
        let text = |name| params.get(name).unwrap_or_default();
        Self {
            waiting: params.get_str("waiting") == Some("1"),
            customer: text("customer"),
            from: text("from"),
            until: text("until"),
            q: text("q"),
            after: params.get("after").and_then(|text| text.try_into().ok()),
        }
    }

    /// A day that cannot be read is no limit.
    pub fn query(&self, zone: &Zone) -> OrderQuery {
        OrderQuery {
            waiting: self.waiting.then_some(true),
            customer: Some(self.customer.trim().to_owned()).filter(|customer| !customer.is_empty()),
            from: day_of(&self.from).map(|day| zone.day_start(day)),
            to: day_of(&self.until).map(|day| zone.day_start(day + 1)),
            search: self.q.trim().to_owned(),
            cursor: self.after.clone(),
            ..OrderQuery::default()
        }
    }

    pub fn href(&self) -> String {
        let mut params = Params::new();
        let after = self.after.clone().map(String::from).unwrap_or_default();
        let waiting = if self.waiting { "1" } else { "" };
        let all = [
            ("waiting", waiting),
            ("customer", &self.customer),
            ("from", &self.from),
            ("until", &self.until),
            ("q", &self.q),
            ("after", &after),
        ];
        for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
            params.insert(name, value.to_owned());
        }
        format!("/orders{}", params.to_query_string())
    }

    /// Whether anything but its place in the list is given.
    pub fn is_filtered(&self) -> bool {
        Self { after: None, ..self.clone() } != Self::default()
    }

    #[must_use]
    pub fn with_waiting(&self, waiting: bool) -> Self {
        Self { waiting, after: None, ..self.clone() }
    }

    #[must_use]
    pub fn with_q(&self, q: String) -> Self {
        Self { q, after: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_are_a_list_with_their_sums() {
        let address = customers();
        let listing = crate::leads::Listing::read(&Params::read(address.split_once('?').unwrap().1));
        assert_eq!((listing.href(), listing.columns().len()), (address, 6));
    }

    #[test]
    fn the_address_holds_the_filters_and_nothing_usual() {
        assert_eq!(View::default().href(), "/orders");
        let address = "waiting=1&customer=c00004&from=1997%2D01%2D01&until=1997%2D01%2D31&q=green%20tea";
        let view = View::read(&Params::read(address));
        assert_eq!(view.href(), format!("/orders?{address}"));
        let query = view.query(&Zone::utc());
        assert_eq!((query.waiting, query.customer.as_deref(), query.search.as_str()), (Some(true), Some("c00004"), "green tea"));
        assert_eq!(query.to.unwrap().date(), "1997-02-01", "the last day is included");
        assert_eq!(View { until: "soon".into(), ..view.clone() }.query(&Zone::utc()).to, None);
        let kolkata = Zone::new("Asia/Kolkata", 19_800, []);
        assert_eq!(view.query(&kolkata).from.unwrap().to_string(), "1996-12-31T18:30:00.000Z");
    }
}
