//! `POST /hooks/{slug}`: public, for whoever knows the secret.

use crate::{
    api::{problem::ProblemDetails, runs::RunAccepted},
    server::{
        error::AppError,
        http::extract::raw_body,
        services::triggers::{self, HookReply, HookRequest},
        state::AppState,
    },
};
use axum::{
    Json,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

/// The run that a request started.
const RUN: HeaderName = HeaderName::from_static("x-millrace-run-id");

/// Start a workflow by its webhook
///
/// The body becomes the run's input: JSON, a form or text. The sender proves to know the secret by sending it (as bearer
/// token or `X-Millrace-Secret`), or by an HMAC-SHA-256 signature: `X-Millrace-Signature: sha256=<hex>` over
/// `<timestamp>.<body>` with the time in seconds as `X-Millrace-Timestamp`, or GitHub's `X-Hub-Signature-256` over the body.
/// A webhook that waits answers with the run's output, or with 202 when that takes too long.
#[utoipa::path(post, path = "/hooks/{slug}", tag = "Triggers", security(()),
    params(("slug" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body gives the same run"),
        ("X-Millrace-Secret" = Option<String>, Header), ("X-Millrace-Signature" = Option<String>, Header),
        ("X-Millrace-Timestamp" = Option<i64>, Header), ("X-Hub-Signature-256" = Option<String>, Header)),
    request_body(content = Object, description = "JSON, a form or text"),
    responses((status = 200, description = "The output of the run", body = Object), (status = 202, body = RunAccepted),
        (status = 400, description = "`malformed_json`", body = ProblemDetails), (status = 404, description = "`no_such_hook`: the address or the secret", body = ProblemDetails),
        (status = 409, description = "`trigger_paused`, `workflow_inactive`", body = ProblemDetails), (status = 413, body = ProblemDetails), (status = 415, body = ProblemDetails),
        (status = 422, description = "`input_does_not_fit`, `idempotency_key_reused`, `workflow_has_problems`", body = ProblemDetails),
        (status = 502, description = "`run_failed`, `run_cancelled`", body = ProblemDetails)))]
pub async fn receive(
    State(state): State<AppState>,
    slug: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, AppError> {
    let (parts, body) = request.into_parts();
    let limit = state.config.limits.max_input_bytes.min(state.config.server.max_body_bytes);
    let body = raw_body(body, limit, state.config.server.request_timeout_seconds).await?;
    // An address that is no text is nobody's.
    let slug = slug.map(|Path(slug)| slug).unwrap_or_default();
    let hook = HookRequest { slug, headers: parts.headers, body };
    let (run, mut reply) = match triggers::receive(&state, hook).await? {
        HookReply::Accepted(accepted) => {
            (accepted.run_id.to_string(), (StatusCode::ACCEPTED, Json(accepted)).into_response())
        }
        HookReply::Done { run, output } => (run.to_string(), Json(output).into_response()),
    };
    if let Ok(run) = HeaderValue::from_str(&run) {
        reply.headers_mut().insert(RUN, run);
    }
    Ok(reply)
}
