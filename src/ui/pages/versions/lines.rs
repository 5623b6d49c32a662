//! Two texts line by line: what stays, what went, what came. Pure.

/// Longer texts than this are shown as old and new, not compared.
const MOST: usize = 400;

/// One line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Same(String),
    Old(String),
    New(String),
}

/// The lines of both texts, the common ones once.
pub(super) fn lines(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut out = Vec::new();
    if old.len() > MOST || new.len() > MOST {
        out.extend(old.iter().map(|l| Line::Old((*l).to_owned())));
        out.extend(new.iter().map(|l| Line::New((*l).to_owned())));
        return out;
    }
    // `common[i][j]`: how many lines the rests from i and j have in common.
    let mut common = vec![vec![0u16; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(Line::Same(old[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            out.push(Line::Old(old[i].to_owned()));
            i += 1;
        } else {
            out.push(Line::New(new[j].to_owned()));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(old: &str, new: &str) -> Vec<String> {
        let marked = lines(old, new).into_iter().map(|line| match line {
            Line::Same(text) => format!(" {text}"),
            Line::Old(text) => format!("-{text}"),
            Line::New(text) => format!("+{text}"),
        });
        marked.collect()
    }

    #[test]
    fn common_lines_stand_once() {
        assert_eq!(marks("a\nb\nc", "a\nx\nc\nd"), [" a", "-b", "+x", " c", "+d"]);
        assert_eq!(marks("", "a"), ["+a"]);
        assert_eq!(marks("a\nb", ""), ["-a", "-b"]);
    }

    #[test]
    fn long_texts_are_not_compared() {
        let long = "x\n".repeat(MOST + 1);
        assert_eq!(lines(&long, "x").len(), MOST + 2);
    }
}
