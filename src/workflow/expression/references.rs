//! Which of our names an expression uses: the checker asks whether they can be there, renaming rewrites them, and
//! error messages walk them. Names that the text itself sets (`{% set %}`, `{% for %}`, macros) are left out.

mod finder;

pub(super) use finder::find;

use super::single_brace::Step;
use super::syntax::Prepared;
use super::{ExpressionError, Form};
use std::{fmt, ops::Range};

/// The first name of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Root {
    Input,
    Inputs,
    Nodes,
    Vars,
    Run,
    Item,
    Index,
    /// None of ours: nothing will be found under it.
    Other(String),
}

impl Root {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "input" => Self::Input,
            "inputs" => Self::Inputs,
            "nodes" => Self::Nodes,
            "vars" => Self::Vars,
            "run" => Self::Run,
            "item" => Self::Item,
            "index" => Self::Index,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// As it is written.
impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Inputs => "inputs",
            Self::Nodes => "nodes",
            Self::Vars => "vars",
            Self::Run => "run",
            Self::Item => "item",
            Self::Index => "index",
            Self::Other(name) => name,
        })
    }
}

/// Whether a path is read when its text is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Always,
    /// It stands in a branch, a loop or behind `and`, or the text asks elsewhere whether it is there.
    Perhaps,
    /// It may be missing: `is defined` asks for it, or `default` stands behind it.
    Asked,
}

/// One use of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub root: Root,
    /// The steps that are written out, up to the first one that is computed. The method of a call is none of them.
    pub steps: Vec<Step>,
    pub reading: Reading,
    /// The first step behind the root: the node behind `nodes` and `inputs`, the name behind `vars` and `run`.
    /// `None` where the root is used as a whole or the step is computed.
    pub name: Option<String>,
    /// The text is prepared for its absence: `is defined` somewhere, or `default` right behind it.
    pub guarded: bool,
    /// Line of the text, from 1.
    pub line: usize,
    /// Bytes of the text.
    pub span: Range<usize>,
}

/// The names a text uses, in order.
///
/// # Errors
/// `syntax` or `too_expensive`: the text cannot be parsed.
pub fn references(source: &str, form: Form) -> Result<Vec<Reference>, ExpressionError> {
    if form != Form::Bare && !source.contains('{') {
        return Ok(Vec::new());
    }
    let prepared = Prepared::new(source, form)?;
    let parsed = prepared.parse()?;
    Ok(find(&parsed)
        .into_iter()
        .map(|found| Reference { span: prepared.expanded.to_source(found.span.clone()), ..found.reference() })
        .collect())
}

/// One use of a name, with all that is known of it. Positions are in the expanded text.
#[derive(Debug)]
pub(super) struct Found {
    pub root: String,
    /// The steps that are written out, up to the first one that is computed.
    pub steps: Vec<Step>,
    pub reading: Reading,
    pub guarded: bool,
    pub line: usize,
    /// The root and its first step.
    pub span: Range<usize>,
    /// Where the first step stands alone, as the text of `nodes.get("name")`.
    pub literal: Option<Range<usize>>,
}

impl Found {
    pub fn name(&self) -> Option<&str> {
        match self.steps.first() {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    }

    fn reference(&self) -> Reference {
        Reference {
            root: Root::of(&self.root),
            steps: self.steps.clone(),
            reading: self.reading,
            name: self.name().map(str::to_owned),
            guarded: self.guarded,
            line: self.line,
            span: self.span.clone(),
        }
    }
}
