//! What all code fields of the page share: what stands before a node, real data, and who takes an inserted path.

use super::{
    known::Names,
    sample::{Data, Sample, data},
};
use crate::{
    ui::{canvas::editing::Editing, pages::workflow::running::Running},
    workflow::{
        check::{Upstream, upstream},
        expression::Scope,
        ids::NodeId,
    },
};
use leptos::prelude::*;
use std::sync::Arc;

/// Who takes a path that is inserted from a tree.
#[derive(Clone)]
pub(super) struct Target {
    pub id: String,
    pub insert: Callback<String>,
}

/// What all code fields of the page share. Copies are the same.
#[derive(Clone, Copy)]
pub(in super::super) struct Knowing {
    pub(super) editing: Editing,
    pub(super) running: Running,
    /// Real data, from the last run that is known.
    pub sample: RwSignal<Arc<Sample>>,
    /// The field that had the focus last.
    pub(super) target: StoredValue<Option<Target>>,
    /// The last scope; good as long as what it holds stays.
    scope: StoredValue<Option<(Data, Scope)>>,
    /// What the checker knows to stand before a node, for the document in that shape.
    upstream: StoredValue<Option<(NodeId, u64, Upstream)>>,
}

impl Knowing {
    /// Puts it into context.
    pub fn provide(editing: Editing, running: Running) -> Self {
        let this = Self {
            editing,
            running,
            sample: RwSignal::new(Arc::default()),
            target: StoredValue::new(None),
            scope: StoredValue::new(None),
            upstream: StoredValue::new(None),
        };
        Effect::new(move |_| {
            running.known.with(|detail| {
                if let Some(detail) = detail {
                    this.sample.set(Arc::new(Sample::of(detail)));
                }
            });
        });
        provide_context(this);
        this
    }

    /// The values that a node can read now.
    pub fn data(self, node: NodeId) -> Data {
        let example = self.running.input_now();
        let sample = self.sample.get_untracked();
        self.editing.read(|document| data(document, &sample, &example, node))
    }

    /// The names with these values; the same ones as long as the values are the same, because what an expression has
    /// touched is kept in the evaluator's form.
    pub(super) fn scope(self, data: Data) -> Scope {
        let kept = self.scope.with_value(|kept| {
            kept.as_ref().filter(|(of, _)| of.is_same(&data)).map(|(_, scope)| scope.clone())
        });
        kept.unwrap_or_else(|| {
            let scope = data.scope();
            self.scope.set_value(Some((data, scope.clone())));
            scope
        })
    }

    /// What may be named in the fields of a node.
    pub(super) fn names(self, node: NodeId) -> Names {
        Names::new(self.upstream(node), &self.data(node))
    }

    /// What stands before a node. Worked out anew only where something else than its own text has changed: it takes a
    /// look at the whole graph.
    fn upstream(self, node: NodeId) -> Upstream {
        let shape = self.editing.shape();
        let kept = self.upstream.with_value(|kept| {
            kept.as_ref().filter(|(of, at, _)| (*of, *at) == (node, shape)).map(|(.., known)| known.clone())
        });
        kept.unwrap_or_else(|| {
            let known = self.editing.read(|document| upstream(document, node));
            self.upstream.set_value(Some((node, shape, known.clone())));
            known
        })
    }

    /// Writes a path into the field that had the focus last; `false` if there is none.
    pub fn insert(self, path: String) -> bool {
        let target = self.target.get_value();
        if let Some(target) = &target {
            target.insert.run(path);
        }
        target.is_some()
    }
}
