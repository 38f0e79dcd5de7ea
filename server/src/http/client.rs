//! Whose address a request comes from: that of the connection, or the one that listed proxies say.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderName, X_FORWARDED_FOR};
use actix_web::web::Data;
use ipnet::IpNet;

/// The reverse proxies whose word about a client is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustedProxies(Arc<[IpNet]>);

impl TrustedProxies {
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client of a connection from `peer` that brought these lists, each from the client's end.
    fn client<'a>(&self, peer: IpAddr, lists: [Vec<&'a str>; 2], readers: [Reader; 2]) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contains(peer) {
            return peer;
        }
        let mut found = lists.into_iter().zip(readers).filter(|(lines, _)| !lines.is_empty());
        let walked = |(lines, read): (Vec<&'a str>, Reader)| self.walk(peer, &lines, read);
        match (found.next().map(walked), found.next().map(walked)) {
            (None, _) => peer,
            (Some(client), None) => client,
            // A proxy that writes the one header and lets the other through would let clients choose an address.
            (Some(one), Some(other)) => {
                if one == other {
                    one
                } else {
                    peer
                }
            }
        }
    }

    /// From the nearest hop outwards to the first that is no listed proxy. What stands left of that, anybody may have
    /// written.
    fn walk(&self, peer: IpAddr, lines: &[&str], read: Reader) -> IpAddr {
        // Quotes do not count: no address holds a comma, and an open quote of a client would hide what follows it.
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim);
        let mut nearest = peer;
        for hop in hops.filter(|hop| !hop.is_empty()) {
            // A hop that says no address (`unknown`, `_hidden`) is known by the proxy that it used.
            let Some(address) = read(hop) else { break };
            nearest = address;
            if !self.contains(address) {
                break;
            }
        }
        nearest
    }
}

/// Reads the address of an element of a list.
type Reader = fn(&str) -> Option<IpAddr>;

/// The address that a request comes from, as far as can be known: that of the connection, unless it is a listed
/// proxy's. IPv4 is IPv4, however it was written. Unspecified for a request that came over no connection.
pub(crate) fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let Some(proxies) = request.app_data::<Data<TrustedProxies>>() else { return peer.to_canonical() };
    let lists = [lines(request, FORWARDED), lines(request, X_FORWARDED_FOR)];
    proxies.client(peer, lists, [forwarded_for, address])
}

fn lines(request: &HttpRequest, name: HeaderName) -> Vec<&str> {
    // What is no text is an address of nobody.
    request.headers().get_all(name).map(|value| value.to_str().unwrap_or("?")).collect()
}

/// The address in an element of `Forwarded` (RFC 7239, section 4), as `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut nodes = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    // Of two it is not known which one the proxy wrote.
    let (Some((_, node)), None) = (nodes.next(), nodes.next()) else { return None };
    let node = node.trim();
    address(node.strip_prefix('"').and_then(|node| node.strip_suffix('"')).unwrap_or(node))
}

/// An address, with or without a port, which is passed over; IPv6 with a port stands in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = match text.strip_prefix('[') {
        Some(text) => text.split_once(']')?.0,
        // One colon alone ends an IPv4 address.
        None => text.split_once(':').filter(|(_, port)| !port.contains(':')).map_or(text, |(bare, _)| bare),
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    /// Whose request it is, of a server that lists two proxies.
    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let proxies = ["10.0.0.0/8", "2001:db8:f::/48"].map(|network| network.parse().unwrap());
        let request = TestRequest::default()
            .app_data(Data::new(TrustedProxies::new(&proxies)))
            .peer_addr(format!("{peer}:4711").parse().unwrap());
        let headers = headers.iter().map(|&(name, value)| (name, value));
        let request = headers.fold(request, TestRequest::append_header).to_http_request();
        client_address(&request).to_string()
    }

    #[test]
    fn nobody_but_a_listed_proxy_says_whose_request_it_is() {
        let claims = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=198.51.100.7")];
        assert_eq!(client("203.0.113.9", &claims), "203.0.113.9");
        assert_eq!(client("10.0.0.1", &claims), "198.51.100.7");
        assert_eq!(client("[::ffff:10.0.0.1]", &claims), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client_address(&TestRequest::default().to_http_request()).to_string(), "0.0.0.0");
    }

    #[test]
    fn the_last_address_that_is_no_listed_proxy_counts_and_what_a_client_wrote_before_it_does_not() {
        for (list, expected) in [
            ("198.51.100.7", "198.51.100.7"),
            ("1.1.1.1, 198.51.100.7", "198.51.100.7"),
            ("1.1.1.1, 198.51.100.7, 10.1.1.1,10.2.2.2", "198.51.100.7"),
            ("10.9.9.9, 10.1.1.1", "10.9.9.9"),
            ("198.51.100.7:80", "198.51.100.7"),
            ("[2001:db8::1]:80, [2001:db8:f::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            (", 198.51.100.7, ,", "198.51.100.7"),
            // Nobody's address: the proxy that said so is as much as is known.
            ("unknown, 10.1.1.1", "10.1.1.1"),
            ("1.1.1.1, unknown", "10.0.0.1"),
            ("1.1.1.1, \"198.51.100.7", "10.0.0.1"),
            ("fe80::1%eth0", "10.0.0.1"),
            ("[2001:db8::1", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("x-forwarded-for", list)]), expected, "{list:?}");
        }
        let two = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(client("10.0.0.1", &two), "198.51.100.7");
    }

    #[test]
    fn forwarded_is_read_as_its_standard_says() {
        for (list, expected) in [
            ("for=198.51.100.7;proto=https;by=203.0.113.43", "198.51.100.7"),
            ("proto=http; For=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("for=1.1.1.1, for=\"198.51.100.7:80\", for=10.1.1.1", "198.51.100.7"),
            ("for=\"_x, for=198.51.100.7", "198.51.100.7"),
            ("for=1.1.1.1;for=198.51.100.7", "10.0.0.1"),
            ("for=1.1.1.1, by=198.51.100.7", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("198.51.100.7", "10.0.0.1"),
        ] {
            assert_eq!(client("10.0.0.1", &[("forwarded", list)]), expected, "{list:?}");
        }
    }

    #[test]
    fn a_header_that_the_proxy_let_through_does_not_choose_the_address() {
        let both = [("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=1.1.1.1")];
        assert_eq!(client("10.0.0.1", &both), "10.0.0.1");
    }
}
