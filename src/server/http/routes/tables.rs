//! Tables of users and their rows.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        tables::{RowPage, RowsBody, RowsWritten, Table, TableBody},
    },
    server::{
        error::AppError,
        http::extract::{
            Auth, CsvFile, ImportQuery, JsonBody, PageQuery, ReadScope, RowsQuery, TableOf, WriteScope,
        },
        services::tables,
        state::AppState,
    },
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// List tables
#[utoipa::path(get, path = "/api/tables", tag = "Tables",
    params(("limit" = Option<u64>, Query, description = "1 to 200, 50 by default"), ("after" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = Page<Table>), (status = 401, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    auth: Auth<ReadScope>,
    page: PageQuery,
) -> Result<Json<Page<Table>>, AppError> {
    Ok(Json(tables::list(&state, auth.user, page.after, page.limit).await?))
}

/// Make a table
///
/// Columns are optional: rows bring theirs with them.
#[utoipa::path(post, path = "/api/tables", tag = "Tables", request_body = TableBody,
    responses((status = 201, body = Table), (status = 401, body = ProblemDetails), (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    auth: Auth<WriteScope>,
    JsonBody(body): JsonBody<TableBody>,
) -> Result<(StatusCode, Json<Table>), AppError> {
    Ok((StatusCode::CREATED, Json(tables::create(&state, auth.user, body).await?)))
}

/// Get a table without its rows
#[utoipa::path(get, path = "/api/tables/{name}", tag = "Tables", params(("name" = String, Path)),
    responses((status = 200, body = Table), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(State(state): State<AppState>, table: TableOf<ReadScope>) -> Result<Json<Table>, AppError> {
    Ok(Json(tables::get(&state, table.owner, &table.name).await?))
}

/// Delete a table with its rows
#[utoipa::path(delete, path = "/api/tables/{name}", tag = "Tables", params(("name" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    table: TableOf<WriteScope>,
) -> Result<StatusCode, AppError> {
    tables::delete(&state, table.owner, &table.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List rows
///
/// Newest first, unless an order is asked for. Rows without a value come last in every order.
#[utoipa::path(get, path = "/api/tables/{name}/rows", tag = "Tables",
    params(("name" = String, Path),
        ("where" = Option<String>, Query, description = "JSON, such as `{\"city\": \"Oslo\", \"age\": {\"gte\": 18}}`; eq, ne, gt, gte, lt, lte, in, contains"),
        ("order" = Option<String>, Query, description = "Columns with commas between them, such as `city,-age`"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 by default"), ("after" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = RowPage), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn rows(
    State(state): State<AppState>,
    table: TableOf<ReadScope>,
    RowsQuery(query): RowsQuery,
) -> Result<Json<RowPage>, AppError> {
    Ok(Json(tables::rows(&state, table.owner, &table.name, &query).await?))
}

/// Add or change rows
///
/// All of them or none. New names become columns; an upsert changes the rows that have the same key.
#[utoipa::path(post, path = "/api/tables/{name}/rows", tag = "Tables", params(("name" = String, Path)), request_body = RowsBody,
    responses((status = 200, body = RowsWritten), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn add_rows(
    State(state): State<AppState>,
    table: TableOf<WriteScope>,
    JsonBody(body): JsonBody<RowsBody>,
) -> Result<Json<RowsWritten>, AppError> {
    Ok(Json(tables::add_rows(&state, table.owner, &table.name, body).await?))
}

/// Import a CSV file
///
/// As the body itself or as the file of a form; the first line names the columns. All of its rows or none.
#[utoipa::path(post, path = "/api/tables/{name}/import", tag = "Tables",
    params(("name" = String, Path), ("mode" = Option<String>, Query, description = "`insert` or `upsert`"),
        ("key" = Option<String>, Query, description = "The columns of an upsert's key, with commas between them")),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = RowsWritten), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 413, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn import(
    State(state): State<AppState>,
    table: TableOf<WriteScope>,
    ImportQuery(options): ImportQuery,
    CsvFile(file): CsvFile,
) -> Result<Json<RowsWritten>, AppError> {
    Ok(Json(tables::import(&state, table.owner, &table.name, file, &options).await?))
}

/// Export a table as CSV
///
/// Oldest row first; an import takes the file again.
#[utoipa::path(get, path = "/api/tables/{name}/export", tag = "Tables", params(("name" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn export(State(state): State<AppState>, table: TableOf<ReadScope>) -> Result<Response, AppError> {
    let export = tables::export(&state, table.owner, &table.name).await?;
    let mut reply = Body::from_stream(export.pieces).into_response();
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name: String = export.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(reply)
}
