//! The checker on random graphs.

use super::{any_json, plain_edge, plain_node, plain_workflow};
use crate::workflow::check::{Environment, KnownWorkflow, Severity, check, order};
use crate::workflow::document::{Join, Workflow};
use crate::workflow::ids::WorkflowId;
use petgraph::algo::toposort;
use petgraph::graph::DiGraph;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The last one is not in the catalogue.
const TYPES: &[&str] = &["transform", "condition", "llm_call", "delay", "approval", "for_each", "future"];

fn any_graph(forward_only: bool) -> impl Strategy<Value = Workflow> {
    let nodes = prop::collection::vec((0..TYPES.len(), any::<bool>(), prop::bool::weighted(0.1)), 1..9);
    let edges = prop::collection::vec((0..9_usize, 0..9_usize, 0..4_usize), 0..16);
    (nodes, edges).prop_map(move |(nodes, edges)| {
        let mut nodes: Vec<_> = nodes
            .into_iter()
            .enumerate()
            .map(|(index, (node_type, all, disabled))| {
                let node_type =
                    if forward_only { TYPES[node_type % (TYPES.len() - 1)] } else { TYPES[node_type] };
                let mut node = plain_node(format!("n{index}"), node_type);
                node.settings.join = if all { Join::All } else { Join::Any };
                node.settings.disabled = disabled;
                node
            })
            .collect();
        let count = nodes.len();
        let mut seen = HashSet::new();
        let edges = edges
            .into_iter()
            .filter_map(|(a, b, port)| {
                let (a, b) = (a % count, b % count);
                let (a, b) = if forward_only { (a.min(b), a.max(b)) } else { (a, b) };
                let ports: &[Option<&str>] = match nodes[a].node_type.as_str() {
                    "condition" => &[None, Some("true"), Some("false"), Some("error")],
                    "approval" => &[None, Some("approved"), Some("rejected"), Some("error")],
                    _ => &[None, Some("out"), None, Some("error")],
                };
                let fresh = !(forward_only && a == b) && seen.insert((a, b, ports[port]));
                fresh.then(|| plain_edge(&nodes, a, ports[port], b))
            })
            .collect();
        nodes.iter_mut().for_each(|n| n.position_x = 1.0);
        plain_workflow(nodes, edges)
    })
}

/// What happened to a node in a simulated run.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    /// On this port.
    Completed(&'static str),
    Failed,
    Skipped,
}

/// The usual port, and the other one that a node may emit on.
fn ports(node_type: &str) -> (&'static str, &'static str) {
    match node_type {
        "condition" => ("true", "false"),
        "approval" => ("approved", "rejected"),
        _ => ("out", "out"),
    }
}

/// The engine's rules, written a second time: the fate of each node, `None` where the run ended before it.
fn simulate(workflow: &Workflow, luck: &[u8]) -> Option<Vec<End>> {
    let places: HashMap<_, _> = workflow.nodes.iter().enumerate().map(|(i, n)| (n.id, i)).collect();
    let mut ends: Vec<End> = Vec::new();
    for (index, node) in workflow.nodes.iter().enumerate() {
        let live: Vec<bool> = workflow
            .edges
            .iter()
            .filter(|e| e.target_node_id == node.id)
            .map(|e| {
                let source = places[&e.source_node_id];
                let port = e.source_port.as_deref().unwrap_or(ports(&workflow.nodes[source].node_type).0);
                match ends[source] {
                    End::Completed(emitted) => emitted == port,
                    End::Failed => port == "error",
                    End::Skipped => false,
                }
            })
            .collect();
        let starts = live.is_empty()
            || match node.settings.join {
                Join::Any => live.iter().any(|l| *l),
                Join::All => live.iter().all(|l| *l),
            };
        let caught = workflow
            .edges
            .iter()
            .any(|e| e.source_node_id == node.id && e.source_port.as_deref() == Some("error"));
        let luck = luck[index % luck.len()];
        let (first, other) = ports(&node.node_type);
        ends.push(match (starts, luck) {
            (false, _) => End::Skipped,
            (true, _) if node.settings.disabled => End::Completed(first),
            (true, 0..60) if caught => End::Failed,
            (true, 0..20) => return None,
            (true, _) => End::Completed(if luck.is_multiple_of(2) { first } else { other }),
        });
    }
    Some(ends)
}

proptest! {
    #[test]
    fn a_cycle_is_reported_exactly_where_there_is_one(workflow in any_graph(false)) {
        let places: HashMap<_, _> = workflow.nodes.iter().enumerate().map(|(i, n)| (n.id, i)).collect();
        let mut graph = DiGraph::<(), ()>::new();
        let nodes: Vec<_> = workflow.nodes.iter().map(|_| graph.add_node(())).collect();
        for edge in &workflow.edges {
            graph.add_edge(nodes[places[&edge.source_node_id]], nodes[places[&edge.target_node_id]], ());
        }
        let cyclic = toposort(&graph, None).is_err();
        let problems = check(&workflow, &Environment::default());
        prop_assert_eq!(problems.iter().any(|p| p.code == "cycle" || p.code == "self_edge"), cyclic);
        prop_assert_eq!(order(&workflow).is_none(), cyclic);
        prop_assert_eq!(check(&workflow, &Environment::default()), problems, "the order of problems is fixed");
    }

    #[test]
    fn an_order_puts_sources_first(workflow in any_graph(true)) {
        let order = order(&workflow).unwrap();
        let at = |id| order.iter().position(|o| *o == id).unwrap();
        prop_assert_eq!(order.len(), workflow.nodes.len());
        prop_assert!(workflow.edges.iter().all(|e| at(e.source_node_id) < at(e.target_node_id)));
    }

    /// Where the checker is silent about a reference, the node it names has completed in every run that gets there.
    #[test]
    fn what_is_not_warned_about_is_there(mut workflow in any_graph(true), lucks in prop::collection::vec(prop::collection::vec(any::<u8>(), 9), 24)) {
        let names: Vec<String> = workflow.nodes.iter().map(|n| n.name.clone()).collect();
        for (index, node) in workflow.nodes.iter_mut().enumerate() {
            let uses: String = names[..index].iter().map(|n| format!("{{{{ nodes.{n} }}}}")).collect();
            node.config.insert("prompt_template".into(), Value::from(uses));
            // Types with two ports keep them; what they are asked is not looked at.
            if ports(&node.node_type).0 == "out" {
                node.node_type = "llm_call".into();
                node.config.retain(|field, _| field == "prompt_template");
            }
        }
        let problems = check(&workflow, &Environment::default());
        for luck in &lucks {
            let Some(ends) = simulate(&workflow, luck) else { continue };
            for (index, node) in workflow.nodes.iter().enumerate().filter(|(i, n)| ends[*i] != End::Skipped && n.node_type == "llm_call") {
                for (other, name) in names[..index].iter().enumerate() {
                    let mentioned = problems.iter().any(|p| {
                        p.node_id == Some(node.id) && p.message.starts_with(&format!("`{name}`")) && matches!(p.code.as_str(), "may_be_skipped" | "not_upstream")
                    });
                    prop_assert!(mentioned || matches!(ends[other], End::Completed(_)), "{} in {}: {:?}", name, node.name, ends);
                }
            }
        }
    }

    #[test]
    fn the_checker_takes_any_config(mut workflow in any_graph(false), configs in prop::collection::vec(any_json(), 8), fields in prop::collection::vec(0..22_usize, 8)) {
        let names = ["prompt_template", "system", "model", "temperature", "max_tokens", "top_p", "seed", "stop", "choices", "output_schema", "cache", "expression", "fields", "condition", "seconds", "until", "message", "timeout_seconds", "items", "workflow", "input", "concurrency"];
        for (index, node) in workflow.nodes.iter_mut().enumerate() {
            node.config.insert(names[fields[index % 8]].into(), configs[index % 8].clone());
        }
        let environment = Environment { installed_models: Some(vec!["m".into()]), missing_model: Severity::Error, max_nodes: 4, workflows: Some(vec![KnownWorkflow { id: WorkflowId::new(), name: "another".into() }]), collections: Some(vec!["docs".into()]), ..Environment::default() };
        for problem in check(&workflow, &environment) {
            prop_assert!(!problem.message.is_empty() && !problem.code.is_empty());
        }
    }
}
