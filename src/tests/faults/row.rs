//! A workflow with a step of every node type in a row, and what it must come to.

use super::stage::{Line, Played, Stage};
use serde_json::{Value, json};

/// Name, node type, config, settings; each step follows the one before on its first port.
pub type Step = (&'static str, &'static str, Value, Value);

/// A workflow on the stage.
pub struct Row {
    /// `/api/workflows/{id}`.
    pub path: String,
    pub input: Value,
    output: Value,
    steps: Vec<&'static str>,
}

/// Node types that the rows have.
pub fn covers(kind: &str) -> bool {
    let all = [steps(""), model_steps(), outside_steps(""), agent_steps("", "")];
    all.iter().flatten().any(|step| step.1 == kind)
}

/// `child` is the id of a workflow.
fn steps(child: &str) -> Vec<Step> {
    let retry = json!({ "retry": { "max_attempts": 2, "backoff": "fixed", "delay_ms": 20 } });
    vec![
        ("Probe", "probe", json!({ "value": "input + 1" }), json!({})),
        ("Again", "probe", json!({ "value": "input", "fail_times": 1 }), retry),
        ("Transform", "transform", json!({ "expression": "input * 10" }), json!({})),
        ("Condition", "condition", json!({ "condition": "input > 0" }), json!({})),
        ("Delay", "delay", json!({ "seconds": 0.03 }), json!({})),
        ("Approval", "approval", json!({ "message": "Shall {input} go on?" }), json!({})),
        ("Sub", "sub_workflow", json!({ "workflow": child, "input": "{{ nodes.Transform }}" }), json!({})),
        (
            "Write",
            "db_write",
            json!({ "table": "faults", "data": { "run": "{{ run.id }}", "value": "{{ nodes.Transform }}" } }),
            json!({}),
        ),
        ("Read", "db_query", json!({ "table": "faults", "where": { "run": "{{ run.id }}" } }), json!({})),
        (
            "Each",
            "for_each",
            json!({ "workflow": child, "items": "{{ [nodes.Transform, nodes.Probe] }}" }),
            json!({}),
        ),
        (
            "Last",
            "probe",
            json!({ "value": "{'sub': nodes.Sub, 'each': input, 'said': nodes.Approval.comment, 'rows': nodes.Read | map(attribute='value') | list}" }),
            json!({}),
        ),
    ]
}

/// The address of a service that hears what it is sent.
async fn a_service() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let hears = axum::routing::post(async |axum::Json(sent): axum::Json<Value>| {
        axum::Json(json!({ "heard": sent.as_array().map(Vec::len) }))
    });
    let app = axum::Router::new().route("/", hears);
    tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
    format!("http://{address}/")
}

/// Steps whose work is done before the journal hears of it. `url` is an address that hears what it is sent.
fn outside_steps(url: &str) -> Vec<Step> {
    vec![
        ("Before", "probe", json!({ "value": "[input]" }), json!({})),
        ("Fetch", "http_request", json!({ "method": "POST", "url": url, "body": "{{ input }}" }), json!({})),
        (
            "Keep",
            "vector_add",
            json!({ "collection_name": "faults", "documents": "{{ [{'content': 'of ' ~ run.id, 'metadata': {'run': run.id}, 'vector': [1, 0, 0]}] }}" }),
            json!({}),
        ),
        (
            "Search",
            "faiss_search",
            json!({ "collection_name": "faults", "vector": [1, 0, 0], "filter": { "run": "{{ run.id }}" } }),
            json!({}),
        ),
        (
            "After",
            "probe",
            json!({ "value": "{'fetched': nodes.Fetch.body.heard, 'found': input | length}" }),
            json!({}),
        ),
    ]
}

/// An agent that sends to `url` and runs `child`.
fn agent_steps(url: &str, child: &str) -> Vec<Step> {
    let tools = json!([
        { "type": "http_request", "name": "post", "url": url, "methods": ["POST"] },
        { "type": "workflow", "name": "twice", "workflow": child,
          "parameters": { "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] } },
    ]);
    let config = json!({ "prompt_template": "Do it.", "model": "brain", "tools": tools });
    vec![
        ("Before", "probe", json!({ "value": "input" }), json!({})),
        ("Agent", "agent", config, json!({})),
        ("After", "probe", json!({ "value": "input" }), json!({})),
    ]
}

fn model_steps() -> Vec<Step> {
    let ask = json!({ "prompt_template": "Say {input}.", "max_tokens": 4, "choices": ["yes", "no"] });
    vec![
        ("Before", "probe", json!({ "value": "input" }), json!({})),
        ("Ask", "llm_call", ask, json!({})),
        ("After", "probe", json!({ "value": "input in ['yes', 'no']" }), json!({})),
    ]
}

impl Row {
    /// A step of every node type but the model's.
    pub async fn create(stage: &Stage) -> Self {
        let child = stage.workflow(&[("Twice", "probe", json!({ "value": "input * 2" }), json!({}))]).await;
        stage.table("faults", &[("run", "text"), ("value", "integer")]).await;
        let steps = steps(child.rsplit('/').next().unwrap_or_default());
        let path = stage.workflow(&steps).await;
        let twice = |value: i64| json!({ "Twice": value });
        let output = json!({ "Last": { "sub": twice(320), "each": [twice(320), twice(32)], "said": "go", "rows": [160] } });
        Self { path, input: json!(15), output, steps: steps.iter().map(|step| step.0).collect() }
    }

    /// A model between two probes.
    pub async fn with_model(stage: &Stage) -> Self {
        let steps = model_steps();
        let path = stage.workflow(&steps).await;
        let steps = steps.iter().map(|step| step.0).collect();
        Self { path, input: json!("yes"), output: json!({ "After": true }), steps }
    }

    /// A request, and documents that are added and found.
    pub async fn outside(stage: &Stage) -> Self {
        stage.collection("faults", 3).await;
        let steps = outside_steps(&a_service().await);
        let path = stage.workflow(&steps).await;
        let steps = steps.iter().map(|step| step.0).collect();
        Self { path, input: json!(15), output: json!({ "After": { "fetched": 1, "found": 1 } }), steps }
    }

    /// An agent between two probes, with a model that says what it is told to.
    pub async fn agent(stage: &Stage, brain: &str, url: &str) -> Self {
        let work = json!({ "expression": "{'twice': input.n * 2}" });
        let child = stage.workflow(&[("Twice", "transform", work, json!({}))]).await;
        stage.model("brain", brain).await;
        let steps = agent_steps(url, child.rsplit('/').next().unwrap_or_default());
        let path = stage.workflow(&steps).await;
        let steps = steps.iter().map(|step| step.0).collect();
        Self { path, input: json!(1), output: json!({ "After": "done" }), steps }
    }

    /// That the run came to what it must, each step exactly once.
    pub fn check(&self, what: &str, played: &Played) {
        let detail = &played.detail;
        assert_eq!(detail["run"]["status"], "completed", "{what}: {detail}");
        assert_eq!(detail["run"]["output_data"], self.output, "{what}");
        let rows = detail["node_executions"].as_array().expect("executions");
        for step in &self.steps {
            let of_step: Vec<_> = rows.iter().filter(|row| row["node_name"] == *step).collect();
            let completed: Vec<_> = of_step.iter().filter(|row| row["status"] == "completed").collect();
            assert_eq!(completed.len(), 1, "{what}: {step}: {of_step:?}");
            let is_open =
                |row: &&&Value| ["running", "waiting", "pending"].iter().any(|s| row["status"] == *s);
            assert!(!of_step.iter().any(|row| is_open(&row)), "{what}: {step} is left open: {of_step:?}");
            let run = detail["run"]["id"].as_str().expect("an id");
            let later = played.recorded.iter().filter(|line| line.run == run && line.name == *step);
            let again = later.filter(|line| Some(line.attempt) > completed[0]["attempt"].as_i64());
            assert_eq!(again.count(), 0, "{what}: {step} ran again after it had completed");
        }
        for (place, line) in played.recorded.iter().enumerate() {
            once(what, line, &played.recorded[..place], played.deaths);
        }
    }
}

/// No attempt begins twice, and none ends that has not begun. While the process lives, nothing that has succeeded is
/// begun again, however often writing it down fails.
fn once(what: &str, line: &Line, before: &[Line], deaths: usize) {
    let of_step = before.iter().filter(|other| other.run == line.run && other.name == line.name);
    let begun = of_step.clone().filter(|l| l.attempt == line.attempt && l.event == "start").count();
    assert_eq!(
        begun,
        usize::from(line.event == "end"),
        "{what}: {line:?} after {begun} beginnings of that attempt"
    );
    let succeeded = of_step.filter(|l| l.result == "completed").count();
    assert!(succeeded <= deaths, "{what}: {line:?} after {succeeded} successes and {deaths} deaths");
}
