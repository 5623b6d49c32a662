//! A Postgres of its own that survives being stopped at any moment, through `scripts/postgres.sh`.

use anyhow::{Context as _, Result, bail};
use sqlx::{Connection as _, Row as _};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub struct Cluster {
    folder: PathBuf,
    url: String,
}

impl Cluster {
    /// A fresh one in that folder.
    pub fn start(folder: &Path) -> Result<Self> {
        // Its owner is another user, who has to get through to it.
        if let Some(parent) = folder.parent() {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(parent, std::fs::Permissions::from_mode(0o755))?;
        }
        let url = script(&["start", &folder.display().to_string(), "safe"])?;
        Ok(Self { folder: folder.to_path_buf(), url: url.trim().to_owned() })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it: at once, as in a crash, or after a word to its clients.
    pub fn stop(&self, at_once: bool) -> Result<()> {
        script(&["halt", &self.folder.display().to_string(), if at_once { "immediate" } else { "fast" }])?;
        Ok(())
    }

    /// Starts it again with what it had committed.
    pub fn resume(&self) -> Result<()> {
        script(&["resume", &self.folder.display().to_string()])?;
        Ok(())
    }

    /// Ends every connection but its own; gives how many.
    pub async fn end_connections(&self) -> Result<u64> {
        let mut connection = sqlx::PgConnection::connect(&self.url).await?;
        let row = sqlx::query(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        .fetch_one(&mut connection)
        .await?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
    }

    /// Queries that wait for somebody else's lock, and who holds a transaction open.
    pub async fn waiting_queries(&self) -> Result<Vec<String>> {
        let mut connection = sqlx::PgConnection::connect(&self.url).await?;
        let rows = sqlx::query(
            "SELECT state || ': ' || left(query, 120) FROM pg_stat_activity \
             WHERE wait_event_type = 'Lock' OR state LIKE 'idle in transaction%'",
        )
        .fetch_all(&mut connection)
        .await?;
        Ok(rows.iter().filter_map(|row| row.try_get(0).ok()).collect())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = script(&["halt", &self.folder.display().to_string(), "immediate"]);
    }
}

fn script(arguments: &[&str]) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres.sh");
    let output = Command::new("bash").arg(&path).args(arguments).output().context("bash")?;
    if !output.status.success() {
        bail!("postgres.sh {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
