//! What is offered, and where.

use super::super::sample::{Data, Origin};
use super::*;
use crate::workflow::check::Upstream;
use serde_json::{Map, json};
use std::sync::Arc;

fn names() -> Names {
    let page = Arc::new(json!({"status": 200, "body": {"title": "Mills", "my list": [1, 2]}}));
    let upstream = Upstream {
        input: None,
        inputs: vec![("Fetch page".to_owned(), None)],
        nodes: vec![("Fetch page".to_owned(), None), ("ask".to_owned(), Some(json!({"type": "string"})))],
    };
    let data = Data {
        input: Some(Arc::clone(&page)),
        inputs: vec![("Fetch page".to_owned(), Some(Arc::clone(&page)))],
        nodes: vec![("Fetch page".to_owned(), Some(page))],
        vars: [("rate".to_owned(), json!(2))].into_iter().collect::<Map<_, _>>(),
        run: json!({"id": "x", "input": {"q": 1}, "started_at": "now"}),
        item: Some(Arc::new(json!({"sku": "a"}))),
        from: Origin::LastRun,
        awaited: Vec::new(),
    };
    Names::new(upstream, &data)
}

/// `|` in the text is the cursor.
fn at(text: &str, form: Form, asked: bool) -> (String, Option<Menu>) {
    let cursor = text.rfind('¦').unwrap();
    let source = text.replace('¦', "");
    let menu = complete(&source, form, cursor, &names(), asked);
    (source, menu)
}

fn labels(text: &str, form: Form) -> Vec<String> {
    at(text, form, false).1.map_or_else(Vec::new, |m| m.items.into_iter().map(|i| i.label).collect())
}

/// The text after the first row, or the one of that label, was taken; `¦` is the cursor.
fn taken(text: &str, form: Form, label: &str) -> String {
    let (source, menu) = at(text, form, true);
    let menu = menu.expect("a list");
    let row = menu.items.iter().find(|i| i.label == label).unwrap_or_else(|| panic!("{label} in {menu:?}"));
    let (insert, range, cursor) = accept(&source, &menu, row);
    let mut made = source.clone();
    made.replace_range(range, &insert);
    made.insert(cursor, '¦');
    made
}

#[test]
fn names_fields_and_values_are_offered() {
    assert_eq!(labels("inp¦", Form::Bare), ["input", "inputs"]);
    assert_eq!(labels("{{ input.b¦ }}", Form::Template), ["body"]);
    assert_eq!(labels("input.body.¦", Form::Bare)[..2], ["title", "my list"]);
    assert_eq!(labels("vars.¦", Form::Bare)[..1], ["rate"]);
    assert_eq!(labels("run.¦", Form::Bare)[..3], ["id", "input", "started_at"]);
    assert_eq!(labels("nodes.¦", Form::Bare), ["Fetch page", "ask"]);
    let (_, menu) = at("input.body.t¦", Form::Bare, false);
    let row = &menu.unwrap().items[0];
    assert_eq!((row.label.as_str(), row.kind, row.about.as_str()), ("title", "text", "\"Mills\""));
}

#[test]
fn kinds_decide_about_methods_filters_and_tests() {
    assert!(labels("nodes.ask.up¦", Form::Bare).contains(&"upper".to_owned()));
    assert!(labels("input.body.ke¦", Form::Bare).contains(&"keys".to_owned()));
    assert_eq!(labels("input | len¦", Form::Bare), ["length"]);
    assert_eq!(labels("input is def¦", Form::Bare)[0], "defined");
    assert_eq!(labels("input is not str¦", Form::Bare), ["string"]);
    assert_eq!(
        labels("{input | le¦", Form::Template),
        Vec::<String>::new(),
        "single braces hold a path only"
    );
}

#[test]
fn items_are_named_where_there_are_some() {
    assert_eq!(labels("{{ it¦", Form::ItemTemplate), ["item"]);
    assert!(labels("{{ it¦", Form::Template).is_empty());
    assert_eq!(labels("{item.s¦}", Form::ItemTemplate), ["sku"]);
}

#[test]
fn plain_text_and_literals_are_left_alone() {
    for text in ["in¦", "{\"in¦", "a {{ input }} in¦", "{ in¦"] {
        assert!(labels(text, Form::Template).is_empty(), "{text}");
    }
    assert!(labels("\"in¦\"", Form::Bare).is_empty());
    assert!(labels("\"in¦", Form::Bare).is_empty());
    assert!(labels("input > 1¦", Form::Bare).is_empty());
    assert!(labels("input ¦", Form::Bare).is_empty(), "a space asks for nothing");
    assert!(labels("vars.rate¦", Form::Bare).is_empty(), "it is written already");
    assert!(at("in¦", Form::Template, true).1.is_some(), "asked, there is a list");
}

#[test]
fn what_is_taken_fits_what_is_there() {
    assert_eq!(taken("inp¦", Form::Bare, "input"), "input¦");
    assert_eq!(taken("{{ nodes.Fe¦ }}", Form::Template, "Fetch page"), "{{ nodes[\"Fetch page\"]¦ }}");
    assert_eq!(taken("nodes[\"Fe¦", Form::Bare, "Fetch page"), "nodes[\"Fetch page\"]¦");
    assert_eq!(taken("nodes['Fe¦']", Form::Bare, "Fetch page"), "nodes['Fetch page']¦");
    assert_eq!(taken("nodes[¦", Form::Bare, "Fetch page"), "nodes[\"Fetch page\"]¦");
    assert_eq!(taken("input.body[\"my list\"].¦", Form::Bare, "[0]"), "input.body[\"my list\"][0]¦");
    assert_eq!(taken("input.bo¦dy", Form::Bare, "body"), "input.body¦");
    assert_eq!(taken("input | joi¦", Form::Bare, "join"), "input | join(\", ¦\")");
    assert_eq!(taken("input | joi¦(\"x\")", Form::Bare, "join"), "input | join¦(\"x\")");
    assert_eq!(taken("Dear ¦", Form::Template, "input"), "Dear {{ input¦ }}");
    assert_eq!(taken("Dear {¦", Form::Template, "input"), "Dear {{ input¦ }}");
    assert_eq!(taken("{{¦}}", Form::Template, "input"), "{{input¦}}");
}

#[test]
fn nothing_that_is_typed_breaks_it() {
    let source =
        "{{ nodes[\"Fetch page\"].body['my list'][0] | join(\"🌊\") }} {input.x} {% if a is not b %}";
    for form in [Form::Bare, Form::Template, Form::ItemTemplate] {
        for cursor in 0..=source.len() + 1 {
            for asked in [true, false] {
                if let Some(menu) = complete(source, form, cursor, &names(), asked) {
                    for row in &menu.items {
                        let (insert, range, cursor) = accept(source, &menu, row);
                        let mut made = source.to_owned();
                        made.replace_range(range, &insert);
                        assert!(made.is_char_boundary(cursor), "{made} {cursor}");
                    }
                }
            }
        }
    }
}
