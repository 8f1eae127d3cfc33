//! Which names and texts appear where, read from the source.

use domain::leads::{TextField, label};
use std::path::Path;

/// Names and texts of the replaced systems' contracts. They belong in `server/src/compat` only.
const THEIRS: &[&str] = &[
    "connectionStatus",
    "connection_status",
    "lastActivityDate",
    "last_activity_date",
    "lastContactDate",
    "sequenceStep",
    "sequence_step",
    "profileImage",
    "\"position\"",
    "\"_id\"",
    "\"from_stage\"",
    "\"to_stage\"",
    "\"changed_at\"",
    "\"stage_history\"",
    "deleted successfully",
    "created successfully",
    "with this name already exists",
    "email are required",
    "name is required",
    "Invalid status",
    "source: \"database\"",
];

/// Where else they may appear, and how often: as aliases in the catalogue of rules and its oracle, and where older rows are read.
const ELSEWHERE: &[(&str, &str, usize)] = &[
    ("src/campaigns/placeholder.rs", "\"position\"", 1),
    // A column's name in files.
    ("src/imports/words.rs", "\"position\"", 1),
    ("src/leads/mod.rs", "connectionStatus", 2),
    ("src/leads/mod.rs", "lastActivityDate", 2),
    ("src/leads/patch.rs", "connectionStatus", 2),
    ("src/leads/texts.rs", "\"position\"", 2),
    ("src/rule/fields.rs", "connectionStatus", 1),
    ("src/rule/fields.rs", "lastActivityDate", 1),
    ("src/rule/naive.rs", "connectionStatus", 1),
    ("src/rule/naive.rs", "lastActivityDate", 1),
];

/// Labels of lead fields that mean something else in the rooms of leads: the value of a filter, and the notes of a timeline.
const NOT_FIELDS: &[(&str, &str)] = &[("app/src/leads/filter/form.rs", "Value"), ("app/src/leads/page/mod.rs", "Notes")];

/// Calls `each` with the path, relative to the repository, and the text of every source file without its tests.
fn each_source(folders: &[&str], mut each: impl FnMut(&str, &str)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            each(&path.strip_prefix(root).unwrap().display().to_string(), text);
        }
    }
}

#[test]
fn the_labels_of_a_lead_stand_in_one_place() {
    let labels: Vec<&str> = label::ALL.iter().copied().chain(TextField::ALL.map(TextField::label)).collect();
    let mut found = Vec::new();
    each_source(&["app/src/leads", "src/leads", "src/rule", "server/src/leads"], |path, text| {
        if !path.ends_with("leads/label.rs") && !path.ends_with("leads/texts.rs") {
            found.extend(labels.iter().filter(|label| text.contains(&format!("\"{label}\""))).map(|label| (path.to_owned(), *label)));
        }
    });
    found.sort();
    let found: Vec<_> = found.iter().map(|(path, label)| (path.as_str(), *label)).collect();
    assert_eq!(found, NOT_FIELDS, "write `label::…` or `TextField::….label()`");
}

#[test]
fn the_contracts_words_stand_in_compat_alone() {
    let (mut found, mut within) = (Vec::new(), 0);
    // Tests show how older rows are read.
    each_source(&["src", "app/src", "server/src"], |path, text| {
        for word in THEIRS {
            let times = text.matches(word).count();
            if times > 0 && path.starts_with("server/src/compat/") {
                within += times;
            } else if times > 0 {
                found.push((path.to_owned(), *word, times));
            }
        }
    });
    found.sort();
    let found: Vec<_> = found.iter().map(|(path, word, times)| (path.as_str(), *word, *times)).collect();
    assert_eq!(found, ELSEWHERE, "a contract's name in the wrong place, or a listed one is gone");
    assert!(within > 10, "compat is read too");
}
