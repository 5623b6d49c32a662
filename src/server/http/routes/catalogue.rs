//! What workflows are made of here.

use crate::{
    api::{node_types::NodeTypeView, page::Page, problem::ProblemDetails},
    server::{
        http::extract::{Auth, ReadScope},
        services::node_types as node_type_service,
    },
};
use axum::Json;

/// List node types with their JSON Schemas
#[utoipa::path(get, path = "/api/node-types", tag = "Catalogue",
    responses((status = 200, body = Page<NodeTypeView>), (status = 401, body = ProblemDetails)))]
pub async fn node_types(_auth: Auth<ReadScope>) -> Json<Page<NodeTypeView>> {
    Json(Page { items: node_type_service::list(), next: None })
}
