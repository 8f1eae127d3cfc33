//! The only code that needs Unicode's tables. A program brings its own; the browser is asked for those it has.

#[cfg(not(target_arch = "wasm32"))]
mod tables {
    use idna::AsciiDenyList;
    use std::borrow::Cow;
    use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

    /// Unicode NFKC: composed letters, and plain ones for those that only look different, such as `ﬁ` and full-width letters.
    pub(in crate::text) fn nfkc(text: &str) -> Cow<'_, str> {
        match is_nfkc_quick(text.chars()) {
            IsNormalized::Yes => Cow::Borrowed(text),
            _ => Cow::Owned(text.nfkc().collect()),
        }
    }

    /// Lower, upper and lower case again: letters that share a case in any of its forms become one, as `ẞ`, `ß` and `ss`, `ı` and `i`, `ς` and
    /// `σ`.
    pub(in crate::text) fn without_case(text: &str) -> String {
        text.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
    }

    /// `Σ` is `σ`, and `ς` stays: in a domain they are two letters.
    pub(in crate::text) fn lower(text: &str) -> String {
        text.chars().flat_map(char::to_lowercase).collect()
    }

    /// A domain as ASCII (UTS #46, as browsers do it), or `None` for one that cannot be.
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
        // Where `Σ` ends a word, JavaScript makes it a `ς`.
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

/// Characters that nobody sees: Unicode's Default_Ignorable_Code_Point. Joiners and variation selectors are among them: they shape
/// the letters around them and are stored, but two texts that differ in nothing else are the same.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Ends a line, but is no line feed: vertical tab (Word's), form feed, carriage return, next line, Unicode's separators of lines and
/// paragraphs.
pub(super) fn is_other_line_end(c: char) -> bool {
    matches!(c, '\u{b}'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Leaves no ink: a text of nothing else is empty.
pub(super) fn is_blank(c: char) -> bool {
    is_invisible(c) || c.is_whitespace() || matches!(c, '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{1d159}')
}

/// Invisible, and without a use in what people write into a field: soft hyphen, zero-width space, word joiner, byte order mark.
pub(super) fn is_stray(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}
