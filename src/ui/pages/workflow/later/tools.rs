//! The table of the second part: all that stands here is loaded with it.

use super::{
    super::{
        clipboard, code, config, conflict::ConflictBar, dock, find, input_dialog, keys::Desk, keys::Help,
        known, outline, overlay, palette, problems, run_dialog, several,
    },
    Begun, Tools, deeds,
};
use crate::{
    ui::{
        canvas::{
            editing::{Editing, Skills, Wish},
            hint::{EdgeHint, Guides},
            minimap::Minimap,
            paper::bar::PaperBar,
            wire_tools::WireTools,
        },
        components::{announce::AnnounceRun, run_feed::RunFeed},
        server_fns::{models::list_models, session::with_session, workflows::list_known_workflows},
    },
    workflow::catalog,
};
use leptos::prelude::*;

/// What the second part does for the first.
pub static TOOLS: Tools = Tools {
    begin,
    inside,
    outside,
    dock: dock::body,
    run_word: || view! { <dock::RunWord /> }.into_any(),
    steps: || view! { <outline::Outline /> }.into_any(),
    skills: Skills {
        add,
        tidy: Editing::tidy,
        within: || view! { <WireTools /> <Guides /> }.into_any(),
        over: || view! { <PaperBar /> <EdgeHint /> }.into_any(),
    },
    start: |running| running.start(),
    stop: |running| running.stop(),
    copy: clipboard::copy_chosen,
    cut: clipboard::cut_chosen,
    duplicate: |desk| several::duplicate(desk.editing, desk.toasts),
    give: clipboard::give,
    put_in: clipboard::put_in,
    pin: deeds::pin,
    delete: deeds::delete,
};

fn begin(desk: Desk, page: Owner) -> Begun {
    Box::pin(async move {
        // What cannot be read is not offered and not checked.
        let models = with_session(list_models).await.unwrap_or_default();
        let workflows = with_session(list_known_workflows).await.ok();
        let Desk { editing, running, .. } = desk;
        if editing.version.try_get_untracked().is_none() {
            // Gone on to another page meanwhile.
            return;
        }
        page.with(|| {
            code::Knowing::provide(editing, running);
            dock::provide_choices();
            problems::watch(editing, &models, workflows.clone(), known::Known::provide());
            provide_context(StoredValue::new(models));
            provide_context(StoredValue::new(workflows.unwrap_or_default()));
            overlay::watch(editing, running);
            running.begin();
        });
    })
}

fn inside() -> AnyView {
    view! {
        <ConflictBar />
        <Minimap />
        <palette::Palette />
        <find::Find />
        <config::ConfigPanel />
    }
    .into_any()
}

fn outside() -> AnyView {
    let feed = expect_context::<RunFeed>();
    view! {
        <run_dialog::RunDialog />
        <AnnounceRun feed />
        <input_dialog::InputDialog />
        <Help />
    }
    .into_any()
}

fn add(editing: Editing, kind: &str, wish: Wish) {
    if let Some(kind) = catalog::find(kind) {
        editing.add(kind, wish);
    }
}
