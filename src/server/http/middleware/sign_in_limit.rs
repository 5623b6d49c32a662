//! Counts attempts to sign in or register by the address they come from. Per account, the service counts.

use crate::server::state::AppState;
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::net::{IpAddr, SocketAddr};

/// Where passwords are tried.
const PATHS: &[&str] = &[
    "/api/auth/login",
    "/api/auth/register",
    "/fn/account/sign-in",
    "/fn/account/sign-in-again",
    "/fn/account/register",
];

/// Refuses with 429 what comes too often from one address.
pub async fn limit_attempts(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST
        && PATHS.contains(&request.uri().path())
        && let Some(address) = client_address(&request)
        && let Err(refused) = state.accounts.count_address(address)
    {
        return refused.into_response();
    }
    next.run(request).await
}

fn client_address(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
    Some(if peer.to_canonical().is_loopback() {
        forwarded_for(request.headers()).unwrap_or(peer)
    } else {
        peer
    })
}

/// What a proxy on this machine says; its own entry is the last.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?
        .rsplit(',')
        .next()?
        .trim()
        .parse()
        .ok()
}
