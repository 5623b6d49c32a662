//! `millrace collections add`: files into a collection, beside a running server or without one.

use super::{Failure, MISUSED};
use crate::{
    api::{
        uploads::{FileState, UploadFile, UploadState, UploadView},
        vectors::{CollectionBody, CollectionView},
    },
    server::{
        clock::Clock,
        config,
        error::AppError,
        services::{
            accounts, collections,
            uploads::{self, Sent, SentFile, UploadOptions},
        },
        state::AppState,
        telemetry,
    },
    workflow::ids::UserId,
};
use clap::Args;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

#[derive(Args)]
pub struct AddArguments {
    /// The collection; it is made if it is not there.
    name: String,
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Whose collection: a user name or e-mail address.
    #[arg(long = "as", value_name = "USER")]
    user: String,
    /// Tokens of a part at most, 16 to 254.
    #[arg(long, value_name = "TOKENS")]
    chunk_size: Option<usize>,
    /// Tokens that a part repeats of the one before.
    #[arg(long, value_name = "TOKENS")]
    chunk_overlap: Option<usize>,
    /// Rows of a table share a document with those beside them.
    #[arg(long)]
    grouped: bool,
}

/// Adds the files, telling on stderr how each of them fares.
pub async fn add(arguments: &AddArguments) -> Result<(), Failure> {
    let config = config::load()?;
    telemetry::start_logging("error");
    let options = UploadOptions::of(arguments.grouped, arguments.chunk_size, arguments.chunk_overlap)
        .map_err(Failure::misused)?;
    let state = AppState::beside_a_server(config, Clock::system()).await.map_err(Failure::failed)?;
    let result = execute(&state, arguments, options).await;
    state.close().await;
    let view = result?;
    let failed = view.files.iter().filter(|file| file.state != FileState::Done).count();
    let added: u64 = view.files.iter().map(|file| file.added).sum();
    println!("Added {added} documents to the collection \"{}\".", view.collection);
    match failed {
        0 => Ok(()),
        1 => Err(Failure::failed("one file was not taken in")),
        more => Err(Failure::failed(format!("{more} files were not taken in"))),
    }
}

async fn execute(
    state: &AppState,
    arguments: &AddArguments,
    options: UploadOptions,
) -> Result<UploadView, Failure> {
    let owner = accounts::named(state, &arguments.user).await.map_err(|_| {
        Failure::misused(format!(
            "there is no account \"{}\"; `millrace user create` makes one",
            arguments.user
        ))
    })?;
    let mut sent = Sent { files: Vec::new(), room: state.uploads.room() };
    for path in &arguments.files {
        let bytes = read(path)?;
        sent.room.grow(bytes.len() as u64).map_err(Failure::misused)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sent.files.push(SentFile { name, content_type: None, bytes });
    }
    let collection = find_or_make(state, owner, &arguments.name).await.map_err(refused)?;
    let view = uploads::start(state, owner, collection, sent, options).map_err(refused)?;
    watch(state, owner, view).await
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::misused(format!("{} cannot be read: {error}", path.display())))
}

async fn find_or_make(state: &AppState, owner: UserId, name: &str) -> Result<CollectionView, AppError> {
    match collections::get(state, owner, name).await {
        Err(error) if error.code() == "not_found" => {
            let body = CollectionBody { name: name.to_owned(), ..CollectionBody::default() };
            collections::create(state, owner, body).await
        }
        found => found,
    }
}

/// Waits for the end and tells of each file once it has ended.
async fn watch(state: &AppState, owner: UserId, mut view: UploadView) -> Result<UploadView, Failure> {
    let mut told = 0;
    loop {
        while let Some(file) = view.files.get(told).filter(|file| file.state.has_ended()) {
            eprintln!("{}", line(file));
            told += 1;
        }
        if view.state != UploadState::Running {
            return Ok(view);
        }
        tokio::select! {
            next = uploads::wait(state, owner, &view.collection, view.id, Duration::from_millis(200)) => {
                view = next.map_err(refused)?;
            }
            _ = tokio::signal::ctrl_c() => {
                // The batch that is being stored is the last.
                let _ = uploads::cancel(state, owner, &view.collection, view.id);
            }
        }
    }
}

fn line(file: &UploadFile) -> String {
    let mut line = match &file.error {
        Some(error) => format!("  {}: {}", file.name, error.message),
        None if file.state == FileState::Cancelled => format!("  {}: cancelled", file.name),
        None if file.skipped > 0 => {
            format!("  {}: {} added, {} were there already", file.name, file.added, file.skipped)
        }
        None => format!("  {}: {} added", file.name, file.added),
    };
    for warning in &file.warnings {
        line.push_str("\n    ");
        line.push_str(warning);
    }
    line
}

fn refused(error: AppError) -> Failure {
    if error.status().is_client_error() {
        Failure { code: MISUSED, message: error.to_string() }
    } else {
        Failure::failed(error)
    }
}
