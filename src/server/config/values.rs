//! The kinds of values that settings have besides text and numbers.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// Where the server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

impl Listen {
    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let address = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.clone(),
        };
        address.parse().map(Self).map_err(|_| {
            serde::de::Error::custom(format!("\"{text}\" is not an address and port, such as 127.0.0.1:3000"))
        })
    }
}

/// Networks, separated by commas or spaces; a single address is a network of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let words = text.split([',', ' ', '\n', '\t']).filter(|word| !word.is_empty());
        words.map(network).collect::<Result<_, _>>().map(Self).map_err(serde::de::Error::custom)
    }
}

fn network(word: &str) -> Result<IpNet, String> {
    let parsed = match word.parse::<IpAddr>() {
        Ok(address) => Ok(IpNet::from(address)),
        Err(_) => word.parse::<IpNet>(),
    };
    let net =
        parsed.map_err(|_| format!("\"{word}\" is not a network, such as 10.1.0.0/16, nor an address"))?;
    if net.trunc() != net {
        return Err(format!(
            "\"{word}\" is an address inside of a network; write {} or {}",
            net.trunc(),
            net.addr()
        ));
    }
    Ok(net)
}

/// Whether strangers may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    Open,
    Closed,
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    On,
    Off,
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Bool(bool),
            Text(String),
        }
        match Raw::deserialize(deserializer) {
            Ok(Raw::Bool(true)) => Ok(Self::On),
            Ok(Raw::Bool(false)) => Ok(Self::Off),
            Ok(Raw::Text(word)) if word.eq_ignore_ascii_case("on") => Ok(Self::On),
            Ok(Raw::Text(word)) if word.eq_ignore_ascii_case("off") => Ok(Self::Off),
            _ => Err(serde::de::Error::custom("expected `on` or `off`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Networks;
    use serde::Deserialize as _;
    use serde::de::value::{Error, StrDeserializer};

    fn parse(text: &str) -> Result<String, String> {
        let parsed = Networks::deserialize(StrDeserializer::<Error>::new(text));
        parsed.map(|nets| format!("{:?}", nets.0)).map_err(|error| error.to_string())
    }

    #[test]
    fn networks_are_separated_by_commas_or_spaces() {
        assert_eq!(
            parse("10.1.0.0/16, 192.168.1.7\tfd00::/8").unwrap(),
            "[10.1.0.0/16, 192.168.1.7/32, fd00::/8]"
        );
        assert_eq!(parse(" ").unwrap(), "[]");
        assert!(parse("10.1.0.5/16").unwrap_err().contains("write 10.1.0.0/16 or 10.1.0.5"));
        for text in ["localhost", "10.0.0.0/33", "10.0.0", "*", "10.0.0.0/8;x"] {
            assert!(parse(text).unwrap_err().contains("is not a network"), "{text}");
        }
    }
}
