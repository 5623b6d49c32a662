//! The frame of every page for signed-in people: the rail, the top bar.

use super::{
    dashboard::Leaving,
    others::{Other, other_page},
};
use crate::ui::{
    browser::{
        self,
        link::{Link, link},
    },
    components::{
        commands::Commands,
        heading::Arrival,
        icon::{Icon, Mark},
    },
    preferences::Preferences,
    server_fns::{
        account::current_account,
        session::{keep_alive, with_session},
    },
};
use leptos::{html, prelude::*};
use leptos_router::{components::Outlet, hooks::use_location};

/// Whether a path is that of a workflow's canvas.
fn is_canvas(path: &str) -> bool {
    path.strip_prefix("/workflows/").is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

/// The name of whoever is signed in, once it is known; in context of all pages.
#[derive(Clone, Copy)]
pub struct Who(pub RwSignal<String>);

/// Rail and page side by side; on phones the rail is a bar at the bottom.
#[component]
pub fn AppShell() -> impl IntoView {
    keep_alive();
    Leaving::provide();
    Commands::provide();
    Arrival::provide(use_location().pathname);
    // The canvas is as high as the window. By a class: a rule that looks for it (`:has`) would be asked again for every
    // card that comes or goes.
    let path = use_location().pathname;
    let is_canvas = move || path.with(|path| is_canvas(path));
    let who = RwSignal::new(String::new());
    provide_context(Who(who));
    let searching = RwSignal::new(false);
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                searching.update(|is_open| *is_open = !*is_open);
            }
        });
        on_cleanup(move || handle.remove());
    });
    let account = Resource::new_blocking(|| (), |()| with_session(current_account));
    let preferences = expect_context::<RwSignal<Preferences>>();
    let collapse = move |_| {
        preferences.update(|p| p.rail_collapsed = !p.rail_collapsed);
        preferences.get_untracked().apply();
    };
    let collapse_label =
        move || if preferences.get().rail_collapsed { "Widen the rail" } else { "Narrow the rail" };
    view! {
        // The router would take the click, and leave the focus here.
        <a
            class="skip-link"
            href="#main"
            on:click=|event| {
                if browser::focus("main") {
                    event.prevent_default();
                }
            }
        >
            "Skip to content"
        </a>
        <div class="app">
            <nav class="rail" aria-label="Main">
                <a class="rail__brand" href="/" aria-label="Millrace, start page">
                    <Mark />
                    <span class="rail__label">"Millrace"</span>
                </a>
                <button
                    type="button"
                    class="rail__item rail__search needs-script"
                    aria-keyshortcuts="Control+K"
                    aria-haspopup="dialog"
                    title="Search or do… (Ctrl K)"
                    data-testid="open-commands"
                    on:click=move |_| searching.set(true)
                >
                    <Icon name="search" />
                    <span class="rail__label">"Search or do…"</span>
                    <kbd class="rail__label" aria-hidden="true">
                        "Ctrl K"
                    </kbd>
                </button>
                <div class="rail__list">
                    {ENTRIES.map(nav_item).into_iter().collect_view()}
                </div>
                <More searching />
                <div class="rail__foot">
                    {nav_item(SETTINGS)}
                    <button
                        type="button"
                        class="rail__item rail__collapse"
                        title=collapse_label
                        aria-expanded=move || (!preferences.get().rail_collapsed).to_string()
                        on:click=collapse
                    >
                        <Icon name="collapse" />
                        <span class="rail__label">"Collapse"</span>
                    </button>
                    <div class="rail__account">
                        <Suspense>
                            {move || Suspend::new(async move {
                                account
                                    .await
                                    .ok()
                                    .map(|me| {
                                        who.set(me.username.clone());
                                        view! { <Account name=me.username /> }
                                    })
                            })}
                        </Suspense>
                        <SignOut />
                    </div>
                </div>
            </nav>
            <div class="page" class:page--whole=is_canvas id="main" tabindex="-1">
                <p class="no-script">
                    "JavaScript is off: everything can be read here, but editing needs it."
                </p>
                <div role="status">{move || (link() == Link::Gone).then(gone)}</div>
                <Outlet />
            </div>
        </div>
        <Overlays searching />
    }
    .into_any()
}

/// What is said while the server does not answer.
fn gone() -> AnyView {
    view! {
        <p class="link-bar" data-testid="link-bar">
            <Icon name="cloud-off" class="icon--sm" />
            "Millrace can't be reached. Check that it is running; this page goes on by itself when it answers."
        </p>
    }
    .into_any()
}

/// What opens over the page. The part of the program with them is loaded when the first of them is wanted.
#[component]
fn Overlays(searching: RwSignal<bool>) -> impl IntoView {
    let has_searched = Memo::new(move |before: Option<&bool>| before == Some(&true) || searching.get());
    let wanted = move |is_wanted: bool, which: Other| {
        is_wanted.then(|| view! { <Suspense>{Suspend::new(other_page(which))}</Suspense> }.into_any())
    };
    view! {
        {move || wanted(has_searched.get(), Other::Commands(searching))}
        {move || wanted(link() == Link::SignedOut, Other::SignInAgain)}
    }
}

#[component]
fn Account(name: String) -> impl IntoView {
    let initial: String = name.chars().take(1).collect();
    view! {
        <span class="avatar" aria-hidden="true">
            {initial}
        </span>
        <span class="rail__who">
            <strong class="truncate" data-testid="account-name">
                {name}
            </strong>
        </span>
    }
}

/// Where an entry of the rail leads, its icon, its word, and whether it stands behind "More" on phones.
type Entry = (&'static str, &'static str, &'static str, bool);

const ENTRIES: [Entry; 7] = [
    ("/", "workflow", "Workflows", false),
    ("/runs", "history", "Runs", false),
    ("/chat", "chat", "Chat", true),
    ("/collections", "collection", "Collections", false),
    ("/tables", "table", "Tables", false),
    ("/credentials", "key", "Credentials", true),
    ("/models", "sparkles", "Models", true),
];
const SETTINGS: Entry = ("/settings", "settings", "Settings", true);

fn nav_item((href, icon, word, is_minor): Entry) -> AnyView {
    let path = use_location().pathname;
    let current = move || path.with(|path| is_part(path, href));
    view! {
        <a
            class="rail__item"
            class:rail__item--minor=is_minor
            href=href
            title=word
            aria-current=move || current().then_some("page")
        >
            <Icon name=icon />
            <span class="rail__label">{word}</span>
        </a>
    }
    .into_any()
}

/// Whether a page belongs to an entry of the rail.
fn is_part(path: &str, href: &str) -> bool {
    match href {
        "/" => path == "/" || (path.starts_with("/workflows") && !path.contains("/runs")),
        "/runs" => path == "/runs" || (path.starts_with("/workflows") && path.contains("/runs")),
        other => path.starts_with(other),
    }
}

/// What has no place of its own in the bar of a phone. Opens without a script.
#[component]
fn More(searching: RwSignal<bool>) -> impl IntoView {
    let path = use_location().pathname;
    let behind = || ENTRIES.into_iter().chain([SETTINGS]).filter(|entry| entry.3);
    let within = move || path.with(|path| behind().any(|(href, ..)| is_part(path, href)));
    let open = RwSignal::new(false);
    // Going anywhere closes it.
    Effect::new(move |_| {
        path.track();
        open.set(false);
    });
    view! {
        <details
            class="rail__more"
            prop:open=move || open.get()
            on:toggle=move |event| open.set(browser::is_open(&event))
        >
            <summary class="rail__item" class:is-active=within>
                <Icon name="menu" />
                <span class="rail__label">"More"</span>
            </summary>
            <div class="rail__sheet">
                <button
                    type="button"
                    class="rail__sheet-item needs-script"
                    on:click=move |_| {
                        open.set(false);
                        searching.set(true);
                    }
                >
                    <Icon name="search" />
                    "Search or do…"
                </button>
                {behind()
                    .map(|(href, icon, word, _)| {
                        view! {
                            <a
                                class="rail__sheet-item"
                                href=href
                                aria-current=move || path.with(|path| is_part(path, href)).then_some("page")
                            >
                                <Icon name=icon />
                                {word}
                            </a>
                        }
                    })
                    .collect_view()}
            </div>
        </details>
    }
    .into_any()
}

/// Ends the session of this browser and goes to the sign-in page.
pub fn sign_out() {
    #[cfg(feature = "hydrate")]
    wasm_bindgen_futures::spawn_local(async {
        let init = web_sys::RequestInit::new();
        init.set_method("POST");
        let request = window().fetch_with_str_and_init("/api/auth/logout", &init);
        let _ = wasm_bindgen_futures::JsFuture::from(request).await;
        browser::go_to("/sign-in");
    });
}

/// A plain form, so that it works at once; the live page leaves through the same route.
#[component]
pub fn SignOut(#[prop(optional)] wide: bool) -> impl IntoView {
    let leave = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        sign_out();
    };
    view! {
        <form method="post" action="/api/auth/logout" on:submit=leave class="rail__signout">
            <button
                type="submit"
                class=if wide { "btn" } else { "btn btn--ghost btn--icon btn--sm" }
                aria-label="Sign out"
                title="Sign out"
                data-testid="sign-out"
            >
                <Icon name="sign-out" />
                {wide.then_some("Sign out")}
            </button>
        </form>
    }
}

/// Title, where it belongs, and what can be done, on top of a page.
#[component]
pub fn TopBar(
    #[prop(into)] title: Signal<String>,
    /// Pages above this one: address and name.
    #[prop(optional)]
    crumbs: Vec<(String, String)>,
    /// The actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    Arrival::focus(heading);
    view! {
        <header class="topbar">
            <div class="topbar__title">
                {crumbs
                    .into_iter()
                    .map(|(href, name)| {
                        view! {
                            <span class="crumb">
                                <a href=href>{name}</a>
                                <Icon name="chevron-right" class="icon--sm" />
                            </span>
                        }
                    })
                    .collect_view()}
                <h1 node_ref=heading tabindex="-1">
                    {move || title.get()}
                </h1>
            </div>
            <div class="topbar__actions">{children.map(|c| c())}</div>
        </header>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::is_part;

    #[test]
    fn an_entry_of_the_rail_knows_its_pages() {
        assert!(is_part("/workflows/1/versions", "/") && !is_part("/workflows/1/runs/2", "/"));
        assert!(is_part("/workflows/1/runs/2", "/runs") && is_part("/runs", "/runs"));
        // A table may be called anything.
        assert!(is_part("/tables/x/runs", "/tables") && !is_part("/tables/x/runs", "/runs"));
    }
}
