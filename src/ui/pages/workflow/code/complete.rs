//! What may be written at a place of an expression: names, fields, filters, tests, methods. Pure.

use super::{
    known::{Child, Names},
    text::{Part, brace_before, open_at},
    tokens::{Kind, Token},
    words::{FILTERS, FUNCTIONS, Known, OF_OBJECT, OF_TEXT, OPERATORS, TESTS},
};
use crate::workflow::expression::{Form, PathStep, is_identifier, known_names, quoted};
use std::ops::Range;

/// Rows that a list holds at most.
const MAX_ITEMS: usize = 60;

/// What a row of the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Name,
    Step,
    Field,
    Filter,
    Function,
    Word,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub what: What,
    pub label: String,
    /// Takes the place of `Menu::range`, or of `range` here where the row needs more of the text.
    pub insert: String,
    pub range: Option<Range<usize>>,
    /// Bytes of `insert` before the cursor.
    pub cursor: usize,
    /// Kind of value, or nothing.
    pub kind: &'static str,
    /// A value, or what the word does.
    pub about: String,
}

/// The list for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Menu {
    /// What has been typed of the word.
    pub range: Range<usize>,
    pub items: Vec<Item>,
}

/// The list for a cursor; `None` where nothing fits. Without being `asked` it is quiet in plain text, and where what
/// has been typed is the only row already.
pub(super) fn complete(source: &str, form: Form, cursor: usize, names: &Names, asked: bool) -> Option<Menu> {
    let cursor = cursor.min(source.len());
    if !source.is_char_boundary(cursor) {
        return None;
    }
    let item = form == Form::ItemTemplate;
    let (start, in_single) = match open_at(source, form, cursor) {
        Some((start, Part::Expression)) => (start, form != Form::Bare && !source[..start].ends_with("{{")),
        Some((start, _)) => (start, false),
        None => match brace_before(source, form, cursor) {
            Some(start) => (start, true),
            None if asked => return Some(in_text(source, cursor, names, item)),
            None => return None,
        },
    };
    let before = &source[start..cursor];
    let place = place(before)?;
    let typed = &before[place.word.clone()];
    let range = start + place.word.start..word_end(source, cursor, &place);
    let mut items = match &place.after {
        After::Pipe if !in_single => words(FILTERS, What::Filter),
        After::Is if !in_single => words(TESTS, What::Filter),
        After::Pipe | After::Is => Vec::new(),
        After::Path { root, steps, opened } => fields(names, root, steps, *opened, start, in_single)?,
        After::Call => Vec::new(),
        After::Nothing if in_single => roots(names, item),
        After::Nothing => {
            let mut all = roots(names, item);
            all.extend(words(FUNCTIONS, What::Function));
            all.extend(words(OPERATORS, What::Word));
            all
        }
    };
    if let After::Nothing = place.after
        && typed.is_empty()
        && !asked
        && !before.trim_end().is_empty()
    {
        // A space in the middle of an expression asks for nothing.
        return None;
    }
    rank(&mut items, typed);
    items.truncate(MAX_ITEMS);
    let is_done = !asked && items.len() == 1 && items[0].label == typed;
    (!items.is_empty() && !is_done).then_some(Menu { range, items })
}

/// What stands before the word under the cursor.
enum After {
    Nothing,
    Pipe,
    Is,
    /// A path and the dot or bracket behind it.
    Path {
        root: String,
        steps: Vec<PathStep>,
        opened: Opened,
    },
    /// The result of a call, of which nothing is known.
    Call,
}

/// How the step behind a path was begun.
#[derive(Debug, Clone, Copy)]
enum Opened {
    /// A dot, at that byte of the expression.
    Dot(usize),
    /// A bracket, with or without a quote behind it.
    Bracket(Option<char>),
}

struct Place {
    after: After,
    /// The bytes of the word before the cursor.
    word: Range<usize>,
}

/// Reads the end of an expression.
fn place(before: &str) -> Option<Place> {
    let all = super::tokens::tokens(before, Form::Bare);
    let mut end = all.len();
    // The word that is being typed.
    let word = match all.last() {
        Some(t) if matches!(t.kind, Kind::Root | Kind::Field | Kind::Name | Kind::Word | Kind::Call) => {
            end -= 1;
            t.range.clone()
        }
        Some(t) if t.kind == Kind::Number && end >= 2 => return None,
        Some(t) if t.kind == Kind::Str && is_open(&before[t.range.clone()]) => {
            // `nodes["Fet`: a string that is not closed, behind a bracket.
            end -= 1;
            t.range.start + 1..t.range.end
        }
        _ => before.len()..before.len(),
    };
    let in_string = all.get(end).is_some_and(|t| t.kind == Kind::Str);
    let quote = in_string.then(|| before[all[end].range.start..].chars().next()).flatten();
    let solid: Vec<&Token> =
        all[..end].iter().filter(|t| !before[t.range.clone()].trim().is_empty()).collect();
    let text = |t: &Token| &before[t.range.clone()];
    let after = match solid.last() {
        None if quote.is_some() => return None,
        None => After::Nothing,
        Some(t) if text(t) == "|" && quote.is_none() => After::Pipe,
        Some(t) if text(t) == "is" && quote.is_none() => After::Is,
        Some(t) if text(t) == "not" && solid.len() > 1 && text(solid[solid.len() - 2]) == "is" => After::Is,
        Some(t) if text(t) == "." && quote.is_none() => {
            path(before, &solid[..solid.len() - 1], Opened::Dot(t.range.start))
        }
        Some(t) if text(t) == "[" => {
            let is_step =
                solid.len() > 1 && ends_value(text(solid[solid.len() - 2]), solid[solid.len() - 2].kind);
            match (is_step, quote) {
                (true, _) => path(before, &solid[..solid.len() - 1], Opened::Bracket(quote)),
                (false, Some(_)) => return None,
                (false, None) => After::Nothing,
            }
        }
        Some(_) if quote.is_some() => return None,
        Some(_) => After::Nothing,
    };
    Some(Place { after, word })
}

fn is_open(literal: &str) -> bool {
    let quote = literal.chars().next().unwrap_or('"');
    literal.len() < 2 || !literal.ends_with(quote) || literal.ends_with("\\\"")
}

/// Whether a bracket behind it takes a part of it.
fn ends_value(text: &str, kind: Kind) -> bool {
    matches!(kind, Kind::Root | Kind::Field | Kind::Name | Kind::Call) || matches!(text, ")" | "]")
}

/// The path that ends with these tokens.
fn path(before: &str, tokens: &[&Token], opened: Opened) -> After {
    let text = |t: &Token| &before[t.range.clone()];
    let mut steps = Vec::new();
    let mut rest = tokens;
    loop {
        match rest {
            [.., dot, name] if text(dot) == "." && name.kind == Kind::Field => {
                steps.push(PathStep::Name(text(name).to_owned()));
                rest = &rest[..rest.len() - 2];
            }
            [.., open, key, close] if text(open) == "[" && text(close) == "]" => {
                let key = text(key);
                let step = match key.parse::<u64>() {
                    Ok(index) => PathStep::Index(index),
                    Err(_) => match serde_json::from_str::<String>(&key.replace('\'', "\"")) {
                        Ok(name) => PathStep::Name(name),
                        Err(_) => return After::Call,
                    },
                };
                steps.push(step);
                rest = &rest[..rest.len() - 3];
            }
            [.., root] if matches!(root.kind, Kind::Root | Kind::Name) => {
                steps.reverse();
                return After::Path { root: text(root).to_owned(), steps, opened };
            }
            _ => return After::Call,
        }
    }
}

/// The end of the word under the cursor.
fn word_end(source: &str, cursor: usize, place: &Place) -> usize {
    match &place.after {
        After::Path { opened: Opened::Bracket(Some(_)), .. } => cursor,
        _ => {
            let rest = &source[cursor..];
            cursor + rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        }
    }
}

fn item(what: What, label: impl Into<String>, insert: impl Into<String>) -> Item {
    let insert = insert.into();
    Item {
        what,
        label: label.into(),
        cursor: insert.len(),
        insert,
        range: None,
        kind: "",
        about: String::new(),
    }
}

fn words(list: &[Known], what: What) -> Vec<Item> {
    let row = |word: &Known| {
        let cursor = word.insert.find('|').unwrap_or(word.insert.len());
        Item {
            cursor,
            about: word.about.to_owned(),
            ..item(what, word.name, word.insert.replacen('|', "", 1))
        }
    };
    list.iter().map(row).collect()
}

fn roots(names: &Names, is_item: bool) -> Vec<Item> {
    let about = |name: &str| match name {
        "input" => "what comes into this step",
        "inputs" => "what came from each step before it",
        "nodes" => "the output of any step that ran before",
        "run" => "the run: its id, input and start",
        "vars" => "the constants of the workflow",
        "item" => "the item at hand",
        _ => "its number, from 0",
    };
    // The item first, where there is one.
    let mut all: Vec<&str> = known_names(is_item).to_vec();
    all.sort_by_key(|n| !matches!(*n, "item" | "index"));
    let row = |name: &str| {
        let found = names.look(name, &[]);
        let shown = found.as_ref().and_then(|f| f.shown()).filter(|_| matches!(name, "input" | "item"));
        let kind = if name == "index" { "number" } else { found.map_or("", |f| f.kind()) };
        Item { kind, about: shown.unwrap_or_else(|| about(name).to_owned()), ..item(What::Name, name, name) }
    };
    all.into_iter().map(row).collect()
}

fn fields(
    names: &Names,
    root: &str,
    steps: &[PathStep],
    opened: Opened,
    start: usize,
    in_single: bool,
) -> Option<Vec<Item>> {
    let Some(found) = names.look(root, steps) else {
        // A name of the text's own, such as that of a loop.
        return Some(if matches!(opened, Opened::Dot(_)) && !in_single {
            words(OF_TEXT, What::Function)
        } else {
            Vec::new()
        });
    };
    let what = if steps.is_empty() && matches!(root, "nodes" | "inputs") { What::Step } else { What::Field };
    let mut rows: Vec<Item> =
        found.children().into_iter().filter_map(|child| field(child, what, opened, start)).collect();
    if let (Opened::Dot(_), false) = (opened, in_single) {
        match found.kind() {
            "text" => rows.extend(words(OF_TEXT, What::Function)),
            "object" if what == What::Field => rows.extend(words(OF_OBJECT, What::Function)),
            _ => {}
        }
    }
    Some(rows)
}

fn field(child: Child, what: What, opened: Opened, start: usize) -> Option<Item> {
    let Child { step, kind, shown } = child;
    let label = match &step {
        PathStep::Name(name) => name.clone(),
        PathStep::Index(index) => format!("[{index}]"),
    };
    let about = shown.unwrap_or_default();
    let made = match (opened, &step) {
        (Opened::Dot(_), PathStep::Name(name)) if is_identifier(name) => item(what, label, name.as_str()),
        // Brackets in the place of the dot and of what was typed behind it.
        (Opened::Dot(dot), step) => {
            Item { range: Some(start + dot..usize::MAX), ..item(what, label, step.to_string()) }
        }
        (Opened::Bracket(None), PathStep::Name(name)) => item(what, label, format!("{}]", quoted(name, '"'))),
        (Opened::Bracket(Some(quote)), PathStep::Name(name)) => {
            // The quote that is there is kept.
            let literal = quoted(name, quote);
            item(what, label, format!("{}]", &literal[quote.len_utf8()..]))
        }
        (Opened::Bracket(None), PathStep::Index(index)) => item(what, label, format!("{index}]")),
        (Opened::Bracket(Some(_)), PathStep::Index(_)) => return None,
    };
    Some(Item { kind, about, ..made })
}

/// In plain text of a template: names with their braces.
fn in_text(source: &str, cursor: usize, names: &Names, item: bool) -> Menu {
    let braces = |mut row: Item| {
        row.insert = format!("{{{{ {} }}}}", row.insert);
        row.cursor = row.insert.len() - 3;
        row
    };
    // `{` and `{{` that were typed are taken along.
    let typed = source[..cursor].len() - source[..cursor].trim_end_matches('{').len();
    let range = cursor - typed.min(2)..cursor;
    Menu { range, items: roots(names, item).into_iter().map(braces).collect() }
}

/// Those that fit what was typed, the best first; otherwise the order stays.
fn rank(items: &mut Vec<Item>, typed: &str) {
    let typed = typed.to_lowercase();
    let score = |row: &Item| {
        let label = row.label.to_lowercase();
        if label.starts_with(&typed) {
            Some(0)
        } else if label.split([' ', '_', '-']).any(|word| word.starts_with(&typed)) {
            Some(1)
        } else if typed.len() > 1 && label.contains(&typed) {
            Some(2)
        } else {
            None
        }
    };
    items.retain(|row| score(row).is_some());
    items.sort_by_key(score);
}

/// The text with a row taken, and the place of the cursor in it.
pub(super) fn accept(source: &str, menu: &Menu, row: &Item) -> (String, Range<usize>, usize) {
    let range = row.range.as_ref().map_or(menu.range.clone(), |r| r.start..menu.range.end);
    let mut insert = row.insert.clone();
    // A bracket and a quote that are there already are not written twice.
    let rest = &source[range.end..];
    for tail in ["\"]", "']", "]"] {
        if insert.ends_with(tail) && rest.starts_with(tail) {
            insert.truncate(insert.len() - tail.len());
            let cursor = range.start + insert.len() + tail.len();
            return (insert, range, cursor);
        }
    }
    // So is an opening parenthesis.
    if rest.starts_with('(')
        && let Some(open) = insert.find('(')
    {
        insert.truncate(open);
    }
    let cursor = range.start + row.cursor.min(insert.len());
    (insert, range, cursor)
}

#[cfg(test)]
mod tests;
