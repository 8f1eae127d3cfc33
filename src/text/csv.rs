//! Cells of a CSV file. A spreadsheet program would run text that begins like a formula, so such text gets a `'` in front, which an import
//! takes off again.

use std::borrow::Cow;

/// What formulas begin with, in spreadsheet programs.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Text that begins like a formula, maybe after some `'`. These are guarded too, so that an import gets back exactly what was written.
fn is_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// The text without the guard.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_like_formula(rest)).unwrap_or(cell)
}

/// Adds a cell, quoted if needed. `text`: written by people, so it is guarded; figures and times are not.
pub fn cell(out: &mut String, delimiter: char, cell: &str, text: bool) {
    let guard = if text && is_like_formula(cell) { "'" } else { "" };
    let quote = if cell.contains([delimiter, '"', '\n', '\r']) { "\"" } else { "" };
    let content = if quote.is_empty() { Cow::Borrowed(cell) } else { Cow::Owned(cell.replace('"', "\"\"")) };
    for part in [quote, guard, &content, quote] {
        out.push_str(part);
    }
}

/// Adds a line of texts.
pub fn line<'c>(out: &mut String, delimiter: char, cells: impl Iterator<Item = &'c str>) {
    for (at, text) in cells.enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        cell(out, delimiter, text, true);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let mut out = String::new();
        line(&mut out, ';', ["=1+1", "a;b", "say \"x\"", "@me", "-5", "plain, text", "-a;b"].into_iter());
        assert_eq!(out, "'=1+1;\"a;b\";\"say \"\"x\"\"\";'@me;'-5;plain, text;\"'-a;b\"\r\n");
    }

    #[test]
    fn the_guard_comes_off_again_and_nothing_else() {
        for text in ["=1", "'=1", "''=1", "+49 30", "'", "''", "'quoted'", "O'Hara", "-", "'-", "@", "\tx", "plain", ""] {
            let mut out = String::new();
            cell(&mut out, ',', text, true);
            assert_eq!(unguarded(&out), text, "{out}");
            assert!(!out.starts_with(FORMULA), "{out}");
        }
    }
}
