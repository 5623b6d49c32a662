//! Uploads: whose collection, how the files are to be read, and the files themselves as `multipart/form-data`.

use super::{
    auth::Needed,
    owned::{CollectionOf, path_id},
    query::pairs,
};
use crate::server::{
    error::AppError,
    services::uploads::{Sent, SentFile, UploadOptions},
    state::AppState,
};
use axum::{
    extract::{
        FromRequest, FromRequestParts, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, request::Parts},
};
use std::time::Duration;
use uuid::Uuid;

/// An upload into a collection, by its id; whether it is there, the service says.
pub struct UploadOf<S> {
    pub collection: CollectionOf<S>,
    pub id: Uuid,
}

impl<S: Needed> FromRequestParts<AppState> for UploadOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let collection = CollectionOf::from_request_parts(parts, state).await?;
        let id = path_id(parts, state, "id", "upload").await?;
        Ok(Self { collection, id })
    }
}

/// `?chunk_size=&chunk_overlap=&rows=each|grouped`.
pub struct UploadQuery(pub UploadOptions);

impl FromRequestParts<AppState> for UploadQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let mut pairs = pairs(parts, state).await?;
        let mut number = |name: &str| match pairs.remove(name).filter(|text| !text.is_empty()) {
            Some(text) => {
                text.parse().map(Some).map_err(|_| AppError::field(name, "must be a number of tokens"))
            }
            None => Ok(None),
        };
        let (size, overlap) = (number("chunk_size")?, number("chunk_overlap")?);
        let grouped = match pairs.remove("rows").as_deref() {
            None | Some("" | "each") => false,
            Some("grouped") => true,
            Some(_) => return Err(AppError::field("rows", "must be `each` or `grouped`")),
        };
        UploadOptions::of(grouped, size, overlap).map(Self)
    }
}

/// The files of a `multipart/form-data` body, whatever their fields are called.
pub struct SentFiles(pub Sent);

impl FromRequest<AppState> for SentFiles {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AppError> {
        let mut form = Multipart::from_request(request, state).await.map_err(|_| {
            AppError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_multipart",
                "This address takes files. Send them as `multipart/form-data`, as `curl -F file=@notes.md` does.",
            )
        })?;
        let pause = Duration::from_secs(state.config.server.request_timeout_seconds);
        let most = state.config.ingest.max_upload_files;
        let mut sent = Sent { files: Vec::new(), room: state.uploads.room() };
        loop {
            let next = tokio::time::timeout(pause, form.next_field()).await.map_err(|_| stalled(pause))?;
            let Some(field) = next.map_err(|error| unreadable(&error))? else { return Ok(Self(sent)) };
            let Some(name) = field.file_name().map(str::to_owned) else {
                let field = field.name().unwrap_or("field").to_owned();
                return Err(AppError::field(
                    field,
                    "is not a file; options go into the address, such as ?chunk_size=200",
                ));
            };
            if sent.files.len() == most {
                return Err(AppError::field(
                    "files",
                    format!("are more than {most} (MILLRACE_MAX_UPLOAD_FILES); send them in several uploads"),
                ));
            }
            let content_type = field.content_type().map(str::to_owned);
            let bytes = receive(field, &mut sent, pause).await?;
            // A file field that was left empty in a browser.
            if !(name.is_empty() && bytes.is_empty()) {
                sent.files.push(SentFile { name, content_type, bytes });
            }
        }
    }
}

async fn receive(mut field: Field<'_>, sent: &mut Sent, pause: Duration) -> Result<Vec<u8>, AppError> {
    let mut bytes = Vec::new();
    loop {
        let chunk = tokio::time::timeout(pause, field.chunk()).await.map_err(|_| stalled(pause))?;
        let Some(chunk) = chunk.map_err(|error| unreadable(&error))? else { return Ok(bytes) };
        sent.room.grow(chunk.len() as u64)?;
        bytes.extend_from_slice(&chunk);
    }
}

fn stalled(pause: Duration) -> AppError {
    AppError::new(
        StatusCode::REQUEST_TIMEOUT,
        "timeout",
        format!(
            "Nothing of the files arrived for {} seconds (MILLRACE_REQUEST_TIMEOUT_SECONDS). Send them again.",
            pause.as_secs()
        ),
    )
}

fn unreadable(error: &MultipartError) -> AppError {
    AppError::new(
        StatusCode::BAD_REQUEST,
        "malformed_multipart",
        format!(
            "The body is not what `multipart/form-data` should be: {}. Send it again.",
            error.body_text()
        ),
    )
}
