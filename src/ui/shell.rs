//! The document around the application: head, style, scripts. Rendered by the server only.

use super::{app::App, preferences::Preferences};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// The whole HTML document; hand it to `leptos_axum`'s routes and fallback. Every script carries the nonce of
/// the Content-Security-Policy; so does the preload, which Leptos' own `HydrationScripts` leaves without one.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let preferences = Preferences::current();
    let nonce = use_nonce();
    let base = format!("/{}/{}", options.site_pkg_dir, options.output_name);
    let hydrate = format!(
        "import('{base}.js').then((m) => m.default({{ module_or_path: '{base}.wasm' }}).then(() => m.hydrate()))"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=preferences.theme.attribute() data-rail=preferences.rail_attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="dark light" />
                <meta name="theme-color" content="#0f1216" media="(prefers-color-scheme: dark)" />
                <meta name="theme-color" content="#f9fafb" media="(prefers-color-scheme: light)" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link
                    rel="preload"
                    href="/fonts/inter-latin-wght-normal.woff2"
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                <link rel="stylesheet" href=format!("{base}.css") />
                <AutoReload options=options.clone() />
                <link rel="modulepreload" href=format!("{base}.js") nonce=nonce.clone() />
                <link rel="preload" href=format!("{base}.wasm") r#as="fetch" r#type="application/wasm" crossorigin="" />
                <script type="module" nonce=nonce>
                    {hydrate}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
