//! `agent`: a model that uses tools until it has an answer. A durable loop: what the model said, what is about to be
//! called and what came of it are written down one by one, each before the next depends on it. Whoever goes on, after a
//! crash, after a child run or after a person's decision, finds them and does nothing of it again.

mod budget;
mod call;
mod prompt;
mod story;
#[cfg(test)]
mod tests;
mod tools;

pub use tools::Toolbox;

use super::{
    LogLevel, NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeStep, Resource, config,
    llm_call, patience::insist,
};
use crate::server::hex::hex;
use crate::{
    server::{
        llm::{ChatRequest, ChatService, FinishReason, Truncate},
        store::checkpoints::{CALL, OBSERVATION, THOUGHT, given_up},
    },
    workflow::catalog,
};
use budget::{Budget, Leave};
use call::Outcome;
use prompt::Prompt;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use story::{Said, Story, Turn};
use tools::Tool;

/// A call that was made so often before is not made again; the model is told.
const TOLD_AT: usize = 2;

pub struct Agent {
    service: Arc<dyn ChatService>,
    toolbox: Toolbox,
}

impl Agent {
    pub fn new(service: Arc<dyn ChatService>, toolbox: Toolbox) -> Self {
        Self { service, toolbox }
    }

    async fn work(&self, context: &NodeContext) -> Result<NodeStep, NodeError> {
        let config: catalog::Agent = config(&context.node_config)?;
        let tools = self.toolbox.tools(context, &config.tools).await?;
        let task = digest(&config);
        let mut story = Story::of(&context.steps.recorded(), &task);
        story.recall(context, &tools);
        loop {
            let Some(turn) = story.turns.last().filter(|turn| !turn.is_over()) else {
                let said = Said { task: task.clone(), ..self.ask(context, &config, &tools, &story).await? };
                context.checkpoint(THOUGHT, said.payload(), &said.line(story.turns.len() + 1)).await?;
                story.turns.push(Turn::of(said));
                continue;
            };
            if turn.said.is_final() {
                return Ok(self.done(&story, turn).into());
            }
            let same = story.same_before();
            if same > TOLD_AT {
                return Err(looped(&turn.said));
            }
            if turn.call.is_none() {
                let (line, number) = (turn.said.call_line(), context.steps.next());
                context.checkpoint(CALL, turn.said.call(), &line).await?;
                story.called(number);
                continue;
            }
            let outcome = match tools.iter().find(|tool| tool.name() == turn.said.tool) {
                _ if same == TOLD_AT => Outcome::again(),
                None => Outcome::unknown(&turn.said.tool),
                Some(tool) => match tool.next(turn) {
                    call::Next::Wait(wait) => return Ok(NodeStep::Wait(wait(context.steps.next()))),
                    call::Next::Children(spec) => {
                        let (first, seq) = (story.children_before(&tools), context.steps.next());
                        return Ok(NodeStep::Children(spec.children(first, seq)));
                    }
                    call::Next::Refused(outcome) => outcome,
                    call::Next::Use => {
                        let key = turn.key(context);
                        Outcome::of(self.toolbox.call(context, tool, &turn.said.input, &key).await)
                    }
                },
            };
            // Before the cut: half a secret would not be known for one. What the model says next may go anywhere.
            let observed =
                Outcome::read(&context.without_secrets(outcome.payload())).cut(config.result_chars);
            let line = observed.line(&turn.said.tool);
            context.checkpoint(OBSERVATION, observed.payload(), &line).await?;
            story.observed(observed);
        }
    }

    /// Asks the model for the next step.
    async fn ask(
        &self,
        context: &NodeContext,
        config: &catalog::Agent,
        tools: &[Tool],
        story: &Story,
    ) -> Result<Said, NodeError> {
        let Budget { leave, max_tokens } = Budget::of(config, story)?;
        let is_last = leave != Leave::ToGoOn;
        let prompt = Prompt { config, tools, story, leave };
        let request = ChatRequest {
            model: config.model.clone().filter(|name| !name.trim().is_empty()),
            max_tokens,
            schema: Some(prompt.schema()),
            talk: Some(prompt.talk()),
            // Results are cut already; a long task or many steps may still be too much for a small context.
            truncate: Some(Truncate::Middle),
            ..ChatRequest::of(prompt.messages())
        };
        let reply = {
            let _place = context.place(Resource::Model).await;
            insist(|| self.service.chat(request.clone(), llm_call::caller(context))).await?
        };
        context.emit_token("\n");
        if reply.usage.truncated_tokens > 0 {
            let message = format!(
                "the model's context is too small for all of it: {} tokens of the prompt were left out",
                reply.usage.truncated_tokens
            );
            context.log(LogLevel::Warn, message);
        }
        if reply.finish_reason == FinishReason::Length {
            context.log(
                LogLevel::Warn,
                "a step was brought to its shortest end, because max_tokens was used up",
            );
        }
        Said::of(&reply, is_last)
    }

    fn done(&self, story: &Story, last: &Turn) -> NodeOutput {
        let tokens = story.tokens();
        let usage = json!({
            "model": last.said.model,
            "prompt_tokens": tokens.prompt,
            "completion_tokens": tokens.completion,
            "steps": story.turns.len(),
            "calls": story.turns.iter().filter(|turn| turn.call.is_some()).count(),
        });
        NodeOutput { usage, ..NodeOutput::of(last.said.input.clone()) }
    }
}

impl NodeHandler for Agent {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(self.work(context))
    }

    fn keeps_steps(&self) -> bool {
        true
    }
}

/// Tells one task from another: what was done for another one, as when an input is another one after a resume, is no
/// part of this story.
fn digest(config: &catalog::Agent) -> String {
    let task = json!([config.prompt_template, config.system, config.tools, config.output_schema]);
    let hash = Sha256::digest(task.to_string());
    hex(&hash[..16])
}

fn looped(said: &Said) -> NodeError {
    NodeError::permanent(
        given_up::LOOPS,
        format!(
            "The agent calls `{}` with the same input again and again, although it was told so. Say more in the task, \
             describe the tool better, or take a larger model.",
            said.tool
        ),
    )
}
