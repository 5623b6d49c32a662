//! Which database a test runs on.

use sqlx::{Connection, Executor, PgConnection};

/// A fresh database.
pub enum Database {
    /// In the test's folder.
    Sqlite,
    /// A new database of the server at this URL.
    Postgres(String),
}

impl Database {
    /// The server that `MILLRACE_TEST_POSTGRES` names.
    pub fn postgres() -> Option<Self> {
        Self::postgres_server().map(Self::Postgres)
    }

    /// The address of the test server; `None` where the variable is not set. An empty one is a script that failed to
    /// start the server, which must not look like tests that passed.
    pub fn postgres_server() -> Option<String> {
        let url = std::env::var("MILLRACE_TEST_POSTGRES").ok()?;
        assert!(url.starts_with("postgres"), "MILLRACE_TEST_POSTGRES is set to `{url}`, which is no server");
        Some(url)
    }

    /// The URL to configure; `None` is the SQLite file of the data folder.
    pub async fn url(self) -> Option<String> {
        let Self::Postgres(server) = self else { return None };
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut connection =
            PgConnection::connect(&server).await.expect("MILLRACE_TEST_POSTGRES can be reached");
        connection
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .expect("may make databases");
        let (start, query) =
            server.split_once('?').map_or((server.as_str(), ""), |(start, query)| (start, query));
        let host = start.split("://").nth(1).unwrap_or_default();
        let base = match host.find('/') {
            Some(slash) => &start[..start.len() - (host.len() - slash)],
            None => start,
        };
        Some(if query.is_empty() { format!("{base}/{name}") } else { format!("{base}/{name}?{query}") })
    }
}
