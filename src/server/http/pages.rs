//! The server-rendered pages, the server functions behind them, and the files they load.

use super::{
    assets,
    middleware::refusals::{is_for_programs, no_such_address},
};
use crate::{
    server::state::AppState,
    ui::{app::App, shell::shell},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::{
    config::Env,
    context::{provide_context, use_context},
    nonce::use_nonce,
};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};

/// Every page of the app; what is no page is a file of the site folder; what is neither is the app's 404 page.
pub fn router(state: &AppState) -> Router<AppState> {
    let app_routes = generate_route_list(App);
    let options = state.leptos.clone();
    Router::new()
        .leptos_routes_with_context(state, app_routes, page_context(state), move || shell(options.clone()))
        .fallback(file_or_not_found)
}

/// What a page or server function may use, and the headers of its reply.
fn page_context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let state = state.clone();
    let watching = matches!(state.leptos.env, Env::DEV);
    move || {
        provide_context(state.clone());
        if let (Some(nonce), Some(reply)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Ok(policy) =
                HeaderValue::from_str(&super::middleware::headers::page_policy(&nonce, watching))
        {
            reply.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

async fn file_or_not_found(State(state): State<AppState>, request: Request) -> Response {
    let root = std::path::PathBuf::from(&*state.leptos.site_root);
    let (method, path, headers) =
        (request.method().clone(), request.uri().path().to_owned(), request.headers().clone());
    if let Some(file) = assets::find(&root, &method, &path, &headers).await {
        return file;
    }
    if is_for_programs(&path) {
        return no_such_address(&path).into_response();
    }
    not_found_page(&state, request).await
}

async fn not_found_page(state: &AppState, request: Request<Body>) -> Response {
    let options = state.leptos.clone();
    let render = render_app_async_with_context(page_context(state), move || shell(options.clone()));
    let mut reply = render(request).await;
    if reply.status() == StatusCode::OK {
        *reply.status_mut() = StatusCode::NOT_FOUND;
    }
    reply
}
