//! References to large texts in the records of the change log: each text is stored once beside the log, however many changes refer to it.
//! A reference begins with a control character, which no text of a record can contain. Then follow the SHA-256 of the text in hex, its
//! length in bytes, a colon, and the beginning of the text. Two references are equal only if their texts are equal.

use std::fmt::Write;

/// First character of a reference.
pub const MARK: char = '\u{1}';
/// Length of the SHA-256 in hex.
const HASH: usize = 64;

/// The parts of a reference to a large text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRef<'t> {
    /// SHA-256 of the text, in hex.
    pub hash: &'t str,
    /// Length of the text in bytes.
    pub length: usize,
    /// Beginning of the text; may be empty.
    pub head: &'t str,
}

impl<'t> TextRef<'t> {
    /// `None` for an ordinary text, which is no reference.
    pub fn read(text: &'t str) -> Option<Self> {
        let rest = text.strip_prefix(MARK)?;
        let (hash, rest) = rest.split_at_checked(HASH)?;
        let (length, head) = rest.split_once(':')?;
        Some(Self { hash, length: length.parse().ok()?, head })
    }

    pub fn write(self) -> String {
        let mut out = String::with_capacity(HASH + self.head.len() + 16);
        out.push(MARK);
        // Writing to a string cannot fail.
        let _ = write!(out, "{}{}:{}", self.hash, self.length, self.head);
        out
    }
}

/// The text, or the beginning that its reference holds; for places that cut the text anyway.
pub fn shown(text: &str) -> &str {
    TextRef::read(text).map_or(text, |text_ref| text_ref.head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_read_back() {
        let hash = "ab".repeat(32);
        let text_ref = TextRef { hash: &hash, length: 12_345, head: "Dear: Ana" };
        let text = text_ref.write();
        assert_eq!(TextRef::read(&text), Some(text_ref));
        assert_eq!(shown(&text), "Dear: Ana");
        for plain in ["", "Ana", "\u{1}", "\u{1}ab:", &"x".repeat(100)] {
            assert_eq!(TextRef::read(plain), None);
            assert_eq!(shown(plain), plain);
        }
    }
}
