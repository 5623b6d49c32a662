//! What the texts of a workflow refer to, kept from one check to the next: between two checks of an editor one text of
//! a thousand has changed, and parsing them all is most of the work.

use crate::workflow::expression::{self, ExpressionError, Form, Reference};
use std::{collections::HashMap, sync::Arc};

/// What one text refers to, or why it cannot be read.
pub(super) type Known = Arc<Result<Vec<Reference>, ExpressionError>>;

/// The texts of the last check. An empty one is as good, only slower.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    before: HashMap<Form, HashMap<String, Known>>,
    now: HashMap<Form, HashMap<String, Known>>,
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

    /// Forgets the texts that the check which ends here did not meet.
    pub(super) fn turn(&mut self) {
        self.before = std::mem::take(&mut self.now);
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
