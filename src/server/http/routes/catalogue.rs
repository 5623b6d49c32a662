//! What workflows are made of here: node types and models.

use crate::{
    api::{models::ModelList, node_types::NodeTypeView, page::Page, problem::ProblemDetails},
    server::{
        error::AppError,
        http::extract::{Auth, ReadScope},
        services::{models as model_service, node_types as node_type_service},
        state::AppState,
    },
};
use axum::{Json, extract::State};

/// List node types with their JSON Schemas
#[utoipa::path(get, path = "/api/node-types", tag = "Catalogue",
    responses((status = 200, body = Page<NodeTypeView>), (status = 401, body = ProblemDetails)))]
pub async fn node_types(_auth: Auth<ReadScope>) -> Json<Page<NodeTypeView>> {
    Json(Page { items: node_type_service::list(), next: None })
}

/// List models and their state
#[utoipa::path(get, path = "/api/models", tag = "Catalogue",
    responses((status = 200, body = ModelList), (status = 401, body = ProblemDetails)))]
pub async fn models(
    State(state): State<AppState>,
    _auth: Auth<ReadScope>,
) -> Result<Json<ModelList>, AppError> {
    Ok(Json(model_service::list(&state).await?))
}
