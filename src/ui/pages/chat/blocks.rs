//! An answer as blocks: paragraphs, headings, items, code. The little of Markdown that models write all the time; what is
//! not understood stays as it was written. Pure.

use uuid::Uuid;

/// A part of an answer that stands by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Lines as they came.
    Text(String),
    Heading(String),
    /// A line of a list: how deep it is, its sign, its words.
    Item {
        depth: usize,
        sign: String,
        text: String,
    },
    /// Code and its language, which may be empty.
    Code {
        language: String,
        text: String,
    },
}

/// A part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span<'a> {
    Plain(&'a str),
    Strong(&'a str),
    Emphasis(&'a str),
    Code(&'a str),
}

const FENCE: &str = "```";
/// Deeper items are drawn as deep as this.
const DEEPEST: usize = 3;

/// The blocks of an answer, which may not be complete yet.
#[must_use]
pub fn blocks(answer: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut code: Option<(String, Vec<&str>)> = None;
    // Whether the next line goes on with the paragraph before.
    let mut is_within = false;
    for line in answer.lines() {
        let trimmed = line.trim();
        if let Some((language, mut lines)) = code.take() {
            if trimmed == FENCE {
                found.push(Block::Code { language, text: lines.join("\n") });
            } else {
                lines.push(line);
                code = Some((language, lines));
            }
            continue;
        }
        let was_within = std::mem::take(&mut is_within);
        if let Some(language) = trimmed.strip_prefix(FENCE).filter(|rest| !rest.contains('`')) {
            code = Some((language.trim().to_owned(), Vec::new()));
        } else if let Some(text) = heading(trimmed) {
            found.push(Block::Heading(text.to_owned()));
        } else if let Some((sign, text)) = item(trimmed) {
            let depth = (line.len() - line.trim_start().len()) / 2;
            found.push(Block::Item { depth: depth.min(DEEPEST), sign, text: text.to_owned() });
        } else if !trimmed.is_empty() {
            is_within = true;
            match found.last_mut() {
                Some(Block::Text(text)) if was_within => {
                    text.push('\n');
                    text.push_str(line);
                }
                _ => found.push(Block::Text(line.to_owned())),
            }
        }
    }
    if let Some((language, lines)) = code {
        found.push(Block::Code { language, text: lines.join("\n") });
    }
    found
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let depth = line.len() - text.len();
    (1..=6).contains(&depth).then(|| text.strip_prefix(' '))?.map(str::trim).filter(|text| !text.is_empty())
}

fn item(line: &str) -> Option<(String, &str)> {
    if let Some(text) =
        line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).or_else(|| line.strip_prefix("• "))
    {
        return Some(("•".to_owned(), text.trim()));
    }
    let text = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - text.len();
    let rest = text.strip_prefix(". ").or_else(|| text.strip_prefix(") "))?;
    (1..=3).contains(&digits).then(|| (format!("{}.", &line[..digits]), rest.trim()))
}

/// The parts of a text: `code`, **what matters** and *what is stressed*.
#[must_use]
pub fn spans(text: &str) -> Vec<Span<'_>> {
    let mut found = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(next) = text[at..].find(['`', '*']).map(|found| at + found) {
        let mark = ["**", "`", "*"].into_iter().find(|mark| text[next..].starts_with(mark)).unwrap_or("*");
        let inner = next + mark.len();
        let length = text[inner..].find(mark).filter(|length| {
            let words = &text[inner..inner + length];
            // Stars in the open, as in `2 ** 3` or `a * b`, mean something else; so does one within a word.
            let is_closed = !words.starts_with(' ') && !words.ends_with(' ');
            let is_apart = !text[..next].ends_with(char::is_alphanumeric);
            !words.trim().is_empty() && (mark == "`" || is_closed) && (mark != "*" || is_apart)
        });
        let Some(length) = length else {
            at = inner;
            continue;
        };
        if from < next {
            found.push(Span::Plain(&text[from..next]));
        }
        let words = &text[inner..inner + length];
        found.push(match mark {
            "`" => Span::Code(words),
            "**" => Span::Strong(words),
            _ => Span::Emphasis(words),
        });
        at = inner + length + mark.len();
        from = at;
    }
    if from < text.len() {
        found.push(Span::Plain(&text[from..]));
    }
    found
}

/// Another one for another block or place: what has not changed is not drawn again while the rest is written.
#[must_use]
pub fn identity(place: usize, block: &Block) -> Uuid {
    let (kind, depth, sign, text) = match block {
        Block::Text(text) => (1, 0, "", text),
        Block::Heading(text) => (2, 0, "", text),
        Block::Item { depth, sign, text } => (3, *depth, sign.as_str(), text),
        Block::Code { language, text } => (4, 0, language.as_str(), text),
    };
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = sign.bytes().chain([0]).chain(text.bytes()).fold(0xcbf2_9ce4_8422_2325, mix);
    let head = (place as u64) << 8 | kind << 4 | depth as u64;
    Uuid::from_u64_pair(head, hash)
}

/// The place in its answer of the block with that identity.
#[must_use]
pub fn place(identity: Uuid) -> usize {
    usize::try_from(identity.as_u64_pair().0 >> 8).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Block {
        Block::Text(text.to_owned())
    }

    fn item(depth: usize, sign: &str, text: &str) -> Block {
        Block::Item { depth, sign: sign.to_owned(), text: text.to_owned() }
    }

    fn code(language: &str, text: &str) -> Block {
        Block::Code { language: language.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn an_answer_falls_into_its_blocks() {
        let answer = "Hello,\n  you.\n\nAgain\n## Steps ##\n- one\n  * two\n10. three\n```rust\nfn a() {\n\n}\n```\nEnd\n#tag";
        assert_eq!(
            blocks(answer),
            [
                text("Hello,\n  you."),
                text("Again"),
                Block::Heading("Steps ##".to_owned()),
                item(0, "•", "one"),
                item(1, "•", "two"),
                item(0, "10.", "three"),
                code("rust", "fn a() {\n\n}"),
                text("End\n#tag"),
            ]
        );
        assert!(blocks("\n \n").is_empty());
    }

    #[test]
    fn what_is_not_complete_is_shown_all_the_same() {
        assert_eq!(blocks("```\nlet a"), [code("", "let a")]);
        assert_eq!(blocks("```py"), [code("py", "")]);
        assert_eq!(blocks("1998. was"), [text("1998. was")]);
        assert_eq!(blocks("-5 degrees\n```x``` inline"), [text("-5 degrees\n```x``` inline")]);
    }

    #[test]
    fn lines_have_code_and_what_matters() {
        assert_eq!(
            spans("a **b c** `d*e` f"),
            [Span::Plain("a "), Span::Strong("b c"), Span::Plain(" "), Span::Code("d*e"), Span::Plain(" f"),]
        );
        for plain in ["2 ** 3 ** 4", "a * b * c", "2*3*4", "**open", "`open", "****", "``", "ü*ü", "* one *"]
        {
            assert_eq!(spans(plain), [Span::Plain(plain)], "{plain}");
        }
        assert_eq!(
            spans("the *old* mill"),
            [Span::Plain("the "), Span::Emphasis("old"), Span::Plain(" mill")]
        );
        assert_eq!(spans("<b>`<i>`"), [Span::Plain("<b>"), Span::Code("<i>")]);
        assert!(spans("").is_empty());
    }

    #[test]
    fn only_what_changes_has_another_identity() {
        let all = |answer: &str| -> Vec<Uuid> {
            blocks(answer).iter().enumerate().map(|(place, block)| identity(place, block)).collect()
        };
        let (before, after) = (all("one\n\ntwo"), all("one\n\ntwo and"));
        assert_eq!(before[0], after[0]);
        assert_ne!(before[1], after[1]);
        assert_eq!(after.iter().map(|id| place(*id)).collect::<Vec<_>>(), [0, 1]);
        assert_ne!(identity(0, &item(0, "1.", "a")), identity(0, &item(0, "2.", "a")));
    }
}
