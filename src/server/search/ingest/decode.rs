//! Bytes to text: UTF-8, UTF-16 and UTF-8 with a byte order mark, what an HTML page declares, else Latin-1 (as browsers
//! read it: Windows-1252). Bytes that are no text in any of them are refused.

use super::{error::IngestError, kind::Kind};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How far into a page its encoding may be declared.
const DECLARED_WITHIN: usize = 1024;

/// The text of a file.
///
/// # Errors
/// `not_text` for what looks binary.
pub fn decode(kind: Kind, bytes: &[u8]) -> Result<String, IngestError> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode_with_bom_removal(bytes).0,
        None => match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
            Some(text) => text,
            None => {
                let declared = if kind == Kind::Html { declared(bytes) } else { None };
                declared.unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes).0
            }
        },
    };
    if looks_binary(&text) {
        return Err(IngestError::new(
            "not_text",
            "The file is not text, or is in an encoding that cannot be told. Save it as UTF-8 and send it again.",
        ));
    }
    let text = text.replace("\r\n", "\n");
    if text.trim().is_empty() { Err(IngestError::empty()) } else { Ok(text) }
}

/// What `<meta charset=…>` or the like names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes[..bytes.len().min(DECLARED_WITHIN)].to_ascii_lowercase();
    let at = start.windows(8).position(|window| window == b"charset=")? + 8;
    let label: Vec<u8> = start[at..]
        .iter()
        .copied()
        .skip_while(|byte| *byte == b'"' || *byte == b'\'')
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte))
        .collect();
    Encoding::for_label(&label)
}

/// Text has no NUL, and hardly a control or replacement character.
fn looks_binary(text: &str) -> bool {
    let (mut odd, mut all) = (0_usize, 0_usize);
    for c in text.chars() {
        if c == '\0' {
            return true;
        }
        all += 1;
        let is_control = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
        if is_control || c == char::REPLACEMENT_CHARACTER {
            odd += 1;
        }
    }
    odd * 20 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        let mut bytes = if little { vec![0xff, 0xfe] } else { vec![0xfe, 0xff] };
        for unit in text.encode_utf16() {
            bytes.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
        }
        bytes
    }

    #[test]
    fn reads_the_usual_encodings() {
        let text = "Zürich – 12 €\nzwei";
        let (latin, ..) = WINDOWS_1252.encode(text);
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(text, true),
            utf16(text, false),
            latin.into_owned(),
        ] {
            assert_eq!(decode(Kind::Text, &bytes).as_deref(), Ok(text), "{bytes:?}");
        }
        assert_eq!(decode(Kind::Text, b"a\r\nb").as_deref(), Ok("a\nb"));
    }

    #[test]
    fn believes_what_a_page_declares_if_it_is_not_utf8() {
        let (bytes, ..) = encoding_rs::SHIFT_JIS.encode("<meta charset=\"Shift_JIS\"><p>日本語</p>");
        assert!(decode(Kind::Html, &bytes).is_ok_and(|text| text.contains("日本語")));
        let text = "<meta charset=iso-8859-2><p>ł in UTF-8</p>";
        assert_eq!(decode(Kind::Html, text.as_bytes()).as_deref(), Ok(text));
    }

    #[test]
    fn refuses_binary_and_nothing() {
        let noise: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for bytes in [&noise[..], b"text with \0 in it", &[0x81; 300], &utf16("no mark here", true)[2..]] {
            assert_eq!(decode(Kind::Text, bytes).unwrap_err().code, "not_text");
        }
        assert_eq!(decode(Kind::Text, &[0xef, 0xbb, 0xbf, b' ']).unwrap_err().code, "empty_file");
        // Half a character at the end, as of a file that was cut.
        assert!(
            decode(Kind::Text, "einige Wörter, dann ein halbes ü".as_bytes().split_last().unwrap().1).is_ok()
        );
    }
}
