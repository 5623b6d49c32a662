//! Who asks. On the server: the account of the request, or a redirect to the sign-in page. In the browser: the
//! renewal of the session, by a timer and after a 401.

use super::error::UiError;
use std::future::Future;

/// Percent-encodes all but the plainest characters, for a query value.
#[must_use]
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(byte as char)
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// The address to go to after signing in: a path of this site, else the start page.
#[must_use]
pub fn safe_next(next: Option<&str>) -> String {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path[1..].starts_with(['/', '\\'])
                && !path.chars().any(char::is_control) =>
        {
            path.to_owned()
        }
        _ => "/".to_owned(),
    }
}

/// The sign-in page that comes back to `path`.
#[must_use]
pub fn sign_in_path(path: &str) -> String {
    match safe_next(Some(path)).as_str() {
        "/" => "/sign-in".to_owned(),
        next => format!("/sign-in?next={}", encode(next)),
    }
}

/// Calls a server function; after a 401 in the browser, renews the session once and calls again. If that does not help,
/// somebody has to sign in on the page as it is, and it is called again then: nothing that was written is lost.
pub async fn with_session<T, F>(call: impl Fn() -> F) -> Result<T, UiError>
where
    F: Future<Output = Result<T, UiError>>,
{
    #[cfg(feature = "hydrate")]
    {
        let mut is_renewed = false;
        loop {
            let result = call().await;
            let status = result.as_ref().err().map_or(200, |error| error.status);
            if !is_worth_another(status, is_renewed).await {
                return result;
            }
            is_renewed = true;
        }
    }
    #[cfg(not(feature = "hydrate"))]
    call().await
}

/// Whether to call again after a reply of that status; where somebody must sign in, once that is done.
#[cfg(feature = "hydrate")]
fn is_worth_another(status: u16, is_renewed: bool) -> impl Future<Output = bool> + Send {
    use crate::ui::browser::link;
    leptos::__reexports::send_wrapper::SendWrapper::new(async move {
        link::answered(status != 0);
        if status != 401 {
            return false;
        }
        if is_renewed || !renew().await {
            link::signed_in().await;
        }
        true
    })
}

/// Renews the session every 20 minutes while a page is open. Call it once, in a page for signed-in people.
pub fn keep_alive() {
    #[cfg(feature = "hydrate")]
    leptos::prelude::Effect::new(move |_| {
        let handle = leptos::prelude::set_interval_with_handle(
            || {
                wasm_bindgen_futures::spawn_local(async {
                    renew().await;
                });
            },
            std::time::Duration::from_secs(20 * 60),
        );
        leptos::prelude::on_cleanup(move || {
            if let Ok(handle) = handle {
                handle.clear();
            }
        });
    });
}

/// Renews the session now; for what is sent to a route instead of a server function.
pub async fn renewed() -> bool {
    #[cfg(feature = "hydrate")]
    {
        renew().await
    }
    #[cfg(not(feature = "hydrate"))]
    false
}

/// Posts to the refresh route; true if the session goes on.
#[cfg(feature = "hydrate")]
fn renew() -> impl Future<Output = bool> + Send {
    leptos::__reexports::send_wrapper::SendWrapper::new(async {
        let init = web_sys::RequestInit::new();
        init.set_method("POST");
        let reply = leptos::prelude::window().fetch_with_str_and_init("/api/auth/refresh", &init);
        wasm_bindgen_futures::JsFuture::from(reply)
            .await
            .is_ok_and(|reply| wasm_bindgen::JsCast::unchecked_into::<web_sys::Response>(reply).ok())
    })
}

#[cfg(feature = "ssr")]
pub use server_side::{origin, reply_with_status, signed_in, state};

#[cfg(feature = "ssr")]
mod server_side {
    use super::{UiError, encode, safe_next, sign_in_path};
    use crate::{
        server::{services::accounts, state::AppState},
        workflow::ids::UserId,
    };
    use http::{StatusCode, header, request::Parts};
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    /// Tells the browser's session is worth renewing; holds no secret.
    const HINT_COOKIE: &str = "millrace_session";

    /// The application, as the server put it into context.
    pub fn state() -> Result<AppState, UiError> {
        use_context::<AppState>().ok_or_else(|| UiError::new(500, "internal", "The server is not ready yet."))
    }

    /// The application and the account that asks. Without one, the page or form goes to the sign-in page.
    pub async fn signed_in() -> Result<(AppState, UserId), UiError> {
        let state = state()?;
        let parts = use_context::<Parts>().ok_or_else(UiError::unauthorized)?;
        match accounts::browser_user(&state, &parts.headers).await {
            Ok(user) => Ok((state, user)),
            Err(error) => {
                let error = UiError::from(error);
                if error.status == 401 {
                    send_to_sign_in(&parts);
                }
                Err(error)
            }
        }
    }

    /// The address of this server: the one that is set, or the one that the browser asked.
    pub fn origin(state: &AppState) -> String {
        if let Some(url) = &state.config.server.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let header = |name: &str| {
            let parts = use_context::<Parts>()?;
            parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let host = header("host").unwrap_or_else(|| state.config.server.listen.to_string());
        let scheme = if header("x-forwarded-proto").as_deref() == Some("https") { "https" } else { "http" };
        format!("{scheme}://{host}")
    }

    fn send_to_sign_in(parts: &Parts) {
        if parts.uri.path().starts_with("/fn/") {
            return;
        }
        let here = parts.uri.path_and_query().map_or("/", |p| p.as_str());
        let may_renew = parts
            .headers
            .get(header::COOKIE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|cookies| cookies.split(';').any(|c| c.trim().starts_with(HINT_COOKIE)));
        let target = if may_renew {
            format!("/api/auth/session?next={}", encode(&safe_next(Some(here))))
        } else {
            sign_in_path(here)
        };
        if let (Some(reply), Ok(location)) = (use_context::<ResponseOptions>(), target.parse()) {
            reply.set_status(StatusCode::FOUND);
            reply.insert_header(header::LOCATION, location);
        }
    }

    /// Gives the reply a status, unless it answers a plain form, which is redirected.
    pub fn reply_with_status(status: u16) {
        let (Some(parts), Some(reply)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) else {
            return;
        };
        let is_form = parts.method == http::Method::POST
            && parts
                .headers
                .get(header::ACCEPT)
                .and_then(|v| v.to_str().ok())
                .is_some_and(|a| a.contains("text/html"));
        if let Ok(status) = StatusCode::from_u16(status)
            && !is_form
        {
            reply.set_status(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_on_this_site() {
        assert_eq!(safe_next(Some("/runs?status=failed")), "/runs?status=failed");
        for elsewhere in ["//evil.example", "/\\evil.example", "https://evil.example", "", "runs", "/a\nb"] {
            assert_eq!(safe_next(Some(elsewhere)), "/", "{elsewhere:?}");
        }
    }

    #[test]
    fn sign_in_remembers_where_to_go() {
        assert_eq!(sign_in_path("/"), "/sign-in");
        assert_eq!(
            sign_in_path("/runs?status=failed&x=ä"),
            "/sign-in?next=/runs%3Fstatus%3Dfailed%26x%3D%C3%A4"
        );
    }
}
