//! A server in a folder of its own.

use anyhow::{Context as _, Result, bail};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub struct Server {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Server {
    pub async fn start(program: &Path) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("millrace-bench-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let program = program.canonicalize().with_context(|| format!("no program {}", program.display()))?;
        let mut server = Self { program, folder, port, child: None };
        server.go().await?;
        Ok(server)
    }

    /// Starts the process; gives how long it took until it was ready.
    pub async fn go(&mut self) -> Result<Duration> {
        let began = Instant::now();
        let child = Command::new(&self.program)
            .arg("serve")
            .current_dir(&self.folder)
            .env("MILLRACE_DATA_DIR", self.folder.join("data"))
            .env("MILLRACE_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("MILLRACE_RATE_LIMITS", "off")
            .env("MILLRACE_LOG", "warn")
            .env("MILLRACE_OUTBOUND_ALLOW", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        self.child = Some(child);
        let http = reqwest::Client::builder().no_proxy().build()?;
        let ready = format!("{}/health/ready", self.address());
        while began.elapsed() < Duration::from_secs(30) {
            if http.get(&ready).send().await.is_ok_and(|reply| reply.status().is_success()) {
                return Ok(began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the server is not ready after 30 s")
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Resident memory, highest and now, in MB. 0 where the system does not tell.
    pub fn memory(&self) -> (f64, f64) {
        let id = self.child.as_ref().map_or(0, Child::id);
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
            kilobytes.unwrap_or_default() / 1024.0
        };
        (of("VmHWM:"), of("VmRSS:"))
    }

    /// Processor time used so far, user and system.
    pub fn processor_time(&self) -> Duration {
        let id = self.child.as_ref().map_or(0, Child::id);
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: u64 =
            after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
        // Linux counts in hundredths of a second.
        Duration::from_millis(ticks * 10)
    }

    /// Bytes of the SQLite file and its log; 0 on Postgres.
    pub fn database_bytes(&self) -> u64 {
        ["millrace.db", "millrace.db-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(self.folder.join("data").join(name)).ok())
            .map(|file| file.len())
            .sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // The folder is temporary anyway.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
