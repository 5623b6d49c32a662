//! From bytes to sections, one module per format. Pure and blocking; what a hostile file may do here is limited by
//! whoever calls: see `extract`.

mod csv;
mod html;
mod json;
mod pdf;

use super::{
    decode::decode,
    error::IngestError,
    kind::Kind,
    section::{Section, without_nul},
};

/// How tables become documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// Each row is a document; its columns are metadata as well.
    #[default]
    Each,
    /// Rows that follow each other share a document.
    Grouped,
}

/// How files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOptions {
    pub rows: Rows,
    /// More sections than this are refused.
    pub max_sections: usize,
}

/// What comes out while a file is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    Section(Section),
    /// Something that was left out, in words for people.
    Warning(String),
}

/// Takes what is found; an error ends the reading.
pub type Sink<'a> = dyn FnMut(Found) -> Result<(), IngestError> + 'a;

/// Reads a file from its beginning to its end.
///
/// # Errors
/// What keeps the file from being read as `kind`, or what the sink says. Sections that were found before stay found.
pub fn read(kind: Kind, bytes: &[u8], options: &ReadOptions, sink: &mut Sink<'_>) -> Result<(), IngestError> {
    let mut count = 0;
    let mut counted = |found: Found| {
        if matches!(found, Found::Section(_)) {
            count += 1;
            if count > options.max_sections {
                return Err(IngestError::too_many_records(options.max_sections));
            }
        }
        sink(found)
    };
    match kind {
        Kind::Pdf => pdf::read(bytes, &mut counted)?,
        Kind::Text | Kind::Markdown => {
            let text = decode(kind, bytes)?;
            let markdown = kind == Kind::Markdown;
            counted(Found::Section(Section { markdown, ..Section::plain(&text) }))?;
        }
        Kind::Html => html::read(&decode(kind, bytes)?, &mut counted)?,
        Kind::Csv => csv::read(&decode(kind, bytes)?, options.rows, &mut counted)?,
        Kind::Json => json::read(&decode(kind, bytes)?, options.rows, &mut counted)?,
        Kind::JsonLines => json::read_lines(&decode(kind, bytes)?, options.rows, &mut counted)?,
    }
    if count == 0 { Err(IngestError::empty()) } else { Ok(()) }
}

/// Rows and objects as documents, each on its own or several together.
struct Records {
    rows: Rows,
    /// Of the rows that wait for more: their texts, the first and the last row.
    waiting: Option<(String, usize, usize)>,
}

/// Grouped rows are handed on when they have so many bytes: about as much as a part of a text.
const GROUP: usize = 800;

impl Records {
    fn new(rows: Rows) -> Self {
        Self { rows, waiting: None }
    }

    /// `row` counts from 1; `text` has a line for each column.
    fn add<'a>(
        &mut self,
        row: usize,
        text: &str,
        values: impl Iterator<Item = (&'a str, serde_json::Value)>,
        sink: &mut Sink<'_>,
    ) -> Result<(), IngestError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if self.rows == Rows::Each {
            return sink(Found::Section(Section::plain(text.trim_end()).at("row", row).with_values(values)));
        }
        match &mut self.waiting {
            Some((texts, _, last)) => {
                texts.push('\n');
                texts.push_str(text);
                *last = row;
            }
            None => self.waiting = Some((text.to_owned(), row, row)),
        }
        if self.waiting.as_ref().is_some_and(|(texts, ..)| texts.len() >= GROUP) {
            self.end(sink)
        } else {
            Ok(())
        }
    }

    /// Hands on what waits.
    fn end(&mut self, sink: &mut Sink<'_>) -> Result<(), IngestError> {
        let Some((texts, first, last)) = self.waiting.take() else { return Ok(()) };
        sink(Found::Section(
            Section::plain(texts.trim_end()).at("row", first).at("rows", format!("{first}-{last}")),
        ))
    }
}

/// `name: value` on a line of its own.
fn line(text: &mut String, name: &str, value: &str) {
    if !name.is_empty() {
        text.push_str(name);
        text.push_str(": ");
    }
    text.push_str(value.trim());
    text.push('\n');
}

/// Without trailing spaces, and with one empty line at most.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 2;
    for line in text.lines().map(str::trim_end) {
        empty = if line.trim().is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    without_nul(tidy.trim())
}

#[cfg(test)]
mod tests;
