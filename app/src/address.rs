//! The query of a page's address, decoded once. The router's own map decodes values a second time: `a%26b` became `a&b`.

use domain::text::percent_decoded;
use leptos::prelude::*;
use leptos_router::{hooks::use_url, location::Url};

/// `?name=value&…`: name–value pairs in the order of the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// The query parameters of the current page's address.
pub fn use_query() -> Memo<Params> {
    let url = use_url();
    Memo::new(move |_| url.with(|url| Params::read(url.search())))
}

impl Params {
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses a query string, with or without its leading `?`.
    pub fn read(query: &str) -> Self {
        let pairs = query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        Self(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (decoded(name), decoded(value))).collect())
    }

    pub fn insert(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// The value of the last parameter named `name`.
    pub fn get(&self, name: &str) -> Option<String> {
        self.get_str(name).map(str::to_owned)
    }

    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The query string with its leading `?`; empty when there are no parameters.
    pub fn to_query_string(&self) -> String {
        let mut query = String::new();
        for (name, value) in &self.0 {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&Url::escape(name));
            query.push('=');
            query.push_str(&Url::escape(value));
        }
        query
    }
}

/// Decodes a form-encoded name or value: `+` is a space, `%` with two hexadecimal digits is a byte of UTF-8.
fn decoded(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let bytes = percent_decoded(text.replace('+', " ").as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_decoded_once() {
        let read = |query: &str| Params::read(query).get("q").unwrap();
        for (query, value) in
            [("?q=a%2526b", "a%26b"), ("q=a%26b&q=", ""), ("x&q=a+b%2B%zz%", "a b+%zz%"), ("q=%C3%A9%ff", "é\u{fffd}"), ("q=%2525", "%25")]
        {
            assert_eq!(read(query), value, "{query}");
        }
        for value in ["a%26b", "100 %", "a&b=c", "?#+", "é%C3%A9", ""] {
            let mut params = Params::new();
            params.insert("q", value.to_owned());
            params.insert("rest", "1".to_owned());
            assert_eq!(read(&params.to_query_string()), value);
            assert_eq!(Params::read(&params.to_query_string()), params);
        }
    }
}
