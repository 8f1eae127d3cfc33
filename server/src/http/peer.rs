//! The origin of a request (`Peer`). Forwarded headers are trusted only for the entries that trusted proxies wrote.

use super::{ApiError, App, Peer};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Version, header, uri::Authority},
    middleware::Next,
    response::Response,
};
use domain::Error;
use std::net::{IpAddr, SocketAddr};

/// Headers that reverse proxies add. Any of them shows that there is a proxy, even an unconfigured one. Their absence proves nothing, so
/// they only decide how a cookie is set, never what a caller may do.
const PROXY_HEADERS: &[&str] = &["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// # Errors
/// `Malformed` for a request with several `Host` headers: programs before us may have read another one (RFC 9112 §3.2).
pub(super) async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, ApiError> {
    if request.headers().get_all(header::HOST).iter().nth(1).is_some() {
        return Err(ApiError(Error::Malformed("Send one Host header".to_owned())));
    }
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let authority = request.uri().authority().map(Authority::as_str);
    let peer = peer(connected, request.version(), request.headers(), authority, app.config.trusted_proxies);
    request.extensions_mut().insert(peer);
    Ok(next.run(request).await)
}

fn peer(connected: Option<IpAddr>, version: Version, headers: &HeaderMap, authority: Option<&str>, proxies: usize) -> Peer {
    let ip = hop(headers, "x-forwarded-for", proxies).and_then(address).or(connected);
    let https = hop(headers, "x-forwarded-proto", proxies).is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    let host = authority.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok())).unwrap_or_default();
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    let host = if plain { host } else { "" };
    let foreign = headers.get(header::ORIGIN).is_some_and(|origin| !origin.to_str().is_ok_and(|origin| is_loopback(host_of(origin))));
    // By default nginx adds no header, but uses HTTP/1.0 for its upstream.
    let speaks_old = version < Version::HTTP_11;
    let signed = PROXY_HEADERS.iter().any(|name| headers.contains_key(*name));
    let proxied = proxies > 0 || signed || speaks_old;
    Peer { ip, https, host: host.to_owned(), proxied, foreign }
}

/// The entry that the outermost trusted proxy appended, over all lines of the header.
fn hop<'h>(headers: &'h HeaderMap, name: &str, proxies: usize) -> Option<&'h str> {
    if proxies == 0 {
        return None;
    }
    // Counted from the end: the caller wrote everything before the entries of our proxies.
    let entries = headers.get_all(name).iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    std::str::from_utf8(entries.take(proxies).last()?).ok().map(str::trim)
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let alone = text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    alone.or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip())).map(|ip: IpAddr| ip.to_canonical())
}

/// Host and port of an origin such as `http://localhost:3000`; empty for anything else.
pub(super) fn host_of(origin: &str) -> &str {
    origin.split_once("://").map_or("", |(_, host)| host)
}

/// The host without port and brackets: `localhost:3000` and `[::1]:3000` give `localhost` and `::1`.
pub(super) fn name_of(host: &str) -> &str {
    let port = |port: &str| port.chars().all(|c| c.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, digits)| port(digits)).map_or(host, |(name, _)| name);
    name.trim_start_matches('[').trim_end_matches(']')
}

fn is_loopback(host: &str) -> bool {
    let name = name_of(host).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

impl Peer {
    /// The site as the browser requested it, `https://crm.example:8443`. Empty when the host is missing or malformed.
    pub fn origin(&self) -> String {
        if self.host.is_empty() {
            return String::new();
        }
        format!("{}://{}", if self.https { "https" } else { "http" }, self.host)
    }

    /// Plain HTTP to a loopback name, as far as the request shows: a cookie without `Secure` may have been set here. A proxy that adds no
    /// headers
    /// and sends a loopback host looks the same, so cookies are read under both names.
    pub fn is_plain_loopback(&self) -> bool {
        !self.https && !self.proxied && is_loopback(&self.host)
    }

    /// `is_plain_loopback`, and no page of another host sent the form. The only case in which cookies are set without `Secure`.
    pub fn sets_plain_cookies(&self) -> bool {
        self.is_plain_loopback() && !self.foreign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9));

    fn of(forwarded: &[&str], proxies: usize) -> Peer {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        headers.insert(header::HOST, "crm.example:8443".parse().unwrap());
        peer(Some(PROXY), Version::HTTP_11, &headers, None, proxies)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let none = of(&["1.1.1.1"], 0);
        assert_eq!((none.ip, none.https, none.host.as_str()), (Some(PROXY), false, "crm.example:8443"));
        let at = |ip: [u8; 4]| Some(IpAddr::from(ip));
        assert_eq!(of(&["6.6.6.6, 1.1.1.1"], 1).ip, at([1, 1, 1, 1]));
        assert_eq!(of(&["6.6.6.6, 1.1.1.1, 10.0.0.2"], 2).ip, at([1, 1, 1, 1]));
        assert_eq!(of(&["6.6.6.6", "1.1.1.1"], 1).ip, at([1, 1, 1, 1]), "a line of the caller's own");
        assert_eq!(of(&["6.6.6.6, 7.7.7.7", "1.1.1.1", "10.0.0.2"], 2).ip, at([1, 1, 1, 1]));
        assert_eq!(of(&["\u{fe}, 1.1.1.1"], 1).ip, at([1, 1, 1, 1]), "whatever stands before it");
        assert_eq!(of(&["1.1.1.1"], 2).ip, at([1, 1, 1, 1]));
        assert_eq!(of(&["1.1.1.1:4711"], 1).ip, at([1, 1, 1, 1]));
        assert_eq!(of(&["::ffff:1.1.1.1"], 1).ip, at([1, 1, 1, 1]));
        assert_eq!(of(&["[2001:db8::1]:4711"], 1).ip, "2001:db8::1".parse().ok());
        assert_eq!(of(&["nonsense"], 1).ip, Some(PROXY));
        assert!(of(&["1.1.1.1"], 1).https);
    }

    fn from(ip: &str, host: &str, version: Version, more: &[(&'static str, &str)], proxies: usize) -> Peer {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for (name, value) in more {
            headers.insert(*name, value.parse().unwrap());
        }
        peer(ip.parse().ok(), version, &headers, None, proxies)
    }

    #[test]
    fn where_a_cookie_is_set_without_tls() {
        let plain = |host: &str, more: &[(&'static str, &str)]| from("127.0.0.1", host, Version::HTTP_11, more, 0).sets_plain_cookies();
        for host in ["localhost:3000", "LOCALHOST", "linnet.localhost:3000", "127.0.0.1", "127.8.8.8:3000", "[::1]:3000"] {
            assert!(plain(host, &[]), "{host}");
        }
        for host in ["evil.example:3000", "192.168.0.2:3000", "", "127.0.0.1.evil.example", "localhost.evil.example"] {
            assert!(!plain(host, &[]), "{host}");
        }
        assert!(plain("127.0.0.1:3000", &[("origin", "http://127.0.0.1:3000")]));
        for sign in [
            ("x-forwarded-for", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
            ("via", "1.1 x"),
            ("origin", "https://crm.example"),
            ("origin", "null"),
        ] {
            assert!(!plain("127.0.0.1:3000", &[sign]), "{sign:?}");
        }
        assert!(!from("127.0.0.1", "127.0.0.1:3000", Version::HTTP_10, &[], 0).sets_plain_cookies(), "a proxy that says nothing");
        assert!(!from("127.0.0.1", "127.0.0.1:3000", Version::HTTP_11, &[], 1).sets_plain_cookies(), "behind a proxy nobody is");
    }

    #[test]
    fn only_here_a_cookie_may_go_without_tls() {
        let plain = |host: &str, more: &[(&'static str, &str)], proxies| {
            from("127.0.0.1", host, Version::HTTP_11, more, proxies).is_plain_loopback()
        };
        assert!(plain("localhost:3000", &[], 0) && plain("127.0.0.1", &[], 0) && plain("[::1]:3000", &[], 0));
        assert!(!plain("crm.example", &[], 0) && !plain("192.168.0.2:3000", &[], 0) && !plain("", &[], 0));
        assert!(!plain("127.0.0.1:3000", &[], 1) && !plain("127.0.0.1:3000", &[("x-forwarded-proto", "https")], 0));
    }
}
