//! What a run tells while it goes on, as server-sent events.

use crate::{
    api::{events::RunEvent, problem::ProblemDetails},
    server::{
        error::AppError,
        http::{
            event_stream::event_stream,
            extract::{ReadScope, RunOf},
        },
        services::runs,
        state::AppState,
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response, sse::Event},
};
use futures::StreamExt;
use serde_json::{Value, json};

/// Follow a run
///
/// Stored events carry their number as id and come without gaps; `Last-Event-ID` replays what came after it.
/// `llm.token` and `llm.waiting` events are not stored. The stream ends after the terminal event; coming back after it is 204.
#[utoipa::path(get, path = "/api/workflows/{id}/runs/{run_id}/events", tag = "Runs",
    params(("id" = Uuid, Path), ("run_id" = Uuid, Path), ("Last-Event-ID" = Option<i64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 204, description = "The run has ended and everything was told"),
        (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn stream(
    State(state): State<AppState>,
    target: RunOf<ReadScope>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let RunOf { workflow, run } = target;
    let after = last_event_id(&headers)?;
    let Some(events) = runs::events(&state, workflow.owner, workflow.id, run, after).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    Ok(event_stream(events.map(sse), state.stopping.clone()))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, AppError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or("?").trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| AppError::field("Last-Event-ID", "is not the number of an event"))
}

fn sse(event: RunEvent) -> Event {
    let mut data = match event.payload {
        Value::Object(fields) => fields,
        Value::Null => serde_json::Map::new(),
        other => serde_json::Map::from_iter([("value".to_owned(), other)]),
    };
    data.insert("at".to_owned(), json!(event.at));
    let out = Event::default().event(event.kind.as_str()).data(Value::Object(data).to_string());
    match event.seq {
        Some(seq) => out.id(seq.to_string()),
        None => out,
    }
}
