//! The collection that a step searches: whether the owner has it, or a step of the same workflow may make it.

use super::{Environment, Problems};
use crate::workflow::catalog::NodeType;
use crate::workflow::document::{Node, Workflow};
use crate::workflow::expression::nearest;

/// The step that makes its collection if there is none.
const MAKER: &str = "vector_add";
const FIELD: &str = "collection_name";

/// Warns of a field that names no collection of the owner. It may be made before the step runs.
pub(super) fn check(
    workflow: &Workflow,
    node: &Node,
    node_type: &NodeType,
    environment: &Environment,
    problems: &mut Problems,
) {
    let Some(known) = environment.collections.as_ref().filter(|_| !node.settings.disabled) else { return };
    let wants = node_type.field(FIELD).is_some_and(|field| {
        field.schema.get("x-widget").is_some_and(|w| w == "collection") && node_type.name != MAKER
    });
    let Some(named) = name_of(node).filter(|named| wants && !known.iter().any(|k| k == named)) else {
        return;
    };
    look(workflow, node, (named, "config.collection_name"), environment, problems);
}

/// Warns of a name in a field that is no collection of the owner, unless a step of the same workflow may make it.
pub(super) fn look(
    workflow: &Workflow,
    node: &Node,
    (named, field): (&str, &str),
    environment: &Environment,
    problems: &mut Problems,
) {
    let Some(known) = environment.collections.as_ref().filter(|known| !known.iter().any(|k| k == named))
    else {
        return;
    };
    let made_here = workflow.nodes.iter().filter(|n| n.node_type == MAKER && !n.settings.disabled);
    if made_here.filter_map(|maker| maker.config.get(FIELD)?.as_str()).any(|n| n == named || n.contains('{'))
    {
        return;
    }
    let hint = match nearest(named, known.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Make it on the Collections page, or choose another.".to_owned(),
    };
    problems.warning(
        Some(node),
        Some(field),
        "unknown_collection",
        format!("There is no collection `{named}`. {hint}"),
    );
}

/// The name, where it is no expression.
fn name_of(node: &Node) -> Option<&str> {
    let named = node.config.get(FIELD)?.as_str()?;
    (!named.trim().is_empty() && !named.contains('{')).then_some(named)
}
