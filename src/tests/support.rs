//! A server for each test, a client for it, and the same body on SQLite and Postgres.

mod client;
mod database;
pub mod db;
#[cfg(feature = "chaos")]
pub mod process;
mod target;

pub use client::{Client, Reply};
pub use database::Database;
pub use target::Target;

use millrace::server::{
    clock::Clock,
    config::{Config, Listen, Switch},
    http,
    state::AppState,
};
use std::net::SocketAddr;

/// A running Millrace; it ends with the test.
pub struct TestApp {
    pub address: SocketAddr,
    pub state: AppState,
    pub clock: Clock,
    server: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl TestApp {
    /// A fresh one, with what a test needs to be otherwise.
    pub async fn start_with(database: Database, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut config = Config::default();
        config.server.listen = Listen("127.0.0.1:0".parse().expect("an address"));
        config.storage.data_dir = folder.path().to_path_buf();
        config.storage.database_url = database.url().await;
        config.models.models_dir = Some(folder.path().join("models"));
        config.accounts.rate_limits = Switch::Off;
        config.ingest.program = Some(env!("CARGO_BIN_EXE_millrace").into());
        change(&mut config);
        let state = AppState::open(config, clock.clone()).await.expect("the application starts");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let service = http::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.expect("serves") });
        Self { address, state, clock, server, _folder: folder }
    }

    pub async fn start(database: Database) -> Self {
        Self::start_with(database, Clock::system(), |_| {}).await
    }

    /// A client that nobody is signed in with.
    pub fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    /// A client with a new account of that name.
    pub async fn user(&self, name: &str) -> Client {
        let mut client = self.anonymous();
        let body = serde_json::json!({
            "username": name, "email": format!("{name}@example.org"), "password": "correct horse"
        });
        let reply = client.post("/api/auth/register", body).await.expect(201);
        client.token = Some(reply["access_token"].as_str().expect("a token").to_owned());
        client
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.state.stopping.cancel();
        self.server.abort();
    }
}

/// Runs one body on SQLite, and on Postgres where `MILLRACE_TEST_POSTGRES` names a server.
macro_rules! on_each_database {
    ($(async fn $name:ident($app:ident) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every body uses all of its file's imports")]
            use super::*;

            async fn body($app: crate::support::TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body(crate::support::TestApp::start(crate::support::Database::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(database) = crate::support::Database::postgres() {
                    body(crate::support::TestApp::start(database).await).await;
                }
            }
        })+
    };
}
pub(crate) use on_each_database;
