//! A JSON value as rows of a tree: only those in a window are made, however large the value is. Pure.

use super::super::code::{path_text, short};
use crate::workflow::expression::PathStep;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Entries of a branch that are shown at first, and more at each asking.
pub(super) const PAGE: usize = 100;
/// Letters of a text that a row shows.
const SHOWN: usize = 300;

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Branch {
        is_open: bool,
        is_list: bool,
    },
    /// The class of its colour.
    Leaf(&'static str),
    /// So many entries of the branch are not shown.
    More(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub depth: usize,
    pub path: Vec<PathStep>,
    /// The name or number of the entry; empty for the whole.
    pub key: String,
    pub shape: Shape,
    pub text: String,
}

/// Which branches are open, and how far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Open {
    /// Those that are not as they were at first.
    turned: HashSet<String>,
    pages: HashMap<String, usize>,
}

impl Open {
    fn is_open(&self, key: &str, depth: usize, count: usize) -> bool {
        let at_first = depth == 0 || (depth == 1 && count <= 12);
        at_first != self.turned.contains(key)
    }

    fn shown(&self, key: &str) -> usize {
        PAGE * self.pages.get(key).copied().unwrap_or(1)
    }

    /// Opens a branch or closes it.
    pub fn turn(&mut self, path: &[PathStep]) {
        let key = path_text("", path);
        if !self.turned.remove(&key) {
            self.turned.insert(key);
        }
    }

    /// Shows more entries of a branch.
    pub fn more(&mut self, path: &[PathStep]) {
        *self.pages.entry(path_text("", path)).or_insert(1) += 10;
    }
}

/// The rows from `first` on, at most `count`, and how many there are in all.
pub(super) fn window(value: &Value, open: &Open, first: usize, count: usize) -> (Vec<Row>, usize) {
    let mut walk = Walk { open, first, end: first + count, at: 0, rows: Vec::new(), path: Vec::new() };
    walk.visit(value, 0);
    (walk.rows, walk.at)
}

struct Walk<'o> {
    open: &'o Open,
    first: usize,
    end: usize,
    at: usize,
    rows: Vec<Row>,
    path: Vec<PathStep>,
}

impl Walk<'_> {
    fn row(&mut self, depth: usize, make: impl FnOnce() -> (Shape, String)) {
        if self.at >= self.first && self.at < self.end {
            let (shape, text) = make();
            let key = match self.path.last() {
                _ if matches!(shape, Shape::More(_)) => String::new(),
                Some(PathStep::Name(name)) => name.clone(),
                Some(PathStep::Index(index)) => index.to_string(),
                None => String::new(),
            };
            self.rows.push(Row { depth, path: self.path.clone(), key, shape, text });
        }
        self.at += 1;
    }

    fn visit(&mut self, value: &Value, depth: usize) {
        let count = match value {
            Value::Array(list) => list.len(),
            Value::Object(map) => map.len(),
            _ => 0,
        };
        if count == 0 {
            return self.row(depth, || leaf(value));
        }
        let key = path_text("", &self.path);
        let is_open = self.open.is_open(&key, depth, count);
        let is_list = value.is_array();
        self.row(depth, || (Shape::Branch { is_open, is_list }, short(value)));
        if !is_open {
            return;
        }
        let shown = self.open.shown(&key);
        match value {
            Value::Array(list) => {
                for (index, item) in list.iter().take(shown).enumerate() {
                    self.child(PathStep::Index(index as u64), item, depth);
                }
            }
            Value::Object(map) => {
                for (name, item) in map.iter().take(shown) {
                    self.child(PathStep::Name(name.clone()), item, depth);
                }
            }
            _ => {}
        }
        if count > shown {
            self.row(depth + 1, || (Shape::More(count - shown), String::new()));
        }
    }

    fn child(&mut self, step: PathStep, value: &Value, depth: usize) {
        self.path.push(step);
        self.visit(value, depth + 1);
        self.path.pop();
    }
}

fn leaf(value: &Value) -> (Shape, String) {
    match value {
        Value::String(text) => {
            let start: String = text.chars().take(SHOWN).collect();
            let is_cut = start.len() < text.len();
            (Shape::Leaf("json__string"), format!("{}{}", Value::from(start), if is_cut { " …" } else { "" }))
        }
        Value::Number(number) => (Shape::Leaf("json__number"), number.to_string()),
        Value::Array(_) => (Shape::Leaf("json__meta"), "[]".to_owned()),
        Value::Object(_) => (Shape::Leaf("json__meta"), "{}".to_owned()),
        other => (Shape::Leaf("json__word"), other.to_string()),
    }
}

/// The value at a path.
pub(super) fn at<'v>(value: &'v Value, path: &[PathStep]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Name(name) => value.as_object()?.get(name),
        PathStep::Index(index) => value.as_array()?.get(usize::try_from(*index).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(value: &Value, open: &Open) -> Vec<String> {
        window(value, open, 0, 1000)
            .0
            .iter()
            .map(|r| format!("{}{} {}", " ".repeat(r.depth), r.key, r.text))
            .collect()
    }

    #[test]
    fn branches_open_and_close() {
        let value = json!({"a": {"b": [1, "x"]}, "c": null});
        let mut open = Open::default();
        assert_eq!(texts(&value, &open), [" {a, c}", " a {b}", "  b 2 entries", " c null"]);
        let b = [PathStep::Name("a".to_owned()), PathStep::Name("b".to_owned())];
        open.turn(&b);
        assert_eq!(texts(&value, &open)[2..5], ["  b 2 entries", "   0 1", "   1 \"x\""]);
        open.turn(&b);
        open.turn(&b[..1]);
        assert_eq!(texts(&value, &open).len(), 3);
        assert_eq!(at(&value, &b), Some(&json!([1, "x"])));
        assert_eq!(at(&value, &[PathStep::Index(0)]), None);
    }

    #[test]
    fn a_large_value_is_made_by_the_page() {
        let value = json!((0..100_000).map(|i| json!({"n": i})).collect::<Vec<_>>());
        let mut open = Open::default();
        let (rows, total) = window(&value, &open, 150, 20);
        // Each of the first hundred with its field, the whole, and what is left.
        assert_eq!((rows.len(), total), (20, 1 + 2 * PAGE + 1));
        let last = window(&value, &open, total - 1, 5).0;
        assert_eq!(last[0].shape, Shape::More(100_000 - PAGE));
        open.more(&last[0].path);
        assert_eq!(window(&value, &open, 0, 1).1, 1 + 2 * 11 * PAGE + 1);
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let row = &window(&json!("ü".repeat(9_000)), &Open::default(), 0, 1).0[0];
        assert!(row.text.ends_with(" …") && row.text.chars().count() < 310);
    }
}
