//! What every request handler can reach. Cheap to clone.

use super::config::Config;
use axum::extract::FromRef;
use leptos::config::{Env, LeptosOptions};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The running application.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub leptos: LeptosOptions,
}

impl AppState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config: Arc::new(config), leptos: leptos_options() }
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

/// What Leptos needs to know, without a `Cargo.toml` at hand. The build tool's watch mode sets `LEPTOS_WATCH`.
fn leptos_options() -> LeptosOptions {
    let env = match std::env::var("LEPTOS_ENV") {
        Ok(word) if word.eq_ignore_ascii_case("dev") || word.eq_ignore_ascii_case("development") => Env::DEV,
        Err(_) if std::env::var_os("LEPTOS_WATCH").is_some() => Env::DEV,
        _ => Env::PROD,
    };
    LeptosOptions::builder()
        .output_name("millrace")
        .site_pkg_dir("pkg")
        .site_root(site_root().display().to_string())
        .env(env)
        .build()
}

/// Where the browser's files are: `LEPTOS_SITE_ROOT`, else `target/site`, else `site` beside the program.
fn site_root() -> PathBuf {
    if let Some(path) = std::env::var_os("LEPTOS_SITE_ROOT") {
        return PathBuf::from(path);
    }
    let built = Path::new("target/site");
    if built.is_dir() {
        return built.to_path_buf();
    }
    std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(|folder| folder.join("site")))
        .filter(|site| site.is_dir())
        .unwrap_or_else(|| built.to_path_buf())
}
