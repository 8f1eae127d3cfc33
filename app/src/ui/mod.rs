//! The design system: small pieces that every page is made of. No server functions and no entities' rules in here.

mod badge;
mod dialog;
mod empty;
mod field;
mod figure;
mod flash;
mod history_moves;
mod icon;
mod inert;
mod inside;
mod later;
mod page_title;
mod popover;
mod raw_text;
mod search;
mod text_area;
mod time;
mod toast;
mod unsaved;

pub use badge::{StageBadge, StatusPill, stage_badge, stage_class, stage_icon, status_pill};
pub use dialog::{Dialog, modal};
pub use empty::{Empty, Problem, ReadProblem, Skeleton};
pub use field::{Field, SelectField};
pub use figure::{Avatar, Portrait, amount, avatar, money, money_len, score, short_money};
pub use flash::Flashes;
pub use icon::{Icon, Mark, Sprite, icon};
pub use inert::Inert;
pub use inside::{inside, is_inside};
pub use later::Later;
pub use page_title::PageTitle;
pub use popover::{Menu, Pop, Popover, close_popover};
pub use search::Search;
pub use text_area::TextArea;
pub use time::{Now, TimeAgo, TimeDue, TimeSince, time_ago};
pub use toast::{Toast, ToastList, Toasts, Tone};
pub use unsaved::{guard_history, guard_typed_text, has_typed_text, leave_for, may_leave, typed_is_saved};
