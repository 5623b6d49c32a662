//! The store, on both databases.

mod accounts;
mod children;
mod journal;
mod runs;
mod start;
mod workflows;

use crate::support::db::TestDatabase;
use chrono::{DateTime, SubsecRound as _, Utc};
use millrace::{
    api::workflows::{EdgeView, NodeView, WorkflowBody, WorkflowDetail},
    server::store::{users, workflows as queries},
    workflow::ids::{EdgeId, NodeId, UserId},
};
use serde_json::{Value, json};

fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

pub async fn user(db: &TestDatabase, name: &str) -> UserId {
    let write = db.store.write().await.expect("a transaction");
    let new = users::NewUser {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        hashed_password: "$argon2id$".to_owned(),
    };
    let user = users::create(&write, new, now()).await.expect("an account");
    write.commit().await.expect("a commit");
    user.id
}

async fn workflow(db: &TestDatabase, owner: UserId, name: &str) -> WorkflowDetail {
    let write = db.store.write().await.expect("a transaction");
    let body = WorkflowBody { name: name.to_owned(), ..WorkflowBody::default() };
    let made = queries::create(&write, owner, &body, now()).await.expect("a workflow");
    write.commit().await.expect("a commit");
    made
}

fn node(name: &str, config: Value) -> NodeView {
    NodeView {
        id: NodeId::new().0,
        name: name.to_owned(),
        node_type: "transform".to_owned(),
        config: config.as_object().cloned().unwrap_or_default(),
        settings: serde_json::from_value(json!({})).expect("settings"),
        position_x: 1.5,
        position_y: -2.0,
    }
}

fn edge(source: &NodeView, target: &NodeView) -> EdgeView {
    EdgeView {
        id: EdgeId::new().0,
        source_node_id: source.id,
        source_port: None,
        target_node_id: target.id,
        target_port: None,
    }
}
