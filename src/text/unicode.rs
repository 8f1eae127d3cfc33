//! The only code that needs Unicode tables: from crates natively, from JavaScript in the browser.

#[cfg(not(target_arch = "wasm32"))]
mod tables {
    use idna::AsciiDenyList;
    use std::borrow::Cow;
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

    /// Unicode NFKC: composes letters, and replaces compatibility forms such as `ﬁ` and full-width letters.
    pub(in crate::text) fn nfkc(text: &str) -> Cow<'_, str> {
        match is_nfkc_quick(text.chars()) {
            IsNormalized::Yes => Cow::Borrowed(text),
            _ => Cow::Owned(text.nfkc().collect()),
        }
    }

    /// Lower, upper and lower case again, so that all letters that share a case form become equal: `ẞ`, `ß` and `ss`; `ı` and `i`; `ς` and
    /// `σ`.
    pub(in crate::text) fn without_case(text: &str) -> String {
        text.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
    }

    /// Lower case, but `ς` stays different from `σ`: in a domain they are two letters.
    pub(in crate::text) fn lower(text: &str) -> String {
        text.chars().flat_map(char::to_lowercase).collect()
    }

    /// A domain as ASCII (UTS #46, as in browsers); `None` when it is invalid.
    pub(in crate::text) fn ascii_domain(domain: &str) -> Option<String> {
        idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok().map(Cow::into_owned)
    }
}

#[cfg(target_arch = "wasm32")]
mod tables {
    use js_sys::JsString;
    use std::borrow::Cow;

    pub(in crate::text) fn nfkc(text: &str) -> Cow<'_, str> {
        if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(JsString::from(text).normalize("NFKC").into()) }
    }

    pub(in crate::text) fn without_case(text: &str) -> String {
        // JavaScript lower-cases a `Σ` at the end of a word to `ς`.
        String::from(JsString::from(text).to_lower_case().to_upper_case().to_lower_case()).replace('ς', "σ")
    }

    pub(in crate::text) fn lower(text: &str) -> String {
        JsString::from(text.replace('Σ', "σ")).to_lower_case().into()
    }

    pub(in crate::text) fn ascii_domain(domain: &str) -> Option<String> {
        web_sys::Url::new(&format!("http://{domain}/")).ok().map(|url| url.hostname()).filter(|host| !host.is_empty())
    }
}

pub(super) use tables::{ascii_domain, lower, nfkc, without_case};

/// Invisible characters: Unicode's `Default_Ignorable_Code_Point`. They include joiners and variation selectors, which shape the letters
/// around them and are stored, but do not count in a comparison.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Line ends other than the line feed: vertical tab (used by Word), form feed, carriage return, next line, and Unicode's line and paragraph
/// separators.
pub(super) fn is_other_line_end(c: char) -> bool {
    matches!(c, '\u{b}'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that show nothing; a text of only these is empty.
pub(super) fn is_blank(c: char) -> bool {
    is_invisible(c) || c.is_whitespace() || matches!(c, '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{1d159}')
}

/// Invisible characters without use in a field: soft hyphen, zero-width space, word joiner, byte order mark, and the controls of direction
/// (embeddings, overrides, isolates), which reorder the text after them.
pub(super) fn is_stray(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
