//! The routes of `/api` and `/v1`, one file per resource. Each is registered with its description, so that the router and the
//! OpenAPI document cannot differ.

pub mod api_keys;
pub mod auth;
pub mod catalogue;
pub mod chat;
pub mod collections;
pub mod credentials;
pub mod edges;
pub mod events;
pub mod files;
pub mod health;
pub mod hooks;
pub mod models;
pub mod nodes;
pub mod openai;
pub mod runs;
pub mod tables;
pub mod triggers;
pub mod uploads;
pub mod versions;
pub mod workflows;

use super::openapi;
use crate::server::state::AppState;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt as _},
    routes,
};

/// Every route of `/api` and `/v1`.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(auth::register))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::session))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::me))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::delete))
        .routes(routes!(workflows::list, workflows::create))
        .routes(routes!(workflows::get, workflows::update, workflows::delete))
        .routes(routes!(workflows::put_graph))
        .routes(routes!(workflows::validate))
        .routes(routes!(nodes::list, nodes::create))
        .routes(routes!(nodes::get, nodes::update, nodes::delete))
        .routes(routes!(edges::list, edges::create))
        .routes(routes!(edges::delete))
        .routes(routes!(versions::list))
        .routes(routes!(versions::get))
        .routes(routes!(versions::diff))
        .routes(routes!(versions::restore))
        .routes(routes!(runs::list, runs::start))
        .routes(routes!(runs::get))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::resume))
        .routes(routes!(runs::fork))
        .routes(routes!(runs::approve))
        .routes(routes!(events::stream))
        .routes(routes!(runs::list_all))
        .routes(routes!(triggers::list, triggers::create))
        .routes(routes!(triggers::get, triggers::update, triggers::delete))
        .routes(routes!(triggers::test))
        .routes(routes!(triggers::preview))
        .routes(routes!(triggers::set_active))
        .routes(routes!(triggers::failure_notice, triggers::set_failure_notice))
        .routes(routes!(hooks::receive))
        .routes(routes!(tables::list, tables::create))
        .routes(routes!(tables::get, tables::delete))
        .routes(routes!(tables::rows, tables::add_rows))
        .routes(routes!(tables::import))
        .routes(routes!(tables::export))
        .routes(routes!(collections::list, collections::create))
        .routes(routes!(collections::get, collections::delete))
        .routes(routes!(collections::documents, collections::add))
        .routes(routes!(collections::remove))
        .routes(routes!(collections::search))
        .routes(routes!(uploads::start).layer(DefaultBodyLimit::disable()))
        .routes(routes!(uploads::list))
        .routes(routes!(uploads::get, uploads::cancel))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(credentials::replace, credentials::delete))
        .routes(routes!(files::list))
        .routes(routes!(files::get, files::delete))
        .routes(routes!(catalogue::node_types))
        .routes(routes!(models::list, models::create))
        .routes(routes!(models::delete))
        .routes(routes!(models::test))
        .routes(routes!(chat::chat))
        .routes(routes!(openai::models))
        .routes(routes!(openai::chat))
        .routes(routes!(openai::embeddings))
}
