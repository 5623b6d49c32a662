//! Free names for new and pasted nodes.

use std::collections::HashSet;

/// `wanted`, or `wanted_2`, `wanted_3`… A number at the end counts on. The separator keeps names usable behind a dot.
pub(super) fn free(wanted: &str, taken: &HashSet<String>) -> String {
    if !taken.contains(wanted) {
        return wanted.to_owned();
    }
    let (stem, separator) = match wanted.rsplit_once(['_', ' ']) {
        Some((stem, number)) if !stem.is_empty() && number.parse::<u32>().is_ok() => {
            (stem, &wanted[stem.len()..=stem.len()])
        }
        _ => (wanted, if wanted.contains(' ') { " " } else { "_" }),
    };
    let mut number = 2_usize;
    loop {
        let tail = format!("{separator}{number}");
        let room = crate::workflow::check::MAX_NAME_CHARS - tail.len();
        let name: String = stem.chars().take(room).chain(tail.chars()).collect();
        if !taken.contains(&name) {
            return name;
        }
        number += 1;
    }
}
