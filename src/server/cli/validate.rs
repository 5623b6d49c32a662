//! `millrace validate FILE`.

use super::{Failure, MISUSED, file};
use crate::{
    api::problem::{Problem, Severity, Validation},
    server::{
        config,
        llm::{Models, ModelsOptions},
    },
    workflow::check::{self, Environment},
};
use std::path::Path;

/// Prints what the checker finds; exit code 2 when one of it would keep the workflow from running.
pub fn validate(path: &Path, json: bool) -> Result<(), Failure> {
    let config = config::load()?;
    let document = file::workflow(path)?;
    let models = Models::open(ModelsOptions::new(config.models_dir()));
    let environment = Environment {
        installed_models: Some(models.installed_chat_names()),
        max_nodes: config.limits.max_nodes,
        ..Environment::default()
    };
    let problems = check::check(&document, &environment);
    let can_run = check::can_run(&problems);
    if json {
        let text = serde_json::to_string_pretty(&Validation { problems }).map_err(Failure::failed)?;
        println!("{text}");
    } else if problems.is_empty() {
        println!("{}: no problems", path.display());
    } else {
        problems.iter().for_each(|problem| println!("{}", line(problem)));
    }
    if can_run { Ok(()) } else { Err(Failure { code: MISUSED, message: String::new() }) }
}

/// A problem for people: `error: Node "Sort", config.condition: …`.
pub fn line(problem: &Problem) -> String {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = match (&problem.node, &problem.field) {
        (Some(node), Some(field)) => format!(" node \"{node}\", {field}:"),
        (Some(node), None) => format!(" node \"{node}\":"),
        (None, Some(field)) => format!(" {field}:"),
        (None, None) => String::new(),
    };
    format!("{severity}:{place} {} [{}]", problem.message, problem.code)
}
