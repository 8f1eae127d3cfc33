//! What stands for a large text in a record of the change log: the text itself is kept once beside the log, whatever number of changes
//! name it. It begins with a control character, which no text of a record can hold, then the text's SHA-256 in hex, its length in bytes,
//! a colon, and how the text begins. Two of them are equal only if their texts are.

use std::fmt::Write;

/// Begins a stand-in.
pub const MARK: char = '\u{1}';
/// Of the SHA-256 in hex.
const HASH: usize = 64;

/// A stand-in, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandIn<'t> {
    /// SHA-256 of the text, in hex.
    pub hash: &'t str,
    /// Bytes of the text.
    pub length: usize,
    /// How the text begins; may be empty.
    pub head: &'t str,
}

impl<'t> StandIn<'t> {
    /// `None` for a text that stands for itself.
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

/// How the text begins, for a text that is shown cut anyway.
pub fn shown(text: &str) -> &str {
    StandIn::read(text).map_or(text, |stand_in| stand_in.head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_read_back() {
        let hash = "ab".repeat(32);
        let stand_in = StandIn { hash: &hash, length: 12_345, head: "Dear: Ana" };
        let text = stand_in.write();
        assert_eq!(StandIn::read(&text), Some(stand_in));
        assert_eq!(shown(&text), "Dear: Ana");
        for plain in ["", "Ana", "\u{1}", "\u{1}ab:", &"x".repeat(100)] {
            assert_eq!(StandIn::read(plain), None);
            assert_eq!(shown(plain), plain);
        }
    }
}
