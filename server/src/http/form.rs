//! Helpers for plain forms, which are answered with a redirect that carries the errors in its address.

use std::fmt::Write;

/// `name=value&…`, percent-encoded.
pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                // Writing to a string does not fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// The target after sign-in, only within this site; else `/`.
pub(crate) fn local(next: &str) -> &str {
    // Browsers read `//host` and `/\host` as other hosts, and drop control characters, which could produce one.
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.chars().any(char::is_control);
    if local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_followed() {
        for there in ["/leads?q=a%20b", "/"] {
            assert_eq!(local(there), there);
        }
        for elsewhere in ["", "leads", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }

    #[test]
    fn values_are_encoded() {
        assert_eq!(encode(&[("next", "/leads?q=ä b"), ("x", "")]), "next=%2Fleads%3Fq%3D%C3%A4%20b&x=");
    }
}
