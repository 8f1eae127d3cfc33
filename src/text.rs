//! Text as people type it: trimmed, free of control characters, and folded for comparing.

use crate::error::FieldError;

/// The one case folding of the product. Databases never fold: they compare columns that were folded here.
/// A final sigma becomes a plain one, so that folding a part of a text gives a part of the folded text.
pub fn fold(text: &str) -> String {
    let folded = text.to_lowercase();
    if folded.contains('ς') { folded.replace('ς', "σ") } else { folded }
}

/// Trims, and drops NUL (which Postgres cannot store) and other control characters except line feed and tab.
pub fn clean(text: &str) -> String {
    let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().all(|c| kept(&c)) { text.trim().to_owned() } else { text.chars().filter(kept).collect::<String>().trim().to_owned() }
}

/// `clean`, and `None` when nothing is left.
pub fn clean_optional(text: Option<&str>) -> Option<String> {
    text.map(clean).filter(|text| !text.is_empty())
}

/// An e-mail address as the key of a person: trimmed and lower-cased.
///
/// # Errors
/// A sentence that says what is wrong with the address.
pub fn normalise_email(text: &str) -> Result<String, FieldError> {
    let email = fold(&clean(text));
    let bad = |message: &str| Err(FieldError::new("email", message));
    if email.is_empty() {
        return bad("Enter an e-mail address");
    }
    if email.len() > 254 {
        return bad("An e-mail address has at most 254 characters");
    }
    let Some((local, host)) = email.split_once('@') else {
        return bad("Not a full e-mail address; it needs an @ and a domain, such as name@example.com");
    };
    let odd = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '\\' | '[' | ']')
    };
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.contains(odd)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let host_ok = host.contains('.') && host.split('.').all(label);
    if local_ok && host_ok { Ok(email) } else { bad("Not a full e-mail address; write it as name@example.com") }
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
    fn addresses_are_keys() {
        assert_eq!(normalise_email("  Maren.Holt@Halden.EXAMPLE ").unwrap(), "maren.holt@halden.example");
        for bad in ["", "maren.holt@", "kofi@anvil", "info@@fell.example", "a b@c.de", "@c.de", "a@-c.de", "x@y..z", ".a@b.c"] {
            assert!(normalise_email(bad).is_err(), "{bad}");
        }
        assert!(normalise_email("jürgen@müller.example").is_ok());
    }

    #[test]
    fn folding_a_part_gives_a_part() {
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert!(fold("ΟΔΟΣΑ").contains(&fold("ΟΔΟΣ")));
        assert_eq!(fold("\u{212a}"), "k");
    }

    #[test]
    fn names_and_numbers() {
        assert_eq!(initials("Maren de Holt"), "MH");
        assert_eq!(initials("太田"), "太");
        assert_eq!(initials("—"), "");
        assert_eq!(grouped(-1_234_567), "-1,234,567");
        assert_eq!(clean(" a\0b\u{7} "), "ab");
    }
}
