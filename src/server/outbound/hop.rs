//! One hop of a request: where it goes and what it carries there. Pure.

use super::{Attached, Guard, Limits, OutboundError, Request};
use axum::body::Bytes;
use reqwest::{
    Method, Url,
    header::{
        ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap,
        HeaderValue, USER_AGENT,
    },
};
use std::net::IpAddr;

/// Longest address.
const MAX_URL_BYTES: usize = 16 * 1024;

/// Where a request is.
pub struct Hop {
    pub method: Method,
    /// Without what a credential adds.
    pub url: Url,
    pub body: Option<Bytes>,
    pub limits: Limits,
    headers: HeaderMap,
    credential: Option<Attached>,
}

/// An address, if a request may go there.
pub fn check(guard: &Guard, text: &str) -> Result<Url, OutboundError> {
    let invalid = |what: &str| OutboundError::InvalidUrl(what.to_owned());
    if text.len() > MAX_URL_BYTES {
        return Err(invalid("is longer than 16 KiB; send long values in the body"));
    }
    let url = Url::parse(text.trim()).map_err(|error| {
        OutboundError::InvalidUrl(format!(
            "cannot be understood ({error}); write it as in https://example.com/path"
        ))
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "holds a user name or password; take them out and use a credential of the kind basic",
        ));
    }
    check_place(guard, &url)?;
    Ok(url)
}

fn check_place(guard: &Guard, url: &Url) -> Result<(), OutboundError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(OutboundError::InvalidUrl(format!(
            "begins with `{}:`; only http:// and https:// can be requested",
            url.scheme()
        )));
    }
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.is_empty() {
        return Err(OutboundError::InvalidUrl(
            "has no host; write it as in https://example.com/path".to_owned(),
        ));
    }
    // Names are checked when they are dialled. The parser has turned every spelling of an address into the usual one.
    match bare.parse::<IpAddr>() {
        Ok(address) => guard.check(bare, address),
        Err(_) => Ok(()),
    }
}

/// Where a reply says that the resource is.
pub fn redirects(status: u16, location: Option<&HeaderValue>) -> Option<&HeaderValue> {
    location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308))
}

impl Hop {
    /// The first one.
    pub fn first(url: Url, request: Request) -> Result<Self, OutboundError> {
        let Request { method, headers, body, credential, limits, .. } = request;
        Ok(Self { method, url, body, limits, headers, credential })
    }

    /// The host, for messages.
    pub fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }

    /// The address with what a credential adds.
    pub fn dialled(&self) -> Url {
        let mut url = self.url.clone();
        if let Some(Attached::Query { name, value }) = &self.credential {
            url.query_pairs_mut().append_pair(name, value);
        }
        url
    }

    /// The headers with what a credential adds, which wins.
    pub fn all_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        if let Some(Attached::Headers(added)) = &self.credential {
            for (name, value) in added {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers
    }

    /// Goes where a reply sends it.
    pub fn follow(
        &mut self,
        guard: &Guard,
        status: u16,
        location: &HeaderValue,
    ) -> Result<(), OutboundError> {
        let bad = |cause: String| OutboundError::BadRedirect { host: self.host(), cause };
        let text = std::str::from_utf8(location.as_bytes()).map_err(|_| bad("it is not text".to_owned()))?;
        if text.len() > MAX_URL_BYTES {
            return Err(bad("it is longer than 16 KiB".to_owned()));
        }
        let mut next = self.url.join(text).map_err(|error| bad(error.to_string()))?;
        let fits = next.set_username("").is_ok() && next.set_password(None).is_ok();
        match check_place(guard, &next) {
            Err(OutboundError::InvalidUrl(what)) => return Err(bad(format!("its address {what}"))),
            Err(error) => return Err(error),
            Ok(()) if !fits => return Err(bad("it has no host".to_owned())),
            Ok(()) => {}
        }
        if next.fragment().is_none() {
            next.set_fragment(self.url.fragment());
        }
        if next.origin() != self.url.origin() {
            // What was meant for one place is not sent to another, and not back either.
            self.credential = None;
            let before = std::mem::take(&mut self.headers);
            for name in
                [ACCEPT, ACCEPT_LANGUAGE, USER_AGENT, CONTENT_TYPE, CONTENT_LANGUAGE, CONTENT_ENCODING]
            {
                if let Some(value) = before.get(&name) {
                    self.headers.insert(name, value.clone());
                }
            }
        }
        let becomes_get = match status {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            for name in [CONTENT_TYPE, CONTENT_LANGUAGE, CONTENT_ENCODING, CONTENT_LENGTH] {
                self.headers.remove(name);
            }
        }
        self.url = next;
        Ok(())
    }
}
