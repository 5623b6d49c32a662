//! The colours of a text with expressions in it: a lexer that never fails, because what is typed is wrong most of the
//! time.

use super::text::{Part, parts};
use crate::workflow::expression::{Form, known_names};
use std::ops::Range;

/// Longer texts are shown without colours.
const MAX_BYTES: usize = 40_000;

/// What a token is, which is what decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text of a template, spaces, anything without a colour.
    Plain,
    /// The braces of a template.
    Brace,
    /// One of our names: `input`, `nodes` …
    Root,
    /// A field behind a dot.
    Field,
    /// Any other name.
    Name,
    Str,
    Number,
    /// `and`, `if`, `true` …
    Word,
    /// A filter behind a pipe, a test behind `is`, a function or method before its parentheses.
    Call,
    Operator,
    /// Of an expression: `(`, `[`, `{` and their ends.
    Bracket,
    Comment,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Brace => "t-brace",
            Self::Root => "t-root",
            Self::Field => "t-field",
            Self::Name => "t-name",
            Self::Str => "t-str",
            Self::Number => "t-num",
            Self::Word => "t-word",
            Self::Call => "t-call",
            Self::Operator => "t-op",
            Self::Bracket => "t-bracket",
            Self::Comment => "t-comment",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
}

pub(super) const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "elif",
    "endif",
    "for",
    "endfor",
    "set",
    "endset",
    "true",
    "false",
    "none",
    "null",
    "True",
    "False",
    "None",
    "macro",
    "endmacro",
    "filter",
    "endfilter",
    "with",
    "endwith",
    "raw",
    "endraw",
    "do",
    "recursive",
];

/// The tokens of a text, in order and without gaps.
pub(super) fn tokens(source: &str, form: Form) -> Vec<Token> {
    let mut found = Vec::new();
    for (part, range) in parts(source, form) {
        match part {
            Part::Text => found.push(Token { kind: Kind::Plain, range }),
            Part::Brace => found.push(Token { kind: Kind::Brace, range }),
            Part::Comment => found.push(Token { kind: Kind::Comment, range }),
            Part::Expression | Part::Statement => lex(source, range, form == Form::ItemTemplate, &mut found),
        }
    }
    found
}

fn lex(source: &str, range: Range<usize>, item: bool, found: &mut Vec<Token>) {
    let mut at = range.start;
    // The last token that is no space: what a name is depends on it.
    let mut before = String::new();
    while at < range.end {
        let rest = &source[at..range.end];
        let first = rest.chars().next().unwrap_or_default();
        let (kind, length) = match first {
            '"' | '\'' => (Kind::Str, string(rest, first)),
            c if c.is_ascii_digit() => (Kind::Number, number(rest)),
            c if c.is_alphabetic() || c == '_' => {
                let length = run(rest, |c| c.is_alphanumeric() || c == '_');
                (name(&rest[..length], &rest[length..], &before, item), length)
            }
            '(' | ')' | '[' | ']' | '{' | '}' => (Kind::Bracket, 1),
            c if c.is_whitespace() => (Kind::Plain, run(rest, char::is_whitespace)),
            c if "+-*/%~|<>=!.,:".contains(c) => (Kind::Operator, c.len_utf8()),
            c => (Kind::Plain, c.len_utf8()),
        };
        if !first.is_whitespace() {
            before = rest[..length].to_owned();
        }
        found.push(Token { kind, range: at..at + length });
        at += length;
    }
}

fn run(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !is_in(c)).unwrap_or(text.len())
}

fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return i + 1,
            _ => {}
        }
    }
    text.len()
}

fn number(text: &str) -> usize {
    let whole = run(text, |c| c.is_ascii_digit() || c == '_');
    let rest = &text[whole..];
    let is_fraction = rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if is_fraction { whole + 1 + run(&rest[1..], |c| c.is_ascii_digit()) } else { whole }
}

fn name(word: &str, rest: &str, before: &str, item: bool) -> Kind {
    let is_called = rest.trim_start().starts_with('(');
    match before {
        "." if is_called => Kind::Call,
        "." => Kind::Field,
        "|" => Kind::Call,
        "is" if word != "not" => Kind::Call,
        _ if WORDS.contains(&word) => Kind::Word,
        _ if is_called => Kind::Call,
        _ if known_names(item).contains(&word) => Kind::Root,
        _ => Kind::Name,
    }
}

/// The brackets on both sides of a pair, one of which touches the cursor.
pub(super) fn pair_at(source: &str, tokens: &[Token], cursor: usize) -> Option<(usize, usize)> {
    let brackets: Vec<&Token> =
        tokens.iter().filter(|t| matches!(t.kind, Kind::Bracket | Kind::Brace)).collect();
    let mut open: Vec<&Token> = Vec::new();
    for token in brackets {
        let text = &source[token.range.clone()];
        if text.starts_with(['(', '[', '{']) {
            open.push(token);
            continue;
        }
        let Some(start) = open.pop() else { continue };
        let fits = matches!(
            (&source[start.range.clone()], text),
            ("(", ")") | ("[", "]") | ("{", "}") | ("{{", "}}") | ("{%", "%}")
        );
        let touches = |t: &Token| t.range.start <= cursor && cursor <= t.range.end;
        if fits && (touches(start) || touches(token)) {
            return Some((start.range.start, token.range.start));
        }
    }
    None
}

/// The text as HTML with a class for each colour. `mark` sets an empty element with that id before a byte.
pub(super) fn html(
    source: &str,
    form: Form,
    pair: Option<(usize, usize)>,
    mark: Option<(usize, &str)>,
) -> String {
    let mut out = String::with_capacity(source.len() * 2);
    let all = if source.len() > MAX_BYTES {
        vec![Token { kind: Kind::Plain, range: 0..source.len() }]
    } else {
        tokens(source, form)
    };
    let mut marked = false;
    let mut set_mark = |out: &mut String| {
        if let Some((_, id)) = mark.filter(|_| !std::mem::replace(&mut marked, true)) {
            out.push_str("<i id=\"");
            escape(id, out);
            out.push_str("\"></i>");
        }
    };
    for token in all {
        let Range { start, end } = token.range;
        let split = mark.map(|(at, _)| at).filter(|at| start <= *at && *at < end);
        let is_pair = pair.is_some_and(|(a, b)| a == start || b == start);
        let class = token.kind.class();
        let has_tag = !class.is_empty() || is_pair;
        if has_tag {
            out.push_str("<span class=\"");
            out.push_str(class);
            out.push_str(if is_pair { " is-pair\">" } else { "\">" });
        }
        match split {
            Some(at) => {
                escape(&source[start..at], &mut out);
                set_mark(&mut out);
                escape(&source[at..end], &mut out);
            }
            None => escape(&source[start..end], &mut out),
        }
        if has_tag {
            out.push_str("</span>");
        }
    }
    set_mark(&mut out);
    // The last line of a layer has its height only with something in it.
    out.push('\u{200b}');
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str, form: Form) -> Vec<(Kind, &str)> {
        let all = tokens(source, form);
        assert!(all.windows(2).all(|w| w[0].range.end == w[1].range.start), "no gaps");
        assert_eq!(all.last().map_or(0, |t| t.range.end), source.len());
        all.into_iter().map(|t| (t.kind, &source[t.range])).filter(|(_, s)| !s.trim().is_empty()).collect()
    }

    #[test]
    fn an_expression_has_its_colours() {
        assert_eq!(
            shown("input.price * 1.5 > 10 and \"a\\\"b\" in nodes['X'].list | first", Form::Bare),
            [
                (Kind::Root, "input"),
                (Kind::Operator, "."),
                (Kind::Field, "price"),
                (Kind::Operator, "*"),
                (Kind::Number, "1.5"),
                (Kind::Operator, ">"),
                (Kind::Number, "10"),
                (Kind::Word, "and"),
                (Kind::Str, "\"a\\\"b\""),
                (Kind::Word, "in"),
                (Kind::Root, "nodes"),
                (Kind::Bracket, "["),
                (Kind::Str, "'X'"),
                (Kind::Bracket, "]"),
                (Kind::Operator, "."),
                (Kind::Field, "list"),
                (Kind::Operator, "|"),
                (Kind::Call, "first"),
            ]
        );
    }

    #[test]
    fn what_a_name_is_depends_on_what_is_around_it() {
        assert_eq!(shown("item", Form::Bare)[0].0, Kind::Name);
        assert_eq!(shown("{{ item }}", Form::ItemTemplate)[1].0, Kind::Root);
        assert_eq!(shown("input.upper()", Form::Bare)[2], (Kind::Call, "upper"));
        assert_eq!(
            shown("x is not defined", Form::Bare)[1..],
            [(Kind::Word, "is"), (Kind::Word, "not"), (Kind::Name, "defined")]
        );
        assert_eq!(shown("x is defined", Form::Bare)[2], (Kind::Call, "defined"));
    }

    #[test]
    fn text_around_expressions_is_plain_and_half_typed_text_does_no_harm() {
        assert_eq!(shown("and {\"in\": 1}", Form::Template), [(Kind::Plain, "and {\"in\": 1}")]);
        for source in ["{{ \"open", "{{ (", "{% if", "{{ ü🌊 . | }}", "'", "{{", "{input.", "1.", "}} )"] {
            for form in [Form::Bare, Form::Template, Form::ItemTemplate] {
                shown(source, form);
            }
        }
    }

    #[test]
    fn brackets_find_each_other() {
        let source = "f(a[0], (b))";
        let all = tokens(source, Form::Bare);
        assert_eq!(pair_at(source, &all, 2), Some((1, 11)));
        assert_eq!(pair_at(source, &all, 4), Some((3, 5)));
        assert_eq!(pair_at(source, &all, 10), Some((8, 10)));
        assert_eq!(pair_at("(]", &tokens("(]", Form::Bare), 1), None);
        let template = "a {{ b }}";
        assert_eq!(pair_at(template, &tokens(template, Form::Template), 9), Some((2, 7)));
    }

    #[test]
    fn nothing_typed_becomes_markup() {
        let made = html("<b>{{ \"<i>\" & x }}", Form::Template, None, None);
        assert!(!made.contains("<b>") && !made.contains("<i>") && made.contains("&lt;i&gt;"), "{made}");
        let marked = html("input.na", Form::Bare, None, Some((6, "m")));
        assert!(marked.contains(".</span><span class=\"t-field\"><i id=\"m\"></i>na"), "{marked}");
        assert!(html("", Form::Bare, None, Some((0, "m"))).starts_with("<i id=\"m\">"));
        let long = "x ".repeat(40_000);
        assert!(!html(&long, Form::Bare, None, None).contains("<span"));
    }
}
