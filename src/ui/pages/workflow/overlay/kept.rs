//! The versions that runs followed, kept as long as the page is open: a version never changes, and most runs follow the
//! one of the run before. Pure.

use crate::workflow::document::Workflow;
use std::{collections::VecDeque, sync::Arc};

/// Versions that are kept: whoever looks at runs goes to and fro between a few.
const MOST: usize = 4;

/// What is known of versions, by their numbers.
#[derive(Default)]
pub(super) struct Kept {
    /// The one that was wanted last stands at the end.
    versions: VecDeque<(i32, Arc<Workflow>)>,
    /// Those that the server was asked for.
    awaited: Vec<i32>,
}

/// What to do about a version that is wanted.
#[derive(Debug, PartialEq)]
pub(super) enum Wanted {
    Here(Arc<Workflow>),
    /// Nobody has asked for it.
    Ask,
    /// It is on its way.
    Awaited,
}

impl Kept {
    /// A version is wanted; after `Ask` the answer is to be told by [`Kept::came`].
    pub fn want(&mut self, number: i32) -> Wanted {
        if let Some(place) = self.versions.iter().position(|(known, _)| *known == number)
            && let Some(found) = self.versions.remove(place)
        {
            let document = Arc::clone(&found.1);
            self.versions.push_back(found);
            return Wanted::Here(document);
        }
        if self.awaited.contains(&number) {
            return Wanted::Awaited;
        }
        self.awaited.push(number);
        Wanted::Ask
    }

    /// The server has answered; `None`: it could not, and may be asked again.
    pub fn came(&mut self, number: i32, document: Option<Arc<Workflow>>) {
        self.awaited.retain(|known| *known != number);
        if let Some(document) = document {
            self.versions.push_back((number, document));
            if self.versions.len() > MOST {
                self.versions.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::canvas::sample;

    fn version() -> Option<Arc<Workflow>> {
        Some(Arc::new(sample::document()))
    }

    #[test]
    fn a_version_is_asked_for_once() {
        let mut kept = Kept::default();
        assert_eq!(kept.want(3), Wanted::Ask);
        assert_eq!(kept.want(3), Wanted::Awaited, "another run of it began before the answer");
        kept.came(3, version());
        assert_eq!(kept.want(3), Wanted::Here(Arc::new(sample::document())));
        assert_eq!(kept.want(4), Wanted::Ask);
        assert!(matches!(kept.want(3), Wanted::Here(_)), "it stays beside the one that is awaited");
    }

    #[test]
    fn a_failure_may_be_tried_again() {
        let mut kept = Kept::default();
        kept.want(1);
        kept.came(1, None);
        assert_eq!(kept.want(1), Wanted::Ask);
    }

    #[test]
    fn the_one_that_was_wanted_longest_ago_goes() {
        let mut kept = Kept::default();
        for number in 0..=i32::try_from(MOST).unwrap() {
            assert_eq!(kept.want(number), Wanted::Ask);
            kept.came(number, version());
            assert!(matches!(kept.want(0), Wanted::Here(_)));
        }
        assert_eq!(kept.want(1), Wanted::Ask);
    }
}
