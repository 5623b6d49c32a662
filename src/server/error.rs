//! The error of every service: a stable code, what happened and what to do next. Over HTTP it is
//! `application/problem+json`; on the command line its text.

mod from;

use crate::api::problem::{FieldError, Problem, ProblemDetails};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{fmt, time::Duration};

tokio::task_local! {
    /// The id of the request that this task answers.
    pub static REQUEST_ID: String;
}

/// Why a call did not do what it should.
#[derive(Debug, Clone)]
pub struct AppError(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    /// For people: what happened and what to do next.
    detail: String,
    errors: Vec<FieldError>,
    problems: Vec<Problem>,
    retry_after: Option<Duration>,
    /// For the log only.
    cause: Option<String>,
}

impl AppError {
    /// Any error; the named makers below are to be preferred.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            problems: Vec::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// 401: nobody is signed in, or the token or key is no longer good.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Sign in, or send an access token or API key as `Authorization: Bearer …`.",
        )
    }

    /// 403: known, but not allowed.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404, whether it does not exist or belongs to somebody else.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what} in your account."))
    }

    /// 422 for one field of the request.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// 422 for fields of the request; there must be at least one.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail =
            errors.iter().map(|e| format!("{}: {}.", e.field, e.message)).collect::<Vec<_>>().join(" ");
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_input", detail);
        error.0.errors = errors;
        error
    }

    /// 409 for one field whose value is taken.
    pub fn taken(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::field(field, message);
        error.0.status = StatusCode::CONFLICT;
        error.0.code = "taken";
        error
    }

    /// 422: the checker refuses to run this workflow.
    #[must_use]
    pub fn has_problems(problems: Vec<Problem>) -> Self {
        let mut error = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "workflow_has_problems",
            "The workflow has mistakes that would make the run fail. Correct what `problems` lists and run it again.",
        );
        error.0.problems = problems;
        error
    }

    /// 429 with the time to wait.
    #[must_use]
    pub fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_attempts",
            format!("There were too many attempts. Wait {seconds} seconds and try again."),
        );
        error.0.retry_after = Some(Duration::from_secs(seconds));
        error
    }

    /// 429: as much of this as there may be is under way.
    pub fn too_many_uploads(detail: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads", detail);
        error.0.retry_after = Some(Duration::from_secs(5));
        error
    }

    /// 500: a mistake of this program. The cause goes to the log, not to the reply.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong inside Millrace. The log has the details under this request id.",
        );
        error.0.cause = Some(cause.to_string());
        error
    }

    /// 503: it may work a little later.
    pub fn unavailable(detail: impl Into<String>, cause: impl fmt::Display) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        error.0.retry_after = Some(Duration::from_secs(2));
        error.0.cause = Some(cause.to_string());
        error
    }

    /// The same error with another code.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.0.code = code;
        self
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What the checker found, where a run was refused.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// The body of the reply.
    #[must_use]
    pub fn details(&self) -> ProblemDetails {
        let parts = &self.0;
        ProblemDetails {
            kind: "about:blank".to_owned(),
            title: parts.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: parts.status.as_u16(),
            detail: parts.detail.clone(),
            code: parts.code.to_owned(),
            errors: parts.errors.clone(),
            problems: parts.problems.clone(),
            request_id: REQUEST_ID.try_with(Clone::clone).ok(),
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.detail)
    }
}

impl std::error::Error for AppError {}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let details = self.details();
        if let Some(cause) = &self.0.cause {
            tracing::error!(code = self.0.code, status = details.status, cause = %cause, "a request failed: {cause}");
        }
        let mut reply = (self.0.status, Json(details)).into_response();
        let headers = reply.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        reply
    }
}
