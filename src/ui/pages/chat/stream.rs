//! The stream of an answer in the browser: a request to `/api/chat` and its events, as they come.

use crate::{api::chat::ChatEvent, ui::server_fns::error::UiError};
#[cfg(feature = "hydrate")]
use {
    leptos::{__reexports::send_wrapper::SendWrapper, prelude::window},
    wasm_bindgen::{JsCast, JsValue},
    wasm_bindgen_futures::JsFuture,
};

/// Ends a request, on the server too: whoever hangs up ends the work.
#[derive(Clone)]
pub struct Stop {
    #[cfg(feature = "hydrate")]
    controller: SendWrapper<web_sys::AbortController>,
}

impl Stop {
    #[must_use]
    pub fn new() -> Option<Self> {
        #[cfg(feature = "hydrate")]
        {
            Some(Self { controller: SendWrapper::new(web_sys::AbortController::new().ok()?) })
        }
        #[cfg(not(feature = "hydrate"))]
        None
    }

    pub fn now(&self) {
        #[cfg(feature = "hydrate")]
        self.controller.abort();
    }
}

/// The events of an answer.
pub struct Events {
    #[cfg(feature = "hydrate")]
    reader: SendWrapper<JsValue>,
    /// What came of an event that is not complete. Bytes: a piece may end within a character.
    #[cfg(feature = "hydrate")]
    rest: Vec<u8>,
}

/// Sends the question.
///
/// # Errors
/// What the server refuses it with; status 0 where it does not answer.
#[cfg(feature = "hydrate")]
pub async fn open(body: String, stop: Stop) -> Result<Events, UiError> {
    let offline = |_: JsValue| {
        broken(0, "offline", "Millrace can't be reached. Check that it is running and try again.")
    };
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(&body));
    init.set_signal(Some(&stop.controller.signal()));
    let headers = web_sys::Headers::new().map_err(offline)?;
    headers.set("content-type", "application/json").map_err(offline)?;
    init.set_headers(&headers);
    let reply =
        JsFuture::from(window().fetch_with_str_and_init("/api/chat", &init)).await.map_err(offline)?;
    let reply: web_sys::Response = reply.unchecked_into();
    if !reply.ok() {
        let text = JsFuture::from(reply.text().map_err(offline)?).await.map_err(offline)?;
        return Err(refusal(reply.status(), &text.as_string().unwrap_or_default()));
    }
    let reader = call(&member(&reply, "body"), "getReader");
    let reader = reader
        .ok_or_else(|| broken(0, "offline", "This browser cannot follow an answer. Use a newer one."))?;
    Ok(Events { reader: SendWrapper::new(reader), rest: Vec::new() })
}

/// Nothing is asked from the server.
///
/// # Errors
/// Always.
#[cfg(not(feature = "hydrate"))]
pub async fn open(_: String, _: Stop) -> Result<Events, UiError> {
    Err(broken(0, "offline", "Answers come to a browser only."))
}

impl Events {
    /// What has come since; `None` at the end.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<Vec<ChatEvent>>, UiError> {
        #[cfg(feature = "hydrate")]
        {
            let piece: js_sys::Promise = call(&self.reader, "read").ok_or_else(cut_off)?.unchecked_into();
            let piece = JsFuture::from(piece).await.map_err(|_| cut_off())?;
            if member(&piece, "done").is_truthy() {
                return Ok(None);
            }
            self.rest.extend(member(&piece, "value").unchecked_into::<js_sys::Uint8Array>().to_vec());
            Ok(Some(take(&mut self.rest)))
        }
        #[cfg(not(feature = "hydrate"))]
        Ok(None)
    }
}

/// A member of an object of the browser. By name: a binding of its own would be part of what every page loads.
#[cfg(feature = "hydrate")]
fn member(of: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(of, &JsValue::from_str(name)).unwrap_or_default()
}

/// Calls a method without arguments.
#[cfg(feature = "hydrate")]
fn call(of: &JsValue, name: &str) -> Option<JsValue> {
    member(of, name).dyn_into::<js_sys::Function>().ok()?.call0(of).ok()
}

/// Takes the events out that are complete.
#[cfg_attr(not(any(feature = "hydrate", test)), expect(dead_code, reason = "answers come to a browser only"))]
fn take(rest: &mut Vec<u8>) -> Vec<ChatEvent> {
    let mut events = Vec::new();
    let mut from = 0;
    while let Some(length) = rest[from..].windows(2).position(|pair| pair == b"\n\n") {
        let event = String::from_utf8_lossy(&rest[from..from + length]);
        // Anything else is a comment that keeps the connection.
        let data = event.lines().find_map(|line| line.strip_prefix("data:"));
        events.extend(data.and_then(ChatEvent::read));
        from += length + 2;
    }
    rest.drain(..from);
    events
}

/// The stream ended, and the answer had not.
#[must_use]
pub fn cut_off() -> UiError {
    broken(0, "cut_off", "The connection broke before the answer was complete. Try again.")
}

fn broken(status: u16, code: &str, message: &str) -> UiError {
    let (errors, problems) = (Vec::new(), Vec::new());
    UiError { status, code: code.to_owned(), message: message.to_owned(), errors, problems }
}

/// Problem details as an error that says what is wrong with each field, since none of them stands beside its field here.
#[cfg_attr(not(any(feature = "hydrate", test)), expect(dead_code, reason = "answers come to a browser only"))]
fn refusal(status: u16, body: &str) -> UiError {
    let details: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut message = text(&details["detail"]);
    if message.is_empty() {
        message = format!("Millrace answered with the status {status}. Try again.");
    }
    for error in details["errors"].as_array().into_iter().flatten() {
        message = format!("{message} {}: {}.", text(&error["field"]), text(&error["message"]));
    }
    broken(status, &text(&details["code"]), &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_cut_out_of_what_comes() {
        let whole = "data: {\"loading\":{}}\n\n:\n\ndata: {\"text\":\"für\"}\n\ndata: {\"colour\":1}\n\ndata: {\"text\":\"x\"}\n\n";
        let expected =
            [ChatEvent::Loading {}, ChatEvent::Text("für".to_owned()), ChatEvent::Text("x".to_owned())];
        // However it is cut, within a character too.
        for size in 1..whole.len() {
            let (mut rest, mut found) = (Vec::new(), Vec::new());
            for piece in whole.as_bytes().chunks(size) {
                rest.extend(piece);
                found.extend(take(&mut rest));
            }
            assert_eq!(found, expected, "{size}");
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn a_refusal_names_its_fields() {
        let body = "{\"detail\":\"It breaks a rule.\",\"code\":\"invalid_input\",\"errors\":[{\"field\":\"temperature\",\"message\":\"must be from 0 to 2\"}]}";
        let error = refusal(422, body);
        assert_eq!((error.status, error.code.as_str()), (422, "invalid_input"));
        assert_eq!(error.message, "It breaks a rule. temperature: must be from 0 to 2.");
        assert!(refusal(502, "<html>").message.contains("502"));
    }
}
