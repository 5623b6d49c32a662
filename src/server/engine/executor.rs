//! Runs one attempt of one node on a task of its own: renders its config, calls its handler, keeps the limits. Whatever
//! happens in there, a panic included, comes back as a value.

use super::{
    EngineLimits,
    attempt_steps::AttemptSteps,
    data::NodeInput,
    fair::{FairPlaces, Place},
};
use crate::{
    server::{
        clock::Clock,
        nodes::{
            Children, Effect, GlobalContext, Held, Log, LogLine, NodeContext, NodeError, NodeHandler,
            NodeOutput, NodeRegistry, NodeStep, Places, Redactor, Resource, Steps, TokenSink, Wait,
            WaitingSink,
        },
    },
    workflow::{
        catalog::{self, ERROR_PORT},
        document::Node,
        expression,
    },
};
use futures::FutureExt as _;
use serde_json::Value;
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Longest error message that is kept, in bytes: other servers choose what they say.
const ERROR_BYTES: usize = 16 << 10;

/// Everything that an attempt needs.
pub struct Attempt {
    pub node: Node,
    pub attempt: i32,
    pub first_port: String,
    pub input: NodeInput,
    pub global: Arc<GlobalContext>,
    pub use_pinned: bool,
    pub registry: NodeRegistry,
    pub clock: Clock,
    pub tokens: TokenSink,
    pub waiting: WaitingSink,
    pub cancel: CancellationToken,
    pub timeout: Duration,
    pub output_bytes: usize,
    /// When it was allowed to start.
    pub released: Instant,
    pub places: Arc<ResourcePlaces>,
    pub steps: AttemptSteps,
}

/// The places of what there is little of, handed out in turn between owners and their runs.
pub struct ResourcePlaces {
    models: FairPlaces,
    http: FairPlaces,
}

impl ResourcePlaces {
    pub fn new(limits: &EngineLimits) -> Self {
        Self { models: FairPlaces::new(limits.model_calls), http: FairPlaces::new(limits.http_calls) }
    }

    fn of(&self, resource: Resource) -> &FairPlaces {
        match resource {
            Resource::Model => &self.models,
            Resource::Http => &self.http,
        }
    }
}

/// Where an attempt waits for what there is little of.
struct Queue {
    places: Arc<ResourcePlaces>,
    waiting: WaitingSink,
    owner: uuid::Uuid,
    run: uuid::Uuid,
}

impl Queue {
    /// A place. Whoever watches is told that the step waits for a model.
    async fn place(&self, resource: Resource) -> Place {
        let places = self.places.of(resource);
        if let Some(place) = places.try_take() {
            return place;
        }
        if resource == Resource::Model {
            (self.waiting)(Some("Waiting for the model: other steps come first."));
        }
        let place = places.take_for(self.owner, self.run).await;
        (self.waiting)(None);
        place
    }
}

/// How an attempt ended.
#[derive(Debug)]
pub struct Report {
    pub result: Result<Made, NodeError>,
    pub logs: Vec<LogLine>,
    /// The work, without the waiting for a place.
    pub elapsed: Duration,
    pub queued: Duration,
    pub input_bytes: usize,
}

/// What an attempt that did not fail came to.
#[derive(Debug)]
pub enum Made {
    Finished(Finished),
    /// Its completion and its effect are durable already.
    Written(Finished),
    Waits(Wait),
    Children(Children),
}

/// What a successful attempt made.
#[derive(Debug)]
pub struct Finished {
    pub output: Arc<Value>,
    /// The output as JSON text, made once.
    pub output_json: Arc<str>,
    pub port: String,
    pub usage: Value,
    /// What becomes durable together with the completion.
    pub effect: Option<Effect>,
}

impl Attempt {
    fn queue(&self) -> Queue {
        Queue {
            places: Arc::clone(&self.places),
            waiting: Arc::clone(&self.waiting),
            owner: self.global.owner.0,
            run: self.global.run.id.0,
        }
    }

    /// Runs the attempt to its end.
    pub async fn run(self) -> Report {
        // What is pinned or disabled does not execute and needs no place.
        let handler = if self.executes() { self.registry.get(&self.node.node_type) } else { None };
        let _place = match handler.as_ref().and_then(|handler| handler.resource()) {
            Some(resource) => Some(self.queue().place(resource).await),
            None => None,
        };
        let queued = self.released.elapsed();
        let began = Instant::now();
        let (log, redactor) = (Arc::default(), Redactor::default());
        let work =
            AssertUnwindSafe(self.result(handler.as_deref(), Arc::clone(&log), &redactor)).catch_unwind();
        let mut result = match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(NodeError::permanent(
                "panic",
                format!(
                    "the step crashed: {}; this is a bug of Millrace, please report it",
                    panic_text(&*panic)
                ),
            )),
            Err(_) => {
                self.cancel.cancel();
                Err(NodeError::passing(
                    "timeout",
                    format!(
                        "took longer than {} ms; raise `timeout_ms` in the settings of this step, or make it do less",
                        self.timeout.as_millis()
                    ),
                ))
            }
        };
        let mut logs = log.lock().unwrap_or_else(PoisonError::into_inner).take(self.clock.now());
        // What was revealed to the handler goes no further, whichever way it comes back.
        if !redactor.is_empty() {
            if let Err(error) = &mut result {
                error.message = redactor.text(&error.message).into_owned();
            }
            for line in &mut logs {
                line.message = redactor.text(&line.message).into_owned();
            }
        }
        if let Err(error) = &mut result {
            cut(&mut error.message);
        }
        let elapsed = began.elapsed();
        let status = if result.is_ok() { "completed" } else { "failed" };
        metrics::histogram!(
            "millrace_step_duration_seconds",
            "node_type" => self.metric_type(),
            "status" => status
        )
        .record(elapsed.as_secs_f64());
        Report { result, logs, elapsed, queued, input_bytes: self.input.text.len() }
    }

    fn executes(&self) -> bool {
        let pinned = self.use_pinned && self.node.settings.pinned_output.is_some();
        !(self.node.settings.disabled || pinned)
    }

    async fn result(
        &self,
        handler: Option<&dyn NodeHandler>,
        log: Arc<Mutex<Log>>,
        redactor: &Redactor,
    ) -> Result<Made, NodeError> {
        if let Some(pinned) = self.pinned() {
            return self.finish(pinned?).map(Made::Finished);
        }
        if self.node.settings.disabled {
            return self.finish(NodeOutput::of(Value::clone(&self.input.input))).map(Made::Finished);
        }
        match self.handle(handler, log, redactor).await? {
            NodeStep::Done(mut output) => {
                redactor.value(&mut output.output);
                redactor.value(&mut output.usage);
                self.finish(output).map(Made::Finished)
            }
            NodeStep::Wait(mut wait) => {
                redactor.value(&mut wait.value);
                Ok(Made::Waits(wait))
            }
            NodeStep::Children(mut children) => {
                if !redactor.is_empty() {
                    let mut items = Value::Array(Arc::unwrap_or_clone(children.items));
                    redactor.value(&mut items);
                    children.items =
                        Arc::new(if let Value::Array(items) = items { items } else { Vec::new() });
                }
                Ok(Made::Children(children))
            }
        }
    }

    async fn handle(
        &self,
        handler: Option<&dyn NodeHandler>,
        log: Arc<Mutex<Log>>,
        redactor: &Redactor,
    ) -> Result<NodeStep, NodeError> {
        let unknown = || {
            NodeError::permanent(
                "unknown_node_type",
                format!("this Millrace has no node type `{}`; choose another type", self.node.node_type),
            )
        };
        let handler = handler.ok_or_else(unknown)?;
        let scope = self.input.scope(&self.global);
        // Handlers that are not in the catalogue (those of tests) take their config as it stands.
        let node_config = match catalog::find(&self.node.node_type) {
            Some(node_type) => {
                expression::render_config(node_type, &self.node.config, &scope).map_err(|e| {
                    NodeError::permanent(
                        e.error.code.as_str(),
                        format!("config.{}: {}", e.field, e.error.message),
                    )
                })?
            }
            None => self.node.config.clone(),
        };
        let steps = match handler.keeps_steps() {
            true => Steps::new(self.steps.read().await?, self.steps.sink()),
            false => Steps::default(),
        };
        let queue = Arc::new(self.queue());
        let give = move |resource: Resource| -> Pin<Box<dyn Future<Output = Held> + Send>> {
            let queue = Arc::clone(&queue);
            Box::pin(async move { Held::of(queue.place(resource).await) })
        };
        let context = NodeContext {
            workflow_run_id: self.global.run.id,
            node_id: self.node.id,
            node_name: self.node.name.clone(),
            attempt: self.attempt,
            node_config,
            inputs: self.input.inputs_object(),
            input: Arc::clone(&self.input.input),
            global_context: Arc::clone(&self.global),
            scope,
            cancel: self.cancel.clone(),
            redactor: redactor.clone(),
            clock: self.clock.clone(),
            tokens: self.hiding_sink(redactor),
            waiting: Arc::clone(&self.waiting),
            log,
            steps,
            places: Places::new(give),
        };
        handler.run(&context).await
    }

    /// Pieces of text are shown as they come, without the values in them.
    fn hiding_sink(&self, redactor: &Redactor) -> TokenSink {
        let (sink, redactor) = (Arc::clone(&self.tokens), redactor.clone());
        Arc::new(move |text: &str| sink(&redactor.text(text)))
    }

    /// The pinned output, where the run asks for pinned outputs and the node has one. A node with several ports is
    /// pinned as `{port, output}`.
    fn pinned(&self) -> Option<Result<NodeOutput, NodeError>> {
        let pinned = self.node.settings.pinned_output.as_ref().filter(|_| self.use_pinned)?;
        let ports: &[&str] = catalog::find(&self.node.node_type).map_or(&[], |t| t.outputs);
        if ports.iter().filter(|port| **port != ERROR_PORT).count() < 2 {
            return Some(Ok(NodeOutput::of(pinned.clone())));
        }
        Some(match (pinned.get("port").and_then(Value::as_str), pinned.get("output")) {
            (Some(port), Some(output)) if ports.contains(&port) => {
                Ok(NodeOutput { port: Some(port.to_owned()), ..NodeOutput::of(output.clone()) })
            }
            _ => Err(NodeError::permanent(
                "bad_pinned_output",
                format!(
                    "this step has several ports, so its pinned output must be {{\"port\": one of {}, \"output\": …}}; \
                     pin it again",
                    ports.join(", ")
                ),
            )),
        })
    }

    fn finish(&self, made: NodeOutput) -> Result<Finished, NodeError> {
        let output_json = serde_json::to_string(&made.output).map_err(|e| {
            NodeError::permanent("not_json", format!("the output cannot be written as JSON: {e}"))
        })?;
        if output_json.len() > self.output_bytes {
            return Err(NodeError::permanent(
                "output_too_large",
                format!(
                    "the output has {} bytes, the limit is {} (output_bytes); let this step give less",
                    output_json.len(),
                    self.output_bytes
                ),
            ));
        }
        let port = made.port.unwrap_or_else(|| self.first_port.clone());
        Ok(Finished {
            output: Arc::new(made.output),
            output_json: output_json.into(),
            port,
            usage: made.usage,
            effect: made.effect,
        })
    }

    /// Only names of the catalogue become labels: a workflow may hold any word.
    fn metric_type(&self) -> &'static str {
        catalog::find(&self.node.node_type).map_or("other", |t| t.name)
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Makes a long message end early.
fn cut(message: &mut String) {
    if message.len() > ERROR_BYTES {
        message.truncate(message.floor_char_boundary(ERROR_BYTES));
        message.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::{ERROR_BYTES, cut};

    #[test]
    fn long_messages_end_early_and_between_characters() {
        let mut short = "ü".repeat(ERROR_BYTES / 2);
        cut(&mut short);
        assert_eq!(short.len(), ERROR_BYTES);
        let mut long = format!("x{}", "ü".repeat(ERROR_BYTES));
        cut(&mut long);
        assert!(long.ends_with("ü…") && long.len() <= ERROR_BYTES + 3, "{}", long.len());
    }
}
