//! The program itself: its commands, their exit codes, and that a killed server loses nothing.

use crate::support::Client;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

fn millrace(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millrace"));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|n| n.starts_with("MILLRACE_") || n == "DATABASE_URL") {
            command.env_remove(name);
        }
    }
    command.env("MILLRACE_DATA_DIR", folder).current_dir(folder);
    command
}

fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    (
        status.code(),
        String::from_utf8_lossy(&stdout).into_owned(),
        String::from_utf8_lossy(&stderr).into_owned(),
    )
}

fn file(folder: &Path, nodes: Value, edges: Value) -> std::path::PathBuf {
    let path = folder.join("flow.json");
    let text = json!({ "format": 1, "name": "Test", "nodes": nodes, "edges": edges }).to_string();
    std::fs::write(&path, text).expect("writes");
    path
}

fn step(name: &str, expression: &str) -> Value {
    json!({ "name": name, "node_type": "transform", "config": { "expression": expression }, "position": [0, 0] })
}

/// Ask, then say what came of it; standard input holds that text.
fn asked(folder: &Path, answers: &str) -> (Option<i32>, String, String) {
    let ask = json!({ "name": "Ask", "node_type": "approval", "config": { "message": "Send {input}?" }, "position": [0, 0] });
    let path = file(
        folder,
        json!([ask, step("Yes", "'sent: ' ~ input.comment"), step("No", "'kept'")]),
        json!([
            { "source": "Ask", "source_port": "approved", "target": "Yes" },
            { "source": "Ask", "source_port": "rejected", "target": "No" }
        ]),
    );
    let mut child = millrace(folder)
        .arg("run")
        .arg(&path)
        .args(["--input", "42"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(answers.as_bytes()).expect("writes");
    let done = child.wait_with_output().expect("the program ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

#[test]
fn an_approval_is_asked_on_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, err) = asked(folder.path(), "what?\nyes, go\n");
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).expect("JSON"), json!({ "Yes": "sent: go" }));
    assert!(err.contains("? Ask: Send 42?"), "{err}");
    let (_, out, _) = asked(folder.path(), "no\n");
    assert_eq!(serde_json::from_str::<Value>(&out).expect("JSON"), json!({ "No": "kept" }));
    let (code, out, err) = asked(folder.path(), "");
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("\"Ask\" waits for an approval"), "{err}");
}

#[test]
fn runs_a_file_and_prints_the_output_as_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(
        folder.path(),
        json!([step("Shout", "input.upper()"), step("Wrap", "{'text': input}")]),
        json!([{ "source": "Shout", "target": "Wrap" }]),
    );
    let (code, out, err) =
        output(millrace(folder.path()).arg("run").arg(&path).args(["--input", "\"hello\""]));
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).expect("JSON"), json!({ "Wrap": { "text": "HELLO" } }));
    assert!(err.contains("Shout") && err.contains("Wrap"), "{err}");
    assert!(!folder.path().join("millrace.db").exists(), "it needs no database");
}

#[test]
fn a_model_file_is_taken_in_once_and_only_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/llm/tiny_qwen3_gguf/model.gguf");
    let models = |arguments: &[&str]| {
        output(
            millrace(folder.path())
                .arg("models")
                .args(arguments)
                .env("MILLRACE_MODELS_DIR", folder.path().join("m")),
        )
    };
    let path = file.to_str().expect("a path");
    let (code, out, err) = models(&["import", path, "--name", "tiny"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.trim_end().ends_with("tiny") && err.contains("millrace models test tiny"), "{out}{err}");
    let (_, out, _) = models(&["list"]);
    let line = out.lines().find(|line| line.starts_with("tiny ")).expect("a line");
    assert!(line.contains("installed, default") && line.contains("Imported from model.gguf."), "{line}");
    let (code, _, err) = models(&["import", path, "--name", "tiny"]);
    assert!(code == Some(2) && err.contains("already") && err.contains("--name"), "{err}");
    let (code, out, err) = models(&["test", "tiny"]);
    assert_eq!(code, Some(0), "{err}");
    for figure in ["prompt  ", "answer  ", "memory  "] {
        assert!(err.contains(figure), "{out}{err}");
    }
    let cut = folder.path().join("cut.gguf");
    let whole = std::fs::read(&file).expect("the file");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("writes");
    let (code, _, err) = models(&["import", cut.to_str().expect("a path")]);
    assert!(code == Some(2) && err.contains("cut.gguf is damaged or incomplete"), "{err}");
    let (code, _, err) = models(&["import", folder.path().join("none.gguf").to_str().expect("a path")]);
    assert!(code == Some(2) && err.contains("Check the path"), "{err}");
    let (_, out, _) = models(&["list"]);
    assert!(!out.contains("cut"), "{out}");
}

#[test]
fn a_failed_run_is_1_and_a_wrong_file_is_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |path: &Path, input: &str| {
        output(millrace(folder.path()).arg("run").arg(path).args(["--input", input]))
    };
    let path = file(folder.path(), json!([step("Pick", "input.missing")]), json!([]));
    let (code, out, err) = run(&path, "{\"a\": 1}");
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("Pick: "), "{err}");
    assert_eq!(run(&path, "not json").0, Some(2));
    assert_eq!(run(&folder.path().join("none.json"), "1").0, Some(2));
    let path = file(folder.path(), json!([step("Broken", "input +")]), json!([]));
    let (code, _, err) = run(&path, "1");
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("Broken") && err.contains("config.expression"), "{err}");
    let path = file(folder.path(), json!([["Listed", "transform", { "expression": "1" }]]), json!([]));
    let (code, _, err) = run(&path, "1");
    assert!(code == Some(2) && err.contains("nodes[0]: "), "{err}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = millrace(folder.path())
        .arg("config")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("it ends");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn validate_names_node_and_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(folder.path(), json!([step("A", "1")]), json!([]));
    assert_eq!(output(millrace(folder.path()).arg("validate").arg(&good)).0, Some(0));
    let bad = file(folder.path(), json!([step("A", "input +")]), json!([{ "source": "A", "target": "A" }]));
    let (code, out, _) = output(millrace(folder.path()).arg("validate").arg(&bad));
    assert_eq!(code, Some(2), "{out}");
    assert!(out.contains("node \"A\", config.expression"), "{out}");
    let (code, out, _) = output(millrace(folder.path()).args(["validate", "--json"]).arg(&bad));
    let problems = serde_json::from_str::<Value>(&out).expect("JSON")["problems"].clone();
    assert_eq!(code, Some(2));
    assert!(problems.as_array().is_some_and(|p| p.iter().any(|p| p["node"] == "A")), "{problems}");
    for (text, word) in
        [("{", "JSON"), ("[]", "object"), ("{\"format\": 9}", "format"), ("{\"format\": 1}", "nodes")]
    {
        std::fs::write(&bad, text).expect("writes");
        let (code, _, err) = output(millrace(folder.path()).arg("validate").arg(&bad));
        assert_eq!(code, Some(2), "{text}");
        assert!(err.contains(word) && err.contains("flow.json"), "{text}: {err}");
    }
}

#[test]
fn config_tells_values_and_sources_and_hides_passwords() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("millrace.toml"), "max_nodes = 7\nlisten = \"127.0.0.1:1\"\n")
        .expect("writes");
    let mut command = millrace(folder.path());
    command.env("MILLRACE_LISTEN", "127.0.0.1:4000").env("DATABASE_URL", "postgres://me:secret@db/flows");
    let (code, out, err) = output(command.arg("config"));
    assert_eq!(code, Some(0), "{err}");
    let row = |name: &str| out.lines().find(|line| line.starts_with(name)).expect("a row").to_owned();
    assert!(
        row("MILLRACE_LISTEN").contains("127.0.0.1:4000") && row("MILLRACE_LISTEN").contains("environment")
    );
    assert!(row("MILLRACE_MAX_NODES").contains(" 7 ") && row("MILLRACE_MAX_NODES").contains("millrace.toml"));
    assert!(row("MILLRACE_SESSION_DAYS").contains("default"));
    assert!(row("DATABASE_URL").contains("****") && !out.contains("secret"), "{out}");
    for (name, value) in [
        ("MILLRACE_LISTEN", "nowhere"),
        ("MILLRACE_MAX_NODES", "many"),
        ("MILLRACE_MAX_NODES", "-1"),
        ("MILLRACE_RATE_LIMITS", "perhaps"),
        ("MILLRACE_REGISTRATION", "maybe"),
        ("MILLRACE_ACCESS_TOKEN_MINUTES", "600"),
        ("MILLRACE_LOG", "a=b=c"),
        ("DATABASE_URL", "mysql://x"),
    ] {
        let (code, _, err) = output(millrace(folder.path()).env(name, value).arg("serve"));
        assert_eq!(code, Some(2), "{name}={value}: {err}");
        assert!(err.contains(name), "{name}={value}: {err}");
    }
    std::fs::write(folder.path().join("millrace.toml"), "max_node = 7\n").expect("writes");
    let (code, _, err) = output(millrace(folder.path()).arg("serve"));
    assert!(code == Some(2) && err.contains("max_node"), "{err}");
}

#[test]
fn says_its_version_and_prints_the_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, _) = output(millrace(folder.path()).arg("--version"));
    assert_eq!((code, out.trim()), (Some(0), concat!("millrace ", env!("CARGO_PKG_VERSION"))));
    let (code, out, _) = output(&mut millrace(folder.path()));
    assert!(code == Some(0) && out.contains("serve"), "{out}");
    assert_eq!(output(millrace(folder.path()).arg("fly")).0, Some(2));
    let (code, out, _) = output(millrace(folder.path()).arg("openapi"));
    assert_eq!(code, Some(0));
    assert!(serde_json::from_str::<Value>(&out).expect("JSON")["paths"]["/api/workflows"].is_object());
}

#[test]
fn a_public_address_needs_an_account() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, err) = output(millrace(folder.path()).env("MILLRACE_LISTEN", "0.0.0.0:0").arg("serve"));
    assert!(code == Some(2) && err.contains("millrace user create"), "{err}");
    let mut child = millrace(folder.path())
        .args(["user", "create", "ada", "--email", "ada@example.org"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("stdin").write_all(b"correct horse\n").expect("writes");
    assert!(child.wait().expect("ends").success());
    let mut server = Server::start(folder.path(), "0.0.0.0:0");
    server.kill();
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(folder: &Path, listen: &str) -> Self {
        let mut child = millrace(folder)
            .env("MILLRACE_LISTEN", listen)
            .env("MILLRACE_LOG", "error")
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("says its address");
        let address: SocketAddr =
            line.trim().rsplit('/').next().and_then(|a| a.parse().ok()).unwrap_or_else(|| panic!("{line}"));
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], address.port())) }
    }

    /// As with `kill -9`.
    fn kill(&mut self) {
        self.child.kill().expect("can be killed");
        self.child.wait().expect("ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(folder.path(), "127.0.0.1:0");
    let mut client = Client::new(server.address);
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": "correct horse" });
    let made = client.post("/api/auth/register", body).await.expect(201);
    client.token = made["access_token"].as_str().map(str::to_owned);
    let (code, _, err) = output(millrace(folder.path()).env("MILLRACE_LISTEN", "127.0.0.1:0").arg("serve"));
    assert_ne!(code, Some(0), "a second server on one folder is refused: {err}");

    // Each step takes a while, so that the kill falls between the first and the last.
    let slow = "range(60000) | map('string') | join | length";
    let names: Vec<String> = (0..12).map(|n| format!("Step {n}")).collect();
    let nodes: Vec<_> =
        names.iter().map(|n| (n.as_str(), "transform", json!({ "expression": slow }))).collect();
    let edges: Vec<_> = names.windows(2).map(|w| (w[0].as_str(), None, w[1].as_str())).collect();
    let path = client.workflow(&nodes, &edges).await;
    let run = client.post(&format!("{path}/runs"), json!({})).await.expect(202)["run_id"].clone();
    let run = format!("{path}/runs/{}", run.as_str().expect("an id"));
    let finished = |detail: &Value| -> Vec<Value> {
        let steps = detail["node_executions"].as_array().expect("steps");
        steps.iter().filter(|s| s["status"] == "completed").cloned().collect()
    };
    let began = Instant::now();
    let before = loop {
        let done = finished(&client.get(&run).await.expect(200));
        if !done.is_empty() {
            break done;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "no step finished");
    };
    server.kill();

    let again = Server::start(folder.path(), "127.0.0.1:0");
    client.address = again.address;
    let detail = loop {
        let detail = client.get(&run).await.expect(200);
        if detail["run"]["status"] != "running" && detail["run"]["status"] != "pending" {
            break detail;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it does not go on: {detail}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(detail["run"]["status"], "completed", "{detail}");
    let after = finished(&detail);
    assert_eq!(after.len(), names.len(), "each step completed once");
    for step in before {
        assert!(after.contains(&step), "a finished step was lost or changed: {step}");
    }
}
