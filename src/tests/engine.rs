//! The engine, on both databases: what runs give, how they fail, and that nothing finished is lost or done twice.

mod basics;
mod children;
mod leases;
mod recovery;
mod waiting;
mod watching;

use crate::support::db::TestDatabase;
use chrono::Utc;
use millrace::{
    api::{
        runs::{NodeExecutionView, RunDetail, RunStatus},
        workflows::{EdgeView, GraphBody, NodeView, WorkflowBody},
    },
    server::{
        clock::Clock,
        engine::{Engine, EngineLimits},
        llm::{Models, ModelsOptions},
        nodes::{NodeContext, NodeError, NodeFuture, NodeHandler, NodeOutput, NodeRegistry, Parts},
        store::{graph, runs, users, versions, workflows},
    },
    workflow::{
        document::Workflow,
        ids::{EdgeId, NodeId, RunId, UserId, VersionId, WorkflowId},
    },
};
use serde_json::{Value, json};
use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Longer than anything here takes, shorter than anybody's patience.
const PATIENCE: Duration = Duration::from_secs(20);

/// A workflow of an owner, ready to be run.
struct Bench {
    owner: UserId,
    workflow: WorkflowId,
    nodes: Vec<NodeView>,
}

/// A handler whose behaviour stands in the config: `{"do": "pass" | "gate" | "fail" | "flaky" | "panic" | "sleep" | "big" | "talk" | "queue"}`.
#[derive(Clone)]
struct Probe {
    /// Every attempt that began: node name and number.
    began: Arc<Mutex<Vec<(String, i32)>>>,
    /// A gate lets one attempt through for each permit.
    gate: Arc<Semaphore>,
}

impl Default for Probe {
    fn default() -> Self {
        Self { began: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }
}

impl Probe {
    fn began(&self) -> Vec<(String, i32)> {
        self.began.lock().expect("no panic while held").clone()
    }

    /// Waits until that many attempts have begun.
    async fn wait_for(&self, attempts: usize) {
        for _ in 0..2000 {
            if self.began().len() >= attempts {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("only {:?} began", self.began());
    }

    fn registry(&self) -> NodeRegistry {
        NodeRegistry::standard(Parts::bare(Models::open(ModelsOptions::new("no-models-here"))))
            .with("probe", self.clone())
    }

    async fn act(&self, context: &NodeContext) -> Result<NodeOutput, NodeError> {
        self.began.lock().expect("no panic while held").push((context.node_name.clone(), context.attempt));
        let text =
            |key: &str| context.node_config.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        match text("do").as_str() {
            "gate" => self.gate.acquire().await.expect("never closed").forget(),
            "talk" => {
                for piece in ["Hé", "llo ", "world"] {
                    context.emit_token(piece);
                }
                self.gate.acquire().await.expect("never closed").forget();
            }
            "queue" => {
                let waits = context.waiting_sink();
                waits(Some("2 requests come first."));
                waits(Some("1 request comes first."));
                self.gate.acquire().await.expect("never closed").forget();
                waits(None);
                self.gate.acquire().await.expect("never closed").forget();
            }
            "flaky" => {
                let times = context.node_config.get("times").and_then(Value::as_i64).unwrap_or_default();
                if i64::from(context.attempt) <= times {
                    return Err(NodeError::passing("busy", "come back later"));
                }
            }
            "fail" => {
                context.log(millrace::server::nodes::LogLevel::Warn, "about to fail");
                return Err(NodeError::permanent("broken", "it broke; mend it"));
            }
            "panic" => panic!("boom"),
            "sleep" => tokio::time::sleep(PATIENCE).await,
            "big" => return Ok(NodeOutput::of(json!("x".repeat(2000)))),
            _ => {}
        }
        Ok(NodeOutput::of(json!({ "node": context.node_name, "input": *context.input })))
    }
}

impl NodeHandler for Probe {
    fn run<'a>(&'a self, context: &'a NodeContext) -> NodeFuture<'a> {
        Box::pin(async { self.act(context).await.map(Into::into) })
    }
}

fn node(name: &str, node_type: &str, config: Value) -> NodeView {
    with_settings(name, node_type, config, json!({}))
}

fn with_settings(name: &str, node_type: &str, config: Value, settings: Value) -> NodeView {
    NodeView {
        id: NodeId::new().0,
        name: name.to_owned(),
        node_type: node_type.to_owned(),
        config: config.as_object().cloned().expect("an object"),
        settings: serde_json::from_value(settings).expect("settings"),
        position_x: 0.0,
        position_y: 0.0,
    }
}

fn probe(name: &str, act: &str) -> NodeView {
    node(name, "probe", json!({ "do": act }))
}

/// `links` are `"a>b"` or `"a.port>b"`.
async fn bench(db: &TestDatabase, nodes: Vec<NodeView>, links: &[&str]) -> Bench {
    let write = db.store.write().await.expect("a transaction");
    let new = users::NewUser {
        username: format!("u{}", uuid::Uuid::now_v7().simple()),
        email: format!("{}@example.org", uuid::Uuid::now_v7().simple()),
        hashed_password: String::new(),
    };
    let owner = users::create(&write, new, Utc::now()).await.expect("an account").id;
    write.commit().await.expect("a commit");
    bench_of(db, owner, "w", nodes, links).await
}

/// Another workflow of the same owner.
async fn bench_of(
    db: &TestDatabase,
    owner: UserId,
    name: &str,
    nodes: Vec<NodeView>,
    links: &[&str],
) -> Bench {
    let now = Utc::now();
    let write = db.store.write().await.expect("a transaction");
    let body = WorkflowBody {
        name: name.to_owned(),
        vars: json!({"k": 7}).as_object().cloned(),
        ..WorkflowBody::default()
    };
    let made = workflows::create(&write, owner, &body, now).await.expect("a workflow");
    let id_of = |name: &str| nodes.iter().find(|n| n.name == name).expect(name).id;
    let edges = links
        .iter()
        .map(|link| {
            let (source, target) = link.split_once('>').expect("source>target");
            let (source, port) =
                source.split_once('.').map_or((source, None), |(s, p)| (s, Some(p.to_owned())));
            EdgeView {
                id: EdgeId::new().0,
                source_node_id: id_of(source),
                source_port: port,
                target_node_id: id_of(target),
                target_port: None,
            }
        })
        .collect();
    let workflow = WorkflowId(made.id);
    let body = GraphBody { revision: 1, nodes: nodes.clone(), edges, notes: None };
    graph::put(&write, owner, workflow, &body, now).await.expect("a graph");
    write.commit().await.expect("a commit");
    Bench { owner, workflow, nodes }
}

async fn engine(db: &TestDatabase, probe: &Probe) -> Engine {
    engine_with(db, probe, EngineLimits::default()).await
}

async fn engine_with(db: &TestDatabase, probe: &Probe, limits: EngineLimits) -> Engine {
    engine_at(db, probe, limits, Clock::system()).await
}

async fn engine_at(db: &TestDatabase, probe: &Probe, limits: EngineLimits, clock: Clock) -> Engine {
    Engine::start(db.store.clone(), probe.registry(), limits, clock, "tests".to_owned())
        .await
        .expect("the engine starts")
}

/// Looks again and again until it is so.
async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    for _ in 0..4000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to pass that {what}");
}

impl Bench {
    /// A pending run that no engine knows of yet.
    async fn make_run(&self, db: &TestDatabase, input_data: Value, use_pinned: bool) -> RunId {
        let now = Utc::now();
        let write = db.store.write().await.expect("a transaction");
        let draft = workflows::get(&write, self.owner, self.workflow).await.expect("the draft");
        let document = Workflow::from(&draft);
        let version = versions::find_or_create(&write, self.owner, self.workflow, &document, now)
            .await
            .expect("a version");
        let new = runs::NewRun {
            workflow_id: self.workflow,
            version_id: VersionId(version.id),
            trigger: "api".to_owned(),
            trigger_id: None,
            input_data,
            use_pinned,
            idempotency_key: None,
        };
        let made = runs::create(&write, self.owner, new, now).await.expect("a run");
        write.commit().await.expect("a commit");
        made.id
    }

    async fn submit(&self, db: &TestDatabase, engine: &Engine, input: Value) -> RunId {
        let run = self.make_run(db, input, false).await;
        engine.submit(run);
        run
    }

    async fn detail(&self, db: &TestDatabase, run: RunId) -> RunDetail {
        runs::get(&db.store, self.owner, self.workflow, run).await.expect("the run")
    }

    async fn status(&self, db: &TestDatabase, run: RunId) -> RunStatus {
        self.detail(db, run).await.run.summary.status
    }

    /// Waits until the run has that status.
    async fn reaches(&self, db: &TestDatabase, run: RunId, status: RunStatus) {
        until(status.as_str(), || async { self.status(db, run).await == status }).await;
    }

    /// Runs to the end.
    async fn result(&self, db: &TestDatabase, engine: &Engine, input: Value) -> RunDetail {
        let run = self.submit(db, engine, input).await;
        assert!(engine.wait(run, PATIENCE).await, "the run ends");
        self.detail(db, run).await
    }
}

/// The last attempt of a node; `None` if it has no row.
fn last<'d>(detail: &'d RunDetail, name: &str) -> Option<&'d NodeExecutionView> {
    detail.node_executions.iter().filter(|e| e.node_name == name).max_by_key(|e| e.attempt)
}
