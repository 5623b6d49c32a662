//! The walk over a syntax tree that finds the names it uses.

use super::{Found, Reading};
use crate::workflow::expression::{
    single_brace::Step,
    syntax::Parsed,
    walk::{self, Tree, children},
};
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Macro, Stmt};
use std::collections::HashSet;

/// All uses of names in a tree.
pub(in super::super) fn find(parsed: &Parsed<'_>) -> Vec<Found> {
    let mut finder =
        Finder { found: Vec::new(), tested: HashSet::new(), locals: vec![HashSet::new()], aside: false };
    match parsed.tree() {
        Tree::Expr(expr) => finder.expr(expr, false),
        Tree::Stmt(stmt) => finder.stmt(stmt),
    }
    let tested = finder.tested;
    for found in &mut finder.found {
        if found.name().is_some_and(|name| tested.contains(&(found.root.clone(), name.to_owned()))) {
            found.guarded = true;
            if found.reading == Reading::Always {
                found.reading = Reading::Perhaps;
            }
        }
    }
    finder.found
}

struct Finder<'s> {
    found: Vec<Found>,
    /// What `is defined` asks about anywhere in the text.
    tested: HashSet<(String, String)>,
    locals: Vec<HashSet<&'s str>>,
    /// What is walked now may not be evaluated.
    aside: bool,
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

    /// Walks what is evaluated only sometimes.
    fn aside(&mut self, inside: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.aside, true);
        inside(self);
        self.aside = before;
    }

    fn stmts(&mut self, stmts: &[Stmt<'s>]) {
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt<'s>) {
        match stmt {
            Stmt::ForLoop(l) => {
                self.expr(&l.iter, false);
                self.aside(|this| {
                    this.scoped(|this| {
                        this.assign(&l.target);
                        l.filter_expr.iter().for_each(|e| this.expr(e, false));
                        this.stmts(&l.body);
                    });
                    this.scoped(|this| this.stmts(&l.else_body));
                });
            }
            Stmt::IfCond(i) => {
                self.expr(&i.expr, false);
                self.aside(|this| {
                    this.stmts(&i.true_body);
                    this.stmts(&i.false_body);
                });
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
        self.aside(|this| {
            this.scoped(|this| {
                m.args.iter().for_each(|arg| this.assign(arg));
                m.defaults.iter().for_each(|e| this.expr(e, false));
                this.stmts(&m.body);
            });
        });
    }

    fn expr(&mut self, expr: &Expr<'s>, guarded: bool) {
        match expr {
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => self.path(expr, guarded),
            Expr::IfExpr(i) => {
                self.expr(&i.test_expr, false);
                self.aside(|this| {
                    this.expr(&i.true_expr, false);
                    i.false_expr.iter().for_each(|e| this.expr(e, false));
                });
            }
            Expr::BinOp(b) if matches!(b.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                self.expr(&b.left, false);
                self.aside(|this| this.expr(&b.right, false));
            }
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
            found.reading = Reading::Asked;
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
                        reading: match (guarded, self.aside) {
                            (true, _) => Reading::Asked,
                            (false, true) => Reading::Perhaps,
                            (false, false) => Reading::Always,
                        },
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
