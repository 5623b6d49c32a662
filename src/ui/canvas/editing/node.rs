//! Changes to one node, which is what typing makes: they look at that node alone, however large the graph is.

use super::Editing;
use crate::workflow::{
    document::{Node, Settings},
    ids::NodeId,
};
use leptos::prelude::*;
use serde_json::Value;

impl Editing {
    /// Changes when anything but the text of the field under the cursor has.
    #[must_use]
    pub fn shape(self) -> u64 {
        self.shape.get_value()
    }

    /// Writes one field of a config; `None` takes it out.
    pub fn set_config(self, node: NodeId, field: &str, value: Option<Value>) {
        self.change_node(node, Some(format!("{node}/{field}")), |node| match value {
            Some(value) => {
                node.config.insert(field.to_owned(), value);
            }
            None => {
                node.config.shift_remove(field);
            }
        });
    }

    /// Changes how the engine treats a node; with `typed`, equal ones in a row are one step of undo.
    pub fn set_settings(self, node: NodeId, typed: Option<&str>, edit: impl FnOnce(&mut Settings)) {
        self.change_node(node, typed.map(|field| format!("{node}/settings.{field}")), |node| {
            edit(&mut node.settings)
        });
    }

    /// Changes config or settings of a node as one step of undo; with `joins`, equal changes in a row are one step.
    fn change_node(self, id: NodeId, joins: Option<String>, edit: impl FnOnce(&mut Node)) {
        if !self.history.with_value(|h| h.goes_on(joins.as_deref())) {
            return self.change(joins, |document| {
                if let Some(node) = document.nodes.iter_mut().find(|n| n.id == id) {
                    edit(node);
                }
            });
        }
        let changed = self.document.try_update_value(|document| {
            let node = document.nodes.iter_mut().find(|n| n.id == id)?;
            let before = node.clone();
            edit(node);
            (*node != before).then(|| node.clone())
        });
        let Some(node) = changed.flatten() else { return };
        if let Some(card) = self.card(id) {
            card.node.set(node);
        }
        self.version.update(|v| *v += 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;
    use crate::{ui::canvas::editing::Wish, workflow::catalog};

    #[test]
    fn typing_is_one_step_of_undo_and_shows_on_the_card() {
        let owner = Owner::new();
        owner.set();
        let editing = sample::editing();
        editing.add(catalog::find("transform").unwrap(), Wish::default());
        let card = editing.cards.get_untracked()[0].clone();
        let expression =
            || card.node.with_untracked(|n| n.config.get("expression").cloned().unwrap_or_default());
        let first = expression();
        for text in ["i", "in", "inp"] {
            editing.set_config(card.id, "expression", Some(Value::from(text)));
            assert_eq!(expression(), text);
        }
        let shape = editing.shape();
        editing.set_config(card.id, "expression", Some(Value::from("inpu")));
        editing.set_config(card.id, "expression", Some(Value::from("inp")));
        assert_eq!(editing.shape(), shape, "further letters");
        let version = editing.version.get_untracked();
        editing.set_config(card.id, "expression", Some(Value::from("inp")));
        assert_eq!(editing.version.get_untracked(), version, "nothing has changed");
        editing.undo();
        assert_eq!(expression(), first);
        editing.redo();
        assert_eq!(expression(), "inp");
        editing.set_config(card.id, "expression", Some(Value::from("input")));
        editing.set_settings(card.id, None, |s| s.disabled = true);
        editing.undo();
        assert_eq!(expression(), "input", "the switch is a step of its own");
        assert!(!editing.steps().1 || card.node.with_untracked(|n| !n.settings.disabled));
    }
}
