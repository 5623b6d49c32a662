//! Icons as inline SVG, drawn on a 24 px grid with a round pen. Adapted to one path each.

use leptos::prelude::*;

/// One icon of the set; an unknown name draws a plain box.
#[component]
pub fn Icon(
    #[prop(into)] name: Oco<'static, str>,
    /// Further classes, such as `icon--sm`.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("icon {class}") viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=path(&name) />
        </svg>
    }
}

/// The drawing of an icon.
#[must_use]
pub fn path(name: &str) -> &'static str {
    match name {
        "workflow" => {
            "M3 5a2 2 0 0 1 2-2h3a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM14 16a2 2 0 0 1 2-2h3a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2h-3a2 2 0 0 1-2-2zM6.5 10v4.5a3 3 0 0 0 3 3H14"
        }
        "runs" | "history" => "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5M12 7v5l3.5 2",
        "model" | "sparkles" => {
            "M12 3l1.9 5.1a3 3 0 0 0 1.8 1.8L21 12l-5.3 2.1a3 3 0 0 0-1.8 1.8L12 21l-1.9-5.1a3 3 0 0 0-1.8-1.8L3 12l5.3-2.1a3 3 0 0 0 1.8-1.8zM19.5 3v4M21.5 5h-4"
        }
        "bot" => {
            "M12 3v4M5 7h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM9 12v2M15 12v2M9.5 17h5"
        }
        "settings" | "sliders" => {
            "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0 2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0 2 2 0 1 0-4 0"
        }
        "sign-out" => "M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4M16 17l5-5-5-5M21 12H9",
        "collapse" => "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM9 3v18",
        "note" => "M4 4h16v10l-6 6H4zM20 14h-6v6",
        "frame" => "M8 3v18M16 3v18M3 8h18M3 16h18",
        "plus" => "M12 5v14M5 12h14",
        "minus" => "M5 12h14",
        "play" => "M7 4.5v15l12-7.5z",
        "stop" => "M7 6h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1z",
        "chat" => "M4 4h16v13H9l-5 4z",
        "check" => "M5 12.5l4.5 4.5L19 7.5",
        "x" => "M6 6l12 12M18 6L6 18",
        "clock" => "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18zM12 7v5l3 2",
        "loader" => "M12 3a9 9 0 1 0 9 9",
        "pause" => "M9 5v14M15 5v14",
        "ban" => "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18zM5.7 5.7l12.6 12.6",
        "skip" => "M5 5l7 7-7 7M13 5l7 7-7 7",
        "bell" => "M6 9a6 6 0 1 1 12 0c0 5 2 6 2 6H4s2-1 2-6M10 19a2 2 0 0 0 4 0",
        "bolt" => "M13 2L4 14h7l-1 8 9-12h-7z",
        "alert" => "M12 3.5L2.5 20h19zM12 10v4M12 17v.5",
        "info" => "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18zM12 11v5M12 8v.01",
        "copy" => {
            "M9 9h10a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2zM5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1"
        }
        "trash" => {
            "M4 7h16M10 11v6M14 11v6M6 7l1 12a2 2 0 0 0 2 2h6a2 2 0 0 0 2-2l1-12M9 7V4a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v3"
        }
        "pencil" => "M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19zM14.5 6.5l3 3",
        "search" => "M11 4a7 7 0 1 0 0 14 7 7 0 1 0 0-14zM20.5 20.5l-4.4-4.4",
        "chevron-down" => "M6 9l6 6 6-6",
        "chevron-right" => "M9 6l6 6-6 6",
        "arrow-left" => "M19 12H5M11 6l-6 6 6 6",
        "arrow-right" => "M5 12h14M13 6l6 6-6 6",
        "versions" => "M12 3l9 5-9 5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5",
        "pin" => "M9 3h6l-1 6 3.5 3.5V15h-11v-2.5L10 9zM12 15v6",
        "fork" => {
            "M6 3a2 2 0 1 0 0 4 2 2 0 1 0 0-4zM18 3a2 2 0 1 0 0 4 2 2 0 1 0 0-4zM12 17a2 2 0 1 0 0 4 2 2 0 1 0 0-4zM6 7v1a4 4 0 0 0 4 4h4a4 4 0 0 0 4-4V7M12 12v5"
        }
        "repeat" => "M17 2l4 4-4 4M3 11v-1a4 4 0 0 1 4-4h14M7 22l-4-4 4-4M21 13v1a4 4 0 0 1-4 4H3",
        "undo" => "M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
        "redo" => "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
        "tidy" => "M3 4h6v5H3zM15 4h6v5h-6zM15 15h6v5h-6zM9 6.5h6M12 6.5V16a1.5 1.5 0 0 0 1.5 1.5H15",
        "map" => "M9 4L3 6.5v13L9 17l6 3 6-2.5v-13L15 7zM9 4v13M15 7v13",
        "fit" => {
            "M8 3H5a2 2 0 0 0-2 2v3M16 3h3a2 2 0 0 1 2 2v3M8 21H5a2 2 0 0 1-2-2v-3M16 21h3a2 2 0 0 0 2-2v-3"
        }
        "eye" => "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12zM9 12a3 3 0 1 0 6 0 3 3 0 1 0-6 0",
        "eye-off" => {
            "M4 4l16 16M9.9 5.2A9.6 9.6 0 0 1 12 5c6.4 0 10 7 10 7a17 17 0 0 1-3 3.8M6.4 6.6A16.5 16.5 0 0 0 2 12s3.6 7 10 7a9.6 9.6 0 0 0 4.2-.900M9.9 9.9a3 3 0 0 0 4.2 4.2"
        }
        "key" => "M14 10a5 5 0 1 0-4.5 4.9L11 13.5h2.5V11zM7.5 9.5v.01M13.5 13.5L20 20M18 18l2-2",
        "sun" => {
            "M12 8a4 4 0 1 0 0 8 4 4 0 1 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4"
        }
        "moon" => "M20.5 14.5A8.5 8.5 0 1 1 9.5 3.5a7 7 0 0 0 11 11z",
        "monitor" => "M4 4h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8 20h8M12 16v4",
        "braces" | "transform" => {
            "M8 4H7a2 2 0 0 0-2 2v4a2 2 0 0 1-2 2 2 2 0 0 1 2 2v4a2 2 0 0 0 2 2h1M16 4h1a2 2 0 0 1 2 2v4a2 2 0 0 0 2 2 2 2 0 0 0-2 2v4a2 2 0 0 1-2 2h-1"
        }
        "branch" | "condition" | "split" => "M6 4v16M6 15c0-5 12-3 12-9M18 6V4M15 7l3-3 3 3",
        "globe" => {
            "M12 3a9 9 0 1 0 0 18 9 9 0 1 0 0-18zM3 12h18M12 3c2.5 2.7 3.7 5.7 3.7 9s-1.2 6.3-3.7 9c-2.5-2.7-3.7-5.7-3.7-9s1.2-6.3 3.7-9z"
        }
        "database" => {
            "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"
        }
        "user" => "M12 4a4 4 0 1 0 0 8 4 4 0 1 0 0-8zM4 21a8 8 0 0 1 16 0",
        "more" => "M5 12h.01M12 12h.01M19 12h.01",
        "external" => "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
        "download" => "M12 4v11M7 10l5 5 5-5M4 20h16",
        "cloud-off" => "M4 4l16 16M8 8.5A5 5 0 0 0 7 18h10M19.7 17A4 4 0 0 0 18 10.5h-1a6 6 0 0 0-5-4.4",
        "terminal" => "M5 8l4 4-4 4M12 16h7",
        "collection" => {
            "M5 4v16M9.5 4v16M4 4h6.5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM14.4 5.2l2.9-.8a1 1 0 0 1 1.2.7l3 12.8a1 1 0 0 1-.7 1.2l-2.9.8a1 1 0 0 1-1.2-.7l-3-12.8a1 1 0 0 1 .7-1.2z"
        }
        "table" => {
            "M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM3 9.5h18M3 14.75h18M9.5 9.5V20"
        }
        "upload" => "M12 16V5M7 9.5l5-5 5 5M4 20h16",
        "file" => "M14 3v5h5M7 3h7l5 5v11a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
        "file-text" => "M14 3v5h5M7 3h7l5 5v11a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM9 13h6M9 17h4",
        "filter" => "M4 6h16M7 12h10M10.5 18h3",
        "sort-up" => "M12 19V5M6.5 10.5L12 5l5.5 5.5",
        "sort-down" => "M12 5v14M6.5 13.5L12 19l5.5-5.5",
        "hash" => "M9.5 4l-2 16M16.5 4l-2 16M4.5 9h16M3.5 15h16",
        "letters" => "M3 18L7.5 6 12 18M4.5 14h6M20.5 18v-7M20.5 14.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0",
        "calendar" => {
            "M5 5h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM3 10h18M8 3v4M16 3v4"
        }
        "toggle" => "M8 6h8a6 6 0 0 1 0 12H8A6 6 0 0 1 8 6zM16 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 1 0 0-5",
        "lock" => {
            "M6 11h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1zM8 11V7.5a4 4 0 0 1 8 0V11"
        }
        "expand" => "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
        "menu" => "M4 7h16M4 12h16M4 17h16",
        _ => "M6 4h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
    }
}

/// The product's mark: a wheel in running water.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" class="mark">
            <rect width="24" height="24" rx="6.5" fill="var(--accent)" />
            <g fill="none" stroke="var(--on-accent)" stroke-width="1.7" stroke-linecap="round">
                <circle cx="12" cy="10.2" r="4.6" />
                <path d="M12 3.6v13.2M5.4 10.2h13.2M7.3 5.5l9.4 9.4M16.7 5.5l-9.4 9.4" stroke-width="1.3" />
                <path d="M4.5 19.6c1.9-1.6 3.7-1.6 5.6 0s3.7 1.6 5.6 0 2.6-1.3 3.8-.700" />
            </g>
        </svg>
    }
}
