//! A text in which words are marked: why a search found it.

use leptos::prelude::*;

/// Letters of a text that are shown around its first hit.
const SHOWN: usize = 420;

/// One piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    text: String,
    is_hit: bool,
}

/// The text with each of `words` marked, whatever their case; a long text is cut around the first of them.
#[component]
pub fn Marked(#[prop(into)] text: String, words: Vec<String>) -> impl IntoView {
    let words: Vec<_> = words.iter().map(|word| word.to_lowercase()).collect();
    let (cut_before, pieces, cut_after) = excerpt(&text, &words);
    view! {
        <p class="marked" dir="auto">
            {cut_before.then_some("… ")}
            {pieces
                .into_iter()
                .map(|piece| {
                    if piece.is_hit {
                        view! { <mark>{piece.text}</mark> }.into_any()
                    } else {
                        piece.text.into_any()
                    }
                })
                .collect_view()} {cut_after.then_some(" …")}
        </p>
    }
    .into_any()
}

/// Whether the part around the first hit begins or ends within the text, and its pieces.
fn excerpt(text: &str, words: &[String]) -> (bool, Vec<Piece>, bool) {
    let pieces = pieces(text, words);
    let length = text.chars().count();
    if length <= SHOWN {
        return (false, pieces, false);
    }
    let mut before = 0;
    for piece in pieces.iter().take_while(|p| !p.is_hit) {
        before += piece.text.chars().count();
    }
    // A third of what is shown stands before the first hit; without one the text begins at its beginning.
    let start = if before == length { 0 } else { before.saturating_sub(SHOWN / 3).min(length - SHOWN) };
    let end = start + SHOWN;
    let mut at = 0;
    let mut shown = Vec::new();
    for piece in pieces {
        let count = piece.text.chars().count();
        let (from, to) = (start.clamp(at, at + count) - at, end.clamp(at, at + count) - at);
        if from < to {
            let text = piece.text.chars().skip(from).take(to - from).collect();
            shown.push(Piece { text, is_hit: piece.is_hit });
        }
        at += count;
    }
    (start > 0, shown, end < length)
}

fn pieces(text: &str, words: &[String]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |part: &str, is_hit: bool| match pieces.last_mut() {
        Some(last) if last.is_hit == is_hit => last.text.push_str(part),
        _ => pieces.push(Piece { text: part.to_owned(), is_hit }),
    };
    let mut rest = text;
    while !rest.is_empty() {
        let in_word = rest.starts_with(char::is_alphanumeric);
        let end = rest.find(|c: char| c.is_alphanumeric() != in_word).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        push(part, in_word && words.contains(&part.to_lowercase()));
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn words_are_marked_whole_and_in_any_case() {
        let hits = |text: &str, list: &[&str]| -> Vec<String> {
            pieces(text, &words(list)).into_iter().filter(|p| p.is_hit).map(|p| p.text).collect()
        };
        assert_eq!(hits("The mills grind. A MILL!", &["mill", "mills"]), ["mills", "MILL"]);
        assert_eq!(hits("a cat in the catalogue", &["cat"]), ["cat"]);
        assert_eq!(hits("Überfall ÜBER alles", &["über"]), ["ÜBER"]);
        assert!(hits("water", &[]).is_empty());
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_hit() {
        let text = format!("{} needle {}", "ä ".repeat(600), "b ".repeat(600));
        let (before, pieces, after) = excerpt(&text, &words(&["needle"]));
        let shown: String = pieces.iter().map(|p| p.text.as_str()).collect();
        assert!(before && after && shown.contains("needle"));
        assert_eq!(shown.chars().count(), SHOWN);
        let (before, pieces, after) = excerpt(&text, &words(&["haystack"]));
        assert!(!before && after);
        assert!(pieces[0].text.starts_with('ä'));
    }
}
