//! Web pages: what a reader came for, without menus and footers; where that cannot be told, all the text of the page.

use super::{Found, Sink, tidy};
use crate::server::search::ingest::{error::IngestError, section::Section};
use dom_smoothie::{Config, Readability, TextMode};

/// More elements than any page to read has.
const MAX_ELEMENTS: usize = 200_000;
/// An article of less than this part of the page's text is not what the page is about.
const MIN_SHARE: usize = 4;

pub fn read(html: &str, sink: &mut Sink<'_>) -> Result<(), IngestError> {
    let (title, whole) = whole_page(html);
    let article = article(html).filter(|(_, text)| text.len() >= whole.len() / MIN_SHARE);
    let (title, text) = match article {
        Some((own, text)) => (if own.is_empty() { title } else { own }, text),
        None => (title, whole),
    };
    if text.is_empty() {
        return Err(IngestError::new(
            "no_text",
            "The page has no text of its own; perhaps a script writes it. Save the page from a browser and send that.",
        ));
    }
    let section = Section::plain(&text);
    sink(Found::Section(if title.is_empty() { section } else { section.at("title", title) }))
}

fn article(html: &str) -> Option<(String, String)> {
    let config =
        Config { max_elements_to_parse: MAX_ELEMENTS, text_mode: TextMode::Formatted, ..Config::default() };
    let article = Readability::new(html, None, Some(config)).ok()?.parse().ok()?;
    let text = tidy(&article.text_content);
    (!text.is_empty()).then(|| (short(&article.title), text))
}

/// The title and everything that can be read on the page.
fn whole_page(html: &str) -> (String, String) {
    let page = Readability::from(html).doc;
    let title = short(&page.select("title").text());
    page.select("script, style, noscript, template, head, svg").remove();
    (title, tidy(&page.formatted_text()))
}

/// A title for metadata.
fn short(title: &str) -> String {
    let words: Vec<&str> = title.split_whitespace().collect();
    words.join(" ").replace('\0', "").chars().take(200).collect()
}
