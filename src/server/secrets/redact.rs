//! Keeps values out of what is stored: outputs, logs, errors, events. By value, in every form in which a reply may give
//! one back.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// Forms shorter than this are not looked for: they would be found in ordinary text.
const SHORTEST: usize = 4;
/// Inner pieces of base64 have lost their ends, so they must be longer to mean something.
const SHORTEST_PIECE: usize = 8;

/// The values that one attempt has been shown; clones share them.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Mutex<Vec<Needle>>>);

struct Needle {
    form: Zeroizing<String>,
    /// What stands in its place.
    word: Arc<str>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Hides a value from now on; `[secret NAME]` stands in its place.
    pub fn hide(&self, name: &str, value: &str) {
        let word: Arc<str> = format!("[secret {name}]").into();
        let mut needles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for form in forms(value) {
            if form.len() >= SHORTEST && !needles.iter().any(|needle| *needle.form == *form) {
                needles.push(Needle { form, word: Arc::clone(&word) });
            }
        }
        // A value may stand inside another form.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.form.len()));
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The text without the values.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let needles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hidden(&needles, text)
    }

    /// The bytes without the values, whatever else they are.
    #[must_use]
    pub fn bytes<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let needles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The longest first, as they are sorted.
        let mut by_first: HashMap<u8, Vec<&Needle>> = HashMap::new();
        for needle in needles.iter() {
            by_first.entry(needle.form.as_bytes()[0]).or_default().push(needle);
        }
        let (mut clean, mut kept, mut at) = (Vec::new(), 0, 0);
        while at < bytes.len() {
            let here = by_first.get(&bytes[at]).into_iter().flatten();
            match here.copied().find(|needle| bytes[at..].starts_with(needle.form.as_bytes())) {
                Some(needle) => {
                    clean.extend_from_slice(&bytes[kept..at]);
                    clean.extend_from_slice(needle.word.as_bytes());
                    at += needle.form.len();
                    kept = at;
                }
                None => at += 1,
            }
        }
        if kept == 0 {
            return Cow::Borrowed(bytes);
        }
        clean.extend_from_slice(&bytes[kept..]);
        Cow::Owned(clean)
    }

    /// Takes the values out of every text and key of a JSON value.
    pub fn value(&self, value: &mut Value) {
        let needles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !needles.is_empty() {
            clean(&needles, value);
        }
    }
}

/// Where a form stands next.
struct Found<'n> {
    needle: &'n Needle,
    at: usize,
}

/// One pass from left to right: what was put in is not looked at again. Each form is searched for through the text once,
/// so a text that is full of values costs no more than any other.
fn hidden<'t>(needles: &[Needle], text: &'t str) -> Cow<'t, str> {
    let found = |needle, from: usize| {
        let needle: &Needle = needle;
        Some(Found { needle, at: from + text.get(from..)?.find(needle.form.as_str())? })
    };
    let mut next: Vec<Found<'_>> = needles.iter().filter_map(|needle| found(needle, 0)).collect();
    if next.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut clean, mut done) = (String::with_capacity(text.len()), 0);
    // Of two at the same place the longer one comes first in the list.
    while let Some(first) = next.iter().min_by_key(|found| found.at) {
        clean.push_str(&text[done..first.at]);
        clean.push_str(&first.needle.word);
        done = first.at + first.needle.form.len();
        next = next
            .into_iter()
            .filter_map(|old| if old.at < done { found(old.needle, done) } else { Some(old) })
            .collect();
    }
    clean.push_str(&text[done..]);
    Cow::Owned(clean)
}

fn clean(needles: &[Needle], value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(hidden) = hidden(needles, text) {
                *text = hidden;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| clean(needles, item)),
        Value::Object(map) => {
            map.values_mut().for_each(|item| clean(needles, item));
            if map.keys().any(|key| matches!(hidden(needles, key), Cow::Owned(_))) {
                let before: Map<String, Value> = std::mem::take(map);
                map.extend(before.into_iter().map(|(key, item)| (hidden(needles, &key).into_owned(), item)));
            }
        }
        // A value of digits alone may come back as a number.
        Value::Number(number) => {
            let text = number.to_string();
            if needles.iter().any(|needle| *needle.form == text) {
                *value = Value::String(hidden(needles, &text).into_owned());
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// The value, and what it looks like in JSON text, in addresses and forms, and in base64 by itself or inside of more.
fn forms(value: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![value.to_owned()];
    let json = Value::String(value.to_owned()).to_string();
    forms.push(json[1..json.len() - 1].to_owned());
    forms.push(json[1..json.len() - 1].replace('/', "\\/"));
    forms.push(ascii(&json[1..json.len() - 1]));
    // JSON that stands as text in JSON.
    let twice = Value::String(json[1..json.len() - 1].to_owned()).to_string();
    forms.push(twice[1..twice.len() - 1].to_owned());
    for (quote, apostrophe) in [("&quot;", "&#39;"), ("&#34;", "&#x27;"), ("&quot;", "'"), ("\"", "'")] {
        let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        forms.push(html.replace('"', quote).replace('\'', apostrophe));
    }
    for upper in [true, false] {
        for space in ["%20", "+"] {
            for plain in ["-._~", "-._~!*'()", "-._*", "-._~!$&'()*+,;=:@/?"] {
                forms.push(percent(value, plain, space, upper));
            }
        }
    }
    for skipped in 0..3 {
        let padded = [&[0; 3][..skipped], value.as_bytes()].concat();
        // Digits of six bits that depend on the value alone.
        let from = (skipped * 8).div_ceil(6);
        let to = padded.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&padded);
            if skipped == 0 {
                forms.push(format!("{text}{}", &"=="[..(3 - padded.len() % 3) % 3]));
                forms.push(text.clone());
            }
            if to > from && to - from >= SHORTEST_PIECE {
                forms.push(text[from..to].to_owned());
            }
        }
    }
    forms.into_iter().map(Zeroizing::new).collect()
}

/// JSON of ASCII alone.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// Percent-encoded but for ASCII letters, digits and the characters of `plain`.
fn percent(value: &str, plain: &str, space: &str, upper: bool) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || (byte.is_ascii() && plain.contains(c)) {
            text.push(c);
        } else if byte == b' ' {
            text.push_str(space);
        } else if upper {
            text.push_str(&format!("%{byte:02X}"));
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use serde_json::json;

    const VALUE: &str = "s3cr+t/va lue\"ü";

    fn redactor() -> Redactor {
        let redactor = Redactor::default();
        redactor.hide("key", VALUE);
        redactor
    }

    #[test]
    fn hides_every_form() {
        let redactor = redactor();
        let query = reqwest::Url::parse_with_params("http://h/", [("k", VALUE)]).unwrap();
        let path = reqwest::Url::parse(&format!("http://h/{VALUE}")).unwrap();
        for text in [
            VALUE.to_owned(),
            json!(VALUE).to_string(),
            STANDARD.encode(VALUE),
            URL_SAFE.encode(VALUE),
            query.to_string(),
            path.to_string(),
            "s3cr%2bt%2fva%20lue%22%c3%bc".to_owned(),
            "s3cr+t/va lue\\\"\\u00fc".to_owned(),
            json!(json!({ "said": VALUE }).to_string()).to_string(),
            "s3cr+t/va lue&quot;ü".to_owned(),
            "s3cr+t/va lue&#34;ü".to_owned(),
        ] {
            let found = redactor.text(&format!("before {text} after")).into_owned();
            assert!(found.starts_with("before ") && found.ends_with(" after"), "{found}");
            assert!(found.contains("[secret key]"), "{text} stayed: {found}");
            assert!(!found.contains("s3cr"), "{found}");
        }
        for around in ["", "a", "ab", "abc", "user:"] {
            for engine in [STANDARD, URL_SAFE] {
                let text = engine.encode(format!("{around}{VALUE} and more"));
                assert!(redactor.text(&text).contains("[secret key]"), "{around}: {text}");
            }
        }
        assert!(matches!(redactor.text("nothing to see"), Cow::Borrowed(_)));
        assert!(matches!(redactor.bytes(b"nothing \xff to see"), Cow::Borrowed(_)));
        let bytes = [b"\xff\x00", VALUE.as_bytes(), b"\xfe", STANDARD.encode(VALUE).as_bytes()].concat();
        assert_eq!(redactor.bytes(&bytes), &b"\xff\x00[secret key]\xfe[secret key]"[..]);
    }

    #[test]
    fn cleans_values_keys_and_numbers_and_keeps_the_rest() {
        let redactor = redactor();
        redactor.hide("pin", "12345678");
        let mut value = json!({ "a": [VALUE, 1, 12_345_678, null, true], VALUE: { "b": format!("<{VALUE}>") }, "z": "same" });
        redactor.value(&mut value);
        assert_eq!(
            value.to_string(),
            json!({ "a": ["[secret key]", 1, "[secret pin]", null, true], "[secret key]": { "b": "<[secret key]>" }, "z": "same" })
                .to_string()
        );
    }

    #[test]
    fn what_stands_in_its_place_is_not_looked_at() {
        let redactor = Redactor::default();
        redactor.hide("my secret", "secret");
        assert_eq!(
            redactor.text("secretsecret, secret"),
            "[secret my secret][secret my secret], [secret my secret]"
        );
    }

    #[test]
    fn the_longer_form_goes_first() {
        let redactor = Redactor::default();
        redactor.hide("short", "abcd");
        redactor.hide("long", "xxabcdxx");
        assert_eq!(redactor.text("xxabcdxx abcd"), "[secret long] [secret short]");
        assert!(!redactor.is_empty() && Redactor::default().is_empty());
    }
}
