//! What each role may do: one table, which the services check, the screens show, and `docs/roles.md` prints.

use crate::{Actor, Error, Result, Role, text::grouped};
use std::fmt::Write as _;

/// Most leads in one bulk action or one campaign launch without `LargeBulk` or `LargeLaunch`.
pub const LARGE: i64 = 10_000;

macro_rules! rights {
    ($($permission:ident, $least:ident, $what:literal;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Permission { $(#[doc = $what] $permission),+ }

        /// All permissions, each with the least role that has it and its description.
        pub const RIGHTS: &[(Permission, Role, &str)] = &[$((Permission::$permission, Role::$least, $what)),+];

        impl Permission {
            /// The least role with this permission; each role includes the rights of the previous one.
            pub fn least_role(self) -> Role {
                match self { $(Self::$permission => Role::$least),+ }
            }

            /// Description for people.
            pub fn what(self) -> &'static str {
                match self { $(Self::$permission => $what),+ }
            }
        }
    };
}

rights! {
    Read,              Viewer,  "Read leads, orders, campaigns, imports, figures and activity; save views for oneself";
    WriteLeads,        Member,  "Add, edit and delete leads, record and delete orders, send customers and orders to ingestion, retry and discard what is parked there, work tasks, write notes, run bulk actions, undo";
    WriteCampaigns,    Member,  "Add, edit, start, pause and reopen campaigns, enroll leads; end and delete campaigns of one's own";
    Import,            Member,  "Import files of leads and orders, undo imports";
    Export,            Member,  "Export leads and orders as files";
    WriteSegments,     Member,  "Add and edit segments; delete segments of one's own";
    ShareViews,        Member,  "Share saved views of one's own with everyone";
    DeleteOthersNotes, Manager, "Delete notes that others wrote";
    EndOthersCampaigns, Manager, "Complete, stop and delete campaigns that others made";
    EditOthersViews,   Manager, "Edit and delete shared views of others";
    DeleteOthersSegments, Manager, "Delete segments that others made";
    LargeBulk,         Manager, "Run and undo bulk actions on more than 10,000 leads";
    LargeLaunch,       Manager, "Bring a started campaign over 10,000 leads, by starting it, enrolling, restoring or an undo; one that was over before stays free to grow";
    EditFields,        Manager, "Define, edit and delete custom fields";
    EditWorkspace,     Admin,   "Change the name, currency, time zone and first day of the week of the workspace";
    Administer,        Admin,   "Manage people, roles and API keys; read metrics and who gave whom access";
}

impl Permission {
    /// `Forbidden`, naming the least role that has the permission.
    pub(crate) fn refuse(self, role: Role) -> Error {
        let least = self.least_role().as_str();
        let why = match self {
            Self::LargeBulk => format!("A bulk action on more than {} leads", grouped(LARGE)),
            Self::LargeLaunch => format!("Bringing a started campaign over {} leads", grouped(LARGE)),
            _ => "This".to_owned(),
        };
        Error::Forbidden(format!("{why} needs the role {least}; you are {role}. Ask an administrator", role = role.as_str()))
    }
}

/// The one limit of size: more than `LARGE` leads at once need `LargeBulk`, in a started campaign `LargeLaunch`.
///
/// # Errors
/// `Forbidden`, naming the least role that has the permission.
pub(crate) fn require_size(actor: &Actor, large: Permission, leads: i64) -> Result<()> {
    if leads > LARGE { actor.require(large) } else { Ok(()) }
}

/// Content of `docs/roles.md`.
pub fn markdown() -> String {
    let mut text = "# Roles\n\nWhat each role may do; people and API keys have one each. Each role includes the rights of the one before. \
                    A deletion can be undone by whoever may delete; what is parked by ingestion is discarded for good.\n\n| right |"
        .to_owned();
    for role in Role::ALL {
        let _ = write!(text, " {} |", role.as_str());
    }
    let _ = writeln!(text, "\n| --- |{}", " :-: |".repeat(Role::ALL.len()));
    for (_, least, what) in RIGHTS {
        let _ = write!(text, "| {what} |");
        for role in Role::ALL {
            let _ = write!(text, " {} |", if role >= *least { "✓" } else { "–" });
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_program_does() {
        let written = include_str!("../docs/roles.md");
        assert_eq!(written, markdown(), "write docs/roles.md anew: cargo run --example roles > docs/roles.md");
        assert!(RIGHTS.iter().filter(|(_, _, what)| what.contains("10,000")).count() == 2 && LARGE == 10_000, "the texts name LARGE");
    }
}
