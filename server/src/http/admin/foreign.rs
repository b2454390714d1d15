//! Which requests may come from web pages that a browser shows to an operator.
//!
//! The admin listener has no authentication, and a browser sends a simple cross-site request to a
//! loopback address for any page, CORS or not. It names the page's origin, though, in `Origin` or
//! by `Sec-Fetch-Site` (WHATWG Fetch, W3C Fetch Metadata). A page can also let a name of its own
//! resolve to a loopback address (DNS rebinding); to the browser the listener is then of the page's
//! origin, but `Host` has the name. Programs send neither.

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderName, HeaderValue, Request,
    header::{HOST, ORIGIN},
    uri::Authority,
};

use crate::http::host;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Values of `Sec-Fetch-Site` for a page of this listener, and for an address that was typed.
const OWN_SITE: [&str; 2] = ["same-origin", "none"];

/// Whether a page of an origin that is not allowed has sent the request.
pub fn is_of_foreign_page(headers: &HeaderMap, allowed: &[HeaderValue]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => !allowed.contains(origin),
        (Some(_), Some(_)) => true,
        (None, _) => {
            let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
            sites.any(|site| OWN_SITE.iter().all(|own| site != own))
        }
    }
}

/// Whether `Host`, and the authority of the target (`:authority` of HTTP/2), are IP addresses or
/// `localhost`, which no page can point elsewhere.
pub fn has_local_host<B>(request: &Request<B>) -> bool {
    let hosts = request.headers().get_all(HOST).iter();
    let are_local = hosts
        .map(|host| Authority::try_from(host.as_bytes()))
        .all(|host| host.is_ok_and(|host| is_local(host.host())));
    host::is_valid(request) && are_local && request.uri().host().is_none_or(is_local)
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn pages_of_other_origins_are_foreign() {
        let allowed = [HeaderValue::from_static("http://127.0.0.1:8080")];
        let is_foreign = |lines: &[_]| is_of_foreign_page(&headers(lines), &allowed);
        let own = (ORIGIN, "http://127.0.0.1:8080");
        let cross = (SEC_FETCH_SITE, "cross-site");
        for lines in [
            &[][..],
            &[(SEC_FETCH_SITE, "none")],
            &[(SEC_FETCH_SITE, "same-origin")],
            &[own.clone(), cross.clone()],
        ] {
            assert!(!is_foreign(lines), "{lines:?}");
        }
        for lines in [
            &[cross][..],
            &[(SEC_FETCH_SITE, "same-site")],
            &[(SEC_FETCH_SITE, "none"), (SEC_FETCH_SITE, "same-site")],
            &[(ORIGIN, "null")],
            &[(ORIGIN, "http://127.0.0.1:8081")],
            &[(ORIGIN, "https://127.0.0.1:8080"), (SEC_FETCH_SITE, "none")],
            &[own, (ORIGIN, "http://evil.example")],
        ] {
            assert!(is_foreign(lines), "{lines:?}");
        }
    }

    #[test]
    fn only_addresses_and_localhost_are_local_hosts() {
        for host in ["127.0.0.1", "10.1.2.3", "[::1]", "localhost", "LOCALHOST"] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "0x7f.1",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }
}
