//! What can go wrong with a model elsewhere: a code, what happened, what to do next, and whether to ask again.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;

use super::overrun::{Overrun, overrun};
use super::{ANSWER_BYTES, LONGEST_REST, REST, RemoteModel};
use crate::server::llm::LlmError;
use crate::server::outbound::{Attached, Limits, OutboundError, Request};

/// Characters of what a service said that are shown.
const SHOWN: usize = 400;

/// The model that is asked, for messages.
pub struct Place {
    pub name: String,
    pub endpoint: String,
    host: String,
    model: String,
}

/// Why an attempt did not bring an answer.
#[derive(Debug)]
pub struct Failure {
    pub error: LlmError,
    /// The same request may go well in a moment.
    pub passing: bool,
    /// What the service asks for.
    wait: Option<Duration>,
    /// What it said, for telling which parameter it does not like.
    pub said: String,
    /// It began a stream and sent nothing.
    pub is_silence: bool,
    /// The conversation is longer than its context.
    pub overrun: Option<Overrun>,
}

impl Failure {
    fn lasting(error: LlmError) -> Self {
        Self { error, passing: false, wait: None, said: String::new(), is_silence: false, overrun: None }
    }

    /// How long to rest before the next attempt, after so many; `None`: there is none.
    pub fn rest(&self, attempts: u32) -> Option<Duration> {
        if !self.passing || self.wait.is_some_and(|wait| wait > LONGEST_REST) {
            return None;
        }
        let usual = REST * 2_u32.saturating_pow(attempts.saturating_sub(1));
        // So that many who were refused together do not come back together.
        let jitter = rand::random_range(0.75..1.25);
        let rest = self.wait.unwrap_or(usual.mul_f64(jitter));
        Some(rest.min(LONGEST_REST))
    }
}

impl Place {
    /// Where a model is asked; `path` is what comes after its base URL.
    pub fn of(model: &RemoteModel, path: &str) -> Self {
        let endpoint = format!("{}/{path}", model.base_url.trim_end_matches('/'));
        let host = reqwest::Url::parse(&endpoint).ok();
        let host = host.as_ref().and_then(|url| url.host_str()).unwrap_or("the service").to_owned();
        Self { name: model.name.clone(), endpoint, host, model: model.model.clone() }
    }

    /// A question as it is sent.
    pub fn request(&self, body: Vec<u8>, credential: Option<Attached>, timeout: Duration) -> Request {
        let limits = Limits { timeout, reply_bytes: ANSWER_BYTES };
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ACCEPT, HeaderValue::from_static("text/event-stream, application/json")),
        ]);
        let request = Request::new(Method::POST, self.endpoint.clone(), limits);
        Request { headers, body: Some(body.into()), credential, ..request }
    }

    /// Nothing came at all.
    pub fn unreachable(&self, error: &OutboundError) -> Failure {
        if let OutboundError::Timeout { after } = error {
            return self.stalled(*after, false);
        }
        let passing = error.is_retryable();
        let message = format!("The model \"{}\" cannot be reached: {error}.", self.name);
        Failure { passing, ..Failure::lasting(LlmError { code: error.code(), message, retryable: passing }) }
    }

    /// An answer that is none of the good ones.
    pub fn refused(&self, status: u16, body: &str, wait: Option<Duration>) -> Failure {
        let said = said(body);
        let shown = if said.is_empty() { String::new() } else { format!(": {said}") };
        let Self { name, host, model, .. } = self;
        if let (400 | 413 | 422, Some(overrun)) = (status, overrun(&said)) {
            let message = format!(
                "The prompt is too long for the model \"{name}\"; {host} says: {said}. Shorten it, or set `truncate` to have \
                 its start or its middle left out."
            );
            let failure = Failure::lasting(LlmError::new("prompt_too_long", message));
            return Failure { overrun: Some(overrun), said, ..failure };
        }
        let passing = matches!(status, 408 | 425 | 429) || status >= 500;
        let (code, remedy) = match status {
            401 | 403 => {
                ("remote_key_refused", "Check the credential of this model on the Models page".to_owned())
            }
            404 => {
                ("remote_refused", format!("Check its base URL and that the service has a model \"{model}\""))
            }
            429 => ("remote_busy", "Wait a moment and try again, or ask it less often".to_owned()),
            _ if passing => ("remote_failed", "Try again, or look into the service".to_owned()),
            _ => ("remote_refused", "Correct the request or the settings of this model".to_owned()),
        };
        let message =
            format!("{host} did not answer for the model \"{name}\" (HTTP {status}{shown}). {remedy}.");
        Failure { passing, wait, said, ..Failure::lasting(LlmError { code, message, retryable: passing }) }
    }

    /// The service told in the middle of its answer that something went wrong.
    pub fn told(&self, error: &Value) -> Failure {
        let said = said(&error.to_string());
        Failure::lasting(LlmError::retryable(
            "remote_failed",
            format!(
                "{} stopped in the middle of the answer of the model \"{}\": {said}. Try again, or look into the service.",
                self.host, self.name
            ),
        ))
    }

    /// Silence.
    pub fn stalled(&self, after: Duration, has_begun: bool) -> Failure {
        let Self { name, host, .. } = self;
        let seconds = after.as_secs_f64();
        let (when, variable) = match has_begun {
            true => ("in the middle of its answer", "MILLRACE_REMOTE_STALL_SECONDS"),
            false => ("before its answer began", "MILLRACE_REMOTE_FIRST_SECONDS"),
        };
        Failure::lasting(LlmError::retryable(
            "remote_stalled",
            format!(
                "{host} said nothing for {seconds} seconds {when} (model \"{name}\"). Try again, look into the service, \
                 or give it more time with {variable}."
            ),
        ))
    }

    /// What came is not what such a service sends.
    pub fn broken(&self, why: &str) -> Failure {
        Failure::lasting(LlmError::retryable(
            "remote_broken_stream",
            format!(
                "The answer of the model \"{}\" came broken from {}: {}. Try again; if it stays so, check that the base URL \
                 is that of an OpenAI-compatible service.",
                self.name,
                self.host,
                why.trim_end_matches('.')
            ),
        ))
    }

    /// The stream ended before the answer did, or before it began.
    pub fn ended(&self, is_silence: bool) -> Failure {
        Failure { is_silence, ..self.broken("it ended in the middle") }
    }

    /// Something that people read in a browser.
    pub fn web_page(&self) -> Failure {
        self.broken("it is a web page")
    }

    pub fn too_long(&self, limit: usize) -> Failure {
        Failure::lasting(LlmError::new(
            "remote_bad_answer",
            format!(
                "{} sent more than {limit} bytes as one answer. Ask for less with `max_tokens`.",
                self.host
            ),
        ))
    }
}

/// What a body says: the message of an error as OpenAI writes it, else its beginning.
fn said(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let error = value.get("error").unwrap_or(&value);
    let message = [error.get("message"), value.get("message"), value.get("detail"), Some(error)]
        .into_iter()
        .flatten()
        .find_map(Value::as_str);
    let text = message.unwrap_or(body).trim();
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    text.trim_end_matches('.').to_owned()
}

/// How long `Retry-After` asks to wait; only seconds are understood, which is what such services send.
pub fn wait(header: Option<&HeaderValue>) -> Option<Duration> {
    let seconds: f64 = header?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let model = RemoteModel {
            name: "big".to_owned(),
            base_url: "https://models.example.com/v1/".to_owned(),
            model: "big-1".to_owned(),
            credential: None,
            dimension: None,
        };
        Place::of(&model, "chat/completions")
    }

    #[test]
    fn a_refusal_says_what_the_service_said_and_what_to_do() {
        let body = r#"{"error": {"message": "Unknown model.", "type": "x"}}"#;
        let failure = place().refused(404, body, None);
        assert_eq!(failure.error.code, "remote_refused");
        assert_eq!(
            failure.error.message,
            "models.example.com did not answer for the model \"big\" (HTTP 404: Unknown model). Check its base URL and \
             that the service has a model \"big-1\"."
        );
        assert_eq!(failure.rest(1), None);
        for (status, code, passes) in [
            (400, "remote_refused", false),
            (401, "remote_key_refused", false),
            (429, "remote_busy", true),
            (503, "remote_failed", true),
        ] {
            let failure = place().refused(status, "<html>no</html>", None);
            assert_eq!(
                (failure.error.code, failure.passing, failure.error.retryable),
                (code, passes, passes)
            );
        }
    }

    #[test]
    fn rests_grow_and_a_service_is_heard_up_to_a_limit() {
        let failure = |wait| place().refused(503, "", wait);
        let (first, third) = (failure(None).rest(1).unwrap(), failure(None).rest(3).unwrap());
        assert!((0.375..=0.625).contains(&first.as_secs_f64()), "{first:?}");
        assert!((1.5..=2.5).contains(&third.as_secs_f64()), "{third:?}");
        assert_eq!(failure(Some(Duration::from_secs(3))).rest(1), Some(Duration::from_secs(3)));
        assert_eq!(failure(Some(Duration::from_secs(300))).rest(1), None);
        assert_eq!(wait(Some(&HeaderValue::from_static(" 1.5 "))), Some(Duration::from_millis(1500)));
        for odd in ["-1", "soon", "NaN", "1e40"] {
            assert_eq!(wait(Some(&HeaderValue::from_str(odd).unwrap())), None, "{odd}");
        }
    }
}
