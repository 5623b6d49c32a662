//! The hosts that a credential may be sent to.

use reqwest::Url;

/// A host as a credential names it, in the form in which hosts are compared: `*.` in front stands for every host below
/// one. Names are lower case and without a dot at the end, other alphabets in their ASCII form, addresses in their usual
/// spelling.
///
/// # Errors
/// What is wrong with it, for the field's message.
pub fn normal_host(text: &str) -> Result<String, String> {
    let text = text.trim();
    let (star, rest) = match text.strip_prefix("*.") {
        Some(rest) => ("*.", rest),
        None => ("", text),
    };
    if rest.is_empty() || rest.contains(['*', ' ', '/', '@', '?', '#', '\\']) {
        return Err("must be a host such as api.example.com, or *.example.com for all below it".to_owned());
    }
    // Brackets may be left out around an address of IPv6.
    let bare = rest.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(rest);
    let address =
        if bare.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{bare}]") } else { rest.to_owned() };
    let url = Url::parse(&format!("http://{address}/"))
        .map_err(|_| "is not a host; write it as in an address, such as api.example.com".to_owned())?;
    if url.port().is_some() || rest.ends_with(":80") {
        return Err("has a port; write the host alone".to_owned());
    }
    let host = comparable(url.host_str().unwrap_or_default());
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    if !star.is_empty() && (is_address || !host.contains('.')) {
        return Err("stands for too much; write at least *.example.com".to_owned());
    }
    Ok(format!("{star}{host}"))
}

/// Whether a host of an address is among those that a credential names.
#[must_use]
pub fn allows(allowed: &[String], host: &str) -> bool {
    let host = comparable(host);
    allowed.iter().any(|allowed| match allowed.strip_prefix("*.") {
        Some(below) => host.strip_suffix(below).is_some_and(|front| front.len() > 1 && front.ends_with('.')),
        None => *allowed == host,
    })
}

fn comparable(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{allows, normal_host};

    #[test]
    fn hosts_are_written_in_one_way() {
        for (text, normal) in [
            ("API.Example.com", "api.example.com"),
            ("api.example.com.", "api.example.com"),
            (" *.example.com ", "*.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("0x7f.1", "127.0.0.1"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("2001:db8:0::1", "2001:db8::1"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(normal_host(text).as_deref(), Ok(normal), "{text}");
        }
        for text in [
            "",
            "*",
            "*.",
            "*.com",
            "*.127.0.0.1",
            "a.*.com",
            "**.a.b",
            "https://a.b",
            "a.b/c",
            "a.b:8080",
            "a.b:80",
            "me@a.b",
            "a b",
            "a.b?x",
            "a\\b",
            "[::1",
            "exa<mple",
        ] {
            assert!(normal_host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_named_hosts_are_allowed() {
        let allowed = ["api.example.com", "*.example.org", "10.0.0.7", "2001:db8::1"].map(str::to_owned);
        for host in [
            "api.example.com",
            "API.EXAMPLE.COM.",
            "a.example.org",
            "a.b.example.org",
            "10.0.0.7",
            "[2001:db8::1]",
        ] {
            assert!(allows(&allowed, host), "{host}");
        }
        for host in [
            "example.com",
            "b.api.example.com",
            "xapi.example.com",
            "example.org",
            "badexample.org",
            ".example.org",
            "a.example.org.evil.net",
            "10.0.0.70",
            "",
            "api.example.com.evil.net",
        ] {
            assert!(!allows(&allowed, host), "{host}");
        }
    }
}
