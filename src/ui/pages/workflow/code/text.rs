//! Where expressions stand in a text, and the two ways to count its letters: Rust's bytes and the browser's UTF-16 units.

use crate::workflow::expression::{Form, known_names};
use std::ops::Range;

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Stands as it is.
    Text,
    /// The inside of `{{ }}`, of `{input}`, or a whole bare expression.
    Expression,
    /// The inside of `{% %}`.
    Statement,
    /// `{# #}` with its braces.
    Comment,
    /// Braces around the others.
    Brace,
}

/// The parts of a text, in order and without gaps. What is not closed reaches to the end.
pub(super) fn parts(source: &str, form: Form) -> Vec<(Part, Range<usize>)> {
    if form == Form::Bare {
        return vec![(Part::Expression, 0..source.len())];
    }
    let mut found = Vec::new();
    let mut text_from = 0;
    let mut at = 0;
    while let Some(open) = source[at..].find('{').map(|i| at + i) {
        let (inner, kind, close) = match source.as_bytes().get(open + 1) {
            Some(b'{') => (open + 2, Part::Expression, "}}"),
            Some(b'%') => (open + 2, Part::Statement, "%}"),
            Some(b'#') => (open + 2, Part::Comment, "#}"),
            _ => match single(source, open, form) {
                Some(end) => (open + 1, Part::Expression, &source[end..=end]),
                None => {
                    at = open + 1;
                    continue;
                }
            },
        };
        push(&mut found, Part::Text, text_from..open);
        let end = if kind == Part::Comment {
            source[inner..].find(close).map(|i| inner + i)
        } else {
            end_of(source, inner, close)
        };
        let (inner_end, after) = end.map_or((source.len(), source.len()), |e| (e, e + close.len()));
        if kind == Part::Comment {
            push(&mut found, kind, open..after);
        } else {
            push(&mut found, Part::Brace, open..inner);
            push(&mut found, kind, inner..inner_end);
            push(&mut found, Part::Brace, inner_end..after);
        }
        (at, text_from) = (after, after);
    }
    push(&mut found, Part::Text, text_from..source.len());
    found
}

fn push(found: &mut Vec<(Part, Range<usize>)>, part: Part, range: Range<usize>) {
    if !range.is_empty() {
        found.push((part, range));
    }
}

/// Where a block ends: at its braces outside of string literals.
fn end_of(source: &str, from: usize, close: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (i, c) in source[from..].char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if source[from + i..].starts_with(close) => return Some(from + i),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
    }
    None
}

/// The closing brace of `{input.title}` that opens at `open`.
fn single(source: &str, open: usize, form: Form) -> Option<usize> {
    let inner = &source[open + 1..];
    let length = inner.find(['}', '\n', '{'])?;
    if !inner[length..].starts_with('}') {
        return None;
    }
    let path = &inner[..length];
    let root = path.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(path.len());
    let ours = known_names(form == Form::ItemTemplate).contains(&&path[..root]);
    let follows = path[root..].is_empty() || path[root..].starts_with(['.', '[']);
    let is_path = !path.split('[').next().unwrap_or_default().contains(' ');
    (ours && follows && is_path).then_some(open + 1 + length)
}

/// The expression around a place, up to that place: where it begins, and what of it is written out in single braces.
pub(super) fn open_at(source: &str, form: Form, at: usize) -> Option<(usize, Part)> {
    for (part, range) in parts(source, form) {
        let inside = range.start <= at && at <= range.end;
        if inside && matches!(part, Part::Expression | Part::Statement) {
            return Some((range.start, part));
        }
    }
    // Nothing between two braces yet: `{{|}}`.
    let before = &source[..at];
    if form != Form::Bare && (before.ends_with("{{") || before.ends_with("{%")) {
        return Some((at, Part::Expression));
    }
    None
}

/// A single brace before a place with the beginning of a path behind it, as in `{inp|`.
pub(super) fn brace_before(source: &str, form: Form, at: usize) -> Option<usize> {
    if form == Form::Bare {
        return None;
    }
    let before = &source[..at];
    let open = before.rfind('{')?;
    let path = &before[open + 1..];
    let is_path = path.starts_with(|c: char| c.is_ascii_alphabetic())
        && path.chars().all(|c| c.is_ascii_alphanumeric() || "_.[]\"' -".contains(c))
        && !path.split('[').next().unwrap_or_default().contains(' ');
    is_path.then_some(open + 1)
}

/// Bytes before that many UTF-16 units.
pub(super) fn byte_of(text: &str, units: usize) -> usize {
    let mut seen = 0;
    for (byte, c) in text.char_indices() {
        if seen >= units {
            return byte;
        }
        seen += c.len_utf16();
    }
    text.len()
}

/// UTF-16 units before that byte.
pub(super) fn units_of(text: &str, byte: usize) -> usize {
    text[..byte.min(text.len())].encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str, form: Form) -> Vec<(Part, &str)> {
        parts(source, form).into_iter().map(|(part, range)| (part, &source[range])).collect()
    }

    #[test]
    fn a_text_falls_into_parts_without_gaps() {
        let source = "Hi {{ input.name }}, {input.city} {no} {% if a %}x{# why #}";
        let all = parts(source, Form::Template);
        assert!(
            all.windows(2).all(|w| w[0].1.end == w[1].1.start) && all.last().unwrap().1.end == source.len()
        );
        assert_eq!(
            shown("a {{ b }} {input.c} {no}", Form::Template),
            [
                (Part::Text, "a "),
                (Part::Brace, "{{"),
                (Part::Expression, " b "),
                (Part::Brace, "}}"),
                (Part::Text, " "),
                (Part::Brace, "{"),
                (Part::Expression, "input.c"),
                (Part::Brace, "}"),
                (Part::Text, " {no}"),
            ]
        );
    }

    #[test]
    fn braces_in_texts_and_open_ends_are_no_ends() {
        assert_eq!(shown("{{ \"}}\" ~ x", Form::Template)[1], (Part::Expression, " \"}}\" ~ x"));
        assert_eq!(shown("{# }} {{ x", Form::Template), [(Part::Comment, "{# }} {{ x")]);
        assert_eq!(shown("{\"a\": {\"input\": 1}}", Form::Template).len(), 1, "JSON stays text");
        assert_eq!(shown("{item}", Form::Template).len(), 1);
        assert_eq!(shown("{item}", Form::ItemTemplate).len(), 3);
        assert_eq!(
            shown("{inputs[\"Fetch page\"].title}", Form::Template)[1].1,
            "inputs[\"Fetch page\"].title"
        );
    }

    #[test]
    fn the_expression_around_a_place_is_found() {
        let source = "Hi {{ input. }} there";
        assert_eq!(open_at(source, Form::Template, 12), Some((5, Part::Expression)));
        assert_eq!(open_at(source, Form::Template, 18), None);
        assert_eq!(open_at("{{}}", Form::Template, 2), Some((2, Part::Expression)));
        assert_eq!(open_at("a", Form::Bare, 1), Some((0, Part::Expression)));
        assert_eq!(brace_before("say {inp", Form::Template, 8), Some(5));
        assert_eq!(brace_before("{\"a\": inp", Form::Template, 9), None);
        assert_eq!(brace_before("{in put", Form::Template, 7), None);
    }

    #[test]
    fn both_ways_of_counting_agree() {
        let text = "añ🌊b";
        for (byte, _) in text.char_indices() {
            assert_eq!(byte_of(text, units_of(text, byte)), byte);
        }
        assert_eq!((byte_of(text, 4), units_of(text, 7)), (7, 4));
        assert_eq!(byte_of(text, 99), text.len());
    }
}
