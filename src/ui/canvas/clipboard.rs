//! Copy and paste as the text of a workflow file, so that it goes to another workflow, another tab, or into a mail.
//! Pure; the system's clipboard is asked in `ui::browser::clipboard`.

use super::{
    geometry::{self, Point, Rect},
    paper,
};
use crate::workflow::{
    check::MAX_NODES,
    document::Workflow,
    edit::{EditError, Editor, Pasted},
    file::{FORMAT, WorkflowFile},
    ids::{NodeId, NoteId},
    notes::{MAX_NOTES, Note},
};
use serde_json::Value;

/// Longest text that is looked at, in bytes: several times the largest workflow that may be drawn.
const MAX_TEXT: usize = 32 << 20;

/// Why nothing was pasted; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    #[error("The clipboard holds no workflow. Copy steps in Millrace first, or the text of a workflow file.")]
    NoWorkflow,
    #[error(
        "What was copied comes from a newer Millrace (format {0}; this one reads up to {FORMAT}). Update Millrace, then paste again."
    )]
    Newer(u64),
    #[error("The copied workflow has a mistake at {0}. Mend it, copy it, and paste again.")]
    Mistake(String),
    #[error("The copied workflow has no steps and no notes.")]
    Empty,
    #[error("The copied notes do not fit: a workflow may have {MAX_NOTES} notes and frames. Copy fewer.")]
    TooManyNotes,
    #[error(
        "{pasted} steps do not fit: a workflow may have {MAX_NODES}, and this one has {present}. Copy fewer."
    )]
    TooMany { pasted: usize, present: usize },
}

/// The chosen nodes, the edges between them, and the chosen notes as text.
#[must_use]
pub fn copied(document: &Workflow, nodes: &[NodeId], notes: &[NoteId]) -> String {
    Editor::new(document.clone()).copy(nodes, notes).to_text()
}

/// The document with the steps and notes of a text in it, their middle at `middle`, and their ids. Names that are taken
/// get a number, and what the pasted steps say of each other follows.
///
/// # Errors
/// The text is no workflow, of a newer format, empty, or does not fit; the document is as before.
pub fn pasted(document: &Workflow, text: &str, middle: Point) -> Result<(Workflow, Pasted), PasteError> {
    let file = read(text)?;
    let (pasted, present) = (file.nodes.len(), document.nodes.len());
    if pasted == 0 && file.notes.is_empty() {
        return Err(PasteError::Empty);
    }
    let too_many = PasteError::TooMany { pasted, present };
    if pasted + present > MAX_NODES {
        return Err(too_many);
    }
    let around = bounds(&file);
    let corner = Point::new(middle.x - around.width / 2.0, middle.y - around.height / 2.0).snapped();
    let corner = clear_of(document, corner);
    let mut editor = Editor::new(document.clone());
    let ids = editor.paste(file, corner.x, corner.y).map_err(|error| match error {
        EditError::TooManyNotes(_) => PasteError::TooManyNotes,
        _ => too_many,
    })?;
    Ok((editor.into_document(), ids))
}

/// The box around all that is in a file.
#[must_use]
pub fn bounds(file: &WorkflowFile) -> Rect {
    let cards = file
        .nodes
        .iter()
        .map(|n| geometry::node_rect(Point::new(n.position[0], n.position[1]), &n.node_type));
    let papers = file.notes.iter().map(|n| paper::rect_of(&Note::from(n.clone())));
    geometry::bounds(&cards.chain(papers).collect::<Vec<_>>())
}

/// The next place below and right of `corner` where nothing has its corner: a second paste is seen.
fn clear_of(document: &Workflow, mut corner: Point) -> Point {
    let step = 2.0 * geometry::GRID;
    let covered = |c: Point| {
        let mut corners = document
            .nodes
            .iter()
            .map(|n| (n.position_x, n.position_y))
            .chain(document.notes.iter().map(|n| (n.position_x, n.position_y)));
        corners.any(|(x, y)| (x - c.x).abs() < step / 2.0 && (y - c.y).abs() < step / 2.0)
    };
    while covered(corner) {
        corner = Point::new(corner.x + step, corner.y + step);
    }
    corner
}

fn read(text: &str) -> Result<WorkflowFile, PasteError> {
    if text.len() > MAX_TEXT {
        return Err(PasteError::NoWorkflow);
    }
    let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
        return Err(PasteError::NoWorkflow);
    };
    let looks_like_one = value.get("nodes").is_some_and(Value::is_array);
    match value.get("format").and_then(Value::as_u64) {
        Some(newer) if newer > FORMAT => return Err(PasteError::Newer(newer)),
        None if !looks_like_one => return Err(PasteError::NoWorkflow),
        _ => {}
    }
    WorkflowFile::from_value(value).map_err(|error| {
        PasteError::Mistake(if error.path.is_empty() {
            format!("its top: {}", error.message.trim_end_matches('.'))
        } else {
            format!("`{}`: {}", error.path, error.message.trim_end_matches('.'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file(nodes: Value, edges: Value) -> String {
        json!({"format": 1, "name": "w", "nodes": nodes, "edges": edges}).to_string()
    }

    fn workflow(text: &str) -> Workflow {
        WorkflowFile::parse(text).unwrap().into_workflow()
    }

    /// `fetch` → `shout`, which reads it; and `other`.
    fn three() -> Workflow {
        workflow(&file(
            json!([
                {"name": "fetch", "node_type": "transform", "config": {"expression": "input"}, "position": [0, 0]},
                {"name": "shout", "node_type": "transform", "config": {"expression": "nodes.fetch ~ nodes.other"},
                 "settings": {"note": "loud"}, "position": [320, 48]},
                {"name": "other", "node_type": "future_type", "config": {"dial": 11}, "position": [0, 320]},
            ]),
            json!([{"source": "fetch", "target": "shout"}, {"source": "other", "source_port": "out", "target": "shout"}]),
        ))
    }

    fn ids(document: &Workflow, names: &[&str]) -> Vec<NodeId> {
        names.iter().map(|n| document.node_named(n).unwrap().id).collect()
    }

    #[test]
    fn a_part_goes_to_another_workflow_with_its_edges_and_places() {
        let from = three();
        let text = copied(&from, &ids(&from, &["fetch", "shout"]), &[]);
        let (to, new) =
            pasted(&workflow(&file(json!([]), json!([]))), &text, Point::new(1000.0, 1000.0)).unwrap();
        assert_eq!((to.nodes.len(), to.edges.len(), new.nodes.len()), (2, 1, 2));
        let (fetch, shout) = (to.node_named("fetch").unwrap(), to.node_named("shout").unwrap());
        assert_eq!((shout.position_x - fetch.position_x, shout.position_y - fetch.position_y), (320.0, 48.0));
        assert_eq!(fetch.position_x, 720.0, "the middle of both lies at the point, on the grid");
        assert_eq!(shout.settings.note.as_deref(), Some("loud"));
        assert!(from.node(fetch.id).is_none(), "new ids");
    }

    #[test]
    fn names_that_are_taken_change_and_so_does_what_names_them_inside() {
        let from = three();
        let text = copied(&from, &ids(&from, &["fetch", "shout"]), &[]);
        let (to, new) = pasted(&from, &text, Point::new(0.0, 0.0)).unwrap();
        let names: Vec<_> = new.nodes.iter().map(|id| to.node(*id).unwrap().name.as_str()).collect();
        assert_eq!(names, ["fetch_2", "shout_2"]);
        assert_eq!(to.node(new.nodes[1]).unwrap().config["expression"], "nodes.fetch_2 ~ nodes.other");
        assert_eq!(to.node_named("shout").unwrap().config["expression"], "nodes.fetch ~ nodes.other");
        assert_eq!(to.edges.len(), 3);
        let (again, more) = pasted(&to, &text, Point::new(0.0, 0.0)).unwrap();
        assert_eq!(again.node(more.nodes[0]).unwrap().name, "fetch_3");
    }

    #[test]
    fn a_second_paste_at_one_place_does_not_hide_the_first() {
        let from = three();
        let text = copied(&from, &ids(&from, &["fetch"]), &[]);
        let (once, a) = pasted(&from, &text, Point::new(2000.0, 0.0)).unwrap();
        let (twice, b) = pasted(&once, &text, Point::new(2000.0, 0.0)).unwrap();
        let place = |id| twice.node(id).map(|n| (n.position_x, n.position_y));
        assert_ne!(place(a.nodes[0]), place(b.nodes[0]));
    }

    #[test]
    fn notes_go_along_and_alone() {
        let mut from = three();
        from.notes = workflow(
            &json!({"format": 1, "name": "w", "nodes": [], "notes": [
                {"kind": "note", "text": "Grüße 👋\nשלום", "colour": "violet", "position": [-64, 0], "size": [256, 176]},
            ]})
            .to_string(),
        )
        .notes;
        let note = from.notes[0].id;
        let empty = workflow(&file(json!([]), json!([])));
        let text = copied(&from, &ids(&from, &["fetch"]), &[note]);
        let (to, new) = pasted(&empty, &text, Point::new(1000.0, 1000.0)).unwrap();
        assert_eq!((new.nodes.len(), new.notes.len()), (1, 1));
        let (paper, node) = (to.note(new.notes[0]).unwrap(), &to.nodes[0]);
        assert_eq!((paper.text.as_str(), paper.colour.as_str()), ("Grüße 👋\nשלום", "violet"));
        assert_eq!(node.position_x - paper.position_x, 64.0, "they lie as they lay");
        let alone = copied(&from, &[], &[note]);
        let (to, new) = pasted(&from, &alone, Point::default()).unwrap();
        assert_eq!((to.nodes.len(), to.notes.len(), new.notes.len()), (3, 2, 1));
        let mut full = from.clone();
        while full.notes.len() < MAX_NOTES {
            full.notes.push(Note { id: NoteId::new(), ..full.notes[0].clone() });
        }
        assert_eq!(pasted(&full, &alone, Point::default()).unwrap_err(), PasteError::TooManyNotes);
    }

    #[test]
    fn unknown_types_are_kept_whole() {
        let from = three();
        let text = copied(&from, &ids(&from, &["other"]), &[]);
        let (to, new) = pasted(&from, &text, Point::new(0.0, 0.0)).unwrap();
        let node = to.node(new.nodes[0]).unwrap();
        assert_eq!((node.node_type.as_str(), &node.config["dial"]), ("future_type", &json!(11)));
    }

    #[test]
    fn what_is_no_workflow_is_refused_with_a_reason() {
        let document = three();
        let refused = |text: &str| pasted(&document, text, Point::default()).unwrap_err();
        assert_eq!(refused("see you at the mill"), PasteError::NoWorkflow);
        assert_eq!(refused("[1, 2]"), PasteError::NoWorkflow);
        assert_eq!(refused(r#"{"price": 12}"#), PasteError::NoWorkflow);
        assert_eq!(refused(r#"{"format": 7, "steps": {}}"#), PasteError::Newer(7));
        assert_eq!(refused(&file(json!([]), json!([]))), PasteError::Empty);
        let PasteError::Mistake(place) = refused(&file(json!([{"name": "a"}]), json!([]))) else { panic!() };
        assert!(place.starts_with("`nodes[0]"), "{place}");
        let dangling = refused(&file(
            json!([{"name": "a", "node_type": "transform"}]),
            json!([{"source": "a", "target": "b"}]),
        ));
        assert!(dangling.to_string().contains("edges[0].target"), "{dangling}");
    }

    #[test]
    fn ten_thousand_steps_are_too_many() {
        let nodes: Vec<_> =
            (0..10_000).map(|i| json!({"name": format!("n{i}"), "node_type": "transform"})).collect();
        let document = three();
        let error = pasted(&document, &file(json!(nodes), json!([])), Point::default()).unwrap_err();
        assert_eq!(error, PasteError::TooMany { pasted: 10_000, present: 3 });
    }
}
