//! The single-brace form: `{input}` and `{inputs.fetch.title}` in the text of a template become `{{ … }}` blocks.
//! Only where the first name is one of ours; blocks, raw sections, comments and other braces stay as they are.

use super::{ErrorCode, ExpressionError, Form};
use minijinja::machinery::{Token, tokenize};
use std::{borrow::Cow, fmt, ops::Range};

const NAMES: &[&str] = &["input", "inputs", "nodes", "run", "vars"];
const ITEM_NAMES: &[&str] = &["item", "index"];

/// A template whose single-brace forms have been written out.
pub(super) struct Expanded<'s> {
    pub text: Cow<'s, str>,
    /// For each replaced form: its bytes in the source, and its bytes in `text`.
    pub forms: Vec<(Range<usize>, Range<usize>)>,
}

impl Expanded<'_> {
    /// A range of `text` in terms of the source; a range within a form is the whole form.
    pub fn to_source(&self, range: Range<usize>) -> Range<usize> {
        let mut shift: isize = 0;
        for (source, text) in &self.forms {
            if range.start >= text.start && range.start < text.end {
                return source.clone();
            }
            if range.start >= text.end {
                shift = source.end as isize - text.end as isize;
            }
        }
        range.start.saturating_add_signed(shift)..range.end.saturating_add_signed(shift)
    }
}

/// One step of a path: `.name`, `["name"]` or `[0]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    Name(String),
    Index(u64),
}

/// As it is written: `.name`, `["a name"]`, `[0]`.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&accessor(name)),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// A path in single braces.
#[derive(Debug)]
pub(super) struct BracePath<'s> {
    pub first: &'s str,
    /// Each step with its bytes in the source, dot or brackets included.
    pub steps: Vec<(Step, Range<usize>)>,
    /// Bytes in the source, braces included.
    pub range: Range<usize>,
}

/// Writes the single-brace forms of a template out.
pub(super) fn expand(source: &str, form: Form) -> Result<Expanded<'_>, ExpressionError> {
    let paths = find(source, form)?;
    if paths.is_empty() {
        return Ok(Expanded { text: Cow::Borrowed(source), forms: Vec::new() });
    }
    let mut text = String::with_capacity(source.len() + paths.len() * 4);
    let mut forms = Vec::with_capacity(paths.len());
    let mut done = 0;
    for path in paths {
        text.push_str(&source[done..path.range.start]);
        let start = text.len();
        text.push_str("{{ ");
        text.push_str(path.first);
        for (step, _) in &path.steps {
            match step {
                Step::Name(name) => {
                    text.push('[');
                    text.push_str(&quoted(name, '"'));
                    text.push(']');
                }
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text.push_str(" }}");
        forms.push((path.range.clone(), start..text.len()));
        done = path.range.end;
    }
    text.push_str(&source[done..]);
    Ok(Expanded { text: Cow::Owned(text), forms })
}

/// All single-brace forms of a template, in order.
pub(super) fn find(source: &str, form: Form) -> Result<Vec<BracePath<'_>>, ExpressionError> {
    let mut paths = Vec::new();
    if form == Form::Bare || !source.contains('{') {
        return Ok(paths);
    }
    let mut end_of_last = 0;
    for token in tokenize(source, false, super::syntax::config()) {
        let (token, span) = token.map_err(|e| ExpressionError::from_engine(&e))?;
        let range = span.start_offset as usize..span.end_offset as usize;
        if let Token::TemplateData(data) = token {
            let gap = source.get(end_of_last..range.start).unwrap_or_default();
            let raw = gap.rfind("{%").is_some_and(|at| {
                gap[at + 2..].trim_start_matches(['-', '+', ' ', '\t', '\n', '\r']).starts_with("raw")
            });
            if !raw {
                find_in_data(data, range.start, form, &mut paths);
            }
        }
        end_of_last = range.end;
    }
    if u32::try_from(source.len()).is_err() {
        return Err(ExpressionError::new(
            ErrorCode::TooExpensive,
            "This text is too long. Split it over several nodes.",
        ));
    }
    Ok(paths)
}

fn find_in_data<'s>(data: &'s str, offset: usize, form: Form, paths: &mut Vec<BracePath<'s>>) {
    let mut at = 0;
    while let Some(open) = data[at..].find('{').map(|i| at + i) {
        match parse(data, open, form) {
            Some((first, steps, end)) => {
                let steps = steps.into_iter().map(|(s, r)| (s, r.start + offset..r.end + offset)).collect();
                paths.push(BracePath { first, steps, range: open + offset..end + offset });
                at = end;
            }
            None => at = open + 1,
        }
    }
}

type Parsed<'s> = (&'s str, Vec<(Step, Range<usize>)>, usize);

/// Reads `{name.step["step"][0]}` at `open`; gives the name, the steps and where it ends.
fn parse(data: &str, open: usize, form: Form) -> Option<Parsed<'_>> {
    let mut at = open + 1;
    let first = identifier(data, at)?;
    let ours = NAMES.contains(&first) || (form == Form::ItemTemplate && ITEM_NAMES.contains(&first));
    if !ours {
        return None;
    }
    at += first.len();
    let mut steps = Vec::new();
    loop {
        let start = at;
        match data.as_bytes().get(at)? {
            b'}' => return Some((first, steps, at + 1)),
            b'.' => {
                if let Some(name) = identifier(data, at + 1) {
                    at += 1 + name.len();
                    steps.push((Step::Name(name.to_owned()), start..at));
                } else {
                    let digits = digits(&data[at + 1..]);
                    at += 1 + digits.len();
                    steps.push((Step::Index(digits.parse().ok()?), start..at));
                }
            }
            b'[' => {
                let (step, end) = bracket(data, at + 1)?;
                at = end;
                steps.push((step, start..at));
            }
            _ => return None,
        }
    }
}

/// What stands in brackets: `0`, `"a name"`, `'a name'`, or a name without quotes as in Python's format strings.
fn bracket(data: &str, start: usize) -> Option<(Step, usize)> {
    let rest = &data[start..];
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let mut escaped = false;
        for (index, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    let name = unquoted(&rest[..=index])?;
                    return rest[index + 1..]
                        .starts_with(']')
                        .then_some((Step::Name(name), start + index + 2));
                }
                '\n' => return None,
                _ => {}
            }
        }
        return None;
    }
    let end = rest.find([']', '{', '}', '\n', '"', '\''])?;
    let name = &rest[..end];
    if name.is_empty() || !rest[end..].starts_with(']') {
        return None;
    }
    let step =
        if digits(name) == name { Step::Index(name.parse().ok()?) } else { Step::Name(name.to_owned()) };
    Some((step, start + end + 1))
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

fn identifier(data: &str, at: usize) -> Option<&str> {
    let rest = data.get(at..)?;
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let name = &rest[..length];
    is_identifier(name).then_some(name)
}

/// Whether `name` can stand behind a dot.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// How a name stands behind what it belongs to: `.name` or `["a name"]`.
#[must_use]
pub fn accessor(name: &str) -> String {
    if is_identifier(name) { format!(".{name}") } else { format!("[{}]", quoted(name, '"')) }
}

/// A string literal of that text.
#[must_use]
pub fn quoted(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// The text of a string literal, escapes read by the evaluator's own lexer.
fn unquoted(literal: &str) -> Option<String> {
    match tokenize(literal, true, super::syntax::config()).next()?.ok()?.0 {
        Token::Str(text) => Some(text.to_owned()),
        Token::String(text) => Some(text.into()),
        _ => None,
    }
}
