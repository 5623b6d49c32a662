//! What kind of file it is: by its name, else by its content type, and never against what its first bytes say.

use super::error::IngestError;

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Markdown,
    Html,
    Csv,
    Json,
    JsonLines,
    Pdf,
}

/// How far into a file a PDF may begin.
const PDF_HEADER_WITHIN: usize = 1024;

/// First bytes of files that hold no text that could be read here.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3\x00", "a database"),
];

impl Kind {
    /// All of them; the first extension is the usual one.
    pub const ALL: &'static [(Self, &'static str, &'static [&'static str])] = &[
        (Self::Text, "text", &["txt", "text", "log"]),
        (Self::Markdown, "markdown", &["md", "markdown"]),
        (Self::Html, "html", &["html", "htm", "xhtml"]),
        (Self::Csv, "csv", &["csv", "tsv"]),
        (Self::Json, "json", &["json"]),
        (Self::JsonLines, "jsonl", &["jsonl", "ndjson"]),
        (Self::Pdf, "pdf", &["pdf"]),
    ];

    /// The name on the command line of the child process.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("text", |(_, word, _)| word)
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(kind, ..)| *kind)
    }

    /// What `bytes` are, going by the file's name and the content type that came with it.
    ///
    /// # Errors
    /// `empty_file`, `unsupported_format`, or `wrong_extension` where name and content contradict each other.
    pub fn detect(name: &str, content_type: Option<&str>, bytes: &[u8]) -> Result<Self, IngestError> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(IngestError::empty());
        }
        if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return Err(unsupported(&format!("It is {what}, which cannot be read")));
        }
        let named = extension(name).map(|extension| (from_extension(&extension), extension));
        let kind = match named {
            Some((Some(kind), _)) => kind,
            Some((None, extension)) => from_content_type(content_type)
                .ok_or_else(|| unsupported(&format!("Files that end in .{extension} cannot be read")))?,
            None => from_content_type(content_type).unwrap_or_else(|| from_content(bytes)),
        };
        if kind == Self::Pdf && !has_pdf_header(bytes) {
            return Err(IngestError::new(
                "wrong_extension",
                "The name says that it is a PDF file, but its content is not. Give it the name that fits its content.",
            ));
        }
        if kind != Self::Pdf && begins_as_pdf(bytes) {
            return Err(IngestError::new(
                "wrong_extension",
                "It is a PDF file by its content, but its name does not end in .pdf. Rename it and send it again.",
            ));
        }
        Ok(kind)
    }
}

fn unsupported(what: &str) -> IngestError {
    IngestError::new(
        "unsupported_format",
        format!("{what}. Send txt, md, html, csv, tsv, json, jsonl or pdf."),
    )
}

/// Some writers put a few lines before the header.
fn has_pdf_header(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(PDF_HEADER_WITHIN)].windows(5).any(|window| window == b"%PDF-")
}

fn begins_as_pdf(bytes: &[u8]) -> bool {
    without_mark(bytes).starts_with(b"%PDF-")
}

/// Without white space and the byte order mark of UTF-8.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start()
}

fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let plausible = !stem.is_empty() && (1..=8).contains(&extension.len());
    (plausible && extension.bytes().all(|b| b.is_ascii_alphanumeric()))
        .then(|| extension.to_ascii_lowercase())
}

fn from_extension(extension: &str) -> Option<Kind> {
    Kind::ALL.iter().find(|(_, _, known)| known.contains(&extension)).map(|(kind, ..)| *kind)
}

fn from_content_type(content_type: Option<&str>) -> Option<Kind> {
    let kind = content_type?.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/plain" => Some(Kind::Text),
        "text/markdown" | "text/x-markdown" => Some(Kind::Markdown),
        "text/html" | "application/xhtml+xml" => Some(Kind::Html),
        "text/csv" | "text/tab-separated-values" => Some(Kind::Csv),
        "application/json" => Some(Kind::Json),
        "application/jsonl" | "application/x-ndjson" => Some(Kind::JsonLines),
        "application/pdf" => Some(Kind::Pdf),
        _ => None,
    }
}

/// For files whose name and content type say nothing.
fn from_content(bytes: &[u8]) -> Kind {
    let start = without_mark(bytes);
    let start = start[..start.len().min(16)].to_ascii_lowercase();
    if start.starts_with(b"%pdf-") {
        Kind::Pdf
    } else if start.starts_with(b"<!doctype html") || start.starts_with(b"<html") {
        Kind::Html
    } else {
        Kind::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str, content_type: Option<&str>, bytes: &[u8]) -> String {
        match Kind::detect(name, content_type, bytes) {
            Ok(kind) => kind.word().to_owned(),
            Err(error) => error.code.into_owned(),
        }
    }

    #[test]
    fn goes_by_name_then_type_then_content() {
        for (name, content_type, bytes, expected) in [
            ("a.txt", None, &b"hello"[..], "text"),
            ("a.MD", None, b"# hello", "markdown"),
            ("a.b.Html", Some("text/plain"), b"<p>x", "html"),
            ("a.tsv", None, b"a\tb", "csv"),
            ("a.ndjson", None, b"{}", "jsonl"),
            ("a.pdf", None, b"%PDF-1.4 ...", "pdf"),
            ("a.pdf", None, b"\xef\xbb\xbf%PDF-1.4 ...", "pdf"),
            ("README", None, b"hello", "text"),
            ("page", None, b"\n<!DOCTYPE html><p>", "html"),
            ("page", Some("application/json; charset=utf-8"), b"[]", "json"),
            ("scan", None, b"%PDF-1.7", "pdf"),
            ("notes.v2", Some("text/plain"), b"hello", "text"),
            ("notes.2 final version", None, b"hello", "text"),
            ("a.txt", None, b"On the header %PDF- of such files", "text"),
        ] {
            assert_eq!(code(name, content_type, bytes), expected, "{name}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_be() {
        for (name, bytes, expected) in [
            ("a.txt", &b""[..], "empty_file"),
            ("a.pdf", b"  \n ", "empty_file"),
            ("a.pdf", b"hello", "wrong_extension"),
            ("a.txt", b"%PDF-1.4 ...", "wrong_extension"),
            ("a.html", b"%PDF-1.4 ...", "wrong_extension"),
            ("a.txt", b"PK\x03\x04rest", "unsupported_format"),
            ("a.docx", b"PK\x03\x04rest", "unsupported_format"),
            ("a.csv", b"\x1f\x8b\x08rest", "unsupported_format"),
            ("a.exe", b"hello", "unsupported_format"),
        ] {
            assert_eq!(code(name, None, bytes), expected, "{name}");
        }
    }

    #[test]
    fn words_and_kinds_are_one_to_one() {
        for (kind, word, _) in Kind::ALL {
            assert_eq!(Kind::from_word(word), Some(*kind));
            assert_eq!(kind.word(), *word);
        }
    }
}
