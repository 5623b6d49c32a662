//! The program as a process of its own that tests kill, freeze or break.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

/// `millrace` in a folder, with nothing set but that folder.
pub fn millrace(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millrace"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|n| n.starts_with("MILLRACE_") || n == "DATABASE_URL") {
            command.env_remove(name);
        }
    }
    command.env("MILLRACE_DATA_DIR", folder).current_dir(folder);
    command
}

/// A server on a port of its own; killed with the test.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    /// Starts a server with these variables, and waits until it listens. What it logs is added to `server.log`.
    pub fn start(folder: &Path, variables: &[(&str, OsString)]) -> Self {
        let mut command = millrace(folder);
        command.arg("serve").env("MILLRACE_LISTEN", "127.0.0.1:0").env("MILLRACE_RATE_LIMITS", "off");
        for (name, value) in variables {
            command.env(name, value);
        }
        Self::spawn(command, folder)
    }

    /// The same for a command that ends up as a server.
    pub fn spawn(mut command: Command, folder: &Path) -> Self {
        let log = folder.join("server.log");
        let errors = OpenOptions::new().create(true).append(true).open(&log).expect("the log opens");
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("says its address");
        let address: SocketAddr =
            line.trim().rsplit('/').next().and_then(|a| a.parse().ok()).unwrap_or_else(|| {
                panic!("`{line}` and {}", std::fs::read_to_string(&log).unwrap_or_default())
            });
        Self { child, address }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is gone.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it can be told");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
