//! The credential that a step uses: one of the owner's, of a kind that the step can use.

use super::{Environment, KnownCredential, Problems};
use crate::workflow::catalog::{FieldKind, NodeType};
use crate::workflow::document::Node;
use crate::workflow::expression::nearest;
use serde_json::Value;

/// The credential that a field means: the one of exactly that name, else the one of that id.
fn find<'k>(known: &'k [KnownCredential], named: &str) -> Option<&'k KnownCredential> {
    known.iter().find(|k| k.name == named).or_else(|| known.iter().find(|k| k.id.to_string() == named))
}

/// Reports fields that name no credential of the owner, or one of another kind. A disabled step uses none.
pub(super) fn check(node: &Node, node_type: &NodeType, environment: &Environment, problems: &mut Problems) {
    if node.settings.disabled || environment.credentials.is_none() {
        return;
    }
    for field in node_type.fields.iter().filter(|field| field.kind == FieldKind::Credential) {
        let named = node.config.get(&field.name).and_then(Value::as_str).filter(|n| !n.trim().is_empty());
        let Some(named) = named else { continue };
        let place = format!("config.{}", field.name);
        let kinds: Vec<&str> = field
            .schema
            .get("x-credential-kinds")
            .and_then(Value::as_array)
            .map(|kinds| kinds.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        look(node, (named, &place), &kinds, environment, problems);
    }
}

/// Reports a name in a field that is no credential of the owner, or one of another kind than these, if there are any.
pub(super) fn look(
    node: &Node,
    (named, place): (&str, &str),
    kinds: &[&str],
    environment: &Environment,
    problems: &mut Problems,
) {
    let Some(known) = &environment.credentials else { return };
    let Some(found) = find(known, named) else {
        let message = format!("There is no credential `{named}`. {}", hint(known, named));
        return problems.error(Some(node), Some(place), "unknown_credential", message);
    };
    if !kinds.is_empty() && !kinds.contains(&found.kind.as_str()) {
        let message = format!(
            "The credential `{named}` is of the kind {}; this step takes {}. Choose another.",
            found.kind,
            kinds.join(", ")
        );
        problems.error(Some(node), Some(place), "wrong_credential_kind", message);
    }
}

fn hint(known: &[KnownCredential], named: &str) -> String {
    if named.contains("{{") {
        return "Expressions are not evaluated here: write a name.".to_owned();
    }
    match nearest(named, known.iter().map(|k| k.name.as_str())) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Make it on the Credentials page, or choose another.".to_owned(),
    }
}
