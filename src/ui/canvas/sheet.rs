//! Wires from afar: all that begin in one square of the world are one drawing, so that a thousand wires are a few
//! paths, and a card that moves redraws only the squares of its own wires.

use super::{
    editing::{Card, Editing},
    geometry::{self, Curve, Point, Rect, input_port, output_port},
};
use crate::{
    ui::components::run_feed::RunFeed,
    workflow::{
        document::{Edge, Workflow},
        ids::NodeId,
    },
};
use leptos::prelude::*;
use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// Side of a square, in world pixels.
const SQUARE: f64 = 2048.0;

/// The wires that begin in one square.
#[derive(Debug, Clone)]
pub struct Sheet {
    square: (i64, i64),
    /// Tells two sets of wires in one square apart.
    digest: u64,
    edges: Arc<Vec<Edge>>,
}

impl PartialEq for Sheet {
    fn eq(&self, other: &Self) -> bool {
        (self.square, self.digest) == (other.square, other.digest)
    }
}

impl Eq for Sheet {}

impl Hash for Sheet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.square, self.digest).hash(state);
    }
}

/// Every sheet of a document, each with a box around its wires.
#[must_use]
pub fn sheets(document: &Workflow) -> Vec<(Sheet, Rect)> {
    let nodes: HashMap<NodeId, (Point, &str)> = document
        .nodes
        .iter()
        .map(|n| (n.id, (Point::new(n.position_x, n.position_y), n.node_type.as_str())))
        .collect();
    let mut squares: BTreeMap<(i64, i64), (Vec<Edge>, Vec<Rect>)> = BTreeMap::new();
    for edge in &document.edges {
        let (Some((source, kind)), Some((target, _))) =
            (nodes.get(&edge.source_node_id), nodes.get(&edge.target_node_id))
        else {
            continue;
        };
        let square = ((source.x / SQUARE).floor() as i64, (source.y / SQUARE).floor() as i64);
        let (edges, hulls) = squares.entry(square).or_default();
        let from = output_port(*source, kind, edge.source_port.as_deref());
        hulls.push(Curve::between(from, input_port(*target)).hull());
        edges.push(edge.clone());
    }
    let sheet = |(square, (edges, hulls)): ((i64, i64), (Vec<Edge>, Vec<Rect>))| {
        (Sheet { square, digest: digest(&edges), edges: Arc::new(edges) }, geometry::bounds(&hulls))
    };
    squares.into_iter().map(sheet).collect()
}

/// Those whose wires come near an area.
#[must_use]
pub fn touching(sheets: &[(Sheet, Rect)], area: Rect) -> Vec<Sheet> {
    sheets.iter().filter(|(_, around)| around.meets(area)).map(|(sheet, _)| sheet.clone()).collect()
}

fn digest(edges: &[Edge]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for edge in edges {
        (edge.id, edge.source_node_id, edge.target_node_id, &edge.source_port).hash(&mut hasher);
    }
    hasher.finish()
}

/// One wire of a sheet: its cards, the name of its port, and the states that colour it.
struct Line {
    source: Card,
    target: Card,
    port: Option<String>,
    states: [ArcRwSignal<&'static str>; 2],
}

/// The drawing of one sheet: the wires that a run took, and the others.
#[component]
pub fn SheetView(sheet: Sheet) -> impl IntoView {
    let editing = expect_context::<Editing>();
    let feed = expect_context::<RunFeed>();
    let lines: Vec<Line> = sheet
        .edges
        .iter()
        .filter_map(|edge| {
            Some(Line {
                source: editing.card(edge.source_node_id)?,
                target: editing.card(edge.target_node_id)?,
                port: edge.source_port.clone(),
                states: [edge.source_node_id, edge.target_node_id].map(|id| feed.step(id.0).state),
            })
        })
        .collect();
    let drawing = Memo::new(move |_| {
        let (mut plain, mut taken) = (String::new(), String::new());
        for Line { source, target, port, states } in &lines {
            let from =
                source.node.with_untracked(|n| output_port(source.at.get(), &n.node_type, port.as_deref()));
            let d = if is_taken(states[0].get(), states[1].get()) { &mut taken } else { &mut plain };
            Curve::between(from, input_port(target.at.get())).append_coarse(d);
        }
        (plain, taken)
    });
    view! {
        <path class="wire wire--far" d=move || drawing.with(|d| d.0.clone()) />
        <path class="wire wire--far is-taken" d=move || drawing.with(|d| d.1.clone()) />
    }
    .into_any()
}

/// Whether a run went along a wire, from the states of its two steps.
#[must_use]
pub fn is_taken(source: &str, target: &str) -> bool {
    matches!(source, "completed" | "reused")
        && matches!(target, "running" | "completed" | "failed" | "waiting")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::{
        ui::canvas::change,
        workflow::{catalog, document::Node},
    };

    fn line(places: &[f64]) -> Workflow {
        let mut document = sample::document();
        for x in places {
            let kind = catalog::find("transform").unwrap();
            let node = Node { position_x: *x, ..change::new_node(&document, kind, Point::new(*x, 0.0)) };
            document.nodes.push(node);
        }
        let ids: Vec<_> = document.nodes.iter().map(|n| n.id).collect();
        for pair in ids.windows(2) {
            assert!(change::connect(&mut document, pair[0], "out", pair[1]));
        }
        document
    }

    const ALL: Rect = Rect { x: -1e6, y: -1e6, width: 2e6, height: 2e6 };

    #[test]
    fn every_wire_is_on_one_sheet() {
        let document = line(&[0.0, 400.0, 2_100.0, 2_500.0, 9_000.0]);
        let all = sheets(&document);
        assert_eq!(all.iter().map(|(s, _)| s.edges.len()).collect::<Vec<_>>(), [2, 2]);
        let left = Rect { x: 0.0, y: 0.0, width: 300.0, height: 100.0 };
        assert_eq!(touching(&all, left), [all[0].0.clone()], "out of sight, out of the page");
    }

    #[test]
    fn a_sheet_is_the_same_until_its_wires_change() {
        let mut document = line(&[0.0, 400.0, 2_100.0, 2_500.0]);
        let drawn = |document: &Workflow| touching(&sheets(document), ALL);
        let before = drawn(&document);
        document.nodes[1].position_y = 64.0;
        assert_eq!(drawn(&document), before, "a move within the square is no new sheet");
        document.edges.remove(0);
        let after = drawn(&document);
        assert!(after[0] != before[0] && after[1] == before[1]);
    }

    #[test]
    fn a_wire_is_taken_once_its_target_has_begun() {
        assert!(is_taken("completed", "running") && is_taken("reused", "completed"));
        assert!(!is_taken("completed", "skipped") && !is_taken("running", "running") && !is_taken("", ""));
    }
}
