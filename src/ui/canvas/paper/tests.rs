//! Boxes of notes and frames, and what frames hold.

use super::*;
use crate::{
    ui::canvas::sample,
    workflow::{document::Node, notes::NoteColour},
};

fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
    Rect { x, y, width, height }
}

fn note(kind: NoteKind, at: Rect) -> Note {
    let mut note = Note {
        id: NoteId::new(),
        kind,
        text: String::new(),
        colour: NoteColour::Grey,
        position_x: 0.0,
        position_y: 0.0,
        width: 0.0,
        height: 0.0,
    };
    put_into(&mut note, at);
    note
}

fn card(x: f64, y: f64) -> Node {
    Node {
        id: NodeId::new(),
        name: format!("{x} {y}"),
        node_type: "transform".to_owned(),
        config: Default::default(),
        settings: Default::default(),
        position_x: x,
        position_y: y,
    }
}

fn document(nodes: Vec<Node>, notes: Vec<Note>) -> Workflow {
    Workflow { notes, ..sample::of_nodes(nodes) }
}

#[test]
fn a_frame_goes_round_on_the_grid_and_leaves_room_for_its_title() {
    let rects = [rect(5.0, 7.0, 256.0, 98.0), rect(400.0, 300.0, 256.0, 98.0)];
    let frame = frame_round(&rects).unwrap();
    for rect in rects {
        assert!(frame.covers(rect.grown(AROUND)), "{frame:?}");
    }
    assert!(rects[0].y - frame.y >= TITLE + AROUND);
    for number in [frame.x, frame.y, frame.width, frame.height] {
        assert_eq!(number % GRID, 0.0, "{frame:?}");
    }
    assert_eq!(frame_round(&[]), None);
}

#[test]
fn a_corner_stops_on_the_grid_and_before_nothing_is_left() {
    let from = rect(8.0, 0.0, 200.0, 160.0);
    let wider = resized(NoteKind::Note, from, 50.0, -11.0);
    assert_eq!((wider.x, wider.y, wider.width, wider.height), (8.0, 0.0, 248.0, 144.0));
    let least = resized(NoteKind::Frame, from, -9_000.0, -9_000.0);
    assert_eq!((least.width, least.height), (128.0, 96.0));
    assert_eq!(resized(NoteKind::Note, from, 1e9, 0.0).width, MAX_SIDE);
}

#[test]
fn a_frame_takes_along_what_lies_wholly_inside() {
    let frame = note(NoteKind::Frame, rect(0.0, 0.0, 800.0, 600.0));
    let inside = note(NoteKind::Note, rect(10.0, 40.0, 100.0, 100.0));
    let across = note(NoteKind::Note, rect(750.0, 40.0, 100.0, 100.0));
    let other = note(NoteKind::Frame, rect(300.0, 300.0, 200.0, 200.0));
    let nodes = vec![card(20.0, 200.0), card(600.0, 200.0), card(900.0, 0.0)];
    let document = document(nodes, vec![frame.clone(), inside.clone(), across, other.clone()]);
    let (nodes, notes) = with_contents(&document, &HashSet::new(), &HashSet::from([frame.id]));
    assert_eq!(nodes, HashSet::from([document.nodes[0].id]), "the second card reaches out by 56");
    assert_eq!(notes, HashSet::from([frame.id, inside.id, other.id]));
    let (nodes, notes) = with_contents(&document, &HashSet::new(), &HashSet::from([inside.id]));
    assert_eq!((nodes.len(), notes.len()), (0, 1), "a note holds nothing");
}

#[test]
fn frames_follow_the_cards_that_they_held() {
    let frame = note(NoteKind::Frame, rect(-32.0, -64.0, 700.0, 300.0));
    let empty = note(NoteKind::Frame, rect(0.0, 2_000.0, 700.0, 300.0));
    let document = document(vec![card(0.0, 0.0), card(320.0, 0.0)], vec![frame.clone(), empty]);
    let moved = [(document.nodes[1].id, Point::new(960.0, 480.0))];
    let after = following(&document, &moved);
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].0, frame.id);
    assert!(after[0].1.covers(rect(0.0, 0.0, 1216.0, 480.0)), "{after:?}");
    assert_eq!(following(&document, &[]), []);
}

#[test]
fn a_new_note_hides_behind_nothing() {
    let known = note(NoteKind::Note, rect(0.0, 160.0, 256.0, 160.0));
    let document = document(vec![card(0.0, 0.0)], vec![known]);
    let size = new_size(NoteKind::Note);
    let at = free_spot(&document, Point::new(30.0, 20.0), size);
    let new = rect(at.x, at.y, size.0, size.1);
    assert!(card_rects(&document).all(|(_, card)| !meet(card, new)));
    assert!(document.notes.iter().all(|n| !meet(rect_of(n), new)), "{at:?}");
    assert_eq!(free_spot(&document, Point::new(600.0, 0.0), size), Point::new(608.0, 0.0));
}

#[test]
fn small_frames_lie_on_large_ones_and_notes_on_both() {
    let small = note(NoteKind::Frame, rect(0.0, 0.0, 100.0, 100.0));
    let paper = note(NoteKind::Note, rect(0.0, 0.0, 50.0, 50.0));
    let large = note(NoteKind::Frame, rect(0.0, 0.0, 500.0, 500.0));
    let document = document(Vec::new(), vec![small.clone(), paper.clone(), large.clone()]);
    let order: Vec<_> = in_layers(&document).into_iter().map(|n| n.id).collect();
    assert_eq!(order, [large.id, small.id, paper.id]);
    assert_eq!(frame_at(&document, Point::new(60.0, 60.0)), Some(small.id));
    assert_eq!(frame_at(&document, Point::new(300.0, 60.0)), Some(large.id));
    assert_eq!(frame_at(&document, Point::new(600.0, 60.0)), None);
    assert_eq!(written_at(&document, Point::new(20.0, 20.0)), Some(paper.id));
    assert_eq!(written_at(&document, Point::new(60.0, 20.0)), Some(small.id));
    let mut covered = document.clone();
    covered.nodes.push(card(0.0, 0.0));
    assert_eq!(written_at(&covered, Point::new(20.0, 20.0)), None, "the card is meant");
}

#[test]
fn a_reader_hears_the_kind_and_the_beginning() {
    let mut paper = note(NoteKind::Note, rect(0.0, 0.0, 50.0, 50.0));
    assert_eq!(spoken(&paper), "Note: empty");
    paper.text = "Ask\n  Ada".to_owned();
    assert_eq!(spoken(&paper), "Note: Ask Ada");
    paper.text = "é".repeat(200);
    assert_eq!(spoken(&paper).chars().count(), "Note: ".len() + SPOKEN + 1);
}

#[test]
fn the_bar_stays_on_the_canvas() {
    let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
    let (canvas, bar) = ((1000.0, 600.0), (200.0, 40.0));
    let above = bar_place(rect(300.0, 200.0, 200.0, 100.0), view, canvas, bar);
    assert_eq!(above, Point::new(300.0, 152.0));
    let below = bar_place(rect(300.0, 10.0, 200.0, 100.0), view, canvas, bar);
    assert_eq!(below.y, 118.0);
    let inside = bar_place(rect(-500.0, -10.0, 2000.0, 900.0), view, canvas, bar);
    assert_eq!(inside.y, 8.0);
    assert_eq!(bar_place(rect(-500.0, 200.0, 100.0, 100.0), view, canvas, bar).x, 8.0);
}
