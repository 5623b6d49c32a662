//! The list of workflows: search, filter and order above it; up and down go from row to row.

use super::{
    Leaving,
    recent::RecentRuns,
    row::WorkflowRow,
    wanted::{Show, Sort, Wanted},
};
use crate::{
    api::workflows::{NextStep, WorkflowSummary},
    ui::{
        browser,
        components::{each::Each, field::Select, icon::Icon},
        server_fns::{session::with_session, workflows::next_steps},
    },
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate, hooks::use_query_map};
use uuid::Uuid;

#[component]
pub(super) fn WorkflowList(items: Vec<WorkflowSummary>) -> impl IntoView {
    let Leaving(leaving) = expect_context::<Leaving>();
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.with(|q| Wanted::read(|key| q.get(key))));
    let search = RwSignal::new(String::new());
    let next = next_of(&items);
    let recent = items.clone();
    let items = StoredValue::new(items);
    let shown = Memo::new(move |_| {
        let small = browser::small(search.get().trim());
        let mut ids = items.with_value(|all| wanted.get().choose(all, &small, browser::small));
        leaving.with(|leaving| ids.retain(|id| !leaving.contains(id)));
        ids
    });
    let row = Callback::new(move |id: Uuid| {
        let workflow = items.with_value(|all| all.iter().find(|w| w.id == id).cloned());
        workflow.map(|workflow| view! { <WorkflowRow workflow next /> }).into_any()
    });
    view! {
        <section class="section" aria-labelledby="workflows">
            <div class="section__head dashboard__head">
                <h2 id="workflows">"Your workflows"</h2>
                <span class="count">{move || shown.with(Vec::len)}</span>
                <span class="spacer"></span>
                <Tools wanted search />
            </div>
            <div class="table-wrap" on:keydown=walk>
                <table class="table" data-testid="workflows-table">
                    <thead>
                        <tr>
                            <th>"Name"</th>
                            <th>"Steps"</th>
                            <th>"Last 20 runs"</th>
                            <th>"Last run"</th>
                            <th>"Triggers"</th>
                            <th class="end">"Changed"</th>
                            <th class="row-deeds">
                                <span class="sr-only">"Actions"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        <Each ids=shown show=row />
                    </tbody>
                </table>
                {move || {
                    shown
                        .with(Vec::is_empty)
                        .then(|| {
                            view! {
                                <p class="table-none">
                                    "No workflow is like that. " <a href="/">"Show all of them"</a>
                                </p>
                            }
                        })
                }}
            </div>
        </section>
        <RecentRuns items=recent />
    }
    .into_any()
}

/// Up and down go to the name of the row above or below; Enter, on a name, opens it as any link.
fn walk(event: leptos::ev::KeyboardEvent) {
    let by = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    event.prevent_default();
    browser::focus_next("workflow-name", by);
}

/// Search, filter and order.
#[component]
fn Tools(wanted: Memo<Wanted>, search: RwSignal<String>) -> impl IntoView {
    let navigate = use_navigate();
    let sort = Callback::new(move |key: String| {
        let sort = Sort::ALL.into_iter().find(|s| s.key() == key).unwrap_or_default();
        let href = Wanted { sort, ..wanted.get_untracked() }.href();
        navigate(&href, NavigateOptions { scroll: false, ..Default::default() });
    });
    view! {
        <div class="search dashboard__search needs-script">
            <Icon name="search" class="icon--sm" />
            <input
                class="input input--search"
                type="search"
                placeholder="Search"
                aria-label="Search workflows"
                data-testid="workflow-search"
                on:input=move |event| search.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "ArrowDown" {
                        event.prevent_default();
                        browser::focus_class("workflow-name");
                    }
                }
            />
        </div>
        <nav class="segmented dashboard__show" aria-label="Filter by the last run">
            {Show::ALL
                .map(|show| {
                    view! {
                        <a
                            class="segmented__item"
                            href=move || Wanted { show, ..wanted.get() }.href()
                            data-noscroll=""
                            aria-current=move || (wanted.get().show == show).then_some("true")
                        >
                            {show.word()}
                        </a>
                    }
                })
                .into_iter()
                .collect_view()}
        </nav>
        <span class="needs-script dashboard__sort">
            <Select id="sort" label="Order" on_change=sort>
                {Sort::ALL
                    .map(|sort| {
                        view! {
                            <option value=sort.key() selected=move || wanted.get().sort == sort>
                                {sort.word()}
                            </option>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </Select>
        </span>
    }
    .into_any()
}

/// What keeps drafts from running, asked for once the page is live: for those that changed after their last run.
fn next_of(items: &[WorkflowSummary]) -> RwSignal<Vec<NextStep>> {
    let next = RwSignal::new(Vec::new());
    let drafts: Vec<Uuid> = items
        .iter()
        .filter(|w| w.node_count > 0 && w.recent_runs.first().is_none_or(|run| run.created_at < w.updated_at))
        .map(|w| w.id)
        .collect();
    Effect::new(move |_| {
        let drafts = drafts.clone();
        if drafts.is_empty() {
            return;
        }
        leptos::task::spawn_local(async move {
            if let Ok(found) = with_session(|| next_steps(drafts.clone())).await {
                next.try_set(found);
            }
        });
    });
    next
}
