//! Tables by their name, questions to them, and CSV files.

use super::{
    auth::{Auth, Needed},
    owned::path_id,
    query::{PageQuery, pairs},
};
use crate::{
    api::tables::{ImportOptions, RowQuery, WriteMode},
    server::{error::AppError, services::tables, state::AppState},
    workflow::ids::UserId,
};
use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request},
    http::{StatusCode, header, request::Parts},
};
use std::marker::PhantomData;

/// A table of somebody who may do what `S` says.
pub struct TableOf<S> {
    pub owner: UserId,
    pub name: String,
    needed: PhantomData<S>,
}

impl<S: Needed> FromRequestParts<AppState> for TableOf<S> {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let owner = Auth::<S>::from_request_parts(parts, state).await?.user;
        let name: String = path_id(parts, state, "name", "table").await?;
        tables::check_owner(state, owner, &name).await?;
        Ok(Self { owner, name, needed: PhantomData })
    }
}

/// `?where=JSON&order=a,-b&limit=&after=`.
pub struct RowsQuery(pub RowQuery);

impl FromRequestParts<AppState> for RowsQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let mut pairs = pairs(parts, state).await?;
        let filter = match pairs.remove("where").filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(serde_json::from_str(&text).map_err(|error| {
                AppError::field("where", format!("is not JSON: {error}; write it as {{\"column\": value}}"))
            })?),
            None => None,
        };
        let order = match pairs.remove("order") {
            Some(text) => names("order", &text)?,
            None => Vec::new(),
        };
        let PageQuery { after, limit } = PageQuery::from(&mut pairs)?;
        Ok(Self(RowQuery { filter, order, limit: Some(limit), after }))
    }
}

/// `?mode=insert|upsert&key=a,b`.
pub struct ImportQuery(pub ImportOptions);

impl FromRequestParts<AppState> for ImportQuery {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let mut pairs = pairs(parts, state).await?;
        let mode = match pairs.remove("mode").as_deref() {
            None | Some("" | "insert") => WriteMode::Insert,
            Some("upsert") => WriteMode::Upsert,
            Some(_) => return Err(AppError::field("mode", "must be `insert` or `upsert`")),
        };
        let key = match pairs.remove("key") {
            Some(text) => names("key", &text)?,
            None => Vec::new(),
        };
        Ok(Self(ImportOptions { mode, key }))
    }
}

/// Names of columns with commas between them, or as a JSON list where a name has a comma.
fn names(field: &str, text: &str) -> Result<Vec<String>, AppError> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text)
            .map_err(|error| AppError::field(field, format!("is not a JSON list of names: {error}")));
    }
    Ok(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// A CSV file: the body itself, or the first file of a `multipart/form-data` form.
pub struct CsvFile(pub Bytes);

impl FromRequest<AppState> for CsvFile {
    type Rejection = AppError;

    async fn from_request(mut request: Request, state: &AppState) -> Result<Self, AppError> {
        let max = state.config.limits.max_import_bytes;
        // A form has some bytes around its file.
        DefaultBodyLimit::max(max.saturating_add(16 << 10)).apply(&mut request);
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data"));
        let too_large = || {
            AppError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!(
                    "The file is larger than {max} bytes (MILLRACE_MAX_IMPORT_BYTES). Import it in parts."
                ),
            )
        };
        let unreadable = |status: StatusCode| match status {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(),
            _ => AppError::new(
                StatusCode::BAD_REQUEST,
                "body_not_received",
                "The file did not arrive whole. Send the request again.",
            ),
        };
        let file = if is_form {
            let mut form =
                Multipart::from_request(request, state).await.map_err(|e| unreadable(e.status()))?;
            loop {
                let field = form.next_field().await.map_err(|e| unreadable(e.status()))?;
                let Some(field) = field else {
                    return Err(AppError::field("file", "is missing; send one CSV file"));
                };
                if field.file_name().is_some() || field.name() == Some("file") {
                    break field.bytes().await.map_err(|e| unreadable(e.status()))?;
                }
            }
        } else {
            Bytes::from_request(request, state).await.map_err(|e| unreadable(e.status()))?
        };
        if file.len() > max { Err(too_large()) } else { Ok(Self(file)) }
    }
}
