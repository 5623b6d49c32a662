//! `llm_call`: one prompt, one answer of a chat model, streamed while it is made.

mod cache;

use super::{
    LogLevel, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, Resource, config,
    patience::insist,
};
use crate::{
    server::{
        llm::{
            Caller, ChatMessage, ChatReply, ChatRequest, ChatService, ChatUsage, FinishReason, LlmError,
            Progress, Truncate,
        },
        store::llm_cache::Answers,
    },
    workflow::catalog::{self, CutPrompt},
};
use cache::Place;
use serde_json::{Value, json};
use std::sync::Arc;

pub struct LlmCall {
    service: Arc<dyn ChatService>,
    answers: Answers,
}

impl LlmCall {
    pub fn new(service: Arc<dyn ChatService>, answers: Answers) -> Self {
        Self { service, answers }
    }

    async fn ask(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let (request, wants_cache) = request(context)?;
        let place = match wants_cache {
            true => self.place(context, &request).await,
            false => None,
        };
        if let Some(place) = &place
            && let Some(reply) = place.find(&self.answers, context).await
        {
            context.log(LogLevel::Info, format!("from the cache: {} answered this before", reply.model));
            context.emit_token(&reply.text);
            let usage = json!({
                "cached": true, "model": reply.model, "finish_reason": reply.finish_reason,
                "saved_tokens": reply.usage.completion_tokens,
            });
            return Ok(NodeOutput { usage, ..NodeOutput::of(output(reply)) }.into());
        }
        let reply = insist(|| self.service.chat(request.clone(), caller(context))).await?;
        tell(context, &reply);
        if let Some(place) = &place {
            place.keep(&self.answers, context, &reply).await;
        }
        let usage = usage(&reply)?;
        Ok(NodeOutput { usage, ..NodeOutput::of(output(reply)) }.into())
    }

    /// The place of the question in the cache, where it can have one.
    async fn place(&self, context: &NodeContext, request: &ChatRequest) -> Option<Place> {
        let owner = Some(context.global_context.owner);
        let identity = self.service.identity(request.model.as_deref(), owner).await?;
        Place::of(&identity, request)
    }
}

fn output(reply: ChatReply) -> Value {
    reply.value.unwrap_or(Value::String(reply.text))
}

impl NodeHandler for LlmCall {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(self.ask(context))
    }

    fn resource(&self) -> Option<Resource> {
        Some(Resource::Model)
    }
}

impl From<LlmError> for NodeError {
    fn from(error: LlmError) -> Self {
        Self {
            code: error.code.to_owned(),
            message: error.message,
            retryable: error.retryable,
            retry_after: None,
        }
    }
}

/// The question, and whether an answer that was given before will do.
fn request(context: &NodeContext) -> Result<(ChatRequest, bool), NodeError> {
    let config: catalog::LlmCall = config(&context.node_config)?;
    let wants_cache = config.cache;
    let mut messages = Vec::with_capacity(2);
    if let Some(system) = config.system.filter(|text| !text.trim().is_empty()) {
        messages.push(ChatMessage::system(system));
    }
    messages.push(ChatMessage::user(config.prompt_template));
    let request = ChatRequest {
        model: config.model.filter(|name| !name.trim().is_empty()),
        messages,
        temperature: config.temperature,
        top_p: config.top_p,
        max_tokens: config.max_tokens,
        seed: config.seed,
        stop: config.stop.unwrap_or_default(),
        choices: config.choices,
        schema: config.output_schema,
        talk: None,
        truncate: match config.truncate {
            CutPrompt::No => None,
            CutPrompt::Start => Some(Truncate::Start),
            CutPrompt::Middle => Some(Truncate::Middle),
        },
    };
    Ok((request, wants_cache))
}

/// Whoever watches the run sees the text as it comes, and before it that others are served first.
pub(super) fn caller(context: &NodeContext) -> Caller {
    let (text, waiting) = (context.token_sink(), context.waiting_sink());
    let progress = move |progress: Progress<'_>| match progress {
        Progress::Text(piece) => text(piece),
        Progress::Waiting { ahead } => waiting(Some(&waits_for(ahead))),
        Progress::Loading => waiting(Some("The model is loaded into memory.")),
        Progress::Started => waiting(None),
    };
    Caller {
        owner: Some(context.global_context.owner),
        progress: Box::new(progress),
        cancel: context.cancel.child_token(),
        redactor: context.redactor.clone(),
    }
}

fn waits_for(ahead: u32) -> String {
    match ahead {
        1 => "Waiting for the model: one request comes first.".to_owned(),
        more => format!("Waiting for the model: {more} requests come first."),
    }
}

fn tell(context: &NodeContext, reply: &ChatReply) {
    let ChatUsage { completion_tokens, truncated_tokens, time_to_first_token_ms, tokens_per_second, .. } =
        reply.usage;
    let speed = tokens_per_second.map(|speed| format!(", {speed:.1} tokens/s")).unwrap_or_default();
    context.log(
        LogLevel::Info,
        format!(
            "{} answered with {completion_tokens} tokens, the first after {time_to_first_token_ms} ms{speed}",
            reply.model
        ),
    );
    if truncated_tokens > 0 {
        let message = format!("the prompt was too long: {truncated_tokens} tokens of it were left out");
        context.log(LogLevel::Warn, message);
    }
    if reply.value.is_some() && reply.finish_reason == FinishReason::Length {
        let message = "the document was brought to its shortest end, because max_tokens was used up";
        context.log(LogLevel::Warn, message);
    }
}

/// Which model answered, why it stopped and what it cost.
fn usage(reply: &ChatReply) -> Result<Value, NodeError> {
    let damaged = |e: serde_json::Error| NodeError::permanent("internal_error", e.to_string());
    let mut usage = serde_json::to_value(&reply.usage).map_err(damaged)?;
    let finish_reason = serde_json::to_value(reply.finish_reason).map_err(damaged)?;
    if let Value::Object(fields) = &mut usage {
        fields.insert("model".to_owned(), json!(reply.model));
        fields.insert("finish_reason".to_owned(), finish_reason);
    }
    Ok(usage)
}
