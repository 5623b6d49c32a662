//! Replies that go on for a while: server-sent events.

use axum::{
    http::{HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt as _};
use std::{convert::Infallible, time::Duration};
use tokio_util::sync::CancellationToken;

/// Proxies close what is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The reply with these events; it ends with them, or when the server stops.
pub fn event_stream(
    events: impl Stream<Item = Event> + Send + 'static,
    stopping: CancellationToken,
) -> Response {
    let events = events.take_until(stopping.cancelled_owned()).map(Ok::<_, Infallible>);
    let mut reply = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    // Tells proxies not to collect the stream.
    reply.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}
