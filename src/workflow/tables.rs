//! What tables and their columns may be called, and the words of filters: what checker, interface and store agree on.

use serde_json::Value;

/// Longest name of a table, in characters.
pub const MAX_TABLE_NAME: usize = 63;
/// Longest name of a column, in characters.
pub const MAX_COLUMN_NAME: usize = 100;
/// What a filter may say of a column.
pub const OPERATORS: [&str; 8] = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "contains"];
/// Columns that every table has by itself.
pub const OWN_COLUMNS: [&str; 2] = ["_id", "_created_at"];

/// Why a table cannot have that name.
#[must_use]
pub fn table_name_problem(name: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-');
    if name.is_empty() {
        Some("is empty; give the table a name")
    } else if name.chars().count() > MAX_TABLE_NAME {
        Some("is longer than 63 characters; shorten it")
    } else if !name.starts_with(char::is_alphabetic) || name.ends_with(' ') || !name.chars().all(fits) {
        Some("must begin with a letter and hold only letters, digits, `_`, `-` and spaces in between")
    } else {
        None
    }
}

/// Why a column cannot have that name.
#[must_use]
pub fn column_name_problem(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("is empty; give the column a name")
    } else if name.chars().count() > MAX_COLUMN_NAME {
        Some("is longer than 100 characters; shorten it")
    } else if OWN_COLUMNS.contains(&name) {
        Some("is given by the table itself; leave it out")
    } else if name.starts_with('-') {
        Some("begins with `-`, which stands for a descending order; choose another name")
    } else if name.chars().any(char::is_control) || name.trim() != name {
        Some("has control characters, or spaces at its ends; remove them")
    } else {
        None
    }
}

/// Why a value is no filter, whatever the columns of the table are: the column it is about and what is wrong.
#[must_use]
pub fn filter_problem(filter: &Value) -> Option<(String, String)> {
    let Value::Object(columns) = filter else {
        return Some((
            String::new(),
            "a filter is an object of columns, such as `{\"age\": {\"gt\": 17}}`".to_owned(),
        ));
    };
    columns.iter().find_map(|(column, test)| Some((column.clone(), test_problem(test)?)))
}

fn test_problem(test: &Value) -> Option<String> {
    match test {
        Value::Object(operators) if operators.is_empty() => {
            Some(format!("says nothing; use one of {}", OPERATORS.join(", ")))
        }
        Value::Object(operators) => {
            operators.keys().find(|word| !OPERATORS.contains(&word.as_str())).map(|word| {
                let shown: String = word.chars().take(40).collect();
                format!("there is no operator `{shown}`; use one of {}", OPERATORS.join(", "))
            })
        }
        Value::Array(_) => Some("is compared with a list; write `{\"in\": […]}`".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_could_be_mistaken_for_something_else_are_refused() {
        for name in [
            "people",
            "Ada's",
            "a b",
            "größe-2",
            "t_1",
            "x; DROP TABLE users",
            "a/b",
            "../a",
            "a.b",
            "1a",
            " a",
            "a\0",
            "\"a\"",
            "",
        ] {
            let fits = ["people", "a b", "größe-2", "t_1"].contains(&name);
            assert_eq!(table_name_problem(name).is_none(), fits, "{name:?}");
        }
        assert!(table_name_problem(&"x".repeat(63)).is_none());
        assert!(table_name_problem(&"x".repeat(64)).is_some());
        for name in ["a", "Who's?", "a.b/c", "\"quoted\"", "价格", "_links", "; --"] {
            assert!(column_name_problem(name).is_none(), "{name:?}");
        }
        for name in ["", " ", " a", "a\n", "a\0b", "-a", "_id", "_created_at"] {
            assert!(column_name_problem(name).is_some(), "{name:?}");
        }
        assert!(column_name_problem(&"x".repeat(300)).is_some());
    }

    #[test]
    fn filters_are_objects_of_known_words() {
        for good in [json!({}), json!({"a": 1}), json!({"a": {"gt": 1, "lt": 9}, "b": null})] {
            assert_eq!(filter_problem(&good), None, "{good}");
        }
        for (bad, column) in [
            (json!([]), ""),
            (json!("a = 1"), ""),
            (json!({"a": {"like": "x"}}), "a"),
            (json!({"a": {}}), "a"),
            (json!({"a": [1]}), "a"),
        ] {
            assert_eq!(filter_problem(&bad).map(|(column, _)| column).as_deref(), Some(column), "{bad}");
        }
    }
}
