//! Files that somebody chose or dropped, and text that is sent as one.

#[cfg(feature = "hydrate")]
use leptos::__reexports::send_wrapper::SendWrapper;
use leptos::web_sys;
#[cfg(feature = "hydrate")]
use wasm_bindgen::{JsCast, JsValue};

/// One file, not read yet.
#[derive(Clone)]
pub struct Picked {
    pub name: String,
    /// In bytes.
    pub size: u64,
    #[cfg(feature = "hydrate")]
    pub(super) blob: SendWrapper<::web_sys::Blob>,
}

impl Picked {
    /// A text under the name of a file; `None` where the browser refuses.
    #[must_use]
    pub fn text(name: &str, text: &str) -> Option<Self> {
        #[cfg(feature = "hydrate")]
        {
            let parts = js_sys::Array::of1(&JsValue::from_str(text));
            let blob = ::web_sys::Blob::new_with_str_sequence(&parts).ok()?;
            Some(Self { name: name.to_owned(), size: text.len() as u64, blob: SendWrapper::new(blob) })
        }
        #[cfg(not(feature = "hydrate"))]
        {
            Some(Self { name: name.to_owned(), size: text.len() as u64 })
        }
    }

    #[cfg(feature = "hydrate")]
    fn all(list: Option<::web_sys::FileList>) -> Vec<Self> {
        let Some(list) = list else { return Vec::new() };
        (0..list.length())
            .filter_map(|i| list.item(i))
            .map(|file| Self {
                name: file.name(),
                size: file.size() as u64,
                blob: SendWrapper::new(file.unchecked_into()),
            })
            .collect()
    }
}

/// What a file field holds; the field is emptied, so that the same file can be chosen again.
#[must_use]
pub fn chosen(event: &web_sys::Event) -> Vec<Picked> {
    #[cfg(feature = "hydrate")]
    {
        let Some(field) = event.target().and_then(|t| t.dyn_into::<::web_sys::HtmlInputElement>().ok())
        else {
            return Vec::new();
        };
        let files = Picked::all(field.files());
        field.set_value("");
        files
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        Vec::new()
    }
}

/// What was dropped on the page.
#[must_use]
pub fn dropped(event: &web_sys::DragEvent) -> Vec<Picked> {
    #[cfg(feature = "hydrate")]
    {
        Picked::all(event.data_transfer().and_then(|data| data.files()))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        Vec::new()
    }
}

/// Whether what is dragged over the page is files, and not a text or a link.
#[must_use]
pub fn carries_files(event: &web_sys::DragEvent) -> bool {
    #[cfg(feature = "hydrate")]
    {
        event.data_transfer().is_some_and(|data| data.types().includes(&JsValue::from_str("Files"), 0))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        false
    }
}
