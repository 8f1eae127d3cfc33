//! Which names and texts appear where, read from the source.

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
    ("app/src/leads/form/fields.rs", "\"position\"", 1),
    ("src/campaigns/placeholder.rs", "\"position\"", 1),
    ("src/imports/mod.rs", "\"position\"", 1),
    // A column's name in files.
    ("src/imports/words.rs", "\"position\"", 1),
    ("src/leads/mod.rs", "\"position\"", 1),
    ("src/leads/mod.rs", "connectionStatus", 2),
    ("src/leads/mod.rs", "lastActivityDate", 2),
    ("src/leads/patch.rs", "\"position\"", 1),
    ("src/leads/patch.rs", "connectionStatus", 2),
    ("src/rule/fields.rs", "\"position\"", 1),
    ("src/rule/fields.rs", "connectionStatus", 1),
    ("src/rule/fields.rs", "lastActivityDate", 1),
    ("src/rule/naive.rs", "\"position\"", 1),
    ("src/rule/naive.rs", "connectionStatus", 1),
    ("src/rule/naive.rs", "lastActivityDate", 1),
];

#[test]
fn the_contracts_words_stand_in_compat_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let compat = root.join("server/src/compat");
    let mut folders: Vec<_> = ["src", "app/src", "server/src"].map(|folder| root.join(folder)).into();
    let (mut found, mut within) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests show how older rows are read.
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for word in THEIRS {
                let times = text.matches(word).count();
                if times == 0 {
                    continue;
                }
                if path.starts_with(&compat) {
                    within += times;
                } else {
                    found.push((path.strip_prefix(root).unwrap().display().to_string(), *word, times));
                }
            }
        }
    }
    found.sort();
    let found: Vec<_> = found.iter().map(|(path, word, times)| (path.as_str(), *word, *times)).collect();
    assert_eq!(found, ELSEWHERE, "a contract's name in the wrong place, or a listed one is gone");
    assert!(within > 10, "compat is read too");
}
