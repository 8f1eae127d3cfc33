//! The design system: small pieces that every page is made of. No server functions and no entities' rules in here.

mod badge;
mod dialog;
mod empty;
mod field;
mod figure;
mod flash;
mod icon;
mod inside;
mod later;
mod menu;
mod search;
mod time;
mod toast;

pub use badge::{StageBadge, StatusPill, stage_class, stage_icon};
pub use dialog::{Dialog, modal};
pub use empty::{Empty, Problem, Skeleton};
pub use field::{Field, SelectField};
pub use figure::{Avatar, Money, Score, money, short_money};
pub use flash::Flashes;
pub use icon::{Icon, Mark, Sprite};
pub use inside::is_inside;
pub use later::Later;
pub use menu::{Menu, walk};
pub use search::Search;
pub use time::{Now, TimeAgo};
pub use toast::{Toast, ToastList, Toasts, Tone};
