//! What names, vectors and numbers must be like.

use super::SearchError;
use crate::api::vectors::Metric;

/// Characters of a collection's name.
pub const LONGEST_NAME: usize = 100;
/// Results of one search.
pub const MOST_RESULTS: i64 = 1_000;
/// Numbers of a vector.
pub const WIDEST: u32 = 4_096;
/// Documents added in one call.
pub const MOST_AT_ONCE: usize = 10_000;
/// Documents of a collection.
pub const MOST_DOCUMENTS: u64 = 2_000_000;
/// Bytes of a document's text.
pub const LONGEST_TEXT: usize = 1024 * 1024;
/// Characters of a query.
pub const LONGEST_QUERY: usize = 10_000;

/// Whether a collection may have that name.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
    if name.trim().is_empty() {
        return Err("is empty; give the collection a name".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("is longer than {LONGEST_NAME} characters"));
    }
    if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        return Err(format!("has the character {bad:?}; use letters, digits, spaces, `_` and `-`"));
    }
    if !name.starts_with(char::is_alphanumeric) || name.ends_with(' ') {
        return Err("must begin with a letter or a digit and not end with a space".to_owned());
    }
    Ok(())
}

/// A vector that the caller gives: of the right length, finite, and with a direction where the metric needs one. Gives it
/// as it is stored.
pub fn given_vector(
    field: &str,
    vector: Vec<f32>,
    dimension: u32,
    metric: Metric,
) -> Result<Vec<f32>, SearchError> {
    if u32::try_from(vector.len()) != Ok(dimension) {
        let message =
            format!("has {} numbers, but the vectors of this collection have {dimension}", vector.len());
        return Err(SearchError::field(field, message));
    }
    if let Some(place) = vector.iter().position(|number| !number.is_finite()) {
        return Err(SearchError::field(format!("{field}.{place}"), "is not a finite number"));
    }
    super::vectors::prepared(metric, vector).ok_or_else(|| {
        SearchError::field(field, "is all zeros, which has no direction; the cosine needs one")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_and_little_else() {
        for good in ["docs", "Q3 reports", "a-b_c", "Straße 7", "文書", "7", &"x".repeat(100)] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "  ",
            " a",
            "a ",
            "a.b",
            "a/b",
            "../x",
            "a\\b",
            "a\"b",
            "a'b",
            "a\0b",
            "a\nb",
            "a:b",
            "_x",
            "-",
            "a;b",
            "a%00",
            "{x}",
            &"x".repeat(300),
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn vectors_are_finite_and_have_a_direction() {
        let check = |vector: Vec<f32>, metric| match given_vector("vector", vector, 2, metric) {
            Ok(vector) => Ok(vector),
            Err(SearchError::Field { field, .. }) => Err(field),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(check(vec![3.0, 4.0], Metric::Cosine), Ok(vec![0.6, 0.8]));
        assert_eq!(check(vec![3.0, 4.0], Metric::Dot), Ok(vec![3.0, 4.0]));
        assert_eq!(check(vec![1.0], Metric::Dot), Err("vector".to_owned()));
        assert_eq!(check(vec![1.0, f32::NAN], Metric::Dot), Err("vector.1".to_owned()));
        assert_eq!(check(vec![f32::INFINITY, 1.0], Metric::Cosine), Err("vector.0".to_owned()));
        assert_eq!(check(vec![0.0, 0.0], Metric::Cosine), Err("vector".to_owned()));
        assert_eq!(check(vec![0.0, 0.0], Metric::Euclidean), Ok(vec![0.0, 0.0]));
        assert!(
            check(vec![1e30, 1e30], Metric::Cosine)
                .unwrap()
                .iter()
                .all(|x| (x - std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-6)
        );
    }
}
