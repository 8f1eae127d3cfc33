//! The module structure of `server/src`, checked on its source files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file with its room: the folder or file directly under `src`.
fn files() -> Vec<(String, PathBuf, String)> {
    let mut folders = vec![root()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let inside = path.strip_prefix(root()).unwrap();
                let room = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((room, inside.to_owned(), text));
            }
        }
    }
    files
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The first name after each `crate::`, or the names of its list.
fn named(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, path) in text.match_indices("crate::") {
        let rest = &text[at + path.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(rest.chars().take_while(|letter| is_word(*letter)).collect());
            continue;
        };
        let (mut depth, mut name) = (0, Some(String::new()));
        for letter in list.chars() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => names.extend(name.replace(String::new())),
                letter if depth == 0 && is_word(letter) => name.iter_mut().for_each(|name| name.push(letter)),
                letter if letter.is_whitespace() => {}
                // The name has ended: the rest is inside of it.
                _ => names.extend(name.take()),
            }
        }
        names.extend(name);
    }
    names.remove("");
    names
}

/// The rooms that each room depends on.
fn ways() -> BTreeMap<String, BTreeSet<String>> {
    let files = files();
    let rooms: BTreeSet<String> = files.iter().map(|(room, ..)| room.clone()).filter(|room| room != "lib" && room != "main").collect();
    let mut ways: BTreeMap<String, BTreeSet<String>> = rooms.iter().map(|room| (room.clone(), BTreeSet::new())).collect();
    for (room, _, text) in &files {
        if let Some(to) = ways.get_mut(room) {
            to.extend(named(text).into_iter().filter(|name| name != room && rooms.contains(name)));
        }
    }
    ways
}

#[test]
fn no_room_comes_back_to_itself() {
    let ways = ways();
    let reaches = |from: &str, to: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(room) = next.pop() {
            if room == to {
                return true;
            }
            if seen.insert(room.clone()) {
                next.extend(ways[&room].iter().cloned());
            }
        }
        false
    };
    let circles: Vec<(&str, &str)> = ways
        .iter()
        .flat_map(|(from, all)| all.iter().map(move |to| (from.as_str(), to.as_str())))
        .filter(|(from, to)| reaches(to, from))
        .collect();
    assert!(circles.is_empty(), "these dependencies between rooms close a circle: {circles:?}");
}

#[test]
fn only_leads_write_rows_of_leads() {
    let mut writers = BTreeSet::new();
    for (_, path, text) in files() {
        let statements = ["INSERT INTO lead", "UPDATE lead", "DELETE FROM lead", "Bulk::new(\"lead", "Bulk::replacing(\"lead"];
        let writes = |statement: &&str| text.match_indices(*statement).any(|(at, found)| !text[at + found.len()..].starts_with(is_word));
        if statements.iter().any(writes) {
            writers.insert(path.display().to_string());
        }
    }
    let expected = ["leads/sql.rs"].map(str::to_owned);
    assert_eq!(writers, BTreeSet::from(expected));
}

#[test]
fn the_store_names_no_entity() {
    let entities = ["lead", "note", "stage_move", "campaign", "enrollment", "bulk", "import", "saved_view", "tally"];
    for (room, path, text) in files() {
        if room != "store" {
            continue;
        }
        for entity in entities {
            for before in ["FROM ", "INTO ", "UPDATE ", "JOIN "] {
                let named = format!("{before}{entity}");
                let names = text.match_indices(&named).any(|(at, found)| !text[at + found.len()..].starts_with(is_word));
                assert!(!names, "{} says {named}", path.display());
            }
        }
    }
}
