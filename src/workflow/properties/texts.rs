//! Expressions and templates.

use super::any_json;
use crate::workflow::expression::{
    Form, Scope, check_syntax, evaluate, is_single_expression, references, rename_node, render_data,
    render_text,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Pieces of templates in any order: far likelier to reach odd corners than random letters.
fn template_soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{"),
        Just("}}"),
        Just("{%"),
        Just("%}"),
        Just("{#"),
        Just("#}"),
        Just("{"),
        Just("}"),
        Just(" "),
        Just("\n"),
        Just("input"),
        Just("inputs"),
        Just("nodes"),
        Just("vars"),
        Just("run"),
        Just(".a"),
        Just("[0]"),
        Just("[\"b\"]"),
        Just("['"),
        Just("']"),
        Just("if "),
        Just("else"),
        Just("endif"),
        Just("for x in "),
        Just("endfor"),
        Just("raw"),
        Just("endraw"),
        Just("set y = "),
        Just("<"),
        Just(">="),
        Just("=="),
        Just(" and "),
        Just(" not "),
        Just(" in "),
        Just("|"),
        Just("default(1)"),
        Just("sort"),
        Just("length"),
        Just("is defined"),
        Just("("),
        Just(")"),
        Just("["),
        Just("]"),
        Just(","),
        Just("1"),
        Just("'x'"),
        Just("-"),
        Just("~"),
        Just("*"),
        Just("**"),
        Just("/"),
        Just("é"),
        Just("🎉"),
        Just("\\"),
        Just("\""),
        Just("macro m(a)"),
        Just("endmacro"),
        Just("call m()"),
        Just("range(9)"),
        Just(":"),
        Just(".upper()"),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn scope() -> Scope {
    Scope::builder()
        .input(json!({ "a": [1, { "b": null }], "x": "text" }))
        .with_input("a", json!([3, 1, 2]))
        .with_node("a", json!({ "b": 1 }))
        .with_node("b", json!("é"))
        .build()
}

/// Accessors of a node as people write them; `N` stands for the accessor of the node.
const USES: &[&str] = &[
    "{{ nodesN }}",
    "{nodesN}",
    "{{ nodesN.f }}",
    "{inputsN.f}",
    "{% if nodesN.f > 1 %}x{% endif %}",
    "{{ inputsN['f'] ~ nodesN.f }}",
];

fn accessor(name: &str) -> String {
    format!("[{}]", json!(name))
}

proptest! {
    #[test]
    fn input_keeps_its_value(value in any_json()) {
        let scope = Scope::of_input(value.clone());
        prop_assert_eq!(&render_data("{{ input }}", &scope).unwrap(), &value);
        prop_assert_eq!(&render_data("{input}", &scope).unwrap(), &value);
        prop_assert_eq!(evaluate("input", &scope).unwrap().to_string(), value.to_string());
    }

    #[test]
    fn values_are_never_parsed_again(text in "[{}%#a-z .]{0,40}") {
        let scope = Scope::of_input(Value::from(text.clone()));
        prop_assert_eq!(render_text("<{{ input }}|{input}>", &scope).unwrap(), format!("<{text}|{text}>"));
    }

    #[test]
    fn nothing_panics(text in prop_oneof![template_soup(), ".{0,60}"]) {
        let scope = scope();
        for form in [Form::Bare, Form::Template, Form::ItemTemplate] {
            let parses = check_syntax(&text, form).is_ok();
            prop_assert_eq!(references(&text, form).is_ok(), parses);
            let _ = rename_node(&text, form, "a", "b c");
        }
        let _ = evaluate(&text, &scope);
        let _ = render_text(&text, &scope);
        let _ = render_data(&text, &scope);
        let _ = is_single_expression(&text);
    }

    #[test]
    fn spans_of_references_lie_in_the_text(text in template_soup()) {
        for reference in references(&text, Form::Template).unwrap_or_default() {
            prop_assert!(text.get(reference.span.clone()).is_some(), "{:?}", reference);
        }
    }

    #[test]
    fn text_without_our_names_is_untouched(text in r#"([a-z "':,.\n]|\{[a-hj-mo-qs-u]{0,6}\}|\{"[a-z]*": [0-9]\}|é){0,20}"#) {
        prop_assert_eq!(render_text(&text, &Scope::of_input(json!(1))).unwrap(), text);
    }

    #[test]
    fn renaming_changes_names_only(uses in prop::collection::vec((0..USES.len(), any::<bool>()), 1..6), new in "[a-zA-Z_][a-zA-Z0-9_]{0,8}|[ -~é]{1,12}") {
        prop_assume!(!new.contains(['{', '}', '%', '#']) && new != "old" && new != "other");
        let text: String = uses
            .iter()
            .map(|(index, dotted)| USES[*index].replace('N', if *dotted { ".old" } else { "[\"old\"]" }) + " {{ nodes.other }} old ")
            .collect();
        let with = |name: &str| {
            Scope::builder()
                .with_node(name, json!({ "f": 2 }))
                .with_input(name, json!({ "f": "v" }))
                .with_node("other", json!(7))
                .build()
        };
        let renamed = rename_node(&text, Form::Template, "old", &new).unwrap();
        prop_assert_eq!(render_text(&renamed, &with(&new)).unwrap(), render_text(&text, &with("old")).unwrap());
        let back = rename_node(&renamed, Form::Template, &new, "old").unwrap();
        prop_assert_eq!(render_text(&back, &with("old")).unwrap(), render_text(&text, &with("old")).unwrap());
        prop_assert!(references(&renamed, Form::Template).unwrap().iter().all(|r| r.name.as_deref() != Some("old")));
    }

    #[test]
    fn any_name_can_be_reached(name in ".{1,20}", value in any_json()) {
        let scope = Scope::builder().with_node(name.clone(), value.clone()).build();
        prop_assert_eq!(evaluate(&format!("nodes{}", accessor(&name)), &scope).unwrap(), value);
    }

    #[test]
    fn order_follows_the_kind(a in any_json(), b in any_json()) {
        let scope = Scope::builder().with_node("a", a.clone()).with_node("b", b.clone()).build();
        let result = evaluate("nodes.a < nodes.b", &scope);
        match (&a, &b) {
            (Value::Number(x), Value::Number(y)) if x.is_i64() && y.is_i64() => {
                prop_assert_eq!(result.unwrap(), Value::from(x.as_i64() < y.as_i64()));
            }
            (Value::Number(_), Value::Number(_)) | (Value::Bool(_), Value::Bool(_)) => prop_assert!(result.is_ok()),
            (Value::String(x), Value::String(y)) => prop_assert_eq!(result.unwrap(), Value::from(x < y)),
            (Value::Array(_), Value::Array(_)) => {}
            _ => prop_assert_eq!(result.unwrap_err().code.as_str(), "type_mismatch"),
        }
    }
}
