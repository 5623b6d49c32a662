//! From text to syntax tree, within limits that keep every later walk of the tree short and shallow.

use super::single_brace::{self, Expanded};
use super::walk::{Tree, children};
use super::{ErrorCode, ExpressionError, Form};
use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::machinery::{Token, parse, parse_expr, tokenize};
use minijinja::syntax::SyntaxConfig;
use std::sync::LazyLock;

/// Tokens of all blocks of one text together, without plain text and literals.
const MAX_TOKENS: usize = 5_000;
/// Blocks that may follow each other: `{% elif %}` nests, invisibly.
const MAX_BRANCHES: usize = 200;
/// Levels of the syntax tree.
const MAX_DEPTH: usize = 200;

static CONFIG: LazyLock<SyntaxConfig> =
    LazyLock::new(|| SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default());

/// Text ends as it was written: a newline at its end is kept.
pub(super) fn config() -> SyntaxConfig {
    CONFIG.clone()
}

/// A text ready to be parsed: single-brace forms written out, limits checked.
pub(super) struct Prepared<'s> {
    pub expanded: Expanded<'s>,
    pub form: Form,
}

/// The tree of a text.
pub(super) enum Parsed<'t> {
    Expr(Expr<'t>),
    Template(Stmt<'t>),
}

impl<'s> Prepared<'s> {
    pub fn new(source: &'s str, form: Form) -> Result<Self, ExpressionError> {
        let expanded = single_brace::expand(source, form)?;
        if form == Form::Bare && source.trim().is_empty() {
            return Err(ExpressionError::new(
                ErrorCode::Syntax,
                "The expression is empty. Write one, such as `input`.",
            ));
        }
        limit_tokens(&expanded.text, form)?;
        Ok(Self { expanded, form })
    }

    pub fn text(&self) -> &str {
        &self.expanded.text
    }

    pub fn parse(&self) -> Result<Parsed<'_>, ExpressionError> {
        let parsed = match self.form {
            Form::Bare => parse_expr(self.text()).map(Parsed::Expr),
            Form::Template | Form::ItemTemplate => parse(self.text(), "", config()).map(Parsed::Template),
        }
        .map_err(|error| self.explain(&error))?;
        limit_depth(&parsed)?;
        Ok(parsed)
    }

    fn explain(&self, error: &minijinja::Error) -> ExpressionError {
        let mut explained = ExpressionError::from_engine(error);
        let text = self.text().trim();
        // The lexer repeats an error for ever, so that walking its tokens has to end at the first one.
        if self.form == Form::Bare && text.starts_with("{{") && text.ends_with("}}") {
            explained.message =
                "This field is an expression already. Leave out the `{{ }}` around it.".to_owned();
        } else if self.form == Form::Bare
            && tokenize(text, true, config())
                .take_while(Result::is_ok)
                .any(|t| matches!(t, Ok((Token::Assign, _))))
        {
            explained.message.push_str(" Use `==` to compare.");
        }
        explained
    }
}

impl<'t> Parsed<'t> {
    pub fn tree(&self) -> Tree<'_, 't> {
        match self {
            Self::Expr(expr) => Tree::Expr(expr),
            Self::Template(stmt) => Tree::Stmt(stmt),
        }
    }

    /// The expression, where the whole text is one.
    pub fn single(&self) -> Option<&Expr<'t>> {
        match self {
            Self::Expr(expr) => Some(expr),
            Self::Template(Stmt::Template(template)) => match template.children.as_slice() {
                [Stmt::EmitExpr(emit)] => Some(&emit.expr),
                _ => None,
            },
            Self::Template(_) => None,
        }
    }
}

fn too_long() -> ExpressionError {
    ExpressionError::new(
        ErrorCode::TooExpensive,
        "This expression is too long or nested too deeply. Split it over several nodes.",
    )
}

/// The parser recurses without a limit in a few places (`not not …`, `elif`), so long texts end here.
fn limit_tokens(text: &str, form: Form) -> Result<(), ExpressionError> {
    if form != Form::Bare && !text.contains("{{") && !text.contains("{%") {
        return Ok(());
    }
    let (mut tokens, mut branches) = (0, 0);
    for token in tokenize(text, form == Form::Bare, config()) {
        match token {
            Ok((
                Token::TemplateData(_)
                | Token::Str(_)
                | Token::String(_)
                | Token::Int(_)
                | Token::Float(_)
                | Token::Comma
                | Token::Colon,
                _,
            )) => {}
            Ok((Token::Ident("elif" | "not" | "else"), _)) => branches += 1,
            Ok(_) => tokens += 1,
            Err(_) => return Ok(()), // the parser says it better
        }
        if tokens > MAX_TOKENS || branches > MAX_BRANCHES {
            return Err(too_long());
        }
    }
    Ok(())
}

/// Without recursion, because it guards everything that recurses.
fn limit_depth(parsed: &Parsed<'_>) -> Result<(), ExpressionError> {
    let mut open = vec![(parsed.tree(), 0)];
    while let Some((tree, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return Err(too_long());
        }
        children(tree, &mut |child| open.push((child, depth + 1)));
    }
    Ok(())
}
