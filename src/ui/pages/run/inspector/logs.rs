//! What a step wrote down while it ran.

use crate::{
    api::runs::NodeExecutionView,
    ui::components::{button::CopyButton, time::absolute},
};
use leptos::prelude::*;

#[component]
pub(in crate::ui::pages) fn Logs(step: NodeExecutionView) -> impl IntoView {
    let started = step.started_at.map(absolute);
    let text = step.logs.iter().map(|l| l.message.as_str()).collect::<Vec<_>>().join("\n");
    view! {
        {started.map(|at| view! { <p class="faint">"Started " {at}</p> })}
        {if step.logs.is_empty() {
            view! { <p class="muted">"This step wrote no log."</p> }.into_any()
        } else {
            view! {
                <div class="logs">
                    <span class="logs__copy">
                        <CopyButton text=move |()| text.clone() what="log" />
                    </span>
                    <ol>
                        {step
                            .logs
                            .into_iter()
                            .map(|line| {
                                let tone = match line.level.as_str() {
                                    "error" => "tone-red",
                                    "warn" => "tone-amber",
                                    _ => "tone-grey",
                                };
                                view! {
                                    <li class=tone>
                                        <span class="logs__level">{line.level}</span>
                                        <time datetime=line.at.to_rfc3339()>
                                            {line.at.format("%H:%M:%S%.3f").to_string()}
                                        </time>
                                        <span class="logs__text">{line.message}</span>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ol>
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}
