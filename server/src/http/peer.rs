//! Where a request comes from. Forwarded headers count only as far as trusted proxies wrote them.

use super::{App, Peer};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use std::net::{IpAddr, SocketAddr};

pub(super) async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer =
        peer(connected, request.headers(), request.uri().authority().map(axum::http::uri::Authority::as_str), app.config.trusted_proxies);
    request.extensions_mut().insert(peer);
    next.run(request).await
}

fn peer(connected: Option<IpAddr>, headers: &HeaderMap, authority: Option<&str>, proxies: usize) -> Peer {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Each proxy appends the address it was called from: the last `proxies` entries are theirs, and the first of those is the client.
    let forwarded = text("x-forwarded-for").filter(|_| proxies > 0).and_then(|list| {
        let all: Vec<&str> = list.split(',').map(str::trim).collect();
        all.get(all.len().saturating_sub(proxies)).and_then(|ip| ip.parse().ok())
    });
    let https = proxies > 0 && text("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    let host = authority.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok())).unwrap_or_default();
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    Peer { ip: forwarded.or(connected), https, host: if plain { host.to_owned() } else { String::new() } }
}

impl Peer {
    /// Plain HTTP to this very machine: the one place where a cookie need not be `Secure`.
    pub fn is_plain_loopback(&self) -> bool {
        let name =
            self.host.rsplit_once(':').filter(|(_, port)| port.chars().all(|c| c.is_ascii_digit())).map_or(&*self.host, |(name, _)| name);
        let name = name.trim_start_matches('[').trim_end_matches(']');
        !self.https && (name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(forwarded: &str, proxies: usize) -> Peer {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        headers.insert(header::HOST, "crm.example:8443".parse().unwrap());
        peer(Some([10, 0, 0, 9].into()), &headers, None, proxies)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(of("1.1.1.1", 0), Peer { ip: Some([10, 0, 0, 9].into()), https: false, host: "crm.example:8443".into() });
        assert_eq!(of("6.6.6.6, 1.1.1.1", 1).ip, Some([1, 1, 1, 1].into()));
        assert_eq!(of("6.6.6.6, 1.1.1.1, 10.0.0.2", 2).ip, Some([1, 1, 1, 1].into()));
        assert_eq!(of("nonsense", 1).ip, Some([10, 0, 0, 9].into()));
        assert!(of("1.1.1.1", 1).https);
    }

    #[test]
    fn loopback_is_known_by_its_names() {
        let at = |host: &str, https| Peer { ip: None, https, host: host.into() }.is_plain_loopback();
        assert!(at("localhost:3000", false) && at("127.0.0.1", false) && at("[::1]:3000", false));
        assert!(!at("localhost", true) && !at("crm.example", false) && !at("192.168.0.2:3000", false) && !at("", false));
    }
}
