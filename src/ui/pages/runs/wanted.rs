//! What the address of the list asks for.

use super::parse_id;
use crate::{
    api::runs::RunStatus,
    ui::server_fns::{error::UiError, runs::RunsWanted, session::encode},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// What the address asks for. Runs that other runs started are left out until they are asked for: one `for_each` may
/// start thousands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wanted {
    pub workflow: Option<String>,
    pub status: Option<RunStatus>,
    pub children: bool,
    pub parent: Option<String>,
    pub node: Option<String>,
    pub after: Option<String>,
}

impl Wanted {
    pub fn read() -> Memo<Self> {
        let params = use_params_map();
        let query = use_query_map();
        Memo::new(move |_| {
            let word = |key: &str| query.with(|q| q.get(key));
            Self {
                workflow: params.with(|p| p.get("id")),
                status: word("status").and_then(|word| RunStatus::parse(&word)),
                children: word("children").is_some(),
                parent: word("parent"),
                node: word("node"),
                after: word("after"),
            }
        })
    }

    /// The address that asks for this, from the first page.
    pub fn href(&self) -> String {
        let path =
            self.workflow.as_ref().map_or_else(|| "/runs".to_owned(), |id| format!("/workflows/{id}/runs"));
        let words = [
            ("parent", self.parent.clone()),
            ("node", self.node.clone()),
            ("status", self.status.map(|s| s.as_str().to_owned())),
            ("children", self.children.then(|| "1".to_owned())),
        ];
        let words: Vec<_> =
            words.into_iter().filter_map(|(key, word)| Some(format!("{key}={}", encode(&word?)))).collect();
        if words.is_empty() { path } else { format!("{path}?{}", words.join("&")) }
    }

    /// The page after this one.
    pub fn older(&self, next: &str) -> String {
        let href = self.href();
        let joint = if href.contains('?') { '&' } else { '?' };
        format!("{href}{joint}after={}", encode(next))
    }

    pub fn request(&self) -> Result<RunsWanted, UiError> {
        let parent = parse_id(self.parent.as_deref())?;
        Ok(RunsWanted {
            workflow: parse_id(self.workflow.as_deref())?,
            status: self.status,
            parent,
            parent_node: parse_id(self.node.as_deref())?,
            top_level: !self.children && parent.is_none(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn addresses_keep_what_was_asked_for() {
        let wanted = Wanted { status: Some(RunStatus::Failed), children: true, ..Wanted::default() };
        assert_eq!(wanted.href(), "/runs?status=failed&children=1");
        assert_eq!(wanted.older("a b"), "/runs?status=failed&children=1&after=a%20b");
        let of_one = Wanted { workflow: Some("w".to_owned()), ..Wanted::default() };
        assert_eq!(
            (of_one.href(), of_one.older("x")),
            ("/workflows/w/runs".into(), "/workflows/w/runs?after=x".into())
        );
    }

    #[test]
    fn children_come_only_when_asked_for() {
        assert!(Wanted::default().request().unwrap().top_level);
        assert!(!Wanted { children: true, ..Wanted::default() }.request().unwrap().top_level);
        let id = Uuid::from_u128(5);
        let of_parent = Wanted { parent: Some(id.to_string()), ..Wanted::default() }.request().unwrap();
        assert_eq!((of_parent.parent, of_parent.top_level), (Some(id), false));
        assert!(Wanted { parent: Some("x".to_owned()), ..Wanted::default() }.request().is_err());
    }
}
