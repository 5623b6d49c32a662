//! Language models: the catalogue, what is on disk, fetching, and chat on a local model.
//!
//! [`Models`] is the only door: it finds the model a request names, gives the request to that model's owner thread
//! and hands back the text. What belongs here: everything between "these messages" and "this text". What does not:
//! workflow steps (`server::nodes`) and HTTP (`server::services`, `server::http`).

mod catalog;
mod chat_model;
mod chat_template;
mod choices;
mod error;
mod everywhere;
mod fit;
mod generate;
mod grammar;
mod import;
mod library;
mod local;
mod models;
mod pull;
mod remote;
mod request;
mod sampler;
mod scheduler;
mod service;
#[cfg(test)]
pub(crate) mod testing;
mod text_stream;
mod tool_talk;
mod vocabulary;

pub mod bench;
pub use error::LlmError;
pub use everywhere::ChatModels;
pub use import::Imported;
pub use models::{Models, ModelsOptions};
pub use pull::{PullProgress, SilentProgress};
pub use remote::{Embedded, FoundRemote, Patience, RemoteBook, RemoteModel, Remotes};
pub use request::{ChatMessage, ChatReply, ChatRequest, ChatUsage, FinishReason, Role, Truncate};
pub use service::{Caller, ChatFuture, ChatService, IdentityFuture, Progress, ProgressSink};
pub use tool_talk::{ToolSpec, ToolTalk, ToolTurn};
