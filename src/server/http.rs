//! The HTTP interface: router, extractors, middleware, OpenAPI, routes.
