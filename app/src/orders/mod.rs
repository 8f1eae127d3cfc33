//! Orders: the list with its filters, and the card on a lead's page.

pub mod api;
mod card;
mod filter_bar;
mod page;
mod routes;
mod save;
mod table;
mod view;

pub use card::LeadOrders;
pub use page::OrderList;
pub use routes::{NAV, OrderRoutes};
