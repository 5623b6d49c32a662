//! The tree that is evaluated: a copy of the parsed one in which comparisons are calls of checked functions,
//! `~` writes values as templates do, and what stands before `| default` or `is defined` may lead through missing values.

use super::engine::{COMPARE, CONCAT, LOOKUP};
use minijinja::machinery::Span;
use minijinja::machinery::ast::{
    AutoEscape, BinOp, BinOpKind, Call, CallArg, CallBlock, Compare, CompareOpKind, Const, Do, EmitExpr,
    EmitRaw, Expr, Filter, FilterBlock, ForLoop, GetAttr, GetItem, IfCond, IfExpr, List, Macro, Map, Set,
    SetBlock, Slice, Spanned, Stmt, Template, Test, Tuple, UnaryOp, UnaryOpKind, Var, WithBlock,
};
use minijinja::value::Value;

/// The expression with checked comparisons.
pub(super) fn expr<'s>(e: &Expr<'s>) -> Expr<'s> {
    match e {
        Expr::Var(v) if v.id == "null" => constant(Value::from(()), v.span()),
        Expr::Var(v) => Expr::Var(Spanned::new(Var { id: v.id }, v.span())),
        Expr::Const(c) => constant(c.value.clone(), c.span()),
        Expr::Slice(s) => {
            let part = |e: &Option<Expr<'s>>| e.as_ref().map(expr);
            let slice = Slice {
                expr: expr(&s.expr),
                start: part(&s.start),
                stop: part(&s.stop),
                step: part(&s.step),
            };
            Expr::Slice(Spanned::new(slice, s.span()))
        }
        Expr::UnaryOp(u) => {
            let op = if matches!(u.op, UnaryOpKind::Not) { UnaryOpKind::Not } else { UnaryOpKind::Neg };
            Expr::UnaryOp(Spanned::new(UnaryOp { op, expr: expr(&u.expr) }, u.span()))
        }
        Expr::BinOp(b) if matches!(b.op, BinOpKind::Concat) => {
            call(CONCAT, vec![expr(&b.left), expr(&b.right)], b.span())
        }
        Expr::BinOp(b) => match symbol(b.op) {
            Some(symbol) => call(
                COMPARE,
                vec![expr(&b.left), constant(Value::from(symbol), b.span()), expr(&b.right)],
                b.span(),
            ),
            None => Expr::BinOp(Spanned::new(
                BinOp { op: b.op, left: expr(&b.left), right: expr(&b.right) },
                b.span(),
            )),
        },
        Expr::Compare(c) => chain(c),
        Expr::IfExpr(i) => {
            let if_expr = IfExpr {
                test_expr: expr(&i.test_expr),
                true_expr: expr(&i.true_expr),
                false_expr: i.false_expr.as_ref().map(expr),
            };
            Expr::IfExpr(Spanned::new(if_expr, i.span()))
        }
        Expr::Filter(f) => {
            let lenient_base = matches!(f.name, "default" | "d");
            let base = f.expr.as_ref().map(|e| if lenient_base { lenient(e) } else { expr(e) });
            Expr::Filter(Spanned::new(Filter { name: f.name, expr: base, args: args(&f.args) }, f.span()))
        }
        Expr::Test(t) => {
            let base =
                if matches!(t.name, "defined" | "undefined") { lenient(&t.expr) } else { expr(&t.expr) };
            Expr::Test(Spanned::new(Test { name: t.name, expr: base, args: args(&t.args) }, t.span()))
        }
        Expr::GetAttr(g) => {
            Expr::GetAttr(Spanned::new(GetAttr { expr: expr(&g.expr), name: g.name }, g.span()))
        }
        Expr::GetItem(g) => Expr::GetItem(Spanned::new(
            GetItem { expr: expr(&g.expr), subscript_expr: expr(&g.subscript_expr) },
            g.span(),
        )),
        Expr::Call(c) => {
            Expr::Call(Spanned::new(Call { expr: expr(&c.expr), args: args(&c.args) }, c.span()))
        }
        Expr::List(l) => Expr::List(Spanned::new(List { items: exprs(&l.items) }, l.span())),
        Expr::Tuple(t) => Expr::Tuple(Spanned::new(Tuple { items: exprs(&t.items) }, t.span())),
        Expr::Map(m) => {
            Expr::Map(Spanned::new(Map { keys: exprs(&m.keys), values: exprs(&m.values) }, m.span()))
        }
    }
}

/// A path that gives "undefined" instead of failing where an inner step is missing.
fn lenient<'s>(e: &Expr<'s>) -> Expr<'s> {
    match e {
        Expr::GetAttr(g) => {
            call(LOOKUP, vec![lenient(&g.expr), constant(Value::from(g.name), g.span())], g.span())
        }
        Expr::GetItem(g) => call(LOOKUP, vec![lenient(&g.expr), expr(&g.subscript_expr)], g.span()),
        other => expr(other),
    }
}

/// `a < b <= c` as one call: `b` must not be evaluated twice, or nested chains double at each level.
fn chain<'s>(c: &Spanned<Compare<'s>>) -> Expr<'s> {
    let mut arguments = vec![expr(&c.expr)];
    for op in &c.ops {
        arguments.push(constant(Value::from(op_symbol(op.op)), c.span()));
        arguments.push(expr(&op.expr));
    }
    call(COMPARE, arguments, c.span())
}

fn symbol(op: BinOpKind) -> Option<&'static str> {
    match op {
        BinOpKind::Lt => Some("<"),
        BinOpKind::Lte => Some("<="),
        BinOpKind::Gt => Some(">"),
        BinOpKind::Gte => Some(">="),
        BinOpKind::Eq => Some("eq"),
        BinOpKind::Ne => Some("ne"),
        BinOpKind::In => Some("in"),
        _ => None,
    }
}

fn op_symbol(op: CompareOpKind) -> &'static str {
    match op {
        CompareOpKind::Lt => "<",
        CompareOpKind::Lte => "<=",
        CompareOpKind::Gt => ">",
        CompareOpKind::Gte => ">=",
        CompareOpKind::Eq => "eq",
        CompareOpKind::Ne => "ne",
        CompareOpKind::In => "in",
        CompareOpKind::NotIn => "not in",
    }
}

fn constant<'s>(value: Value, span: Span) -> Expr<'s> {
    Expr::Const(Spanned::new(Const { value }, span))
}

fn call<'s>(function: &'static str, arguments: Vec<Expr<'s>>, span: Span) -> Expr<'s> {
    let callee = Expr::Var(Spanned::new(Var { id: function }, span));
    Expr::Call(Spanned::new(
        Call { expr: callee, args: arguments.into_iter().map(CallArg::Pos).collect() },
        span,
    ))
}

fn exprs<'s>(many: &[Expr<'s>]) -> Vec<Expr<'s>> {
    many.iter().map(expr).collect()
}

fn args<'s>(many: &[CallArg<'s>]) -> Vec<CallArg<'s>> {
    many.iter()
        .map(|arg| match arg {
            CallArg::Pos(e) => CallArg::Pos(expr(e)),
            CallArg::Kwarg(name, e) => CallArg::Kwarg(name, expr(e)),
            CallArg::PosSplat(e) => CallArg::PosSplat(expr(e)),
            CallArg::KwargSplat(e) => CallArg::KwargSplat(expr(e)),
        })
        .collect()
}

fn stmts<'s>(many: &[Stmt<'s>]) -> Vec<Stmt<'s>> {
    many.iter().map(stmt).collect()
}

/// The statement with checked comparisons in every expression of it.
pub(super) fn stmt<'s>(s: &Stmt<'s>) -> Stmt<'s> {
    match s {
        Stmt::Template(t) => {
            Stmt::Template(Spanned::new(Template { children: stmts(&t.children) }, t.span()))
        }
        Stmt::EmitExpr(e) => Stmt::EmitExpr(Spanned::new(EmitExpr { expr: expr(&e.expr) }, e.span())),
        Stmt::EmitRaw(r) => Stmt::EmitRaw(Spanned::new(EmitRaw { raw: r.raw }, r.span())),
        Stmt::ForLoop(f) => {
            let for_loop = ForLoop {
                target: expr(&f.target),
                iter: expr(&f.iter),
                filter_expr: f.filter_expr.as_ref().map(expr),
                recursive: f.recursive,
                body: stmts(&f.body),
                else_body: stmts(&f.else_body),
            };
            Stmt::ForLoop(Spanned::new(for_loop, f.span()))
        }
        Stmt::IfCond(i) => {
            let if_cond = IfCond {
                expr: expr(&i.expr),
                true_body: stmts(&i.true_body),
                false_body: stmts(&i.false_body),
            };
            Stmt::IfCond(Spanned::new(if_cond, i.span()))
        }
        Stmt::WithBlock(w) => {
            let assignments =
                w.assignments.iter().map(|(target, value)| (expr(target), expr(value))).collect();
            Stmt::WithBlock(Spanned::new(WithBlock { assignments, body: stmts(&w.body) }, w.span()))
        }
        Stmt::Set(s) => {
            Stmt::Set(Spanned::new(Set { target: expr(&s.target), expr: expr(&s.expr) }, s.span()))
        }
        Stmt::SetBlock(s) => {
            let set = SetBlock {
                target: expr(&s.target),
                filter: s.filter.as_ref().map(expr),
                body: stmts(&s.body),
            };
            Stmt::SetBlock(Spanned::new(set, s.span()))
        }
        Stmt::AutoEscape(a) => Stmt::AutoEscape(Spanned::new(
            AutoEscape { enabled: expr(&a.enabled), body: stmts(&a.body) },
            a.span(),
        )),
        Stmt::FilterBlock(f) => {
            let block =
                FilterBlock { filter: expr(&f.filter), filter_span: f.filter_span, body: stmts(&f.body) };
            Stmt::FilterBlock(Spanned::new(block, f.span()))
        }
        Stmt::Macro(m) => Stmt::Macro(macro_decl(m)),
        Stmt::CallBlock(c) => {
            let block = CallBlock {
                call: spanned_call(&c.call),
                call_expr_span: c.call_expr_span,
                macro_decl: macro_decl(&c.macro_decl),
            };
            Stmt::CallBlock(Spanned::new(block, c.span()))
        }
        Stmt::Do(d) => Stmt::Do(Spanned::new(Do { call: spanned_call(&d.call) }, d.span())),
    }
}

fn macro_decl<'s>(m: &Spanned<Macro<'s>>) -> Spanned<Macro<'s>> {
    Spanned::new(
        Macro { name: m.name, args: exprs(&m.args), defaults: exprs(&m.defaults), body: stmts(&m.body) },
        m.span(),
    )
}

fn spanned_call<'s>(c: &Spanned<Call<'s>>) -> Spanned<Call<'s>> {
    Spanned::new(Call { expr: expr(&c.expr), args: args(&c.args) }, c.span())
}
