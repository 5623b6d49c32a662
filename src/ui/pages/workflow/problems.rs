//! Checks the document in the browser a moment after each change; the same checker as the server's.

mod fix;

pub(super) use fix::{Fix, fix};

use super::known::{Kind, Known};
use crate::{
    api::{credentials::Credential, models::ModelView},
    ui::{
        browser::typing,
        canvas::editing::Editing,
        components::{field::prose, icon::Icon},
    },
    workflow::{
        catalog::{self, NodeType},
        check::{Environment, KnownCredential, KnownWorkflow, Memory, Problem, Severity, check_again},
        document::{Node, Workflow},
    },
};
use leptos::prelude::*;
use std::time::Duration;

/// Keeps `editing.problems` up to date. What steps may name is read once a step names one.
pub fn watch(editing: Editing, models: &[ModelView], workflows: Option<Vec<KnownWorkflow>>, known: Known) {
    let names = models.iter().filter(|m| m.installed && m.kind == "chat").map(|m| m.name.clone()).collect();
    // How many steps there may be is the server's business: it says so when it saves.
    let environment = StoredValue::new(Environment {
        installed_models: Some(names),
        workflows,
        max_nodes: usize::MAX,
        ..Environment::default()
    });
    let memory = StoredValue::new(Memory::default());
    Effect::new(move |before: Option<u64>| {
        let version = editing.version.get();
        for kind in [Kind::Collection, Kind::Credential, Kind::Table] {
            if editing.read(|d| is_named(d, kind)) {
                known.need(kind);
            }
        }
        let collections = known.collections.get();
        let tables = known.tables.get();
        let credentials = known.credentials.get().map(|list| {
            let known =
                |c: Credential| KnownCredential { id: c.id, name: c.name, kind: c.kind.as_str().to_owned() };
            list.into_iter().map(known).collect()
        });
        environment.update_value(|environment| {
            environment.collections = collections;
            environment.tables = tables;
            environment.credentials = credentials;
        });
        let look = move || {
            // A later change has its own look.
            if editing.version.try_get_untracked() != Some(version) {
                return;
            }
            let again = |memory: &mut Memory| {
                environment.with_value(|environment| editing.read(|d| check_again(d, environment, memory)))
            };
            let Some(found) = memory.try_update_value(again) else { return };
            if editing.problems.with_untracked(|known| *known != found) {
                editing.problems.set(found);
            }
        };
        set_timeout(look, Duration::from_millis(if before.is_some() { 160 } else { 0 }));
        version
    });
}

/// Whether a step may name something of a kind.
fn is_named(document: &Workflow, kind: Kind) -> bool {
    let names = |t: &&NodeType| {
        t.fields.iter().any(|f| f.schema.get("x-widget").is_some_and(|w| *w == kind.as_str()))
    };
    // The tools of an agent may name anything.
    let has_tools = |node: &Node| node.node_type == "agent" && node.config.contains_key("tools");
    if document.nodes.iter().any(has_tools) {
        return true;
    }
    if kind == Kind::Table {
        return false; // other steps make the table that they name, or are told when they run
    }
    // The kinds of steps are a dozen, the steps may be thousands.
    let types: Vec<&str> = catalog::all().iter().filter(names).map(|t| t.name).collect();
    document.nodes.iter().any(|node| types.contains(&node.node_type.as_str()))
}

/// All problems, each a way to its node.
#[component]
pub fn ProblemList() -> impl IntoView {
    let editing = expect_context::<Editing>();
    view! {
        <ul class="problems" data-testid="problems">
            {move || {
                let problems = editing.problems.get();
                if problems.is_empty() {
                    return view! {
                        <li class="problems__none">
                            <Icon name="check" />
                            "No problems. The workflow can run."
                        </li>
                    }
                        .into_any();
                }
                problems.into_iter().map(|problem| view! { <Row problem /> }).collect_view().into_any()
            }}
        </ul>
    }
    .into_any()
}

/// Shows the step of a problem and puts the cursor into its field.
pub(super) fn go_to(editing: Editing, problem: &Problem) {
    let Some(id) = problem.node_id else { return };
    editing.choose(id);
    editing.reveal(id);
    let Some(field) = problem.field.clone() else { return };
    // The panel of another step is built first.
    request_animation_frame(move || {
        request_animation_frame(move || {
            let (place, within) = place_of(&field);
            typing::focus_field(&place, within.as_deref());
        });
    });
}

/// The id of a field's control, and the name of the row within it.
fn place_of(field: &str) -> (String, Option<String>) {
    let mut parts = field.splitn(3, '.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("config"), Some(name), within) => (format!("config-{name}"), within.map(str::to_owned)),
        (Some("settings"), Some("timeout_ms"), _) => ("setting-timeout".to_owned(), None),
        (Some("settings"), Some("retry"), _) => ("setting-attempts".to_owned(), None),
        (Some("name"), ..) => ("node-name".to_owned(), None),
        _ => ("node-name".to_owned(), None),
    }
}

/// The button that mends a problem, where that is obvious.
#[component]
pub(super) fn FixButton(fix: Fix) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let label = fix.label.clone();
    view! {
        <button
            type="button"
            class="btn btn--sm fix"
            data-testid="fix"
            on:click=move |_| editing.change(None, |document| fix.apply(document))
        >
            <Icon name="check" class="icon--sm" />
            {label}
        </button>
    }
}

#[component]
fn Row(problem: Problem) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let tone = if problem.severity == Severity::Error { "tone-red" } else { "tone-amber" };
    let mend = editing.read(|document| fix(&problem, document));
    let (node, message, code) = (problem.node.clone(), problem.message.clone(), problem.code.clone());
    view! {
        <li class="problems__row">
            <button
                type="button"
                class=format!("problem {tone}")
                data-code=code
                on:click=move |_| go_to(editing, &problem)
            >
                <Icon name="alert" class="icon--sm" />
                <strong class="truncate">{node.unwrap_or_else(|| "Workflow".to_owned())}</strong>
                <span>{prose(&message)}</span>
            </button>
            {mend.map(|fix| view! { <FixButton fix /> })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn a_problem_leads_to_its_field() {
        assert_eq!(place_of("config.url"), ("config-url".to_owned(), None));
        assert_eq!(place_of("config.fields.a.b"), ("config-fields".to_owned(), Some("a.b".to_owned())));
        assert_eq!(place_of("settings.timeout_ms"), ("setting-timeout".to_owned(), None));
        assert_eq!(place_of("name").0, "node-name");
    }
}
