//! How this page stands with the server: whether it answers, and whether anybody is signed in. What is asked of the
//! server while nobody is signed in waits here until somebody is, so that nothing on the page is lost.

#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// How the page stands with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Fine,
    /// It does not answer; asked again by itself.
    Gone,
    /// The session has ended and cannot be renewed.
    SignedOut,
}

#[cfg(feature = "hydrate")]
thread_local! {
    static LINK: ArcRwSignal<Link> = ArcRwSignal::new(Link::Fine);
    /// What goes on once somebody is signed in.
    static WAITING: std::cell::RefCell<Vec<js_sys::Function>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// How it stands now; views that read it follow it. Always fine on the server.
#[must_use]
pub fn link() -> Link {
    #[cfg(feature = "hydrate")]
    {
        LINK.with(|link| link.get())
    }
    #[cfg(not(feature = "hydrate"))]
    Link::Fine
}

/// Somebody is signed in again: what waited goes on.
pub fn go_on() {
    #[cfg(feature = "hydrate")]
    {
        set(Link::Fine);
        for resolve in WAITING.with(std::cell::RefCell::take) {
            let _ = resolve.call0(&wasm_bindgen::JsValue::NULL);
        }
    }
}

/// The server answered, or did not.
#[cfg(feature = "hydrate")]
pub fn answered(did: bool) {
    match (did, LINK.with(|link| link.get_untracked())) {
        (true, Link::Gone) => set(Link::Fine),
        (false, Link::Fine) => {
            set(Link::Gone);
            ask_again();
        }
        _ => {}
    }
}

/// Asks for a person to sign in, and waits until one has.
#[cfg(feature = "hydrate")]
pub async fn signed_in() {
    set(Link::SignedOut);
    let promise =
        js_sys::Promise::new(&mut |resolve, _| WAITING.with(|waiting| waiting.borrow_mut().push(resolve)));
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

#[cfg(feature = "hydrate")]
fn set(now: Link) {
    LINK.with(|link| {
        if link.get_untracked() != now {
            link.set(now);
        }
    });
}

/// Asks every two seconds whether the server is there, until it is.
#[cfg(feature = "hydrate")]
fn ask_again() {
    let ask = || {
        wasm_bindgen_futures::spawn_local(async {
            let reply = wasm_bindgen_futures::JsFuture::from(window().fetch_with_str("/health/live")).await;
            match reply
                .is_ok_and(|reply| wasm_bindgen::JsCast::unchecked_into::<web_sys::Response>(reply).ok())
            {
                true => answered(true),
                false => ask_again(),
            }
        });
    };
    set_timeout(ask, std::time::Duration::from_secs(2));
}
