//! The disk gets full while runs are under way: they wait in a state that says so, nothing is damaged, and they go on
//! by themselves when there is room again.

use crate::support::{Client, process::Process, process::millrace};
use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(60);
const DISK: &str = "24m";
const RUNS: usize = 5;

/// What makes a mount that only one process and its children see: as root, or as root of a namespace of one's own.
fn own_mounts() -> Option<&'static [&'static str]> {
    const WAYS: &[&[&str]] = &[&["--mount"], &["--map-root-user", "--mount"]];
    WAYS.iter().copied().find(|way| {
        let mut trial = Command::new("unshare");
        trial.args(*way).args(["mount", "-t", "tmpfs", "tmpfs"]).arg(std::env::temp_dir());
        trial.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    })
}

/// A server whose data folder is a small disk of its own; the disk goes with the process.
fn server_on_a_small_disk(way: &[&str], folder: &Path) -> Process {
    let disk = folder.join("disk");
    std::fs::create_dir(&disk).expect("a folder");
    let serve = millrace(&disk);
    let mut command = Command::new("unshare");
    command.args(way).args([
        "sh",
        "-c",
        "mount -t tmpfs -o size=$1 tmpfs \"$2\" && exec \"$3\" serve",
        "sh",
        DISK,
    ]);
    command.arg(&disk).arg(serve.get_program()).current_dir(folder);
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("MILLRACE_LISTEN", "127.0.0.1:0").env("MILLRACE_RATE_LIMITS", "off");
    command.env("MILLRACE_PROBE_FILE", folder.join("recorder"));
    Process::spawn(command, folder)
}

/// The disk as it is seen from outside of the server's mounts.
fn disk_of(server: &Process, folder: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", server.id()));
    root.join(folder.join("disk").strip_prefix("/").expect("an absolute path"))
}

/// Takes what room there is.
fn fill(disk: &Path) {
    let mut balloon = File::create(disk.join("balloon")).expect("a file");
    let mut piece = vec![0u8; 1 << 20];
    while !piece.is_empty() {
        if balloon.write_all(&piece).is_err() {
            piece.truncate(piece.len() / 2);
        }
    }
}

/// The runs that a server would find completed if this one ended now, in a database that is checked as a whole. SQLite
/// would follow the link into the server's mounts and lose itself, so it gets a copy.
async fn completed_on_disk(server: &Process, disk: &Path, folder: &Path) -> Vec<String> {
    let copy = folder.join("copy.db");
    server.signal(Signal::STOP);
    for ending in ["", "-wal"] {
        std::fs::copy(disk.join(format!("millrace.db{ending}")), folder.join(format!("copy.db{ending}")))
            .expect("the disk can be read");
    }
    server.signal(Signal::CONT);
    let mut database =
        SqliteConnection::connect(&format!("sqlite://{}", copy.display())).await.expect("the copy opens");
    let check = sqlx::query("PRAGMA integrity_check").fetch_one(&mut database).await.expect("it is checked");
    assert_eq!(check.get::<String, _>(0), "ok");
    let rows =
        sqlx::query("SELECT id FROM workflow_runs WHERE status = 'completed'").fetch_all(&mut database);
    rows.await.expect("runs").iter().map(|row| row.get::<uuid::Uuid, _>(0).to_string()).collect()
}

async fn until<F: AsyncFnMut() -> bool>(what: &str, mut holds: F) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "it did not come so far: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_wait_for_room_and_go_on() {
    let Some(way) = own_mounts() else {
        eprintln!("skipped: this machine lets nobody mount a small disk");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let server = server_on_a_small_disk(way, folder.path());
    let disk = disk_of(&server, folder.path());
    let mut client = Client::new(server.address);
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" });
    let made = client.post("/api/auth/register", body).await.expect(201);
    client.token = made["access_token"].as_str().map(str::to_owned);
    // Each step carries the large input on, so that no commit fits into what a full disk has left.
    let slow = json!({ "value": "input", "sleep_ms": 500 });
    let path = client
        .workflow(
            &[
                ("One", "probe", slow.clone()),
                ("Two", "probe", slow.clone()),
                ("Three", "probe", slow),
                ("Length", "transform", json!({ "expression": "input.text | length" })),
            ],
            &[("One", None, "Two"), ("Two", None, "Three"), ("Three", None, "Length")],
        )
        .await;
    let runs = format!("{path}/runs");
    let input = json!({ "input_data": { "text": "x".repeat(60_000) } });
    let mut ids = Vec::new();
    for _ in 0..RUNS {
        let reply = client.post(&runs, input.clone()).await.expect(202);
        ids.push(reply["run_id"].as_str().expect("an id").to_owned());
    }
    let detail = async |id: &str| client.get(&format!("{runs}/{id}")).await.expect(200);
    fill(&disk);

    until("each run says why it waits", async || {
        for id in &ids {
            if !detail(id).await["run"]["blocked_reason"].is_string() {
                return false;
            }
        }
        true
    })
    .await;
    let ready = client.get("/health/ready").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    let reason = ready.expect(503)["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("full"), "the reason says what to do something about: {reason}");
    client.get("/health/live").await.expect(200);
    assert_eq!(client.post(&runs, input.clone()).await.status, 503, "a run that cannot be kept is refused");
    for id in &ids {
        let status = detail(id).await["run"]["status"].clone();
        assert!(["pending", "running", "waiting"].iter().any(|s| status == *s), "{id} is {status}");
    }

    assert_eq!(completed_on_disk(&server, &disk, folder.path()).await, Vec::<String>::new());

    std::fs::remove_file(disk.join("balloon")).expect("there is room again");
    until("every run completes", async || {
        for id in &ids {
            if detail(id).await["run"]["status"] != "completed" {
                return false;
            }
        }
        true
    })
    .await;
    until("it is ready", async || client.get("/health/ready").await.status == 200).await;
    for id in &ids {
        let run = detail(id).await;
        assert_eq!(run["run"]["output_data"], json!({ "Length": 60_000 }));
        assert!(run["run"]["blocked_reason"].is_null(), "{}", run["run"]["blocked_reason"]);
        let attempts: Vec<&Value> =
            run["node_executions"].as_array().expect("executions").iter().map(|e| &e["attempt"]).collect();
        assert_eq!(attempts, [1, 1, 1, 1], "no step was tried twice: the disk is not its fault");
    }
    client.post(&runs, input).await.expect(202);
    let completed = completed_on_disk(&server, &disk, folder.path()).await;
    assert!(
        ids.iter().all(|id| completed.contains(id)),
        "what was told is not on the disk: {completed:?} of {ids:?}"
    );
}
