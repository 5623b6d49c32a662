//! Talking to a model or a workflow, as the chat page does: an answer with all that happens on the way to it.

use crate::{
    api::{
        chat::{ChatEvent, ChatFailure},
        openai::ChatBody,
        problem::ProblemDetails,
    },
    server::{
        error::AppError,
        http::{
            event_stream::event_stream,
            extract::{Auth, JsonBody, RunScope},
        },
        services::openai::{self, Answering},
        state::AppState,
    },
};
use axum::{
    extract::State,
    response::{Response, sse::Event},
};
use futures::stream;

/// Chat, and follow what happens
///
/// Takes what `POST /v1/chat/completions` takes and always streams: besides the text, who waits how long for the model
/// and which step of a workflow runs. Whoever hangs up ends the work.
#[utoipa::path(post, path = "/api/chat", tag = "Catalogue", request_body = ChatBody, responses(
    (status = 200, description = "Events, each a `ChatEvent`; `done` or `failed` is the last one",
        content_type = "text/event-stream", body = ChatEvent),
    (status = 401, body = ProblemDetails),
    (status = 403, body = ProblemDetails),
    (status = 404, description = "`model_not_found`, `workflow_inactive`", body = ProblemDetails),
    (status = 422, body = ProblemDetails)))]
pub async fn chat(
    State(state): State<AppState>,
    auth: Auth<RunScope>,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, AppError> {
    let answering = openai::chat(&state, auth.user, body).await?;
    let events = stream::unfold(Some(answering), |answering| async {
        let mut answering: Answering = answering?;
        let event = answering.next_event().await.unwrap_or_else(|error| failed(&error));
        let has_ended = matches!(event, ChatEvent::Done(_) | ChatEvent::Failed(_));
        Some((told(&event), (!has_ended).then_some(answering)))
    });
    Ok(event_stream(events, state.stopping.clone()))
}

fn failed(error: &AppError) -> ChatEvent {
    let details = error.details();
    if details.status >= 500 {
        tracing::error!(code = details.code, "an answer of the chat failed: {error:?}");
    }
    ChatEvent::Failed(ChatFailure { code: details.code, message: details.detail })
}

fn told(event: &ChatEvent) -> Event {
    // Only maps with keys that are no text cannot be written.
    Event::default().data(serde_json::to_string(event).unwrap_or_default())
}
