//! Sends a file to a route of this site and tells how far it is. Plain `fetch` knows no progress of what is sent.

use super::files::Picked;

/// What happens to a file that is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// Part of the bytes that are out, 0 to 1.
    Progress(f64),
    /// All bytes are out; the server works.
    Out,
    /// The server's answer.
    Reply { status: u16, body: String },
    /// No answer came.
    Unreachable,
}

/// How a file travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// As the field `file` of a form.
    Form,
    /// By itself, as that type.
    Plain(&'static str),
}

/// A file on its way.
#[derive(Clone)]
pub struct Sending {
    #[cfg(feature = "hydrate")]
    request: leptos::__reexports::send_wrapper::SendWrapper<web_sys::XmlHttpRequest>,
}

impl Sending {
    /// Stops it; nothing is told any more.
    pub fn abort(&self) {
        #[cfg(feature = "hydrate")]
        {
            self.request.set_onload(None);
            self.request.set_onerror(None);
            let _ = self.request.abort();
        }
    }
}

/// Posts a file.
#[cfg(feature = "hydrate")]
pub fn send(
    address: &str,
    body: Body,
    file: &Picked,
    tell: impl Fn(Sent) + Clone + 'static,
) -> Option<Sending> {
    use wasm_bindgen::{JsCast, closure::Closure};

    let request = web_sys::XmlHttpRequest::new().ok()?;
    request.open("POST", address).ok()?;
    let _ = request.set_request_header("accept", "application/json");

    // Handed over to the browser, which frees them with the request.
    let on = |call: Box<dyn FnMut(web_sys::ProgressEvent)>| {
        Closure::wrap(call).into_js_value().unchecked_into::<js_sys::Function>()
    };
    if let Ok(upload) = request.upload() {
        let told = tell.clone();
        let progress = on(Box::new(move |event| {
            if event.length_computable() && event.total() > 0.0 {
                told(Sent::Progress(event.loaded() / event.total()));
            }
        }));
        let told = tell.clone();
        let out = on(Box::new(move |_| told(Sent::Out)));
        upload.set_onprogress(Some(&progress));
        upload.set_onload(Some(&out));
    }
    let (told, mine) = (tell.clone(), request.clone());
    let load = on(Box::new(move |_| {
        let body = mine.response_text().ok().flatten().unwrap_or_default();
        told(Sent::Reply { status: mine.status().unwrap_or_default(), body });
    }));
    let error = on(Box::new(move |_| tell(Sent::Unreachable)));
    request.set_onload(Some(&load));
    request.set_onerror(Some(&error));
    match body {
        Body::Form => {
            let form = web_sys::FormData::new().ok()?;
            form.append_with_blob_and_filename("file", &file.blob, &file.name).ok()?;
            request.send_with_opt_form_data(Some(&form)).ok()?;
        }
        Body::Plain(kind) => {
            let _ = request.set_request_header("content-type", kind);
            request.send_with_opt_blob(Some(&file.blob)).ok()?;
        }
    }
    Some(Sending { request: leptos::__reexports::send_wrapper::SendWrapper::new(request) })
}

/// Nothing is sent from the server.
#[cfg(not(feature = "hydrate"))]
pub fn send(_: &str, _: Body, _: &Picked, _: impl Fn(Sent) + Clone + 'static) -> Option<Sending> {
    None
}
