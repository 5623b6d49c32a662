//! The one HTTP client for requests that users cause. Guarded: it reaches the public internet and what the configuration
//! allows besides, nothing else. Addresses are checked when they are dialled and, where they stand in an address
//! themselves, before each hop; redirects are followed by hand, so that each of them is such a hop.
//!
//! Downloads of models are not its business: their addresses are ours.

mod address;
mod error;
mod hop;
mod incoming;
mod lookup;
#[cfg(test)]
mod tests;

pub use address::Guard;
pub use error::OutboundError;
pub use incoming::Incoming;
pub use lookup::{Looking, Lookup, SystemLookup};

use axum::body::Bytes;
use error::Stage;
use hop::Hop;
use ipnet::IpNet;
use lookup::GuardedLookup;
use reqwest::{
    Client, Method, Url,
    header::{HeaderMap, LOCATION},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 5;
/// Longest that a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(30);

/// The client; cheap to clone.
#[derive(Clone)]
pub struct Outbound(Arc<Inner>);

struct Inner {
    /// Or why nothing can be sent.
    client: Result<Client, OutboundError>,
    guard: Guard,
    lookup: Arc<dyn Lookup>,
    reply_bytes: usize,
}

/// What is sent.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    /// Sent to the first origin only.
    pub credential: Option<Attached>,
    pub limits: Limits,
}

/// What a credential adds to a request.
#[derive(Clone)]
pub enum Attached {
    Headers(HeaderMap),
    /// A parameter of the address.
    Query {
        name: String,
        value: String,
    },
}

/// What one request may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All of it: names, redirects and the reply.
    pub timeout: Duration,
    /// Bytes of the reply's body, unpacked.
    pub reply_bytes: usize,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    /// Unpacked.
    pub body: Bytes,
    /// Where it came from in the end, without what a credential added.
    pub url: String,
}

impl Request {
    /// A request without headers, body and credential.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>, limits: Limits) -> Self {
        Self { method, url: url.into(), headers: HeaderMap::new(), body: None, credential: None, limits }
    }
}

impl Outbound {
    /// A client that reaches these networks besides the public internet. Where the system's certificates cannot be used,
    /// each request says so.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>, reply_bytes: usize) -> Self {
        Self::with_lookup(allowed, reply_bytes, Arc::new(SystemLookup))
    }

    /// The same with another way to look up names.
    #[must_use]
    pub fn with_lookup(allowed: Vec<IpNet>, reply_bytes: usize, lookup: Arc<dyn Lookup>) -> Self {
        let guard = Guard::new(allowed);
        let client = Client::builder()
            .dns_resolver(GuardedLookup { guard: guard.clone(), lookup: Arc::clone(&lookup) })
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE)
            .user_agent(concat!("millrace/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| OutboundError::Unusable(error.without_url().to_string()));
        Self(Arc::new(Inner { client, guard, lookup, reply_bytes }))
    }

    /// One that sends nothing.
    #[must_use]
    pub fn none() -> Self {
        let client = Err(OutboundError::Unusable("it is switched off here".to_owned()));
        let lookup = Arc::new(SystemLookup);
        Self(Arc::new(Inner { client, guard: Guard::default(), lookup, reply_bytes: 0 }))
    }

    /// Bytes of a reply that a request may take at most.
    #[must_use]
    pub fn reply_bytes(&self) -> usize {
        self.0.reply_bytes
    }

    /// Sends a request, follows redirects, and reads the reply. Any status is a reply.
    ///
    /// # Errors
    /// Whatever kept a whole reply from coming; none of them holds what a credential added.
    pub async fn request(&self, request: Request) -> Result<Reply, OutboundError> {
        let timeout = request.limits.timeout;
        match tokio::time::timeout(timeout, self.follow(request)).await {
            Ok(result) => result,
            Err(_) => Err(OutboundError::Timeout { after: timeout }),
        }
    }

    /// Sends a request, follows redirects, and gives the reply as soon as its head is there. `limits.timeout` is for that;
    /// how long the body may take is the caller's to decide.
    ///
    /// # Errors
    /// As [`Outbound::request`].
    pub async fn open(&self, request: Request) -> Result<Incoming, OutboundError> {
        let timeout = request.limits.timeout;
        match tokio::time::timeout(timeout, self.arrive(request)).await {
            Ok(result) => result.map(|(hop, reply)| Incoming::of(hop.url, reply)),
            Err(_) => Err(OutboundError::Timeout { after: timeout }),
        }
    }

    /// The addresses of a host that may be dialled, for other protocols than HTTP: dial these, not the name.
    ///
    /// # Errors
    /// `Blocked` when none of them may be, `Dns` when the name does not resolve.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, OutboundError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = match bare.parse::<IpAddr>() {
            Ok(address) => {
                self.0.guard.check(bare, address)?;
                vec![address]
            }
            Err(_) => lookup::guarded(&self.0.guard, &*self.0.lookup, bare.to_owned()).await?,
        };
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// An address in the form in which it is requested, if a request may go there.
    ///
    /// # Errors
    /// `InvalidUrl`, or `Blocked` for an address of the network that is not allowed. Names are not looked up.
    pub fn check(&self, url: &str) -> Result<Url, OutboundError> {
        hop::check(&self.0.guard, url)
    }

    async fn follow(&self, request: Request) -> Result<Reply, OutboundError> {
        let (hop, reply) = self.arrive(request).await?;
        self.read(hop, reply).await
    }

    /// Goes from hop to hop until there is no redirect.
    async fn arrive(&self, request: Request) -> Result<(Hop, reqwest::Response), OutboundError> {
        let mut hop = Hop::first(self.check(&request.url)?, request)?;
        for _ in 0..=MAX_REDIRECTS {
            let reply = self.send(&hop).await?;
            let Some(location) = hop::redirects(reply.status().as_u16(), reply.headers().get(LOCATION))
            else {
                return Ok((hop, reply));
            };
            hop.follow(&self.0.guard, reply.status().as_u16(), location)?;
        }
        Err(OutboundError::TooManyRedirects { limit: MAX_REDIRECTS, host: hop.host() })
    }

    async fn send(&self, hop: &Hop) -> Result<reqwest::Response, OutboundError> {
        let mut request = reqwest::Request::new(hop.method.clone(), hop.dialled());
        *request.headers_mut() = hop.all_headers();
        *request.body_mut() = hop.body.clone().map(Into::into);
        let client = self.0.client.as_ref().map_err(Clone::clone)?;
        client.execute(request).await.map_err(|error| OutboundError::of(error, Stage::Send, &hop.url))
    }

    async fn read(&self, hop: Hop, mut reply: reqwest::Response) -> Result<Reply, OutboundError> {
        let limit = hop.limits.reply_bytes.min(self.0.reply_bytes);
        let too_large = || OutboundError::TooLarge { limit, host: hop.host() };
        // What is packed may say less than comes out of it, so only a length that is too large already counts.
        let announced = reply.content_length().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
        if announced > limit && hop.method != Method::HEAD {
            return Err(too_large());
        }
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let mut body = Vec::with_capacity(announced.min(1 << 20));
        while let Some(chunk) =
            reply.chunk().await.map_err(|error| OutboundError::of(error, Stage::Read, &hop.url))?
        {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body: body.into(), url: hop.url.to_string() })
    }
}
