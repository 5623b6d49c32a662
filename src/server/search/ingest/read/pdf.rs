//! PDF files, page by page. A page that cannot be read is left out with a warning; the others stay. The library may
//! panic on files that are not as they should be, which is caught here, and may take long or much memory, which is not.

use super::{Found, Sink, tidy};
use crate::server::search::ingest::{error::IngestError, section::Section};
use pdf_extract::{Document, PlainTextOutput, output_doc_page};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub fn read(bytes: &[u8], sink: &mut Sink<'_>) -> Result<(), IngestError> {
    let damaged = |why: &str| IngestError::damaged("PDF", why);
    let loaded = catch_unwind(AssertUnwindSafe(|| Document::load_mem(bytes)));
    let mut document = match loaded {
        Ok(Ok(document)) => document,
        Ok(Err(error)) => return Err(damaged(&error.to_string())),
        Err(_) => return Err(damaged("its structure is broken")),
    };
    if document.is_encrypted() {
        let opened = catch_unwind(AssertUnwindSafe(|| document.decrypt("").is_ok()));
        if !opened.unwrap_or(false) {
            return Err(IngestError::new(
                "encrypted_file",
                "The PDF file is protected by a password. Save it without one and send it again.",
            ));
        }
    }
    let pages: Vec<u32> = catch_unwind(AssertUnwindSafe(|| document.get_pages()))
        .map_err(|_| damaged("its list of pages is broken"))?
        .into_keys()
        .collect();
    if pages.is_empty() {
        return Err(damaged("it has no pages"));
    }
    let (mut broken, mut silent) = (Vec::new(), 0);
    for page in &pages {
        match catch_unwind(AssertUnwindSafe(|| page_text(&document, *page))) {
            Ok(Some(text)) if text.is_empty() => silent += 1,
            Ok(Some(text)) => sink(Found::Section(Section::plain(&text).at("page", *page)))?,
            Ok(None) | Err(_) => broken.push(*page),
        }
    }
    if broken.len() == pages.len() {
        return Err(damaged("none of its pages can be read"));
    }
    if broken.len() + silent == pages.len() {
        return Err(IngestError::new(
            "no_text",
            "The PDF file has no text, perhaps pictures of it. Run it through text recognition and send the result.",
        ));
    }
    if !broken.is_empty() {
        let first: Vec<String> = broken.iter().take(10).map(u32::to_string).collect();
        let more = if broken.len() > first.len() { " and others" } else { "" };
        sink(Found::Warning(format!(
            "{} of {} pages could not be read and are left out: {}{more}.",
            broken.len(),
            pages.len(),
            first.join(", ")
        )))?;
    }
    Ok(())
}

fn page_text(document: &Document, page: u32) -> Option<String> {
    let mut text = String::new();
    let mut output = PlainTextOutput::new(&mut text);
    output_doc_page(document, &mut output, page).ok()?;
    Some(tidy(&text))
}
