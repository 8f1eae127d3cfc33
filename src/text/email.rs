//! Normal form of e-mail addresses: all spellings of one address have the same key.

use super::{PUNYCODE, clean, fold_email, punycode, unicode};
use crate::error::FieldError;

/// Longest domain in its ASCII form, in bytes.
const DOMAIN_MAX: usize = 253;

/// Normalises an e-mail address, the key of a person: trimmed, lower case, composed, without invisible characters, the domain as Unicode.
///
/// # Errors
/// A sentence on `email` that says what is wrong with the address.
pub fn normalise_email(text: &str) -> Result<String, FieldError> {
    let text = clean(text);
    // Browsers copy a link as `mailto:…?subject=…`.
    let link = text.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"));
    let email = fold_email(link.map_or(text.as_str(), |(_, rest)| rest.split('?').next().unwrap_or_default()));
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
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && !local.contains(odd)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    match domain(host).filter(|_| local_ok) {
        Some(domain) => Ok(format!("{local}@{domain}")),
        None => bad("Not a full e-mail address; write it as name@example.com"),
    }
}

/// A domain in its stored form, as Unicode; `None` when it is invalid.
fn domain(host: &str) -> Option<String> {
    if host.bytes().any(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'.')) {
        return None;
    }
    let plain = host.is_ascii() && !host.contains(PUNYCODE);
    let ascii = if plain { host.to_owned() } else { unicode::ascii_domain(host)? };
    let label = |part: &str| {
        (1..=punycode::LABEL_MAX).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if ascii.len() > DOMAIN_MAX || !ascii.contains('.') || !ascii.split('.').all(label) {
        return None;
    }
    if plain {
        return Some(ascii);
    }
    // Browsers parse such a host as an IPv4 address.
    if ascii.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let letters = ascii.split('.').map(|label| match label.strip_prefix(PUNYCODE) {
        Some(coded) => punycode::decode(coded),
        None => Some(label.to_owned()),
    });
    let letters = fold_email(&letters.collect::<Option<Vec<_>>>()?.join("."));
    letters.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_keys() {
        assert_eq!(normalise_email("  Maren.Holt@Halden.EXAMPLE ").unwrap(), "maren.holt@halden.example");
        for bad in ["", "maren.holt@", "kofi@anvil", "info@@fell.example", "a b@c.de", "@c.de", "a@-c.de", "x@y..z", ".a@b.c", "a@b_c.de"] {
            assert!(normalise_email(bad).is_err(), "{bad}");
        }
        assert!(normalise_email("jürgen@müller.example").is_ok());
    }

    #[test]
    fn one_address_is_one_person_however_it_is_written() {
        for (written, kept) in [
            ("ana@bücher.example", "ana@bücher.example"),
            ("ANA@BU\u{308}CHER.example", "ana@bücher.example"),
            ("ana@xn--bcher-kva.example", "ana@bücher.example"),
            ("Ana@XN--BCHER-KVA.EXAMPLE", "ana@bücher.example"),
            ("ana@xn--j2bd4cyah0f.xn--h2brj9c", "ana@हिन्दी.भारत"),
            ("ana@हिन्दी.भारत", "ana@हिन्दी.भारत"),
            ("\u{200b}ana\u{ad}@b\u{2060}.example\u{feff}", "ana@b.example"),
            ("a\u{200d}na@b\u{200c}.example", "ana@b.example"),
            ("jose\u{301}@b.example", "josé@b.example"),
            ("İSTANBUL@İstanbul.example", "istanbul@istanbul.example"),
            ("ana＠ｂ．example", "ana@b.example"),
            ("ΝΙΚΟΣ@b.example", "νικοσ@b.example"),
            ("a@βόλος.example", "a@βόλος.example"),
            ("a@xn--nxasmm1c.example", "a@βόλος.example"),
            ("a@ΒΌΛΟΣ.example", "a@βόλοσ.example"),
            ("maria@full\u{3002}example", "maria@full.example"),
        ] {
            assert_eq!(normalise_email(written).unwrap(), kept, "{written:?}");
            assert_eq!(normalise_email(kept).unwrap(), kept);
            assert_eq!(fold_email(written.trim()), kept, "{written:?} is looked for in its form");
        }
        assert_eq!(normalise_email("ana@例え。example").unwrap(), "ana@例え.example");
        assert_ne!(normalise_email("a@straße.example"), normalise_email("a@strasse.example"), "two domains");
        for bad in ["a@xn--a.example", "a@xn--\u{fc}.example", "a@b\u{fc}.1", "a@-\u{fc}.example", "a@\u{fc}", "\u{200b}@b.example"] {
            assert!(normalise_email(bad).is_err(), "{bad:?}");
        }
    }
}
