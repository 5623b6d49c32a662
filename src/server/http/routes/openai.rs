//! `/v1`: the interface of OpenAI, so that its clients can ask the models and workflows of an account. Errors have its form,
//! too.

mod error;
mod extract;
mod stream;

pub use error::OpenAiError;

use crate::{
    api::openai::{
        ChatAnswer, ChatBody, ChatChoice, ChatCompletion, EmbeddingList, EmbeddingsBody, ModelCards,
        OpenAiErrorBody,
    },
    server::{
        services::openai::{self, Piece},
        state::AppState,
    },
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use extract::{OpenAiAuth, OpenAiBody};
use stream::Told;

/// List what can be asked
///
/// Models of this installation, models elsewhere that the account added, and its active workflows as `workflow/NAME`.
#[utoipa::path(get, path = "/v1/models", tag = "OpenAI", responses(
    (status = 200, body = ModelCards),
    (status = 401, body = OpenAiErrorBody),
    (status = 403, body = OpenAiErrorBody)))]
pub async fn models(
    State(state): State<AppState>,
    auth: OpenAiAuth,
) -> Result<Json<ModelCards>, OpenAiError> {
    Ok(Json(openai::list(&state, auth.user).await?))
}

/// Chat with a model or a workflow
///
/// As OpenAI's: streaming with `stream`, documents with `response_format`, which the sampler of a local model cannot leave.
/// A workflow takes the last message as its input and answers with its output. Tools and more than one answer are refused;
/// fields that are not known are left alone.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "OpenAI", request_body = ChatBody, responses(
    (status = 200, description = "With `stream`, events with `ChatChunk` and `[DONE]` at the end", body = ChatCompletion),
    (status = 400, body = OpenAiErrorBody),
    (status = 401, body = OpenAiErrorBody),
    (status = 403, body = OpenAiErrorBody),
    (status = 404, description = "`model_not_found`, `workflow_inactive`", body = OpenAiErrorBody),
    (status = 422, description = "What the model or the workflow failed with", body = OpenAiErrorBody),
    (status = 429, description = "`model_busy`", body = OpenAiErrorBody)))]
pub async fn chat(
    State(state): State<AppState>,
    auth: OpenAiAuth,
    OpenAiBody(body): OpenAiBody<ChatBody>,
) -> Result<Response, OpenAiError> {
    let is_streamed = body.stream == Some(true);
    let with_usage = body.stream_options.and_then(|options| options.include_usage) == Some(true);
    let mut answering = openai::chat(&state, auth.user, body).await?;
    let told = Told::new(&answering.model, state.clock.now().timestamp());
    if is_streamed {
        // What fails before the first word gets its own status.
        let first = answering.next().await?;
        return Ok(stream::reply(told, first, answering, with_usage, state.stopping.clone()));
    }
    let mut content = String::new();
    loop {
        match answering.next().await? {
            Piece::Text(text) => content.push_str(&text),
            Piece::Done { finish_reason, usage } => {
                let message = ChatAnswer { role: "assistant".to_owned(), content, refusal: None };
                let choice = ChatChoice { index: 0, message, logprobs: None, finish_reason };
                let Told { id, created, model } = told;
                let object = "chat.completion".to_owned();
                let choices = vec![choice];
                return Ok(
                    Json(ChatCompletion { id, object, created, model, choices, usage }).into_response()
                );
            }
        }
    }
}

/// Make vectors of texts
///
/// With the embedding model of this installation.
#[utoipa::path(post, path = "/v1/embeddings", tag = "OpenAI", request_body = EmbeddingsBody, responses(
    (status = 200, body = EmbeddingList),
    (status = 400, body = OpenAiErrorBody),
    (status = 401, body = OpenAiErrorBody),
    (status = 403, body = OpenAiErrorBody),
    (status = 404, description = "`model_not_found`", body = OpenAiErrorBody),
    (status = 429, description = "`model_busy`", body = OpenAiErrorBody)))]
pub async fn embeddings(
    State(state): State<AppState>,
    auth: OpenAiAuth,
    OpenAiBody(body): OpenAiBody<EmbeddingsBody>,
) -> Result<Json<EmbeddingList>, OpenAiError> {
    Ok(Json(openai::embeddings(&state, auth.user, body).await?))
}
