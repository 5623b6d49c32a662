//! What a version holds: its graph at the size of a stamp and its steps with their configs.

use crate::{
    api::{templates::Outline, workflows::VersionDetail},
    ui::{
        components::{icon::Icon, json::JsonTree},
        pages::templates::Drawing,
    },
    workflow::{
        catalog,
        document::{Node, Settings},
    },
};
use leptos::prelude::*;
use serde_json::{Value, json};

#[component]
pub(super) fn Contents(version: VersionDetail) -> impl IntoView {
    let document = version.document;
    let graph: Outline = (&document).into();
    let nodes = document.nodes;
    let count = nodes.len();
    view! {
        <div class="card__body contents" data-testid="contents">
            <div class="contents__picture">
                <Drawing graph />
            </div>
            <h3>{count} {if count == 1 { " step" } else { " steps" }}</h3>
            <ul class="contents__steps">
                {nodes.into_iter().map(|node| view! { <Step node /> }).collect_view()}
            </ul>
        </div>
    }
    .into_any()
}

#[component]
fn Step(node: Node) -> impl IntoView {
    let kind = catalog::sketch(&node.node_type);
    let (icon, category) = kind.map_or(("info", "data"), |t| (t.icon, t.category.as_str()));
    let title = kind.map_or(node.node_type.clone(), |t| t.title.to_owned());
    let mut whole = node.config;
    if node.settings != Settings::default() {
        whole.insert("settings".to_owned(), json!(node.settings));
    }
    view! {
        <li>
            <details class="contents__step">
                <summary>
                    <span class=format!("tile cat-{category}")>
                        <Icon name=icon class="icon--sm" />
                    </span>
                    <strong class="truncate">{node.name}</strong>
                    <span class="faint truncate">{title}</span>
                </summary>
                <div class="data-box">
                    <JsonTree value=Value::Object(whole) />
                </div>
            </details>
        </li>
    }
    .into_any()
}
