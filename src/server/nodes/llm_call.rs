//! `llm_call`: one prompt, one answer of a chat model, streamed while it is made.

use super::{
    LogLevel, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, Resource, config,
};
use crate::{
    server::llm::{ChatMessage, ChatReply, ChatRequest, LlmError, Models},
    workflow::catalog,
};
use serde_json::{Value, json};

pub struct LlmCall {
    models: Models,
}

impl LlmCall {
    pub fn new(models: Models) -> Self {
        Self { models }
    }

    async fn ask(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let request = request(context)?;
        let sink = context.token_sink();
        let on_text = Box::new(move |text: &str| sink(text));
        let reply = self.models.chat(request, on_text, context.cancel.child_token()).await?;
        context.log(
            LogLevel::Info,
            format!("{} answered with {} tokens", reply.model, reply.usage.completion_tokens),
        );
        let usage = usage(&reply)?;
        Ok(NodeOutput { usage, ..NodeOutput::of(Value::String(reply.text)) }.into())
    }
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

fn request(context: &NodeContext) -> Result<ChatRequest, NodeError> {
    let config: catalog::LlmCall = config(&context.node_config)?;
    let mut messages = Vec::with_capacity(2);
    if let Some(system) = config.system.filter(|text| !text.trim().is_empty()) {
        messages.push(ChatMessage::system(system));
    }
    messages.push(ChatMessage::user(config.prompt_template));
    Ok(ChatRequest {
        model: config.model.filter(|name| !name.trim().is_empty()),
        messages,
        temperature: config.temperature,
        top_p: config.top_p,
        max_tokens: config.max_tokens,
        seed: config.seed,
        stop: config.stop.unwrap_or_default(),
        choices: config.choices,
    })
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
