//! Why no reply came.

use reqwest::Url;
use std::{error::Error, io, net::IpAddr, time::Duration};

/// An error of the client: what happened and what to do next. Holds host names at most, never a whole address, in which
/// secrets may stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    #[error("the address {0}")]
    InvalidUrl(String),
    #[error(
        "requests to {host} are blocked: {address} is {what}; an operator can allow it with MILLRACE_OUTBOUND_ALLOW",
        host = told(host, *address)
    )]
    Blocked { host: String, address: IpAddr, what: &'static str },
    #[error("cannot reach {host}: the name does not resolve ({cause}); check the address")]
    Dns { host: String, cause: String },
    #[error("cannot connect to {host}: {cause}; check the address and that the service runs")]
    Connect { host: String, cause: String },
    #[error(
        "no secure connection to {host} (TLS): {cause}; check the address, its `https://`, and the service's certificate"
    )]
    Tls { host: String, cause: String },
    #[error(
        "no whole reply came within {} ms; raise `timeout_ms`, or look into the service",
        after.as_millis()
    )]
    Timeout { after: Duration },
    #[error("{host} closed the connection in the middle of it ({cause}); try again")]
    CutOff { host: String, cause: String },
    #[error("{host} replied with something that is not HTTP, or is damaged ({cause})")]
    BadReply { host: String, cause: String },
    #[error("the reply of {host} is larger than {limit} bytes (MILLRACE_MAX_REPLY_BYTES); ask for less")]
    TooLarge { host: String, limit: usize },
    #[error("{host} redirects more than {limit} times, perhaps in a circle; use the address where it ends")]
    TooManyRedirects { host: String, limit: usize },
    #[error("{host} redirects to a place that cannot be requested: {cause}")]
    BadRedirect { host: String, cause: String },
    #[error("the HTTP client cannot be used: {0}")]
    Unusable(String),
}

/// Where a request was when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Send,
    Read,
}

/// A literal address once, a name with its address.
fn told(host: &str, address: IpAddr) -> &str {
    if host.parse() == Ok(address) { "this address" } else { host }
}

impl OutboundError {
    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidUrl(_) => "invalid_url",
            Self::Blocked { .. } => "address_blocked",
            Self::Dns { .. } => "dns_failed",
            Self::Connect { .. } => "connect_failed",
            Self::Tls { .. } => "tls_failed",
            Self::Timeout { .. } => "http_timeout",
            Self::CutOff { .. } => "reply_cut_off",
            Self::BadReply { .. } => "bad_reply",
            Self::TooLarge { .. } => "reply_too_large",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::BadRedirect { .. } => "bad_redirect",
            Self::Unusable(_) => "http_unusable",
        }
    }

    /// Whether the same request may go well later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Dns { .. } | Self::Connect { .. } | Self::Timeout { .. } | Self::CutOff { .. })
    }

    /// What the client says, sorted by what to do about it.
    pub(super) fn of(error: reqwest::Error, stage: Stage, url: &Url) -> Self {
        let error = error.without_url();
        let host = url.host_str().unwrap_or_default().to_owned();
        let chain = chain(&error);
        if let Some(ours) = chain.iter().find_map(|e| e.downcast_ref::<Self>()) {
            return ours.clone();
        }
        // Causes repeat each other from the outside in; the last one says most.
        let cause = chain.last().map(|e| e.to_string()).unwrap_or_default();
        let io = chain.iter().rev().find_map(|e| e.downcast_ref::<io::Error>()).map(io::Error::kind);
        if error.is_connect() {
            let lost = matches!(
                io,
                Some(
                    io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::HostUnreachable
                        | io::ErrorKind::NetworkUnreachable
                        | io::ErrorKind::TimedOut
                        | io::ErrorKind::AddrNotAvailable
                        | io::ErrorKind::PermissionDenied
                )
            );
            return match url.scheme() {
                "https" if !lost && !error.is_timeout() => Self::Tls { host, cause },
                _ => Self::Connect { host, cause },
            };
        }
        if error.is_decode() || (stage == Stage::Read && io == Some(io::ErrorKind::InvalidData)) {
            return if is_cut_off(&cause, io) {
                Self::CutOff { host, cause }
            } else {
                Self::BadReply { host, cause }
            };
        }
        match io {
            None if stage == Stage::Send && !is_cut_off(&cause, io) => Self::BadReply { host, cause },
            _ => Self::CutOff { host, cause },
        }
    }
}

/// An error and what caused it, from the outside in.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut chain = vec![error];
    let mut next = error.source();
    while let Some(cause) = next {
        chain.push(cause);
        next = cause.source();
    }
    chain
}

fn is_cut_off(cause: &str, io: Option<io::ErrorKind>) -> bool {
    let words = ["closed", "end of file", "eof", "incomplete", "reset"];
    let cause = cause.to_ascii_lowercase();
    words.iter().any(|word| cause.contains(word))
        || matches!(io, Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset))
}
