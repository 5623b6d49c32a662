//! Models that were made longer after their training turn their angles more slowly: by what each pair's is divided.

use std::f64::consts::TAU;

use serde::Deserialize;

/// What `config.json` says of the angles, under `rope_parameters` or, in older files, `rope_scaling`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Rope {
    pub rope_theta: Option<f32>,
    #[serde(alias = "type")]
    rope_type: Option<String>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
}

impl Rope {
    /// By what the angle of each of the `rotated / 2` pairs is divided; `None` where none is.
    ///
    /// # Errors
    /// Says which way of scaling is not known, or which number it lacks.
    pub fn slower(&self, base: f32, rotated: usize) -> Result<Option<Vec<f32>>, String> {
        let kind = self.rope_type.as_deref().unwrap_or("default");
        let needed = |name: &str, number: Option<f64>| {
            let found = number.filter(|number| number.is_finite() && *number > 0.0);
            found.ok_or_else(|| format!("it scales its angles (\"{kind}\") and does not state {name}"))
        };
        match kind {
            "default" => Ok(None),
            "linear" => Ok(Some(vec![needed("factor", self.factor)? as f32; rotated / 2])),
            "llama3" => {
                let long = Long {
                    factor: needed("factor", self.factor)?,
                    low: needed("low_freq_factor", self.low_freq_factor)?,
                    high: needed("high_freq_factor", self.high_freq_factor)?,
                    trained: needed(
                        "original_max_position_embeddings",
                        self.original_max_position_embeddings,
                    )?,
                };
                Ok(Some(long.slower(base, rotated)))
            }
            other => Err(unknown(other)),
        }
    }
}

/// The way of a GGUF file that names one. Llama 3.1's has no name there: its factors are a tensor of the file.
///
/// # Errors
/// As [`Rope::slower`].
pub fn of_gguf(kind: Option<&str>, factor: Option<f32>, rotated: usize) -> Result<Option<Vec<f32>>, String> {
    let rope = Rope { factor: factor.map(f64::from), ..Rope::default() };
    match kind {
        None | Some("none") => Ok(None),
        Some("linear") => Rope { rope_type: Some("linear".to_owned()), ..rope }.slower(0.0, rotated),
        Some(other) => Err(unknown(other)),
    }
}

fn unknown(kind: &str) -> String {
    format!("it scales its angles in a way that is not supported (\"{kind}\"); \"linear\" and \"llama3\" are")
}

/// Llama 3.1: angles that make few turns within the length of the training are slowed by the whole factor, those that make
/// many not at all, those between in part (its `config.json`, "llama3").
struct Long {
    factor: f64,
    low: f64,
    high: f64,
    /// Positions of the training.
    trained: f64,
}

impl Long {
    fn slower(&self, base: f32, rotated: usize) -> Vec<f32> {
        let pairs = 0..rotated / 2;
        let of_pair = |pair: usize| {
            let speed = f64::from(base).powf(-2.0 * pair as f64 / rotated as f64);
            let turns = self.trained * speed / TAU;
            if turns > self.high {
                1.0
            } else if turns < self.low {
                self.factor
            } else {
                let fast = (turns - self.low) / (self.high - self.low);
                1.0 / ((1.0 - fast) / self.factor + fast)
            }
        };
        pairs.map(|pair| of_pair(pair) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(text: &str) -> Rope {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn slow_angles_are_slowed_and_quick_ones_are_not() {
        let long = rope(
            r#"{ "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                 "original_max_position_embeddings": 8192 }"#,
        );
        let slower = long.slower(500_000.0, 128).unwrap().unwrap();
        assert_eq!((slower.len(), slower[0], slower[63]), (64, 1.0, 8.0));
        assert!(slower.windows(2).all(|two| two[0] <= two[1]), "{slower:?}");
        // 500000^(-60/128) * 8192 / (2 pi) turns: 2.7797, so (2.7797 - 1) / 3 of the way.
        let turns = 500_000f64.powf(-60.0 / 128.0) * 8192.0 / TAU;
        let way = (turns - 1.0) / 3.0;
        assert!((f64::from(slower[30]) - 1.0 / ((1.0 - way) / 8.0 + way)).abs() < 1e-6);
        assert!((0.0..1.0).contains(&way));
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(rope(r#"{ "rope_theta": 5.0 }"#).slower(5.0, 8), Ok(None));
        assert_eq!(rope(r#"{ "type": "linear", "factor": 2 }"#).slower(5.0, 8), Ok(Some(vec![2.0; 4])));
        assert!(rope(r#"{ "type": "yarn", "factor": 2 }"#).slower(5.0, 8).unwrap_err().contains("yarn"));
        assert!(rope(r#"{ "type": "linear", "factor": 0 }"#).slower(5.0, 8).unwrap_err().contains("factor"));
        assert_eq!(of_gguf(Some("none"), None, 8), Ok(None));
        assert_eq!(of_gguf(Some("linear"), Some(4.0), 8), Ok(Some(vec![4.0; 4])));
        assert!(of_gguf(Some("longrope"), Some(4.0), 8).is_err());
    }
}
