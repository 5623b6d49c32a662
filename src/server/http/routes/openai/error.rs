//! Errors in OpenAI's form: its clients read the message, the type and the code.

use crate::{
    api::openai::{OpenAiErrorBody, OpenAiErrorDetails},
    server::error::AppError,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// The same error as elsewhere, in another form.
#[derive(Debug)]
pub struct OpenAiError(AppError);

impl From<AppError> for OpenAiError {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl OpenAiError {
    fn status(&self) -> StatusCode {
        match (self.0.status(), self.0.code()) {
            // What a field breaks is 400 there.
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid_input") => StatusCode::BAD_REQUEST,
            (status, _) => status,
        }
    }

    /// The body of the reply, also for an error in the middle of a stream.
    #[must_use]
    pub fn body(&self) -> OpenAiErrorBody {
        let details = self.0.details();
        let status = self.status();
        let kind = match status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        let first = details.errors.into_iter().next();
        let param = match self.0.code() {
            "model_not_found" | "model_ambiguous" | "workflow_inactive" => Some("model".to_owned()),
            _ => first.map(|error| error.field),
        };
        OpenAiErrorBody {
            error: OpenAiErrorDetails {
                message: details.detail,
                kind: kind.to_owned(),
                param,
                code: details.code,
            },
        }
    }
}

impl IntoResponse for OpenAiError {
    fn into_response(self) -> Response {
        let (status, body) = (self.status(), self.body());
        // Logs what belongs into the log, and sets headers such as `Retry-After`.
        let mut reply = self.0.into_response();
        let json = (status, Json(body)).into_response();
        let (parts, body) = json.into_parts();
        *reply.status_mut() = parts.status;
        reply.headers_mut().extend(parts.headers);
        *reply.body_mut() = body;
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_type_that_clients_look_for() {
        let told = |error: AppError| {
            let error = OpenAiError(error);
            let body = error.body().error;
            (error.status().as_u16(), body.kind, body.param, body.code)
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(
            told(AppError::field("n", "must be 1")),
            (400, text("invalid_request_error"), Some(text("n")), text("invalid_input"))
        );
        assert_eq!(told(AppError::unauthorized()).1, "authentication_error");
        let missing = AppError::new(StatusCode::NOT_FOUND, "model_not_found", "no");
        assert_eq!(
            told(missing),
            (404, text("invalid_request_error"), Some(text("model")), text("model_not_found"))
        );
        let busy = AppError::new(StatusCode::TOO_MANY_REQUESTS, "model_busy", "later");
        assert_eq!(told(busy).1, "rate_limit_error");
        assert_eq!(told(AppError::internal("x")).1, "server_error");
    }
}
