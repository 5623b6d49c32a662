//! What changed between two states of a workflow, as a list to read.

use super::fields::{Values, title};
use crate::{
    ui::{
        canvas::compare::Words,
        components::{empty::Empty, icon::Icon},
    },
    workflow::{
        catalog,
        diff::{EdgeRef, FieldChange, NodeChange, WorkflowDiff},
        document::Node,
    },
};
use leptos::prelude::*;

/// `known`: the steps of one of the two, for their types: what changed is in both.
#[component]
pub(super) fn Changes(changes: WorkflowDiff, known: Vec<Node>, words: Words) -> impl IntoView {
    if changes.is_empty() {
        return view! {
            <div data-testid="changes">
                <Empty icon="check" title="Nothing differs" text="The two are the same, down to each field." />
            </div>
        }
        .into_any();
    }
    let summary = in_words(&changes);
    let WorkflowDiff {
        details,
        nodes_added,
        nodes_removed,
        nodes_changed,
        edges_added,
        edges_removed,
        notes_changed,
    } = changes;
    // That a step stands elsewhere on the canvas changes nothing; all of those are one line.
    let (moved, changed): (Vec<_>, Vec<_>) =
        nodes_changed.into_iter().partition(|n| n.fields.is_empty() && n.renamed_from.is_none());
    let nodes = nodes_added
        .into_iter()
        .map(|n| (Mark::Added, n))
        .chain(nodes_removed.into_iter().map(|n| (Mark::Removed, n)));
    let has_edges = !edges_added.is_empty() || !edges_removed.is_empty();
    view! {
        <div class="card__body changes" data-testid="changes">
            <p class="muted" data-testid="changes-sum">
                {summary}
            </p>
            {(!details.is_empty())
                .then(|| {
                    view! {
                        <section class="change">
                            <div class="change__head">
                                <span class="tile">
                                    <Icon name="workflow" class="icon--sm" />
                                </span>
                                <h3>"Workflow"</h3>
                            </div>
                            <Fields fields=details />
                        </section>
                    }
                })}
            {nodes
                .map(|(mark, node)| {
                    let hook = node.name.clone();
                    view! {
                        <section class="change" data-testid="node-change" data-node-name=hook>
                            <NodeHead mark words name=node.name node_type=node.node_type />
                        </section>
                    }
                })
                .collect_view()} {changed
                .into_iter()
                .map(|node| {
                    let node_type = known.iter().find(|n| n.id == node.node_id).map(|n| n.node_type.clone());
                    view! { <Changed node words node_type=node_type.unwrap_or_default() /> }
                })
                .collect_view()}
            {has_edges
                .then(|| {
                    view! {
                        <section class="change">
                            <div class="change__head">
                                <span class="tile">
                                    <Icon name="fork" class="icon--sm" />
                                </span>
                                <h3>"Connections"</h3>
                            </div>
                            <ul class="change__edges">
                                {edges_removed
                                    .into_iter()
                                    .map(|edge| (Mark::Removed, edge))
                                    .chain(edges_added.into_iter().map(|edge| (Mark::Added, edge)))
                                    .map(|(mark, edge)| view! { <EdgeRow mark words edge /> })
                                    .collect_view()}
                            </ul>
                        </section>
                    }
                })}
            {(!moved.is_empty())
                .then(|| {
                    let names = moved.into_iter().map(|n| n.name).collect::<Vec<_>>().join(", ");
                    view! { <p class="faint">"Moved on the canvas: " {names}</p> }
                })} {notes_changed.then(|| view! { <p class="faint">"Notes or frames changed."</p> })}
        </div>
    }
    .into_any()
}

/// Whether something came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Added,
    Removed,
    Changed,
}

impl Mark {
    fn look(self, words: Words) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Added => ("tone-green", "plus", words.added),
            Self::Removed => ("tone-red", "minus", words.removed),
            Self::Changed => ("tone-amber", "pencil", words.changed),
        }
    }
}

pub(super) fn in_words(changes: &WorkflowDiff) -> String {
    let steps = |n: usize| if n == 1 { "1 step".to_owned() } else { format!("{n} steps") };
    let changed =
        changes.nodes_changed.iter().filter(|n| !n.fields.is_empty() || n.renamed_from.is_some()).count();
    let edges = changes.edges_added.len() + changes.edges_removed.len();
    let mut words = Vec::new();
    for (n, word) in
        [(changes.nodes_added.len(), "added"), (changes.nodes_removed.len(), "removed"), (changed, "changed")]
    {
        if n > 0 {
            words.push(format!("{} {word}", steps(n)));
        }
    }
    if edges > 0 {
        words.push(format!("{edges} {} changed", if edges == 1 { "connection" } else { "connections" }));
    }
    if !changes.details.is_empty() {
        words.push("the workflow's own fields changed".to_owned());
    }
    if words.is_empty() && changes.nodes_changed.is_empty() && changes.notes_changed {
        words.push("only notes or frames changed".to_owned());
    }
    if words.is_empty() {
        words.push("steps only moved on the canvas".to_owned());
    }
    let text = words.join(", ");
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[component]
fn NodeHead(
    mark: Mark,
    words: Words,
    name: String,
    node_type: String,
    #[prop(optional_no_strip)] renamed_from: Option<String>,
) -> impl IntoView {
    let kind = catalog::sketch(&node_type);
    let (icon, category) = kind.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    let (tone, mark_icon, word) = mark.look(words);
    let title = kind.map_or(node_type, |t| t.title.to_owned());
    view! {
        <div class="change__head">
            <span class=format!("tile cat-{category}")>
                <Icon name=icon class="icon--sm" />
            </span>
            <h3 class="truncate">{name}</h3>
            <span class="faint truncate">
                {match renamed_from {
                    Some(old) => format!("was “{old}”"),
                    None => title,
                }}
            </span>
            <span class="spacer"></span>
            <span class=format!("chip chip--sm {tone}")>
                <Icon name=mark_icon />
                {word}
            </span>
        </div>
    }
    .into_any()
}

#[component]
fn Changed(node: NodeChange, words: Words, node_type: String) -> impl IntoView {
    let hook = node.name.clone();
    view! {
        <section class="change" data-testid="node-change" data-node-name=hook>
            <NodeHead
                mark=Mark::Changed
                words
                name=node.name
                node_type
                renamed_from=node.renamed_from
            />
            <Fields fields=node.fields />
        </section>
    }
    .into_any()
}

#[component]
fn EdgeRow(mark: Mark, words: Words, edge: EdgeRef) -> impl IntoView {
    let (tone, icon, word) = mark.look(words);
    let port =
        (edge.source_port != "out").then(|| view! { <span class="chip chip--sm">{edge.source_port}</span> });
    view! {
        <li class=tone>
            <Icon name=icon class="icon--sm" />
            <span class="sr-only">{word}</span>
            <span class="truncate">{edge.source}</span>
            {port}
            <Icon name="arrow-right" class="icon--sm" />
            <span class="truncate">{edge.target}</span>
        </li>
    }
    .into_any()
}

#[component]
fn Fields(fields: Vec<FieldChange>) -> impl IntoView {
    if fields.is_empty() {
        return ().into_any();
    }
    view! {
        <dl class="change__fields">
            {fields
                .into_iter()
                .map(|change| {
                    let title = title(&change.field);
                    view! {
                        <dt title=change.field.clone()>{title}</dt>
                        <dd>
                            <Values old=change.old new=change.new />
                        </dd>
                    }
                })
                .collect_view()}
        </dl>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_a_sentence() {
        let node = |name: &str| catalog_ref(name);
        let changes = WorkflowDiff { nodes_added: vec![node("a"), node("b")], ..WorkflowDiff::default() };
        assert_eq!(in_words(&changes), "2 steps added.");
        let noted = WorkflowDiff { notes_changed: true, ..WorkflowDiff::default() };
        assert_eq!(in_words(&noted), "Only notes or frames changed.");
    }

    fn catalog_ref(name: &str) -> crate::workflow::diff::NodeRef {
        crate::workflow::diff::NodeRef {
            node_id: crate::workflow::ids::NodeId::new(),
            name: name.to_owned(),
            node_type: "transform".to_owned(),
        }
    }
}
