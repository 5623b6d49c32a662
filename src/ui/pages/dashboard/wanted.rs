//! Which workflows the list shows, and in which order. Pure.

use crate::api::{runs::RunStatus, workflows::WorkflowSummary};
use uuid::Uuid;

/// By how the last run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    Running,
    Completed,
    Failed,
    Never,
}

impl Show {
    pub const ALL: [Self; 5] = [Self::All, Self::Running, Self::Completed, Self::Failed, Self::Never];

    pub fn word(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Running => "Running",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Never => "Never run",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Never => "never",
        }
    }

    fn has(self, workflow: &WorkflowSummary) -> bool {
        let last = workflow.recent_runs.first().map(|run| run.status);
        match self {
            Self::All => true,
            Self::Running => last.is_some_and(|status| !status.is_terminal()),
            Self::Completed => last == Some(RunStatus::Completed),
            Self::Failed => last == Some(RunStatus::Failed),
            Self::Never => last.is_none(),
        }
    }
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Changed,
    Run,
    Name,
}

impl Sort {
    pub const ALL: [Self; 3] = [Self::Changed, Self::Run, Self::Name];

    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "Last changed",
            Self::Run => "Last run",
            Self::Name => "Name",
        }
    }

    pub fn key(self) -> &'static str {
        match self {
            Self::Changed => "",
            Self::Run => "run",
            Self::Name => "name",
        }
    }
}

/// What the address asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    pub show: Show,
    pub sort: Sort,
}

impl Wanted {
    /// From the parameters of an address; what is not understood is as if it were not there.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let (show, sort) = (get("show").unwrap_or_default(), get("sort").unwrap_or_default());
        Self {
            show: Show::ALL.into_iter().find(|s| s.key() == show).unwrap_or_default(),
            sort: Sort::ALL.into_iter().find(|s| s.key() == sort).unwrap_or_default(),
        }
    }

    /// The address that asks for this.
    pub fn href(self) -> String {
        let pairs = [("show", self.show.key()), ("sort", self.sort.key())];
        let pairs: Vec<_> =
            pairs.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k}={v}")).collect();
        if pairs.is_empty() { "/".to_owned() } else { format!("/?{}", pairs.join("&")) }
    }

    /// The ids of those to show, in order. `small` gives a text in small letters, as `search` is.
    pub fn choose(self, all: &[WorkflowSummary], search: &str, small: impl Fn(&str) -> String) -> Vec<Uuid> {
        let is_meant = |w: &&WorkflowSummary| {
            self.show.has(w) && (small(&w.name).contains(search) || small(&w.description).contains(search))
        };
        let mut chosen: Vec<&WorkflowSummary> = all.iter().filter(is_meant).collect();
        let run = |w: &WorkflowSummary| w.recent_runs.first().map(|run| run.created_at);
        // One way to sort for all orders: each would be some kilobytes of the page that everybody loads first.
        chosen.sort_by(|a, b| match self.sort {
            Sort::Changed => b.updated_at.cmp(&a.updated_at),
            Sort::Run => run(b).cmp(&run(a)),
            Sort::Name => small(&a.name).cmp(&small(&b.name)),
        });
        chosen.into_iter().map(|w| w.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::workflows::RecentRun;
    use chrono::DateTime;

    fn workflow(n: u128, name: &str, changed: i64, run: Option<(RunStatus, i64)>) -> WorkflowSummary {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let run = run.map(|(status, seconds)| RecentRun {
            id: Uuid::from_u128(n),
            status,
            created_at: at(seconds),
            duration_ms: None,
        });
        WorkflowSummary {
            id: Uuid::from_u128(n),
            name: name.to_owned(),
            description: String::new(),
            is_active: true,
            revision: 1,
            node_count: 1,
            created_at: at(0),
            updated_at: at(changed),
            recent_runs: run.into_iter().collect(),
        }
    }

    fn chosen(wanted: Wanted, search: &str) -> Vec<u128> {
        let all = [
            workflow(1, "Öl mahlen", 10, Some((RunStatus::Failed, 50))),
            workflow(2, "bake", 30, None),
            workflow(3, "Carry", 20, Some((RunStatus::Waiting, 70))),
        ];
        wanted.choose(&all, search, str::to_lowercase).iter().map(Uuid::as_u128).collect()
    }

    #[test]
    fn the_list_is_searched_filtered_and_sorted() {
        let with = |show, sort| Wanted { show, sort };
        assert_eq!(chosen(Wanted::default(), ""), [2, 3, 1]);
        assert_eq!(chosen(with(Show::All, Sort::Name), ""), [2, 3, 1]);
        assert_eq!(chosen(with(Show::All, Sort::Run), ""), [3, 1, 2]);
        assert_eq!(chosen(with(Show::Running, Sort::Run), ""), [3]);
        assert_eq!(chosen(with(Show::Never, Sort::Run), ""), [2]);
        assert_eq!(chosen(with(Show::Failed, Sort::Run), ""), [1]);
        assert_eq!(chosen(Wanted::default(), "öl"), [1]);
    }

    #[test]
    fn the_address_says_what_is_wanted() {
        for show in Show::ALL {
            for sort in Sort::ALL {
                let wanted = Wanted { show, sort };
                let href = wanted.href();
                let query = href.trim_start_matches("/?");
                let get = |key: &str| {
                    let pair =
                        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(k, _)| *k == key);
                    pair.map(|(_, value)| value.to_owned())
                };
                assert_eq!(Wanted::read(get), wanted, "{href}");
            }
        }
        assert_eq!(Wanted::read(|_| Some("nonsense".to_owned())), Wanted::default());
    }
}
