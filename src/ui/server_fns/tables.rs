//! Tables: listing, making, reading rows, adding some, deleting. Files of rows go to a route of their own.

use super::{codec::Reply, error::UiError};
use crate::api::{
    page::Page,
    tables::{RowPage, RowQuery, RowsBody, RowsWritten, Table, TableBody},
};
use leptos::prelude::*;
use server_fn::codec::Json;

/// Newest first.
#[server(prefix = "/fn", endpoint = "tables/list", output = Reply)]
pub async fn list_tables(after: Option<String>) -> Result<Page<Table>, UiError> {
    use super::session;
    use crate::server::services::tables;
    let (state, owner) = session::signed_in().await?;
    Ok(tables::list(&state, owner, after, 200).await?)
}

/// Makes an empty one.
#[server(prefix = "/fn", endpoint = "tables/create", input = Json, output = Reply)]
pub async fn create_table(body: TableBody) -> Result<Table, UiError> {
    use super::session;
    use crate::server::services::tables;
    let (state, owner) = session::signed_in().await?;
    Ok(tables::create(&state, owner, body).await?)
}

/// One by its name, without its rows.
#[server(prefix = "/fn", endpoint = "tables/get", output = Reply)]
pub async fn get_table(name: String) -> Result<Table, UiError> {
    use super::session;
    use crate::server::services::tables;
    let (state, owner) = session::signed_in().await?;
    Ok(tables::get(&state, owner, &name).await?)
}

/// Deletes one with all its rows.
#[server(prefix = "/fn", endpoint = "tables/delete", output = Reply)]
pub async fn delete_table(name: String) -> Result<(), UiError> {
    use super::session;
    use crate::server::services::tables;
    let (state, owner) = session::signed_in().await?;
    Ok(tables::delete(&state, owner, &name).await?)
}

/// A page of rows.
#[server(prefix = "/fn", endpoint = "tables/rows", input = Json, output = Reply)]
pub async fn list_rows(name: String, query: RowQuery) -> Result<RowPage, UiError> {
    use super::session;
    use crate::server::services::tables;
    let (state, owner) = session::signed_in().await?;
    Ok(tables::rows(&state, owner, &name, &query).await?)
}

/// Writes rows, all or none.
#[server(prefix = "/fn", endpoint = "tables/write", input = Json, output = Reply)]
pub async fn write_rows(name: String, body: RowsBody) -> Result<RowsWritten, UiError> {
    use super::session;
    use crate::server::services::tables;
    let (state, owner) = session::signed_in().await?;
    Ok(tables::add_rows(&state, owner, &name, body).await?)
}
