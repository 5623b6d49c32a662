//! Vectors of texts, as `/v1/embeddings` gives them.

use crate::{
    api::openai::{EmbeddingList, EmbeddingView, EmbeddingsBody, TokenUsage},
    server::{
        error::AppError,
        llm::{Embedded, LlmError},
        services::Fields,
        state::AppState,
    },
    workflow::ids::UserId,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::sync::Arc;

/// Texts of one request.
const MOST_TEXTS: usize = 2048;

/// The vectors of a request's texts, in their order.
///
/// # Errors
/// 404 `model_not_found`, 422 with the fields that break a rule, what the model says.
pub async fn embeddings(
    state: &AppState,
    owner: UserId,
    body: EmbeddingsBody,
) -> Result<EmbeddingList, AppError> {
    let embedder = state.search.embedder();
    if body.model.is_empty() {
        return Err(AppError::field("model", format!("is missing; it is `{}`", embedder.model())));
    }
    let elsewhere = match body.model == embedder.model() {
        true => None,
        false => {
            let found = state.search.embedders().find(owner, &body.model).await?;
            Some(found.ok_or_else(|| super::not_found(&body.model))?)
        }
    };
    let dimension = elsewhere.as_ref().and_then(|model| model.dimension).unwrap_or(embedder.dimension());
    let mut fields = Fields::default();
    let texts = texts(&body.input, &mut fields);
    let as_base64 = match body.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => {
            fields.refuse("encoding_format", "must be `float` or `base64`");
            false
        }
    };
    if body.dimensions.is_some_and(|dimensions| dimensions != dimension) {
        fields.refuse("dimensions", format!("must be {dimension}, or left out"));
    }
    fields.check()?;
    let Embedded { vectors, tokens } = match elsewhere {
        Some(model) => state.search.embedders().ask(owner, &model, &texts).await?,
        None => here(state, texts).await?,
    };
    let view = |(index, vector): (usize, Vec<f32>)| EmbeddingView {
        object: "embedding".to_owned(),
        index: u32::try_from(index).unwrap_or(u32::MAX),
        embedding: if as_base64 { packed(&vector) } else { vector.into() },
    };
    Ok(EmbeddingList {
        object: "list".to_owned(),
        data: vectors.into_iter().enumerate().map(view).collect(),
        model: body.model,
        usage: TokenUsage::of(tokens, 0),
    })
}

/// The vectors of this machine's model, and the tokens of the texts.
async fn here(state: &AppState, texts: Vec<String>) -> Result<Embedded, AppError> {
    let embedder = state.search.embedder();
    let counted = texts.clone();
    let vectors = embedder.embed(texts).await?;
    let counter = Arc::clone(embedder);
    let count = move || -> Result<u64, LlmError> {
        let tokenizer = counter.tokenizer()?;
        let lengths =
            counted.iter().map(|text| tokenizer.encode_fast(text.as_str(), true).map_or(0, |e| e.len()));
        Ok(lengths.map(|length| length as u64).sum())
    };
    let tokens = tokio::task::spawn_blocking(count).await.map_err(AppError::internal)??;
    Ok(Embedded { vectors, tokens })
}

/// Four bytes a number, the lowest first.
fn packed(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    Value::String(STANDARD.encode(bytes))
}

fn texts(input: &Value, fields: &mut Fields) -> Vec<String> {
    let texts: Option<Vec<String>> = match input {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    match texts {
        None => fields.refuse("input", "must be a text or a list of texts; numbers of tokens are not read"),
        Some(texts) if texts.is_empty() => fields.refuse("input", "is empty; send at least one text"),
        Some(texts) if texts.len() > MOST_TEXTS => {
            fields.refuse("input", format!("has more than {MOST_TEXTS} texts; send them in parts"));
        }
        Some(texts) => match texts.iter().position(String::is_empty) {
            Some(index) => fields.refuse(format!("input.{index}"), "is empty text"),
            None => return texts,
        },
    }
    Vec::new()
}
