//! Keys pressed together, as people write them and as the browser tells them. Pure.

/// A key with what is held beside it. Letters are small; Ctrl is also the command key of a Mac.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    pub ctrl: bool,
    pub shift: bool,
    pub key: String,
}

impl Chord {
    /// Reads `Ctrl+Shift+Z`; none where something else stands before the last `+`.
    pub fn parse(text: &str) -> Option<Self> {
        let (held, key) = match text.rsplit_once('+') {
            Some((held, "")) => (held, "+"),
            Some((held, key)) => (held, key),
            None => ("", text),
        };
        let mut chord = Self::pressed(false, false, key);
        for part in held.split('+').filter(|p| !p.is_empty()) {
            match part {
                "Ctrl" => chord.ctrl = true,
                "Shift" => chord.shift = true,
                _ => return None,
            }
        }
        Some(chord)
    }

    /// What the browser says was pressed.
    pub fn pressed(ctrl: bool, shift: bool, key: &str) -> Self {
        let mut letters = key.chars();
        let is_sign = matches!((letters.next(), letters.next()), (Some(c), None) if !c.is_alphabetic());
        // Where a sign lies on a keyboard, and whether it takes Shift, differs from country to country.
        Self { ctrl, shift: shift && !is_sign, key: key.to_ascii_lowercase() }
    }
}

/// What a key is called on a keycap.
pub fn cap(key: &str) -> &str {
    match key {
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "Escape" => "Esc",
        "Delete" => "Del",
        other => other,
    }
}

/// The caps of a combination: `["Ctrl", "Shift", "Z"]`.
pub fn caps(keys: &str) -> Vec<&str> {
    match keys.strip_suffix('+') {
        Some("") => vec!["+"],
        _ => keys.split('+').map(cap).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_pressed_are_the_same() {
        let same = |text: &str, ctrl, shift, key: &str| {
            assert_eq!(Chord::parse(text), Some(Chord::pressed(ctrl, shift, key)))
        };
        same("Ctrl+Shift+Z", true, true, "Z");
        same("Ctrl+Z", true, false, "z");
        same("N", false, false, "n");
        same("?", false, true, "?");
        same("+", false, true, "+");
        same("Shift+ArrowUp", false, true, "ArrowUp");
        assert_ne!(Chord::parse("N"), Some(Chord::pressed(false, true, "N")), "Shift counts with letters");
        assert_eq!(Chord::parse("Space+Drag"), None);
    }

    #[test]
    fn caps_are_short() {
        assert_eq!(caps("Ctrl+Shift+Z"), ["Ctrl", "Shift", "Z"]);
        assert_eq!(caps("+"), ["+"]);
        assert_eq!(caps("Shift+ArrowUp"), ["Shift", "↑"]);
    }
}
