//! The children of the syntax tree's nodes, for everything that walks it.

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

/// A node of the tree.
#[derive(Clone, Copy)]
pub(super) enum Tree<'t, 's> {
    Expr(&'t Expr<'s>),
    Stmt(&'t Stmt<'s>),
}

/// Calls `visit` with each direct child, in the order of evaluation.
pub(super) fn children<'t, 's>(tree: Tree<'t, 's>, visit: &mut dyn FnMut(Tree<'t, 's>)) {
    match tree {
        Tree::Expr(expr) => expr_children(expr, &mut |e| visit(Tree::Expr(e))),
        Tree::Stmt(stmt) => stmt_children(stmt, visit),
    }
}

fn expr_children<'t, 's>(expr: &'t Expr<'s>, visit: &mut dyn FnMut(&'t Expr<'s>)) {
    match expr {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::Slice(s) => {
            visit(&s.expr);
            [&s.start, &s.stop, &s.step].into_iter().flatten().for_each(visit);
        }
        Expr::UnaryOp(u) => visit(&u.expr),
        Expr::BinOp(b) => {
            visit(&b.left);
            visit(&b.right);
        }
        Expr::Compare(c) => {
            visit(&c.expr);
            c.ops.iter().for_each(|o| visit(&o.expr));
        }
        Expr::IfExpr(i) => {
            visit(&i.test_expr);
            visit(&i.true_expr);
            i.false_expr.iter().for_each(visit);
        }
        Expr::Filter(f) => {
            f.expr.iter().for_each(&mut *visit);
            args(&f.args, visit);
        }
        Expr::Test(t) => {
            visit(&t.expr);
            args(&t.args, visit);
        }
        Expr::GetAttr(g) => visit(&g.expr),
        Expr::GetItem(g) => {
            visit(&g.expr);
            visit(&g.subscript_expr);
        }
        Expr::Call(c) => {
            visit(&c.expr);
            args(&c.args, visit);
        }
        Expr::List(l) => l.items.iter().for_each(visit),
        Expr::Tuple(t) => t.items.iter().for_each(visit),
        Expr::Map(m) => m.keys.iter().zip(&m.values).for_each(|(k, v)| {
            visit(k);
            visit(v);
        }),
    }
}

/// The expression of each argument.
pub(super) fn args<'t, 's>(args: &'t [CallArg<'s>], visit: &mut dyn FnMut(&'t Expr<'s>)) {
    for arg in args {
        match arg {
            CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => {
                visit(e)
            }
        }
    }
}

fn stmt_children<'t, 's>(stmt: &'t Stmt<'s>, visit: &mut dyn FnMut(Tree<'t, 's>)) {
    let body = |statements: &'t [Stmt<'s>], visit: &mut dyn FnMut(Tree<'t, 's>)| {
        statements.iter().for_each(|s| visit(Tree::Stmt(s)));
    };
    match stmt {
        Stmt::Template(t) => body(&t.children, visit),
        Stmt::EmitExpr(e) => visit(Tree::Expr(&e.expr)),
        Stmt::EmitRaw(_) => {}
        Stmt::ForLoop(f) => {
            visit(Tree::Expr(&f.iter));
            f.filter_expr.iter().for_each(|e| visit(Tree::Expr(e)));
            body(&f.body, visit);
            body(&f.else_body, visit);
        }
        Stmt::IfCond(i) => {
            visit(Tree::Expr(&i.expr));
            body(&i.true_body, visit);
            body(&i.false_body, visit);
        }
        Stmt::WithBlock(w) => {
            w.assignments.iter().for_each(|(_, e)| visit(Tree::Expr(e)));
            body(&w.body, visit);
        }
        Stmt::Set(s) => visit(Tree::Expr(&s.expr)),
        Stmt::SetBlock(s) => {
            s.filter.iter().for_each(|e| visit(Tree::Expr(e)));
            body(&s.body, visit);
        }
        Stmt::AutoEscape(a) => {
            visit(Tree::Expr(&a.enabled));
            body(&a.body, visit);
        }
        Stmt::FilterBlock(f) => {
            visit(Tree::Expr(&f.filter));
            body(&f.body, visit);
        }
        Stmt::Macro(m) => {
            m.defaults.iter().for_each(|e| visit(Tree::Expr(e)));
            body(&m.body, visit);
        }
        Stmt::CallBlock(c) => {
            visit(Tree::Expr(&c.call.expr));
            args(&c.call.args, &mut |e| visit(Tree::Expr(e)));
            c.macro_decl.defaults.iter().for_each(|e| visit(Tree::Expr(e)));
            body(&c.macro_decl.body, visit);
        }
        Stmt::Do(d) => {
            visit(Tree::Expr(&d.call.expr));
            args(&d.call.args, &mut |e| visit(Tree::Expr(e)));
        }
    }
}
