//! The official client of OpenAI, which `make test` installs from PyPI.

use super::{MODEL, app, program};
use crate::support::Database;
use serde_json::json;
use std::path::Path;

/// Where `MILLRACE_TEST_PYTHON` names a Python that has it; the script says when it could not be installed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn is_content() {
    let Some(python) = std::env::var_os("MILLRACE_TEST_PYTHON").filter(|python| !python.is_empty()) else {
        return;
    };
    let app = app(Database::Sqlite).await;
    let ada = app.user("ada").await;
    let config =
        json!({ "prompt_template": "What is the capital of {input}?", "temperature": 0, "max_tokens": 10 });
    let path = ada.workflow(&[("Ask", "llm_call", config)], &[]).await;
    ada.put(&path, json!({ "name": "Capital", "is_active": true })).await.expect(200);
    let key = program(&ada, &["run"]).await.token.expect("a key");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/openai/official.py");
    let done = tokio::process::Command::new(python)
        .arg(script)
        .env("OPENAI_BASE_URL", format!("http://{}/v1", app.address))
        .env("OPENAI_API_KEY", key)
        .env("MODEL", MODEL)
        .output()
        .await
        .expect("Python runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}");
    assert!(said.contains("all as OpenAI's"), "{said}");
}
