//! Renaming a node in the texts that refer to it. Everything else stays as it is, byte for byte.

use super::single_brace::{self, Step, accessor, quoted};
use super::syntax::{Prepared, config};
use super::{Form, references};
use minijinja::machinery::{Token, tokenize};
use std::ops::Range;

/// The text with `nodes.<old>` and `inputs.<old>` renamed; `None` where nothing refers to the node, or the text cannot
/// be parsed.
#[must_use]
pub fn rename_node(source: &str, form: Form, old: &str, new: &str) -> Option<String> {
    if form != Form::Bare && !source.contains('{') {
        return None;
    }
    // Most texts name other nodes or none; only an escape could hide the name.
    if !source.contains(old) && !source.contains('\\') {
        return None;
    }
    let prepared = Prepared::new(source, form).ok()?;
    let parsed = prepared.parse().ok()?;
    let mut edits = brace_edits(source, form, old, new);
    let written_out = |at: usize| prepared.expanded.forms.iter().any(|(_, text)| text.contains(&at));
    for found in references::find(&parsed) {
        if !matches!(found.root.as_str(), "nodes" | "inputs")
            || found.name() != Some(old)
            || written_out(found.span.start)
        {
            continue;
        }
        let place = found.literal.clone().unwrap_or(found.span.clone());
        if let Some((range, text)) = accessor_edit(prepared.text(), place, new) {
            edits.push((prepared.expanded.to_source(range), text));
        }
    }
    apply(source, edits)
}

type Edit = (Range<usize>, String);

/// Edits in the single-brace forms.
fn brace_edits(source: &str, form: Form, old: &str, new: &str) -> Vec<Edit> {
    let paths = single_brace::find(source, form).unwrap_or_default();
    paths
        .into_iter()
        .filter(|path| matches!(path.first, "nodes" | "inputs"))
        .filter_map(|path| match path.steps.into_iter().next() {
            Some((Step::Name(name), range)) if name == old => {
                let text = match &source[range.clone()] {
                    dotted if dotted.starts_with('.') => accessor(new),
                    bracket if bracket.starts_with("['") => format!("[{}]", quoted(new, '\'')),
                    _ => format!("[{}]", quoted(new, '"')),
                };
                Some((range, text))
            }
            _ => None,
        })
        .collect()
}

/// The edit of `nodes.old`, `nodes["old"]` or the literal `"old"` at `place`.
fn accessor_edit(text: &str, place: Range<usize>, new: &str) -> Option<Edit> {
    let slice = text.get(place.clone())?;
    let mut tokens = Vec::new();
    for token in tokenize(slice, true, config()) {
        let (token, span) = token.ok()?;
        tokens
            .push((token, place.start + span.start_offset as usize..place.start + span.end_offset as usize));
    }
    let string = |range: &Range<usize>| {
        let quote = if text[range.clone()].starts_with('\'') { '\'' } else { '"' };
        (range.clone(), quoted(new, quote))
    };
    match tokens.as_slice() {
        [.., (Token::Dot, dot), (Token::Ident(_), name)] => Some((dot.start..name.end, accessor(new))),
        [.., (Token::Str(_) | Token::String(_), literal), (Token::BracketClose, _)] => Some(string(literal)),
        [(Token::Str(_) | Token::String(_), literal)] => Some(string(literal)),
        _ => None,
    }
}

fn apply(source: &str, mut edits: Vec<Edit>) -> Option<String> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = String::with_capacity(source.len() + 16);
    let mut done = 0;
    for (range, replacement) in edits {
        text.push_str(source.get(done..range.start)?);
        text.push_str(&replacement);
        done = range.end;
    }
    text.push_str(&source[done..]);
    Some(text)
}
