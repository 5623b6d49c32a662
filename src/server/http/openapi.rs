//! The OpenAPI document at `/api/openapi.json` and the page to read and try it at `/api/docs`.

use crate::{api::problem::ProblemDetails, server::state::AppState};
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{Next, from_fn},
    response::Response,
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self as spec,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_swagger_ui::SwaggerUi;

/// What the page may load: its own files; the library sets styles and small pictures itself.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Millrace",
        description = "Workflows of AI steps: make them, check them, run them, see what every step did.\n\nEvery error is `application/problem+json` with a stable `code`. Lists are `{items, next}`, newest first; give `next` back as `?after=`."
    ),
    components(schemas(ProblemDetails)),
    modifiers(&Security),
    security(("token" = []), ("cookie" = [])),
    tags(
        (name = "Accounts", description = "Signing in, and keys for programs."),
        (name = "Workflows", description = "What is drawn: nodes, edges, versions."),
        (name = "Runs", description = "Executions and what every step did."),
        (name = "Triggers", description = "What starts a workflow by itself: schedules and webhooks."),
        (name = "Tables", description = "Rows that steps write and read."),
        (name = "Collections", description = "Documents with vectors, and searching them."),
        (name = "Credentials", description = "Named secrets for steps; their values go in and never come out."),
        (name = "Files", description = "What steps kept of replies that are not text."),
        (name = "Catalogue", description = "Node types and models."),
        (name = "OpenAI", description = "The interface of OpenAI for its clients: the base URL is `/v1`, the key an API key with the scope `run`. Errors are `{\"error\": {message, type, param, code}}`.")
    )
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut spec::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An access token from `POST /api/auth/login`, or an API key (`mlr_…`)."))
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let cookie = ApiKeyValue::new(crate::server::services::accounts::ACCESS_COOKIE);
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The document without its routes.
#[must_use]
pub fn document() -> spec::OpenApi {
    Document::openapi()
}

/// The document with every route; also what `millrace openapi` prints.
#[must_use]
pub fn complete_document() -> spec::OpenApi {
    super::routes::router().into_openapi()
}

/// Serves the document and the page.
pub fn router(document: spec::OpenApi) -> Router<AppState> {
    Router::from(SwaggerUi::new("/api/docs").url("/api/openapi.json", document)).layer(from_fn(docs_policy))
}

async fn docs_policy(request: Request, next: Next) -> Response {
    let mut reply = next.run(request).await;
    reply.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    reply
}
