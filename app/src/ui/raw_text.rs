//! Escapes text inside `<textarea>` and `<title>`, which Leptos writes unescaped.

use maud::html;

/// Replaces `&`, `<`, `>` and `"` with character references.
pub(super) fn escaped(text: &str) -> String {
    html! { (text) }.into_string()
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    /// Markup that is written unescaped or is rewritten by browsers, with the files that may contain it.
    const UNESCAPED: &[(&str, &[&str])] = &[
        ("<textarea", &["ui/text_area.rs"]),
        ("textarea()", &[]),
        ("<title", &[]),
        ("<Title", &["ui/page_title.rs"]),
        ("title()", &[]),
        ("<script", &["lib.rs"]),
        ("<style", &[]),
        ("<Style", &[]),
        ("<Script", &[]),
        ("<noscript", &[]),
        ("<iframe", &[]),
        ("<xmp", &[]),
        ("inner_html", &["ui/static_markup.rs", "ui/icon.rs"]),
        ("innerHTML", &[]),
        ("insert_adjacent_html", &[]),
        ("PreEscaped", &[]),
        // Escaped, but browsers rewrite the typed domain. `Field` uses a text input instead.
        ("type=\"email\"", &[]),
        ("type=[\"email\"]", &[]),
        // No markup: only `ui::suspend` may create a `Suspend`, because Leptos's own cleans up too early.
        ("Suspend::new(", &["ui/suspend.rs"]),
    ];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn only_components_that_escape_write_unescaped_markup() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        sources(&root, &mut files);
        assert!(files.len() > 100, "{} files", files.len());
        let mut wrong = Vec::new();
        for file in files {
            let name = file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            if name == "ui/raw_text.rs" {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                for (markup, allowed) in UNESCAPED {
                    if line.contains(markup) && !allowed.contains(&name.as_str()) {
                        wrong.push(format!("app/src/{name}:{}: {markup}", at + 1));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "use TextArea, PageTitle, Field, RowMarkup or suspend of `ui` instead:\n{}", wrong.join("\n"));
    }

    #[test]
    fn nothing_ends_the_element() {
        assert_eq!(super::escaped("</textarea><b a=\"1\">&lt;"), "&lt;/textarea&gt;&lt;b a=&quot;1&quot;&gt;&amp;lt;");
    }
}
