//! The server as a process: started, killed, frozen, always on the same address and folder.

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::OpenOptions,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long a start may take before that is a failure.
const START: Duration = Duration::from_secs(60);

/// What all servers share.
#[derive(Debug, Clone)]
pub struct Place {
    pub program: PathBuf,
    /// Where the probes write.
    pub recorder: PathBuf,
    /// `None`: SQLite in the server's folder.
    pub database_url: Option<String>,
}

pub struct Server {
    place: Place,
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
    http: reqwest::Client,
}

impl Server {
    pub fn new(place: Place, folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build()?;
        Ok(Self { place, folder, port: free_port()?, child: None, http })
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Starts the process; it does not answer yet.
    pub fn start(&mut self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = Command::new(&self.place.program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|n| n.starts_with("MILLRACE_") || n == "DATABASE_URL") {
                command.env_remove(name);
            }
        }
        command
            .arg("serve")
            .current_dir(&self.folder)
            .env("MILLRACE_DATA_DIR", self.folder.join("data"))
            .env("MILLRACE_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("MILLRACE_RATE_LIMITS", "off")
            .env("MILLRACE_OUTBOUND_ALLOW", "127.0.0.1/32")
            .env("MILLRACE_PROBE_FILE", &self.place.recorder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        if let Some(url) = &self.place.database_url {
            command.env("DATABASE_URL", url);
        }
        self.child = Some(command.spawn().context("the server does not start")?);
        Ok(())
    }

    /// Waits until it can do its work.
    pub async fn wait_until_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        let address = format!("{}/health/ready", self.address());
        loop {
            self.still_there()?;
            if self.http.get(&address).send().await.is_ok_and(|reply| reply.status().is_success()) {
                return Ok(());
            }
            if began.elapsed() > START {
                bail!("the server is not ready after {} s; see {}", START.as_secs(), self.log().display());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A server that ends by itself is a failure.
    pub fn still_there(&mut self) -> Result<()> {
        let child = self.child.as_mut().context("the server was not started")?;
        match child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                let log = std::fs::read_to_string(self.log()).unwrap_or_default();
                let last: Vec<_> = log.lines().rev().take(8).collect();
                bail!(
                    "the server ended by itself ({status}):\n{}",
                    last.into_iter().rev().collect::<Vec<_>>().join("\n")
                )
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// SIGKILL; returns when the process is gone.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Stops it where it stands: it keeps its connections and knows nothing of the time that passes.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let child = self.child.as_ref().context("the server was not started")?;
        Ok(kill_process(Pid::from_child(child), signal)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A port below those that outgoing connections take, so that nobody else gets it between two starts.
pub fn free_port() -> Result<u16> {
    for _ in 0..200 {
        let port = rand::random_range(20_000..32_000);
        if TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
            return Ok(port);
        }
    }
    bail!("there is no free port from 20000 to 32000")
}
