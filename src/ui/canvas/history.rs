//! Undo and redo over whole documents. Changes of one kind in a row, such as typing into one field, are one step.

use crate::workflow::document::Workflow;

/// Steps that can be taken back.
const DEPTH: usize = 200;

/// What was before, and what was taken back.
#[derive(Debug, Clone, Default)]
pub struct History {
    past: Vec<Workflow>,
    future: Vec<Workflow>,
    /// What the last change was about; an equal one joins it.
    last: Option<String>,
}

impl History {
    /// Remembers `before`, the document as it was ahead of a change. `joins` names what is changed, where several
    /// small changes shall be one step.
    pub fn record(&mut self, before: Workflow, joins: Option<String>) {
        self.future.clear();
        let same = joins.is_some() && joins == self.last;
        self.last = joins;
        if same {
            return;
        }
        if self.past.len() == DEPTH {
            self.past.remove(0);
        }
        self.past.push(before);
    }

    /// The document to go back to.
    pub fn undo(&mut self, now: Workflow) -> Option<Workflow> {
        let before = self.past.pop()?;
        self.future.push(now);
        self.last = None;
        Some(before)
    }

    /// The document to go forward to.
    pub fn redo(&mut self, now: Workflow) -> Option<Workflow> {
        let after = self.future.pop()?;
        self.past.push(now);
        self.last = None;
        Some(after)
    }

    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Workflow {
        Workflow {
            name: name.to_owned(),
            description: String::new(),
            input_schema: None,
            vars: Default::default(),
            nodes: Vec::new(),
            edges: Vec::new(),
        }
    }

    #[test]
    fn typing_is_one_step_and_redo_brings_it_back() {
        let mut history = History::default();
        history.record(named(""), Some("prompt".to_owned()));
        history.record(named("a"), Some("prompt".to_owned()));
        history.record(named("ab"), None);
        let before = history.undo(named("abc")).unwrap();
        assert_eq!(before.name, "ab");
        let before = history.undo(before).unwrap();
        assert_eq!(before.name, "", "the two letters go together");
        assert!(history.undo(before.clone()).is_none());
        assert_eq!(history.redo(before).unwrap().name, "ab");
    }

    #[test]
    fn a_change_after_undo_forgets_the_future() {
        let mut history = History::default();
        history.record(named("a"), None);
        let back = history.undo(named("b")).unwrap();
        history.record(back, None);
        assert!(!history.can_redo());
    }
}
