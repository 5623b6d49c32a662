//! What the expression language offers besides names: filters, tests, functions and methods, each with a few words.

/// A word, what is inserted for it (`|` is where the cursor goes), and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub name: &'static str,
    pub insert: &'static str,
    pub about: &'static str,
}

const fn known(name: &'static str, insert: &'static str, about: &'static str) -> Known {
    Known { name, insert, about }
}

/// Behind a pipe: `input | length`.
pub(super) const FILTERS: &[Known] = &[
    known("default", "default(\"|\")", "another value where there is none"),
    known("length", "length", "how many letters or entries"),
    known("join", "join(\", |\")", "a list as text"),
    known("first", "first", "the first entry"),
    known("last", "last", "the last entry"),
    known("map", "map(attribute=\"|\")", "one field of each entry"),
    known("selectattr", "selectattr(\"|\")", "entries whose field is true or passes a test"),
    known("rejectattr", "rejectattr(\"|\")", "entries without those"),
    known("select", "select(\"|\")", "entries that pass a test"),
    known("reject", "reject(\"|\")", "entries that do not"),
    known("sort", "sort", "in order; sort(attribute=\"…\") by a field"),
    known("unique", "unique", "each entry once"),
    known("groupby", "groupby(\"|\")", "entries by a field"),
    known("sum", "sum", "all numbers together"),
    known("min", "min", "the smallest entry"),
    known("max", "max", "the largest entry"),
    known("reverse", "reverse", "from the end"),
    known("batch", "batch(|10)", "lists of so many entries"),
    known("slice", "slice(|3)", "so many lists"),
    known("list", "list", "as a list"),
    known("items", "items", "an object as pairs of name and value"),
    known("dictsort", "dictsort", "an object's pairs in order"),
    known("upper", "upper", "in capitals"),
    known("lower", "lower", "in small letters"),
    known("title", "title", "Each Word With A Capital"),
    known("capitalize", "capitalize", "the first letter as a capital"),
    known("trim", "trim", "without spaces around it"),
    known("replace", "replace(\"|\", \"\")", "one text for another"),
    known("split", "split(\"|\")", "a text as a list"),
    known("lines", "lines", "the lines of a text"),
    known("tojson", "tojson", "as JSON text"),
    known("string", "string", "as text"),
    known("int", "int", "as a whole number"),
    known("float", "float", "as a number"),
    known("bool", "bool", "as true or false"),
    known("round", "round", "rounded; round(2) to two places"),
    known("abs", "abs", "without its sign"),
];

/// Behind `is`: `input.name is defined`.
pub(super) const TESTS: &[Known] = &[
    known("defined", "defined", "it is there"),
    known("undefined", "undefined", "it is not there"),
    known("none", "none", "it is null"),
    known("string", "string", "it is text"),
    known("number", "number", "it is a number"),
    known("boolean", "boolean", "it is true or false"),
    known("sequence", "sequence", "it is a list"),
    known("mapping", "mapping", "it is an object"),
    known("odd", "odd", "a number that two does not divide"),
    known("even", "even", "a number that two divides"),
    known("startingwith", "startingwith(\"|\")", "a text that begins so"),
    known("endingwith", "endingwith(\"|\")", "a text that ends so"),
    known("in", "in [|]", "it is one of these"),
];

pub(super) const FUNCTIONS: &[Known] =
    &[known("range", "range(|)", "numbers one after the other"), known("dict", "dict(|)", "an object")];

pub(super) const OPERATORS: &[Known] = &[
    known("and", "and", "both"),
    known("or", "or", "one of both"),
    known("not", "not", "the opposite"),
    known("in", "in", "is part of"),
    known("is", "is", "passes a test"),
    known("if", "if", "a value under a condition"),
    known("else", "else", "otherwise"),
    known("true", "true", ""),
    known("false", "false", ""),
    known("null", "null", "nothing"),
];

/// Behind the dot of a text.
pub(super) const OF_TEXT: &[Known] = &[
    known("upper", "upper()", "in capitals"),
    known("lower", "lower()", "in small letters"),
    known("title", "title()", "each word with a capital"),
    known("capitalize", "capitalize()", "the first letter as a capital"),
    known("strip", "strip()", "without spaces around it"),
    known("replace", "replace(\"|\", \"\")", "one text for another"),
    known("split", "split(\"|\")", "as a list"),
    known("splitlines", "splitlines()", "its lines"),
    known("startswith", "startswith(\"|\")", "whether it begins so"),
    known("endswith", "endswith(\"|\")", "whether it ends so"),
    known("find", "find(\"|\")", "where a text stands in it; -1: nowhere"),
    known("count", "count(\"|\")", "how often a text stands in it"),
    known("isdigit", "isdigit()", "whether it is all digits"),
];

/// Behind the dot of an object.
pub(super) const OF_OBJECT: &[Known] = &[
    known("get", "get(\"|\")", "a field, or null"),
    known("keys", "keys()", "the names of its fields"),
    known("values", "values()", "the values of its fields"),
    known("items", "items()", "pairs of name and value"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::expression::{ErrorCode, Form, Scope, check_syntax, evaluate};
    use serde_json::json;

    /// The evaluator knows every word: nothing fails because of its name.
    #[test]
    fn the_language_has_every_word_that_is_offered() {
        let scope = Scope::of_input(json!({"t": "a b", "l": [{"a": 1}], "o": {"a": 1}, "n": 3}));
        let known = |source: String, what: &str| {
            if let Err(error) = evaluate(&source, &scope) {
                let is_unknown = error.message.contains(&format!("no such {what}"));
                assert!(!is_unknown && error.code != ErrorCode::Syntax, "{source}: {error}");
            }
        };
        for filter in FILTERS {
            for value in ["t", "l", "n"] {
                known(format!("input.{value} | {}", filter.insert.replace('|', "")), "filter");
            }
        }
        for test in TESTS {
            known(format!("input.n is {}", test.insert.replace('|', "")), "test");
        }
        for word in OF_TEXT {
            assert!(
                evaluate(&format!("input.t.{}", word.insert.replace('|', "")), &scope).is_ok(),
                "{}",
                word.name
            );
        }
        for word in OF_OBJECT {
            let source = format!("input.o.{}", word.insert.replace('|', "a"));
            assert!(evaluate(&source, &scope).is_ok(), "{source}");
        }
        for word in FUNCTIONS {
            known(word.insert.replace('|', if word.name == "range" { "3" } else { "a=1" }), "function");
        }
        assert!(check_syntax("1 if true and not false or null in [1] else none is none", Form::Bare).is_ok());
    }

    #[test]
    fn a_word_that_is_not_there_is_told() {
        let scope = Scope::of_input(json!(1));
        for (source, what) in [("input | frobnicate", "filter"), ("input is frobnicate", "test")] {
            let error = evaluate(source, &scope).unwrap_err();
            assert!(error.message.contains(&format!("no such {what}")), "{error}");
        }
    }
}
