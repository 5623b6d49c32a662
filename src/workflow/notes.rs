//! Notes and frames: what people write and draw around their steps. They say nothing to the engine, and a digest does
//! not see them.

use super::check::StructureError;
use super::ids::NoteId;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Notes and frames that a workflow may have.
pub const MAX_NOTES: usize = 200;
/// Characters of one.
pub const MAX_NOTE_CHARS: usize = 4_000;
/// Sides of one, in pixels of the canvas.
pub const MIN_SIDE: f64 = 32.0;
pub const MAX_SIDE: f64 = 20_000.0;
/// Farther out nothing can be found again.
const MAX_POSITION: f64 = 10_000_000.0;

/// A paper with a text, or a titled box behind the steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Note {
    #[cfg_attr(feature = "ssr", schema(value_type = uuid::Uuid))]
    pub id: NoteId,
    pub kind: NoteKind,
    /// Plain text; what a frame is called.
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub colour: NoteColour,
    #[serde(default)]
    pub position_x: f64,
    #[serde(default)]
    pub position_y: f64,
    pub width: f64,
    pub height: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    Note,
    Frame,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoteColour {
    #[default]
    Grey,
    Amber,
    Green,
    Blue,
    Violet,
}

impl NoteColour {
    /// In the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Amber, Self::Green, Self::Blue, Self::Violet, Self::Grey];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Violet => "violet",
        }
    }
}

/// What keeps notes from being saved, by field.
#[must_use]
pub fn mistakes(notes: &[Note]) -> Vec<StructureError> {
    let mut errors = Vec::new();
    let mut report = |field: String, message: String| errors.push(StructureError { field, message });
    if notes.len() > MAX_NOTES {
        report(
            "notes".to_owned(),
            format!(
                "A workflow may have {MAX_NOTES} notes and frames; this one has {}. Remove some.",
                notes.len()
            ),
        );
    }
    let mut ids = HashMap::new();
    for (index, note) in notes.iter().enumerate() {
        let at = |field: &str| format!("notes.{index}.{field}");
        if let Some(first) = ids.insert(note.id, index) {
            report(at("id"), format!("This id is taken by notes.{first} already. Give each note its own."));
        }
        let chars = note.text.chars().count();
        if chars > MAX_NOTE_CHARS {
            report(
                at("text"),
                format!("A note may have {MAX_NOTE_CHARS} characters; this one has {chars}. Shorten it."),
            );
        }
        for (field, number) in [("position_x", note.position_x), ("position_y", note.position_y)] {
            if !number.is_finite() || number.abs() > MAX_POSITION {
                report(at(field), format!("A position lies between -{MAX_POSITION} and {MAX_POSITION}."));
            }
        }
        for (field, number) in [("width", note.width), ("height", note.height)] {
            if !number.is_finite() || !(MIN_SIDE..=MAX_SIDE).contains(&number) {
                report(at(field), format!("A side has {MIN_SIDE} to {MAX_SIDE} pixels."));
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> Note {
        Note {
            id: NoteId::new(),
            kind: NoteKind::Note,
            text: "Grüße 👋".to_owned(),
            colour: NoteColour::Amber,
            position_x: -16.0,
            position_y: 0.0,
            width: 240.0,
            height: 160.0,
        }
    }

    fn fields(notes: &[Note]) -> Vec<String> {
        mistakes(notes).into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn each_mistake_names_its_field() {
        let good = note();
        assert_eq!(fields(&[good.clone(), note()]), Vec::<String>::new());
        assert_eq!(fields(&[good.clone(), good.clone()]), ["notes.1.id"]);
        let long = Note { text: "é".repeat(MAX_NOTE_CHARS + 1), ..note() };
        assert_eq!(fields(&[long]), ["notes.0.text"]);
        let full = Note { text: "é".repeat(MAX_NOTE_CHARS), ..note() };
        assert_eq!(fields(&[full]), Vec::<String>::new(), "characters, not bytes");
        let far = Note { position_x: f64::INFINITY, position_y: -2e7, ..note() };
        assert_eq!(fields(&[far]), ["notes.0.position_x", "notes.0.position_y"]);
        let thin = Note { width: 1.0, height: f64::NAN, ..note() };
        assert_eq!(fields(&[thin]), ["notes.0.width", "notes.0.height"]);
        let many: Vec<Note> = (0..=MAX_NOTES).map(|_| note()).collect();
        assert_eq!(fields(&many), ["notes"]);
    }

    #[test]
    fn colours_are_written_as_they_are_called() {
        for colour in NoteColour::ALL {
            assert_eq!(serde_json::to_value(colour).unwrap(), colour.as_str());
        }
    }
}
