//! All versions, newest first.

use super::{Compare, Shown};
use crate::ui::{components::time::RelativeTime, server_fns::session::encode};
use leptos::prelude::*;

#[component]
pub(super) fn VersionList(shown: Shown) -> impl IntoView {
    let workflow = shown.workflow;
    let chosen = shown.chosen.map(|v| v.number);
    let compared = match shown.compare {
        Compare::With(other) => Some(other),
        _ => None,
    };
    let older = shown.next.map(|next| format!("/workflows/{workflow}/versions?after={}", encode(&next)));
    view! {
        <nav class="card versions__list" aria-label="Versions">
            <div class="card__head">
                <h2>"Versions"</h2>
                <span class="spacer"></span>
                <span class="faint">"One for each state that ran"</span>
            </div>
            <ol data-testid="versions">
                {shown
                    .versions
                    .into_iter()
                    .map(|version| {
                        let number = version.number;
                        let is_chosen = chosen == Some(number);
                        let digest: String = version.digest.chars().take(8).collect();
                        view! {
                            <li class="version" class:is-chosen=is_chosen>
                                <a
                                    class="version__link"
                                    href=Compare::Draft.href(workflow, number)
                                    data-noscroll=""
                                    aria-current=is_chosen.then_some("true")
                                    data-testid="version-row"
                                >
                                    <strong>"Version " {number}</strong>
                                    <span class="faint">
                                        <RelativeTime at=version.created_at />
                                    </span>
                                    <code class="faint">{digest}</code>
                                </a>
                                {chosen
                                    .filter(|_| !is_chosen)
                                    .map(|chosen| {
                                        view! {
                                            <a
                                                class="btn btn--ghost btn--sm version__compare"
                                                href=Compare::With(number).href(workflow, chosen)
                                                data-noscroll=""
                                                aria-current=(compared == Some(number)).then_some("true")
                                                title=format!("Compare version {chosen} with version {number}")
                                                data-testid="compare-with"
                                            >
                                                "Compare"
                                            </a>
                                        }
                                    })}
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
            {older
                .map(|href| {
                    view! {
                        <a class="btn btn--ghost btn--sm versions__older" href=href>
                            "Older versions"
                        </a>
                    }
                })}
        </nav>
    }
    .into_any()
}
