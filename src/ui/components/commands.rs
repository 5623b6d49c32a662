//! What the page that is open offers to the palette of commands, besides what every page has there.

use leptos::prelude::*;

/// Something that can be done on the open page.
#[derive(Clone)]
pub struct Command {
    /// What it does, as people look for it: "Tidy up".
    pub title: String,
    /// Name of an icon.
    pub icon: &'static str,
    /// Its keys, such as `Ctrl Z`; empty if there are none.
    pub keys: &'static str,
    pub run: Callback<()>,
}

impl Command {
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        icon: &'static str,
        keys: &'static str,
        run: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self { title: title.into(), icon, keys, run: Callback::new(move |()| run()) }
    }
}

type List = Callback<(), Vec<Command>>;

/// The commands of the open page; in context below the frame of the pages. Asked for when the palette opens, so that
/// they are those of the moment.
#[derive(Clone, Copy)]
pub struct Commands(StoredValue<(u32, Option<List>)>);

impl Commands {
    /// Puts a place for them into context.
    pub fn provide() {
        provide_context(Self(StoredValue::new((0, None))));
    }

    /// Offers what `list` gives for as long as the calling page is shown.
    pub fn offer(list: impl Fn() -> Vec<Command> + Send + Sync + 'static) {
        let Some(Self(place)) = use_context::<Self>() else { return };
        let list = Callback::new(move |()| list());
        let mine = place.with_value(|(number, _)| number.wrapping_add(1));
        place.set_value((mine, Some(list)));
        // The next page may have offered its own by then.
        on_cleanup(move || {
            place.try_update_value(|(number, list)| {
                if *number == mine {
                    *list = None;
                }
            });
        });
    }

    /// What the open page offers now.
    #[must_use]
    pub fn now(self) -> Vec<Command> {
        self.0.get_value().1.and_then(|list| list.try_run(())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles() -> Vec<String> {
        expect_context::<Commands>().now().into_iter().map(|command| command.title).collect()
    }

    #[test]
    fn a_page_offers_its_own_until_it_is_gone() {
        let owner = Owner::new();
        owner.set();
        Commands::provide();
        let offer = |title: &'static str| {
            let page = owner.child();
            page.with(|| Commands::offer(move || vec![Command::new(title, "play", "", || ())]));
            page
        };
        let first = offer("First");
        assert_eq!(titles(), ["First"]);
        let second = offer("Second");
        // The page before is taken down only after the next one is there.
        first.cleanup();
        assert_eq!(titles(), ["Second"]);
        second.cleanup();
        assert!(titles().is_empty());
    }
}
