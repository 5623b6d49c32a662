//! Finding a few letters in a name: all of them in order, not necessarily side by side. Pure.

/// How well letters were found in a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// More is better; only to be compared with others of the same letters.
    pub score: i32,
    /// Which characters of the text.
    pub places: Vec<usize>,
}

const EACH: i32 = 1;
/// At the beginning of the text or of a word in it.
const WORD: i32 = 8;
/// Right after the letter before.
const NEXT: i32 = 6;
/// A gap between two letters, however wide.
const GAP: i32 = -2;
/// The more a text has besides, the less it was meant.
const REST: i32 = 40;

/// Finds the letters of `wanted`, without its spaces, in `text`; `None` if they are not all there in that order. Nothing
/// is found everywhere, with a score of 0.
#[must_use]
pub fn find(wanted: &str, text: &str) -> Option<Found> {
    let wanted: Vec<char> =
        wanted.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if wanted.is_empty() {
        return Some(Found { score: 0, places: Vec::new() });
    }
    let whole: Vec<char> = text.chars().collect();
    let letters: Vec<char> = whole.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
    // best[i][j]: with letter i found at j, the score and where letter i - 1 was.
    let mut best: Vec<Vec<Option<(i32, usize)>>> = Vec::with_capacity(wanted.len());
    for (i, letter) in wanted.iter().enumerate() {
        let mut row = vec![None; letters.len()];
        let mut before: Option<(i32, usize)> = None;
        for j in 0..letters.len() {
            if i > 0 && j >= 2 {
                let candidate = best[i - 1][j - 2].map(|(score, _)| (score, j - 2));
                before = before.max(candidate);
            }
            if letters[j] != *letter {
                continue;
            }
            let own = EACH + if begins_word(&whole, j) { WORD } else { 0 };
            if i == 0 {
                row[j] = Some((own, 0));
                continue;
            }
            let near = j.checked_sub(1).and_then(|k| Some((best[i - 1][k]?.0 + NEXT, k)));
            let far = before.map(|(score, k)| (score + GAP, k));
            row[j] = near.max(far).map(|(score, k)| (score + own, k));
        }
        best.push(row);
    }
    let (end, score) = best
        .last()?
        .iter()
        .enumerate()
        .filter_map(|(j, s)| Some((j, (*s)?.0)))
        .max_by_key(|(j, s)| (*s, std::cmp::Reverse(*j)))?;
    let mut places = vec![end];
    for i in (1..wanted.len()).rev() {
        let (_, before) = best[i][*places.last()?]?;
        places.push(before);
    }
    places.reverse();
    let rest = i32::try_from(letters.len() - wanted.len()).unwrap_or(i32::MAX).min(REST);
    Some(Found { score: score * 4 - rest / 4, places })
}

fn begins_word(text: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|k| text[k]) else { return true };
    !before.is_alphanumeric() || (text[at].is_uppercase() && before.is_lowercase())
}

/// A text in pieces, each with whether it was looked for.
#[must_use]
pub fn pieces(text: &str, places: &[usize]) -> Vec<(bool, String)> {
    let mut all: Vec<(bool, String)> = Vec::new();
    for (i, c) in text.chars().enumerate() {
        let is_found = places.contains(&i);
        match all.last_mut() {
            Some((was, piece)) if *was == is_found => piece.push(c),
            _ => all.push((is_found, c.to_string())),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(wanted: &str, texts: &[&'static str]) -> Vec<&'static str> {
        let mut found: Vec<_> = texts.iter().filter_map(|t| Some((find(wanted, t)?.score, *t))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn beginnings_of_words_and_neighbours_count_most() {
        assert_eq!(order("nw", &["Unwind", "New workflow", "Answer"]), ["New workflow", "Unwind", "Answer"]);
        assert_eq!(order("run", &["Prune later", "Runs", "Return unit"])[0], "Runs");
        assert_eq!(order("set", &["Reset everything", "Settings"])[0], "Settings");
        assert_eq!(order("runs", &["Runs of last week's mill", "Runs"])[0], "Runs");
    }

    #[test]
    fn letters_must_be_there_in_order() {
        assert_eq!(find("ba", "abc"), None);
        assert_eq!(find("abcd", "abc"), None);
        assert_eq!(find("  ", "anything").unwrap().score, 0);
        assert_eq!(find("ß", "Straße").unwrap().places, [4]);
        assert_eq!(find("n w", "New workflow").unwrap().places, [0, 4]);
        // Not the first "e", but the one after the "r".
        assert_eq!(find("re", "Eerie reel").unwrap().places, [6, 7]);
    }

    #[test]
    fn what_was_found_is_marked_in_place() {
        let found = find("nw", "New water").unwrap();
        let marked = pieces("New water", &found.places);
        assert_eq!(
            marked,
            [(true, "N".into()), (false, "ew ".into()), (true, "w".into()), (false, "ater".into())]
        );
    }
}
