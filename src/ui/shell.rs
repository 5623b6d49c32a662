//! The HTML document around the app: head, hydration script. Rendered on the server only.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// The whole document. Every script carries the nonce of the Content-Security-Policy; so does the preload,
/// which `HydrationScripts` leaves without one.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let nonce = use_nonce();
    let base = format!("/{}/{}", options.site_pkg_dir, options.output_name);
    let hydrate = format!(
        "import('{base}.js').then((m) => m.default({{ module_or_path: '{base}.wasm' }}).then(() => m.hydrate()))"
    );
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <AutoReload options=options.clone() />
                <link rel="stylesheet" href=format!("{base}.css") />
                <link rel="modulepreload" href=format!("{base}.js") nonce=nonce.clone() />
                <link rel="preload" href=format!("{base}.wasm") r#as="fetch" r#type="application/wasm" crossorigin="" />
                <script type="module" nonce=nonce>
                    {hydrate}
                </script>
                <MetaTags />
            </head>
            <body>
                <crate::ui::app::App />
            </body>
        </html>
    }
}
