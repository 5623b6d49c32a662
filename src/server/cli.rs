//! The command line: `millrace serve`, `run`, `validate` and the rest. Wires the parts of the server together.

mod ask;
mod collections;
mod config;
mod extract;
mod file;
mod migrate;
mod models;
mod run;
mod secrets;
mod serve;
mod user;
mod validate;

use super::{config::ConfigError, http};
use clap::{CommandFactory, Parser, Subcommand};
use std::{io::Write as _, path::PathBuf, process::ExitCode};

/// The run failed, or what was asked could not be done.
pub const FAILED: u8 = 1;
/// The arguments, a file or a setting are wrong.
pub const MISUSED: u8 = 2;

#[derive(Parser)]
#[command(name = "millrace", version, about = "AI workflows: draw them, run them, see what every step did.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the interface and the API.
    Serve,
    /// Run a workflow file once: no server, no account. The output goes to stdout, what happens to stderr. Steps that need
    /// an approval ask on stderr and read a line of stdin.
    Run {
        file: PathBuf,
        /// JSON, `@FILE` with JSON, or `-` for stdin.
        #[arg(long, value_name = "JSON")]
        input: Option<String>,
        /// Tell nothing of what happens.
        #[arg(long, short)]
        quiet: bool,
    },
    /// Check a workflow file; exit code 2 if it cannot run.
    Validate {
        file: PathBuf,
        /// Print the problems as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Bring the database up to date.
    Migrate,
    /// The chat and embedding models on this machine.
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Documents to search in.
    #[command(subcommand)]
    Collections(CollectionsCommand),
    /// Accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// The keys that seal credentials.
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Print every setting, its value and where it came from.
    Config,
    /// Print the OpenAPI document.
    Openapi,
    /// Read one file on standard input; what a server does with each uploaded file, in a process that may come to harm.
    #[command(hide = true)]
    Extract(extract::ExtractArguments),
}

#[derive(Subcommand)]
enum ModelsCommand {
    /// List the models and their state.
    List,
    /// Fetch a model; if none is named, the best chat model that can be reached and the embedding model.
    Pull { name: Option<String> },
    /// Take a GGUF file of this machine, which stays where it is: checked, copied, listed from then on.
    Import {
        file: PathBuf,
        /// What steps call it; made of the file's name if it is not given.
        #[arg(long)]
        name: Option<String>,
    },
    /// Ask a model one question; tells how fast it reads and writes and what memory it takes.
    Test {
        name: Option<String>,
        #[arg(long, default_value = "Why is the sky blue? Answer in one sentence.")]
        prompt: String,
    },
}

#[derive(Subcommand)]
enum CollectionsCommand {
    /// Add files to a collection: txt, md, html, csv, tsv, json, jsonl, pdf. What it has already is skipped.
    Add(collections::AddArguments),
}

#[derive(Subcommand)]
enum SecretsCommand {
    /// Seal every credential with a new key; a server may run meanwhile.
    Rotate,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make an account.
    Create {
        name: String,
        #[arg(long)]
        email: String,
        /// Read the password from stdin even where it is a terminal.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set another password.
    Password {
        name: String,
        /// Read the password from stdin even where it is a terminal.
        #[arg(long)]
        password_stdin: bool,
    },
}

/// What went wrong, and the exit code it gives.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    /// Something could not be done (exit code 1).
    pub fn failed(message: impl std::fmt::Display) -> Self {
        Self { code: FAILED, message: message.to_string() }
    }

    /// A file, an argument or a setting is wrong (exit code 2).
    pub fn misused(message: impl std::fmt::Display) -> Self {
        Self { code: MISUSED, message: message.to_string() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::misused(error)
    }
}

/// Writes to stdout; a reader that has seen enough, such as `head`, is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::failed(error)),
        _ => Ok(()),
    }
}

/// Reads the arguments, does what they say, gives the exit code.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(command) = arguments.command else {
        return match Arguments::command().print_help() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(FAILED),
        };
    };
    if let Command::Extract(arguments) = command {
        // A process of one thread, and no more than it needs.
        return extract::extract(&arguments);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("millrace: cannot start: {error}");
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(execute(command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                eprintln!("millrace: {}", failure.message);
            }
            ExitCode::from(failure.code)
        }
    }
}

async fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve => serve::serve().await,
        Command::Run { file, input, quiet } => run::run(&file, input.as_deref(), quiet).await,
        Command::Validate { file, json } => validate::validate(&file, json),
        Command::Migrate => migrate::migrate().await,
        Command::Models(ModelsCommand::List) => models::list(),
        Command::Models(ModelsCommand::Pull { name }) => models::pull(name.as_deref()).await,
        Command::Models(ModelsCommand::Import { file, name }) => models::import(&file, name.as_deref()).await,
        Command::Models(ModelsCommand::Test { name, prompt }) => models::test(name.as_deref(), &prompt).await,
        Command::Collections(CollectionsCommand::Add(arguments)) => collections::add(&arguments).await,
        Command::User(UserCommand::Create { name, email, password_stdin }) => {
            user::create(&name, &email, password_stdin).await
        }
        Command::User(UserCommand::Password { name, password_stdin }) => {
            user::set_password(&name, password_stdin).await
        }
        Command::Secrets(SecretsCommand::Rotate) => secrets::rotate().await,
        Command::Config => config::print(),
        // Done before there was a runtime.
        Command::Extract(_) => Ok(()),
        Command::Openapi => {
            let text = http::openapi::complete_document().to_pretty_json().map_err(Failure::failed)?;
            print(&format!("{text}\n"))
        }
    }
}
