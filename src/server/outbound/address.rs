//! Which addresses are part of the public internet. Everything that is not known to be, is not.

use super::OutboundError;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

/// Networks of IPv4 that no request reaches, and what they are.
const V4: &[(Ipv4Net, &str)] = &[
    (v4([0, 0, 0, 0], 8), "this network"),
    (v4([10, 0, 0, 0], 8), "a private network"),
    (v4([100, 64, 0, 0], 10), "a provider's shared network"),
    (v4([127, 0, 0, 0], 8), "this machine"),
    (v4([168, 63, 129, 16], 32), "a cloud's metadata service"),
    (v4([169, 254, 0, 0], 16), "a link-local network, where clouds keep their metadata service"),
    (v4([172, 16, 0, 0], 12), "a private network"),
    (v4([192, 0, 0, 0], 24), "reserved for protocols"),
    (v4([192, 0, 2, 0], 24), "reserved for documentation"),
    (v4([192, 88, 99, 0], 24), "a relay to IPv6"),
    (v4([192, 168, 0, 0], 16), "a private network"),
    (v4([198, 18, 0, 0], 15), "reserved for measurements"),
    (v4([198, 51, 100, 0], 24), "reserved for documentation"),
    (v4([203, 0, 113, 0], 24), "reserved for documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// The same within the part of IPv6 that is handed out for the public internet, `2000::/3`.
const V6: &[(Ipv6Net, &str)] = &[
    (v6([0x2001, 0, 0], 23), "reserved for protocols such as Teredo"),
    (v6([0x2001, 0xdb8, 0], 32), "reserved for documentation"),
    (v6([0x2002, 0, 0], 16), "a tunnel (6to4)"),
    (v6([0x3fff, 0, 0], 20), "reserved for documentation"),
];

/// Networks outside of it, for the message.
const V6_OUTSIDE: &[(Ipv6Net, &str)] = &[
    (v6([0xfc00, 0, 0], 7), "a private network"),
    (v6([0xfe80, 0, 0], 10), "a link-local network"),
    (v6([0xfec0, 0, 0], 10), "a private network"),
    (v6([0xff00, 0, 0], 8), "multicast"),
    (v6([0x64, 0xff9b, 1], 48), "a local translation to IPv4 (NAT64)"),
];

const PUBLIC_V6: Ipv6Net = v6([0x2000, 0, 0], 3);
/// NAT64: the last four bytes are the address of IPv4 that is meant.
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0], 96);

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(address[0], address[1], address[2], address[3]), prefix)
}

const fn v6(front: [u16; 3], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(front[0], front[1], front[2], 0, 0, 0, 0, 0), prefix)
}

/// Lets addresses through, or not; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Arc<[IpNet]>,
}

impl Guard {
    /// Lets these networks through besides the public internet.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed: allowed.into() }
    }

    /// Lets an address through that a host has.
    ///
    /// # Errors
    /// `Blocked`.
    pub fn check(&self, host: &str, address: IpAddr) -> Result<(), OutboundError> {
        match self.objection(address) {
            None => Ok(()),
            Some(what) => Err(OutboundError::Blocked { host: host.to_owned(), address, what }),
        }
    }

    /// Why an address is not let through.
    #[must_use]
    pub fn objection(&self, address: IpAddr) -> Option<&'static str> {
        let meant = meant(address);
        if self.allowed.iter().any(|net| net.contains(&address) || net.contains(&meant)) {
            return None;
        }
        match meant {
            IpAddr::V4(address) => named(V4, |net| net.contains(&address)),
            IpAddr::V6(address) if PUBLIC_V6.contains(&address) => named(V6, |net| net.contains(&address)),
            IpAddr::V6(address) => {
                Some(named(V6_OUTSIDE, |net| net.contains(&address)).unwrap_or(match address.segments() {
                    [0, 0, 0, 0, 0, 0, 0, 1] => "this machine",
                    _ => "not part of the public internet",
                }))
            }
        }
    }
}

fn named<N>(table: &[(N, &'static str)], holds: impl Fn(&N) -> bool) -> Option<&'static str> {
    table.iter().find(|(net, _)| holds(net)).map(|(_, what)| *what)
}

/// The address of IPv4 inside of one of IPv6, where packets go to that one.
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if NAT64.contains(&v6) {
        let [.., a, b, c, d] = v6.octets();
        return IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    }
    address.to_canonical()
}
