//! Which of our names an expression uses: the checker asks whether they can be there, renaming rewrites them, and
//! error messages walk them. Names that the text itself sets (`{% set %}`, `{% for %}`, macros) are left out.

use super::single_brace::Step;
use super::syntax::{Parsed, Prepared};
use super::walk::{self, Tree, children};
use super::{ExpressionError, Form};
use minijinja::machinery::ast::{CallArg, Expr, Macro, Stmt};
use std::collections::HashSet;
use std::ops::Range;

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

/// One use of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub root: Root,
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
            name: self.name().map(str::to_owned),
            guarded: self.guarded,
            line: self.line,
            span: self.span.clone(),
        }
    }
}

/// All uses of names in a tree.
pub(super) fn find(parsed: &Parsed<'_>) -> Vec<Found> {
    let mut finder = Finder { found: Vec::new(), tested: HashSet::new(), locals: vec![HashSet::new()] };
    match parsed.tree() {
        Tree::Expr(expr) => finder.expr(expr, false),
        Tree::Stmt(stmt) => finder.stmt(stmt),
    }
    let tested = finder.tested;
    for found in &mut finder.found {
        found.guarded |=
            found.name().is_some_and(|name| tested.contains(&(found.root.clone(), name.to_owned())));
    }
    finder.found
}

struct Finder<'s> {
    found: Vec<Found>,
    /// What `is defined` asks about anywhere in the text.
    tested: HashSet<(String, String)>,
    locals: Vec<HashSet<&'s str>>,
}

/// Functions that every expression has.
const FUNCTIONS: &[&str] = &["range", "dict", "caller", "loop", "self", "null"];

impl<'s> Finder<'s> {
    fn is_local(&self, name: &str) -> bool {
        FUNCTIONS.contains(&name) || self.locals.iter().any(|scope| scope.contains(name))
    }

    fn assign(&mut self, target: &Expr<'s>) {
        match target {
            Expr::Var(var) => {
                if let Some(scope) = self.locals.last_mut() {
                    scope.insert(var.id);
                }
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.assign(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.assign(item)),
            _ => {}
        }
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        self.locals.push(HashSet::new());
        inside(self);
        self.locals.pop();
    }

    fn stmts(&mut self, stmts: &[Stmt<'s>]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt<'s>) {
        match stmt {
            Stmt::ForLoop(l) => {
                self.expr(&l.iter, false);
                self.scoped(|this| {
                    this.assign(&l.target);
                    l.filter_expr.iter().for_each(|e| this.expr(e, false));
                    this.stmts(&l.body);
                });
                self.scoped(|this| this.stmts(&l.else_body));
            }
            Stmt::Set(s) => {
                self.expr(&s.expr, false);
                self.assign(&s.target);
            }
            Stmt::SetBlock(s) => {
                self.scoped(|this| this.stmts(&s.body));
                s.filter.iter().for_each(|e| self.expr(e, false));
                self.assign(&s.target);
            }
            Stmt::WithBlock(w) => self.scoped(|this| {
                for (target, value) in &w.assignments {
                    this.expr(value, false);
                    this.assign(target);
                }
                this.stmts(&w.body);
            }),
            Stmt::Macro(m) => {
                if let Some(scope) = self.locals.last_mut() {
                    scope.insert(m.name);
                }
                self.macro_body(m);
            }
            Stmt::CallBlock(c) => {
                self.expr(&c.call.expr, false);
                walk::args(&c.call.args, &mut |e| self.expr(e, false));
                self.macro_body(&c.macro_decl);
            }
            other => children(Tree::Stmt(other), &mut |child| match child {
                Tree::Expr(expr) => self.expr(expr, false),
                Tree::Stmt(stmt) => self.stmt(stmt),
            }),
        }
    }

    fn macro_body(&mut self, m: &Macro<'s>) {
        self.scoped(|this| {
            m.args.iter().for_each(|arg| this.assign(arg));
            m.defaults.iter().for_each(|e| this.expr(e, false));
            this.stmts(&m.body);
        });
    }

    fn expr(&mut self, expr: &Expr<'s>, guarded: bool) {
        match expr {
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => self.path(expr, guarded),
            Expr::Filter(f) => {
                f.expr.iter().for_each(|e| self.expr(e, guarded || matches!(f.name, "default" | "d")));
                walk::args(&f.args, &mut |e| self.expr(e, false));
            }
            Expr::Test(t) => {
                let asks = matches!(t.name, "defined" | "undefined");
                let before = self.found.len();
                self.expr(&t.expr, asks);
                if asks {
                    let asked = self.found[before..]
                        .iter()
                        .filter_map(|f| Some((f.root.clone(), f.name()?.to_owned())));
                    self.tested.extend(asked);
                }
                walk::args(&t.args, &mut |e| self.expr(e, false));
            }
            Expr::Call(c) => {
                match &c.expr {
                    Expr::GetAttr(method) => self.method(&method.expr, method.name, &c.args),
                    callee => self.expr(callee, false),
                }
                walk::args(&c.args, &mut |e| self.expr(e, false));
            }
            other => children(Tree::Expr(other), &mut |child| {
                if let Tree::Expr(child) = child {
                    self.expr(child, false);
                }
            }),
        }
    }

    /// A method's receiver; `nodes.get("name")` is a guarded use of that node.
    fn method(&mut self, receiver: &Expr<'s>, method: &str, args: &[CallArg<'s>]) {
        let before = self.found.len();
        self.expr(receiver, false);
        if let (Expr::Var(_), "get", Some(CallArg::Pos(Expr::Const(key)))) = (receiver, method, args.first())
            && let (Some(found), Some(name)) = (self.found.get_mut(before), key.value.as_str())
        {
            found.steps = vec![Step::Name(name.to_owned())];
            found.guarded = true;
            found.literal = Some(key.span().start_offset as usize..key.span().end_offset as usize);
        }
    }

    /// `root.step["step"][0]…`; where a step is computed, the path ends before it.
    fn path(&mut self, expr: &Expr<'s>, guarded: bool) {
        let mut steps = Vec::new();
        let mut end = 0;
        let mut at = expr;
        loop {
            match at {
                Expr::GetAttr(g) => {
                    steps.push(Some(Step::Name(g.name.to_owned())));
                    end = g.span().end_offset;
                    at = &g.expr;
                }
                Expr::GetItem(g) => {
                    let step = match &g.subscript_expr {
                        Expr::Const(c) => match (c.value.as_str(), c.value.as_i64()) {
                            (Some(name), _) => Some(Step::Name(name.to_owned())),
                            (_, Some(index)) => u64::try_from(index).ok().map(Step::Index),
                            _ => None,
                        },
                        _ => None,
                    };
                    if step.is_none() {
                        self.expr(&g.subscript_expr, false);
                    }
                    steps.push(step);
                    end = g.span().end_offset;
                    at = &g.expr;
                }
                Expr::Var(var) => {
                    if self.is_local(var.id) {
                        return;
                    }
                    let start = var.span().start_offset as usize;
                    let end = if steps.is_empty() { var.span().end_offset } else { end };
                    let steps = steps.into_iter().rev().map_while(|s| s).collect();
                    self.found.push(Found {
                        root: var.id.to_owned(),
                        steps,
                        guarded,
                        line: usize::from(var.span().start_line),
                        span: start..end as usize,
                        literal: None,
                    });
                    return;
                }
                other => return self.expr(other, false),
            }
        }
    }
}
