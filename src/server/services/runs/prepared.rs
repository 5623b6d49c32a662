//! What a start needs of a draft: checked, and frozen as a version. Kept until the draft changes, because most starts
//! are of a draft that nobody has touched since the last one.

use crate::{
    server::{
        error::AppError,
        services::workflows::{self, DraftHead},
        state::AppState,
        store,
    },
    workflow::{
        catalog::{self, Field},
        check,
        document::Workflow,
        ids::{UserId, VersionId, WorkflowId},
    },
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Drafts kept in memory.
const KEPT: usize = 512;

/// A draft that may run.
#[derive(Debug)]
pub struct Prepared {
    pub document: Workflow,
    pub version: VersionId,
}

/// The drafts that were started last; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct PreparedDrafts(Arc<Mutex<Kept>>);

type Kept = HashMap<WorkflowId, (DraftHead, Arc<Prepared>)>;

impl PreparedDrafts {
    fn get(&self, id: WorkflowId, head: DraftHead) -> Option<Arc<Prepared>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&id).filter(|(at, _)| *at == head).map(|(_, prepared)| Arc::clone(prepared))
    }

    fn keep(&self, id: WorkflowId, head: DraftHead, prepared: &Arc<Prepared>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(id, (head, Arc::clone(prepared)));
    }
}

/// The draft as it is now, checked and frozen.
///
/// # Errors
/// 404; 422 `workflow_has_problems` with what the checker found.
pub async fn prepare(
    state: &AppState,
    owner: UserId,
    id: WorkflowId,
    head: Option<DraftHead>,
) -> Result<Arc<Prepared>, AppError> {
    let head = match head {
        Some(head) => head,
        None => workflows::head(state, owner, id).await?,
    };
    if let Some(prepared) = state.prepared.get(id, head) {
        return Ok(prepared);
    }
    let detail = workflows::get(state, owner, id).await?;
    let document = Workflow::from(&detail);
    let problems = workflows::problems(state, owner, &document).await?;
    if !check::can_run(&problems) {
        return Err(AppError::has_problems(problems));
    }
    let write = state.store.write().await?;
    let now = state.clock.now();
    let version = store::versions::find_or_create(&write, owner, id, &document, now).await?;
    write.commit().await?;
    let prepared = Arc::new(Prepared { document, version: VersionId(version.id) });
    // What was read may be newer than the head: then the next start reads it again.
    if (detail.revision, detail.updated_at) == head && !depends_on_more(&prepared.document) {
        state.prepared.keep(id, head, &prepared);
    }
    Ok(prepared)
}

/// Whether the checker's answer depends on more than the document: on the models, workflows or credentials that there
/// are.
fn depends_on_more(document: &Workflow) -> bool {
    let widget =
        |field: &Field, name: &str| field.schema.get("x-widget").is_some_and(|widget| widget == name);
    document.nodes.iter().any(|node| {
        let uses = |field: &Field| {
            let is_set = node.config.get(&field.name).is_some_and(|value| !value.is_null());
            widget(field, "model") || widget(field, "workflow") || (widget(field, "credential") && is_set)
        };
        catalog::find(&node.node_type).is_some_and(|node_type| node_type.fields.iter().any(uses))
    })
}
