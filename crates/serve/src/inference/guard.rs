//! Who may ask: the address to listen on, the Host of a request, the Origin of one that changes something.
//!
//! A page in a browser can make the browser send requests to loopback. The Host check defeats DNS rebinding (a foreign
//! name that resolves to 127.0.0.1), the Origin check defeats requests sent across sites.

use std::net::{IpAddr, SocketAddr};

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};

use super::error::ApiError;
use super::server::ServeError;

/// Refuses an address that others can reach, unless `insecure` says that this is meant.
pub fn check_listen(listen: SocketAddr, insecure: bool) -> Result<(), ServeError> {
    if insecure || listen.ip().is_loopback() { Ok(()) } else { Err(ServeError::NotLoopback(listen)) }
}

/// Checks the Host and the Origin of requests.
#[derive(Debug, Clone)]
pub struct Guard {
    listen: IpAddr,
    any_host: bool,
}

impl Guard {
    /// For a server that listens there. With `insecure` every Host is accepted, for it may stand behind any name.
    pub fn new(listen: SocketAddr, insecure: bool) -> Self {
        Self { listen: listen.ip(), any_host: insecure }
    }

    /// Refuses (403) a request for a foreign Host, and one that changes something on behalf of a foreign page.
    pub fn check(&self, request: &Parts) -> Result<(), ApiError> {
        let host = match request.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => text(&request.headers, &header::HOST),
        };
        let Some(host) = host else { return Err(refused("the request names no host")) };
        if !self.any_host && !self.is_own(host) {
            return Err(refused("the server does not answer for the host that the request names"));
        }
        if matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        let Some(origin) = request.headers.get(header::ORIGIN) else { return Ok(()) };
        let same =
            origin.to_str().ok().and_then(|origin| origin.split_once("://")).is_some_and(|(scheme, authority)| {
                without_default_port(authority, scheme).eq_ignore_ascii_case(without_default_port(host, scheme))
            });
        if same { Ok(()) } else { Err(refused("a page of another origin may not change anything here")) }
    }

    fn is_own(&self, host: &str) -> bool {
        let name = without_port(host);
        if name.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok_and(|address| address.is_loopback() || address == self.listen)
    }
}

fn refused(detail: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, detail)
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The name before the port; `[::1]` keeps its brackets.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => authority,
    }
}

fn without_default_port<'a>(authority: &'a str, scheme: &str) -> &'a str {
    let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    authority.strip_suffix(port).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn check(guard: &Guard, method: &str, headers: &[(&str, &str)]) -> bool {
        let request =
            headers.iter().fold(Request::builder().method(method).uri("/reload"), |request, (name, value)| {
                request.header(*name, *value)
            });
        guard.check(&request.body(()).expect("a request").into_parts().0).is_ok()
    }

    #[test]
    fn only_own_hosts_are_answered() {
        let guard = Guard::new(([127, 0, 0, 1], 8000).into(), false);
        for host in ["localhost:8000", "LOCALHOST", "127.0.0.1:8000", "127.0.0.1", "[::1]:8000", "[::1]", "127.8.8.8"] {
            assert!(check(&guard, "GET", &[("host", host)]), "{host}");
        }
        for host in
            ["evil.example", "evil.example:8000", "localhost.evil.example", "10.0.0.1", "127.0.0.1.evil.example", ""]
        {
            assert!(!check(&guard, "GET", &[("host", host)]), "{host}");
        }
        assert!(!check(&guard, "GET", &[]));
        assert!(check(&Guard::new(([0, 0, 0, 0], 8000).into(), true), "GET", &[("host", "any.example")]));
        assert!(check(&Guard::new(([10, 0, 0, 7], 8000).into(), false), "GET", &[("host", "10.0.0.7:8000")]));
    }

    #[test]
    fn only_own_pages_may_change_something() {
        let guard = Guard::new(([127, 0, 0, 1], 8000).into(), false);
        let host = ("host", "localhost:8000");
        for origin in ["http://localhost:8000", "https://LOCALHOST:8000"] {
            assert!(check(&guard, "POST", &[host, ("origin", origin)]), "{origin}");
        }
        for origin in ["http://evil.example", "null", "", "http://localhost:9000", "http://localhost:8000.evil.example"]
        {
            assert!(!check(&guard, "POST", &[host, ("origin", origin)]), "{origin}");
            assert!(check(&guard, "GET", &[host, ("origin", origin)]), "{origin}");
        }
        assert!(check(&guard, "POST", &[host]));
        assert!(check(&guard, "POST", &[("host", "localhost"), ("origin", "http://localhost:80")]));
    }

    #[test]
    fn listening_beyond_loopback_must_be_meant() {
        assert!(check_listen(([127, 0, 0, 1], 1).into(), false).is_ok());
        assert!(check_listen(([0, 0, 0, 0], 1).into(), true).is_ok());
        let error = check_listen(([0, 0, 0, 0], 8000).into(), false).expect_err("refused").to_string();
        assert!(error.contains("0.0.0.0:8000") && error.contains("--insecure"), "{error}");
    }
}
