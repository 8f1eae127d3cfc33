//! Text as people type it: trimming, removal of control characters, and folding for comparison.

pub mod csv;
pub mod date;
mod email;
mod percent;
mod punycode;
mod unicode;

pub use email::normalise_email;
pub use percent::percent_decoded;

use std::borrow::Cow;

/// Version of `fold`, `normalise_email` and all stored folded text. Increment it whenever their results change: the server then recomputes
/// the keys in the databases.
pub const FOLD: &str = "4";

/// Prefix of a domain label in ASCII form.
const PUNYCODE: &str = "xn--";

/// The form in which text is compared: Unicode NFKC, case folded, without invisible characters, white space collapsed to single spaces and
/// trimmed, and domains as Unicode. `İSTANBUL` and `istanbul`, `é` in one character or two, `STRASSE` and `straße`, `bücher.example` and
/// `xn--bcher-kva.example` are each equal. Databases never fold: they compare columns that were folded here.
pub fn fold(text: &str) -> String {
    folded(text).into_owned()
}

/// Like `fold`, but without a copy for most short ASCII texts.
pub fn folded(text: &str) -> Cow<'_, str> {
    compared(text, unicode::without_case)
}

/// Folds an e-mail address. Like `fold`, but it only lower-cases letters, because `straße` and `strasse` are two domains, and so are
/// `βόλος` and `βόλοσ`. The result of `normalise_email` is already in this form.
pub(crate) fn fold_email(text: &str) -> String {
    compared(text, unicode::lower).into_owned()
}

fn compared(text: &str, case: fn(&str) -> String) -> Cow<'_, str> {
    let plain = |byte: &u8| matches!(byte, b' '..=b'@' | b'['..=b'~');
    let text = if text.bytes().all(|byte| plain(&byte)) && !text.contains("  ") {
        Cow::Borrowed(text.trim_matches(' '))
    } else if text.is_ascii() {
        Cow::Owned(spaced(text.to_ascii_lowercase()))
    } else {
        Cow::Owned(seen(text, case))
    };
    if text.contains(PUNYCODE) { Cow::Owned(with_letters(&text, case)) } else { text }
}

fn seen(text: &str, case: fn(&str) -> String) -> String {
    let visible: String = text.chars().filter(|c| !unicode::is_invisible(*c)).collect();
    let cased = case(&unicode::nfkc(&visible));
    let mut lower = String::with_capacity(cased.len());
    for letter in cased.chars() {
        match letter {
            // Lower-casing `İ` leaves a combining dot.
            '\u{307}' if lower.ends_with('i') => {}
            // The dot that Chinese and Japanese keyboards type in a domain.
            '\u{3002}' => lower.push('.'),
            letter => lower.push(letter),
        }
    }
    // Lower-case letters may compose again, and NFKC may produce other invisible characters.
    let composed = unicode::nfkc(&lower);
    spaced(composed.chars().filter(|c| !unicode::is_invisible(*c)).collect())
}

fn spaced(text: String) -> String {
    let odd = |c: char| c != ' ' && c.is_whitespace();
    if !text.contains(odd) && !text.contains("  ") && !text.starts_with(' ') && !text.ends_with(' ') {
        return text;
    }
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// Decodes each `xn--…` label to Unicode. Invalid labels stay.
fn with_letters(text: &str, case: fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PUNYCODE) {
        let (before, label) = rest.split_at(at);
        let end = label.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(label.len());
        let (label, after) = label.split_at(end);
        let begins = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        let letters = punycode::decode(&label[PUNYCODE.len()..]).map(|letters| seen(&letters, case));
        out.push_str(before);
        match letters {
            Some(letters) if begins && !letters.is_empty() && !letters.contains(PUNYCODE) => out.push_str(&letters),
            _ => out.push_str(label),
        }
        rest = after;
    }
    out + rest
}

/// The text for parsers of numbers: without invisible characters, and full-width characters as ASCII.
pub(crate) fn seen_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let seen = text.chars().filter(|c| !unicode::is_invisible(*c)).map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{ffe5}' => '¥',
        c => c,
    });
    Cow::Owned(seen.collect())
}

/// Trims the text, makes each line end a line feed, and removes NUL (which Postgres cannot store), control characters except line feed and
/// tab, and invisible characters without use. Joiners and variation selectors stay: they shape Persian, Indic scripts and emoji. A text
/// without visible characters becomes empty.
pub fn clean(text: &str) -> String {
    let lines = if text.contains(unicode::is_other_line_end) {
        Cow::Owned(text.replace("\r\n", "\n").replace(unicode::is_other_line_end, "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let text = lines.as_ref();
    let kept = |c: &char| !unicode::is_stray(*c) && (!c.is_control() || matches!(c, '\n' | '\t'));
    let cleaned = if text.chars().all(|c| kept(&c)) {
        text.trim().to_owned()
    } else {
        text.chars().filter(kept).collect::<String>().trim().to_owned()
    };
    if cleaned.chars().all(unicode::is_blank) { String::new() } else { cleaned }
}

/// Like `clean`, on one line: each line end and tab becomes a space, and white space around it goes. For names and other texts of one line.
pub fn clean_line(text: &str) -> String {
    let text = clean(text);
    if !text.contains(['\n', '\t']) {
        return text;
    }
    let parts = text.split(['\n', '\t']).map(str::trim).filter(|part| !part.is_empty());
    parts.fold(String::with_capacity(text.len()), |line, part| if line.is_empty() { line } else { line + " " } + part)
}

/// Like `clean_line`, without characters that hide or reorder others: for file names, which come from outside.
pub fn clean_file_name(text: &str) -> String {
    spaced(clean(text).chars().filter(|c| !unicode::is_invisible(*c)).collect())
}

/// Like `clean`; `None` when nothing is left.
pub fn clean_optional(text: Option<&str>) -> Option<String> {
    text.map(clean).filter(|text| !text.is_empty())
}

/// Whether two texts are equal when folded.
pub fn same(one: &str, other: &str) -> bool {
    one == other || folded(one) == folded(other)
}

/// A name with a number: `Spring (2)`, at most `most` characters.
pub fn numbered(name: &str, number: u32, most: usize) -> String {
    let end = format!(" ({number})");
    name.chars().take(most.saturating_sub(end.len())).chain(end.chars()).collect()
}

/// Up to two initials for an avatar: `Maren Holt` is `MH`.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

/// A stable hue (0–359) for a person's or company's avatar.
pub fn hue(text: &str) -> u16 {
    let hash = text.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    (hash % 360) as u16
}

/// `1234567` is `1,234,567`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_a_part_gives_a_part() {
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert!(fold("ΟΔΟΣΑ").contains(&fold("ΟΔΟΣ")));
        assert_eq!(fold("\u{212a}"), "k");
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (one, other) in [
            ("istanbul", "İSTANBUL"),
            ("istanbul", "I\u{307}stanbul"),
            ("ısparta", "ISPARTA"),
            ("Jos\u{e9}", "JOSE\u{301}"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "strasse"),
            ("γιώργος", "ΓΙΏΡΓΟΣ"),
            ("ﬁne", "FINE"),
            ("ＡＢＣ", "abc"),
            ("Ana Lee", "Ana\u{a0}Lee"),
            ("Zoë  Müller", "zoë \u{a0} müller"),
            ("Zoe  Miller", "zoe miller"),
            ("maria@full\u{3002}example", "maria@full.example"),
            ("Ana\nLee", "ana lee"),
            ("Ana\u{200b}\u{feff}\u{ad}\u{2060}", "\u{200e}ana "),
            ("می\u{200c}خواهم", "میخواهم"),
            ("❤\u{fe0f}", "❤"),
            ("Ελλάς", "ΕΛΛΆΣ"),
            ("ᾳ", "ΑΙ"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("info@bücher.example", "INFO@XN--BCHER-KVA.example"),
            ("see xn--bcher-kva.example, xn--j2bd4cyah0f.xn--h2brj9c", "See Bücher.example, हिन्दी.भारत"),
            ("xn--strae-oqa", "STRASSE"),
        ] {
            assert!(same(one, other), "{one:?} is {:?}, {other:?} is {:?}", fold(one), fold(other));
        }
        for (one, other) in [("e", "é"), ("ana", "anna"), ("a-xn--bcher-kva", "a-bücher"), ("i", "l"), ("o", "0"), ("xn--a", "\u{80}")] {
            assert!(!same(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn folding_again_changes_nothing() {
        let letters = ('\0'..='\u{2fff}').chain('\u{a000}'..='\u{abff}').chain('\u{f900}'..='\u{1ffff}').chain('\u{e0000}'..='\u{e0fff}');
        for letter in letters {
            for text in [letter.to_string(), format!("i{letter}\u{307}x"), format!("xn--a{letter}-kva")] {
                let once = fold(&text);
                assert_eq!(fold(&once), once, "{text:?}");
                assert_eq!(folded(&text), once);
                let email = fold_email(&text);
                assert_eq!(fold_email(&email), email, "{text:?}");
            }
            let text = format!("a{letter}@b.example");
            assert_eq!(fold(&fold_email(&text)), fold(&text), "an address is found by what it is folded to");
        }
    }

    #[test]
    fn stored_text_keeps_what_shapes_letters_and_loses_what_nobody_needs() {
        assert_eq!(clean("\u{feff} An\u{ad}a\u{200b} \u{2060}"), "Ana");
        assert_eq!(clean("Ana \u{202e}gnp.exe\u{202c} \u{2067}x\u{2069}"), "Ana gnp.exe x", "would reorder what follows");
        assert_eq!(clean("می\u{200c}خواهم 👩\u{200d}👧 ❤\u{fe0f}"), "می\u{200c}خواهم 👩\u{200d}👧 ❤\u{fe0f}");
        for nothing in ["\u{2800} \u{fff9}", "\u{200d}", " \u{200c}\n\u{3164} ", "\u{fe0f}", "\u{202e}"] {
            assert_eq!(clean(nothing), "", "{nothing:?}");
        }
    }

    #[test]
    fn names_and_numbers() {
        assert_eq!(initials("Maren de Holt"), "MH");
        assert_eq!(initials("太田"), "太");
        assert_eq!(initials("—"), "");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(clean(" a\0b\u{7} "), "ab");
        assert_eq!(clean("a\rb\r\nc\n\rd\r"), "a\nb\nc\n\nd", "line ends of each system");
        assert_eq!(clean("a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f"), "a\nb\nc\nd\ne\nf", "and of each program");
        assert_eq!(clean_line(" Ana \r\n\n\tMaria  de\u{2028}Holt\t"), "Ana Maria  de Holt");
        assert_eq!(clean_line("می\u{200c}خواهم"), "می\u{200c}خواهم", "joiners stay");
        assert_eq!(clean_file_name(" list\u{202e}\r\n  of\tJune.csv"), "list of June.csv");
    }
}
