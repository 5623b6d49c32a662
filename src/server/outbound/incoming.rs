//! A reply whose body is still on its way.

use super::{OutboundError, error::Stage};
use axum::body::Bytes;
use reqwest::{Url, header::HeaderMap};

/// What has arrived of a reply. Dropping it closes the connection.
#[derive(Debug)]
pub struct Incoming {
    pub status: u16,
    pub headers: HeaderMap,
    /// Without what a credential added.
    url: Url,
    reply: reqwest::Response,
}

impl Incoming {
    pub(super) fn of(url: Url, reply: reqwest::Response) -> Self {
        Self { status: reply.status().as_u16(), headers: reply.headers().clone(), url, reply }
    }

    /// The next piece of the body, unpacked; `None` at its end.
    ///
    /// # Errors
    /// `CutOff` or `BadReply`.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        self.reply.chunk().await.map_err(|error| OutboundError::of(error, Stage::Read, &self.url))
    }
}
