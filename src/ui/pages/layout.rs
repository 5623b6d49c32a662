//! The frame of every page for signed-in people: the rail, the top bar.

use crate::ui::{
    browser,
    components::icon::{Icon, Mark},
    preferences::Preferences,
    server_fns::{
        account::current_account,
        session::{keep_alive, with_session},
    },
};
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

/// Rail and page side by side; on phones the rail is a bar at the bottom.
#[component]
pub fn AppShell() -> impl IntoView {
    keep_alive();
    let account = Resource::new_blocking(|| (), |()| with_session(current_account));
    let preferences = expect_context::<RwSignal<Preferences>>();
    let collapse = move |_| {
        preferences.update(|p| p.rail_collapsed = !p.rail_collapsed);
        preferences.get_untracked().apply();
    };
    let collapse_label =
        move || if preferences.get().rail_collapsed { "Widen the rail" } else { "Narrow the rail" };
    view! {
        <a class="skip-link" href="#main">
            "Skip to content"
        </a>
        <div class="app">
            <nav class="rail" aria-label="Main">
                <a class="rail__brand" href="/" aria-label="Millrace, start page">
                    <Mark />
                    <span class="rail__label">"Millrace"</span>
                </a>
                <div class="rail__list">
                    <NavItem href="/" icon="workflow" word="Workflows" />
                    <NavItem href="/runs" icon="history" word="Runs" />
                    <NavItem href="/collections" icon="collection" word="Collections" />
                    <NavItem href="/tables" icon="table" word="Tables" />
                    <NavItem href="/credentials" icon="key" word="Credentials" minor=true />
                    <NavItem href="/models" icon="sparkles" word="Models" minor=true />
                </div>
                <More />
                <div class="rail__foot">
                    <NavItem href="/settings" icon="settings" word="Settings" minor=true />
                    <button
                        type="button"
                        class="rail__item rail__collapse"
                        aria-label=collapse_label
                        aria-expanded=move || (!preferences.get().rail_collapsed).to_string()
                        on:click=collapse
                    >
                        <Icon name="collapse" />
                        <span class="rail__label">"Collapse"</span>
                    </button>
                    <div class="rail__account">
                        <Suspense>
                            {move || Suspend::new(async move {
                                account.await.ok().map(|me| view! { <Account name=me.username /> })
                            })}
                        </Suspense>
                        <SignOut />
                    </div>
                </div>
            </nav>
            <div class="page" id="main" tabindex="-1">
                <p class="no-script">
                    "JavaScript is off: everything can be read here, but editing needs it."
                </p>
                <Outlet />
            </div>
        </div>
    }
    .into_any()
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

#[component]
fn NavItem(
    href: &'static str,
    icon: &'static str,
    word: &'static str,
    /// On phones it stands behind "More".
    #[prop(optional)]
    minor: bool,
) -> impl IntoView {
    let path = use_location().pathname;
    let current = move || path.with(|path| is_part(path, href));
    view! {
        <a
            class="rail__item"
            class:rail__item--minor=minor
            href=href
            title=word
            aria-current=move || current().then_some("page")
        >
            <Icon name=icon />
            <span class="rail__label">{word}</span>
        </a>
    }
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
fn More() -> impl IntoView {
    const ITEMS: [(&str, &str, &str); 3] = [
        ("/credentials", "key", "Credentials"),
        ("/models", "sparkles", "Models"),
        ("/settings", "settings", "Settings"),
    ];
    let path = use_location().pathname;
    let within = move || path.with(|path| ITEMS.iter().any(|(href, ..)| is_part(path, href)));
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
                {ITEMS
                    .map(|(href, icon, word)| {
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
                    .into_iter()
                    .collect_view()}
            </div>
        </details>
    }
    .into_any()
}

/// A plain form, so that it works at once; the live page leaves through the same route.
#[component]
pub fn SignOut(#[prop(optional)] wide: bool) -> impl IntoView {
    let leave = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        wasm_bindgen_futures::spawn_local(async {
            let init = web_sys::RequestInit::new();
            init.set_method("POST");
            let request = window().fetch_with_str_and_init("/api/auth/logout", &init);
            let _ = wasm_bindgen_futures::JsFuture::from(request).await;
            browser::go_to("/sign-in");
        });
        #[cfg(not(feature = "hydrate"))]
        browser::go_to("/sign-in");
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
                <h1>{move || title.get()}</h1>
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
