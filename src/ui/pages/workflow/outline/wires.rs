//! The edges of the chosen step: where they come from, where they lead, to be taken away or to get a step between.

use super::row_id;
use crate::{
    ui::{
        browser,
        canvas::{
            change,
            editing::{Editing, Wish},
        },
        components::icon::Icon,
    },
    workflow::{
        catalog,
        document::{Edge, Workflow},
        ids::{EdgeId, NodeId},
    },
};
use leptos::prelude::*;

/// One edge as the list says it.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    id: EdgeId,
    /// The step at the other end.
    other: NodeId,
    name: String,
    /// The port it leaves from, where that says anything.
    port: Option<String>,
    comes: bool,
}

impl Said {
    fn of(document: &Workflow, node: NodeId, edge: &Edge) -> Option<Self> {
        let comes = edge.target_node_id == node;
        let other = if comes { edge.source_node_id } else { edge.target_node_id };
        let port = change::port_name(document, edge).filter(|p| *p != "out").map(str::to_owned);
        Some(Self { id: edge.id, other, name: document.node(other)?.name.clone(), port, comes })
    }
}

/// The edges of a step: first those that come, then those that leave, by port.
fn edges_of(document: &Workflow, node: NodeId) -> Vec<Said> {
    let at = document.edges.iter().filter(|e| e.source_node_id == node || e.target_node_id == node);
    let mut all: Vec<_> = at.filter_map(|edge| Said::of(document, node, edge)).collect();
    all.sort_by(|a, b| (!a.comes, &a.port, &a.name).cmp(&(!b.comes, &b.port, &b.name)));
    all
}

#[component]
pub fn Wires(id: NodeId) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let edges = Memo::new(move |_| {
        editing.version.track();
        editing.read(|document| edges_of(document, id))
    });
    let ports = editing.read(|d| {
        let kind = catalog::sketch(&d.node(id)?.node_type)?;
        Some(kind.outputs.to_vec())
    });
    let ports = ports.unwrap_or_default();
    view! {
        <ul class="outline__wires" aria-label="Edges of this step">
            <For each=move || edges.get() key=|e| e.id let:edge>
                <Wire edge from=id />
            </For>
        </ul>
        <div class="outline__ports">
            {ports
                .into_iter()
                .map(|port| {
                    let label = if port == "out" { "Connect".to_owned() } else { format!("Connect “{port}”") };
                    view! {
                        <button
                            type="button"
                            class="btn btn--sm"
                            data-testid="outline-connect"
                            on:click=move |_| editing.begin_edge(id, port)
                        >
                            <Icon name="arrow-right" class="icon--sm" />
                            {label}
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
    .into_any()
}

#[component]
fn Wire(edge: Said, from: NodeId) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let Said { id, other, name, port, comes } = edge;
    let way = if comes { "From" } else { "To" };
    let words = port.map_or_else(|| name.clone(), |port| format!("{name} · {port}"));
    let insert = format!("Add a step between, {} {name}", way.to_lowercase());
    let remove = format!("Take away the edge {} {name}", way.to_lowercase());
    view! {
        <li>
            <span class="outline__way">{way}</span>
            <button
                type="button"
                class="outline__other truncate"
                on:click=move |_| {
                    editing.choose(other);
                    editing.reveal(other);
                    browser::focus(&row_id(other));
                }
            >
                {words}
            </button>
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm"
                title="Add a step between"
                aria-label=insert
                on:click=move |_| editing.palette.set(Some(Wish { wire: Some(id), ..Wish::default() }))
            >
                <Icon name="plus" class="icon--sm" />
            </button>
            <button
                type="button"
                class="btn btn--ghost btn--icon btn--sm"
                title="Take the edge away"
                aria-label=remove
                data-testid="outline-cut"
                on:click=move |_| {
                    editing.change(None, |document| document.edges.retain(|e| e.id != id));
                    browser::focus(&row_id(from));
                }
            >
                <Icon name="trash" class="icon--sm" />
            </button>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::workflow::{catalog, ids};
    use leptos::prelude::Owner;

    #[test]
    fn edges_are_said_from_either_end() {
        let owner = Owner::new();
        owner.set();
        let editing = sample::editing();
        editing.add(catalog::find("condition").unwrap(), Wish::default());
        let first = editing.cards.get_untracked()[0].id;
        editing.add(
            catalog::find("transform").unwrap(),
            Wish { from: Some((first, "false".to_owned())), ..Wish::default() },
        );
        let second: ids::NodeId = editing.cards.get_untracked()[1].id;
        let (from, to) = editing.read(|d| (edges_of(d, first), edges_of(d, second)));
        assert_eq!((from.len(), to.len()), (1, 1));
        assert_eq!((from[0].comes, from[0].other, from[0].port.as_deref()), (false, second, Some("false")));
        assert_eq!((to[0].comes, to[0].other, to[0].port.as_deref()), (true, first, Some("false")));
    }
}
