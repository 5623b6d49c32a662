//! What tidying does to graphs.

use super::*;

fn items(places: &[(f64, f64)]) -> Vec<Item> {
    places.iter().map(|(x, y)| Item { at: Point::new(*x, *y), width: 256.0, height: 120.0 }).collect()
}

fn arrow(source: usize, target: usize) -> Arrow {
    Arrow { source, target, exit: 22.0, entry: 22.0 }
}

fn overlap(items: &[Item], places: &[Point]) -> Option<(usize, usize)> {
    let meets = |a: usize, b: usize| {
        places[a].x < places[b].x + items[b].width
            && places[b].x < places[a].x + items[a].width
            && places[a].y < places[b].y + items[b].height
            && places[b].y < places[a].y + items[a].height
    };
    (0..items.len()).flat_map(|a| (0..a).map(move |b| (a, b))).find(|(a, b)| meets(*a, *b))
}

#[test]
fn a_chain_becomes_a_straight_line_from_where_it_began() {
    let items = items(&[(500.0, 320.0), (32.0, 64.0), (300.0, 700.0)]);
    let places = tidy(&items, &[arrow(0, 1), arrow(1, 2)]);
    assert_eq!(places, [Point::new(32.0, 64.0), Point::new(384.0, 64.0), Point::new(736.0, 64.0)]);
}

#[test]
fn every_arrow_leads_to_the_right_and_nothing_overlaps() {
    // A field with long arrows, drawn in a heap.
    let items =
        items(&(0..60).map(|i| (f64::from(i * 37 % 11) * 20.0, f64::from(i % 7))).collect::<Vec<_>>());
    let arrows: Vec<Arrow> = (0..60)
        .flat_map(|i| [(i, i + 3), (i, i + 7), (i, i + 19)])
        .filter(|(_, t)| *t < 60)
        .map(|(s, t)| arrow(s, t))
        .collect();
    let places = tidy(&items, &arrows);
    assert_eq!(overlap(&items, &places), None);
    for a in &arrows {
        assert!(places[a.source].x + 256.0 < places[a.target].x, "{a:?}");
    }
    assert!(places.iter().all(|p| *p == p.snapped()));
}

#[test]
fn the_main_path_stays_straight_past_a_branch() {
    // 0 → 1 → 2 → 3, and 0 → 4 on the side.
    let items = items(&[(0.0, 0.0), (0.0, 500.0), (0.0, 100.0), (0.0, 900.0), (0.0, 50.0)]);
    let places = tidy(&items, &[arrow(0, 4), arrow(0, 1), arrow(1, 2), arrow(2, 3)]);
    assert!([1, 2, 3].iter().all(|i| places[*i].y == places[0].y), "{places:?}");
    assert_ne!(places[4].y, places[0].y);
}

#[test]
fn crossed_wires_are_uncrossed() {
    // 0 → 3 and 1 → 2, with 2 above 3.
    let items = items(&[(0.0, 0.0), (0.0, 200.0), (400.0, 0.0), (400.0, 200.0)]);
    let places = tidy(&items, &[arrow(0, 3), arrow(1, 2), arrow(0, 3)]);
    assert_eq!(overlap(&items, &places), None);
    let all = [arrow(0, 3), arrow(1, 2), arrow(0, 2), arrow(1, 3)];
    let joined =
        [all[0], all[1], Arrow { source: 0, target: 4, ..all[0] }, Arrow { source: 1, target: 4, ..all[0] }];
    let five = [items, vec![Item { at: Point::new(400.0, 400.0), width: 256.0, height: 120.0 }]].concat();
    let layers = layers(&[0, 1, 2, 3, 4], &joined);
    assert_eq!(order::rows(&five, &layers, &joined).crossings(), 0);
}

#[test]
fn parts_are_stacked_the_uppermost_first() {
    let items = items(&[(0.0, 900.0), (10.0, 950.0), (0.0, 10.0)]);
    let places = tidy(&items, &[arrow(0, 1)]);
    assert_eq!(places[2], Point::new(0.0, 16.0));
    assert_eq!(places[0].y, places[1].y);
    assert!(places[0].y >= places[2].y + 120.0 + 80.0 - GRID);
}

#[test]
fn circles_and_loops_do_no_harm() {
    let items = items(&[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0)]);
    let places = tidy(&items, &[arrow(0, 1), arrow(1, 2), arrow(2, 0), arrow(1, 1)]);
    assert_eq!(overlap(&items, &places), None);
    assert!(places[0].x < places[1].x && places[1].x < places[2].x);
    assert!(tidy(&[], &[]).is_empty());
}

#[test]
fn tidying_twice_changes_nothing_more() {
    let items = items(&[(0.0, 0.0), (9.0, 400.0), (700.0, 20.0), (80.0, 800.0), (5.0, 5.0)]);
    let arrows = [arrow(0, 1), arrow(0, 2), arrow(1, 3), arrow(2, 3), arrow(4, 3)];
    let once = tidy(&items, &arrows);
    let again: Vec<Item> = items.iter().zip(&once).map(|(item, at)| Item { at: *at, ..*item }).collect();
    assert_eq!(tidy(&again, &arrows), once);
}

#[test]
fn a_source_stands_next_to_what_it_feeds() {
    // A long chain, and one item that leads to its end only.
    let items = items(&[(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 300.0)]);
    let places = tidy(&items, &[arrow(0, 1), arrow(1, 2), arrow(3, 2)]);
    assert_eq!(places[3].x, places[1].x);
}
