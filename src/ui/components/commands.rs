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

/// The commands of the open page; in context below the frame of the pages. Asked for when the palette opens, so that
/// they are those of the moment.
#[derive(Clone, Copy)]
pub struct Commands(StoredValue<Option<Callback<(), Vec<Command>>>>);

impl Commands {
    /// Puts a place for them into context.
    pub fn provide() {
        provide_context(Self(StoredValue::new(None)));
    }

    /// Offers what `list` gives for as long as the calling page is shown.
    pub fn offer(list: impl Fn() -> Vec<Command> + Send + Sync + 'static) {
        let Some(Self(place)) = use_context::<Self>() else { return };
        place.set_value(Some(Callback::new(move |()| list())));
        on_cleanup(move || {
            place.try_set_value(None);
        });
    }

    /// What the open page offers now.
    #[must_use]
    pub fn now(self) -> Vec<Command> {
        self.0.get_value().and_then(|list| list.try_run(())).unwrap_or_default()
    }
}
