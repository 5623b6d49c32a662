//! Files that mean harm, or came to harm: each is an error of its own, and nothing else notices.

use super::{collection, documents, file, upload, with_models};
use crate::support::{Database, TestApp};
use millrace::server::clock::Clock;
use std::{os::unix::fs::PermissionsExt as _, path::Path};

/// A PDF file of one page, with a content stream that goes through the named filters.
fn pdf(filters: &str, content: &[u8], more: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    let stream = [
        format!("<< /Length {} /Filter [{filters}] >>\nstream\n", content.len()).as_bytes(),
        content,
        b"\nendstream",
    ]
    .concat();
    let objects: [Vec<u8>; 5] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [3 0 R{more}] /Count 1 >>").into_bytes(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>"
            .to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        stream,
    ];
    for (index, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend(b"xref\n0 6\n0000000000 65535 f \n");
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").bytes());
    }
    bytes.extend(format!("trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    bytes
}

/// Packed as zlib does it: a pattern of 1 or 19 bytes again and again, until it has been unpacked to so many bytes.
fn packed(pattern: &[u8], unpacked: usize) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_u64, 0, vec![0x78, 0xda]);
    // Codes of the fixed tree go in with their first bit first, plain numbers with their last.
    let mut put = |value: u32, length: u32, code: bool| {
        let value = if code { value.reverse_bits() >> (32 - length) } else { value };
        bits |= u64::from(value) << count;
        count += length;
        while count >= 8 {
            bytes.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    put(0b011, 3, false);
    for byte in pattern {
        put(0x30 + u32::from(*byte), 8, true);
    }
    for _ in 0..unpacked / 258 {
        // The 258 bytes that begin one pattern before.
        put(0b1100_0101, 8, true);
        if pattern.len() == 1 {
            put(0, 5, true);
        } else {
            put(8, 5, true);
            put(pattern.len() as u32 - 17, 3, false);
        }
    }
    put(0, 7, true);
    put(0, 7, false);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_an_error_of_its_own() {
    let app = TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        with_models(config);
        config.ingest.extract_memory_bytes = 256 << 20;
        config.ingest.extract_seconds = 5;
    })
    .await;
    let client = app.user("ada").await;
    let path = collection(&client, "hostile").await;
    let nested_html = format!("<p>{}x{}", "<div><span>".repeat(200_000), "</span></div>".repeat(200_000));
    let nested_pdf_array = pdf("", b"BT ET", &format!(" {}{}", "[".repeat(100_000), "]".repeat(100_000)));
    let endless = pdf("/FlateDecode", &packed(b"q 1 0 0 1 0 0 cm Q\n", 80 << 20), "");
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("good before.txt", b"The miller counts his sacks before the cart leaves.".to_vec()),
        ("nothing.txt", Vec::new()),
        ("blank.md", b" \n\n\t ".to_vec()),
        ("binary.txt", (0..255_u8).cycle().take(10_000).collect()),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n0000".to_vec()),
        ("archive.zip", b"PK\x03\x04".to_vec()),
        ("words.docx", b"PK\x03\x04".to_vec()),
        ("renamed.txt", pdf("", b"BT ET", "")),
        ("text.pdf", b"only a text".to_vec()),
        ("cut.pdf", pdf("", b"BT /F1 12 Tf (x) Tj ET", "")[..120].to_vec()),
        ("bomb.pdf", pdf("/FlateDecode", &packed(b"\0", 1 << 30), "")),
        ("endless.pdf", endless),
        ("nested.pdf", nested_pdf_array),
        ("self.pdf", pdf("", b"BT ET", " 2 0 R")),
        ("nested.html", nested_html.into_bytes()),
        ("nested.json", "[".repeat(5_000_000).into_bytes()),
        ("wide.json", format!("[{}1]", "[],".repeat(8_000_000)).into_bytes()),
        ("broken.json", b"{\"a\": [1, 2}".to_vec()),
        ("names only.csv", b"a,b,c".to_vec()),
        ("many rows.csv", "n\n".repeat(200_000).into_bytes()),
        ("..\\..\\good after.txt", "Grüße von der Mühle am Wehr.".as_bytes().to_vec()),
    ];
    let view = upload(&client, &path, &files).await;
    let outcome = |name: &str| {
        let file = file(&view, name);
        file["error"]["code"].as_str().or(file["state"].as_str()).unwrap_or_default().to_owned()
    };
    for (name, expected) in [
        ("good before.txt", &["done"][..]),
        ("nothing.txt", &["empty_file"]),
        ("blank.md", &["empty_file"]),
        ("binary.txt", &["not_text"]),
        ("picture.pdf", &["unsupported_format"]),
        ("archive.zip", &["unsupported_format"]),
        ("words.docx", &["unsupported_format"]),
        ("renamed.txt", &["wrong_extension"]),
        ("text.pdf", &["wrong_extension"]),
        ("cut.pdf", &["damaged_file"]),
        ("bomb.pdf", &["too_complex", "damaged_file", "took_too_long"]),
        ("endless.pdf", &["took_too_long", "too_complex"]),
        ("nested.pdf", &["too_complex", "damaged_file", "no_text"]),
        ("self.pdf", &["damaged_file", "no_text"]),
        // Nested as it is, its one letter of text is all that it has.
        ("nested.html", &["done", "too_complex", "took_too_long"]),
        ("nested.json", &["damaged_file"]),
        ("wide.json", &["too_complex", "empty_file", "too_many_records", "took_too_long"]),
        ("broken.json", &["damaged_file"]),
        ("names only.csv", &["empty_file"]),
        ("many rows.csv", &["too_many_records"]),
        ("good after.txt", &["done"]),
    ] {
        let outcome = outcome(name);
        assert!(expected.contains(&outcome.as_str()), "{name}: {outcome}: {}", file(&view, name));
        let message = &file(&view, name)["error"]["message"];
        assert!(
            message.is_null() || message.as_str().is_some_and(|m| m.len() > 30 && m.ends_with('.')),
            "{name}: {message}"
        );
    }
    let texts: Vec<_> = documents(&client, &path).await.iter().map(|d| d["content"].clone()).collect();
    assert!(texts.iter().any(|text| text == "Grüße von der Mühle am Wehr."), "{texts:?}");
    assert_eq!(client.get("/health/ready").await.status, 200);
}

/// An application whose files are read by that script.
async fn read_by(folder: &Path, script: &str) -> TestApp {
    let program = folder.join("reader.sh");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("writes");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("may run");
    TestApp::start_with(Database::Sqlite, Clock::system(), |config| {
        with_models(config);
        config.ingest.program = Some(program);
        config.ingest.extract_seconds = 1;
        config.ingest.max_upload_bytes = 1 << 20;
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_misbehaves_costs_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    for (script, code) in [
        ("exec sleep 600", "took_too_long"),
        ("kill -9 $$", "took_too_long"),
        ("kill -11 $$", "damaged_file"),
        ("exit 0", "damaged_file"),
        ("echo nonsense", "internal"),
        ("yes '{\"warning\":\"again and again\"}'", "too_complex"),
        ("head -c 5000000 /dev/zero", "too_complex"),
        (
            "head -c 5000000 /dev/zero >&2; echo 'memory allocation of 9 bytes failed' >&2; kill -6 $$",
            "damaged_file",
        ),
        ("echo 'memory allocation of 9 bytes failed' >&2; kill -6 $$", "too_complex"),
        ("echo 'thread main has overflowed its stack' >&2; kill -6 $$", "too_complex"),
    ] {
        let app = read_by(folder.path(), script).await;
        let client = app.user("ada").await;
        let path = collection(&client, "mine").await;
        let view =
            upload(&client, &path, &[("a.json", b"[1]".to_vec()), ("b.txt", b"Still here.".to_vec())]).await;
        assert_eq!(file(&view, "a.json")["error"]["code"], code, "{script}: {view}");
        assert_eq!(file(&view, "b.txt")["state"], "done", "{script}: {view}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reader_gets_no_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = folder.path().join("told");
    let script = format!("cat >/dev/null; env >{0}; pwd >>{0}; echo '\"end\"'", told.display());
    let app = read_by(folder.path(), &script).await;
    let client = app.user("ada").await;
    let path = collection(&client, "mine").await;
    upload(&client, &path, &[("a.json", b"[1]".to_vec())]).await;
    let told = std::fs::read_to_string(told).expect("the reader ran");
    assert!(!told.contains("MILLRACE_") && !told.contains("DATABASE") && !told.contains("HOME="), "{told}");
}
