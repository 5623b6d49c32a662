//! What the texts of a workflow refer to and what is wrong with its configs, kept from one check to the next: between
//! two checks of an editor one config of a thousand has changed, and reading them all is most of the work.

use crate::workflow::{
    catalog::{FieldProblem, NodeType},
    document::Node,
    expression::{self, ExpressionError, Form, Reference},
    ids::NodeId,
};
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Arc};

/// What one text refers to, or why it cannot be read.
pub(super) type Known = Arc<Result<Vec<Reference>, ExpressionError>>;

/// The texts of the last check. An empty one is as good, only slower.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    before: HashMap<Form, HashMap<String, Known>>,
    now: HashMap<Form, HashMap<String, Known>>,
    configs: HashMap<NodeId, Checked>,
    /// How many checks there were.
    turns: u64,
}

/// A config as it was checked.
#[derive(Debug, Clone)]
struct Checked {
    node_type: &'static str,
    config: Map<String, Value>,
    problems: Arc<Vec<FieldProblem>>,
    /// The check that asked for it last.
    turn: u64,
}

impl Memory {
    /// As `expression::references`.
    pub(super) fn references(&mut self, text: &str, form: Form) -> Known {
        let now = self.now.entry(form).or_default();
        if let Some(known) = now.get(text) {
            return Arc::clone(known);
        }
        let kept = self.before.get_mut(&form).and_then(|before| before.remove_entry(text));
        let (text, known) =
            kept.unwrap_or_else(|| (text.to_owned(), Arc::new(expression::references(text, form))));
        now.insert(text, Arc::clone(&known));
        known
    }

    /// As `NodeType::check_config`.
    pub(super) fn check_config(
        &mut self,
        node_type: &'static NodeType,
        node: &Node,
    ) -> Arc<Vec<FieldProblem>> {
        let turn = self.turns;
        if let Some(known) = self.configs.get_mut(&node.id)
            && known.node_type == node_type.name
            && known.config == node.config
        {
            known.turn = turn;
            return Arc::clone(&known.problems);
        }
        let problems = Arc::new(node_type.check_config(&node.config));
        let checked = Checked {
            node_type: node_type.name,
            config: node.config.clone(),
            problems: Arc::clone(&problems),
            turn,
        };
        self.configs.insert(node.id, checked);
        problems
    }

    /// Forgets what the check which ends here did not meet.
    pub(super) fn turn(&mut self) {
        self.before = std::mem::take(&mut self.now);
        let turn = self.turns;
        self.configs.retain(|_, known| known.turn == turn);
        self.turns += 1;
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.before.values().map(HashMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_while_they_are_used() {
        let mut memory = Memory::default();
        let first = memory.references("{{ nodes.a }}", Form::Template);
        assert!(matches!(first.as_ref(), Ok(list) if list.len() == 1));
        assert!(memory.references("input +", Form::Bare).is_err());
        memory.turn();
        assert_eq!(memory.len(), 2);
        assert!(Arc::ptr_eq(&first, &memory.references("{{ nodes.a }}", Form::Template)));
        memory.turn();
        assert_eq!(memory.len(), 1, "the other one is gone from the workflow");
    }

    #[test]
    fn one_text_in_two_forms_is_two_texts() {
        let mut memory = Memory::default();
        let bare = memory.references("input", Form::Bare);
        let template = memory.references("input", Form::Template);
        assert_ne!(bare, template);
    }
}
