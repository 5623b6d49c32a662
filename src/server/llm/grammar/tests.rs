//! Documents that a guide lets through: whatever the model prefers, they follow the schema and end in time.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::server::llm::vocabulary::TokenText;
use crate::workflow::catalog::answer_schema::FORMATS;

/// Every byte, and some longer tokens, as byte-level vocabularies have them.
fn vocabulary() -> Vocabulary {
    let longer = [
        "\":\"", "\",\"", "\"}", "{\"", "name", "true", "false", "null", "  ", "ab", "12", "é", "\":", "red",
    ];
    let bytes = (0..=255u8).map(|byte| vec![byte]);
    let words = bytes.chain(longer.iter().map(|text| text.as_bytes().to_vec()));
    let mut tokens: Vec<TokenText> = words.map(|word| TokenText::Bytes(word.into())).collect();
    tokens.push(TokenText::Control("<|im_end|>".into()));
    Vocabulary::new(tokens, [])
}

/// What a model writes that chooses among the allowed tokens with `choose`.
fn document(
    vocabulary: &Vocabulary,
    schema: &Value,
    limit: usize,
    mut choose: impl FnMut(&[u32]) -> u32,
) -> (String, usize) {
    let mut guide = vocabulary.grammars().unwrap().begin(schema).unwrap();
    assert!(guide.tokens_to_close() <= limit, "{} tokens at least", guide.tokens_to_close());
    let (mut text, mut used) = (Vec::new(), 0);
    loop {
        let allowed: Vec<u32> = guide.allowed().unwrap().iter().collect();
        let token = choose(&allowed);
        let is_end = vocabulary.is_end(token);
        match guide.take(token, limit - used - usize::from(!is_end)).unwrap() {
            Taken::Open => text.extend_from_slice(vocabulary.bytes(token)),
            Taken::Whole(rest) => {
                text.extend_from_slice(vocabulary.bytes(token));
                text.extend(rest);
                return (String::from_utf8(text).unwrap(), used + 1);
            }
            Taken::Close(rest, tokens) => {
                text.extend(rest);
                return (String::from_utf8(text).unwrap(), used + tokens);
            }
        }
        used += 1;
    }
}

fn schemas() -> Vec<Value> {
    vec![
        json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}),
        json!({"type": "array", "items": {"type": "object", "properties": {"red": {"type": "boolean"}}, "required": ["red"]}, "minItems": 2}),
        json!({"enum": ["rot", "grün", "blau 🦀", 1, null]}),
        json!({"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"}),
        json!({"type": "string", "pattern": "^(ab)*c$"}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string", "format": "email"}),
        json!({"type": "string", "format": "hostname"}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "string", "minLength": 12, "maxLength": 20}),
        json!({"type": "number", "minimum": -3.5, "exclusiveMaximum": 1000}),
        json!({"type": "integer", "multipleOf": 7, "minimum": 50}),
        json!({"anyOf": [{"type": "object", "properties": {"a": {"type": "string", "minLength": 9}}, "required": ["a"]}, {"type": "null"}]}),
        json!({"type": "object", "properties": {"tree": {"$ref": "#/$defs/tree"}}, "required": ["tree"],
            "$defs": {"tree": {"type": "object", "properties": {"name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["name", "children"]}}}),
        json!({"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1}),
        json!({}),
    ]
}

#[test]
fn a_greedy_model_that_never_closes_is_closed() {
    let vocabulary = vocabulary();
    for schema in schemas() {
        let answers = Answers::of(&schema).unwrap();
        let needed = vocabulary.grammars().unwrap().begin(&schema).unwrap().tokens_to_close();
        for limit in [needed, needed + 1, needed + 7, needed + 40] {
            // Prefers letters and opening brackets: nothing that ends anything.
            let likes = |token: &u32| match vocabulary.bytes(*token) {
                b"{" | b"[" | b"," => 3,
                b"a" | b"\"" => 2,
                b"}" | b"]" | b"" => 0,
                _ => 1,
            };
            let (text, used) = document(&vocabulary, &schema, limit, |allowed| {
                *allowed.iter().max_by_key(|t| likes(t)).unwrap()
            });
            assert!(used <= limit, "{used} of {limit} tokens: {text}");
            answers.read(&text).unwrap_or_else(|error| panic!("{schema}: {text}: {error}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Whatever is chosen, the document follows the schema and is whole within the limit.
    #[test]
    fn whatever_is_chosen_the_document_is_whole(seed in any::<u64>(), more in 0usize..60) {
        let vocabulary = vocabulary();
        for schema in schemas() {
            let needed = vocabulary.grammars().unwrap().begin(&schema).unwrap().tokens_to_close();
            let mut state = seed;
            let (text, used) = document(&vocabulary, &schema, needed + more, |allowed| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                allowed[(state >> 33) as usize % allowed.len()]
            });
            prop_assert!(used <= needed + more, "{} of {}: {}", used, needed + more, text);
            // What a pattern or a format looks like is the grammar's; that dates exist is not.
            let read = Answers::of(&schema).unwrap().read(&text);
            prop_assert!(read.is_ok(), "{}: {}: {:?}", schema, text, read);
        }
    }
}

/// What the grammar of a format lets through, and how: the check afterwards must not be stricter.
#[test]
fn every_format_that_may_be_asked_for_passes_its_own_check() {
    let vocabulary = vocabulary();
    for format in FORMATS {
        let schema = json!({"type": "string", "format": format});
        let answers = Answers::of(&schema).unwrap();
        assert!(answers.read("\"~ none of it ~\"").is_err(), "{format} is not checked");
        let needed = vocabulary.grammars().unwrap().begin(&schema).unwrap().tokens_to_close();
        for seed in 0..30u64 {
            let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let (text, _) = document(&vocabulary, &schema, needed + 60, |allowed| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                allowed[(state >> 33) as usize % allowed.len()]
            });
            answers.read(&text).unwrap_or_else(|error| panic!("{format}: {text}: {error}"));
        }
    }
}

#[test]
fn the_shortest_end_is_short() {
    let vocabulary = vocabulary();
    let shortest = |schema: Value| {
        let guide = vocabulary.grammars().unwrap().begin(&schema).unwrap();
        String::from_utf8(guide.close.bytes).unwrap()
    };
    assert_eq!(shortest(schemas()[0].clone()), r#"{"name":"","age":0}"#);
    assert_eq!(shortest(json!({"enum": ["maybe", "yes", "no"]})), r#""no""#);
    assert_eq!(shortest(json!({"type": "string", "pattern": "^(ab)*c$"})), r#""c""#);
    assert_eq!(shortest(json!({"anyOf": [{"type": "string", "minLength": 9}, {"type": "boolean"}]})), "true");
    for (format, longest) in [("email", 9), ("hostname", 6), ("date-time", 22), ("uri", 8)] {
        let text = shortest(json!({"type": "string", "format": format}));
        assert!(text.len() <= longest, "{format}: {text}");
    }
    let long = shortest(
        json!({"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}},
        "required": ["name"]}, "minItems": 300}),
    );
    assert_eq!(long.matches(r#"{"name":""}"#).count(), 300);
}

#[test]
fn what_cannot_be_followed_is_refused_with_a_reason() {
    let vocabulary = vocabulary();
    let refused = |schema: Value| {
        let error = vocabulary.grammars().unwrap().begin(&schema).err().unwrap();
        assert!(!error.retryable);
        (error.code, error.message)
    };
    let (code, message) = refused(json!({"type": "object", "not": {}}));
    assert!(code == "schema_not_supported" && message.contains("not"), "{code}: {message}");
    let (code, message) = refused(json!({"type": "integer", "minimum": 3, "maximum": 2}));
    assert_eq!(code, "schema_contradictory", "{message}");
    let (code, message) = refused(json!({"$ref": "https://example.org/schema.json"}));
    assert_eq!(code, "schema_not_supported", "{message}");
    let (code, message) = refused(json!({"type": "string", "pattern": "["}));
    assert_eq!(code, "schema_not_supported", "{message}");
    assert!(Answers::of(&json!({"$ref": "https://example.org/schema.json"})).is_err());
}

#[test]
fn an_answer_is_read_and_held_against_the_schema() {
    let answers =
        Answers::of(&json!({"type": "object", "properties": {"a": {"type": "string", "format": "date"}}}))
            .unwrap();
    assert_eq!(answers.read(r#"{"a":"2026-11-23"}"#).unwrap(), json!({"a": "2026-11-23"}));
    for wrong in [r#"{"a":"2026-02-31"}"#, r#"{"a":1}"#, r#"{"a":"#] {
        let error = answers.read(wrong).unwrap_err();
        assert_eq!((error.code, error.retryable), ("output_not_valid", true), "{wrong}");
    }
    assert!(answers.read(r#"{"a":1}"#).unwrap_err().message.contains("at a"));
}

#[test]
fn a_vocabulary_without_an_end_or_with_holes_works() {
    let tokens = ["{", "}", "\"", ":", "a", "1"].map(|text| TokenText::Bytes(text.as_bytes().into()));
    let vocabulary = Vocabulary::new(tokens.into_iter().chain([TokenText::Control("".into())]), []);
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]});
    let (text, _) = document(&vocabulary, &schema, 10, |allowed| allowed[0]);
    assert!(text.starts_with("{\"a\":1"), "{text}");
}
