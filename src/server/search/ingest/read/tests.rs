//! What comes out of well-made files, and that hostile ones are errors.

use super::*;
use serde_json::{Value, json};

const OPTIONS: ReadOptions = ReadOptions { rows: Rows::Each, max_sections: 1000 };

fn found(kind: Kind, bytes: &[u8], options: ReadOptions) -> Result<(Vec<Section>, Vec<String>), IngestError> {
    let (mut sections, mut warnings) = (Vec::new(), Vec::new());
    read(kind, bytes, &options, &mut |found| {
        match found {
            Found::Section(section) => sections.push(section),
            Found::Warning(text) => warnings.push(text),
        }
        Ok(())
    })?;
    Ok((sections, warnings))
}

fn sections(kind: Kind, text: &str) -> Vec<(String, Value)> {
    let (sections, _) = found(kind, text.as_bytes(), OPTIONS).unwrap();
    sections.into_iter().map(|section| (section.text, Value::Object(section.metadata))).collect()
}

fn code(kind: Kind, bytes: &[u8]) -> String {
    found(kind, bytes, OPTIONS).unwrap_err().code.into_owned()
}

#[test]
fn a_row_of_a_table_is_a_document_with_its_columns() {
    let text = "name;price;code;note\nOak board;12.50;007;\"heavy; long\"\n\nAsh board;9;;\n";
    assert_eq!(
        sections(Kind::Csv, text),
        [
            (
                "name: Oak board\nprice: 12.50\ncode: 007\nnote: heavy; long".to_owned(),
                json!({ "row": 1, "name": "Oak board", "price": 12.5, "code": "007", "note": "heavy; long" })
            ),
            ("name: Ash board\nprice: 9".to_owned(), json!({ "row": 2, "name": "Ash board", "price": 9 })),
        ]
    );
    assert_eq!(sections(Kind::Csv, "a\tb\n1\t2,3\n")[0].0, "a: 1\nb: 2,3");
    // More values than names, and fewer.
    assert_eq!(sections(Kind::Csv, "a,b\n1,2,3\n4\n")[0].0, "a: 1\nb: 2\ncolumn 3: 3");
}

#[test]
fn rows_can_be_grouped() {
    let rows: String = (1..=60).map(|n| format!("thing {n},about {n} of them\n")).collect();
    let options = ReadOptions { rows: Rows::Grouped, ..OPTIONS };
    let (sections, _) = found(Kind::Csv, format!("name,note\n{rows}").as_bytes(), options).unwrap();
    assert!((3..10).contains(&sections.len()), "{}", sections.len());
    assert_eq!(sections[0].metadata["row"], 1);
    let last = sections.last().unwrap();
    assert!(last.metadata["rows"].as_str().unwrap().ends_with("-60"), "{:?}", last.metadata);
    let all: String = sections.iter().map(|section| format!("{}\n", section.text)).collect();
    assert!((1..=60).all(|n| all.contains(&format!("name: thing {n}\n"))));
}

#[test]
fn items_of_a_list_are_documents() {
    let text = r#"[{"name": "Ada", "age": 36, "tags": ["a"], "none": null, "row": 9}, "plain", 7,
                   {"content": "Own text", "lang": "en", "metadata": {"page": 2, "topic": "x"}}]"#;
    assert_eq!(
        sections(Kind::Json, text),
        [
            (
                "name: Ada\nage: 36\ntags: [\"a\"]\nrow: 9".to_owned(),
                json!({ "row": 1, "name": "Ada", "age": 36, "row_": 9 })
            ),
            ("plain".to_owned(), json!({ "row": 2 })),
            ("7".to_owned(), json!({ "row": 3 })),
            ("Own text".to_owned(), json!({ "row": 4, "lang": "en", "page_": 2, "topic": "x" })),
        ]
    );
    assert_eq!(
        sections(Kind::JsonLines, "{\"a\": 1}\n\n{\"a\": 2}\n")[1],
        ("a: 2".to_owned(), json!({ "row": 3, "a": 2 }))
    );
    let other = sections(Kind::Json, r#"{"site": {"open": "8 to 17"}}"#);
    assert!(other.len() == 1 && other[0].0.contains("\"open\": \"8 to 17\""), "{other:?}");
    assert_eq!(sections(Kind::Json, "[\"a\\u0000b\"]")[0].0, "ab");
}

#[test]
fn a_page_gives_what_it_is_about() {
    let article = "<p>The mill at the weir was built in 1787 and still grinds rye, wheat and spelt for the bakers of the \
                   town. Its wheel turns eight times a minute, as long as the water of the race is high enough.</p>"
        .repeat(8);
    let html = format!(
        "<html><head><title>The mill &amp; its race</title><style>p {{}}</style></head><body><nav><a href=/>Home</a> \
         <a href=/shop>Shop</a></nav><article><h1>The mill</h1>{article}</article><footer>Imprint</footer>\
         <script>alert('no')</script></body></html>"
    );
    let found = sections(Kind::Html, &html);
    assert_eq!(found.len(), 1);
    assert!(found[0].0.contains("Its wheel turns eight times") && !found[0].0.contains("alert"), "{found:?}");
    assert!(!found[0].0.contains("Imprint") && !found[0].0.contains("Shop"), "{found:?}");
    assert_eq!(found[0].1["title"], "The mill & its race");
    // Too little for an article: all that is there.
    let found = sections(Kind::Html, "<title>T</title><ul><li>One</li><li>Two</li></ul><script>x()</script>");
    assert_eq!(found[0].0.split_whitespace().collect::<Vec<_>>(), ["One", "Two"]);
    assert_eq!(code(Kind::Html, b"<html><body><script>render()</script></body></html>"), "no_text");
}

#[test]
fn tables_and_lists_that_are_none_are_errors() {
    assert_eq!(code(Kind::Csv, b"only,names\n"), "empty_file");
    assert_eq!(code(Kind::Csv, b"a,b\n,\n , \n"), "empty_file");
    for text in ["{", "[1,]", "not json", "[1] [2]", "{\"a\": \"a text with a \u{1} in it\"}"] {
        assert_eq!(code(Kind::Json, text.as_bytes()), "damaged_file", "{text}");
    }
    assert_eq!(code(Kind::Json, "[".repeat(100_000).as_bytes()), "damaged_file");
    assert_eq!(
        code(Kind::Json, format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)).as_bytes()),
        "damaged_file"
    );
    assert_eq!(code(Kind::Json, b"[]"), "empty_file");
    assert_eq!(code(Kind::Json, b"{}"), "empty_file");
    assert_eq!(code(Kind::JsonLines, b"{}\n{]\n"), "damaged_file");
    let many: String = (0..1001).map(|n| format!("{n}\n")).collect();
    assert_eq!(code(Kind::Csv, format!("n\n{many}").as_bytes()), "too_many_records");
    assert_eq!(code(Kind::Text, b"a\0b"), "not_text");
}

/// A PDF file with these objects, numbered from 1; the first is the catalogue.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    bytes.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    bytes
}

/// One page for each content stream.
fn pdf_of_pages(contents: &[&str]) -> Vec<u8> {
    let kids: Vec<String> = (0..contents.len()).map(|n| format!("{} 0 R", 4 + 2 * n)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), contents.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
    ];
    for (n, content) in contents.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * n
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    pdf(&objects)
}

#[test]
fn pages_of_a_pdf_are_sections() {
    let one = "BT /F1 12 Tf 72 720 Td (The first page tells of water.) Tj ET";
    let two = "BT /F1 12 Tf 72 720 Td (The second page) Tj 0 -40 Td (tells of wheels.) Tj ET";
    let (sections, warnings) = found(Kind::Pdf, &pdf_of_pages(&[one, two, ""]), OPTIONS).unwrap();
    assert_eq!(sections.len(), 2, "{sections:?}");
    assert!(sections[0].text.contains("The first page tells of water."), "{:?}", sections[0].text);
    assert!(sections[1].text.contains("tells of wheels."), "{:?}", sections[1].text);
    assert_eq!((&sections[0].metadata["page"], &sections[1].metadata["page"]), (&json!(1), &json!(2)));
    assert!(warnings.is_empty());
}

#[test]
fn broken_pdfs_are_errors_and_broken_pages_are_left_out() {
    let good = "BT /F1 12 Tf 72 720 Td (Readable.) Tj ET";
    // A font that is not there makes the library panic.
    let bad = "BT /F9 12 Tf 72 720 Td (Unreadable.) Tj ET";
    let (sections, warnings) = found(Kind::Pdf, &pdf_of_pages(&[good, bad]), OPTIONS).unwrap();
    assert_eq!(sections.len(), 1);
    assert!(warnings[0].contains("1 of 2 pages") && warnings[0].contains(": 2"), "{warnings:?}");
    assert_eq!(code(Kind::Pdf, &pdf_of_pages(&[bad])), "damaged_file");
    assert_eq!(code(Kind::Pdf, &pdf_of_pages(&[""])), "no_text");
    assert_eq!(code(Kind::Pdf, &pdf_of_pages(&[])), "damaged_file");
    let whole = pdf_of_pages(&[good]);
    for cut in [9, 100, whole.len() / 2, whole.len() - 40] {
        let result = found(Kind::Pdf, &whole[..cut], OPTIONS);
        assert!(result.as_ref().map_or_else(|e| e.code == "damaged_file", |_| true), "{cut}: {result:?}");
    }
    for noise in [&b"%PDF-1.4"[..], b"%PDF-1.4\n%%EOF", b"%PDF-9.9\nstartxref\n999999999999\n%%EOF"] {
        assert_eq!(code(Kind::Pdf, noise), "damaged_file");
    }
}
