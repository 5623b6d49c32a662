//! Sizes as people read them.

/// `812 B`, `2.1 KB`, `14 MB`; a kilobyte is 1,000 bytes.
#[must_use]
pub fn bytes(n: u64) -> String {
    let scaled = |unit: u64| n as f64 / unit as f64;
    let (value, word) = match n {
        ..1_000 => return format!("{n} B"),
        1_000..999_500 => (scaled(1_000), "KB"),
        999_500..999_500_000 => (scaled(1_000_000), "MB"),
        _ => (scaled(1_000_000_000), "GB"),
    };
    if value < 9.95 { format!("{value:.1} {word}") } else { format!("{value:.0} {word}") }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_read_well() {
        let read = [0, 812, 1_000, 2_140, 14_400, 999_499, 999_500, 4_194_304].map(bytes);
        assert_eq!(read, ["0 B", "812 B", "1.0 KB", "2.1 KB", "14 KB", "999 KB", "1.0 MB", "4.2 MB"]);
    }
}
